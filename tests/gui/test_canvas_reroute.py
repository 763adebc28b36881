"""Links led through points, under a real mouse and keyboard: pulled, moved, stepped through, taken out again."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.document.edits import Route
from gui.design.canvas.hit import link_at
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_frames import choose, open_menu, open_menu_by_key
from tests.gui.test_canvas_gestures import Bench

Key = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
LINK = ("loss", "prediction")


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.model.shut_down()


def via(bench: Bench, link: tuple[str, str] = LINK) -> tuple[tuple[float, float], ...]:
    return bench.graph.inputs_of(link[0])[link[1]].via


def route(bench: Bench, *points: tuple[float, float], link: tuple[str, str] = LINK) -> None:
    assert bench.model.do(Route(target=link[0], input=link[1], via=points))


def drag(bench: Bench, start: QPoint, x: float, y: float) -> None:
    bench.hand.drag(start, bench.hand.point(x, y))


def test_pulling_at_a_link_leads_it_through_a_point_in_one_step(bench: Bench) -> None:
    drag(bench, bench.hand.link(*LINK), 448, 400)
    assert via(bench) == ((448, 400),)
    assert bench.model.history.count() == 1
    assert bench.model.history.undoText() == "Lead the link to loss"
    geometry = bench.canvas.geometry_store
    assert link_at(geometry, 448, 400, 3) == LINK
    bench.model.history.undo()
    assert via(bench) == ()
    assert link_at(geometry, 448, 400, 3) is None


def test_a_click_selects_a_link_and_leads_it_nowhere(bench: Bench) -> None:
    at = bench.hand.link(*LINK)
    bench.hand.drag(at, at)
    assert bench.canvas.selected_link == LINK and via(bench) == ()
    assert bench.model.history.count() == 0


def test_alt_and_a_click_add_a_point_at_once(bench: Bench) -> None:
    at = bench.hand.link(*LINK)
    bench.hand.drag(at, at, keys=ALT)
    assert len(via(bench)) == 1
    assert bench.canvas.link_points.selected == 0


def test_the_curve_passes_its_points_and_its_bounds_hold_it(bench: Bench) -> None:
    route(bench, (448, 380), (300, 420), (520, 660))
    geometry = bench.canvas.geometry_store
    row = geometry.link_of[LINK]
    ((_links, curves),) = list(geometry.curves(np.array([row]), 24))
    curve = curves[0]
    for x, y in via(bench):
        assert np.hypot(curve[:, 0] - x, curve[:, 1] - y).min() < 1e-6
    left, top, right, bottom = geometry.bounds[row].tolist()
    assert left <= curve[:, 0].min() and curve[:, 0].max() <= right
    assert top <= curve[:, 1].min() and curve[:, 1].max() <= bottom


def test_a_point_is_dragged_and_escape_puts_it_back(bench: Bench) -> None:
    route(bench, (448, 400))
    hand = bench.hand
    hand.move(hand.link(*LINK), Qt.MouseButton.NoButton)
    drag(bench, hand.point(448, 400), 480, 360)
    assert via(bench) == ((480, 360),)
    hand.press(hand.point(480, 360))
    hand.move(hand.point(560, 330))
    hand.key(Key.Key_Escape)
    hand.release(hand.point(560, 330))
    assert via(bench) == ((480, 360),)
    assert bench.model.history.count() == 2


def test_a_second_point_comes_where_the_link_is_pulled(bench: Bench) -> None:
    route(bench, (448, 400), (448, 640))
    bench.canvas.select_link(LINK)
    geometry = bench.canvas.geometry_store
    ((_links, curves),) = list(geometry.curves(np.array([geometry.link_of[LINK]]), 24))
    along = curves[0]
    between = along[np.abs(along[:, 1] - 520).argmin()]
    drag(bench, bench.hand.point(*between.tolist()), 360, 528)
    assert via(bench) == ((448, 400), (360, 528), (448, 640))


def test_double_click_takes_a_point_out(bench: Bench) -> None:
    route(bench, (448, 400))
    at = bench.hand.point(448, 400)
    bench.hand.drag(at, at)
    QTest.mouseDClick(bench.canvas, Qt.MouseButton.LeftButton, pos=at)
    assert via(bench) == ()


def test_delete_takes_the_selected_point_and_then_the_link(bench: Bench) -> None:
    route(bench, (448, 400))
    at = bench.hand.point(448, 400)
    bench.hand.drag(at, at)
    assert bench.canvas.link_points.selected == 0
    bench.hand.key(Key.Key_Delete)
    assert via(bench) == ()
    assert bench.canvas.selected_link == LINK
    bench.hand.key(Key.Key_Delete)
    assert "prediction" not in bench.graph.inputs_of("loss")


def test_the_menu_adds_and_removes_points(bench: Bench) -> None:
    open_menu(bench, bench.hand.link(*LINK))
    choose(bench, "Add a point")
    assert len(via(bench)) == 1
    open_menu(bench, bench.hand.point(*via(bench)[0]))
    choose(bench, "Remove the point")
    assert via(bench) == ()
    route(bench, (448, 400), (448, 640))
    open_menu(bench, bench.hand.point(448, 400))
    choose(bench, "Remove all its points")
    assert via(bench) == ()


def test_keys_alone_select_a_link_add_a_point_move_and_remove_it(bench: Bench) -> None:
    bench.selection.set_nodes({"fc2"})
    bench.hand.key(Key.Key_Right, ALT)
    assert bench.canvas.selected_link == LINK and not bench.selection.nodes
    bench.hand.key(Key.Key_Right, ALT)
    assert bench.canvas.selected_link == ("answer", "prediction")
    bench.hand.key(Key.Key_Right, ALT)
    assert bench.canvas.selected_link == LINK
    open_menu_by_key(bench)
    choose(bench, "Add a point")
    (before,) = via(bench)
    steps = bench.model.history.count()
    bench.hand.key(Key.Key_Up)
    bench.hand.key(Key.Key_Up)
    bench.hand.key(Key.Key_Left)
    assert via(bench) == ((before[0] - 8, before[1] - 16),)
    assert bench.model.history.count() == steps + 1
    bench.hand.key(Key.Key_Insert)
    assert len(via(bench)) == 2
    bench.hand.key(Key.Key_Down, ALT)
    chosen = bench.canvas.link_points.selected
    bench.hand.key(Key.Key_Down, ALT)
    assert bench.canvas.link_points.selected != chosen
    bench.hand.key(Key.Key_Delete)
    bench.hand.key(Key.Key_Down, ALT)
    bench.hand.key(Key.Key_Delete)
    assert via(bench) == ()
    bench.hand.key(Key.Key_Right)
    assert bench.selection.nodes == {"loss"}
    bench.hand.key(Key.Key_Left, ALT)
    assert bench.canvas.selected_link in (LINK, ("loss", "target"))


def test_moving_one_end_leaves_the_points_and_moving_both_takes_them_along(bench: Bench) -> None:
    route(bench, (448, 400))
    start = bench.hand.card("loss")
    bench.hand.drag(start, start + QPoint(0, 48))
    assert via(bench) == ((448, 400),)
    bench.selection.set_nodes({"fc2", "loss"})
    before = bench.place("fc2")
    steps = bench.model.history.count()
    start = bench.hand.card("fc2")
    bench.hand.drag(start, start + QPoint(0, 64))
    moved = bench.place("fc2")[1] - before[1]
    assert moved > 0
    assert via(bench) == ((448, 400 + moved),)
    assert bench.model.history.count() == steps + 1
    bench.hand.key(Key.Key_Up, CONTROL)
    assert via(bench) == ((448, 400 + moved - 8),)


def test_a_stroke_cuts_a_link_where_it_is_led(bench: Bench) -> None:
    route(bench, (448, 400))
    hand = bench.hand
    hand.drag(hand.point(430, 388), hand.point(470, 412), Qt.MouseButton.RightButton, CONTROL)
    assert "prediction" not in bench.graph.inputs_of("loss")
    bench.model.history.undo()
    assert via(bench) == ((448, 400),)


def test_copies_of_both_ends_have_the_points_too(bench: Bench) -> None:
    route(bench, (448, 400))
    bench.selection.set_nodes({"fc2", "loss"})
    bench.hand.key(Key.Key_D, CONTROL)
    copy = next(node for node in bench.selection.nodes if bench.graph.nodes[node].type == "CrossEntropyLoss")
    assert via(bench, (copy, "prediction")) == ((480, 496),)


def test_picking_a_link_up_and_putting_it_back_leaves_its_points(bench: Bench) -> None:
    route(bench, (448, 400))
    hand = bench.hand
    end = hand.input(*LINK)
    hand.press(end)
    hand.move(end + QPoint(-60, 40))
    hand.move(end)
    hand.release(end)
    assert via(bench) == ((448, 400),)
    hand.drag(hand.output("fc2"), hand.input(*LINK))
    assert via(bench) == ((448, 400),)


def test_a_node_put_into_a_link_splits_its_points_and_deleting_it_joins_them(bench: Bench) -> None:
    route(bench, (448, 400), (448, 660))
    bench.hand.drop_layer("ReLU", bench.hand.link(*LINK))
    (added,) = bench.selection.nodes
    assert via(bench, (added, "input")) + via(bench) == ((448, 400), (448, 660))
    assert via(bench, (added, "input")) == ((448, 400),)
    bench.hand.key(Key.Key_Delete)
    assert via(bench) == ((448, 400), (448, 660))


def test_a_project_for_reading_only_keeps_its_ways(bench: Bench) -> None:
    bench.model.read_only = True
    drag(bench, bench.hand.link(*LINK), 448, 400)
    assert via(bench) == ()
