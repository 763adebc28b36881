"""The real window with the real engine, for tests that do what a user does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.app import application
from gui.engine_client import EngineClient
from gui.frame.error_reporter import ErrorReporter
from gui.models.settings import Settings
from gui.widgets.theme import apply_theme
from gui.window import MainWindow
from gui.workbench import Workbench
from tests.end2end.user import User


@pytest.fixture
def user(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    monkeypatch.setenv("NETWRIGHT_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.setenv("NETWRIGHT_HOME", str(tmp_path / "home"))
    app = application()
    apply_theme(app, "dark")
    settings = Settings()
    bench = Workbench(settings, EngineClient())
    reporter = ErrorReporter(tmp_path / "errors.log")
    window = MainWindow(bench, reporter)
    window.resize(1600, 1000)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    bench.engine.start()
    yield User(window, qtbot)
    bench.shut_down()
    window.close()
    window.deleteLater()
    log = tmp_path / "errors.log"
    assert not log.exists() or not log.read_text(), log.read_text()
