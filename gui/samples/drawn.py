"""Paints what the engine made of a value: a picture with its mask, curves, or words."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QTextLayout,
    QTextOption,
)

from engine.protocol.messages.data import SampleCard, Shown
from gui.charts.series_style import COLORS
from gui.samples.class_colours import class_color
from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.plain_text import plain_lines
from gui.widgets.theme import current_theme

MASK_ALPHA: Final = 130
FLAT: Final = 1 / 8
"""Of the height; a channel that fills less of it on the common scale shows nothing."""
Bands = npt.NDArray[np.float32]
"""Channels × points × 2: the least and the largest value."""
SMALL: Final = 64
"""Pictures up to this side are shown as the squares they are made of when they are enlarged."""


def picture_of(value: SampleCard | Shown, colors: Sequence[QColor] = ()) -> QImage | None:
    """The picture, with its mask in the colours of the classes over it (class 0 stays clear); None without one."""
    width, height = value.width, value.height
    if width <= 0 or height <= 0:
        return None
    has_mask = len(value.mask) == width * height
    if len(value.rgb) == width * height * 3:
        image = QImage(value.rgb, width, height, width * 3, QImage.Format.Format_RGB888)
        if has_mask:
            image = image.convertToFormat(QImage.Format.Format_RGB32)
            with QPainter(image) as painter:
                painter.drawImage(0, 0, mask_image(value.mask, width, height, colors, MASK_ALPHA, clear=True))
        return image
    if has_mask:
        return mask_image(value.mask, width, height, colors, 255, clear=False)
    return None


def mask_image(mask: bytes, width: int, height: int, colors: Sequence[QColor], alpha: int, *, clear: bool) -> QImage:
    """A mask in the colours of its classes; with `clear` class 0 is transparent."""
    table = np.zeros((256, 4), np.uint8)
    for number in range(256):
        color = colors[number] if number < len(colors) else class_color(number)
        table[number] = (color.blue(), color.green(), color.red(), alpha)
    table[0] = (0, 0, 0, 0) if clear else (30, 24, 20, 255)
    pixels = np.ascontiguousarray(table[np.frombuffer(mask, np.uint8)])
    return QImage(pixels.tobytes(), width, height, width * 4, QImage.Format.Format_ARGB32).copy()


def draw_picture(painter: QPainter, rect: QRectF, image: QImage) -> QRectF:
    """The whole picture in the middle of the room, a small one in whole and half steps; returns where it is."""
    scale = min(rect.width() / image.width(), rect.height() / image.height())
    small = max(image.width(), image.height()) < SMALL
    if small and scale >= 1:
        scale = max(1.0, int(scale * 2) / 2)  # keeps the squares of a tiny picture equal
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not small or scale < 1.5)
    shown = QRectF(0, 0, image.width() * scale, image.height() * scale)
    shown.moveCenter(rect.center())
    painter.drawImage(shown, image)
    return shown


def draw_curves(painter: QPainter, rect: QRectF, curve: bytes, channels: int) -> None:
    """Least and largest values as filled bands, one for each channel, on one scale around its middle.

    Channels of so different sizes that one of them would be flat, as pressure beside temperature, have a scale each.
    """
    values = np.frombuffer(curve, "<f4")
    if channels <= 0 or len(values) == 0 or len(values) % (2 * channels):
        return
    bands = values.reshape(channels, -1, 2)
    if _of_different_sizes(bands):
        bands = _each_its_own(bands)
    low, high = float(bands.min()), float(bands.max())
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)  # silence lies in the middle
    if high - low < 1e-12:
        low, high = low - 1, high + 1
    theme = current_theme()
    points = bands.shape[1]
    painter.setPen(QPen(theme.color("grid"), 1))
    middle = rect.bottom() - (0 - low) / (high - low) * rect.height() if low <= 0 <= high else rect.bottom()
    painter.drawLine(QPointF(rect.left(), middle), QPointF(rect.right(), middle))
    across = rect.left() + (np.arange(points) + 0.5) * rect.width() / points
    for number, band in enumerate(bands):
        color = theme.color("family.data") if channels == 1 else QColor(COLORS[number % len(COLORS)])
        down = rect.bottom() - (band - low) / (high - low) * rect.height()
        painter.setPen(QPen(color, 1.2))
        if bool((band[:, 0] == band[:, 1]).all()):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(across, down[:, 0], strict=True)]))
            continue
        above = [QPointF(x, y) for x, y in zip(across, down[:, 1] - 0.5, strict=True)]
        below = [QPointF(x, y) for x, y in zip(across[::-1], down[::-1, 0] + 0.5, strict=True)]
        painter.setBrush(color)
        painter.setPen(QPen(color, 0.6))
        painter.drawPolygon(QPolygonF(above + below))


def _of_different_sizes(bands: Bands) -> bool:
    """Whether some channel that changes at all would fill less than an eighth of the height on the scale of all."""
    own = bands.max(axis=(1, 2)) - bands.min(axis=(1, 2))
    whole = float(bands.max()) - float(bands.min())
    changing = own[own > 1e-6 * max(whole, 1e-12)]
    return len(bands) > 1 and len(changing) > 0 and float(changing.min()) < FLAT * whole


def _each_its_own(bands: Bands) -> Bands:
    """Each channel from 0 to 1; one that never changes in the middle."""
    low = bands.min(axis=(1, 2), keepdims=True)
    own = bands.max(axis=(1, 2), keepdims=True) - low
    return np.where(own > 0, (bands - low) / np.where(own > 0, own, 1), np.float32(0.5)).astype(np.float32)


def draw_words(painter: QPainter, rect: QRectF, text: str, *, size: int = SIZE_BODY) -> None:
    """Text, wrapped at the room's width; what does not fit ends in an ellipsis."""
    font = text_font(size)
    painter.setFont(font)
    painter.setPen(current_theme().color("text"))
    metrics = QFontMetricsF(font, painter.device())
    step = metrics.lineSpacing()
    room = max(1, int(rect.height() // step))
    top, drawn = rect.top(), 0
    lines = plain_lines(text, 4000).split("\n")
    for number, paragraph in enumerate(lines):
        layout = QTextLayout(paragraph, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(rect.width())
            drawn += 1
            start, end = line.textStart(), line.textStart() + line.textLength()
            more = end < len(paragraph) or number < len(lines) - 1
            if drawn == room and more:
                rest = paragraph[start:] + (" …" if number < len(lines) - 1 else "")
                last = metrics.elidedText(rest.rstrip(), Qt.TextElideMode.ElideRight, rect.width())
                painter.drawText(QRectF(rect.left(), top, rect.width(), step), int(Qt.AlignmentFlag.AlignLeft), last)
                layout.endLayout()
                return
            painter.drawText(
                QRectF(rect.left(), top, rect.width() + 2, step), int(Qt.AlignmentFlag.AlignLeft), paragraph[start:end]
            )
            top += step
        layout.endLayout()


def draw_badge(painter: QPainter, corner: QPointF, text: str, color: QColor, on: QColor) -> None:
    """A small round badge with a sign in it, its middle at `corner`."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(corner, 9, 9)
    if text == "✓":
        path = QPainterPath(QPointF(corner.x() - 4, corner.y()))
        path.lineTo(corner.x() - 1, corner.y() + 3)
        path.lineTo(corner.x() + 4, corner.y() - 3)
        painter.setPen(QPen(on, 1.8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
    else:
        painter.setPen(on)
        painter.setFont(text_font(11, QFont.Weight.DemiBold))
        painter.drawText(QRectF(corner.x() - 9, corner.y() - 9, 18, 18), Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
