"""Asking an exported file: every way to give an input, and what is said when one cannot be used."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image
from small_runs import finished_run, pictures, table, text

from engine.deployment.export import export_onnx
from engine.deployment.predict import Predictor
from engine.errors import Cancelled, DataError
from engine.protocol.messages.deployment import PredictionMade

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three exported models: pictures.onnx, table.onnx, text.onnx, with the data they came from."""
    folder = tmp_path_factory.mktemp("models")
    for name, source, target in (
        ("pictures", pictures(folder), ""),
        ("table", table(folder), "kind"),
        ("text", text(folder), ""),
    ):
        run = finished_run(folder / name, source, target=target)
        export_onnx(folder / name, run, folder / f"{name}.onnx", samples=10)
    return folder


@pytest.fixture(scope="module")
def models(folder: Path) -> dict[str, Predictor]:
    return {name: Predictor(folder / f"{name}.onnx") for name in ("pictures", "table", "text")}


def answers(made: PredictionMade) -> list[str]:
    return [str(next(iter(item.outputs.values())).value) if item.outputs else item.problem for item in made.predictions]


def test_neither_torch_nor_onnx_is_needed(folder: Path) -> None:
    code = (
        "import sys; from engine.deployment.predict import Predictor\n"
        f"made = Predictor({str(folder / 'text.onnx')!r}).predict(['abc'])\n"
        "assert made.predictions[0].outputs and not {'torch', 'onnx'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_picture_is_asked_by_path_bytes_or_pixels(models: dict[str, Predictor], folder: Path) -> None:
    path = sorted((folder / "pictures").rglob("*.png"))[0]
    pixels = np.asarray(Image.open(path).convert("RGB"))
    name = models["pictures"].fields[0].name
    raw = {"pixels": pixels.tobytes(), "height": pixels.shape[0], "width": pixels.shape[1], "channels": 3}
    made = models["pictures"].predict([str(path), {name: str(path)}, {name: path.read_bytes()}, {name: raw}])
    assert len({str(item.outputs) for item in made.predictions}) == 1
    assert [item.input for item in made.predictions] == [str(path), str(path), "input 3", "input 4"]
    (answer,) = made.predictions[0].outputs.values()
    assert list(answer.scores.values()) == sorted(answer.scores.values(), reverse=True)
    assert next(iter(answer.scores)) == answer.value and sum(answer.scores.values()) == pytest.approx(1)
    assert made.milliseconds > 0 and made.run == 1


def test_one_input_that_cannot_be_used_spoils_none_of_the_others(models: dict[str, Predictor], folder: Path) -> None:
    good = str(sorted((folder / "pictures").rglob("*.png"))[0])
    notes = folder / "notes.pdf"
    notes.write_text("no picture")
    cut = folder / "cut.png"
    cut.write_bytes(Path(good).read_bytes()[:60])
    empty = folder / "empty.png"
    empty.write_bytes(b"")
    made = models["pictures"].predict(
        [good, str(notes), str(folder / "none.png"), str(cut), good, str(empty), {}, {"x": 1}]
    )
    used = [bool(item.outputs) for item in made.predictions]
    assert used == [True, False, False, False, True, False, False, False]
    problems = [item.problem for item in made.predictions]
    assert "notes.pdf is not a picture" in problems[1] and "none.png" in problems[2]
    assert "There is no value for" in problems[6] and "There is no value for" in problems[7]
    assert all(problem.endswith(".") and "Traceback" not in problem for problem in problems if problem)


def test_a_folder_of_pictures_is_all_its_pictures(models: dict[str, Predictor], folder: Path) -> None:
    cats = folder / "pictures" / "cats"
    made = models["pictures"].predict([str(cats)])
    assert [Path(item.input).name for item in made.predictions] == sorted(path.name for path in cats.iterdir())
    assert all(item.outputs for item in made.predictions)
    nothing = folder / "nothing"
    nothing.mkdir(exist_ok=True)
    assert "There is no picture" in models["pictures"].predict([str(nothing)]).predictions[0].problem


def test_every_row_of_a_table_is_an_input(models: dict[str, Predictor], folder: Path) -> None:
    made = models["table"].predict([str(folder / "table.csv")])
    assert len(made.predictions) == 60 and all(item.outputs for item in made.predictions)
    assert made.predictions[0].input == "table.csv, line 2"
    rows = (folder / "table.csv").read_text(encoding="utf-8").splitlines()[1:4]
    for row, item in zip(rows, made.predictions, strict=False):
        width, colour, weight, _, price = row.split(";")
        asked = {
            "width (mm)": "" if width == "NA" else width,
            "colour": colour,
            "weight": float(weight),
            "price": price,
        }
        assert models["table"].predict([asked]).predictions[0].outputs == item.outputs


def test_a_json_object_is_a_row(models: dict[str, Predictor]) -> None:
    made = models["table"].predict(['{"width (mm)": 50, "colour": "red", "weight": null, "price": "19000"}', "{", "{}"])
    assert made.predictions[0].outputs
    assert "JSON" in made.predictions[1].problem
    assert "There is no value for" in made.predictions[2].problem


def test_a_table_without_a_column_or_with_words_for_numbers_is_told(models: dict[str, Predictor], folder: Path) -> None:
    short = folder / "short.csv"
    short.write_text("colour,weight\nred,3000\n", encoding="utf-8")
    assert "has no column" in models["table"].predict([str(short)]).predictions[0].problem
    words = folder / "words.csv"
    words.write_text("width (mm),colour,weight,price\nwide,red,3000,1\n50,red,3000,1\n51,red\n", encoding="utf-8")
    first, second, *rest = models["table"].predict([str(words)]).predictions
    assert "'wide' is not a number" in first.problem and first.input == "words.csv, line 2"
    assert second.outputs
    assert [item.input for item in rest] == ["words.csv, line 4"] and "fields" in rest[0].problem
    assert models["table"].predict([str(folder / "none.csv")]).predictions[0].problem
    assert "columns" in models["table"].predict(["hello"]).predictions[0].problem


def test_text_is_asked_as_text_or_by_lines_of_a_file(models: dict[str, Predictor], folder: Path) -> None:
    lines = folder / "ask.txt"
    lines.write_text("abc\n\n uvw \n", encoding="utf-8")
    made = models["text"].predict(["abc", str(lines), "", "é" * 3000, "a\0b"])
    assert [bool(item.outputs) for item in made.predictions] == [True] * 6
    assert [item.input for item in made.predictions[1:3]] == ["ask.txt, line 1", "ask.txt, line 3"]
    assert answers(made)[0] == answers(made)[1]


def test_a_file_is_not_text(models: dict[str, Predictor], folder: Path) -> None:
    picture = sorted((folder / "pictures").rglob("*.png"))[0]
    (problem,) = [item.problem for item in models["text"].predict([str(picture)]).predictions]
    assert "takes text" in problem


def test_many_inputs_are_answered_in_order_and_can_be_stopped(models: dict[str, Predictor]) -> None:
    asked = [("abc", "xyz")[number % 2] for number in range(300)]
    made = models["text"].predict(asked)
    assert [item.input for item in made.predictions] == asked
    assert len(set(answers(made)[0::2])) == 1 and len(set(answers(made)[1::2])) == 1
    with pytest.raises(Cancelled):
        models["text"].predict(asked, cancelled=lambda: True)
    assert models["text"].predict([]).predictions == []


def test_files_that_are_not_ours_are_told(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        Predictor(tmp_path / "none.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes((folder / "text.onnx").read_bytes()[:500])
    with pytest.raises(DataError, match="cannot be opened"):
        Predictor(broken)
    picture = tmp_path / "picture.onnx"
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    with pytest.raises(DataError, match="cannot be opened"):
        Predictor(picture)
    foreign = tmp_path / "foreign.onnx"
    model = onnx.load(folder / "text.onnx")
    del model.metadata_props[:]
    onnx.save(model, foreign)
    with pytest.raises(DataError, match="does not say"):
        Predictor(foreign)
