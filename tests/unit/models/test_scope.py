"""Scope leads edits and changes between the shown graph and the document, and never shows what is not there."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.document.block import BlockDefinition, DrawnBlock
from engine.document.edits import AddNode, Change, Inside, MoveNodes, RemoveNode, SetAttributes, SetBlock, SetTitle
from engine.document.graph import Edge, Graph, Node
from engine.document.project import Project
from gui.models.project import ProjectModel
from gui.models.scope import Scope
from gui.models.selection import Selection

INNER = DrawnBlock(
    id="inner",
    title="Inner",
    nodes=(Node(id="fc1", type="Linear"), Node(id="input", type="BlockInput"), Node(id="output", type="BlockOutput")),
    edges=(Edge(source="input", target="fc1"), Edge(source="fc1", target="output")),
)
OUTER = DrawnBlock(
    id="outer",
    title="Outer",
    nodes=(Node(id="block1", type="Block", attributes={"block": "inner"}), Node(id="input", type="BlockInput")),
    edges=(Edge(source="input", target="block1"),),
)


class Told:
    """What a scope has emitted."""

    def __init__(self, scope: Scope) -> None:
        self.changes: list[Change] = []
        self.checked: list[set[str]] = []
        self.opened = 0
        scope.changed.connect(self.changes.append)
        scope.checked.connect(self.checked.append)
        scope.opened.connect(self._on_opened)

    def _on_opened(self) -> None:
        self.opened += 1


@pytest.fixture
def scope(qtbot: QtBot, tmp_path: Path) -> Scope:
    nodes = [
        Node(id="a", type="Block", attributes={"block": "outer", "repeat": 2}),
        Node(id="b", type="Block", attributes={"block": "inner"}),
        Node(id="relu1", type="ReLU"),
    ]
    blocks = {drawn.id: BlockDefinition.of(drawn) for drawn in (INNER, OUTER)}
    model = ProjectModel()
    model.create(tmp_path / "p", Project(name="net", graph=Graph(nodes), blocks=blocks))
    return Scope(model, model)


def test_ways_lead_in_and_out_and_nowhere_else(scope: Scope) -> None:
    told = Told(scope)
    assert scope.block == "" and scope.project is scope.document and scope.path_titles == ("net",)
    assert scope.enter("a") and scope.enter("block1")
    assert scope.path == ("a", "block1") and scope.block == "inner"
    assert scope.path_titles == ("net", "Outer", "Inner")
    assert set(scope.project.graph.nodes) == {"fc1", "input", "output"}
    assert not scope.enter("fc1") and not scope.enter("gone") and not scope.go(("relu1",))
    assert told.opened == 2
    assert scope.leave() and scope.path == ("a",)
    assert scope.go(()) and not scope.leave()
    assert scope.go_to_flat("a__2__block1__fc1") == "fc1" and scope.path == ("a", "block1")
    assert scope.go_to_flat("a__block1__output") == "block1" and scope.path == ("a",), "ports are seen at the card"
    assert scope.go_to_flat("gone__fc1") == "" and scope.path == ("a",)
    assert scope.go_to_flat("relu1") == "relu1" and scope.path == ()


def test_edits_go_where_they_are_drawn_and_changes_come_back_by_local_ids(scope: Scope) -> None:
    scope.go(("a", "block1"))
    told = Told(scope)
    assert scope.do(SetAttributes(id="fc1", attributes={"out_features": 3}))
    assert scope.document.blocks["inner"].graph.nodes["fc1"].attributes == {"out_features": 3}
    assert told.changes[-1].nodes == {"fc1"}
    assert "fc1" in told.checked[-1] and all("__" not in name for name in told.checked[-1])
    assert scope.do_whole(AddNode(node=Node(id="relu2", type="ReLU")))
    assert "relu2" in scope.document.graph.nodes and told.changes[-1].nodes == frozenset()
    scope.go(())
    assert scope.do_whole(Inside(block="inner", inner=SetTitle(id="input", title="x")))
    assert told.changes[-1].moved == {"b"}, "the card of an instance shows the names of its ports"
    scope.do_whole(SetBlock(id="outer", title="Other"))
    assert told.changes[-1].moved == {"a"}
    scope.model.shut_down()


def test_what_vanishes_is_left_and_undo_goes_where_it_can_be_seen(scope: Scope) -> None:
    scope.go(("a", "block1"))
    scope.do(RemoveNode(id="fc1"))
    scope.go(())
    scope.do(MoveNodes(positions={"relu1": (9.0, 9.0)}))
    history = scope.history
    history.undo()
    assert scope.path == ()
    history.undo()
    assert scope.path == ("a", "block1"), "the way by which the block was looked at last"
    scope.model.do(RemoveNode(id="a"))
    assert scope.path == (), "what was open is gone"
    history.undo()
    assert scope.path == ()
    history.redo()
    scope.model.shut_down()


def test_a_selection_follows_the_shown_graph(scope: Scope) -> None:
    selection = Selection(scope.model)
    selection.set_nodes({"relu1"})
    selection.follow(scope)
    scope.enter("b")
    assert selection.nodes == frozenset()
    selection.set_nodes({"fc1"})
    scope.model.do(RemoveNode(id="relu1"))
    assert selection.nodes == {"fc1"}
    scope.do(RemoveNode(id="fc1"))
    assert selection.nodes == frozenset()
    scope.model.shut_down()


def test_another_project_begins_outside_of_blocks(scope: Scope, tmp_path: Path) -> None:
    scope.enter("b")
    told = Told(scope)
    scope.model.create(tmp_path / "other", Project(name="other"))
    assert scope.path == () and told.opened == 1 and scope.path_titles == ("other",)
    scope.model.shut_down()
