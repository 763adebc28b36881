"""Small signs for points of different classes: told apart by shape as well as by colour."""

import math
from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF


def draw_points(
    painter: QPainter, places: Iterable[tuple[float, float]], group: int, color: QColor, outline: QColor, size: float
) -> None:
    """Draw points of one group around (x, y) pixels; `size` is about their diameter."""
    painter.setPen(QPen(outline, max(1.0, size / 7)))
    painter.setBrush(color)
    draw = _SHAPES[group % len(_SHAPES)]
    for x, y in places:
        draw(painter, QPointF(x, y), size / 2)


def _circle(painter: QPainter, at: QPointF, radius: float) -> None:
    painter.drawEllipse(at, radius, radius)


def _square(painter: QPainter, at: QPointF, radius: float) -> None:
    half = radius * 0.86
    painter.drawRect(QRectF(at.x() - half, at.y() - half, 2 * half, 2 * half))


def _star(corners: int, turn: float, inner: float = 0.0) -> Callable[[QPainter, QPointF, float], None]:
    """A regular polygon, or a star where `inner` is the share of the radius its notches reach in to."""
    count = 2 * corners if inner else corners
    places = [
        (
            math.cos(turn + at * math.tau / count) * (inner if inner and at % 2 else 1.0),
            math.sin(turn + at * math.tau / count) * (inner if inner and at % 2 else 1.0),
        )
        for at in range(count)
    ]

    def draw(painter: QPainter, at: QPointF, radius: float) -> None:
        wide = radius * 1.18
        painter.drawPolygon(QPolygonF([QPointF(at.x() + wide * x, at.y() + wide * y) for x, y in places]))

    return draw


_UP: Final = -math.pi / 2
_SHAPES: Final = (_circle, _square, _star(3, _UP), _star(4, _UP), _star(3, -_UP), _star(5, _UP, 0.5), _star(6, _UP))
