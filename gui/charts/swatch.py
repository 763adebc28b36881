"""A short piece of a curve, for legends and read-outs: colour, dash and marker as in the chart."""

import math
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.charts.series_style import SeriesStyle

WIDTH: Final = 20


def draw_swatch(painter: QPainter, rect: QRectF, style: SeriesStyle, *, dim: bool = False) -> None:
    """Draw it in the middle of `rect`; `dim` for a curve that is hidden."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = QColor(style.color)
    color.setAlphaF(0.3 if dim else 1.0)
    pen = QPen(color, 2)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if style.dash:
        pen.setDashPattern(list(style.dash))
    painter.setPen(pen)
    y = rect.center().y()
    painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
    draw_marker(painter, rect.center(), style.marker, color)
    painter.restore()


def draw_marker(painter: QPainter, center: QPointF, marker: str, color: QColor, radius: float = 3.5) -> None:
    """Draw a marker by its symbol name; an unknown or empty name draws nothing."""
    painter.setPen(QPen(color, 1.4))
    painter.setBrush(color)
    r = radius
    if marker == "o":
        painter.drawEllipse(center, r, r)
    elif marker == "s":
        painter.drawRect(QRectF(center.x() - r, center.y() - r, 2 * r, 2 * r))
    elif marker in ("x", "+"):
        painter.setPen(QPen(color, 2))
        a, b = (QPointF(r, r), QPointF(r, -r)) if marker == "x" else (QPointF(r + 1, 0), QPointF(0, r + 1))
        painter.drawLine(center - a, center + a)
        painter.drawLine(center - b, center + b)
    elif marker in ("t", "d", "p", "star"):
        corners = {"t": 3, "d": 4, "p": 5, "star": 10}[marker]
        turn = math.pi / 2
        points = [
            QPointF(math.cos(turn + 2 * math.pi * i / corners), -math.sin(turn + 2 * math.pi * i / corners))
            * ((r + 1) * (0.45 if marker == "star" and i % 2 else 1.0))
            for i in range(corners)
        ]
        painter.drawPolygon(QPolygonF([center + point for point in points]))
