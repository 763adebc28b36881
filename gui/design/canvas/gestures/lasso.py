"""Selecting with a lasso: every card the drawn line encloses, at its middle or a corner, is selected."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from gui.design.canvas.arrays import Floats, Mask
from gui.design.canvas.gestures.gesture import Gesture, Pointer, Surface, on_screen
from gui.widgets.theme import current_theme

_STEP_PX = 3.0  # nearer points add nothing to the line


class Lasso(Gesture):
    """Begins on empty canvas with Alt held. The selection follows; with Shift it is added to what was."""

    cursor = Qt.CursorShape.CrossCursor
    auto_pans = True

    def __init__(self, surface: Surface, pointer: Pointer) -> None:
        super().__init__(surface, pointer)
        self._before = surface.selection.nodes
        self._marks_before = surface.selection.marks
        self._kept = self._before if pointer.shift else frozenset()
        self._kept_marks = self._marks_before if pointer.shift else frozenset()
        self._points: list[tuple[float, float]] = [(pointer.x, pointer.y)]
        if not pointer.shift:
            surface.selection.set_nodes(())

    def move(self, pointer: Pointer) -> None:
        last = self._points[-1]
        reach = _STEP_PX / self.surface.view.zoom
        if abs(pointer.x - last[0]) < reach and abs(pointer.y - last[1]) < reach:
            return
        self._points.append((pointer.x, pointer.y))
        geometry = self.surface.geometry_store
        xs, ys = zip(*self._points, strict=True)
        near = geometry.nodes_in((min(xs), min(ys), max(xs), max(ys)))
        boxes = geometry.boxes[near]
        inside = enclosed(boxes, self._points)
        nodes = self._kept | {geometry.ids[row] for row in near[inside].tolist()}
        self.surface.selection.set_both(nodes, self._kept_marks | self.surface.marks.enclosed_by(self._points))
        self.surface.redraw_overlay(self._extent())

    def commit(self, pointer: Pointer) -> None:
        self.surface.redraw_overlay(self._extent())

    def cancel(self) -> None:
        self.surface.selection.set_both(self._before, self._marks_before)
        self.surface.redraw_overlay(None)

    def paint(self, painter: QPainter) -> None:
        theme, view = current_theme(), self.surface.view
        line = QPolygonF([QPointF(*view.to_screen(x, y)) for x, y in self._points])
        inside = theme.color("accent")
        inside.setAlphaF(0.1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(inside)
        painter.drawPolygon(line)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent"), 1.5))
        painter.drawPolyline(line)
        painter.setPen(QPen(theme.color("accent"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(line.last(), line.first())  # where it would close

    def _extent(self) -> QRectF:
        xs, ys = zip(*self._points, strict=True)
        return on_screen(self.surface.view, (min(xs), min(ys), max(xs), max(ys)), margin=4)


def enclosed(boxes: Floats, line: Sequence[tuple[float, float]]) -> Mask:
    """Which boxes (n, 4: x, y, width, height) have their middle or a corner inside the closed line."""
    x, y, width, height = boxes.T
    found: Mask = np.zeros(len(boxes), dtype=bool)
    for across, down in ((0.5, 0.5), (0, 0), (1, 0), (0, 1), (1, 1)):
        found |= _inside(x + width * across, y + height * down, line)
    return found


def _inside(x: Floats, y: Floats, line: Sequence[tuple[float, float]]) -> Mask:
    """Which points lie inside: a ray from there crosses the line an odd number of times."""
    odd: Mask = np.zeros(len(x), dtype=bool)
    corners = np.asarray(line, dtype=float)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        odd ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return odd
