"""Curves over time, or the wave of a recording, on bands shaded with what each moment counts for."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.relevance import Floats, largest, overlay, signed_text
from gui.charts.ticks import linear_ticks, value_text
from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_FOOT: Final = 18.0
_LEFT: Final = 56.0
_MOST: Final = 8
"""Channels that are drawn; the others are counted by whoever shows them."""


class RelevanceCurves(QWidget):
    """A lane a channel, from the top. Give it values and relevance with `set_curves`, or a wave with `set_wave`."""

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._names: list[str] = []
        self._low: Floats = np.zeros((0, 0), np.float32)
        self._high: Floats = np.zeros((0, 0), np.float32)
        self._heat: Floats = np.zeros((0, 0), np.float32)
        self._signed = True
        self._opacity = 0.75
        self._until = 0.0
        self._unit = "moment"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Curve and what each moment counts for")
        theme_notifier().changed.connect(self.update)

    def set_curves(self, values: Floats, heat: Floats, names: Sequence[str], *, signed: bool = True) -> None:
        """(channels, time) values and relevance, oldest first."""
        self._show(values[:_MOST], values[:_MOST], heat[:_MOST], names[:_MOST], signed)
        self._until, self._unit = float(values.shape[1]), "moment"

    def set_wave(self, envelope: Floats, heat: Floats, seconds: float, *, signed: bool = True) -> None:
        """Least and largest value of each stretch (stretches, 2), and relevance (1, stretches) of any length."""
        low, high = envelope[:, 0][None], envelope[:, 1][None]
        self._show(low, high, heat, [""], signed)
        self._until, self._unit = seconds, "s"

    def set_opacity(self, opacity: float) -> None:
        """How much of the shading is seen, 0 to 1."""
        self._opacity = opacity
        self.update()

    def _show(self, low: Floats, high: Floats, heat: Floats, names: Sequence[str], signed: bool) -> None:
        self._low, self._high, self._heat = low, high, heat
        self._names, self._signed = list(names), signed
        self.setMinimumHeight(int(64 * max(1, len(low)) + _FOOT))
        if heat.size:
            best = int(np.nanargmax(np.abs(heat).max(0))) if np.isfinite(heat).any() else 0
            self.setAccessibleDescription(f"Counts most at {best + 1} of {heat.shape[1]}")
        self.update()

    def channels(self) -> int:
        """How many curves are drawn."""
        return len(self._low)

    @guarded(fallback=lambda _self: QSize(360, 160))
    def sizeHint(self) -> QSize:
        return QSize(360, int(90 * max(1, len(self._low)) + _FOOT))

    def _lane(self, at: int) -> QRectF:
        lanes = max(1, len(self._low))
        height = (self.height() - _FOOT) / lanes
        left = _LEFT if any(self._names) else 0.0
        return QRectF(left, at * height + 3, max(20.0, self.width() - left), height - 6)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setFont(text_font(SIZE_SMALL))
            scale = largest(self._heat)
            for at in range(len(self._low)):
                lane = self._lane(at)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("field"))
                painter.drawRoundedRect(lane, 4, 4)
                row = self._heat[at : at + 1] if len(self._heat) > at else self._heat[:1]
                band = overlay(row, signed=self._signed, scale=scale)
                if not band.isNull():
                    painter.setOpacity(self._opacity)
                    painter.drawImage(lane, band)
                    painter.setOpacity(1.0)
                self._draw_curve(painter, lane, self._low[at], self._high[at])
                self._draw_names(painter, lane, at)
            self._draw_times(painter)

    def _draw_curve(self, painter: QPainter, lane: QRectF, low: Floats, high: Floats) -> None:
        count = len(low)
        there = np.isfinite(low) & np.isfinite(high)
        if not count or not there.any():
            return
        bottom, top = float(low[there].min()), float(high[there].max())
        span = (top - bottom) or 1.0
        inner = lane.adjusted(0, 4, 0, -4)
        x = inner.left() + (np.arange(count) + 0.5) / count * inner.width()
        y_low = inner.bottom() - (low - bottom) / span * inner.height()
        y_high = inner.bottom() - (high - bottom) / span * inner.height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(current_theme().color("text"), 1.4))
        if low is high or np.array_equal(low, high, equal_nan=True):
            run: list[QPointF] = []
            for place in range(count):
                if there[place]:
                    run.append(QPointF(float(x[place]), float(y_low[place])))
                elif run:
                    painter.drawPolyline(QPolygonF(run))
                    run = []
            if len(run) == 1:
                painter.drawPoint(run[0])
            elif run:
                painter.drawPolyline(QPolygonF(run))
            return
        step = max(1, count // max(1, int(lane.width())))
        for place in range(0, count, step):
            if there[place]:
                painter.drawLine(
                    QPointF(float(x[place]), float(y_low[place]) + 0.5),
                    QPointF(float(x[place]), float(y_high[place]) - 0.5),
                )

    def _draw_names(self, painter: QPainter, lane: QRectF, at: int) -> None:
        painter.setPen(current_theme().color("dim"))
        name = self._names[at] if at < len(self._names) else ""
        words = painter.fontMetrics().elidedText(plain_text(name, 60), Qt.TextElideMode.ElideRight, int(_LEFT - 8))
        painter.drawText(QRectF(0, lane.top(), _LEFT - 8, lane.height()), Qt.AlignmentFlag.AlignVCenter, words)

    def _draw_times(self, painter: QPainter) -> None:
        if self._until <= 0 or not len(self._low):
            return
        theme = current_theme()
        lane = self._lane(len(self._low) - 1)
        painter.setPen(theme.color("faint"))
        for tick in linear_ticks(0.0, self._until, max(2, int(lane.width() // 90))):
            x = lane.left() + tick / self._until * lane.width()
            words = f"{value_text(tick)} s" if self._unit == "s" else value_text(tick)
            width = painter.fontMetrics().horizontalAdvance(words)
            x = min(max(x - width / 2, lane.left()), lane.right() - width)
            painter.drawText(QRectF(x, lane.bottom() + 2, width + 2, _FOOT), Qt.AlignmentFlag.AlignVCenter, words)

    def relevance_at(self, point: QPointF) -> tuple[str, float, float] | None:
        """(channel, time, relevance) under a point."""
        for at in range(len(self._low)):
            lane = self._lane(at)
            row = min(at, len(self._heat) - 1)
            if lane.contains(point) and self._heat.size:
                share = (point.x() - lane.left()) / lane.width()
                found = float(self._heat[row, min(self._heat.shape[1] - 1, int(share * self._heat.shape[1]))])
                if np.isfinite(found):
                    return self._names[at] if at < len(self._names) else "", share * self._until, found
        return None

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.relevance_at(QPointF(event.pos()))
            if found is not None:
                name, time, relevance = found
                when = f"{time:.2f} s" if self._unit == "s" else f"moment {int(time) + 1}"
                words = f"{f'{name}, ' if name else ''}{when}\nCounts {signed_text(relevance)}"
                QToolTip.showText(event.globalPos(), tooltip_text(words), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
