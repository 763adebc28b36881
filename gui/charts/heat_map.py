"""Rows of cells over time, the deeper the larger: how strong the gradient of each layer is, how far each is moved."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.ticks import value_text
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

Floats = NDArray[np.float64]

_FOOT: Final = 18.0
_LABEL: Final = 12.0
"""Rows lower than this have a name at every second, third, ... one."""
_MOST_CELLS: Final = 1600
"""More cells than this are drawn as one picture, without gaps."""
_LEVELS: Final = 64


class HeatMap(QWidget):
    """Colours are on a logarithmic scale between the smallest and the largest value shown; no value leaves a gap."""

    def __init__(
        self,
        *,
        empty: str = "Nothing to draw yet",
        x_label: str = "epoch",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._empty = empty
        self._x_label = x_label
        self._rows: list[str] = []
        self._columns: list[float] = []
        self._values: Floats = np.empty((0, 0))
        self._depths: Floats = np.empty((0, 0))
        self._picture: QImage | None = None  # of many cells; dropped when values or theme change
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Heat map")
        theme_notifier().changed.connect(self._on_theme_changed)

    def set_columns(self, columns: Sequence[tuple[float, dict[str, float]]]) -> None:
        """Show one column per (x, values by row name); rows stand in the order in which they first appear."""
        self._columns = [x for x, _ in columns]
        self._rows = list(dict.fromkeys(name for _, values in columns for name in values))
        nothing = math.nan
        self._values = np.array(
            [[values.get(name, nothing) for _, values in columns] for name in self._rows], dtype=np.float64
        ).reshape(len(self._rows), len(columns))
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(self._values)
        fine = logs[np.isfinite(logs)]
        low, high = (float(fine.min()), float(fine.max())) if len(fine) else (0.0, 1.0)
        depths = (logs - low) / (high - low) if high > low else np.where(np.isfinite(logs), 0.5, logs)
        self._depths = np.where(self._values == 0, 0.0, depths)
        self._picture = None
        if columns:
            last = columns[-1][1]
            self.setAccessibleDescription(
                ", ".join(f"{name} {value_text(last[name])}" for name in self._rows[:24] if name in last)
            )
        self.update()

    def set_x_label(self, label: str) -> None:
        """Name what the x are: epoch, step."""
        self._x_label = label

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
        widest = max((metrics.horizontalAdvance(plain_text(name, 60)) for name in self._rows[:200]), default=0.0)
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
        value = float(self._values[row, column])
        return (self._rows[row], self._columns[column], value) if not math.isnan(value) else None

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.value_at(QPointF(event.pos()))
            if found is not None:
                text = f"{found[0]}, {self._x_label} {value_text(round(found[1], 2))}: {value_text(found[2])}"
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
            if not self._values.size:
                painter.setPen(theme.color("faint"))
                painter.setFont(text_font())
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
                return
            left, width, height = self._layout()
            self._draw_names(painter, left, height)
            if self._values.size > _MOST_CELLS or width < 3 or height < 4:
                place = QRectF(left, 0, width * len(self._columns), height * len(self._rows))
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, height < 1)
                painter.drawImage(place, self._drawn())
            else:
                self._draw_cells(painter, left, width, height)
            painter.setPen(theme.color("faint"))
            metrics = painter.fontMetrics()
            base = len(self._rows) * height + 13
            painter.drawText(QPointF(left, base), value_text(round(self._columns[0], 2)))
            last = value_text(round(self._columns[-1], 2))
            at = left + len(self._columns) * width - metrics.horizontalAdvance(last)
            if at > left + 20:
                painter.drawText(QPointF(at, base), last)

    def _draw_names(self, painter: QPainter, left: float, height: float) -> None:
        painter.setPen(current_theme().color("faint"))
        metrics = painter.fontMetrics()
        every = max(1, math.ceil(_LABEL / height)) if height > 0 else 1
        for row in range(0, len(self._rows), every):
            shown = metrics.elidedText(
                plain_text(self._rows[row], 60), Qt.TextElideMode.ElideMiddle, max(0, int(left - 6))
            )
            place = QRectF(0, row * height, left - 6, max(height, _LABEL))
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)

    def _draw_cells(self, painter: QPainter, left: float, width: float, height: float) -> None:
        theme = current_theme()
        colors = [mix(theme.raised, theme.accent, 0.06 + 0.9 * level / (_LEVELS - 1)) for level in range(_LEVELS)]
        broken = theme.color("error")
        gap, radius = (1.0 if width >= 5 else 0.0), (2 if width > 6 else 0)
        painter.setPen(Qt.PenStyle.NoPen)
        for row, depths in enumerate(self._depths.tolist()):
            top = row * height + 0.5
            for column, depth in enumerate(depths):
                value = self._values[row, column]
                if math.isnan(value):
                    continue
                fine = math.isfinite(depth)
                painter.setBrush(colors[round(min(1.0, max(0.0, depth)) * (_LEVELS - 1))] if fine else broken)
                cell = QRectF(left + column * width, top, max(0.6, width - gap), max(1.0, height - 2))
                painter.drawRoundedRect(cell, radius, radius)

    def _drawn(self) -> QImage:
        if self._picture is None:
            theme = current_theme()
            ramp = np.array(
                [mix(theme.raised, theme.accent, 0.06 + 0.9 * level / 255).rgb() for level in range(256)], np.uint32
            )
            known = np.clip(np.nan_to_num(self._depths, nan=0.0, posinf=1.0, neginf=0.0), 0, 1)
            pixels = ramp[np.round(known * 255).astype(np.intp)]
            pixels[np.isnan(self._values)] = theme.color("panel").rgb()
            pixels[np.isinf(self._values)] = theme.color("error").rgb()
            rows, columns = pixels.shape
            data = np.ascontiguousarray(pixels).tobytes()
            self._picture = QImage(data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()
        return self._picture

    def _on_theme_changed(self) -> None:
        self._picture = None
        self.update()
