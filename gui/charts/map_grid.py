"""Many small maps side by side, as the channels of a layer or the heads of an attention: one can be picked."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.ticks import value_text
from gui.charts.value_colors import Floats, values_image
from gui.widgets.fonts import SIZE_MONO_SMALL, mono_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_GAP: Final = 8
_CAPTION: Final = 16
_FRAME: Final = 2
"""Of the chosen map, around it."""


class MapGrid(QWidget):
    """`picked` tells the map that the user clicked or went to by the arrow keys, by its place."""

    picked = Signal(int)

    def __init__(self, *, cell: int = 84, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._cell = cell
        self._maps: Floats = np.zeros((0, 0, 0), np.float32)
        self._captions: list[str] = []
        self._same = False
        self._images: list[QImage] = []
        self._chosen = -1
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Maps")
        theme_notifier().changed.connect(self._redraw)

    def set_maps(self, maps: Floats, captions: Sequence[str], *, same_scale: bool = False) -> None:
        """Show (C, H, W) values; each is coloured by its own range, or all by one."""
        self._maps, self._captions, self._same = maps, list(captions), same_scale
        self._chosen = min(self._chosen, len(maps) - 1)
        self._redraw()
        self.updateGeometry()

    def choose(self, at: int) -> None:
        """Mark one, -1 for none."""
        self._chosen = at
        if 0 <= at < len(self._captions):
            self.setAccessibleDescription(f"{self._captions[at]}, {self._words(at)}")
        self.update()

    @property
    def chosen(self) -> int:
        """The one that is marked, -1 for none."""
        return self._chosen

    def _range(self, at: int) -> tuple[float, float]:
        shown = self._maps if self._same else self._maps[at]
        fine = shown[np.isfinite(shown)]
        return (float(fine.min()), float(fine.max())) if fine.size else (0.0, 1.0)

    def _redraw(self) -> None:
        self._images = [values_image(one, *self._range(at)) for at, one in enumerate(self._maps)]
        self.update()

    def _size(self) -> QSize:
        """Of one map on the screen: its own proportions, the longer side as long as a cell."""
        if not len(self._maps):
            return QSize(self._cell, self._cell)
        height, width = self._maps.shape[1:]
        longest = max(height, width, 1)
        return QSize(max(24, self._cell * width // longest), max(24, self._cell * height // longest))

    def _columns(self, width: int) -> int:
        return max(1, (width - 2 * _FRAME + _GAP) // (self._size().width() + _GAP))

    @guarded(fallback=False)
    def hasHeightForWidth(self) -> bool:
        return True

    @guarded(fallback=0)
    def heightForWidth(self, width: int) -> int:
        rows = math.ceil(len(self._maps) / self._columns(width))
        return max(1, rows) * (self._size().height() + _CAPTION + _GAP) + 2 * _FRAME

    @guarded(fallback=lambda _self: QSize(320, 120))
    def sizeHint(self) -> QSize:
        return QSize(520, self.heightForWidth(max(self.width(), 520)))

    @guarded(fallback=lambda _self: QSize(120, 60))
    def minimumSizeHint(self) -> QSize:
        return QSize(160, self._size().height() + _CAPTION + _GAP)

    def rect_of(self, at: int) -> QRect:
        """Where a map lies."""
        size, columns = self._size(), self._columns(self.width())
        row, column = divmod(at, columns)
        return QRect(
            _FRAME + column * (size.width() + _GAP),
            _FRAME + row * (size.height() + _CAPTION + _GAP),
            size.width(),
            size.height(),
        )

    def at(self, point: QPoint) -> int:
        """The map at a point, -1 for none."""
        for place in range(len(self._maps)):
            if self.rect_of(place).adjusted(0, 0, 0, _CAPTION).contains(point):
                return place
        return -1

    def _words(self, at: int) -> str:
        low, high = self._range(at)
        return f"{value_text(low)} to {value_text(high)}"

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setFont(mono_font(SIZE_MONO_SMALL))
            for at, image in enumerate(self._images):
                rect = self.rect_of(at)
                if not rect.adjusted(-2, -2, 2, _CAPTION).intersects(event.rect()):
                    continue
                painter.drawImage(rect, image)
                if at == self._chosen:
                    painter.setPen(QPen(theme.color("accent"), 2))
                    painter.drawRect(rect.adjusted(-1, -1, 1, 1))
                painter.setPen(theme.color("text" if at == self._chosen else "dim"))
                under = QRect(rect.left(), rect.bottom() + 2, max(rect.width(), 24), _CAPTION - 2)
                painter.drawText(under, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._captions[at])

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.at(event.position().toPoint())
        if at >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.choose(at)
            self.picked.emit(at)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns = self._columns(self.width())
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}
        by = steps.get(Qt.Key(event.key()))
        at = self._chosen + (by or 0) if self._chosen >= 0 else 0
        if by is None or not 0 <= at < len(self._maps):
            event.ignore()
            return
        self.choose(at)
        self.picked.emit(at)

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self.at(event.pos())
            if at >= 0:
                QToolTip.showText(event.globalPos(), tooltip_text(f"{self._captions[at]}: {self._words(at)}"), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
