"""A network with blocks exports like any other, names its nodes by their way, and writes shared weights once."""

from pathlib import Path

import msgspec
import onnx
import pytest
import torch
from small_runs import pictures, run_of

from engine.data.importing import inspect
from engine.deployment.export import export_onnx
from engine.deployment.network import ONNX_KEY
from engine.document import files
from engine.document.block import BlockDefinition
from engine.document.edits import SetAttributes, apply
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.evaluation.evaluate import evaluate
from tests.drawn_blocks import with_blocks

torch.set_num_threads(1)


def project_with_blocks(folder: Path, **attributes: object) -> Project:
    project = with_blocks(**attributes)
    project.data = inspect(pictures(folder, 12)).data
    field, target = project.data.inputs()[0], project.data.targets()[0]
    for edit in (
        SetAttributes(id="pixels", attributes={"fields": [field.name]}),
        SetAttributes(id="label", attributes={"fields": [target.name]}),
        SetAttributes(id="out", attributes={"field": target.name}),
        SetAttributes(id="linear1", attributes={"out_features": 2}),
    ):
        apply(project, edit)
    return project


@pytest.mark.parametrize(("attributes", "tensors"), [({"repeat": 2}, 4), ({"repeat": 3, "tied": True}, 2)])
def test_export_is_proved_and_weights_are_written_once(
    tmp_path: Path, attributes: dict[str, object], tensors: int
) -> None:
    project = project_with_blocks(tmp_path, **attributes)
    files.create(tmp_path / "p", project)
    run = run_of(tmp_path / "p", project)
    made = export_onnx(tmp_path / "p", run, tmp_path / "m.onnx")
    assert made.verified.samples == made.verified.same_answers == 12
    model = onnx.load(tmp_path / "m.onnx")
    nodes = {item.value for node in model.graph.node for item in node.metadata_props if item.key == ONNX_KEY}
    assert {"block1__conv1", "block1__2__conv1"} <= nodes
    kernels = [item for item in model.graph.initializer if list(item.dims) == [6, 6, 3, 3]]
    assert len(kernels) == tensors
    assert evaluate(tmp_path / "p", run, "test").samples > 0


def test_an_answer_made_inside_a_block_is_scored_as_outside(tmp_path: Path) -> None:
    """A LogSoftmax in a block: its answers are logarithms of probabilities all the same."""
    metrics = []
    for name in ("inside", "outside"):
        folder = tmp_path / name
        folder.mkdir()
        project = project_with_blocks(folder)
        softmax = Node(id="softmax1", type="LogSoftmax")
        if name == "inside":
            nodes = (Node(id="in1", type="BlockInput"), softmax, Node(id="out1", type="BlockOutput"))
            edges = (Edge(source="in1", target="softmax1"), Edge(source="softmax1", target="out1"))
            project.blocks["head1"] = BlockDefinition(id="head1", graph=Graph(nodes, edges))
            project.graph.add(Node(id="head1", type="Block", attributes={"block": "head1"}))
            project.graph.connect(Edge(source="linear1", target="head1", input="in1"))
            project.graph.connect(Edge(source="head1", output="out1", target="out", input="prediction"))
        else:
            project.graph.add(softmax)
            project.graph.connect(Edge(source="linear1", target="softmax1"))
            project.graph.connect(Edge(source="softmax1", target="out", input="prediction"))
        project.recipe = msgspec.structs.replace(project.recipe, metrics=("log_loss", "accuracy"))
        files.create(folder / "p", project)
        (output,) = evaluate(folder / "p", run_of(folder / "p", project), "train").outputs
        metrics.append(output.metrics)
    assert metrics[0] == pytest.approx(metrics[1]) and "log_loss" in metrics[0]
