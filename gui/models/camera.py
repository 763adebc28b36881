"""A camera's live picture, read and made small by a process of its own."""

import importlib.util
import re
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from gui.models.device import Device, own_reader

SIDE: Final = 640
FRAMES_A_SECOND: Final = 12
_HEAD: Final = re.compile(rb"(\d{1,5}) (\d{1,5})\n")
_LONGEST_HEAD: Final = 12


def reason_not_to_look() -> str:
    """Why there is no camera to be used; "" when there may be one."""
    if importlib.util.find_spec("av") is None:
        return "Cameras need the Python package av: run make again, or pip install av."
    if sys.platform.startswith("linux") and not any(Path("/dev").glob("video*")):
        return "There is no camera here. Connect one, then come back to this tab."
    return ""


class Camera(Device):
    """`frame` carries each picture, its longer side at most 640."""

    frame = Signal(QImage)

    def __init__(self, parent: QObject | None = None, *, command: tuple[str, ...] | None = None) -> None:
        super().__init__(
            "The camera gives no picture. Is it used by another program, or not allowed to this one?", parent
        )
        self._command = command
        self._waiting = bytearray()
        self.latest: QImage | None = None

    def reason_not_to_look(self) -> str:
        """Why it cannot be used; "" when it may."""
        return "" if self._command else reason_not_to_look()

    def start(self) -> None:
        """Show what the camera sees."""
        reason = self.reason_not_to_look()
        if reason:
            self.failed.emit(reason)
            return
        self._waiting.clear()
        self.latest = None
        self.start_process(self._command or own_reader("gui.use.camera_reader", str(SIDE), str(FRAMES_A_SECOND)))

    def take(self, data: bytes) -> None:
        """Pictures come as `width height` in one line, then RGB; of several that wait only the last is shown."""
        self._waiting += data
        newest: QImage | None = None
        while (head := _HEAD.match(self._waiting)) is not None:
            width, height = int(head[1]), int(head[2])
            if not (0 < width <= SIDE and 0 < height <= SIDE):
                break
            end = head.end() + width * height * 3
            if len(self._waiting) < end:
                break
            pixels = bytes(self._waiting[head.end() : end])
            del self._waiting[:end]
            newest = QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        if newest is not None:
            self.latest = newest
            self.frame.emit(newest)
        elif (head is None and len(self._waiting) > _LONGEST_HEAD) or len(self._waiting) > 4 * SIDE * SIDE * 3:
            self.end()  # a reader that was overcome must not fill the window's memory
            self.failed.emit("The camera's pictures cannot be read.")
