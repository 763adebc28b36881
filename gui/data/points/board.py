"""The plane that a person draws points on: with a brush, an eraser and the keys; what the network answers lies behind.

Mouse: the left button draws, the right one erases, the wheel changes the size of the brush. Keys: arrows move a cross,
Space puts a point there, Delete erases around it, 1 to 8 choose the class, E the eraser, + and - the size.
"""

import math
import random
from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from engine.catalog.points import CLASS, REACH, Point, X, Y
from gui.charts.point_shapes import draw_points
from gui.charts.surface_map import Classes, Plane, SurfaceMap
from gui.charts.ticks import value_text
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme

PLANE: Final = Plane(x=(-REACH, REACH), y=(-REACH, REACH), x_label=X, y_label=Y)
SMALLEST, LARGEST = 0.0, 0.4
_STEP: Final = 0.05
_ERASER: Final = 0.06
"""The least the eraser reaches."""
_DIGITS: Final = 4


class PointBoard(SurfaceMap):
    """`drawn` and `erased` tell what one stroke did, when the button is let go; until then the board shows it."""

    drawn = Signal(list)
    """list[Point]."""
    erased = Signal(list)
    """Places of points, rising."""
    tool_changed = Signal()
    """`group`, `erasing` or `size_of_brush` is another one."""
    pointed = Signal(str)
    """What is answered under the mouse; empty elsewhere."""

    def __init__(self, *, name: str = "data.points.board", parent: QWidget | None = None) -> None:
        super().__init__(name=name, parent=parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Plane to draw points on")
        self.shows_legend = False
        self.group = 0
        self.erasing = False
        self.size_of_brush = 0.08
        """How far points fall from the brush, in units of the plane."""
        self.locked = ""
        """Why nothing can be drawn; "" when it can."""
        self._held: list[Point] = []
        self._new: list[Point] = []  # of the stroke under way
        self._gone: set[int] = set()  # erased by the stroke under way
        self._stroke = ""  # draw or erase while a button is down
        self._last: tuple[float, float] | None = None
        self._mouse: QPointF | None = None
        self._cross: tuple[float, float] | None = None  # where the keys are; None until an arrow is pressed
        self._chance = random.Random(7)

    def show_points(self, points: Sequence[Point], names: Sequence[str], colors: Sequence[QColor]) -> None:
        """Show the points of the project."""
        self._held = list(points)
        self._new, self._gone = [], set()
        self.group = min(self.group, max(0, len(names) - 1))
        self.set_plane(PLANE, Classes(names=list(names), colors=list(colors)))
        self._show_held()
        counts = [sum(point.group == at for point in points) for at in range(len(names))]
        words = ", ".join(f"{count} of {name}" for count, name in zip(counts, names, strict=True))
        self.setAccessibleDescription(words or f"No point of any {CLASS} yet")

    def choose(self, group: int) -> None:
        """Draw this class from now on."""
        if 0 <= group < len(self.classes.names):
            self.group, self.erasing = group, False
            self._tool()

    def set_erasing(self, on: bool) -> None:
        """Erase with the left button too."""
        self.erasing = on
        self._tool()

    def set_size(self, size: float) -> None:
        """Make the brush larger or smaller."""
        self.size_of_brush = min(LARGEST, max(SMALLEST, round(size, 3)))
        self._tool()

    def _tool(self) -> None:
        self.tool_changed.emit()
        self.update()

    def _show_held(self) -> None:
        rest = [point for place, point in enumerate(self._held) if place not in self._gone]
        flat = np.array([(point.x, point.y) for point in rest], np.float64).reshape(-1, 2)
        self.set_points(flat, np.array([point.group for point in rest], np.float64))

    # A stroke.

    def _begin(self, stroke: str, at: tuple[float, float]) -> None:
        if self.locked or not self.classes.names:
            return
        self._stroke, self._last = stroke, None
        self._go_on(at)

    def _go_on(self, at: tuple[float, float]) -> None:
        if self._stroke == "erase":
            reach = max(_ERASER, self.size_of_brush)
            near = {
                place
                for place, point in enumerate(self._held)
                if place not in self._gone and math.hypot(point.x - at[0], point.y - at[1]) <= reach
            }
            if near:
                self._gone |= near
                self._show_held()
        elif self._stroke == "draw":
            spacing = max(0.03, self.size_of_brush * 0.4)
            if self._last is not None and math.hypot(at[0] - self._last[0], at[1] - self._last[1]) < spacing:
                return
            self._last = at
            # The first point lies where the mouse is; those of a stroke fall around it.
            spread = self.size_of_brush / 2 if self._new else 0.0
            x, y = (value + self._chance.gauss(0, spread) for value in at)
            if abs(x) <= REACH and abs(y) <= REACH:
                self._new.append(Point(round(x, _DIGITS), round(y, _DIGITS), self.group))
        self.update()

    def _end(self) -> None:
        stroke, self._stroke = self._stroke, ""
        if stroke == "draw" and self._new:
            points, self._new = self._new, []
            self.drawn.emit(points)
        elif stroke == "erase" and self._gone:
            places, self._gone = sorted(self._gone), set()
            self.erased.emit(places)
        self.update()

    def _give_up(self) -> None:
        """Escape: as if the stroke had not begun."""
        self._stroke, self._new, self._gone = "", [], set()
        self._show_held()

    # Painting.

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for point in self._new:
                place = self.place(point.x, point.y)
                color = self.classes.colors[point.group]
                draw_points(
                    painter, [(place.x(), place.y())], point.group, color, theme.color("panel"), self.point_size()
                )
            if not self._held and not self._new:
                self._paint_hint(painter)
            at = self._mouse
            if at is None and self._cross is not None and self.hasFocus():
                at = self.place(*self._cross)
                painter.setPen(QPen(theme.color("text"), 1))
                painter.drawLine(QPointF(at.x() - 9, at.y()), QPointF(at.x() + 9, at.y()))
                painter.drawLine(QPointF(at.x(), at.y() - 9), QPointF(at.x(), at.y() + 9))
            if at is not None and self.room().contains(at) and not self.locked:
                self._paint_brush(painter, at)
            if self.hasFocus():
                painter.setPen(QPen(theme.color("accent"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(self.room().adjusted(-2, -2, 2, 2), 5, 5)

    def _paint_brush(self, painter: QPainter, at: QPointF) -> None:
        erases = self.erasing or self._stroke == "erase"
        reach = max(_ERASER, self.size_of_brush) if erases else self.size_of_brush
        pixels = max(4.0, reach / (2 * REACH) * self.room().width())
        color = current_theme().color("text") if erases else self.classes.colors[self.group]
        pen = QPen(color, 1.5)
        if erases:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, pixels, pixels)

    def _paint_hint(self, painter: QPainter) -> None:
        painter.setPen(current_theme().color("dim"))
        room = QRectF(self.room())
        painter.drawText(
            room, Qt.AlignmentFlag.AlignCenter, "Draw points of each class here.\nThe network answers behind them."
        )

    # Mouse and keys.

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.room().contains(event.position()):
            return
        left = event.button() == Qt.MouseButton.LeftButton
        if left or event.button() == Qt.MouseButton.RightButton:
            self._begin("draw" if left and not self.erasing else "erase", self.value_at(event.position()))

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse = event.position()
        if self._stroke:
            self._go_on(self.value_at(event.position()))
        self.pointed.emit(self.words_at(event.position()))
        self.update()

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._end()

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = None
        self.pointed.emit("")
        self.update()

    @guarded
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    @guarded
    def wheelEvent(self, event: QWheelEvent) -> None:
        self.set_size(self.size_of_brush + 0.02 * (1 if event.angleDelta().y() > 0 else -1))
        event.accept()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        key, text = Qt.Key(event.key()), event.text()
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            event.ignore()
        elif key in moves:
            self._move(*moves[key], fine=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._at_cross("draw")
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._at_cross("erase")
        elif key == Qt.Key.Key_Escape and self._stroke:
            self._give_up()
        elif key == Qt.Key.Key_E:
            self.set_erasing(not self.erasing)
        elif text in ("+", "-"):
            self.set_size(self.size_of_brush + (0.02 if text == "+" else -0.02))
        elif text.isdigit() and 1 <= int(text) <= len(self.classes.names):
            self.choose(int(text) - 1)
        else:
            event.ignore()

    def _move(self, across: int, up: int, *, fine: bool) -> None:
        self._mouse = None
        step = _STEP / 5 if fine else _STEP
        x, y = self._cross or (0.0, 0.0)
        if self._cross is not None:
            x, y = (min(REACH, max(-REACH, value)) for value in (x + across * step, y + up * step))
        self._cross = (x, y)
        self.setAccessibleDescription(f"{X} {value_text(round(x, 3))}, {Y} {value_text(round(y, 3))}")
        self.update()

    def _at_cross(self, stroke: str) -> None:
        if self._cross is None:
            self._cross = (0.0, 0.0)
        self._begin(stroke, self._cross)
        self._end()
