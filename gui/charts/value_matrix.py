"""A table of values as colours, with names at its sides: a layer over the words of a text, or who looks at whom."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.ticks import value_text
from gui.charts.value_colors import Floats, values_image
from gui.widgets.fonts import SIZE_MONO_SMALL, mono_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_LINE: Final = 14
"""Rows and columns narrower than this are named at every second, third, ... one."""
_MOST_LABEL: Final = 110


class ValueMatrix(QWidget):
    """`row_picked` tells the row that was clicked or gone to by the arrow keys."""

    row_picked = Signal(int)

    def __init__(self, *, square: bool = False, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._square = square
        self._values: Floats = np.zeros((0, 0), np.float32)
        self._rows: list[str] = []
        self._columns: list[str] = []
        self._said = ("row", "column")
        self._image = QImage()
        self._chosen = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_notifier().changed.connect(self._redraw)

    def set_values(
        self,
        values: Floats,
        *,
        rows: Sequence[str] = (),
        columns: Sequence[str] = (),
        said: tuple[str, str] = ("row", "column"),
    ) -> None:
        """Show (R, C) values; names are empty or as many. `said` is what a row and a column are."""
        self._values, self._said = values, said
        self._rows, self._columns = list(rows), list(columns)
        self._chosen = -1 if self._chosen >= len(values) else self._chosen
        self._redraw()
        self.updateGeometry()

    def choose_row(self, row: int) -> None:
        """Mark a row, -1 for none."""
        self._chosen = row
        self.update()

    @property
    def chosen_row(self) -> int:
        """The row that is marked, -1 for none."""
        return self._chosen

    def _redraw(self) -> None:
        fine = self._values[np.isfinite(self._values)]
        low, high = (float(fine.min()), float(fine.max())) if fine.size else (0.0, 1.0)
        self._image = values_image(self._values, min(low, 0.0), high) if fine.size else QImage()
        self.update()

    @guarded(fallback=lambda _self: QSize(320, 240))
    def sizeHint(self) -> QSize:
        return QSize(480, 360)

    @guarded(fallback=lambda _self: QSize(160, 120))
    def minimumSizeHint(self) -> QSize:
        return QSize(200, 160)

    def _margins(self) -> tuple[int, int]:
        """Room for the names at the left and above."""
        metrics = QFontMetrics(mono_font(SIZE_MONO_SMALL))
        left = max((metrics.horizontalAdvance(name) for name in self._rows), default=0)
        top = max((metrics.horizontalAdvance(name) for name in self._columns), default=0)
        return min(left, _MOST_LABEL) + (8 if left else 0), min(top, _MOST_LABEL) + (8 if top else 0)

    def area(self) -> QRectF:
        """Where the colours lie."""
        left, top = self._margins()
        width, height = max(8, self.width() - left), max(8, self.height() - top)
        if self._square and self._values.size:
            each = min(width / self._values.shape[1], height / self._values.shape[0], 40.0)
            width, height = int(each * self._values.shape[1]), int(each * self._values.shape[0])
        elif self._values.size:
            height = min(height, self._values.shape[0] * 24)
        return QRectF(left, top, width, height)

    def cell_at(self, point: QPoint) -> tuple[int, int] | None:
        """Row and column at a point."""
        area = self.area()
        if not self._values.size or not area.contains(point.toPointF()):
            return None
        rows, columns = self._values.shape
        row = int((point.y() - area.top()) / area.height() * rows)
        column = int((point.x() - area.left()) / area.width() * columns)
        return min(row, rows - 1), min(column, columns - 1)

    def words_at(self, row: int, column: int) -> str:
        """What a cell says."""
        first = self._rows[row] if row < len(self._rows) else f"{self._said[0]} {row + 1}"
        second = self._columns[column] if column < len(self._columns) else f"{self._said[1]} {column + 1}"
        return f"{first} · {second}: {value_text(float(self._values[row, column]))}"

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._values.size:
            return
        theme, area = current_theme(), self.area()
        rows, columns = self._values.shape
        with QPainter(self) as painter:
            painter.drawImage(area, self._image)
            painter.setFont(mono_font(SIZE_MONO_SMALL))
            metrics = painter.fontMetrics()
            high, wide = area.height() / rows, area.width() / columns
            step = max(1, round(_LINE / max(high, 0.1)))
            for row in range(0, len(self._rows), step):
                painter.setPen(theme.color("text" if row == self._chosen else "dim"))
                name = metrics.elidedText(self._rows[row], Qt.TextElideMode.ElideRight, int(area.left()) - 6)
                rect = QRectF(0, area.top() + (row + 0.5) * high - 8, area.left() - 6, 16)
                painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            step = max(1, round(_LINE / max(wide, 0.1)))
            painter.setPen(theme.color("dim"))
            for column in range(0, len(self._columns), step):
                name = metrics.elidedText(self._columns[column], Qt.TextElideMode.ElideRight, int(area.top()) - 6)
                painter.save()
                painter.translate(area.left() + (column + 0.5) * wide + 4, area.top() - 6)
                painter.rotate(-90)
                painter.drawText(0, 0, name)
                painter.restore()
            if 0 <= self._chosen < rows:
                painter.setPen(QPen(theme.color("accent"), 2))
                painter.drawRect(QRectF(area.left(), area.top() + self._chosen * high, area.width(), high))

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is None:
            QToolTip.hideText()
            return
        where = event.globalPosition().toPoint()
        QToolTip.showText(
            where, tooltip_text(self.words_at(*cell)), self, QRect(event.position().toPoint(), QSize(1, 1))
        )

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(cell[0])

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        row = max(0, self._chosen) + (by or 0) if self._chosen >= 0 else 0
        if by is None or not 0 <= row < len(self._values):
            event.ignore()
            return
        self._pick(row)

    def _pick(self, row: int) -> None:
        self.choose_row(row)
        best = int(np.nanargmax(self._values[row])) if self._values.shape[1] else 0
        self.setAccessibleDescription(f"Largest: {self.words_at(row, best)}")
        self.row_picked.emit(row)
