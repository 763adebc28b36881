"""What the curves of a series are called, each beside a piece of its line."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.charts.series_style import COLORS, SeriesStyle
from gui.charts.swatch import draw_swatch
from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme

_LINE: Final = 12.0
_ROW: Final = 18.0
_BETWEEN: Final = 14.0
_AFTER_LINE: Final = 5.0


class ChannelNames(QWidget):
    """In the colours and the order in which `gui.samples.drawn.draw_curves` draws them; in as many rows as needed."""

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = [plain_text(name, 40) for name in names]
        self.setAccessibleName("Curves")
        self.setAccessibleDescription(", ".join(self.names))
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def places(self, width: int) -> list[QRectF]:
        """Where each name stands with its line."""
        metrics = QFontMetricsF(text_font(SIZE_SMALL))
        found: list[QRectF] = []
        x = y = 0.0
        for name in self.names:
            wide = min(float(width), _LINE + _AFTER_LINE + metrics.horizontalAdvance(name) + 1)
            if x > 0 and x + wide > width:
                x, y = 0.0, y + _ROW
            found.append(QRectF(x, y, wide, _ROW))
            x += wide + _BETWEEN
        return found

    @guarded(fallback=lambda _self, _width: 18)
    def heightForWidth(self, width: int) -> int:
        places = self.places(width)
        return round(places[-1].bottom()) if places else 0

    @guarded(fallback=lambda _self: QSize(120, 18))
    def sizeHint(self) -> QSize:
        return QSize(120, self.heightForWidth(max(120, self.width())))

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            font = text_font(SIZE_SMALL)
            painter.setFont(font)
            metrics = QFontMetricsF(font)
            for number, (name, place) in enumerate(zip(self.names, self.places(self.width()), strict=True)):
                line = QRectF(place.left(), place.top(), _LINE, place.height())
                draw_swatch(painter, line, SeriesStyle(color=COLORS[number % len(COLORS)]))
                painter.setPen(current_theme().color("dim"))
                words = place.adjusted(_LINE + _AFTER_LINE, 0, 0, 0)
                shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, words.width() + 1)
                painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
