"""What a Switch does not choose is drawn pale; the choice is made on the card, and undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from engine.document.edits import SetAttributes
from engine.document.graph import Edge, Node
from engine.document.project import Project
from gui.design.canvas.geometry import Flag
from gui.design.canvas.inline import field_box
from tests.gui.canvas_bench import CanvasBench
from tests.gui.drawn_networks import agrees, residual_network


def switched() -> Project:
    """The CNN with a Switch behind its second block: with the skip, or without."""
    project = residual_network()
    graph = project.graph
    graph.add(Node(id="switch", type="Switch", x=1200, y=232))
    graph.disconnect("flatten1", "input")
    graph.connect(Edge(source="add1", target="switch", input="a"))
    graph.connect(Edge(source="relu2", target="switch", input="b"))
    graph.connect(Edge(source="switch", target="flatten1"))
    return project


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[CanvasBench]:
    made = CanvasBench(qtbot, tmp_path, switched())
    yield made
    agrees(made.canvas)
    made.close()


def pale(bench: CanvasBench) -> set[str]:
    return {face.id for face in bench.canvas.geometry_store.faces if face.resting}


def links_at_rest(bench: CanvasBench) -> set[tuple[str, str]]:
    geometry = bench.canvas.geometry_store
    links = geometry.links_in((-9999, -9999, 9999, 9999))
    resting = links[bench.canvas._painter.resting(links)]
    return {(geometry.edges[link].source, geometry.edges[link].target) for link in resting.tolist()}


def test_what_is_not_chosen_is_pale(bench: CanvasBench) -> None:
    assert pale(bench) == set()
    assert links_at_rest(bench) == {("relu2", "switch")}
    bench.model.do(SetAttributes(id="switch", attributes={"active": "b"}))
    assert pale(bench) == {"add1"}
    assert {("add1", "switch"), ("relu2", "add1")} <= links_at_rest(bench)
    row = bench.canvas.geometry_store.row_of["add1"]
    assert int(bench.canvas.geometry_store.flags[row]) & int(Flag.RESTING)
    bench.model.history.undo()
    assert pale(bench) == set()


def test_it_is_told_in_words(bench: CanvasBench) -> None:
    bench.model.do(SetAttributes(id="switch", attributes={"active": "b"}))
    listed = QAccessible.queryAccessibleInterface(bench.canvas)
    assert listed is not None
    words = [listed.child(number).text(QAccessible.Text.Name) for number in range(listed.childCount())]
    assert any("add1" in text and "not chosen by the switch" in text for text in words)
    assert any("switch" in text and "takes its input b" in text for text in words)


def test_it_is_changed_on_the_card(bench: CanvasBench) -> None:
    geometry = bench.canvas.geometry_store
    row = geometry.row_of["switch"]
    x, y = geometry.boxes[row, :2].tolist()
    left, top, right, bottom = field_box(geometry.faces[row], "active", x, y)
    at: QPoint = bench.hand.point((left + right) / 2, (top + bottom) / 2)
    QTest.mouseMove(bench.canvas, at)
    bench.hand.press(at)
    bench.hand.release(at)
    editor = bench.canvas.card_editor
    assert editor.editing == ("switch", "active") and editor.isVisible()
    found = editor.editor.findChild(QComboBox) or editor.editor
    QTest.keyClick(found, Qt.Key.Key_Down)
    bench.hand.key(Qt.Key.Key_Return)
    assert bench.graph.nodes["switch"].attributes["active"] == "b"
    assert pale(bench) == {"add1"}
