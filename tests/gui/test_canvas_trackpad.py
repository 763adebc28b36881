"""Wheel, trackpad, pinch and Space on the canvas, with events as the systems send them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.models.settings import Settings
from gui.window import MainWindow
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import CONTROL, SHIFT, Bench

Phase = Qt.ScrollPhase
Gesture = Qt.NativeGestureType
NONE = Qt.KeyboardModifier.NoModifier
AT = QPoint(700, 300)


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.model.shut_down()


def wheel(
    bench: Bench,
    *,
    angle: tuple[int, int] = (0, 0),
    pixels: tuple[int, int] = (0, 0),
    phase: Qt.ScrollPhase = Phase.NoScrollPhase,
    keys: Qt.KeyboardModifier = NONE,
    at: QPoint = AT,
) -> None:
    where = QPointF(bench.canvas.mapToGlobal(at))
    event = QWheelEvent(
        QPointF(at), where, QPoint(*pixels), QPoint(*angle), Qt.MouseButton.NoButton, keys, phase, False
    )
    QApplication.sendEvent(bench.canvas, event)
    assert event.isAccepted()


def gesture(bench: Bench, kind: Qt.NativeGestureType, value: float = 0, delta: QPointF | None = None) -> bool:
    where = QPointF(AT)
    event = QNativeGestureEvent(
        kind,
        QPointingDevice.primaryPointingDevice(),
        2,
        where,
        where,
        QPointF(bench.canvas.mapToGlobal(AT)),
        value,
        delta if delta is not None else QPointF(),
    )
    return QApplication.sendEvent(bench.canvas, event)


def under(bench: Bench, at: QPoint = AT) -> tuple[float, float]:
    return bench.canvas.view.to_canvas(at.x(), at.y())


def same(a: tuple[float, float], b: tuple[float, float], within: float = 1.5) -> bool:
    return abs(a[0] - b[0]) < within and abs(a[1] - b[1]) < within


def test_a_wheel_zooms_about_the_pointer(bench: Bench) -> None:
    before, point = bench.canvas.view.zoom, under(bench)
    wheel(bench, angle=(0, 120))
    assert bench.canvas.view.zoom == pytest.approx(before * 1.0015**120)
    assert same(under(bench), point)
    wheel(bench, angle=(0, -120))
    assert bench.canvas.view.zoom == pytest.approx(before)


def test_two_fingers_move_the_canvas_and_keep_moving_it(bench: Bench) -> None:
    zoom, (x, y) = bench.canvas.view.zoom, under(bench)
    for phase in (Phase.ScrollBegin, Phase.ScrollUpdate, Phase.ScrollUpdate, Phase.ScrollMomentum):
        wheel(bench, pixels=(12, -7), angle=(96, -56), phase=phase)
    wheel(bench, phase=Phase.ScrollEnd)
    assert bench.canvas.view.zoom == zoom
    assert same(under(bench), (x - 48 / zoom, y + 28 / zoom))


def test_control_zooms_on_a_trackpad_too(bench: Bench) -> None:
    before, point = bench.canvas.view.zoom, under(bench)
    wheel(bench, pixels=(0, 40), phase=Phase.ScrollUpdate, keys=CONTROL)
    assert bench.canvas.view.zoom > before and same(under(bench), point)


def test_shift_turns_a_wheel_sideways(bench: Bench) -> None:
    zoom, (x, y) = bench.canvas.view.zoom, under(bench)
    wheel(bench, angle=(0, 120), keys=SHIFT)
    assert bench.canvas.view.zoom == zoom
    assert same(under(bench), (x - 60 / zoom, y))


def test_a_wheel_can_be_set_to_move_the_canvas(bench: Bench, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "config")
    bench.canvas.wheel.follow(settings)
    settings.update(wheel_pans=True)
    zoom, (x, y) = bench.canvas.view.zoom, under(bench)
    wheel(bench, angle=(0, -120))
    assert bench.canvas.view.zoom == zoom and same(under(bench), (x, y + 60 / zoom))
    wheel(bench, angle=(0, 120), keys=CONTROL)
    assert bench.canvas.view.zoom > zoom
    settings.update(wheel_pans=False)
    zoom = bench.canvas.view.zoom
    wheel(bench, angle=(0, 120))
    assert bench.canvas.view.zoom > zoom
    settings.close()


def test_the_setting_is_in_the_menu_and_kept(window: MainWindow, tmp_path: Path) -> None:
    window.bench.project.create(tmp_path / "p", residual_network())
    window.go_to_tab("design")
    canvas = window.tab_widget("design").canvas  # type: ignore[union-attr]
    action = window.commands.actions["wheel_pans"]
    assert not action.isChecked() and not canvas.wheel.pans
    action.trigger()
    assert canvas.wheel.pans and window.bench.settings.values.wheel_pans


def test_a_pinch_zooms_between_the_fingers(bench: Bench) -> None:
    before, point = bench.canvas.view.zoom, under(bench)
    assert gesture(bench, Gesture.BeginNativeGesture)
    for _step in range(5):
        assert gesture(bench, Gesture.ZoomNativeGesture, 0.05)
    assert gesture(bench, Gesture.EndNativeGesture)
    assert bench.canvas.view.zoom == pytest.approx(before * 1.05**5)
    assert same(under(bench), point, 4)
    gesture(bench, Gesture.ZoomNativeGesture, -0.2)
    assert bench.canvas.view.zoom == pytest.approx(before * 1.05**5 * 0.8)


@pytest.mark.parametrize("value", [-1.0, -5.0, 1e9, float("inf"), float("nan")])
def test_wild_devices_do_no_harm(bench: Bench, value: float) -> None:
    gesture(bench, Gesture.ZoomNativeGesture, value)
    wheel(bench, angle=(0, 2**30))
    assert 0.01 < bench.canvas.view.zoom <= 4
    bench.canvas.grab()


def test_a_double_tap_goes_to_full_size_and_back(bench: Bench) -> None:
    bench.canvas.fit()
    fitted = bench.canvas.view.zoom
    assert fitted < 0.95
    gesture(bench, Gesture.SmartZoomNativeGesture, 1)
    assert bench.canvas.view.zoom == 1.0
    gesture(bench, Gesture.SmartZoomNativeGesture, 0)
    assert bench.canvas.view.zoom == pytest.approx(fitted)


def test_a_panning_gesture_moves(bench: Bench) -> None:
    zoom, (x, y) = bench.canvas.view.zoom, under(bench)
    assert gesture(bench, Gesture.PanNativeGesture, 0, QPointF(30, -20))
    assert same(under(bench), (x - 30 / zoom, y + 20 / zoom))


def test_space_drag_pans_from_on_top_of_a_node_and_moves_nothing(bench: Bench) -> None:
    zoom, (x, y) = bench.canvas.view.zoom, under(bench)
    QTest.keyPress(bench.canvas, Qt.Key.Key_Space)
    assert bench.canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    start = bench.hand.card("conv2")
    bench.hand.drag(start, start + QPoint(80, 50))
    QTest.keyRelease(bench.canvas, Qt.Key.Key_Space)
    assert same(under(bench), (x - 80 / zoom, y - 50 / zoom), 3)
    assert bench.model.history.count() == 0 and bench.selection.nodes == frozenset()
    assert not bench.canvas.adding.finder.isVisible()
    assert bench.canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_space_let_go_elsewhere_is_forgotten(bench: Bench) -> None:
    QTest.keyPress(bench.canvas, Qt.Key.Key_Space)
    bench.canvas.clearFocus()
    bench.canvas.setFocus()
    bench.hand.drag(bench.hand.card("conv2"), bench.hand.card("conv2") + QPoint(40, 0))
    assert bench.model.history.count() == 1, "a drag moves the node again"
    bench.model.history.undo()


def test_the_middle_button_pans(bench: Bench) -> None:
    zoom, (x, y) = bench.canvas.view.zoom, under(bench)
    bench.hand.drag(AT, AT + QPoint(-60, 40), Qt.MouseButton.MiddleButton)
    assert same(under(bench), (x + 60 / zoom, y - 40 / zoom), 3)


def test_turning_the_wheel_in_the_middle_of_a_drag_keeps_the_drag(bench: Bench) -> None:
    start = bench.hand.card("answer")
    with bench.hand.dragging(start, start + QPoint(40, 24)):
        wheel(bench, angle=(0, 120), at=start)
        wheel(bench, pixels=(5, 5), phase=Phase.ScrollUpdate, at=start)
    assert bench.model.history.count() == 1
    bench.model.history.undo()
