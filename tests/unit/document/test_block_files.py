"""Blocks as files: read back as written, strictly, and brought into projects without clashes."""

import msgspec
import pytest

from engine.document.block import BlockDefinition, DrawnBlock, Exposed
from engine.document.block_files import adopt, block_file, from_bytes, holds, to_bytes, with_blocks
from engine.document.block_places import holder_of, instances, paths_to, placed, places, refusal_to_hold
from engine.document.edits import (
    AddBlock,
    AddNode,
    Batch,
    Change,
    Inside,
    MoveNodes,
    RemoveNode,
    SetTitle,
    apply,
    change,
)
from engine.document.flat import Flattening
from engine.document.graph import Edge, Frame, Graph, Node, Note
from engine.document.project import Project
from engine.errors import GraphError, ProjectError

INNER = DrawnBlock(
    id="inner",
    title="Pärt «2»",
    exposed=(Exposed(name="width", node="fc1", attribute="out_features"),),
    nodes=(Node(id="fc1", type="Linear"), Node(id="input", type="BlockInput"), Node(id="output", type="BlockOutput")),
    edges=(Edge(source="input", target="fc1"), Edge(source="fc1", target="output", via=((1.5, 2.0),))),
    frames=(Frame(id="frame1", title="all"),),
    notes=(Note(id="note1", text="why\nnot"),),
)
OUTER = DrawnBlock(
    id="outer",
    title="Outer",
    nodes=(
        Node(id="block1", type="Block", attributes={"block": "inner", "repeat": 2}),
        Node(id="input", type="BlockInput"),
    ),
    edges=(Edge(source="input", target="block1"),),
)


def project() -> Project:
    blocks = {drawn.id: BlockDefinition.of(drawn) for drawn in (INNER, OUTER)}
    nodes = [
        Node(id="a", type="Block", attributes={"block": "outer"}),
        Node(id="b", type="Block", attributes={"block": "inner"}),
    ]
    return Project(name="x", blocks=blocks, graph=Graph(nodes))


def test_a_block_is_read_as_it_was_written_with_all_it_is_made_of() -> None:
    file = block_file(project().blocks, "outer", help="Two in one.")
    assert [block.id for block in file.blocks] == ["inner", "outer"]
    data = to_bytes(file)
    assert from_bytes(data, "outer.json") == file
    assert to_bytes(from_bytes(data, "outer.json")) == data
    assert data.count(b"\n") > 15, "a line a node"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text.replace('"netwright block"', '"else"'), "format"),
        (lambda text: text.replace('"version": 1', '"version": 9'), "newer"),
        (lambda text: text.replace('"source": "fc1"', '"source": "gone"'), "gone"),
        (lambda text: text.replace('"block": "inner"', '"block": "absent"'), "absent"),
        (lambda text: text.replace('"block": "inner"', '"block": "outer"'), "holds itself"),
        (lambda text: text.replace('"id": "inner"', '"id": "In ner"'), "In ner"),
        (lambda text: text.replace('"title": "Outer"', '"title": 3'), "str"),
        (lambda text: text[:-40], "block"),
        (lambda text: "[" * 100_000, "block"),
        (lambda text: "", "block"),
    ],
)
def test_damage_is_refused_in_words(damage, words: str) -> None:  # type: ignore[no-untyped-def]
    text = to_bytes(block_file(project().blocks, "outer")).decode()
    with pytest.raises(ProjectError) as caught:
        from_bytes(damage(text).encode(), "mine.json")
    assert caught.value.where == "mine.json"
    assert words in caught.value.message


def test_same_content_is_the_same_block_and_clashes_get_another_id() -> None:
    target = Project(name="y")
    edits, names = adopt(target, (OUTER, INNER))
    assert [edit.block.id for edit in edits] == ["inner", "outer"] and names == {"inner": "inner", "outer": "outer"}
    for edit in edits:
        apply(target, edit)
    assert adopt(target, (OUTER, INNER)) == ([], {"inner": "inner", "outer": "outer"})
    other = msgspec.structs.replace(INNER, title="Other")
    edits, names = adopt(target, (other, OUTER))
    assert names == {"inner": "inner2", "outer": "outer2"}, "what holds another part is another block"
    assert edits[1].block.nodes[0].attributes == {"block": "inner2", "repeat": 2}
    grown = with_blocks(target, edits)
    assert set(grown.blocks) == {"inner", "outer", "inner2", "outer2"} and set(target.blocks) == {"inner", "outer"}


def test_where_blocks_stand() -> None:
    made = project()
    assert [(holder, node.id) for holder, node in instances(made, "inner")] == [("", "b"), ("outer", "block1")]
    assert paths_to(made, "inner") == [("b",), ("a", "block1")]
    assert places(made, "inner") == ["b__", "a__block1__", "a__block1__2__"]
    assert places(made, "") == [""]
    assert holds(made.blocks, "outer", "inner") and not holds(made.blocks, "inner", "outer")
    assert "cannot hold itself" in refusal_to_hold(made.blocks, "inner", "inner")
    assert "cannot stand inside" in refusal_to_hold(made.blocks, "inner", "outer")
    assert refusal_to_hold(made.blocks, "outer", "inner") == refusal_to_hold(made.blocks, "", "outer") == ""
    assert holder_of(made) == ""
    assert holder_of(Project(name="", graph=made.blocks["outer"].graph, blocks=made.blocks)) == "outer"


def test_edits_are_led_into_the_block_that_is_open_and_those_of_the_project_are_not() -> None:
    made = project()
    inner = Batch(title="two", edits=(SetTitle(id="fc1", title="a"), RemoveNode(id="fc1")))
    assert placed(inner, "inner") == Inside(block="inner", inner=inner)
    assert placed(inner, "") is inner
    new = msgspec.structs.replace(INNER, id="third")
    mixed = Batch(title="both", edits=(AddBlock(block=new), AddNode(node=Node(id="x", type="ReLU"))))
    apply(made, placed(mixed, "inner"))
    assert "third" in made.blocks and "x" in made.blocks["inner"].graph.nodes
    with pytest.raises(GraphError):
        apply(made, Inside(block="inner", inner=mixed))


def test_what_only_moves_is_taken_into_the_flat_form_without_putting_it_together_anew() -> None:
    made = project()
    apply(made, AddNode(node=Node(id="relu1", type="ReLU")))
    flattening = Flattening(made)
    graph = flattening.project.graph
    edit = Batch(
        title="look",
        edits=(MoveNodes(positions={"relu1": (5.0, 6.0), "a": (7.0, 8.0)}), SetTitle(id="relu1", title="x")),
    )
    inverse = apply(made, edit)
    told = flattening.update(change(edit, inverse))
    assert told == Change(moved=frozenset({"relu1"}))
    assert flattening.project.graph is graph
    assert graph.nodes["relu1"] is made.graph.nodes["relu1"]
    assert graph == Flattening(made).project.graph
