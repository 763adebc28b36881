"""Edits in the middle of gestures and movements: undo while a card is dragged, a paste while cards glide."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from engine.document.edits import AddNode, RemoveNode
from engine.document.graph import Node
from gui.design.canvas.flow import runs_down
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import CONTROL, Bench

Key = Qt.Key


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    made.canvas.tidier.wait()
    agrees(made.canvas)
    made.model.shut_down()


def hidden(bench: Bench) -> bool:
    from gui.design.canvas.geometry import Flag

    return bool(len(bench.canvas.geometry_store.flagged(Flag.HIDDEN))) or bool(bench.canvas.marks.hidden)


def test_undo_while_a_card_is_dragged_ends_the_drag(bench: Bench) -> None:
    """Rows of the geometry move when nodes go: the drag would have moved other cards."""
    bench.hand.key(Key.Key_A, CONTROL)
    bench.hand.key(Key.Key_D, CONTROL)
    assert len(bench.graph.nodes) == 30
    copies = sorted(bench.selection.nodes)
    bench.selection.set_nodes(copies[:3])
    start = bench.hand.card(copies[0])
    before = {node.id: (node.x, node.y) for node in residual_network().graph.nodes.values()}
    with bench.hand.dragging(start, start + QPoint(70, 40)):
        bench.model.history.undo()
        assert bench.canvas.gesture is None
        bench.hand.move(start + QPoint(90, 60))
    assert {node.id: (node.x, node.y) for node in bench.graph.nodes.values()} == before
    assert bench.model.history.index() == 0 and not hidden(bench)
    agrees(bench.canvas)


def test_undo_while_a_note_is_moved_or_sized(bench: Bench) -> None:
    bench.selection.set_nodes({"conv2", "conv3"})
    bench.hand.key(Key.Key_G, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    bench.hand.key(Key.Key_Escape)
    (frame,) = bench.canvas.marks.by_id.values()
    for place in ((frame.x + 12, frame.y + 10), (frame.x + frame.width, frame.y + frame.height / 2)):
        start = bench.hand.point(*place)
        bench.hand.press(start)
        bench.hand.move(start + QPoint(30, 30))
        assert bench.canvas.gesture is not None
        bench.model.history.undo()
        assert not bench.graph.marks
        bench.hand.move(start + QPoint(60, 30))
        bench.hand.release(start + QPoint(60, 30))
        assert not hidden(bench) and not bench.graph.marks
        bench.model.history.redo()
        assert list(bench.canvas.marks.by_id) == list(bench.graph.marks)


def test_delete_while_a_link_is_drawn(bench: Bench) -> None:
    bench.selection.set_nodes({"conv2"})
    bench.hand.press(bench.hand.output("conv2"))
    bench.hand.move(bench.hand.input("fc1"))
    bench.hand.key(Key.Key_Delete)
    bench.hand.move(bench.hand.input("fc1"))
    bench.hand.release(bench.hand.input("fc1"))
    assert "conv2" not in bench.graph.nodes
    agrees(bench.canvas)


def test_panning_goes_on_through_an_edit(bench: Bench) -> None:
    with bench.hand.dragging(QPoint(600, 300), QPoint(700, 360), Qt.MouseButton.MiddleButton):
        bench.model.do(AddNode(node=Node(id="extra", type="ReLU", x=900, y=600)))
        assert bench.canvas.gesture is not None
    assert bench.canvas.gesture is None


def test_an_edit_while_cards_glide_leaves_the_ports_where_they_belong(bench: Bench, qtbot: QtBot) -> None:
    canvas = bench.canvas
    canvas.tidy(downwards=True)
    qtbot.waitUntil(lambda: canvas.tidier.glide.going_on)
    bench.model.do(AddNode(node=Node(id="extra", type="ReLU", x=900, y=600)))
    assert not canvas.tidier.glide.going_on
    assert canvas.geometry_store.downwards and runs_down(canvas.geometry_store)
    agrees(canvas)
    bench.model.do(RemoveNode(id="extra"))


def test_which_way_a_graph_runs_does_not_depend_on_how_its_cards_are_drawn(bench: Bench) -> None:
    canvas = bench.canvas
    canvas.tidy(downwards=True)
    canvas.tidier.wait()
    assert canvas.geometry_store.downwards
    for _time in range(3):
        canvas.scene.settle()
        assert canvas.geometry_store.downwards == runs_down(canvas.geometry_store)
