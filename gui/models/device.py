"""A microphone or a camera, read by a process of its own: drivers may hang or crash there, not here.

The process writes what it reads to stdout until it is ended, and why it cannot to stderr.
"""

import os
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

_ROOT: Final = Path(__file__).resolve().parents[2]


def own_reader(module: str, *arguments: str) -> tuple[str, ...]:
    """The command of one of our own readers; -P: no file of the current folder is imported."""
    return (sys.executable, "-P", "-m", module, *arguments)


class Device(QObject):
    """`running` from `start` to the end of the process; `failed` says why it ended by itself."""

    changed = Signal()
    """`running` changed."""
    failed = Signal(str)

    def __init__(self, trouble: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._trouble = trouble
        self._process: QProcess | None = None

    @property
    def running(self) -> bool:
        """Whether the process reads."""
        return self._process is not None

    def start_process(self, command: tuple[str, ...]) -> None:
        """Begin to read; what was read before is over."""
        self.end()
        process = QProcess(self)
        # Bound methods, and dropped by hand: a process that dies together with this object must not call it.
        process.readyReadStandardOutput.connect(self._on_output)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        environment = QProcessEnvironment.systemEnvironment()
        paths = [str(_ROOT), *filter(None, [environment.value("PYTHONPATH")])]
        environment.insert("PYTHONPATH", os.pathsep.join(paths))
        process.setProcessEnvironment(environment)
        self._process = process
        process.start(command[0], list(command[1:]))
        self.changed.emit()

    def end(self) -> None:
        """Read no more."""
        process, self._process = self._process, None
        if process is None:
            return
        process.readyReadStandardOutput.disconnect(self._on_output)
        process.finished.disconnect(self._on_finished)
        process.errorOccurred.disconnect(self._on_error)
        process.finished.connect(process.deleteLater)
        process.kill()
        self.changed.emit()

    def take(self, data: bytes) -> None:
        """What was read."""
        raise NotImplementedError

    def _on_output(self) -> None:
        if self._process is not None:
            self.take(bytes(self._process.readAllStandardOutput().data()))

    def _on_finished(self, _code: int, _status: QProcess.ExitStatus) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        said = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        process.deleteLater()
        self.changed.emit()
        last = said.splitlines()[-1][:300] if said else ""
        self.failed.emit(f"{self._trouble} {last}".strip())

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # of other errors `finished` tells
            self._process = None
            self.changed.emit()
            self.failed.emit(self._trouble)
