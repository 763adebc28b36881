"""Curves of a series on its card: on one scale where that shows something, else each on its own."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from gui.charts.series_style import COLORS
from gui.samples.drawn import draw_curves

HEIGHT = 100


def heights(*channels: np.ndarray) -> list[float]:
    """How much of the room's height each channel takes when they are drawn."""
    bands = np.stack([np.stack([line, line], axis=1) for line in channels]).astype("<f4")
    image = QImage(200, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(0)
    with QPainter(image) as painter:
        draw_curves(painter, QRectF(0, 0, 200, HEIGHT), bands.tobytes(), len(channels))
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(HEIGHT, 200, 4)[..., 2::-1].astype(int)
    found = []
    for number in range(len(channels)):
        color = QColor(COLORS[number])
        wanted = np.array([color.red(), color.green(), color.blue()])
        (rows,) = np.nonzero((np.abs(pixels - wanted) < 40).all(axis=2).any(axis=1))
        found.append((rows.max() - rows.min() + 1) / HEIGHT if len(rows) else 0.0)
    return found


@pytest.mark.usefixtures("qtbot")
def test_a_small_channel_beside_a_large_one_has_a_scale_of_its_own() -> None:
    line = np.sin(np.linspace(0, 12, 60))
    temperature, pressure, still = 10 + 8 * line, 1016 + 3 * line[::-1], np.full(60, 5.0)
    first, second, third = heights(temperature, pressure, still)
    assert first > 0.8 and second > 0.8 and third < 0.1


def test_channels_of_like_size_stay_on_one_scale(qtbot: QtBot) -> None:
    line = np.sin(np.linspace(0, 12, 60))
    large, half = heights(line, 0.5 * line + 0.1)
    assert large > 0.8 and 0.35 < half < 0.65
