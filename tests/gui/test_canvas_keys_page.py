"""The page of keys names every key there is on the canvas, and F6 reaches every part of the tab."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.design.canvas.gestures.gesture import Pointer
from gui.design.canvas.hit import NOTHING, Hit, Kind
from gui.design.canvas.keys import QUICK_KEYS, command_for
from gui.design.canvas.menu import CanvasMenu
from gui.frame.help_window import page_text, pages
from tests.gui.drawn_networks import residual_network
from tests.gui.test_design_tab import TabBench

Key = Qt.Key
Mod = Qt.KeyboardModifier

_NAMES = {
    **{"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Return": "Enter", "PgUp": "Page Up", "PgDown": "Page Down"},
    **{"Ins": "Insert", "Backspace": "Del", "Ctrl+-": "Ctrl+−", "Ctrl+=": "Ctrl++", "Ctrl+Shift++": "Ctrl++"},
}


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[TabBench]:
    made = TabBench(qtbot, tmp_path, residual_network())
    yield made
    made.model.shut_down()


def named(keys: str) -> bool:
    """Whether the page names a key, alone or as one of the arrows."""
    text = page_text("keys")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    page = ", ".join(rows)
    keys = _NAMES.get(keys, keys)
    held, _plus, key = keys.rpartition("+") if not keys.endswith("++") else (keys[:-2], "+", "+")
    key = _NAMES.get(key, key)
    keys = f"{held}+{key}" if held else key
    words = {word.strip() for row in re.split(r",(?=\s)|\s(?=Alt\+|→|↓)", page) for word in [row]}
    if keys in words:
        return True
    return key in "←→↑↓" and (f"{held}+arrows" if held else "arrows") in words


def test_every_key_that_does_something_is_on_the_page(bench: TabBench) -> None:
    canvas = bench.tab.canvas
    missing = []
    for selected in ((), ("conv2",)):
        bench.selection.set_nodes(selected)
        for key in Key:
            if key in (Key.Key_unknown, Key.Key_Enter) or key.value > 0x01000060:
                continue
            for modifiers in (Mod.NoModifier, Mod.ShiftModifier, Mod.ControlModifier, Mod.AltModifier, _BOTH):
                text = chr(key.value) if 32 < key.value < 127 and modifiers == Mod.NoModifier else ""
                event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text)
                if command_for(canvas, event) is None or key is Key.Key_Escape:
                    continue
                name = QKeySequence(int(modifiers.value) | key.value).toString()
                if name not in QUICK_KEYS and not named(name):
                    missing.append(name)
    assert sorted(set(missing)) == []
    assert all(named(letter) for letter in QUICK_KEYS)


_BOTH = Mod.ControlModifier | Mod.ShiftModifier


def test_every_key_the_menus_show_is_on_the_page(bench: TabBench) -> None:
    canvas = bench.tab.canvas
    pointer = Pointer(0, 0, 0, 0)
    shown: set[str] = set()
    for selected, under in (
        ((), NOTHING),
        (("conv2",), Hit(Kind.NODE, node="conv2")),
        (("conv2", "conv3", "relu2"), Hit(Kind.NODE, node="conv2")),
        ((), Hit(Kind.LINK, link=("fc1", "input"))),
    ):
        bench.selection.set_nodes(selected)
        menu = CanvasMenu(canvas, pointer, under)
        for action in menu.actions():
            inner = action.menu()
            for entry in [action, *(inner.actions() if inner is not None else ())]:  # type: ignore[attr-defined]
                shown.add(entry.text().partition("\t")[2])
        menu.deleteLater()
    shown -= {"", "Alt+click"}
    assert len(shown) > 15
    assert sorted(keys for keys in shown if not named(keys.replace("Shift+Del", "Shift+Del"))) == []


def test_the_page_is_in_the_help(bench: TabBench) -> None:
    assert "keys" in pages()
    assert "](keys.md)" in page_text("index")


def test_f6_goes_round_and_shift_f6_back(bench: TabBench, qtbot: QtBot) -> None:
    tab = bench.tab
    areas = (tab.inspector, tab.problems, tab.palette_panel, tab.outline, tab.canvas)
    bench.select("conv2")
    tab.focus_first()

    def here() -> object:
        focused = QApplication.focusWidget()
        return next(area for area in areas if focused is not None and (area is focused or area.isAncestorOf(focused)))

    visited = []
    for _press in range(8):
        QTest.keyClick(QApplication.focusWidget(), Key.Key_F6)
        visited.append(here())
        if here() is tab.canvas:
            break
    assert {tab.inspector, tab.palette_panel, tab.outline, tab.canvas} <= set(visited)
    QTest.keyClick(QApplication.focusWidget(), Key.Key_F6, Mod.ShiftModifier)
    assert here() is tab.outline
