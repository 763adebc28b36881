"""Hands numpy memory straight to QPainter, so that ten thousand shapes are drawn in one call.

The array must stay alive until the call returns, hold float64 and be C-contiguous; these functions see to it.
"""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter
from shiboken6 import Shiboken

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def draw_rects(painter: QPainter, rects: Floats) -> None:
    """Draw rectangles given as rows of (x, y, width, height)."""
    count = len(rects)
    if count:
        memory = np.ascontiguousarray(rects, dtype=np.float64)
        painter.drawRects(Shiboken.wrapInstance(memory.ctypes.data, QRectF), count)  # type: ignore[call-overload]


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
