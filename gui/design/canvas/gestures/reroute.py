"""Leading a link through points: pulling at it adds one, a point is dragged to where the link shall pass."""

from collections.abc import Sequence

import msgspec
import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from engine.document.edits import Route
from engine.document.graph import Edge, InputKey, Point
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.gestures.gesture import Gesture, Pointer, Surface, moved_far
from gui.design.canvas.gestures.move import SNAP
from gui.design.canvas.viewport import Viewport
from gui.widgets.theme import current_theme

_RADIUS_PX = 4.5


class Reroute(Gesture):
    """Begins on a link, to which it adds a point once the pointer has gone some pixels (at once with `now`), or on a
    point of it."""

    cursor = Qt.CursorShape.SizeAllCursor
    auto_pans = True

    def __init__(
        self, surface: Surface, pointer: Pointer, link: InputKey, point: int | None = None, *, now: bool = False
    ) -> None:
        super().__init__(surface, pointer)
        geometry = surface.geometry_store
        self._link = link
        self._before: Edge = geometry.edges[geometry.link_of[link]]
        self._adds = point is None
        self._place = place_for(geometry, link, pointer.x, pointer.y) if point is None else point
        self._via = self._before.via
        self._dragging = False  # set once the pointer has gone far enough
        self.shown: tuple[InputKey, int] | None = None if point is None else (link, point)
        """The point that is dragged."""
        if now and not surface.project.read_only:
            self._take(pointer)

    def move(self, pointer: Pointer) -> None:
        if not self._dragging and (not moved_far(self.start, pointer) or self.surface.project.read_only):
            return
        self._take(pointer)

    def _take(self, pointer: Pointer) -> None:
        self._dragging = True
        self.shown = (self._link, self._place)
        x, y = pointer.x, pointer.y
        if not pointer.alt or (self._adds and (pointer.x, pointer.y) == (self.start.x, self.start.y)):
            x, y = round(x / SNAP) * SNAP, round(y / SNAP) * SNAP
        via = self._before.via
        rest = via[self._place :] if self._adds else via[self._place + 1 :]
        self._via = (*via[: self._place], (x, y), *rest)
        self._lead(self._via)

    def commit(self, pointer: Pointer) -> None:
        if not self._dragging:
            return
        via = self._via
        self._lead(self._before.via)
        if via != self._before.via:
            self.surface.do(Route(target=self._link[0], input=self._link[1], via=via))

    def cancel(self) -> None:
        self.shown = None if self._adds else self.shown
        if self._dragging:
            self._lead(self._before.via)

    def paint(self, painter: QPainter) -> None:
        surface, geometry = self.surface, self.surface.geometry_store
        row = geometry.link_of.get(self._link)
        if row is not None:
            surface.graph_painter.stroke(painter, surface.view, np.array([row]), current_theme().color("accent"), 3.0)
            paint_points(painter, surface.view, geometry.edges[row].via, self._place if self._dragging else None)

    def _lead(self, via: tuple[Point, ...]) -> None:
        geometry = self.surface.geometry_store
        row = geometry.link_of.get(self._link)
        if row is None:
            return
        before = geometry.bounds[row].tolist()
        geometry.link(msgspec.structs.replace(self._before, via=via))
        geometry.resolve(np.array([row]))
        after = geometry.bounds[row].tolist()
        # The shape that stands on the link reaches over its bounds.
        self.surface.redraw([(box[0] - 60, box[1] - 24, box[2] + 60, box[3] + 24) for box in (before, after)])
        self.surface.redraw_overlay(None)


def paint_points(painter: QPainter, view: Viewport, via: Sequence[Point], chosen: int | None) -> None:
    """The points of a link as small rings; the chosen one is filled and larger."""
    accent, ground = current_theme().color("accent"), current_theme().color("background")
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(accent, 2))
    for number, place in enumerate(via):
        painter.setBrush(accent if number == chosen else ground)
        radius = _RADIUS_PX + (1.5 if number == chosen else 0.0)
        painter.drawEllipse(QPointF(*view.to_screen(*place)), radius, radius)


def place_for(geometry: Geometry, link: InputKey, x: float, y: float) -> int:
    """Between which of a link's points a new one at (x, y), on the link, comes: its number among them."""
    row = geometry.link_of[link]
    edge = geometry.edges[row]
    if not edge.via:
        return 0
    for _links, curves in geometry.curves(np.array([row])):
        curve = curves[0]
        along = int(np.hypot(curve[:, 0] - x, curve[:, 1] - y).argmin())
        points = np.array(edge.via)
        passed = np.hypot(curve[:, None, 0] - points[:, 0], curve[:, None, 1] - points[:, 1]).argmin(axis=0)
        return int((passed < along).sum())
    return len(edge.via)
