"""What is told while one draws is what the exporter then writes."""

from pathlib import Path

import msgspec
import pytest
import torch
from small_runs import pictures, table, text, two_answers

from engine.catalog import preparation
from engine.checks.export_outlook import ExportOutlook, export_outlook
from engine.checks.inference import ShapeChecker
from engine.compiler.module import compile_project
from engine.compiler.plan import plan
from engine.data.importing import inspect
from engine.data.proposals import propose
from engine.deployment.build import build_file
from engine.deployment.description import PREPARED, Description
from engine.deployment.form import FileForm
from engine.deployment.opsets import needed_opset as opset_of_nodes
from engine.document import files
from engine.document.graph import Graph
from engine.document.project import Project

torch.set_num_threads(1)
EXAMPLES = Path(__file__).resolve().parents[3] / "projects"


def told(project: Project, opset: int = 20, contents: str = "whole") -> ExportOutlook:
    return export_outlook(ShapeChecker(project), opset, contents)


def holds(project: Project, opset: int, contents: str) -> None:
    """The outlook says just what the file has."""
    outlook = told(project, opset, contents)
    assert outlook.can_export, outlook
    built = build_file(
        project,
        plan(project),
        compile_project(project).eval(),
        form=FileForm(opset=opset, contents=contents),
        description=Description(name="x", inputs=[], outputs=[]),
    )
    expected = [(item.name, item.dtype, tuple(item.shape), item.kind == PREPARED) for item in built.description.inputs]
    assert [(item.name, item.dtype, item.shape, item.prepared) for item in outlook.inputs] == expected
    names = [name for item in outlook.outputs for name in item.shown]
    assert names == [item.name for item in built.model.graph.output]
    assert opset_of_nodes(built.model.graph.node) <= opset


@pytest.mark.parametrize(("opset", "contents"), [(20, "whole"), (13, "whole"), (17, "network"), (22, "network")])
def test_examples_and_proposals_become_what_was_told(tmp_path: Path, opset: int, contents: str) -> None:
    for name in ("garments", "penguins", "names"):
        holds(files.load(EXAMPLES / name), opset, contents)
    holds(propose("p", inspect(pictures(tmp_path, 12)).data), opset, contents)
    holds(propose("x", inspect(text(tmp_path)).data), opset, contents)
    data = inspect(table(tmp_path), target="kind").data
    holds(propose("t", data), opset, contents)


def test_the_sentence_names_what_goes_in_and_comes_out(tmp_path: Path) -> None:
    garments = files.load(EXAMPLES / "garments")
    assert told(garments).sentence == (
        "Exports to ONNX opset 20: pixels uint8 N × height × width × channels → label, scores."
    )
    assert "float N × 1 × 28 × 28 → logits." in told(garments, 17, "network").sentence
    many = told(files.load(EXAMPLES / "penguins")).sentence
    assert "inputs (float, string) → label, scores." in many


def test_two_answers_are_named_after_their_fields(tmp_path: Path) -> None:
    project = two_answers(inspect(table(tmp_path), target="kind").data)
    names = {name for item in told(project).outputs for name in item.shown}
    assert names == {"kind_label", "kind_scores", "price_2"}, "price is an input too"


def test_an_old_opset_says_what_must_come_prepared(tmp_path: Path) -> None:
    outlook = told(files.load(EXAMPLES / "garments"), 17)
    assert outlook.can_export and outlook.inputs[0].prepared
    assert outlook.notes == ("Resize needs opset 18: in opset 17 'pixels' must come prepared, as the file describes.",)
    assert not told(files.load(EXAMPLES / "garments")).notes


def test_text_says_that_other_programs_need_the_network_alone(tmp_path: Path) -> None:
    outlook = told(files.load(EXAMPLES / "names"))
    (note,) = outlook.notes
    assert "Tokenizer" in note and "network alone" in note
    assert not told(files.load(EXAMPLES / "names"), contents="network").notes


def test_a_layer_without_an_onnx_form_is_named(tmp_path: Path) -> None:
    project = propose("p", inspect(pictures(tmp_path, 12)).data)
    norm = next(node for node in project.graph.nodes.values() if node.type == "BatchNorm2d")
    attributes = {**norm.attributes, "track_running_stats": False}
    project.graph.replace(msgspec.structs.replace(norm, attributes=attributes))
    outlook = told(project)
    assert not outlook.can_export and outlook.obstacles[0].node == norm.id
    assert outlook.sentence.startswith(f"Cannot be exported to ONNX: BatchNorm2d '{norm.id}': ")


def test_nothing_is_told_of_what_is_not_drawn_or_does_not_work(tmp_path: Path) -> None:
    project = propose("p", inspect(pictures(tmp_path, 12)).data)
    empty = project.copy()
    empty.graph = Graph([], [])
    assert "Add an Output" in told(empty).sentence
    wrong = project.copy()
    conv = next(node for node in wrong.graph.nodes.values() if node.type == "Conv2d")
    wrong.graph.replace(msgspec.structs.replace(conv, attributes={**conv.attributes, "kernel_size": 99, "padding": 0}))
    assert "problems are mended" in told(wrong).sentence


def test_every_step_says_the_opset_that_its_form_needs() -> None:
    kinds = list(preparation.STEPS)
    assert {kind.__name__ for kind in kinds if kind.opset > 13} >= {"Resize", "BytePairs"}
    assert {kind.__name__ for kind in kinds if kind.beyond_standard} >= {"Characters", "Words", "BytePairs"}
