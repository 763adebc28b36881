"""Hands numpy memory straight to QPainter, so that ten thousand shapes are drawn in one call.

The array must stay alive until the call returns, hold what Qt's type holds and be C-contiguous; these functions see to
it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from shiboken6 import Shiboken

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Rects:
    """Rectangles given as rows of (x, y, width, height), to be drawn a part at a time with the painter's brush.

    On a pixmap those without a pen fill whole pixels: Qt does that three times as fast, as long as nothing is scaled.
    """

    def __init__(self, painter: QPainter, rects: Floats) -> None:
        self._painter = painter
        self._whole = _fills_pixels(painter)
        self._memory: NDArray[Any]
        if not self._whole:
            self._memory = np.ascontiguousarray(rects, dtype=np.float64)
            return
        transform = painter.worldTransform()
        corners = rects.copy()
        corners[:, 2:] += corners[:, :2]
        if transform.isScaling():
            corners *= (transform.m11(), transform.m22()) * 2
        corners += (transform.dx() + 0.5, transform.dy() + 0.5) * 2
        memory = np.floor(corners, out=corners).astype(np.int32)  # as QRect holds them: corners, both of them inside
        np.maximum(memory[:, 2:] - 1, memory[:, :2], out=memory[:, 2:])
        self._memory = memory

    def draw(self, first: int = 0, last: int | None = None) -> None:
        """Draw the rows from `first` up to `last`."""
        part = self._memory[first:last]
        if not len(part):
            return
        if self._whole:
            _fill_whole(self._painter, part)
        else:
            self._painter.drawRects(Shiboken.wrapInstance(part.ctypes.data, QRectF), len(part))  # type: ignore[call-overload]


def draw_rects(painter: QPainter, rects: Floats) -> None:
    """Draw rectangles given as rows of (x, y, width, height)."""
    if len(rects):
        Rects(painter, rects).draw()


def fill_level(painter: QPainter, lines: Floats, thickness: float) -> None:
    """Fill lines (x1, y1, x2, y2) that are level but for a pixel: a third of what drawing them costs."""
    if not len(lines):
        return
    if not _fills_pixels(painter):
        rects = np.empty_like(lines)
        np.minimum(lines[:, 0], lines[:, 2], out=rects[:, 0])
        rects[:, 1] = (lines[:, 1] + lines[:, 3]) / 2
        np.abs(lines[:, 2] - lines[:, 0], out=rects[:, 2])
        rects[:, 3] = thickness
        draw_rects(painter, rects)
        return
    transform = painter.worldTransform()
    ends = lines * ((transform.m11(), transform.m22() / 2) * 2)
    ends += (transform.dx() + 0.5, transform.dy() / 2) * 2
    memory = np.empty((len(lines), 4), np.int32)
    memory[:, 0] = np.minimum(ends[:, 0], ends[:, 2])
    memory[:, 2] = np.maximum(ends[:, 0], ends[:, 2])
    memory[:, 1] = memory[:, 3] = ends[:, 1] + ends[:, 3]
    _fill_whole(painter, memory)


def _fills_pixels(painter: QPainter) -> bool:
    device = painter.device()
    return (
        isinstance(device, QPixmap | QImage)
        and device.devicePixelRatio() == 1
        and painter.pen().style() is Qt.PenStyle.NoPen
        and not painter.testRenderHint(QPainter.RenderHint.Antialiasing)
        and not painter.worldTransform().isRotating()
    )


def _fill_whole(painter: QPainter, corners: NDArray[np.int32]) -> None:
    transform = painter.worldTransform()
    painter.resetTransform()
    painter.drawRects(Shiboken.wrapInstance(corners.ctypes.data, QRect), len(corners))  # type: ignore[call-overload]
    painter.setWorldTransform(transform)


def draw_lines(painter: QPainter, lines: Floats) -> None:
    """Draw straight lines given as rows of (x1, y1, x2, y2)."""
    count = len(lines)
    if count:
        memory = np.ascontiguousarray(lines, dtype=np.float64)
        painter.drawLines(Shiboken.wrapInstance(memory.ctypes.data, QLineF), count)  # type: ignore[call-overload]


def draw_polylines(painter: QPainter, points: Floats) -> None:
    """Draw curves given as (curve, point, 2), segment by segment."""
    if len(points):
        lines = np.concatenate((points[:, :-1], points[:, 1:]), axis=2)
        draw_lines(painter, lines.reshape(-1, 4))
