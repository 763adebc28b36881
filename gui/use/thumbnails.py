"""Small pictures of many files, read one after the other by a process beside the window."""

import os
import re
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal
from PySide6.QtGui import QImage

SIDE: Final = 96
_HEAD: Final = re.compile(rb"(\d{1,5}) (\d{1,5})\n")
_ROOT: Final = Path(__file__).resolve().parents[2]


class Thumbnails(QObject):
    """`ready` carries the place of a file and its picture; files that cannot be shown are passed over."""

    ready = Signal(int, QImage)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._waiting = bytearray()
        self._place = 0
        self._count = 0

    def read(self, paths: list[str]) -> None:
        """Ask for the pictures of these files; those asked for before are dropped."""
        self.drop()
        self._place, self._count = 0, len(paths)
        process = QProcess(self)
        process.readyReadStandardOutput.connect(self._on_output)
        process.finished.connect(self._on_finished)
        environment = QProcessEnvironment.systemEnvironment()
        found = [str(_ROOT), *filter(None, [environment.value("PYTHONPATH")])]
        environment.insert("PYTHONPATH", os.pathsep.join(found))
        process.setProcessEnvironment(environment)
        self._process = process
        whole = [str(Path(path).absolute()) for path in paths]
        process.start(sys.executable, ["-P", "-m", "gui.use.picture_reader", "--many", str(SIDE), *whole])

    def drop(self) -> None:
        """Want no more."""
        process, self._process = self._process, None
        self._waiting.clear()
        if process is not None:
            process.readyReadStandardOutput.disconnect(self._on_output)
            process.finished.disconnect(self._on_finished)
            process.finished.connect(process.deleteLater)
            process.kill()

    def _on_output(self) -> None:
        if self._process is None:
            return
        self._waiting += bytes(self._process.readAllStandardOutput().data())
        while (head := _HEAD.match(self._waiting)) is not None and self._place < self._count:
            width, height = int(head[1]), int(head[2])
            if width > SIDE or height > SIDE:
                self.drop()  # a reader that was overcome is not believed
                return
            end = head.end() + width * height * 3
            if len(self._waiting) < end:
                return
            pixels = bytes(self._waiting[head.end() : end])
            del self._waiting[:end]
            if width and height:
                image = QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
                self.ready.emit(self._place, image)
            self._place += 1

    def _on_finished(self) -> None:
        self._on_output()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
