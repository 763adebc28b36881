"""A sheet of small pictures of one size, row under row, as large as there is room."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier

_GAP: Final = 3.0
_TABLE: Final = 8
_ASIDE: Final = 10.0
_WIDEST_WORDS: Final = 110.0


class PictureSheet(QWidget):
    """Pictures uint8 (N, height, width, 1 or 3); `captions` stand before the rows where there are any."""

    def __init__(self, *, name: str = "", spoken: str = "Pictures", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._spoken = spoken
        self._images: list[QImage] = []
        self._across = 1
        self.captions: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(spoken)
        theme_notifier().changed.connect(self.update)

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return len(self._images)

    def set_captions(self, captions: Sequence[str]) -> None:
        """What stands before each row."""
        self.captions = tuple(captions)
        self._describe()
        self.update()

    def set_pictures(self, pictures: NDArray[np.uint8], across: int) -> None:
        """Show these, so many in a row; nothing where they have another form."""
        fits = pictures.ndim == 4 and pictures.shape[3] in (1, 3) and pictures.dtype == np.uint8 and pictures.size > 0
        self._images = [_image(item) for item in pictures] if fits else []
        self._across = max(1, across)
        self._describe()
        self.update()

    def places(self) -> list[QRectF]:
        """Where each picture lies: whole pixels, with the form kept."""
        if not self._images:
            return []
        rows = -(-len(self._images) // self._across)
        height, width = self._images[0].height(), self._images[0].width()
        left = self._words_width()
        wide = max(1.0, self.width() - left) / self._across - _GAP
        high = max(1.0, float(self.height())) / rows - _GAP
        scale = max(min(wide / width, high / height), 1.0 / max(width, height))
        w, h = max(1.0, float(int(width * scale))), max(1.0, float(int(height * scale)))
        x0 = left + max(0.0, (self.width() - left - self._across * (w + _GAP) + _GAP) / 2)
        y0 = max(0.0, (self.height() - rows * (h + _GAP) + _GAP) / 2)
        return [
            QRectF(
                round(x0 + number % self._across * (w + _GAP)), round(y0 + number // self._across * (h + _GAP)), w, h
            )
            for number in range(len(self._images))
        ]

    @guarded(fallback=lambda _self: QSize(320, 200))
    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    @guarded(fallback=lambda _self: QSize(120, 80))
    def minimumSizeHint(self) -> QSize:
        return QSize(120, 80)

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        places = self.places()
        with QPainter(self) as painter:
            # What has a handful of points is a table of numbers, as a filter of 3 x 3: each is seen by itself.
            smooth = any(max(image.width(), image.height()) > _TABLE for image in self._images)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            for place, image in zip(places, self._images, strict=True):
                painter.drawImage(place, image)
            if self.captions and places:
                self._paint_captions(painter, places)

    def _paint_captions(self, painter: QPainter, places: list[QRectF]) -> None:
        painter.setFont(text_font(SIZE_SMALL))
        painter.setPen(current_theme().color("dim"))
        metrics = QFontMetricsF(painter.font())
        room = self._words_width() - _ASIDE
        for row, words in enumerate(self.captions[: -(-len(places) // self._across)]):
            place = places[row * self._across]
            shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
            box = QRectF(place.left() - _ASIDE - room, place.top(), room, place.height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), shown)

    def _words_width(self) -> float:
        if not self.captions:
            return 0.0
        metrics = QFontMetricsF(text_font(SIZE_SMALL))
        return min(_WIDEST_WORDS, max(metrics.horizontalAdvance(words) for words in self.captions) + 1) + _ASIDE

    def _describe(self) -> None:
        words = f" of {', '.join(self.captions)}" if any(self.captions) else ""
        self.setAccessibleDescription(f"{len(self._images)} pictures{words}")


def _image(picture: NDArray[Any]) -> QImage:
    height, width, channels = picture.shape
    data = np.ascontiguousarray(picture)
    form = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    return QImage(data.data, width, height, width * channels, form).copy()  # copied: `data` goes
