"""Examples of each kind from the command line, with real processes: check, train, evaluate, export, predict.

All others connect in test_examples_connect, and are measured by `make examples`.
"""

import csv
from pathlib import Path

import numpy
import onnxruntime
import pytest

from tests.end2end.command import ROOT, netwright

EXAMPLES = ("garments", "names", "penguins")


def test_the_examples_are_listed() -> None:
    listed = netwright("examples")["examples"]
    assert {"garments", "names", "penguins"} <= {item["name"] for item in listed}
    assert all(item["title"] for item in listed)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_goes_the_whole_way(example: str, tmp_path: Path) -> None:
    project = str(tmp_path / example)
    netwright("new", project, "--from", example)

    checked = netwright("check", project)
    assert [p for p in checked["problems"] if p["severity"] == "error"] == []
    assert checked["parameters"] > 0 and checked["nodes"]

    trained = netwright("train", project, "--epochs", "1")
    assert trained["state"] == "finished" and trained["epochs"] == 1

    scored = netwright("evaluate", project)
    classes, matrix = scored["confusion"]["classes"], numpy.array(scored["confusion"]["matrix"])
    assert matrix.shape == (len(classes), len(classes)) and matrix.sum() == scored["samples"]
    # One epoch must have learned something: clearly better than guessing the classes blindly.
    assert scored["metrics"]["accuracy"] > 1.2 / len(classes)

    file = tmp_path / "model.onnx"
    exported = netwright("export", project, "--to", str(file))
    assert exported["verified"]["same_answers"] == exported["verified"]["samples"] >= 30
    assert exported["verified"]["max_abs_difference"] <= 1e-5
    session = onnxruntime.InferenceSession(str(file))
    assert {"label", "scores"} <= {output.name for output in session.get_outputs()}

    inputs = {
        "garments": lambda: [_picture(tmp_path)],
        "penguins": lambda: [str(ROOT / "projects/penguins/data/penguins.csv")],
        "names": lambda: ["Maria", "Åke"],
    }[example]()
    first = netwright("predict", project, *inputs)["predictions"]
    again = netwright("predict", str(file), *inputs)["predictions"]
    assert first == again
    answer = next(iter(first[0]["outputs"].values()))
    assert answer["value"] in classes
    assert abs(sum(answer["scores"].values()) - 1) < 1e-4
    if example == "penguins":
        with open(inputs[0], newline="", encoding="utf-8") as table:
            assert len(first) == len(list(csv.DictReader(table)))


def _picture(folder: Path) -> str:
    """A colour photograph-like picture of another size than the training pictures."""
    from PIL import Image

    pixels = numpy.full((90, 120, 3), 255, numpy.uint8)
    pixels[30:60, 20:100] = (40, 30, 30)
    path = folder / "shoe.png"
    Image.fromarray(pixels).save(path)
    return str(path)
