"""Every command of the window with its key, once: the menu shows them, the window carries them out."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QUndoStack
from PySide6.QtWidgets import QMenu, QWidget

from gui.frame.top_bar import CAPTIONS, TABS
from gui.models.shelf import Recent
from gui.widgets.plain_text import button_text, tooltip_text

THEMES: Final = (("system", "Follow the system"), ("dark", "Dark"), ("light", "Light"))

Do = Callable[[], object]


class Commands(QObject):
    """Actions by name; `add` gives one its key and what it does."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.actions: dict[str, QAction] = {}

    def add(self, name: str, caption: str, do: Do | None = None, keys: tuple[str, ...] = ()) -> QAction:
        """A new command; its keys work wherever the focus is."""
        action = QAction(caption, self._window)
        action.setObjectName(f"command.{name}")
        action.setShortcuts([QKeySequence(key) for key in keys])
        if do is not None:
            action.triggered.connect(lambda _checked=False: do())
        self.register(name, action)
        return action

    def register(self, name: str, action: QAction) -> None:
        """Take in an action that Qt made."""
        self._window.addAction(action)
        self.actions[name] = action

    def set_blocked(self, name: str, reason: str) -> None:
        """Switch a command off with a reason, or on with an empty one."""
        action = self.actions[name]
        action.setEnabled(not reason)
        action.setToolTip(tooltip_text(reason))


class MainMenu(QMenu):
    """Opened by the button at the top left."""

    def __init__(self, commands: Commands, history: QUndoStack, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("menu.main")
        self.setToolTipsVisible(True)
        undo, redo = history.createUndoAction(self, "Undo"), history.createRedoAction(self, "Redo")
        undo.setShortcut(QKeySequence("Ctrl+Z"))
        redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        commands.register("undo", undo)
        commands.register("redo", redo)
        self._open_recent: Callable[[Path], None] = lambda _path: None
        actions = commands.actions
        for name in ("new", "open"):
            self.addAction(actions[name])
        self.recent = self.addMenu("Open recent")
        self.recent.setToolTipsVisible(True)
        self.addAction(actions["import"])
        self.addAction(actions["import_model"])
        self.addSeparator()
        for name in ("save", "save_copy", "export_drawing", "print", "close"):
            self.addAction(actions[name])
        self.addSeparator()
        for name in ("undo", "redo", "find"):
            self.addAction(actions[name])
        self.addSeparator()
        for name in ("train", "step", "restart_engine"):
            self.addAction(actions[name])
        go = self.addMenu("Go to")
        for tab in TABS:
            go.addAction(actions[f"tab.{tab}"])
        theme = self.addMenu("Theme")
        for name, _ in THEMES:
            theme.addAction(actions[f"theme.{name}"])
        self.addAction(actions["wheel_pans"])
        self.addAction(actions["less_motion"])
        self.addSeparator()
        for name in ("about", "tour", "help", "quit"):
            self.addAction(actions[name])

    def set_recent(self, recent: list[Recent], do: Callable[[Path], None]) -> None:
        """List the projects opened before; those that are gone stand there with the reason."""
        self.recent.clear()
        for item in recent:
            action = self.recent.addAction(button_text(item.name, 60))
            action.setToolTip(tooltip_text(item.missing or str(item.path)))
            action.setEnabled(not item.missing)
            action.triggered.connect(lambda _checked=False, path=item.path: do(path))
        if not recent:
            action = self.recent.addAction("No projects yet")
            action.setEnabled(False)


def add_tab_commands(commands: Commands, show: Callable[[str], None]) -> None:
    """Ctrl+1 to Ctrl+5."""
    for number, (tab, caption) in enumerate(zip(TABS, CAPTIONS, strict=True), start=1):
        commands.add(f"tab.{tab}", caption, functools.partial(show, tab), (f"Ctrl+{number}",))


def add_theme_commands(commands: Commands, window: QWidget, choose: Callable[[str], None]) -> None:
    """Dark, light, or what the desktop says."""
    group = QActionGroup(window)
    for name, caption in THEMES:
        action = commands.add(f"theme.{name}", caption, functools.partial(choose, name))
        action.setCheckable(True)
        group.addAction(action)
