"""Draws over the canvas what a repair would do: new cards and links translucent, what goes struck out."""

from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen

from engine.document.data_spec import DataSpec
from engine.document.graph import Edge
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.gestures.connect import paint_label
from gui.design.canvas.new_card import new_card
from gui.design.canvas.painter import GraphPainter
from gui.design.canvas.sprites import paint_card
from gui.design.canvas.viewport import Box, Viewport
from gui.design.ghost import Ghost
from gui.widgets.fonts import text_font
from gui.widgets.theme import current_theme
from gui.widgets.tokens import CARD_RADIUS

_OPACITY: Final = 0.6


class GhostPainter:
    """Holds one ghost with the faces of its new nodes."""

    def __init__(self, ghost: Ghost, data: DataSpec) -> None:
        self.ghost = ghost
        self._faces = {node.id: new_card(node, data) for node in ghost.added}
        self._places = {node.id: (node.x, node.y) for node in ghost.added}

    def extent(self, geometry: Geometry) -> Box | None:
        """The box around everything that would change on the canvas; None when nothing would."""
        boxes: list[Box] = []
        for node_id, face in self._faces.items():
            x, y = self._places[node_id]
            boxes.append((x, y, x + face.width, y + face.height))
        touched = {*self.ghost.removed, *self.ghost.changed, *(key[0] for key in self.ghost.unlinked)}
        touched |= {end for edge in self.ghost.linked for end in (edge.source, edge.target)}
        box = geometry.extent(geometry.rows(sorted(touched)))
        if box is not None:
            boxes.append(box)
        if not boxes:
            return None
        left, top, right, bottom = zip(*boxes, strict=True)
        return min(left), min(top), max(right), max(bottom)

    def paint(
        self, painter: QPainter, view: Viewport, geometry: Geometry, graph_painter: GraphPainter, frame: QRectF
    ) -> None:
        """Draw in widget pixels."""
        self._paint_going(painter, view, geometry, graph_painter)
        self._paint_links(painter, view, geometry)
        self._paint_added(painter, view)
        self._paint_changed(painter, view, geometry)
        box = self.extent(geometry)
        left, top, right, bottom = view.visible(frame.width(), frame.height())
        where = " It changes what is not on the canvas." if self.ghost.elsewhere else ""
        if box is not None and (box[0] > right or box[2] < left or box[1] > bottom or box[3] < top):
            where = " It is outside the view: a click on the problem goes there."
        paint_label(painter, f"Preview: {self.ghost.title}.{where}", frame.center().x() - 140, 12, frame, "accent")

    def _paint_going(self, painter: QPainter, view: Viewport, geometry: Geometry, graph_painter: GraphPainter) -> None:
        theme = current_theme()
        links = [geometry.link_of[key] for key in self.ghost.unlinked if key in geometry.link_of]
        rows = [geometry.row_of[node_id] for node_id in self.ghost.removed if node_id in geometry.row_of]
        links += geometry.links_of(rows).tolist()
        if links:
            graph_painter.stroke(painter, view, np.array(sorted(set(links))), theme.color("error"), 2.2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = theme.color("background")
        veil.setAlphaF(0.6)
        for row in rows:
            rect = _on_screen(view, *geometry.boxes[row].tolist())
            painter.setBrush(veil)
            painter.setPen(QPen(theme.color("error"), 1.6, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(rect, CARD_RADIUS * view.zoom, CARD_RADIUS * view.zoom)
            painter.drawLine(rect.bottomLeft(), rect.topRight())

    def _paint_links(self, painter: QPainter, view: Viewport, geometry: Geometry) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(current_theme().color("ok"), 2, Qt.PenStyle.DashLine))
        for edge in self.ghost.linked:
            ends = self._ends(edge, geometry)
            if ends is not None:
                painter.drawPath(_curve(QPointF(*view.to_screen(*ends[0])), QPointF(*view.to_screen(*ends[1]))))

    def _ends(self, edge: Edge, geometry: Geometry) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Where a new link would begin and end."""
        points = []
        for node_id, port, output in ((edge.source, edge.output, True), (edge.target, edge.input, False)):
            face = self._faces.get(node_id)
            if face is not None:
                x, y = self._places[node_id]
                dx, dy = face.output_place(port) if output else face.input_place(port)
                points.append((x + dx, y + dy))
            elif node_id in geometry.row_of:
                points.append((geometry.output_point if output else geometry.input_point)(node_id, port))
            else:
                return None
        return points[0], points[1]

    def _paint_added(self, painter: QPainter, view: Viewport) -> None:
        for node_id, face in self._faces.items():
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(*view.to_screen(*self._places[node_id]))
            painter.scale(view.zoom, view.zoom)
            painter.setOpacity(_OPACITY)
            paint_card(painter, face, view.zoom)
            painter.setOpacity(1.0)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(current_theme().color("ok"), 2 / min(1.0, view.zoom), Qt.PenStyle.DashLine))
            painter.drawRoundedRect(QRectF(0, 0, face.width, face.height), CARD_RADIUS, CARD_RADIUS)
            painter.restore()

    def _paint_changed(self, painter: QPainter, view: Viewport, geometry: Geometry) -> None:
        theme = current_theme()
        font = text_font(12)
        metrics = QFontMetricsF(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font)
        for node_id, words in self.ghost.changed.items():
            row = geometry.row_of.get(node_id)
            if row is None:
                continue
            rect = _on_screen(view, *geometry.boxes[row].tolist())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("ok"), 2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(rect.adjusted(-3, -3, 3, 3), CARD_RADIUS + 2, CARD_RADIUS + 2)
            width = max(metrics.horizontalAdvance(line) for line in words) + 16
            height = metrics.height() * len(words) + 8
            label = QRectF(rect.left(), rect.bottom() + 6, width, height)
            painter.setPen(QPen(theme.color("ok"), 1))
            painter.setBrush(theme.color("panel"))
            painter.drawRoundedRect(label, 6, 6)
            painter.setPen(theme.color("text"))
            painter.drawText(label.adjusted(8, 4, -8, -4), Qt.AlignmentFlag.AlignLeft, "\n".join(words))


def _on_screen(view: Viewport, x: float, y: float, width: float, height: float) -> QRectF:
    left, top = view.to_screen(x, y)
    return QRectF(left, top, width * view.zoom, height * view.zoom)


def _curve(start: QPointF, end: QPointF) -> QPainterPath:
    handle = min(180.0, max(24.0, abs(end.x() - start.x()) * 0.5, abs(end.y() - start.y()) * 0.3))
    path = QPainterPath(start)
    path.cubicTo(QPointF(start.x() + handle, start.y()), QPointF(end.x() - handle, end.y()), end)
    return path
