"""Of a network with a Switch only the chosen way is written into the file."""

from pathlib import Path

import onnx
import pytest
import torch
from small_runs import pictures, run_of

from engine.data.importing import inspect
from engine.deployment.export import export_onnx
from engine.deployment.network import ONNX_KEY
from engine.document import edits, files
from engine.document.edits import SetAttributes
from engine.document.project import Project
from engine.evaluation.evaluate import evaluate
from tests.drawn_networks import PICTURES, draw

torch.set_num_threads(1)


def switched(active: str) -> Project:
    return draw(
        PICTURES,
        {
            "conv1": ("Conv2d", {"out_channels": 4}),
            "wide": ("Conv2d", {"out_channels": 8}),
            "pool1": "GlobalAveragePool2d",
            "flatten1": "Flatten",
            "fc1": ("Linear", {"out_features": 4}),
            "switch1": ("Switch", {"active": active}),
            "linear1": ("Linear", {"out_features": 3}),
            "out": ("Output", {"field": "label"}),
            "loss1": "CrossEntropyLoss",
        },
        "pixels > conv1 > wide > pool1 > switch1.a",
        "pixels > flatten1 > fc1 > switch1.b",
        "switch1 > linear1 > out",
        "linear1 > loss1.prediction",
        "label > loss1.target",
    )


@pytest.mark.parametrize(("active", "nodes"), [("a", {"conv1", "wide"}), ("b", {"fc1"})])
def test_export_holds_only_the_chosen_way(tmp_path: Path, active: str, nodes: set[str]) -> None:
    project = switched(active)
    project.data = inspect(pictures(tmp_path, 12)).data
    field, target = project.data.inputs()[0], project.data.targets()[0]
    for edit in (
        SetAttributes(id="pixels", attributes={"fields": [field.name]}),
        SetAttributes(id="label", attributes={"fields": [target.name]}),
        SetAttributes(id="out", attributes={"field": target.name}),
        SetAttributes(id="linear1", attributes={"out_features": 2}),
    ):
        edits.apply(project, edit)
    files.create(tmp_path / "p", project)
    run = run_of(tmp_path / "p", project)
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx")
    assert made.verified.samples == made.verified.same_answers == 12
    model = onnx.load(tmp_path / "m.onnx")
    written = {item.value for node in model.graph.node for item in node.metadata_props if item.key == ONNX_KEY}
    assert nodes <= written and not written & ({"conv1", "wide", "fc1"} - nodes)
    assert evaluate(tmp_path / "p", run, "test").samples > 0
