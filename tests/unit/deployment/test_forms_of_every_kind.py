"""Every kind of data in every form of the file: the network alone, int8, the oldest opset, the simplified graph."""

import json
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from small_runs import pictures, table
from test_written_text import pairs, prose

from engine.compiler.module import compile_project
from engine.data.dataset import open_dataset
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.deployment import export as export_room
from engine.deployment.export import export_network
from engine.deployment.form import FileForm
from engine.deployment.golden import read_tensor
from engine.deployment.session import open_session
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from tests.unit.data.test_masks import mask_folder

torch.set_num_threads(1)

FORMS = (
    FileForm(contents="network"),
    FileForm(opset=13),
    FileForm(optimised=True),
    FileForm(precision="float16", opset=13, contents="network"),
)


def sounds(folder: Path) -> Path:
    """Tones of two heights, half a second each, of different lengths."""
    for number in range(24):
        label = ("low", "high")[number % 2]
        length = 4000 + 150 * number
        tone = np.sin(np.arange(length) * (0.1 if number % 2 else 0.5)) * 12000
        path = folder / "tones" / label / f"{number:02}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(tone.astype("<i2").tobytes())
    return folder / "tones"


def series(folder: Path) -> Path:
    """A table over time."""
    days = np.arange("2020-01-01", "2020-08-01", dtype="datetime64[D]")
    rows = [f"{day},{10 + 3 * np.sin(place / 7):.4f},{place % 7}" for place, day in enumerate(days)]
    path = folder / "days.csv"
    path.write_text("day,sold,weekday\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def projects(kind: str, folder: Path) -> Project:
    """What is proposed for small data of that kind."""
    match kind:
        case "pictures":
            return propose(kind, inspect(pictures(folder, 16)).data)
        case "numbers":
            return propose(kind, inspect(table(folder), target="price").data)
        case "masks":
            return propose(kind, inspect(mask_folder(folder / "cells", 12)).data)
        case "sounds":
            return propose(kind, inspect(sounds(folder)).data)
        case "series":
            return propose(kind, inspect(series(folder), target="sold").data)
        case "translations":
            return propose(kind, inspect(pairs(folder)).data)
        case _:
            return propose(kind, inspect(prose(folder)).data)


KINDS = ("pictures", "numbers", "masks", "sounds", "series", "translations", "prose")


@pytest.mark.slow  # test_forms_of_the_file asks pictures, tables and text
@pytest.mark.parametrize("kind", KINDS)
def test_every_form_answers_as_the_network_does(kind: str, tmp_path: Path) -> None:
    project = projects(kind, tmp_path)
    torch.manual_seed(2)
    network = compile_project(project)
    dataset = open_dataset(None, project.data)
    for form in FORMS:
        made = export_network(project, network, dataset, tmp_path / "m.onnx", form=form, samples=40)
        proof = made.verified
        half = form.precision == "float16"
        assert proof.max_abs_difference <= (1e-2 if half else 1e-4), form
        assert proof.same_answers >= (0.99 if half else 1.0) * proof.samples > 0, form
        report = json.loads(Path(made.proof).read_text(encoding="utf-8"))
        session = open_session(str(tmp_path / "m.onnx"))
        sample = report["samples"][0]
        found = session.run(None, {name: read_tensor(item) for name, item in sample["inputs"].items()})
        for output, value in zip(session.get_outputs(), found, strict=True):
            wanted = read_tensor(sample["outputs"][output.name])
            assert wanted.shape == value.shape and (wanted.dtype == object or np.array_equal(wanted, value))


@pytest.fixture
def unheld(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that learned nothing have no score to keep."""
    monkeypatch.setattr(export_room, "refusal", lambda verified: "")


@pytest.mark.slow
@pytest.mark.usefixtures("unheld")
@pytest.mark.parametrize("kind", KINDS)
def test_int8_is_written_and_judged_for_every_kind(kind: str, tmp_path: Path) -> None:
    project = projects(kind, tmp_path)
    torch.manual_seed(2)
    network = compile_project(project)
    dataset = open_dataset(None, project.data)
    made = export_network(project, network, dataset, tmp_path / "m.onnx", form=FileForm(precision="int8"), samples=40)
    assert made.int8 in ("static", "dynamic")
    scored = {"pictures": "accuracy", "numbers": "r2", "masks": "iou", "sounds": "accuracy", "series": "r2"}
    assert made.verified.score_name == scored.get(kind, "")
    assert np.isfinite(made.verified.max_abs_difference)


@pytest.mark.usefixtures("unheld")
def test_where_convolutions_and_attention_meet_the_kind_is_measured(tmp_path: Path) -> None:
    project = projects("pictures", tmp_path)
    field = next(item.name for item in project.data.fields if item.kind.value == "image")
    target = project.data.targets()[0].name
    names = ["picture", "conv", "flat", "turned", "attention", "pooled", "head"]
    project.graph = Graph(
        [
            Node(id="picture", type="Input", attributes={"fields": [field]}),
            Node(id="conv", type="Conv2d", attributes={"out_channels": 32, "stride": 4}),
            Node(id="flat", type="Flatten", attributes={"start_dim": 2}),
            Node(id="turned", type="Permute", attributes={"dims": [2, 1]}),
            Node(id="attention", type="TransformerEncoderLayer", attributes={"nhead": 4, "dim_feedforward": 64}),
            Node(id="pooled", type="AttentionPooling"),
            Node(id="head", type="Linear", attributes={"out_features": 2}),
            Node(id="out", type="Output", attributes={"field": target}),
            Node(id="truth", type="Input", attributes={"fields": [target]}),
            Node(id="loss", type="CrossEntropyLoss"),
        ],
        [
            *(Edge(source=one, target=other) for one, other in pairwise(names)),
            Edge(source="head", target="out", input="prediction"),
            Edge(source="head", target="loss", input="prediction"),
            Edge(source="truth", target="loss", input="target"),
        ],
    )
    torch.manual_seed(2)
    made = export_network(
        project,
        compile_project(project),
        open_dataset(None, project.data),
        tmp_path / "m.onnx",
        form=FileForm(precision="int8"),
    )
    assert made.int8 in ("static", "dynamic") and made.verified.max_abs_difference < 0.5


@pytest.mark.usefixtures("unheld")
def test_masks_in_int8_are_told_by_their_points(tmp_path: Path) -> None:
    project = projects("masks", tmp_path)
    torch.manual_seed(2)
    network = compile_project(project)
    form = FileForm(precision="int8")
    proof = export_network(project, network, open_dataset(None, project.data), tmp_path / "m.onnx", form=form).verified
    assert proof.same_answers / proof.samples <= proof.alike <= 1
    assert proof.alike > 0.8, "few points change their class"
