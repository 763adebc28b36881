"""Selecting: with a lasso, along links, by kind; and moving a linked node into another link."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from gui.design.canvas.gestures.lasso import Lasso
from tests.gui.canvas_bench import CanvasBench
from tests.gui.drawn_networks import agrees, residual_network

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
Key = Qt.Key


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[CanvasBench]:
    made = CanvasBench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.close()


def lasso(bench: CanvasBench, *corners: tuple[float, float], keys: Qt.KeyboardModifier = ALT) -> None:
    """Draw a line through these canvas points with the button held."""
    hand = bench.hand
    points = [hand.point(*corner) for corner in corners]
    hand._keys = keys
    hand.press(points[0], keys=keys)
    for a, b in pairwise(points):
        for step in range(1, 5):
            hand.move(a + (b - a) * step / 4)
    hand._keys = NONE
    bench.canvas.grab()
    hand.release(points[-1], keys=keys)


# An L that takes in the first row's left end and the first column, and leaves conv3 out.
L_SHAPE = ((-30.0, -30.0), (700.0, -30.0), (700.0, 120.0), (200.0, 120.0), (200.0, 560.0), (-30.0, 560.0))


def test_alt_and_drag_selects_what_the_line_encloses(bench: CanvasBench) -> None:
    lasso(bench, *L_SHAPE)
    assert bench.selection.nodes == {"images", "conv1", "bn1", "conv2", "fc1"}


def test_shift_adds_with_the_lasso_too(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"answer"})
    lasso(bench, *L_SHAPE, keys=ALT | SHIFT)
    assert bench.selection.nodes == {"answer", "images", "conv1", "bn1", "conv2", "fc1"}


def test_a_key_arms_the_lasso_where_alt_belongs_to_the_desktop(bench: CanvasBench) -> None:
    bench.hand.key(Key.Key_L, SHIFT)
    lasso(bench, *L_SHAPE, keys=NONE)
    assert bench.selection.nodes == {"images", "conv1", "bn1", "conv2", "fc1"}
    lasso(bench, *L_SHAPE, keys=NONE)
    assert not bench.selection.nodes, "the next drag is a rubber band again, here one without width"


def test_escape_gives_the_selection_before_a_lasso_back(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"fc2"})
    hand = bench.hand
    hand._keys = ALT
    hand.press(hand.point(-30, -30), keys=ALT)
    hand.move(hand.point(700, -30))
    hand.move(hand.point(700, 300))
    assert isinstance(bench.canvas.gesture, Lasso)
    hand._keys = NONE
    hand.key(Key.Key_Escape)
    assert bench.selection.nodes == {"fc2"}
    hand.release(hand.point(700, 300))


def test_shift_and_arrows_select_along_the_links(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"conv1"})
    bench.hand.key(Key.Key_Right, SHIFT)
    bench.hand.key(Key.Key_Right, SHIFT)
    assert bench.selection.nodes == {"conv1", "bn1", "relu1"}
    bench.hand.key(Key.Key_Right)
    assert bench.selection.nodes == {"pool1"}


def test_all_connected_and_same_kind_have_keys(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"conv2"})
    bench.hand.key(Key.Key_L, CONTROL | SHIFT)
    assert bench.selection.nodes == {"conv1", "conv2", "conv3"}
    bench.hand.key(Key.Key_L, CONTROL)
    assert len(bench.selection.nodes) == 15
    bench.hand.key(Key.Key_Escape)
    bench.hand.key(Key.Key_A, CONTROL)
    assert len(bench.selection.nodes) == 15


def test_freeze_has_a_key_and_a_name(bench: CanvasBench) -> None:
    bench.selection.set_nodes({"conv1", "conv2"})
    bench.hand.key(Key.Key_F, CONTROL | SHIFT)
    assert bench.graph.nodes["conv1"].frozen and bench.graph.nodes["conv2"].frozen
    assert bench.step == "Freeze 2 nodes"
    bench.hand.key(Key.Key_F, CONTROL | SHIFT)
    assert not bench.graph.nodes["conv1"].frozen


def test_with_shift_a_linked_node_leaves_its_place_for_another_link(bench: CanvasBench) -> None:
    hand = bench.hand
    start, end = hand.card("bn1"), hand.link("fc2") - QPoint(0, 14)
    hand.press(start)
    hand._keys = SHIFT
    for step in range(1, 6):
        hand.move(start + (end - start) * step / 5)
    bench.canvas.grab()
    hand._keys = NONE
    hand.release(end, keys=SHIFT)
    assert bench.graph.inputs_of("relu1")["input"].source == "conv1", "the gap is closed"
    assert bench.graph.inputs_of("bn1")["input"].source == "fc1"
    assert bench.graph.inputs_of("fc2")["input"].source == "bn1"
    assert bench.place("fc2")[0] >= bench.place("bn1")[0] + 168, "what follows makes room"
    assert bench.model.history.count() == 1 and bench.step == "Insert bn1"
    bench.model.history.undo()
    assert bench.graph == residual_network().graph


def test_without_shift_a_linked_node_is_only_moved(bench: CanvasBench) -> None:
    hand = bench.hand
    hand.drag(hand.card("bn1"), hand.link("fc2") - QPoint(0, 14))
    assert bench.graph.inputs_of("bn1")["input"].source == "conv1"
    assert bench.step == "Move bn1"
