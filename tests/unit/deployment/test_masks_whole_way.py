"""Masks go the whole way: import, propose, a step, scores, export with proof, answers."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.deployment.export import export_onnx
from engine.deployment.predict import Predictor
from engine.document import files
from engine.document.data_spec import Field, FieldKind, Statistics, Step
from engine.document.project import Project
from engine.evaluation.evaluate import evaluate
from engine.evaluation.masks import class_areas, is_mask, mask_of, score_mask, true_mask
from engine.training.task import prepare_task
from tests.unit.data.samples_on_disk import png
from tests.unit.data.test_masks import mask_folder, pictured, square, write
from tests.unit.deployment.small_runs import run_of
from tests.unit.deployment.trained_runs import trained_run


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    torch.set_num_threads(1)


def cells(tmp_path: Path, classes: int = 2) -> tuple[Path, Project]:
    """A project on a few masks."""
    root = mask_folder(tmp_path / "cells", 16)
    if classes == 3:
        for number in range(16):
            mask = square(number, value=1)
            mask[:2] = 2
            write(root, {f"masks/{number:02}.png": png(mask), f"images/{number:02}.png": pictured(mask, number)})
    project = propose("Cells", inspect(root).data)
    files.create(tmp_path / "project", project)
    return tmp_path / "project", project


@pytest.mark.parametrize("classes", [2, 3])
def test_a_file_answers_with_the_mask_of_the_network(tmp_path: Path, classes: int) -> None:
    folder, project = cells(tmp_path, classes)
    made = export_onnx(folder, run_of(folder, project), tmp_path / "cells.onnx")
    assert made.verified.same_answers == made.verified.samples == 16
    assert {item["name"]: item["dtype"] for item in made.outputs} == {"mask": "uint8", "scores": "float"}
    predictor = Predictor(tmp_path / "cells.onnx")
    found = predictor.predict([str(tmp_path / "cells" / "images" / "03.png")]).predictions[0]
    answer = found.outputs["mask"]
    assert not found.problem and len(answer.mask) == answer.height * answer.width == 24 * 24
    mask = np.frombuffer(answer.mask, np.uint8)
    names = project.data.targets()[0].statistics.classes
    for number, name in enumerate(names):
        assert answer.scores.get(name, 0.0) == pytest.approx((mask == number).mean())
    assert max(answer.scores, key=lambda name: answer.scores[name]) in str(answer.value)


def test_a_mask_from_one_score_a_point(tmp_path: Path) -> None:
    folder, project = cells(tmp_path)
    graph = project.graph
    scores = graph.nodes["scores"]
    graph.replace(msgspec.structs.replace(scores, attributes={"out_channels": 1, "kernel_size": 1}))
    for name, loss in (("loss", "BCEWithLogitsLoss"), ("overlap", "BinaryDiceLoss")):
        graph.replace(msgspec.structs.replace(graph.nodes[name], type=loss))
    pixels, mask = project.data.fields
    mask = msgspec.structs.replace(mask, preparation=(*mask.preparation, Step(type="Region")))
    project.data = msgspec.structs.replace(project.data, fields=(pixels, mask))
    made = export_onnx(folder, trained_run(folder, project, 2), tmp_path / "one.onnx")
    assert made.verified.same_answers == made.verified.samples
    assert made.outputs[1]["shape"] == ["N", 2, 24, 24]


def test_it_learns_and_is_scored(tmp_path: Path) -> None:
    folder, project = cells(tmp_path)
    run = trained_run(folder, project, 12)
    result = evaluate(folder, run, "train")
    output = result.outputs[0]
    assert output.field == "mask" and not output.matrix
    back, square_class = output.per_class
    assert square_class.overlap is not None and square_class.overlap > 0.5 and back.overlap is not None
    assert output.metrics["jaccard_macro"] == pytest.approx((back.overlap + square_class.overlap) / 2, abs=1e-6)
    assert output.metrics["accuracy"] > 0.8
    scores = [mistake.score for mistake in output.mistakes]
    assert scores == sorted(scores) and all("object" in mistake.true for mistake in output.mistakes)


def test_overlap_counted_by_hand() -> None:
    true = torch.tensor([[[0, 0], [1, 1]], [[0, 1], [1, 1]], [[0, 0], [0, 0]]])
    said = torch.tensor([[[0, 1], [1, 1]], [[0, 1], [1, 1]], [[0, 0], [0, 1]]])
    assert class_areas(said, true, 2).tolist() == [
        [[1, 2], [1, 3], [2, 2]],
        [[1, 3], [1, 3], [1, 3]],
        [[3, 0], [3, 1], [4, 0]],
    ]
    field = Field(name="m", kind=FieldKind.MASK, statistics=Statistics(classes=("none", "thing")))
    raw = torch.nn.functional.one_hot(said, 2).movedim(-1, 1).float()
    areas = class_areas(mask_of(raw, "softmax"), true_mask(true), 2)
    found = score_mask(field, areas, torch.tensor([5, 6, 7]))
    assert found.per_class[1].overlap == pytest.approx(5 / 7) and found.per_class[0].overlap == pytest.approx(5 / 7)
    assert [(mistake.index, mistake.score) for mistake in found.mistakes] == [(7, 0.0), (5, pytest.approx(2 / 3))]
    single = raw[:, 1:] * 2 - 1
    assert is_mask(field, single) and torch.equal(class_areas(mask_of(single, "sigmoid"), true, 2), areas)
    region = true[:, None].float()
    assert torch.equal(class_areas(mask_of(single, "sigmoid"), true_mask(region), 2), areas)
    assert not is_mask(field, raw[:, :, 0])


def test_small_regions_can_be_made_to_count_as_much_as_the_background(tmp_path: Path) -> None:
    _, project = cells(tmp_path, 3)
    dataset = open_dataset(tmp_path, project.data)
    task = prepare_task(project, dataset)
    assert task.weigh_classes() == ["mask"]
    weights = task.network.get_submodule("loss").weight
    points = dataset.columns(("mask",), "train").gather(torch.arange(task.train.samples))
    shares = torch.bincount(points.reshape(-1), minlength=3).double() / points.numel()
    assert torch.allclose(weights.double() * shares, torch.full((3,), 1 / 3, dtype=torch.float64), atol=1e-5)
    task.close()
