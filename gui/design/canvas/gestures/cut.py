"""Cutting links with a stroke of the right button while Ctrl is held."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from engine.document.edits import Disconnect, Edit
from engine.document.graph import InputKey
from gui.design.canvas.arrays import Floats, Mask
from gui.design.canvas.gestures.gesture import Gesture, Pointer, Surface
from gui.design.graph_edits import batch
from gui.widgets.fonts import text_font
from gui.widgets.theme import current_theme


class Cut(Gesture):
    """Every link the stroke crosses is removed, as one step."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, surface: Surface, pointer: Pointer) -> None:
        super().__init__(surface, pointer)
        self._points: list[tuple[float, float]] = [(pointer.x, pointer.y)]
        self._crossed: dict[InputKey, None] = {}

    def move(self, pointer: Pointer) -> None:
        last = self._points[-1]
        self._points.append((pointer.x, pointer.y))
        self._cross(last, (pointer.x, pointer.y))
        self.surface.redraw_overlay(None)

    def commit(self, pointer: Pointer) -> None:
        edits: list[Edit] = [Disconnect(target=target, input=port) for target, port in self._crossed]
        if edits:
            count = len(edits)
            self.surface.do(batch(f"Cut {count} links" if count > 1 else "Cut link", edits))
        self.surface.redraw_overlay(None)

    def cancel(self) -> None:
        self.surface.redraw_overlay(None)

    def paint(self, painter: QPainter) -> None:
        theme, view = current_theme(), self.surface.view
        geometry = self.surface.geometry_store
        rows = [geometry.link_of[key] for key in self._crossed if key in geometry.link_of]
        if rows:
            self.surface.graph_painter.stroke(painter, view, np.array(rows), theme.color("error"), 2.6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("error"), 1.5, Qt.PenStyle.DashLine))
        points = [QPointF(*view.to_screen(x, y)) for x, y in self._points]
        painter.drawPolyline(QPolygonF(points))
        if rows and points:
            painter.setFont(text_font(12))
            painter.setPen(theme.color("error_text"))
            words = "1 link" if len(rows) == 1 else f"{len(rows)} links"
            painter.drawText(QRectF(points[-1].x() + 12, points[-1].y() - 22, 120, 20), words)

    def _cross(self, a: tuple[float, float], b: tuple[float, float]) -> None:
        geometry = self.surface.geometry_store
        box = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
        near = geometry.links_in(box)
        if not len(near):
            return
        geometry.resolve(near)
        for links, points in geometry.curves(near):
            for link in links[_meets(points, a, b)].tolist():
                edge = geometry.edges[link]
                self._crossed[(edge.target, edge.input)] = None


def _meets(points: Floats, a: tuple[float, float], b: tuple[float, float]) -> Mask:
    """Which of the polylines (curve, point, 2) the straight line from a to b crosses."""
    start, end = points[:, :-1], points[:, 1:]

    def side(
        p: Floats | tuple[float, float], q: Floats | tuple[float, float], r: Floats | tuple[float, float]
    ) -> Floats:
        p, q, r = np.asarray(p), np.asarray(q), np.asarray(r)
        turn: Floats = (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (
            r[..., 0] - p[..., 0]
        )
        return turn

    apart_line = side(a, b, start) * side(a, b, end) <= 0
    apart_curve = side(start, end, a) * side(start, end, b) <= 0
    crossed: Mask = np.any(apart_line & apart_curve, axis=1)
    return crossed
