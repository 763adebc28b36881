"""How values were spread, over time: a heat map of histograms side by side, or their outlines one behind the other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.ticks import linear_ticks, tick_text, value_text
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

Floats = NDArray[np.float64]

_FOOT: Final = 18.0
_LEFT: Final = 44.0
_BINS: Final = 96
_MOST: Final = 160
_MOST_RIDGES: Final = 24


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A histogram at an x: heights of bars between two values."""

    x: float
    low: float
    high: float
    bars: Sequence[float]
    mean: float = math.nan
    deviation: float = math.nan


class SpreadMap(QWidget):
    """x rises; the y axis covers all that is shown."""

    def __init__(
        self,
        *,
        empty: str = "Nothing to draw yet",
        x_label: str = "epoch",
        accessible: str = "Spread over time",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._empty = empty
        self._x_label = x_label
        self._tone = "accent"
        self._ridges = False
        self._spreads: list[Spread] = []
        self._range = (0.0, 1.0)
        self._heights: Floats = np.empty((0, 0))  # a column per spread, a row per bin, each column's largest is 1
        self._picture: QImage | None = None  # of the heat map; dropped when spreads or theme change
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(accessible)
        theme_notifier().changed.connect(self._on_theme_changed)

    def set_spreads(self, spreads: Sequence[Spread], *, tone: str = "accent") -> None:
        """Show these; of many, evenly chosen ones with the last among them. `tone` is a token or a family's."""
        every = -(-len(spreads) // _MOST) if spreads else 1
        self._spreads = [one for one in spreads[(len(spreads) - 1) % every :: every] if _fine(one)] if spreads else []
        self._tone = tone
        self._picture = None
        if self._spreads:
            low = min(one.low for one in self._spreads)
            high = max(one.high for one in self._spreads)
            self._range = (low, high) if high > low else (low - 0.5, high + 0.5)
            self._heights = np.stack([_resampled(one, *self._range) for one in self._spreads], axis=1)
            last = self._spreads[-1]
            self.setAccessibleDescription(
                f"At {self._x_label} {value_text(round(last.x, 2))} from {value_text(last.low)} to"
                f" {value_text(last.high)}, mean {value_text(last.mean)}"
            )
        self.update()

    def set_ridges(self, ridges: bool) -> None:
        """Outlines one behind the other instead of a heat map."""
        self._ridges = ridges
        self.update()

    def set_x_label(self, label: str) -> None:
        """Name what the x are: epoch, step."""
        self._x_label = label

    def spreads(self) -> list[Spread]:
        """What is shown."""
        return list(self._spreads)

    @guarded(fallback=lambda _self: QSize(220, 130))
    def sizeHint(self) -> QSize:
        return QSize(220, 130)

    @guarded(fallback=lambda _self: QSize(120, 80))
    def minimumSizeHint(self) -> QSize:
        return QSize(120, 80)

    def _room(self) -> QRectF:
        return QRectF(_LEFT, 4, self.width() - _LEFT - 4, self.height() - _FOOT - 4)

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.spread_at(QPointF(event.pos()))
            if found is None:
                QToolTip.hideText()
            else:
                words = f"{self._x_label} {value_text(round(found.x, 2))}: mean {value_text(found.mean)}"
                words += (
                    f", deviation {value_text(found.deviation)}, {value_text(found.low)} to {value_text(found.high)}"
                )
                QToolTip.showText(event.globalPos(), tooltip_text(words), self)
            return True
        return super().event(event)

    def spread_at(self, point: QPointF) -> Spread | None:
        """The histogram under a point."""
        room = self._room()
        if not self._spreads or not room.contains(point):
            return None
        if self._ridges:
            shown = self._ridge_places(room)
            return min(shown, key=lambda item: abs(item[1] - point.y()))[0]
        return self._spreads[
            min(len(self._spreads) - 1, int((point.x() - room.left()) / room.width() * len(self._spreads)))
        ]

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self._spreads:
                painter.setPen(theme.color("faint"))
                painter.setFont(text_font())
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
                return
            painter.setFont(text_font(SIZE_SECTION))
            room = self._room()
            if self._ridges:
                self._draw_ridges(painter, room)
            else:
                self._draw_heat(painter, room)

    def _draw_heat(self, painter: QPainter, room: QRectF) -> None:
        theme = current_theme()
        if self._picture is None:
            self._picture = self._drawn()
        painter.drawImage(room, self._picture)
        low, high = self._range
        metrics = painter.fontMetrics()
        painter.setPen(theme.color("faint"))
        ticks = linear_ticks(low, high, max(2, round(room.height() / 38)))
        for tick in ticks:
            y = room.bottom() - (tick - low) / (high - low) * room.height()
            place = QRectF(0, y - 8, _LEFT - 6, 16)
            words = tick_text(tick, ticks[1] - ticks[0] if len(ticks) > 1 else 1.0)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        # The mean, as a line on top: what the eye looks for first.
        means = [one.mean for one in self._spreads]
        if len(means) > 1 and all(math.isfinite(mean) for mean in means):
            across = room.width() / len(means)
            line = QPolygonF(
                [
                    QPointF(
                        room.left() + (at + 0.5) * across, room.bottom() - (mean - low) / (high - low) * room.height()
                    )
                    for at, mean in enumerate(means)
                ]
            )
            painter.setPen(QPen(theme.color("text"), 1.2))
            painter.drawPolyline(line)
        painter.setPen(theme.color("faint"))
        base = self.height() - 4.0
        painter.drawText(QPointF(room.left(), base), value_text(round(self._spreads[0].x, 2)))
        last = value_text(round(self._spreads[-1].x, 2))
        painter.drawText(QPointF(room.right() - metrics.horizontalAdvance(last), base), last)

    def _ridge_places(self, room: QRectF) -> list[tuple[Spread, float, int]]:
        """Histogram, its base line, and its column, those behind first."""
        count = len(self._spreads)
        every = -(-count // _MOST_RIDGES)
        chosen = list(range((count - 1) % every, count, every))
        top = room.top() + room.height() * 0.3
        down = (room.bottom() - top) / max(1, len(chosen) - 1)
        return [(self._spreads[place], top + at * down, place) for at, place in enumerate(chosen)]

    def _draw_ridges(self, painter: QPainter, room: QRectF) -> None:
        theme = current_theme()
        tone = theme.color(self._tone)
        places = self._ridge_places(room)
        height = room.height() * 0.28
        across = room.width() / (_BINS - 1)
        for at, (_, base, column) in enumerate(places):
            heights = self._heights[:, column]
            points = [QPointF(room.left() + i * across, base - float(v) * height) for i, v in enumerate(heights)]
            outline = QPolygonF([QPointF(room.left(), base), *points, QPointF(room.right(), base)])
            share = 0.35 + 0.65 * (at + 1) / len(places)
            painter.setPen(QPen(mix(theme.panel, tone, share), 1.2))
            painter.setBrush(mix(theme.panel, tone, 0.16 * share))
            painter.drawPolygon(outline)
        painter.setPen(theme.color("faint"))
        metrics = painter.fontMetrics()
        first, last = places[0], places[-1]
        for spread, base in ((first[0], first[1]), (last[0], last[1])):
            place = QRectF(0, base - 8, _LEFT - 6, 16)
            words = value_text(round(spread.x, 2))
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        base_line = self.height() - 4.0
        low, high = value_text(self._range[0]), value_text(self._range[1])
        painter.drawText(QPointF(room.left(), base_line), low)
        painter.drawText(QPointF(room.right() - metrics.horizontalAdvance(high), base_line), high)

    def _drawn(self) -> QImage:
        theme = current_theme()
        tone: QColor = theme.color(self._tone)
        ramp = np.array([mix(theme.panel, tone, (level / 255) ** 0.7).rgb() for level in range(256)], np.uint32)
        pixels = np.ascontiguousarray(ramp[np.round(self._heights[::-1] * 255).astype(np.intp)])
        rows, columns = pixels.shape
        return QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()

    def _on_theme_changed(self) -> None:
        self._picture = None
        self.update()


def _fine(spread: Spread) -> bool:
    return math.isfinite(spread.low) and math.isfinite(spread.high) and len(spread.bars) > 0


def _resampled(spread: Spread, low: float, high: float) -> Floats:
    """The heights on the bins of the whole axis, the largest 1."""
    bars = np.asarray(spread.bars, dtype=np.float64)
    middles = low + (np.arange(_BINS) + 0.5) * (high - low) / _BINS
    width = (spread.high - spread.low) / len(bars)
    if width <= 0:
        at = np.argmin(np.abs(middles - spread.low))
        return np.asarray(np.eye(1, _BINS, int(at))[0])
    centers = spread.low + (np.arange(len(bars)) + 0.5) * width
    heights = np.interp(middles, centers, bars, left=0.0, right=0.0)
    largest = heights.max()
    if largest <= 0:  # narrower than a bin
        heights = np.eye(1, _BINS, int(np.argmin(np.abs(middles - (spread.low + spread.high) / 2))))[0]
        largest = 1.0
    return np.asarray(heights / largest)
