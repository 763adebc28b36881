"""Named values as bars to both sides of zero."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gui.charts.ticks import value_text
from gui.charts.value_colors import ABOVE, BELOW
from gui.widgets.fonts import SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier

_ROW: Final = 22
_NAME: Final = 150
_NUMBER: Final = 76


class ValueBars(QScrollArea):
    """Scrolls where there are more than fit."""

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self._bars = _Bars()
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._bars)
        column.addStretch(1)
        self.setWidget(holder)
        self.setAccessibleName("Values")

    def set_values(self, values: Sequence[tuple[str, float]]) -> None:
        """Show (name, value) pairs in the order given."""
        self._bars.values = list(values)
        self._bars.setFixedHeight(max(1, len(values)) * _ROW)
        self.setAccessibleDescription(", ".join(f"{name} {value_text(value)}" for name, value in values[:40]))
        self._bars.update()


class _Bars(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.values: list[tuple[str, float]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_notifier().changed.connect(self.update)

    @guarded(fallback=lambda _self: QSize(300, _ROW))
    def sizeHint(self) -> QSize:
        return QSize(420, max(1, len(self.values)) * _ROW)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        top = max((abs(value) for _, value in self.values), default=0.0) or 1.0
        signed = any(value < 0 for _, value in self.values)
        left, wide = _NAME + 8, max(16, min(self.width(), 640) - _NAME - _NUMBER - 16)
        zero = left + (wide / 2 if signed else 0)
        reach = wide / 2 if signed else wide
        with QPainter(self) as painter:
            for at, (name, value) in enumerate(self.values):
                y = at * _ROW
                if not QRectF(0, y, self.width(), _ROW).intersects(QRectF(event.rect())):
                    continue
                painter.setFont(text_font(SIZE_SMALL))
                painter.setPen(theme.color("text"))
                shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, _NAME)
                middle = Qt.AlignmentFlag.AlignVCenter
                painter.drawText(QRectF(0, y, _NAME, _ROW), Qt.AlignmentFlag.AlignLeft | middle, shown)
                painter.fillRect(QRectF(left, y + 8, wide, 6), theme.color("raised"))
                length = abs(value) / top * reach
                start = zero if value >= 0 else zero - length
                tone = QColor(ABOVE if value >= 0 else BELOW) if signed else theme.color("accent")
                painter.fillRect(QRectF(start, y + 8, max(length, 1.0), 6), tone)
                painter.setFont(mono_font())
                painter.setPen(theme.color("dim"))
                number = QRectF(left + wide + 8, y, _NUMBER, _ROW)
                painter.drawText(number, Qt.AlignmentFlag.AlignRight | middle, value_text(value))
