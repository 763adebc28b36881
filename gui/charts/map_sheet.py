"""The sheet of a self-organising map: valleys and ridges between its units, and whom each unit holds."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.point_shapes import draw_points
from gui.charts.ticks import value_text
from gui.charts.value_colors import values_image
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

NOBODY: Final = 255
_MARGIN: Final = 16
"""Room for the signs of the units at the edge."""


class MapSheet(QWidget):
    """`heights` (2 rows - 1, 2 columns - 1): at a unit and between two how far neighbours lie apart, shown as shades.

    `hits` (rows, columns) are how many samples each unit holds, and `classes` whose they are mostly, 255 for nobody's.
    """

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._heights: NDArray[np.float32] = np.zeros((1, 1), np.float32)
        self._hits: NDArray[np.int64] | None = None
        self._classes: NDArray[np.int64] | None = None
        self._names: Sequence[str] = ()
        self._colors: Sequence[QColor] = ()
        self._image: QImage | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Units of the map")
        theme_notifier().changed.connect(self._on_theme_changed)

    def set_classes(self, names: Sequence[str], colors: Sequence[QColor]) -> None:
        """Say what the classes are called."""
        self._names, self._colors = names, colors
        self.update()

    def set_sheet(
        self,
        heights: NDArray[np.floating],
        hits: NDArray[np.integer] | None = None,
        classes: NDArray[np.integer] | None = None,
    ) -> None:
        """Show these; what does not fit the sheet is left out."""
        self._heights = np.nan_to_num(heights.astype(np.float32))
        sheet = ((heights.shape[0] + 1) // 2, (heights.shape[1] + 1) // 2)
        self._hits = hits.astype(np.int64) if hits is not None and hits.shape == sheet else None
        self._classes = classes.astype(np.int64) if classes is not None and classes.shape == sheet else None
        self._image = None
        held = f", {int((self._hits > 0).sum())} of them hold samples" if self._hits is not None else ""
        self.setAccessibleDescription(f"{sheet[0]} rows of {sheet[1]} units{held}")
        self.update()

    def sheet_rect(self) -> QRectF:
        """Where the sheet lies: squares, as large as there is room."""
        rows, columns = self._heights.shape
        cell = max(1.0, min((self.width() - _MARGIN) / columns, (self.height() - _MARGIN) / rows))
        wide, high = cell * columns, cell * rows
        return QRectF(round((self.width() - wide) / 2), round((self.height() - high) / 2), round(wide), round(high))

    def words_at(self, point: QPointF) -> str:
        """What lies under a pixel; empty beside the sheet."""
        room = self.sheet_rect()
        if not room.contains(point):
            return ""
        rows, columns = self._heights.shape
        row = min(rows - 1, int((point.y() - room.top()) / room.height() * rows))
        column = min(columns - 1, int((point.x() - room.left()) / room.width() * columns))
        apart = value_text(float(self._heights[row, column]))
        if row % 2 or column % 2:
            return f"Neighbours here are {apart} apart"
        r, c = row // 2, column // 2
        words = f"Row {r + 1}, column {c + 1}: neighbours are {apart} away"
        if self._hits is not None:
            held = int(self._hits[r, c])
            words += f"\n{held:,} {'sample' if held == 1 else 'samples'}"
        number = int(self._classes[r, c]) if self._classes is not None else NOBODY
        if 0 <= number < len(self._names):
            words += f", mostly {self._names[number]}"
        return words

    def _on_theme_changed(self) -> None:
        self._image = None
        self.update()

    @guarded(fallback=lambda _self: QSize(360, 240))
    def sizeHint(self) -> QSize:
        return QSize(360, 240)

    @guarded(fallback=lambda _self: QSize(140, 100))
    def minimumSizeHint(self) -> QSize:
        return QSize(140, 100)

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            room = self.sheet_rect()
            if self._image is None:
                self._image = values_image(self._heights, 0.0, float(self._heights.max()) or 1.0)
            painter.drawImage(room, self._image)
            self._paint_units(painter, room)
            painter.setPen(QPen(current_theme().color("line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(room)

    def _paint_units(self, painter: QPainter, room: QRectF) -> None:
        """A sign a unit that holds samples: the larger the more."""
        if self._hits is None:
            return
        theme = current_theme()
        cell = room.width() / self._heights.shape[1]
        most = max(1, int(self._hits.max()))
        for r, c in np.argwhere(self._hits > 0).tolist():
            number = int(self._classes[r, c]) if self._classes is not None else NOBODY
            known = 0 <= number < len(self._colors)
            color = self._colors[number] if known else theme.color("accent")
            size = max(4.0, cell * 1.25 * (0.45 + 0.55 * (float(self._hits[r, c]) / most) ** 0.5))
            at = (room.left() + (2 * c + 0.5) * cell, room.top() + (2 * r + 0.5) * cell)
            draw_points(painter, [at], number if known else 0, color, theme.color("panel"), size)

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        words = self.words_at(event.position())
        if words:
            QToolTip.showText(event.globalPosition().toPoint(), tooltip_text(words), self)
        else:
            QToolTip.hideText()
