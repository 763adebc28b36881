"""Settings that never touch the user's own, and a whole window with a scripted engine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.frame.error_reporter import ErrorReporter
from gui.models import project as project_module
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme, current_theme
from gui.window import MainWindow
from gui.workbench import Workbench
from tests.gui.fake_engine import FakeEngine

MakeWindow = Callable[[], MainWindow]


@pytest.fixture(autouse=True)
def own_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NETWRIGHT_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("NETWRIGHT_HOME", str(tmp_path / "home"))


class FlashWatch(QObject):
    """Finds widgets that come up as windows and become a part of one afterwards.

    On a desktop they flash up and take the keyboard away: whatever is made visible before it has a parent does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flashed: list[str] = []
        self._up: dict[int, QWidget] = {}  # kept, so that no other one gets the same id

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self._up[id(watched)] = watched
        elif kind == QEvent.Type.ParentChange and id(watched) in self._up and isinstance(watched, QWidget):
            del self._up[id(watched)]
            if watched.parentWidget() is not None and not watched.isWindow():
                self.flashed.append(f"{type(watched).__name__} {watched.objectName()}")
        return False


@pytest.fixture(autouse=True)
def nothing_flashes(qapp: QApplication) -> Iterator[None]:
    watch = FlashWatch()
    qapp.installEventFilter(watch)
    yield
    qapp.removeEventFilter(watch)
    assert watch.flashed == [], "made visible before it had a parent"


@pytest.fixture
def make_window(qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeWindow]:
    """Windows with a FakeEngine, each with its models; they are closed at the end."""
    monkeypatch.setattr(project_module, "SAVE_AFTER_MS", 20)
    windows: list[MainWindow] = []

    def make() -> MainWindow:
        settings = Settings()
        settings.update(theme="dark")
        if current_theme().name != "dark" or not qapp.styleSheet():
            apply_theme(qapp, "dark")
        window = MainWindow(Workbench(settings, FakeEngine()), ErrorReporter(settings.directory / "errors.log"))
        windows.append(window)
        window.resize(1600, 1000)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in windows:
        window.hide()
        window.bench.shut_down()
        window.deleteLater()


@pytest.fixture
def window(make_window: MakeWindow) -> MainWindow:
    return make_window()
