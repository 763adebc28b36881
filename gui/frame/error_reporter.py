"""What becomes of an error nobody expected: a line in a log, one quiet banner, and the window lives on."""

import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal

from gui.widgets import guarded

LOG_BYTES: Final = 1_000_000


class ErrorReporter(QObject):
    """Takes uncaught errors of slots, threads and guarded Qt handlers; the same error is shown once and counted."""

    reported = Signal(str, str)
    """A sentence and the details; on the thread that owns this object."""
    _arrived = Signal(str, str)

    def __init__(self, log: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.log = log
        self.counts: dict[str, int] = {}
        self._before: tuple[Callable[..., object], Callable[..., object]] | None = None
        self._arrived.connect(self.reported, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """From now on errors come here."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        guarded.install_reporter(self._on_handler_failure)

    def uninstall(self) -> None:
        """Give the hooks back."""
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before
            self._before = None
            guarded.install_reporter(None)

    def report(self, error: BaseException, details: str, where: str = "") -> None:
        """Log an error and show it if it is the first of its kind. Any thread."""
        last = traceback.extract_tb(error.__traceback__)[-1:]
        key = where or (f"{last[0].filename}:{last[0].lineno}" if last else "")
        key = f"{type(error).__name__}|{key}"
        count = self.counts[key] = self.counts.get(key, 0) + 1
        if count == 1 or str(count).strip("0") == "1":
            self._write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  (time {count})\n{details}\n")
        if count == 1:
            try:
                self._arrived.emit(f"{type(error).__name__}: {error}"[:200], details)
            except RuntimeError:
                pass  # the window is gone; the log holds it

    def _write(self, text: str) -> None:
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
                self.log.replace(self.log.with_suffix(".old.log"))
            with self.log.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            pass  # the banner tells; a log that cannot be written must not raise a second error
        if sys.stderr is not None:
            sys.stderr.write(text)

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.report(error, "".join(traceback.format_exception(kind, error, trace)))

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value
        if error is not None and not isinstance(error, SystemExit):
            self.report(error, "".join(traceback.format_exception(error)))

    def _on_handler_failure(self, failure: guarded.HandlerFailure) -> None:
        if failure.count == 1:
            self.report(failure.error, failure.traceback_text, failure.key)
