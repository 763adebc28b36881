"""Errors nobody expected: shown once, counted, logged; the window lives."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.frame.error_reporter import ErrorReporter
from gui.widgets.guarded import guarded


class Broken(QWidget):
    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        raise ZeroDivisionError("painting")


@pytest.fixture
def reporter(qapp: object, tmp_path: Path) -> Iterator[ErrorReporter]:
    reporter = ErrorReporter(tmp_path / "config" / "errors.log")
    before = sys.excepthook
    reporter.install()
    yield reporter
    reporter.uninstall()
    assert sys.excepthook is before


def test_an_error_in_a_slot_is_told_once_and_counted(reporter: ErrorReporter, qtbot: QtBot) -> None:
    told: list[tuple[str, str]] = []
    reporter.reported.connect(lambda text, details: told.append((text, details)))

    def fail() -> None:
        raise RuntimeError("a slip of ours")

    for _ in range(12):
        QTimer.singleShot(0, fail)
    qtbot.waitUntil(lambda: sum(reporter.counts.values()) == 12)
    qtbot.waitUntil(lambda: len(told) == 1)
    assert told[0][0] == "RuntimeError: a slip of ours"
    assert "Traceback" in told[0][1]
    log = reporter.log.read_text()
    assert log.count("Traceback") == 2  # the first and the tenth
    assert "(time 10)" in log


def test_an_error_in_a_thread_is_told_on_the_windows_thread(reporter: ErrorReporter, qtbot: QtBot) -> None:
    threads: list[object] = []
    reporter.reported.connect(lambda *_: threads.append(threading.current_thread()))

    def fail() -> None:
        raise OSError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [threading.main_thread()]


def test_a_handler_that_fails_at_every_paint_is_told_once(reporter: ErrorReporter, qtbot: QtBot) -> None:
    told: list[str] = []
    reporter.reported.connect(lambda text, _details: told.append(text))
    widget = Broken()
    qtbot.addWidget(widget)
    widget.show()
    for _ in range(5):
        widget.repaint()
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["ZeroDivisionError: painting"]


def test_a_log_that_cannot_be_written_raises_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    reporter = ErrorReporter(tmp_path / "file" / "errors.log")
    with qtbot.waitSignal(reporter.reported):
        reporter.report(ValueError("x"), "details\n")
