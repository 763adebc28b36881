"""Checks of networks with blocks: shapes, cost, problems and repairs, seen from each drawn graph."""

import random

import pytest

from engine.checks.connection import refusal
from engine.checks.inference import ShapeChecker
from engine.checks.report import check
from engine.checks.scoped import scoped
from engine.document import edits
from engine.document.block import BlockDefinition
from engine.document.edits import (
    AddBlock,
    AddNode,
    Connect,
    Disconnect,
    Edit,
    Inside,
    MoveNodes,
    RemoveBlock,
    RemoveNode,
    SetAttributes,
    SetBlock,
    SetBypassed,
    SetShares,
    change,
)
from engine.document.flat import flattened
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from engine.errors import GraphError
from tests.drawn_blocks import residual, with_blocks


def messages(checker: ShapeChecker) -> list[str]:
    return [problem.message for problem in checker.problems()]


def test_a_project_without_instances_is_its_own_flat_project() -> None:
    project = with_blocks()
    assert flattened(project) is not project
    edits.apply(project, RemoveNode(id="block1"))
    assert flattened(project) is project
    assert ShapeChecker(project).project is project


def test_inner_nodes_are_named_by_their_way() -> None:
    flat = flattened(with_blocks(repeat=2))
    inner = [name for name in flat.graph.nodes if "__" in name]
    assert len(inner) == 14 and "block1__conv1" in inner and "block1__2__conv1" in inner
    assert flat.graph.inputs_of("block1__2__in1")["input"].source == "block1__out1"
    assert flat.graph.inputs_of("pool1")["input"].source == "block1__2__out1"


def test_shapes_cost_and_ports_of_an_instance() -> None:
    project = with_blocks(repeat=3)
    seen = scoped(ShapeChecker(project))
    assert [port.name for port in seen.ports("block1")] == ["in1"]
    spec = seen.specs.get(("block1", "out1"))
    assert spec is not None and spec.shape == (None, 6, 12, 12)
    one = 6 * 6 * 9 + 12 + (6 * 6 * 9 + 6)
    assert seen.cost_of("block1").parameters == 3 * one
    inside = scoped(ShapeChecker(project), "block1__", "residual1")
    assert inside.project.graph is project.blocks["residual1"].graph
    assert inside.total_cost().parameters == one
    assert refusal(inside.project, inside, Edge(source="add1", target="conv1")) is not None


def test_report_lists_what_is_inside() -> None:
    found = check(with_blocks(repeat=2))
    assert found.can_train
    assert {"block1__conv1", "block1__2__conv1"} <= {item.id for item in found.nodes}


def test_an_instance_sets_what_is_exposed() -> None:
    project = with_blocks(filters=8)
    checker = ShapeChecker(project)
    # Eight filters do not go with the six channels of the way around.
    assert any("Add 'block1 › add1'" in text for text in messages(checker))
    edits.apply(project, SetAttributes(id="stem1", attributes={"out_channels": 8}))
    assert not [text for text in messages(ShapeChecker(project)) if "block1" in text]


def test_repairs_inside_are_done_in_the_definition() -> None:
    project = with_blocks()
    project.blocks["residual1"].graph.disconnect("conv1", "input")
    project.blocks["residual1"].graph.connect(Edge(source="in1", target="bn1"))
    edits.apply(project, Inside(block="residual1", inner=SetAttributes(id="conv2", attributes={"out_channels": 5})))
    checker = ShapeChecker(project)
    problem = next(item for item in checker.problems() if item.node == "block1__add1")
    assert problem.repairs
    mended = 0
    for repair in problem.repairs:
        twin = project.copy()
        edits.apply(twin, repair.edit)
        assert twin.blocks["residual1"].graph != project.blocks["residual1"].graph
        mended += not [item for item in ShapeChecker(twin).problems() if item.node == "block1__add1"]
    assert mended


def test_a_repair_between_blocks_is_drawn_outside() -> None:
    project = with_blocks()
    edits.apply(project, SetAttributes(id="stem1", attributes={"out_channels": 4}))
    edits.apply(project, RemoveNode(id="stem1"))
    checker = ShapeChecker(project)
    problem = next(item for item in checker.problems() if item.node == "block1__in1")
    assert problem.message == "Block 'block1': nothing is linked to its input 'in1'."
    for repair in problem.repairs:
        edits.apply(project.copy(), repair.edit)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (RemoveBlock(id="residual1"), "no block 'residual1'"),
        (Inside(block="residual1", inner=RemoveNode(id="out1")), "at output 'out1'"),
        (Inside(block="residual1", inner=AddNode(node=Node(id="x", type="Block", attributes={"block": "residual1"}))),
         "holds itself"),
        (SetShares(id="block1", shares="linear1"), "not the same block"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_told(edit: Edit, told: str) -> None:
    project = with_blocks()
    checker = ShapeChecker(project)
    inverse = edits.apply(project, edit)
    checker.update(change(edit, inverse))
    assert any(told in text for text in messages(checker)), messages(checker)
    assert any(told in item.message for item in scoped(checker).problems_of("block1")) or told == "holds itself"
    back = edits.apply(project, inverse)
    checker.update(change(inverse, back))
    assert messages(checker) == []


def test_shared_weights_are_counted_once() -> None:
    project = with_blocks()
    one = scoped(ShapeChecker(project)).total_cost().parameters
    edits.apply(
        project,
        AddNode(node=Node(id="block2", type="Block", attributes={"block": "residual1"}, shares="block1")),
    )
    edits.apply(project, Connect(edge=Edge(source="block1", output="out1", target="block2", input="in1")))
    edits.apply(project, Connect(edge=Edge(source="block2", output="out1", target="pool1")))
    checker = ShapeChecker(project)
    assert messages(checker) == []
    assert checker.total_cost().parameters == one


def test_weights_are_shared_by_layers_that_are_alike() -> None:
    project = with_blocks()
    edits.apply(project, SetShares(id="stem1", shares="nowhere"))
    assert any("not there" in text for text in messages(ShapeChecker(project)))
    edits.apply(project, SetShares(id="stem1", shares="linear1"))
    assert any("another kind" in text for text in messages(ShapeChecker(project)))
    edits.apply(project, Inside(block="residual1", inner=SetShares(id="conv2", shares="conv1")))
    assert any("whose" in text for text in messages(ShapeChecker(project)))


def random_edit(chance: random.Random, project: Project) -> Edit:
    blocks = list(project.blocks)
    within = chance.choice(blocks) if blocks and chance.random() < 0.5 else ""
    graph: Graph = project.blocks[within].graph if within else project.graph
    ids = list(graph.nodes)
    kind = chance.choice(
        ["add", "add", "connect", "connect", "remove", "set", "cut", "bypass", "move", "block", "expose"]
    )
    inner: Edit
    if kind == "block":
        name = chance.choice(["residual1", "other2"])
        if name in project.blocks and chance.random() < 0.3:
            return RemoveBlock(id=name)
        return AddBlock(block=BlockDefinition(id=name, graph=residual().graph).drawn())
    if kind == "expose":
        return SetBlock(id="residual1", title="R", exposed=residual().exposed if chance.random() < 0.5 else ())
    if kind == "add" or len(ids) < 3:
        name = chance.choice(["ReLU", "Conv2d", "Block", "Block", "BlockInput", "BlockOutput"])
        attributes = {"block": chance.choice(["residual1", "other2"]), "repeat": chance.choice([1, 2])}
        made = Node(id=graph.free_id(name), type=name, attributes=attributes if name == "Block" else {})  # type: ignore[arg-type]
        inner = AddNode(node=made)
    elif kind == "connect":
        edge = Edge(
            source=chance.choice(ids),
            target=chance.choice(ids),
            input=chance.choice(["input", "in1", "a"]),
            output=chance.choice(["output", "out1"]),
        )
        inner = Connect(edge=edge)
    elif kind == "remove":
        inner = RemoveNode(id=chance.choice(ids))
    elif kind == "set":
        inner = SetAttributes(id=chance.choice(ids), attributes={"filters": chance.choice([4, 6])})
    elif kind == "bypass":
        inner = SetBypassed(ids=(chance.choice(ids),), bypassed=chance.random() < 0.5)
    elif kind == "move":
        inner = MoveNodes(positions={chance.choice(ids): (chance.random(), 0.0)})
    else:
        target = chance.choice(ids)
        inner = Disconnect(target=target, input=next(iter(graph.inputs_of(target)), "input"))
    return Inside(block=within, inner=inner) if within else inner


@pytest.mark.parametrize("seed", range(8))
def test_kept_up_to_date_is_the_same_as_fresh(seed: int) -> None:
    chance = random.Random(seed)
    project = with_blocks()
    checker = ShapeChecker(project)
    inverses: list[Edit] = []
    for _ in range(120):
        edit = inverses.pop() if inverses and chance.random() < 0.3 else random_edit(chance, project)
        try:
            inverse = edits.apply(project, edit)
        except GraphError:
            continue
        inverses.append(inverse)
        old = {name: messages_of(checker, name) for name in checker.project.graph.nodes}
        touched = checker.update(change(edit, inverse))
        fresh = ShapeChecker(project)
        assert checker.project.graph == fresh.project.graph, edit
        assert checker.specs == fresh.specs and checker.layers == fresh.layers, edit
        assert (checker.cycle, checker.stuck) == (fresh.cycle, fresh.stuck), edit
        assert messages(checker) == messages(fresh) or sorted(messages(checker)) == sorted(messages(fresh)), edit
        assert checker.total_cost() == fresh.total_cost()
        assert checker.flattening.faults == fresh.flattening.faults
        for name in checker.project.graph.nodes:
            if old.get(name) != messages_of(checker, name):
                assert name in touched, (name, edit)


def messages_of(checker: ShapeChecker, node_id: str) -> list[str]:
    return [problem.message for problem in checker.problems_of(node_id)]
