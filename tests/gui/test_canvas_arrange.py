"""Guides, aligning and distributing on the canvas, by mouse, menu and keys; each one step of the history."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from engine.document.edits import PutFrame, PutNote
from engine.document.graph import Frame, Graph, Node, Note
from engine.document.project import Project
from gui.design.arrange import Direction, Side, align, distribute
from gui.design.canvas.gestures.move import Move
from gui.design.canvas.guides import Guides
from gui.design.canvas.hit import Hit, Kind
from gui.design.canvas.menu import CanvasMenu
from tests.gui.canvas_bench import CanvasBench
from tests.gui.drawn_networks import agrees, picture_data

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
Key = Qt.Key


def scattered() -> Project:
    """Four layers that lie a little askew, far from the grid."""
    nodes = [
        Node(id="a", type="Linear", x=3, y=5),
        Node(id="b", type="Linear", x=263, y=21),
        Node(id="c", type="Linear", x=590, y=11),
        Node(id="d", type="ReLU", x=301, y=257),
    ]
    return Project(name="askew", data=picture_data(), graph=Graph(nodes))


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[CanvasBench]:
    made = CanvasBench(qtbot, tmp_path, scattered())
    made.canvas.zoom_to(1.0)
    made.canvas.center_on(380, 160)
    yield made
    agrees(made.canvas)
    made.close()


def moving(bench: CanvasBench) -> Move:
    gesture = bench.canvas.gesture
    assert isinstance(gesture, Move)
    return gesture


# Guides.


def test_a_dragged_card_catches_at_the_edge_of_another_and_a_line_says_so(bench: CanvasBench) -> None:
    hand = bench.hand
    start = hand.card("d")
    with hand.dragging(start, start + QPoint(-36, 40)):  # 2 from level with the left edge of b
        assert any(line.x1 == line.x2 == 263 and not line.gap for line in moving(bench).lines)
        bench.canvas.grab()
    assert bench.place("d")[0] == 263
    assert bench.step == "Move d"
    bench.model.history.undo()
    assert bench.place("d") == (301, 257)


def test_a_card_far_from_every_other_keeps_to_the_grid(bench: CanvasBench) -> None:
    hand = bench.hand
    start = hand.card("d")
    with hand.dragging(start, start + QPoint(41, 100)):
        assert not moving(bench).lines
    x, y = bench.place("d")
    assert x % 8 == 0 and y % 8 == 0


def test_a_layer_dragged_from_the_palette_catches_too(bench: CanvasBench) -> None:
    at = bench.hand.point(263 + 84 + 2, 400)  # 2 from level with the left edge of b
    bench.canvas.drag_layer("Linear", at)
    bench.canvas.grab()
    bench.canvas.drop_layer("Linear", at)
    (added,) = bench.selection.nodes
    assert bench.place(added)[0] == 263


def test_a_note_catches_at_cards_and_at_frames(bench: CanvasBench) -> None:
    bench.model.do(PutFrame(frame=Frame(id="frame1", x=600, y=330, width=200, height=120)))
    bench.model.do(PutNote(note=Note(id="note1", text="Why", x=100, y=420, width=150, height=60)))
    start = bench.hand.point(130, 440)
    bench.hand.drag(start, start + QPoint(-95, -92))  # 2 from level with a's left edge and with the frame's top
    note = bench.canvas.scene.marks.by_id["note1"]
    assert (note.x, note.y) == (3, 330)


def test_alt_moves_past_the_guides(bench: CanvasBench) -> None:
    hand = bench.hand
    start = hand.card("d")
    with hand.dragging(start, start + QPoint(-36, 40), keys=ALT):
        assert not moving(bench).lines
    assert bench.place("d") == (265, 297)


def test_equal_gaps_are_offered_and_shown(bench: CanvasBench) -> None:
    hand = bench.hand
    start = hand.card("c")
    # a ends at 171, b begins at 263 and ends at 431: the gap of 92 again puts c at 523.
    with hand.dragging(start, start + QPoint(-65, 0)):
        gaps = [line for line in moving(bench).lines if line.gap]
        assert len(gaps) == 2
        assert {round(line.x2 - line.x1) for line in gaps} == {92}
        bench.canvas.grab()
    assert bench.place("c")[0] == 523


def test_escape_takes_lines_and_move_back(bench: CanvasBench) -> None:
    hand = bench.hand
    start = hand.card("d")
    hand.press(start)
    hand.move(start + QPoint(-36, 40))
    hand.key(Key.Key_Escape)
    hand.release(start + QPoint(-36, 40))
    assert bench.place("d") == (301, 257)
    assert bench.model.history.count() == 0


def test_a_card_between_two_finds_the_middle() -> None:
    still = np.array([(0.0, 0.0, 100.0, 50.0), (500.0, 0.0, 100.0, 50.0)])
    found = Guides(still).snap((247.0, 4.0, 347.0, 54.0), 5.0)
    assert found.dx == pytest.approx(3.0)
    assert found.dy == pytest.approx(-4.0)
    assert sum(line.gap for line in found.lines) == 2


def test_no_card_no_guide() -> None:
    found = Guides(np.zeros((0, 4))).snap((0, 0, 10, 10), 5)
    assert found.dx is None and found.dy is None and not found.lines


# Aligning.


@pytest.mark.parametrize(
    ("key", "step", "axis", "share"),
    [
        (Key.Key_Left, "Align left", 0, 0.0),
        (Key.Key_C, "Align center", 0, 0.5),
        (Key.Key_Right, "Align right", 0, 1.0),
        (Key.Key_Up, "Align top", 1, 0.0),
        (Key.Key_M, "Align middle", 1, 0.5),
        (Key.Key_Down, "Align bottom", 1, 1.0),
    ],
)
def test_cards_are_aligned_by_keys_in_one_step(
    bench: CanvasBench, key: Key, step: str, axis: int, share: float
) -> None:
    before = {node: bench.place(node) for node in "abcd"}
    bench.selection.set_nodes("abcd")
    bench.hand.key(key, CONTROL | SHIFT)
    geometry = bench.canvas.geometry_store
    boxes = geometry.boxes[geometry.rows("abcd")]
    lines = boxes[:, axis] + boxes[:, axis + 2] * share
    assert np.ptp(lines) < 1e-6
    assert bench.step == step and bench.model.history.count() == 1
    bench.hand.key(key, CONTROL | SHIFT)
    assert bench.model.history.count() == 1, "what is in line already is no step"
    bench.model.history.undo()
    assert {node: bench.place(node) for node in "abcd"} == before


def test_gaps_become_equal_by_keys(bench: CanvasBench) -> None:
    bench.selection.set_nodes("abc")
    bench.hand.key(Key.Key_H, CONTROL | SHIFT)
    assert bench.step == "Distribute horizontally"
    geometry = bench.canvas.geometry_store
    x = sorted(geometry.boxes[geometry.rows("abc")][:, 0].tolist())
    assert x[0] == 3 and x[2] == 590, "the outermost stay"
    assert x[1] - x[0] == pytest.approx(x[2] - x[1])


def test_the_menu_arranges_too(bench: CanvasBench) -> None:
    bench.selection.set_nodes("abd")
    pointer = bench.canvas.pointer_at(bench.hand.card("a").toPointF(), Qt.KeyboardModifier.NoModifier)
    menu = CanvasMenu(bench.canvas, pointer, Hit(Kind.NODE, node="a"))
    arrange = next(action.menu() for action in menu.actions() if action.text() == "Arrange")
    captions = [action.text().split("\t")[0] for action in arrange.actions() if action.text()]
    assert len(captions) == 8
    next(action for action in arrange.actions() if action.text().startswith("Distribute vertically")).trigger()
    assert bench.step == "Distribute vertically"
    menu.deleteLater()


def test_two_cards_cannot_be_distributed_and_the_menu_says_why(bench: CanvasBench) -> None:
    bench.selection.set_nodes("ab")
    pointer = bench.canvas.pointer_at(bench.hand.card("a").toPointF(), Qt.KeyboardModifier.NoModifier)
    menu = CanvasMenu(bench.canvas, pointer, Hit(Kind.NODE, node="a"))
    arrange = next(action.menu() for action in menu.actions() if action.text() == "Arrange")
    entry = next(action for action in arrange.actions() if action.text().startswith("Distribute horizontally"))
    assert not entry.isEnabled() and "three" in entry.text()
    menu.deleteLater()


def test_cards_without_room_are_set_apart() -> None:
    cards = {name: (float(n), 0.0, 168.0, 64.0) for n, name in enumerate("abc")}
    edit = distribute(cards, Direction.HORIZONTALLY)
    assert edit is not None
    assert edit.edits[0].positions == {"b": (184.0, 0.0), "c": (368.0, 0.0)}  # type: ignore[union-attr]
    assert align({"a": cards["a"]}, Side.LEFT) is None
