"""A small histogram: how often values fall between edges."""

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.ticks import value_text
from gui.widgets.fonts import SIZE_MONO_SMALL, mono_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_FOOT: Final = 18.0


class Histogram(QWidget):
    """`tone` is a token of the theme or of a family."""

    def __init__(self, *, tone: str = "family.data", name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._tone = tone
        self._counts: list[float] = []
        self._edges: list[float] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Histogram")
        theme_notifier().changed.connect(self.update)

    def set_counts(self, counts: Sequence[float], edges: Sequence[float]) -> None:
        """Show counts; edges has one entry more. Raises ValueError when it has not, or for a negative count."""
        if counts and len(edges) != len(counts) + 1:
            raise ValueError(f"{len(counts)} counts need {len(counts) + 1} edges, got {len(edges)}")
        if any(not math.isfinite(count) or count < 0 for count in counts):
            raise ValueError("counts must be finite and not negative")
        self._counts, self._edges = list(counts), list(edges)
        if counts:
            fullest = max(range(len(counts)), key=lambda at: counts[at])
            self.setAccessibleDescription(
                f"From {value_text(edges[0])} to {value_text(edges[-1])}, most between "
                f"{value_text(edges[fullest])} and {value_text(edges[fullest + 1])}"
            )
        self.update()

    def set_tone(self, tone: str) -> None:
        """Draw the bars in another token of the theme or of a family."""
        self._tone = tone
        self.update()

    @guarded(fallback=lambda _self: QSize(200, 90))
    def sizeHint(self) -> QSize:
        return QSize(200, 90)

    @guarded(fallback=lambda _self: QSize(80, 48))
    def minimumSizeHint(self) -> QSize:
        return QSize(80, 48)

    def bin_at(self, x: float) -> int | None:
        """The bin at an x of the widget."""
        if not self._counts or self.width() <= 0:
            return None
        at = math.floor(x / self.width() * len(self._counts))
        return at if 0 <= at < len(self._counts) else None

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self.bin_at(event.pos().x())
            if at is not None:
                low, high = value_text(self._edges[at]), value_text(self._edges[at + 1])
                text = f"{low} to {high}: {value_text(self._counts[at])}"
                QToolTip.showText(event.globalPos(), tooltip_text(text), self)
            return True
        return super().event(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            room = QRectF(0, 2, self.width(), self.height() - _FOOT - 2)
            painter.setPen(theme.color("grid"))
            painter.drawLine(room.bottomLeft(), room.bottomRight())
            highest = max(self._counts, default=0.0)
            if highest > 0:
                painter.setPen(Qt.PenStyle.NoPen)
                color = theme.color(self._tone)
                color.setAlphaF(0.85)
                painter.setBrush(color)
                width = room.width() / len(self._counts)
                gap = 1.0 if width > 4 else 0.0
                for at, count in enumerate(self._counts):
                    if count > 0:
                        height = max(1.0, count / highest * room.height())
                        bar = QRectF(room.left() + at * width, room.bottom() - height, max(1.0, width - gap), height)
                        painter.drawRect(bar)
                painter.setFont(mono_font(SIZE_MONO_SMALL))
                painter.setPen(theme.color("faint"))
                base = self.height() - 4.0
                first, last = value_text(self._edges[0]), value_text(self._edges[-1])
                painter.drawText(QPointF(0, base), first)
                painter.drawText(QPointF(self.width() - painter.fontMetrics().horizontalAdvance(last), base), last)
