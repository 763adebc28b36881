"""The confusion matrix: rows are the true classes, columns the predicted ones, from two classes to a thousand."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.widgets.fonts import mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

_LARGEST_CELL: Final = 52.0
_LABEL_LIMIT: Final = 110.0
_ROUNDED_FROM: Final = 14.0
"""Cells smaller than this are drawn as one picture, without gaps, numbers or labels at each."""


class ConfusionMatrix(QWidget):
    """Click, or arrows and Return, select a cell and emit `cell_selected(true, predicted)`; Escape emits
    `selection_cleared`. Tooltip and accessible text say the cell in words."""

    cell_selected = Signal(int, int)
    selection_cleared = Signal()

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self.setAccessibleName("Confusion matrix")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._classes: list[str] = []
        self._matrix: NDArray[np.int64] = np.zeros((0, 0), dtype=np.int64)
        self._worst = 1.0  # largest share of a row that went to one wrong class
        self._cursor = (0, 0)
        self._selected: tuple[int, int] | None = None
        self._hovered: tuple[int, int] | None = None
        self._picture: QImage | None = None  # of small cells; dropped when matrix or theme change
        self._widest = 0.0  # width of the longest name
        theme_notifier().changed.connect(self._on_theme_changed)

    # Content

    def set_matrix(self, classes: Sequence[str], matrix: ArrayLike) -> None:
        """Show counts; matrix[true][predicted]. Raises ValueError when it is not square or does not fit the classes."""
        counts = np.asarray(matrix, dtype=np.int64)
        if not len(classes):
            counts = counts.reshape(0, 0) if counts.size == 0 else counts
        if counts.shape != (len(classes), len(classes)):
            raise ValueError(f"{len(classes)} classes need a square matrix of that size, got {counts.shape}")
        mistakes = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        np.fill_diagonal(mistakes, 0)
        self._worst = float(mistakes.max(initial=0.0)) or 1.0
        self._classes = [plain_text(name, 80) for name in classes]
        metrics = QFontMetricsF(text_font(12))
        self._widest = max((metrics.horizontalAdvance(name) for name in self._classes[:400]), default=0.0)
        self._matrix = counts
        self._cursor, self._selected, self._hovered, self._picture = (0, 0), None, None, None
        self._tell()
        self.updateGeometry()
        self.update()

    def classes(self) -> list[str]:
        """The names as shown."""
        return list(self._classes)

    def selected(self) -> tuple[int, int] | None:
        """(true, predicted) of the selected cell."""
        return self._selected

    def select(self, true: int, predicted: int) -> None:
        """Select a cell and tell. Raises IndexError outside the matrix."""
        if not (0 <= true < len(self._classes) and 0 <= predicted < len(self._classes)):
            raise IndexError((true, predicted))
        self._cursor = self._selected = (true, predicted)
        self._tell()
        self.update()
        self.cell_selected.emit(true, predicted)

    def clear_selection(self) -> None:
        """Select nothing and tell."""
        if self._selected is not None:
            self._selected = None
            self.update()
            self.selection_cleared.emit()

    def cell_text(self, true: int, predicted: int) -> str:
        """A cell in words: "shirt taken for coat: 41 of 1,000 (4.1 %)"."""
        count, whole = int(self._matrix[true, predicted]), int(self._matrix[true].sum())
        share = f" ({count / whole:.1%})".replace("%", " %") if whole else ""
        if true == predicted:
            return f"{self._classes[true]} recognized: {count:,} of {whole:,}{share}"
        return f"{self._classes[true]} taken for {self._classes[predicted]}: {count:,} of {whole:,}{share}"

    # Geometry

    def cell_rect(self, true: int, predicted: int) -> QRectF:
        """Where a cell lies."""
        origin, side, _ = self._layout()
        return QRectF(origin.x() + predicted * side, origin.y() + true * side, side, side)

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """(true, predicted) of the cell at a point."""
        origin, side, _ = self._layout()
        if side <= 0:
            return None
        predicted, true = int((point.x() - origin.x()) // side), int((point.y() - origin.y()) // side)
        count = len(self._classes)
        return (true, predicted) if 0 <= true < count and 0 <= predicted < count else None

    def _layout(self) -> tuple[QPointF, float, float]:
        """Top left of the first cell, side of a cell, width of the row labels with the gap after them."""
        count = max(1, len(self._classes))
        widest = self._widest
        labels = min(widest + 1, _LABEL_LIMIT, self.width() * 0.3) + 10
        # Names that do not fit side by side under their columns stand upright there.
        for foot in (24.0, min(widest, _LABEL_LIMIT * 0.8) + 14):
            room = min(self.width() - labels - 2, self.height() - foot - 2)
            side = max(0.05, min(_LARGEST_CELL, room / count))
            if widest <= side - 2:
                break
        if side > 3:
            side = float(int(side))
        return QPointF(labels, 0.0), side, labels

    @guarded(fallback=lambda _self: QSize(480, 440))
    def sizeHint(self) -> QSize:
        count = max(2, len(self._classes))
        side = round(min(_LARGEST_CELL, max(440 / count, 1)))
        return QSize(110 + count * side, 30 + count * side)

    @guarded(fallback=lambda _self: QSize(200, 180))
    def minimumSizeHint(self) -> QSize:
        return QSize(220, 200)

    # Painting

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._classes:
                _, side, labels = self._layout()
                if side >= _ROUNDED_FROM:
                    self._draw_cells(painter, side)
                else:
                    self._draw_picture(painter, side)
                self._draw_labels(painter, side, labels)
                self._draw_marks(painter, side)

    def _shares(self) -> NDArray[np.float64]:
        whole = self._matrix.sum(axis=1, keepdims=True)
        return np.asarray(self._matrix / np.maximum(whole, 1))

    def _color_of(self, share: float, count: int, diagonal: bool) -> QColor:
        theme = current_theme()
        if diagonal:
            return mix(theme.panel, theme.accent, 0.12 + 0.88 * share**1.5 if count else 0.1)
        # Mistakes are a few per cent of a row, so their depth is measured against the worst of them.
        return mix(theme.panel, theme.error, 0.11 + 0.55 * share / self._worst if count else 0.075)

    def _draw_cells(self, painter: QPainter, side: float) -> None:
        shares = self._shares()
        origin = self._layout()[0]
        gap = 1.5 if side >= 22 else 0.5
        size = 12 if side >= 34 else 10 if side >= 22 else 0
        painter.setFont(mono_font(size or 8))
        metrics = painter.fontMetrics()
        for true in range(len(self._classes)):
            for predicted in range(len(self._classes)):
                count = int(self._matrix[true, predicted])
                fill = self._color_of(float(shares[true, predicted]), count, true == predicted)
                rect = QRectF(origin.x() + predicted * side, origin.y() + true * side, side, side)
                rect = rect.adjusted(gap, gap, -gap, -gap)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(fill)
                painter.drawRoundedRect(rect, 4, 4) if side >= 22 else painter.drawRect(rect)
                if count and size:
                    text = str(count) if count < 10_000 else f"{count / 1000:.0f}k"
                    if metrics.horizontalAdvance(text) <= rect.width():
                        light = fill.lightnessF() > 0.62
                        painter.setPen(QColor("#1a1d23" if light else "#ffffff"))
                        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_picture(self, painter: QPainter, side: float) -> None:
        if self._picture is None:
            self._picture = self._make_picture()
        origin = self._layout()[0]
        whole = QRectF(origin.x(), origin.y(), side * len(self._classes), side * len(self._classes))
        # Where a cell is less than a pixel, smoothing keeps single mistakes from vanishing between pixels.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, side < 1.5)
        painter.drawImage(whole, self._picture)

    def _make_picture(self) -> QImage:
        count = len(self._classes)
        levels = 256
        steps = [level / (levels - 1) for level in range(levels)]
        wrong = np.array([self._color_of(step * self._worst, 1, False).rgb() for step in steps], dtype=np.uint32)
        right = np.array([self._color_of(step, 1, True).rgb() for step in steps], dtype=np.uint32)
        # A million cells are gone through a few times only, in small numbers: the window waits for this.
        scale = (levels - 1) / (self._worst * np.maximum(self._matrix.sum(axis=1, keepdims=True), 1))
        depth = np.minimum(self._matrix * scale.astype(np.float32), np.float32(levels - 1))
        pixels = wrong[(depth + np.float32(0.5)).astype(np.uint8)]
        pixels[self._matrix == 0] = self._color_of(0.0, 0, False).rgb()
        diagonal = np.arange(count)
        found = np.diagonal(self._matrix) / np.maximum(self._matrix.sum(axis=1), 1)
        pixels[diagonal, diagonal] = right[np.round(found * (levels - 1)).astype(np.intp)]
        pixels = np.ascontiguousarray(pixels)
        return QImage(pixels.tobytes(), count, count, 4 * count, QImage.Format.Format_RGB32).copy()

    def _draw_labels(self, painter: QPainter, side: float, labels: float) -> None:
        theme = current_theme()
        painter.setFont(text_font(12))
        metrics = painter.fontMetrics()
        origin = self._layout()[0]
        step = max(1, math.ceil(15 / side))  # labels need some 15 px each
        bottom = origin.y() + side * len(self._classes)
        upright = max(metrics.horizontalAdvance(name) for name in self._classes) > side - 2
        foot = self.height() - bottom - 6
        for at in range(0, len(self._classes), step):
            current = self.hasFocus() and self._cursor[0] == at
            painter.setPen(theme.color("text" if current else "dim"))
            name = metrics.elidedText(self._classes[at], Qt.TextElideMode.ElideRight, int(labels - 7))
            row = QRectF(0, origin.y() + at * side, labels - 8, max(side, 15.0))
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(theme.color("dim"))
            middle = origin.x() + (at + 0.5) * side
            if not upright:
                painter.drawText(QPointF(middle - metrics.horizontalAdvance(name) / 2, bottom + 17), name)
                continue
            name = metrics.elidedText(
                self._classes[at], Qt.TextElideMode.ElideRight, int(min(foot, _LABEL_LIMIT * 0.8))
            )
            painter.save()
            painter.translate(middle + 4, bottom + 6 + metrics.horizontalAdvance(name))
            painter.rotate(-90)
            painter.drawText(QPointF(0, 0), name)
            painter.restore()

    def _draw_marks(self, painter: QPainter, side: float) -> None:
        theme = current_theme()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = 4 if side >= 22 else 0
        for cell, color, width in (
            (self._hovered, theme.color("dim"), 1.0),
            (self._selected, theme.color("text"), 2.0),
            (self._cursor if self.hasFocus() else None, theme.color("text"), 1.0),
        ):
            if cell is not None:
                pen = QPen(color, width)
                if cell == self._cursor and cell != self._selected and cell != self._hovered:
                    pen.setStyle(Qt.PenStyle.DotLine)
                painter.setPen(pen)
                rect = self.cell_rect(*cell)
                grow = 3.0 if side < _ROUNDED_FROM else 0.0
                painter.drawRoundedRect(rect.adjusted(1 - grow, 1 - grow, grow - 1, grow - 1), radius, radius)

    # Events

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if cell != self._hovered:
            self._hovered = cell
            self.setCursor(Qt.CursorShape.PointingHandCursor if cell else Qt.CursorShape.ArrowCursor)
            self.update()

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.update()

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or cell is None:
            return
        if cell == self._selected:
            self.clear_selection()
        else:
            self.select(*cell)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = len(self._classes)
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
            Qt.Key.Key_PageUp: (-10, 0),
            Qt.Key.Key_PageDown: (10, 0),
        }
        key = Qt.Key(event.key())
        if not count:
            super().keyPressEvent(event)
        elif key in moves:
            down, right = moves[key]
            true, predicted = self._cursor
            self._cursor = (min(max(true + down, 0), count - 1), min(max(predicted + right, 0), count - 1))
            self._tell()
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.select(*self._cursor)
        elif key == Qt.Key.Key_Escape and self._selected is not None:
            self.clear_selection()
        else:
            super().keyPressEvent(event)

    @guarded
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    @guarded
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self.cell_at(QPointF(event.pos()))
            if cell is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos() + QPoint(8, 8), tooltip_text(self.cell_text(*cell)), self)
            return True
        return super().event(event)

    def _tell(self) -> None:
        """Say the cell under the cursor to screen readers."""
        text = self.cell_text(*self._cursor) if self._classes else "No counts yet"
        self.setAccessibleDescription(text)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def _on_theme_changed(self) -> None:
        self._picture = None
        self.update()
