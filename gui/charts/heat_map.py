"""Rows of cells over time, the deeper the larger: how strong the gradient of each layer is, epoch by epoch."""

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.ticks import value_text
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

_FOOT: Final = 18.0
_MOST_ROWS: Final = 24


class HeatMap(QWidget):
    """Colours are on a logarithmic scale between the smallest and the largest value shown; no value leaves a gap."""

    def __init__(self, *, empty: str = "Nothing to draw yet", name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._empty = empty
        self._rows: list[str] = []
        self._columns: list[float] = []
        self._values: list[dict[str, float]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Heat map")
        theme_notifier().changed.connect(self.update)

    def set_columns(self, columns: Sequence[tuple[float, dict[str, float]]]) -> None:
        """Show one column per (x, values by row name); rows stand in the order in which they first appear."""
        self._columns = [x for x, _ in columns]
        self._values = [values for _, values in columns]
        self._rows = list(dict.fromkeys(name for values in self._values for name in values))[:_MOST_ROWS]
        if self._values:
            last = self._values[-1]
            self.setAccessibleDescription(
                ", ".join(f"{name} {value_text(last[name])}" for name in self._rows if name in last)
            )
        self.update()

    def rows(self) -> list[str]:
        """The row names shown."""
        return list(self._rows)

    @guarded(fallback=lambda _self: QSize(220, 130))
    def sizeHint(self) -> QSize:
        return QSize(220, 130)

    @guarded(fallback=lambda _self: QSize(120, 80))
    def minimumSizeHint(self) -> QSize:
        return QSize(120, 80)

    def _layout(self) -> tuple[float, float, float]:
        """Left edge of the cells, width and height of one."""
        metrics = QFontMetricsF(text_font(SIZE_SECTION))
        widest = max((metrics.horizontalAdvance(plain_text(name, 30)) for name in self._rows), default=0.0)
        left = min(widest, self.width() * 0.32) + 8
        width = (self.width() - left) / max(1, len(self._columns))
        height = (self.height() - _FOOT) / max(1, len(self._rows))
        return left, min(width, 40.0), min(height, 44.0)

    def value_at(self, point: QPointF) -> tuple[str, float, float] | None:
        """(row, x, value) at a point."""
        left, width, height = self._layout()
        column, row = int((point.x() - left) // width), int(point.y() // height) if height > 0 else -1
        if not (0 <= column < len(self._columns) and 0 <= row < len(self._rows)):
            return None
        value = self._values[column].get(self._rows[row])
        return (self._rows[row], self._columns[column], value) if value is not None else None

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.value_at(QPointF(event.pos()))
            if found is not None:
                text = f"{found[0]}, epoch {value_text(found[1])}: {value_text(found[2])}"
                QToolTip.showText(event.globalPos(), tooltip_text(text), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(text_font(SIZE_SECTION))
            if not self._values:
                painter.setPen(theme.color("faint"))
                painter.setFont(text_font())
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
                return
            left, width, height = self._layout()
            logs = [math.log(v) for values in self._values for v in values.values() if v > 0 and math.isfinite(v)]
            low, high = (min(logs), max(logs)) if logs else (0.0, 1.0)
            gap = 1.0 if width >= 5 else 0.0
            metrics = painter.fontMetrics()
            for row, name in enumerate(self._rows):
                top = row * height
                painter.setPen(theme.color("faint"))
                shown = metrics.elidedText(plain_text(name, 30), Qt.TextElideMode.ElideRight, int(left - 6))
                place = QRectF(0, top, left - 6, height)
                painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
                painter.setPen(Qt.PenStyle.NoPen)
                for column, values in enumerate(self._values):
                    value = values.get(name)
                    if value is None:
                        continue
                    cell = QRectF(left + column * width, top + 0.5, max(0.6, width - gap), max(1.0, height - 2))
                    if not math.isfinite(value):
                        painter.setBrush(theme.color("error"))
                    else:
                        depth = (math.log(value) - low) / (high - low) if value > 0 and high > low else 0.0
                        painter.setBrush(mix(theme.raised, theme.accent, 0.06 + 0.9 * depth))
                    painter.drawRoundedRect(cell, 2 if width > 6 else 0, 2 if width > 6 else 0)
            painter.setPen(theme.color("faint"))
            base = len(self._rows) * height + 13
            painter.drawText(QPointF(left, base), value_text(self._columns[0]))
            last = value_text(self._columns[-1])
            at = left + len(self._columns) * width - metrics.horizontalAdvance(last)
            if at > left + 20:
                painter.drawText(QPointF(at, base), last)
