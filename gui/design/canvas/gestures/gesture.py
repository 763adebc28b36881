"""The base of gestures, and what a gesture may use of the canvas."""

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from engine.document.edits import Edit
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.marks import Marks
from gui.design.canvas.painter import GraphPainter
from gui.design.canvas.viewport import Box, Viewport
from gui.design.graph_edits import Loose
from gui.models.scope import Scope
from gui.models.selection import Selection


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is, in canvas units (x, y) and widget pixels (sx, sy), and which keys are held."""

    x: float
    y: float
    sx: float
    sy: float
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    @property
    def shift(self) -> bool:
        """Whether Shift is held."""
        return bool(self.modifiers & Qt.KeyboardModifier.ShiftModifier)

    @property
    def alt(self) -> bool:
        """Whether Alt is held: no snapping."""
        return bool(self.modifiers & Qt.KeyboardModifier.AltModifier)


class Surface(Protocol):
    """What gestures use of the canvas."""

    @property
    def project(self) -> Scope: ...
    @property
    def selection(self) -> Selection: ...
    @property
    def geometry_store(self) -> Geometry: ...
    @property
    def marks(self) -> Marks: ...
    @property
    def graph_painter(self) -> GraphPainter: ...
    @property
    def view(self) -> Viewport: ...

    def frame(self) -> QRectF:
        """The widget, in its own pixels."""
        ...

    def do(self, edit: Edit | None) -> bool: ...
    def redraw(self, boxes: list[Box] | None) -> None:
        """These boxes of the still picture look different now; None: all of it."""
        ...

    def redraw_overlay(self, rect: QRectF | None) -> None:
        """This rectangle of the widget is to be painted again, None: all; the still picture stays."""
        ...

    def pan_by(self, dx: float, dy: float) -> None: ...
    def layers_added(self, *names: str) -> None: ...
    def open_search(self, pointer: Pointer, loose: Loose | None) -> None: ...


class Gesture:
    """A gesture begins when it is made, is moved, and ends in `commit` or `cancel`; `cancel` restores everything."""

    cursor: Qt.CursorShape | None = None
    """Shown while the gesture lasts."""
    auto_pans = False
    """Whether the canvas moves when the pointer comes near its edge."""

    def __init__(self, surface: Surface, pointer: Pointer) -> None:
        self.surface = surface
        self.start = pointer

    def move(self, pointer: Pointer) -> None:
        """The pointer moved, or the canvas under it."""

    def commit(self, pointer: Pointer) -> None:
        """The button was released."""

    def cancel(self) -> None:
        """Escape was pressed, or the window lost the pointer."""

    def paint(self, painter: QPainter) -> None:
        """Draw the preview over the still picture, in widget pixels."""


def moved_far(start: Pointer, pointer: Pointer, pixels: float = 4.0) -> bool:
    """Whether a press has become a drag."""
    return abs(pointer.sx - start.sx) > pixels or abs(pointer.sy - start.sy) > pixels


def on_screen(view: Viewport, box: Box, margin: float = 2.0) -> QRectF:
    """A box of the canvas on the widget, with a margin in pixels."""
    left, top = view.to_screen(box[0], box[1])
    right, bottom = view.to_screen(box[2], box[3])
    return QRectF(left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin)
