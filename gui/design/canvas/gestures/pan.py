"""Moving the picture with the middle button, or the left one while Space is held."""

from PySide6.QtCore import Qt

from gui.design.canvas.gestures.gesture import Gesture, Pointer, Surface


class Pan(Gesture):
    """The canvas follows the pointer."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, surface: Surface, pointer: Pointer) -> None:
        super().__init__(surface, pointer)
        self._last = pointer
        self._before = surface.view.state()

    def move(self, pointer: Pointer) -> None:
        self.surface.pan_by(pointer.sx - self._last.sx, pointer.sy - self._last.sy)
        self._last = pointer

    def cancel(self) -> None:
        _zoom, x, y = self._before
        view = self.surface.view
        self.surface.pan_by(x - view.x, y - view.y)
