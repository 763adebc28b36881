"""Hands numpy memory straight to QPainter, so that ten thousand shapes are drawn in one call.

The array must stay alive until the call returns, hold what Qt's type holds and be C-contiguous; these functions see to
it.
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from shiboken6 import Shiboken

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def draw_rects(painter: QPainter, rects: Floats) -> None:
    """Draw rectangles given as rows of (x, y, width, height). On a pixmap those without a pen fill whole pixels."""
    count = len(rects)
    if not count:
        return
    if _fills_pixels(painter):
        _fill_pixels(painter, rects)
        return
    memory = np.ascontiguousarray(rects, dtype=np.float64)
    painter.drawRects(Shiboken.wrapInstance(memory.ctypes.data, QRectF), count)  # type: ignore[call-overload]


def _fills_pixels(painter: QPainter) -> bool:
    device = painter.device()
    return (
        isinstance(device, QPixmap | QImage)
        and device.devicePixelRatio() == 1
        and painter.pen().style() is Qt.PenStyle.NoPen
        and not painter.testRenderHint(QPainter.RenderHint.Antialiasing)
        and not painter.worldTransform().isRotating()
    )


def _fill_pixels(painter: QPainter, rects: Floats) -> None:
    """Qt fills rectangles of whole numbers three times as fast as others, as long as nothing is scaled."""
    transform = painter.worldTransform()
    corners = rects.copy()
    corners[:, 2:] += corners[:, :2]
    if transform.isScaling():
        corners *= (transform.m11(), transform.m22()) * 2
    corners += (transform.dx() + 0.5, transform.dy() + 0.5) * 2
    memory = np.floor(corners, out=corners).astype(np.int32)  # as QRect holds them: the corners, both of them inside
    np.maximum(memory[:, 2:] - 1, memory[:, :2], out=memory[:, 2:])
    painter.resetTransform()
    painter.drawRects(Shiboken.wrapInstance(memory.ctypes.data, QRect), len(rects))  # type: ignore[call-overload]
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
