"""A value at one point of its way, as large as there is room: picture, curves or words, with caption and facts."""

from collections.abc import Sequence
from typing import Final

import msgspec
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.protocol.messages.data import FieldDetail, Shown
from gui.samples.drawn import draw_curves, draw_picture, draw_words, picture_of
from gui.widgets.fonts import SIZE_BODY, SIZE_MONO_SMALL, SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import plain_lines, plain_text, tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_CAPTION: Final = 18
_FACTS: Final = 16


class ShownView(QWidget):
    """`large` text is for reading from a distance; `side` is the height of the drawn part, 0 for whatever there is."""

    def __init__(self, *, side: int = 0, large: bool = False, name: str = "") -> None:
        super().__init__()
        self._shown = Shown()
        self._caption = ""
        self._image: QImage | None = None
        self._colors: list[QColor] = []
        self._side, self._large = side, large
        if name:
            self.setObjectName(name)
        vertical = QSizePolicy.Policy.Fixed if side else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Expanding, vertical)
        theme_notifier().changed.connect(self.update)

    def show_value(self, shown: Shown, caption: str = "", colors: Sequence[QColor] = ()) -> None:
        """Show another value; `colors` are those of the classes of a mask."""
        self._shown = shown
        self._caption = plain_text(caption or shown.caption, 60)
        self._colors = list(colors)
        self._image = picture_of(shown, self._colors)
        words = [self._caption, shown.problem or shown.facts, "" if self._image or shown.curve else shown.text[:200]]
        self.setAccessibleName(plain_text(", ".join(word for word in words if word)))
        self.setToolTip(tooltip_text("\n".join(word for word in (self._caption, shown.facts, shown.problem) if word)))
        self.updateGeometry()
        self.update()

    def shown(self) -> Shown:
        """What is shown."""
        return self._shown

    def _drawn_height(self) -> int:
        if not self._side:
            return max(40, self.height() - _CAPTION - _FACTS)
        flat = self._image is None and not self._shown.curve
        if not flat:
            return self._side
        words = self._shown.problem or self._shown.text or "nothing"
        metrics = QFontMetrics(text_font(SIZE_BODY))
        width = max(40, self.width() - (22 if self._shown.problem else 0))
        flags = int(Qt.TextFlag.TextWordWrap) | int(Qt.TextFlag.TextWrapAnywhere)
        return min(self._side, max(20, metrics.boundingRect(0, 0, width, 100_000, flags, words[:4000]).height() + 6))

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()  # facts may need a second line

    @guarded(fallback=lambda _self: QSize(120, 120))
    def sizeHint(self) -> QSize:
        facts = _FACTS * len(self._fact_lines())
        caption = _CAPTION if self._caption else 0
        return QSize(self._side or 240, (self._drawn_height() if self._side else 240) + caption + facts + 4)

    @guarded(fallback=lambda _self: QSize(60, 60))
    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height() if self._side else 80)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            width, top = float(self.width()), 0.0
            if self._caption:
                painter.setFont(text_font(SIZE_SMALL, QFont.Weight.Medium))
                painter.setPen(theme.color("text"))
                text = painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, int(width))
                painter.drawText(QRectF(0, 0, width, _CAPTION), Qt.AlignmentFlag.AlignVCenter, text)
                top += _CAPTION
            facts = self._fact_lines()
            room = QRectF(0, top, width, self.height() - top - _FACTS * len(facts))
            if self._shown.problem:
                self._draw_problem(painter, room)
            elif self._image is not None:
                self._draw_picture(painter, room, self._image)
            elif self._shown.curve:
                painter.setPen(QPen(theme.color("line"), 1))
                painter.setBrush(theme.color("field"))
                painter.drawRoundedRect(room.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
                draw_curves(painter, room.adjusted(8, 8, -8, -8), self._shown.curve, self._shown.channels)
            else:
                size = 20 if self._large else SIZE_BODY
                draw_words(painter, room.adjusted(0, 1, 0, 0), self._shown.text or "nothing", size=size)
            painter.setFont(mono_font(SIZE_MONO_SMALL))
            painter.setPen(theme.color("faint"))
            for number, line in enumerate(reversed(facts), 1):
                text = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, int(width))
                place = QRectF(0, self.height() - _FACTS * number, width, _FACTS)
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)

    def _fact_lines(self) -> list[str]:
        """Shape and range, below each other where they do not fit beside each other."""
        facts = plain_text(self._shown.facts)
        if not facts:
            return []
        narrow = 0 < self.width() < QFontMetrics(mono_font(SIZE_MONO_SMALL)).horizontalAdvance(facts) + 4
        shape, found, extent = facts.rpartition(", ")
        return [shape, extent] if narrow and found else [facts]

    def _draw_picture(self, painter: QPainter, room: QRectF, image: QImage) -> None:
        theme = current_theme()
        shape = QPainterPath()
        shape.addRoundedRect(room.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.fillPath(shape, theme.color("field"))
        painter.save()
        painter.setClipPath(shape)
        draw_picture(painter, room, image)
        painter.restore()

    def _draw_problem(self, painter: QPainter, room: QRectF) -> None:
        theme = current_theme()
        draw_icon(painter, "warning", QRectF(room.left(), room.top() + 2, 15, 15), theme.warn_text)
        painter.setFont(text_font(SIZE_SMALL))
        painter.setPen(theme.color("warn_text"))
        flags = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignTop)
        painter.drawText(room.adjusted(21, 1, 0, 0), flags, plain_lines(self._shown.problem, 400))


def with_mask(picture: Shown, fields: Sequence[FieldDetail]) -> Shown:
    """A picture with the first mask among the fields that has its size."""
    for field in fields:
        mask = field.raw
        if mask.mask and not mask.rgb and (mask.width, mask.height) == (picture.width, picture.height):
            return msgspec.structs.replace(picture, mask=mask.mask)
    return picture
