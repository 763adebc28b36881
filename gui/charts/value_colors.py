"""Values as colours: from nothing (the panel) to much (bright); orange above zero and blue below where both occur."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from gui.charts.relevance import AGAINST, FOR
from gui.widgets.theme import current_theme

Floats = NDArray[np.float32]

ABOVE: Final = FOR
BELOW: Final = AGAINST


def values_image(values: Floats, low: float, high: float) -> QImage:
    """A picture with a point for each value (rows × columns); `low` and `high` are what full colour stands for.

    Where `low` is below 0 the scale is the same on both sides of it. What is not finite is red.
    """
    rows, columns = values.shape
    if not rows or not columns:
        return QImage()
    data = np.ascontiguousarray(_rgb(values, low, high))
    return QImage(data.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()


def value_color(value: float, low: float, high: float) -> QColor:
    """The colour of one value."""
    red, green, blue = _rgb(np.array([[value]], np.float32), low, high)[0, 0].tolist()
    return QColor(red, green, blue)


def _rgb(values: Floats, low: float, high: float) -> NDArray[np.uint8]:
    theme = current_theme()
    nothing = _channels(theme.color("field"))
    signed = low < 0
    top = max(abs(low), abs(high)) if signed else high - low
    shown = np.nan_to_num(values.astype(np.float32) - (0.0 if signed else low))
    level = np.clip(shown / (top or 1.0), -1, 1)
    above = _channels(QColor(ABOVE)) if signed else _channels(theme.color("text"))
    below = _channels(QColor(BELOW))
    end = np.where((level < 0)[..., None], below, above)
    strength = np.abs(level)[..., None] ** 0.85
    rgb = nothing + (end - nothing) * strength
    rgb[~np.isfinite(values)] = _channels(theme.color("error"))
    found: NDArray[np.uint8] = np.round(rgb).astype(np.uint8)
    return found


def _channels(color: QColor) -> NDArray[Any]:
    return np.array([color.red(), color.green(), color.blue()], np.float32)
