"""What the colours of relevance mean: a strip from "against" over "nothing" to "for"."""

from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.charts.relevance import overlay
from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier

_STRIP: Final = 120.0
_STEPS: Final = 60


class RelevanceLegend(QWidget):
    """One line; also where colours cannot be told apart, the signs at its ends say which side is which."""

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._signed = True
        self._subject = ""
        self._number = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_meaning("", signed=True)
        theme_notifier().changed.connect(self.update)

    def set_meaning(self, subject: str, *, signed: bool, number: bool = False) -> None:
        """What is spoken for ("coat"), and whether anything can speak against it; a `number` is raised and lowered."""
        self._signed, self._subject, self._number = signed, subject, number
        self.setAccessibleName(" … ".join(self.words()))
        self.updateGeometry()
        self.update()

    def words(self) -> tuple[str, str]:
        """What stands at the left and at the right end."""
        if self._number:
            return ("− lowers it", "raises it +") if self._signed else ("did not count", "counted +")
        what = f" {self._subject}" if self._subject else ""
        return ("− against", f"for{what} +") if self._signed else ("did not count", f"spoke for{what} +")

    @guarded(fallback=lambda _self: QSize(320, 20))
    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(int(sum(metrics.horizontalAdvance(words) for words in self.words()) + _STRIP + 30), 20)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setFont(text_font(SIZE_SMALL))
            metrics = painter.fontMetrics()
            painter.setPen(theme.color("dim"))
            left, right = self.words()
            start = metrics.horizontalAdvance(left) + 8
            painter.drawText(QRectF(0, 0, start, self.height()), Qt.AlignmentFlag.AlignVCenter, left)
            strip = QRectF(start, self.height() / 2 - 5, _STRIP, 10)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(strip, 3, 3)
            levels = np.linspace(-1 if self._signed else 0, 1, _STEPS, dtype=np.float32)[None]
            painter.drawImage(strip, overlay(levels, signed=self._signed, scale=1.0))
            painter.setPen(theme.color("dim"))
            room = QRectF(strip.right() + 8, 0, self.width() - strip.right() - 8, self.height())
            words = metrics.elidedText(right, Qt.TextElideMode.ElideMiddle, max(0, int(room.width())))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
