"""Small signs for points of different classes: told apart by shape as well as by colour."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

MANY: Final = 64
"""More points than this are stamped: a shape drawn anew takes fifty times as long as its picture."""


def draw_points(
    painter: QPainter, places: Sequence[Sequence[float]], group: int, color: QColor, outline: QColor, size: float
) -> None:
    """Draw points of one group around (x, y) pixels; `size` is about their diameter."""
    if len(places) > MANY:
        ratio = painter.device().devicePixelRatio()
        stamp = _stamp(group % len(_SHAPES), color.rgba(), outline.rgba(), size, ratio)
        half = stamp.width() / ratio / 2
        for x, y in places:
            painter.drawImage(QPointF(round((x - half) * ratio) / ratio, round((y - half) * ratio) / ratio), stamp)
        return
    painter.setPen(QPen(outline, max(0.7, size / 8)))
    painter.setBrush(color)
    draw = _SHAPES[group % len(_SHAPES)]
    for x, y in places:
        draw(painter, QPointF(x, y), size / 2)


@lru_cache(maxsize=64)
def _stamp(shape: int, color: int, outline: int, size: float, ratio: float) -> QImage:
    side = math.ceil(size * 1.4) + 4
    image = QImage(round(side * ratio), round(side * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor.fromRgba(outline), max(0.7, size / 8)))
        painter.setBrush(QColor.fromRgba(color))
        _SHAPES[shape](painter, QPointF(side / 2, side / 2), size / 2)
    return image


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
