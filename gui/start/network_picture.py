"""A network as small as on a card: its nodes in the colours of their families, and the links between them."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from engine.catalog.registry import layer_type
from engine.document.graph import Graph
from gui.design.families import color_name
from gui.widgets.theme import current_theme
from gui.widgets.tokens import mix

_CARD: Final = (168.0, 64.0)
_LARGEST: Final = 0.17
"""Pixels for a unit of the canvas, so that three nodes do not fill a card."""
_FLATTEST: Final = 2.2
"""How much closer a drawing may come in its longer direction."""


@dataclass(frozen=True, slots=True)
class NetworkPicture:
    """Places and colours, computed once: `nodes` are (x, y, colour), `links` are pairs of places in it."""

    nodes: tuple[tuple[float, float, str], ...]
    links: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, graph: Graph) -> "NetworkPicture":
        """The picture of a graph as it is drawn."""
        rows = {node_id: row for row, node_id in enumerate(graph.nodes)}
        nodes = []
        for node in graph.nodes.values():
            kind = layer_type(node.type)
            color = "block" if node.type == "Block" else color_name(kind.family) if kind is not None else "shape"
            nodes.append((node.x, node.y, color))
        links = [(rows[edge.source], rows[edge.target]) for edge in graph.edges if edge.source in rows]
        return cls(tuple(nodes), tuple(links))

    def draw(self, painter: QPainter, room: QRectF) -> None:
        """Fit it into `room`, in the middle."""
        if not self.nodes:
            return
        theme = current_theme()
        left, top = min(x for x, _, _ in self.nodes), min(y for _, y, _ in self.nodes)
        width = max(x for x, _, _ in self.nodes) - left + _CARD[0]
        height = max(y for _, y, _ in self.nodes) - top + _CARD[1]
        across = min(room.width() / width, _LARGEST)
        down = min(room.height() / height, _LARGEST)
        across, down = min(across, down * _FLATTEST), min(down, across * _FLATTEST)
        card = (max(_CARD[0] * across, 5.0), max(_CARD[1] * down, 4.0))
        x0 = room.center().x() - width * across / 2
        y0 = room.center().y() - height * down / 2
        boxes = [QRectF(x0 + (x - left) * across, y0 + (y - top) * down, card[0], card[1]) for x, y, _ in self.nodes]
        painter.setPen(QPen(mix(theme.panel, theme.color("faint"), 0.55), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for source, target in self.links:
            painter.drawPath(_link(boxes[source], boxes[target]))
        painter.setPen(Qt.PenStyle.NoPen)
        for box, (_, _, color) in zip(boxes, self.nodes, strict=True):
            painter.setBrush(mix(theme.panel, theme.family(color), 0.78))
            painter.drawRoundedRect(box, 2, 2)


def _link(source: QRectF, target: QRectF) -> QPainterPath:
    path = QPainterPath(QPointF(source.right(), source.center().y()))
    end = QPointF(target.left(), target.center().y())
    reach = max(abs(end.x() - source.right()) / 2, 4.0)
    path.cubicTo(source.right() + reach, source.center().y(), end.x() - reach, end.y(), end.x(), end.y())
    return path
