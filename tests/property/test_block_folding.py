"""Folding and unpacking change no network: what computes stays linked as it was, and undo gives the same bytes."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.checks.inference import ShapeChecker
from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT
from engine.document.edits import Edit, apply
from engine.document.flat import flatten
from engine.document.graph import Edge, Frame, Graph, Node, Note
from engine.document.project import Project
from engine.document.project_json import from_bytes, to_bytes
from engine.document.recipe import Phase, Player, Recipe
from engine.errors import GraphError
from gui.design import block_edits

_TYPES = ("Conv2d", "ReLU", "Add", "Linear", "BatchNorm2d")

Meaning = dict[str, tuple[str, tuple[tuple[str, str, str], ...]]]
"""By title: the type, and for each linked input the title and port of what feeds it."""


def drawn(seed: int, size: int) -> Project:
    """A random network; titles tell its nodes apart whatever becomes of the ids."""
    dice = random.Random(seed)
    nodes: list[Node] = [Node(id="input1", type="Input", title="data")]
    edges: list[Edge] = []
    for number in range(1, size + 1):
        type_name = dice.choice(_TYPES)
        node = Node(
            id=f"node{number}", type=type_name, title=f"t{number}", x=240.0 * number, y=8.0 * dice.randint(0, 40)
        )
        nodes.append(node)
        for port in ("a", "b") if type_name == "Add" else ("input",):
            if dice.random() < 0.9:
                edges.append(Edge(source=dice.choice(nodes[:-1]).id, target=node.id, input=port))
    marks = [Frame(id="frame1", title="Stem", x=200, y=-20, width=600, height=400), Note(id="note1", x=500, y=50)]
    trained = tuple(node.id for node in nodes[1:] if dice.random() < 0.5)
    recipe = Recipe(phases=(Phase(players=(Player(nodes=trained),)),))
    return Project(name="random", graph=Graph(nodes, edges, marks), recipe=recipe)


def meaning(project: Project) -> Meaning:
    """What feeds what, ports passed through."""
    graph = flatten(project).graph
    found: Meaning = {}

    def origin(source: str, output: str) -> tuple[str, str] | None:
        while graph.nodes[source].type in (BLOCK_INPUT, BLOCK_OUTPUT):
            edge = graph.inputs_of(source).get("input")
            if edge is None:
                return None
            source, output = edge.source, edge.output
        return graph.nodes[source].title, output

    for node in graph.nodes.values():
        if node.type in (BLOCK_INPUT, BLOCK_OUTPUT):
            continue
        fed = []
        for name, edge in sorted(graph.inputs_of(node.id).items()):
            start = origin(edge.source, edge.output)
            if start is not None:
                fed.append((name, *start))
        found[node.title] = (node.type, tuple(fed))
    return found


def trained(project: Project) -> set[str]:
    """Titles of the nodes the first player trains."""
    flat = flatten(project).graph
    names: set[str] = set()
    for name in project.recipe.phases[0].players[0].nodes:
        names |= {node.title for node in flat.nodes.values() if node.id == name or node.id.startswith(f"{name}__")}
    return names - {""}


def do(project: Project, edit: Edit) -> Edit:
    """Apply an edit; undo and redo give the bytes they should, and the file reads back."""
    before = to_bytes(project)
    inverse = apply(project, edit)
    after = to_bytes(project)
    again = apply(project, inverse)
    assert to_bytes(project) == before
    back = apply(project, again)
    assert to_bytes(project) == after
    assert to_bytes(from_bytes(after, "x")) == after
    return back


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 12), share=st.floats(0.1, 1.0))
def test_fold_then_unpack_keeps_the_network(seed: int, size: int, share: float) -> None:
    project = drawn(seed, size)
    dice = random.Random(seed + 1)
    first, first_bytes = meaning(project), to_bytes(project)
    chosen = [node for node in project.graph.nodes if dice.random() < share]
    try:
        folded = block_edits.fold(project, ShapeChecker(project), chosen, project)
    except GraphError as error:
        assert error.message.endswith(".") and error.hint
        return
    was_trained = trained(project)
    do(project, folded.edit)
    assert meaning(project) == first
    assert trained(project) >= was_trained
    assert project.graph.nodes[folded.node].type == BLOCK
    edit, made = block_edits.unpack(project, [folded.node], project)
    do(project, edit)
    assert meaning(project) == first
    assert set(made) <= set(project.graph.nodes) and not project.blocks
    assert to_bytes(project).split(b'"recipe"')[0] == first_bytes.split(b'"recipe"')[0], (
        "the same drawing, byte for byte"
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(2, 10), repeat=st.integers(2, 4), tied=st.booleans())
def test_unpacking_a_repeated_block_draws_what_it_computed(seed: int, size: int, repeat: int, tied: bool) -> None:
    project = drawn(seed, size)
    dice = random.Random(seed)
    start = dice.randint(1, size)
    chosen = [f"node{number}" for number in range(start, min(size, start + 3) + 1)]
    try:
        folded = block_edits.fold(project, ShapeChecker(project), chosen, project)
    except GraphError:
        return
    do(project, folded.edit)
    do(project, block_edits.set_repeat(project, folded.node, repeat))
    flat_before = flatten(project).graph
    wanted = _by_copy(flat_before, folded.node)
    edit, _made = block_edits.unpack(project, [folded.node], project)
    do(project, edit)
    graph = project.graph
    assert len(wanted) == len(graph.nodes)
    kinds = sorted((kind, fed) for kind, fed in wanted.values())
    assert sorted((node.type, _fed_types(graph, node.id)) for node in graph.nodes.values()) == kinds
    boxes = [(node.x, node.y) for node in graph.nodes.values() if node.id in _made]
    assert len(set(boxes)) == len(boxes), "no copy lies on another"


def _by_copy(flat: Graph, instance: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for node in flat.nodes.values():
        if node.type not in (BLOCK_INPUT, BLOCK_OUTPUT):
            found[node.id] = (node.type, _fed_types(flat, node.id))
    return found


def _fed_types(graph: Graph, node_id: str) -> tuple[str, ...]:
    """What kind of node feeds each input, and by what caption it goes."""
    fed: list[str] = []
    for name, edge in sorted(graph.inputs_of(node_id).items()):
        source: str | None = edge.source
        while source is not None and graph.nodes[source].type in (BLOCK_INPUT, BLOCK_OUTPUT):
            before = graph.inputs_of(source).get("input")
            source = before.source if before is not None else None
        if source is not None:
            fed.append(f"{name} {graph.nodes[source].type} {graph.nodes[source].title}")
    return tuple(fed)
