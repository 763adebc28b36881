"""Every pretrained network that is declared: its drawing fits together, and its weights fit its drawing."""

import functools
import math
from pathlib import Path

import pytest
import torch

from engine.catalog.pretrained import PRETRAINED, Pretrained, pretrained_for, pretrained_named
from engine.checks.inference import ShapeChecker
from engine.compiler.module import compile_project
from engine.data.proposals.backbone import propose_with
from engine.document import edits
from engine.document.block import BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.project import Project
from engine.errors import DataError, UsageError

WORDS = tuple(f"word{number}" for number in range(30_518))


def label(**more: object) -> Field:
    return Field(
        name="label",
        kind=FieldKind.CATEGORY,
        role=Role.TARGET,
        preparation=(Step(type="ClassIndex"),),
        statistics=Statistics(classes=("a", "b", "c"), counts=(5, 5, 5)),
        **more,
    )


def proposed(network: Pretrained) -> Project:
    shape = (None, None, 3) if network.kind is FieldKind.IMAGE else ()
    field = Field(name="sample", kind=network.kind, statistics=Statistics(shape=shape, longest=20))
    words = WORDS if network.source.vocabulary else ()
    return propose_with("p", DataSpec(fields=(field, label())), network, words)


@functools.cache
def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """The state dict of a network around it, without its numbers."""
    with torch.device("meta"):
        held = compile_project(proposed(pretrained_named(name))).state_dict()
    return {key: tuple(value.shape) for key, value in held.items()}


@pytest.mark.parametrize("network", PRETRAINED, ids=lambda item: item.name)
def test_it_fits_together_as_declared(network: Pretrained) -> None:
    project = proposed(network)
    checker = ShapeChecker(project)
    assert [problem.message for problem in checker.problems()] == []
    inner = [name for name in checker.project.graph.nodes if name.startswith("pretrained__")]
    assert sum(checker.cost_of(name).parameters for name in inner) == network.parameters
    definition = BlockDefinition.of(network.blocks()[-1])
    (out,) = definition.ports(BLOCK_OUTPUT)
    (spec,) = checker.output_specs(f"pretrained__{out}")
    assert spec is not None and spec.shape == (None, network.features)
    assert len(definition.ports(BLOCK_INPUT)) == 1
    assert project.graph.node("pretrained").frozen
    assert len(network.source.sha256) == len(network.source.path_sha256) == 64
    for text in (network.purpose, network.learned_from, network.wants, network.notice, network.licence):
        assert text


@pytest.mark.parametrize("network", PRETRAINED, ids=lambda item: item.name)
def test_every_number_of_it_has_a_name_in_the_file(network: Pretrained) -> None:
    held = shapes(network.name)
    wanted = {
        name.removeprefix("pretrained__")
        for name in held
        if name.startswith("pretrained__") and not name.endswith("num_batches_tracked")
    }
    assert wanted <= set(network.tensors())
    assert all(name.startswith("classifier.") for name in set(network.tensors()) - wanted)


def test_its_size_is_that_of_its_tensors() -> None:
    """4 bytes a number, a header and a table of names; told before it is fetched, so it has to be near."""
    for network in PRETRAINED:
        held = shapes(network.name)
        numbers = sum(math.prod(shape) for name, shape in held.items() if name.startswith("pretrained__"))
        assert 4 * numbers <= network.bytes <= 1.4 * 4 * numbers + 100_000


def test_a_text_gets_its_pieces_and_a_length_of_its_own() -> None:
    project = proposed(pretrained_named("all-minilm-l6-v2"))
    field = project.data.fields[0]
    assert field.statistics.vocabulary == WORDS
    assert field.preparation == (Step(type="WordPiece", attributes={"length": 40, "pieces": "given"}),)


def test_adding_it_by_hand_is_one_edit_that_can_be_taken_back() -> None:
    from engine.catalog.pretrained.pretrained import definitions, instance, preparing

    network = pretrained_named("efficientnet-lite0")
    picture = Field(name="photo", kind=FieldKind.IMAGE, statistics=Statistics(shape=(None, None, 3)))
    project = Project(name="p", data=DataSpec(fields=(picture, label())))
    before = project.copy()
    bringing, block_id = definitions(project, network)
    node = instance(network, "net1", block_id)
    field = project.data.fields[0]
    steps = (*bringing, edits.AddNode(node=node), *preparing(field, network))
    back = edits.apply(project, edits.Batch(title="Add", edits=steps))
    assert project.data.fields[0].preparation == network.preparation(field)
    assert project.graph.node("net1").weights == "efficientnet-lite0#"
    assert preparing(project.data.fields[0], network) == []
    assert definitions(project, network) == ([], block_id)
    edits.apply(project, back)
    assert project.data == before.data and not project.graph.nodes and not project.blocks


def test_data_it_cannot_look_at_is_refused_in_words() -> None:
    network = pretrained_named("efficientnet-lite0")
    with pytest.raises(DataError, match="looks at pictures, and the data has none"):
        propose_with("p", DataSpec(fields=(Field(name="t", kind=FieldKind.TEXT), label())), network)
    mask = Field(name="m", kind=FieldKind.MASK, role=Role.TARGET)
    with pytest.raises(DataError, match="one answer a sample"):
        propose_with("p", DataSpec(fields=(Field(name="i", kind=FieldKind.IMAGE), mask)), network)


def test_names() -> None:
    assert pretrained_named("EfficientNet-Lite0") is PRETRAINED[0]
    assert pretrained_for(FieldKind.TEXT) is PRETRAINED[1] and pretrained_for(FieldKind.AUDIO) is None
    with pytest.raises(UsageError, match="no pretrained network"):
        pretrained_named("gpt-9")


def test_no_registry_is_named() -> None:
    root = Path(__file__).resolve().parents[3] / "engine"
    for path in (*(root / "pretrained").rglob("*.py"), *(root / "catalog" / "pretrained").rglob("*.py")):
        assert "http" not in path.read_text() and "pypi" not in path.read_text().lower()
