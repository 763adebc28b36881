"""Guides while nodes are moved: they catch at the edges and middles of other cards, and at equal gaps."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from gui.design.canvas.arrays import Floats
from gui.design.canvas.geometry import Flag
from gui.design.canvas.viewport import Box, Viewport
from gui.widgets.theme import current_theme

if TYPE_CHECKING:
    from gui.design.canvas.gestures.gesture import Surface

REACH_PX: Final = 5.0
SHOWN_FROM: Final = 0.3
"""Zoom; further out a pixel is more than anybody can aim at."""
_SAME: Final = 0.26
"""Canvas units within which two edges count as level."""
_WIDEST_GAP: Final = 480.0
_TICK_PX: Final = 4.0


@dataclass(frozen=True, slots=True)
class Guide:
    """A line on the canvas from one point to another; one for a gap has a tick at each end."""

    x1: float
    y1: float
    x2: float
    y2: float
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Snapped:
    """How far the moved box goes on to lie level, None on an axis where nothing is near, and the lines that say why."""

    dx: float | None
    dy: float | None
    lines: tuple[Guide, ...]


class Guides:
    """Made for the cards that stand still, (n, 4): x, y, width, height."""

    def __init__(self, still: Floats) -> None:
        self._still = still

    def snap(self, box: Box, reach: float) -> Snapped:
        """Where a moved box (left, top, right, bottom) catches within `reach`."""
        if not len(self._still):
            return Snapped(None, None, ())
        dx = self._axis(box, 0, reach)
        dy = self._axis(box, 1, reach)
        moved = (box[0] + (dx or 0.0), box[1] + (dy or 0.0), box[2] + (dx or 0.0), box[3] + (dy or 0.0))
        lines: list[Guide] = []
        for axis, by in ((0, dx), (1, dy)):
            if by is not None:
                lines += self._level(moved, axis)
                lines += [line for target, found in self._gaps(moved, axis) if abs(target) < _SAME for line in found]
        return Snapped(dx, dy, tuple(lines))

    def _axis(self, box: Box, axis: int, reach: float) -> float | None:
        """The shortest way to a level edge or middle, else to an equal gap; None when all are too far."""
        low, high = box[axis], box[axis + 2]
        starts = self._still[:, axis]
        ends = starts + self._still[:, axis + 2]
        ways = np.concatenate((starts - low, (starts + ends - low - high) / 2, ends - high))
        best = ways[np.abs(ways).argmin()]
        if abs(best) <= reach:
            return float(best)
        gaps = [target for target, _lines in self._gaps(box, axis) if abs(target) <= reach]
        return min(gaps, key=abs) if gaps else None

    def _level(self, box: Box, axis: int) -> list[Guide]:
        """A line along each edge or middle that is level with that of another card, to the nearest such card."""
        low, high = box[axis], box[axis + 2]
        starts = self._still[:, axis]
        ends = starts + self._still[:, axis + 2]
        across = 1 - axis
        found = []
        edges = (np.abs(starts - low) < _SAME) | (np.abs(ends - high) < _SAME)
        for own, others in ((low, starts), ((low + high) / 2, (starts + ends) / 2), (high, ends)):
            level = np.abs(others - own) < _SAME
            if own not in (low, high):
                level &= ~edges  # of cards as wide, or as high, the edges say enough
            if not level.any():
                continue
            cards = self._still[level]
            away = np.abs(cards[:, across] + cards[:, across + 2] / 2 - (box[across] + box[across + 2]) / 2)
            nearest = cards[int(away.argmin())]  # lines to all of them would only cross the picture
            first = min(box[across], float(nearest[across]))
            last = max(box[across + 2], float(nearest[across] + nearest[across + 2]))
            found.append(Guide(own, first, own, last) if axis == 0 else Guide(first, own, last, own))
        return found

    def _gaps(self, box: Box, axis: int) -> list[tuple[float, list[Guide]]]:
        """How far the box would go for equal gaps in its row or column, with the gaps to draw then."""
        across = 1 - axis
        still = self._still
        beside = (still[:, across] < box[across + 2]) & (still[:, across] + still[:, across + 2] > box[across])
        row = still[beside]
        if len(row) < 2:
            return []
        starts, ends = row[:, axis], row[:, axis] + row[:, axis + 2]
        low, high = box[axis], box[axis + 2]
        middle = (low + high) / 2
        before = np.flatnonzero((starts + ends) / 2 < middle)
        after = np.flatnonzero((starts + ends) / 2 >= middle)
        level = (max(box[across], float(row[:, across].min())) + min(box[across + 2], _lowest(row, across))) / 2
        found: list[tuple[float, list[Guide]]] = []

        def gap(a: float, b: float) -> Guide:
            return Guide(a, level, b, level, True) if axis == 0 else Guide(level, a, level, b, True)

        if len(before) and len(after):
            left, right = float(ends[before].max()), float(starts[after].min())
            room = (right - left - (high - low)) / 2
            if 0 < room < _WIDEST_GAP:
                at = left + room
                found.append((at - low, [gap(left, at), gap(at + high - low, right)]))
        if len(before) > 1:
            near = before[ends[before].argmax()]
            others = before[ends[before] <= starts[near]]
            if len(others):
                far_end = float(ends[others].max())
                wide = float(starts[near]) - far_end
                at = float(ends[near]) + wide
                if 0 < wide < _WIDEST_GAP:
                    found.append((at - low, [gap(far_end, float(starts[near])), gap(float(ends[near]), at)]))
        if len(after) > 1:
            near = after[starts[after].argmin()]
            others = after[starts[after] >= ends[near]]
            if len(others):
                far_start = float(starts[others].min())
                wide = far_start - float(ends[near])
                at = float(starts[near]) - wide
                if 0 < wide < _WIDEST_GAP:
                    found.append((at - high, [gap(at, float(starts[near])), gap(float(ends[near]), far_start)]))
        return found


class Catcher:
    """The guides of what a gesture's canvas shows, made anew when it shows another part.

    Those of cards alone, or with `marks` those of frames and notes too, but for the ones that are moved.
    """

    def __init__(self, surface: "Surface", *, marks: bool = False, but: Collection[str] = ()) -> None:
        self._surface = surface
        self._marks = marks
        self._but = but
        self._guides: Guides | None = None
        self._view: tuple[float, float, float] | None = None
        self.lines: tuple[Guide, ...] = ()
        """What the box of the last `catch` is level with."""

    def catch(self, box: Box) -> tuple[float | None, float | None]:
        """How far a moved box goes on to lie level on each axis; None where it is free."""
        view = self._surface.view
        if view.zoom < SHOWN_FROM:
            self.lines = ()
            return None, None
        place = (view.x, view.y, view.zoom)
        if self._guides is None or self._view != place:
            self._view = place
            geometry, frame = self._surface.geometry_store, self._surface.frame()
            rows = geometry.nodes_in(view.visible(frame.width(), frame.height()))
            still = geometry.boxes[rows[(geometry.flags[rows] & int(Flag.HIDDEN)) == 0]]
            if self._marks:
                marks = self._surface.marks.by_id
                others = [(m.x, m.y, m.width, m.height) for name, m in marks.items() if name not in self._but]
                still = np.concatenate((still, np.array(others, dtype=float).reshape(-1, 4)))
            self._guides = Guides(still)
        found = self._guides.snap(box, REACH_PX / view.zoom)
        self.lines = found.lines
        return found.dx, found.dy

    def let_go(self) -> None:
        """Nothing is level with anything any more."""
        self.lines = ()

    def paint(self, painter: QPainter) -> None:
        """Draw the lines in widget pixels."""
        paint(painter, self._surface.view, self.lines, self._surface.frame())


def _lowest(row: Floats, across: int) -> float:
    return float((row[:, across] + row[:, across + 2]).max())


def on_widget(view: Viewport, line: Guide) -> QRectF:
    """What a line and its ticks cover of the widget."""
    start, end = QPointF(*view.to_screen(line.x1, line.y1)), QPointF(*view.to_screen(line.x2, line.y2))
    return QRectF(start, end).normalized().adjusted(-_TICK_PX - 1, -_TICK_PX - 1, _TICK_PX + 1, _TICK_PX + 1)


def paint(painter: QPainter, view: Viewport, lines: tuple[Guide, ...], frame: QRectF) -> None:
    """Draw guides in widget pixels."""
    theme = current_theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for line in lines:
        start = QPointF(*view.to_screen(line.x1, line.y1))
        end = QPointF(*view.to_screen(line.x2, line.y2))
        if not QRectF(start, end).normalized().adjusted(-1, -1, 1, 1).intersects(frame):
            continue
        painter.setPen(QPen(theme.color("ok" if line.gap else "accent"), 1))
        painter.drawLine(QLineF(start, end))
        if line.gap:
            tick = QPointF(0, _TICK_PX) if line.y1 == line.y2 else QPointF(_TICK_PX, 0)
            for point in (start, end):
                painter.drawLine(QLineF(point - tick, point + tick))
