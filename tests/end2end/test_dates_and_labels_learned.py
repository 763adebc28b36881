"""A table of days with a date, labels and numbers: learned, scored, exported with proof and asked, from the command
line."""

import math
import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.end2end.command import netwright


def days(path: Path) -> Path:
    """The temperature follows the season; the tags say cold, warm, weekend or plain; others are noise."""
    rng = random.Random(1)
    lines = ["when,sort,wind,temperature,tags\n"]
    for _ in range(300):
        day = date(2019, 1, 1) + timedelta(days=rng.randrange(1500))
        degrees = 15 - 10 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 20) / 365) + rng.gauss(0, 1)
        tags = ["warm"] * (degrees > 18) + ["cold"] * (degrees < 8) + ["weekend"] * (day.weekday() > 4)
        sort = rng.choice(["a;b", "b", "c", "a;c", ""])
        lines.append(f"{day:%d.%m.%Y},{sort},{rng.gauss(5, 2):.2f},{degrees:.2f},{';'.join(tags) or 'plain'}\n")
    path.write_text("".join(lines))
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return days(tmp_path / "days.csv")


def test_several_labels_are_learned_from_dates(table: Path, tmp_path: Path) -> None:
    project, file = tmp_path / "project", tmp_path / "tags.onnx"
    netwright("new", project, "--data", table, "--target", "tags")
    netwright("train", project, "--device", "cpu", "--epochs", "40", timeout=600)
    (scores,) = netwright("evaluate", project)["outputs"]
    assert scores["metrics"]["label_f1_micro"] > 0.8 and scores["metrics"]["all_labels_right"] > 0.5
    assert scores["metrics"]["mean_average_precision"] > 0.7 and len(scores["per_class"]) == 4
    made = netwright("export", project, "--to", file)
    assert made["verified"]["same_answers"] == made["verified"]["samples"] == 300
    assert {output["name"] for output in made["outputs"]} == {"labels", "scores"}
    rows = ["when=17.07.2021,sort=a;c,wind=3,temperature=26", "when=2021-01-12,sort=,wind=3,temperature=2"]
    summer, winter = netwright("predict", file, *rows)["predictions"]
    assert "warm" in summer["outputs"]["tags"]["value"] and "weekend" in summer["outputs"]["tags"]["value"]
    assert winter["outputs"]["tags"]["value"] == "cold"


def test_a_number_is_learned_from_dates_and_labels(table: Path, tmp_path: Path) -> None:
    project, file = tmp_path / "project", tmp_path / "degrees.onnx"
    netwright("new", project, "--data", table, "--target", "temperature")
    netwright("train", project, "--device", "cpu", "--epochs", "40", timeout=600)
    (scores,) = netwright("evaluate", project)["outputs"]
    assert scores["metrics"]["r2"] > 0.9
    made = netwright("export", project, "--to", file)
    assert made["verified"]["same_answers"] == made["verified"]["samples"] == 300
    inputs = {item["name"]: item["dtype"] for item in made["inputs"]}
    assert inputs["when"] == "double" and inputs["tags"] == "string"
    answers = netwright("predict", file, table)["predictions"]
    assert len(answers) == 300 and not any(answer.get("problem") for answer in answers)
    (soon,) = netwright("predict", file, "when=soon,sort=a,wind=3,tags=plain", expect=1)["predictions"]
    assert "not a date" in soon["problem"]
