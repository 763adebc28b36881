"""Gets a small version of a picture file, or the waveform of a sound file, without reading it in the window."""

import os
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal
from PySide6.QtGui import QImage

SIDE: Final = 640
_WITHIN_MS: Final = 15_000
_ROOT: Final = Path(__file__).resolve().parents[2]


class PicturePreview(QObject):
    """One picture at a time; asking for another drops the one before. `ready` or `failed` follows each that is not."""

    ready = Signal(object, QImage)
    """Path and picture."""
    failed = Signal(object, str)
    """Path and why it cannot be shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WITHIN_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._path = Path()

    def read(self, path: Path) -> None:
        """Ask for a picture."""
        self._start(path, "gui.use.picture_reader", [str(SIDE)])

    def read_sound(self, path: Path, line: str, ground: str) -> None:
        """Ask for the waveform of a sound file, in these colours (RRGGBB)."""
        self._start(path, "engine.data.waveform_reader", [str(SIDE), line, ground])

    def _start(self, path: Path, module: str, arguments: list[str]) -> None:
        self.drop()
        self._path = path
        process = QProcess(self)
        # Bound methods, and dropped by hand: a process that dies together with this object must not call it.
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        self._timer.start()
        environment = QProcessEnvironment.systemEnvironment()
        paths = [str(_ROOT), *filter(None, [environment.value("PYTHONPATH")])]
        environment.insert("PYTHONPATH", os.pathsep.join(paths))
        process.setProcessEnvironment(environment)
        # -P: a file named like a module in the current folder must not be imported.
        process.start(sys.executable, ["-P", "-m", module, str(path.absolute()), *arguments])

    def drop(self) -> None:
        """Want no answer any more."""
        self._timer.stop()
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.errorOccurred.disconnect(self._on_error)
            process.finished.connect(process.deleteLater)
            process.kill()

    def _on_finished(self, code: int, _status: QProcess.ExitStatus) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        self._timer.stop()
        process.deleteLater()
        data = bytes(process.readAllStandardOutput().data())
        if code != 0:
            said = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
            self.failed.emit(self._path, said.splitlines()[-1] if said else "The picture cannot be shown.")
            return
        image = _image(data)
        if image is None:
            self.failed.emit(self._path, "The picture cannot be shown.")
        else:
            self.ready.emit(self._path, image)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # of other errors `finished` tells
            self._process = None
            self._timer.stop()
            self.failed.emit(self._path, "The picture cannot be shown.")

    def _on_timeout(self) -> None:
        path = self._path
        self.drop()
        self.failed.emit(path, "The picture took too long to read.")


def _image(data: bytes) -> QImage | None:
    """What the reader wrote, checked: a child that was overcome must not crash the window with wrong sizes."""
    head, _, pixels = data.partition(b"\n")
    numbers = head.split()
    if len(numbers) != 2 or not all(number.isdigit() and len(number) < 6 for number in numbers):
        return None
    width, height = int(numbers[0]), int(numbers[1])
    if not (0 < width <= SIDE and 0 < height <= SIDE) or len(pixels) != width * height * 3:
        return None
    return QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
