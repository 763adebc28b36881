"""Labels that look wrong: those that were spoilt on purpose are found, and a click puts them right."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from engine.data.dataset import open_dataset
from engine.document.edits import Edit, apply
from engine.evaluation.wrong_labels import suspected, wrong_labels
from engine.training.runs import find_run
from tests.unit.evaluation.test_evaluate import train


def test_what_fits_another_class_better_is_suspected() -> None:
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.15, 0.85], [0.55, 0.45], [0.9, 0.1]])
    labels = np.array([0, 0, 1, 1, 0, 1, -1])
    rows, said, margin = suspected(scores, labels)
    assert rows.tolist() == [4] and said.tolist() == [1] and margin[0] == pytest.approx(0.7)
    assert len(suspected(scores[:, [1, 0]], 1 - np.maximum(labels, 0))[0]) == 1
    assert len(suspected(np.zeros((0, 3)), np.zeros(0, np.int64))[0]) == 0


def test_spoilt_labels_are_found_and_put_right(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    lines, spoilt = ["x,y,kind"], []
    for index in range(600):
        x, y = chance.normal(size=2)
        kind = "left" if x + 0.3 * y < 0 else "right"
        if index % 30 == 0 and abs(x) > 0.8:
            kind = "right" if kind == "left" else "left"
            spoilt.append(f"t.csv, row {index + 2}")
        lines.append(f"{x:.5f},{y:.5f},{kind}")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    folder = tmp_path / "p"
    project = train(folder, tmp_path / "t.csv", "kind", 12).project
    dataset = open_dataset(folder, project.data)
    outside, learned = wrong_labels(folder, find_run(folder), dataset)
    told = {dataset.name(index) for finding in (outside, learned) for index in finding.samples}
    named = {name.split(", ")[-1].split(" ")[-1] for name in told}
    wanted = {name.split(" ")[-1] for name in spoilt}
    assert len(wanted) >= 5 and len(wanted - named) <= 1, (sorted(wanted), sorted(told))
    assert "weaker sign" in learned.message and "weaker" not in outside.message
    before = outside.count + learned.count
    remedy = next(item for item in learned.remedies if "network says" in item.title)
    for edit in msgspec.convert(remedy.edits, tuple[Edit, ...]):
        apply(project, edit)
    again = wrong_labels(folder, find_run(folder), open_dataset(folder, project.data))
    assert sum(finding.count for finding in again) == before - learned.count
