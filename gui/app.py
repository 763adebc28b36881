"""Starts the window: first something to see, then the engine and the project."""

import faulthandler
import os
import signal
import sys
from pathlib import Path
from typing import IO, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui.charts.preload import loader, preload
from gui.engine_client import EngineClient
from gui.frame.ahead import ImportAhead
from gui.frame.error_reporter import ErrorReporter
from gui.models.settings import Settings
from gui.none_check import refusal
from gui.widgets.theme import apply_theme
from gui.window import MainWindow
from gui.workbench import Workbench


def main(project: Path | None = None) -> int:
    """Open the window, on a project if one is named; returns the exit code when it is closed."""
    if not _has_display():
        sys.stderr.write(
            "There is no display to show the window on. Start it from a desktop, or use the command line: "
            "netwright --help\n"
        )
        return 1
    broken = refusal()
    if broken:
        sys.stderr.write(f"{broken}\n")
        return 1
    app = application()
    settings = Settings()
    crash_log = _watch_for_crashes(settings.directory)
    reporter = ErrorReporter(settings.directory / "errors.log")
    reporter.install()
    apply_theme(app, settings.values.theme if settings.values.theme in ("dark", "light") else "system")
    engine = EngineClient()
    bench = Workbench(settings, engine)
    window = MainWindow(bench, reporter)
    window.showMaximized() if settings.values.maximized else window.show()
    ticking = _let_interrupts_through(app)
    ahead = ImportAhead(window)

    def after_showing() -> None:
        if project is not None:
            bench.project.open_soon(project)
        engine.start()
        bench.shelf.read_examples()
        bench.shelf.check_recent()
        loader().ready.connect(ahead.start)  # the charts' library brings numpy in, which is no small piece
        preload()

    QTimer.singleShot(0, after_showing)
    try:
        return app.exec()
    finally:
        ticking.stop()
        bench.shut_down()
        loader().wait()  # it speaks to the window's thread, which must still be there
        reporter.uninstall()
        if crash_log is not None:
            faulthandler.disable()
            crash_log.close()


def application() -> QApplication:
    """The one application object, named so that desktops show it as Netwright."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([sys.argv[0] if sys.argv else "netwright"])
    app.setApplicationName("Netwright")
    app.setApplicationDisplayName("Netwright")
    app.setDesktopFileName("netwright")
    return app


def _has_display() -> bool:
    """Qt ends the process when it finds none, so it is looked for before."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _watch_for_crashes(directory: Path) -> IO[Any] | None:
    """Let a crash of the process itself leave the place where it happened."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / "crash.log").open("w", encoding="utf-8")
    except OSError:
        return None
    faulthandler.enable(file)
    return file


def _let_interrupts_through(app: QApplication) -> QTimer:
    """Ctrl+C in the terminal, or being asked to end, ends the program without questions; all is saved on the way out.

    Python sees a signal only when it gets a turn, which the timer gives it.
    """
    signal.signal(signal.SIGINT, lambda *_: app.exit(0))
    if os.name == "posix":
        signal.signal(signal.SIGTERM, lambda *_: app.exit(0))
    timer = QTimer()
    timer.timeout.connect(lambda: None)
    timer.start(300)
    return timer
