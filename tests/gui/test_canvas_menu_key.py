"""The menu key and Shift+F10 open the menu of what is selected; panning and the ends of the network by key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.design.canvas.menu import CanvasMenu
from gui.design.reading_order import reading_order
from tests.gui.drawn_networks import agrees, residual_network
from tests.gui.test_canvas_gestures import SHIFT, Bench

Key = Qt.Key
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, tmp_path, residual_network())
    yield made
    agrees(made.canvas)
    made.model.shut_down()


def menu_key(bench: Bench) -> None:
    at = QPoint(600, 400)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, bench.canvas.mapToGlobal(at))
    QApplication.sendEvent(bench.canvas, event)


def captions(bench: Bench) -> list[str]:
    (menu,) = [menu for menu in bench.canvas.findChildren(CanvasMenu) if menu.isVisible()]
    found = [action.text().partition("\t")[0] for action in menu.actions()]
    menu.close()
    QApplication.processEvents()
    return found


@pytest.mark.parametrize("by_shift_f10", [False, True])
def test_the_menu_follows_the_selection(bench: Bench, by_shift_f10: bool) -> None:
    def ask() -> list[str]:
        if by_shift_f10:
            bench.hand.key(Key.Key_F10, SHIFT)
        else:
            menu_key(bench)
        return captions(bench)

    assert "Add a layer…" in ask()
    bench.selection.set_nodes({"fc1"})
    assert {"Settings", "Bypass", "Delete"} <= set(ask())
    assert bench.selection.nodes == {"fc1"}
    bench.hand.key(Key.Key_Left, ALT)
    assert bench.canvas.selected_link is not None
    assert {"Insert a layer…", "Remove link"} <= set(ask())


def test_both_at_once_open_one_menu(bench: Bench) -> None:
    bench.selection.set_nodes({"fc1"})
    bench.hand.key(Key.Key_F10, SHIFT)
    menu_key(bench)
    assert len([menu for menu in bench.canvas.findChildren(CanvasMenu) if menu.isVisible()]) == 1
    captions(bench)


def test_entries_of_the_menu_work_by_key(bench: Bench) -> None:
    bench.selection.set_nodes({"relu1"})
    bench.hand.key(Key.Key_F10, SHIFT)
    menu = bench.canvas.findChild(CanvasMenu)
    assert menu is not None
    wanted = next(action for action in menu.actions() if action.text().startswith("Bypass"))
    for _step in range(60):
        QTest.keyClick(menu, Key.Key_Down)
        if menu.activeAction() is wanted:
            break
    QTest.keyClick(menu, Key.Key_Return)
    assert bench.graph.nodes["relu1"].bypassed


def test_home_and_end_and_panning(bench: Bench) -> None:
    bench.hand.key(Key.Key_End)
    assert bench.selection.nodes == {reading_order(bench.graph)[-1]}
    bench.hand.key(Key.Key_Escape)
    before = bench.canvas.view.center(1200, 800)
    bench.hand.key(Key.Key_Right, ALT)
    after = bench.canvas.view.center(1200, 800)
    assert after[0] > before[0] + 200 and abs(after[1] - before[1]) < 2
    bench.hand.key(Key.Key_Left, ALT)
    bench.hand.key(Key.Key_Up, ALT)
    assert bench.canvas.view.center(1200, 800)[1] < before[1] - 100
