"""The mask that the network answered, in the colours of its classes over the picture it was given."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPixmap, qRgba
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.class_color import class_color
from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme, theme_notifier

_HEIGHT: Final = 260
_KEY: Final = 26
_SQUARE: Final = 10.0
_OVER: Final = 150 / 255
"""How much of a region covers the picture."""


class MaskView(QWidget):
    """Regions of all classes but the first, which is the background; a key says which colour is which."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.mask")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._mask: QImage | None = None
        self._seen: tuple[int, ...] = ()
        self._classes: Sequence[str] = ()
        self._beneath: QPixmap | None = None
        self._over = _OVER
        theme_notifier().changed.connect(self.update)

    def set_mask(self, mask: bytes, height: int, width: int) -> None:
        """Class numbers, row by row; nothing where they do not fill the size."""
        whole = height > 0 and width > 0 and len(mask) == height * width
        self._seen = tuple(sorted(set(mask))) if whole else ()
        if whole:
            # Qt's rows begin at multiples of four bytes, so the length of a row is said.
            image = QImage(mask, width, height, width, QImage.Format.Format_Indexed8)
            colours = [class_color(number) for number in range(256)]
            image.setColorTable([0 if not number else _rgba(colour, 255) for number, colour in enumerate(colours)])
            self._mask = image.convertToFormat(QImage.Format.Format_ARGB32)  # a copy: the bytes may go
        else:
            self._mask = None
        self._say()
        self.update()

    def set_beneath(self, picture: QPixmap | None, classes: Sequence[str]) -> None:
        """The picture that the mask lies over, and the names of the classes by number."""
        self._beneath, self._classes = picture, classes
        self._say()
        self.update()

    def set_over(self, share: float) -> None:
        """How much of a region covers the picture, 0 to 1."""
        self._over = min(1.0, max(0.0, share))
        self.update()

    def over(self) -> float:
        """How much of a region covers the picture."""
        return self._over

    def has_mask(self) -> bool:
        """Whether there is anything to be seen."""
        return self._mask is not None

    def _say(self) -> None:
        names = ", ".join(self._name(number) for number in self._seen)
        self.setAccessibleName(f"Mask with {names}" if names else "Mask")

    def _name(self, number: int) -> str:
        return plain_text(self._classes[number], 40) if number < len(self._classes) else f"class {number}"

    @guarded(fallback=lambda _self: QSize(320, _HEIGHT + _KEY))
    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT + _KEY)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        mask = self._mask
        if mask is None:
            return
        with QPainter(self) as painter:
            shown = self._beneath.size() if self._beneath is not None else mask.size()
            size = shown.scaled(self.width(), self.height() - _KEY, Qt.AspectRatioMode.KeepAspectRatio)
            place = QRectF(0, 0, size.width(), size.height())
            if self._beneath is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawPixmap(place, self._beneath, QRectF(self._beneath.rect()))
            else:
                painter.fillRect(place, current_theme().color("field"))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # borders of classes are sharp
            painter.setOpacity(self._over)
            painter.drawImage(place, mask, QRectF(mask.rect()))
            painter.setOpacity(1.0)
            self._paint_key(painter, place.bottom())

    def _paint_key(self, painter: QPainter, top: float) -> None:
        font = text_font(SIZE_BODY)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        x, middle = 0.0, top + _KEY / 2 + 2
        for number in self._seen:
            if number == 0:
                continue
            words = self._name(number)
            wide = _SQUARE + 6 + metrics.horizontalAdvance(words)
            if x + wide > self.width():
                break
            painter.fillRect(QRectF(x, middle - _SQUARE / 2, _SQUARE, _SQUARE), class_color(number))
            painter.setPen(current_theme().color("text"))
            painter.drawText(
                QRectF(x + _SQUARE + 6, middle - _KEY / 2, wide, _KEY), Qt.AlignmentFlag.AlignVCenter, words
            )
            x += wide + 18


def _rgba(colour: QColor, alpha: int) -> int:
    return qRgba(colour.red(), colour.green(), colour.blue(), alpha)
