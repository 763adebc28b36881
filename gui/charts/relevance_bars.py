"""Columns of a table with what each counts for: bars to the right speak for the answer, to the left against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.relevance import signed_text, tint
from gui.widgets.fonts import SIZE_MONO, SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_ROW: Final = 26
_MOST: Final = 30
_NUMBER: Final = 64
_NARROW: Final = 340


@dataclass(frozen=True, kw_only=True, slots=True)
class RelevanceBar:
    """A column: its name, its value in words, and what it counts for."""

    name: str
    value: str
    relevance: float


class RelevanceBars(QWidget):
    """The strongest first; past `_MOST` the rest is added up in one row."""

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._bars: list[RelevanceBar] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setAccessibleName("What each column counts for")
        theme_notifier().changed.connect(self.update)

    def set_bars(self, bars: Sequence[RelevanceBar], *, most: int = _MOST) -> None:
        """Show these columns."""
        ordered = sorted(bars, key=lambda bar: -abs(bar.relevance))
        shown, rest = ordered[:most], ordered[most:]
        if rest:
            total = sum(bar.relevance for bar in rest)
            shown.append(RelevanceBar(name=f"{len(rest)} others", value="", relevance=total))
        self._bars = shown
        self.setAccessibleDescription(
            ", ".join(f"{bar.name} {bar.value} {signed_text(bar.relevance)}" for bar in shown[:20])
        )
        self.setMinimumHeight(_ROW * max(1, len(shown)))
        self.updateGeometry()
        self.update()

    def bars(self) -> list[RelevanceBar]:
        """The rows shown, from the top."""
        return list(self._bars)

    @guarded(fallback=lambda _self: QSize(320, 8 * _ROW))
    def sizeHint(self) -> QSize:
        return QSize(320, _ROW * max(1, len(self._bars)))

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            width = self.width()
            narrow = width < _NARROW  # the value is told by the tooltip
            names = width * 0.42 if narrow else min(190.0, width * 0.30)
            values = 0.0 if narrow else min(150.0, width * 0.22)
            left, right = names + values + 8, width - _NUMBER
            room = max(20.0, right - left)
            least = max((-bar.relevance for bar in self._bars if bar.relevance < 0), default=0.0)
            most = max((bar.relevance for bar in self._bars if bar.relevance > 0), default=0.0)
            each = room / ((least + most) or 1.0)
            zero = left + least * each
            painter.setPen(theme.color("line"))
            painter.drawLine(QPointF(zero, 0), QPointF(zero, _ROW * len(self._bars)))
            for at, bar in enumerate(self._bars):
                top = at * _ROW
                painter.setFont(text_font(SIZE_SMALL))
                metrics = painter.fontMetrics()
                painter.setPen(theme.color("text"))
                name = metrics.elidedText(plain_text(bar.name, 80), Qt.TextElideMode.ElideMiddle, int(names - 8))
                painter.drawText(QRectF(0, top, names - 8, _ROW), Qt.AlignmentFlag.AlignVCenter, name)
                painter.setPen(theme.color("dim"))
                painter.setFont(mono_font(SIZE_MONO))
                value = painter.fontMetrics().elidedText(
                    plain_text(bar.value, 80), Qt.TextElideMode.ElideRight, int(values - 8)
                )
                if values:
                    painter.drawText(QRectF(names, top, values - 8, _ROW), Qt.AlignmentFlag.AlignVCenter, value)
                length = each * abs(bar.relevance)
                start = zero if bar.relevance >= 0 else zero - length
                color = tint(bar.relevance, 1e-9)  # the length tells how much; the colour only the sign
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(color)
                painter.drawRoundedRect(QRectF(start, top + 7, max(length, 1.0), _ROW - 14), 3, 3)
                painter.setPen(theme.color("text"))
                painter.setFont(mono_font(SIZE_MONO))
                painter.drawText(
                    QRectF(right, top, _NUMBER, _ROW),
                    Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                    signed_text(bar.relevance),
                )

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = event.pos().y() // _ROW
            if 0 <= at < len(self._bars):
                bar = self._bars[at]
                words = f"{bar.name}: {bar.value}\nCounts {signed_text(bar.relevance)}"
                QToolTip.showText(event.globalPos(), tooltip_text(words), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
