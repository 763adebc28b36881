"""Somebody at the real window, with mouse and keyboard."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.window import MainWindow

CONTROL = Qt.KeyboardModifier.ControlModifier


class User:
    """Somebody at the window: finds things by their object names, clicks, types, drags and looks."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot

    def find(self, name: str) -> QWidget:
        """The widget of that name that can be seen; panels fill a moment after what they show has changed."""

        def seen() -> list[QWidget]:
            return [widget for widget in self.window.findChildren(QWidget, name) if widget.isVisibleTo(self.window)]

        self.wait(lambda: bool(seen()), 30)
        return seen()[0]

    def wait(self, done: Callable[[], bool], seconds: float = 60) -> None:
        self.qtbot.waitUntil(done, timeout=int(seconds * 1000))

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifiers)

    def go_to(self, number: int, tab: str) -> None:
        """Ctrl+1 to Ctrl+5."""
        self.press(getattr(Qt.Key, f"Key_{number}"), CONTROL)
        where = (QApplication.focusWidget(), QApplication.activeWindow(), QApplication.activeModalWidget())
        assert self.window.tab() == tab, where

    def click(self, name: str) -> None:
        widget = self.find(name)
        assert widget.isEnabled(), f"{name} is disabled: {widget.toolTip()}"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def drop(self, name: str, path: Path) -> None:
        widget = self.find(name)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        at, left = QPointF(widget.rect().center()), Qt.MouseButton.LeftButton
        copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(at.toPoint(), copy, data, left, none)
        enter.ignore()
        QApplication.sendEvent(widget, enter)
        assert enter.isAccepted(), f"{name} does not take files"
        QApplication.sendEvent(widget, QDragMoveEvent(at.toPoint(), copy, data, left, none))
        QApplication.sendEvent(widget, QDropEvent(at, copy, data, left, none))
