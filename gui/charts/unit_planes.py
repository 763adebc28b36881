"""Units of a small network as little planes, layer by layer: what each of them says, and the weights between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.ticks import value_text
from gui.charts.value_colors import ABOVE, BELOW, values_image
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_HEAD: Final = 24.0
_FOOT: Final = 6.0
_LARGEST, _GAP = 46.0, 5.0
_MOST_TERMS: Final = 4


@dataclass(frozen=True, kw_only=True)
class UnitPlanes:
    """`planes` (units, rows, columns) from -1 to 1, rows from the lowest y upwards; `weights` (units, units before).

    `names` are those of the units where they have some.
    """

    title: str
    planes: NDArray[np.floating]
    weights: NDArray[np.floating] | None = None
    biases: NDArray[np.floating] | None = None
    names: Sequence[str] = field(default_factory=tuple)


class UnitPlanesMap(QWidget):
    """Orange says more than 0, blue less. A line is the thicker the larger the weight; under the mouse it is said."""

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self.layers: list[UnitPlanes] = []
        self._images: list[list[QImage]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Units of the network")
        theme_notifier().changed.connect(self._redraw)

    def set_layers(self, layers: Sequence[UnitPlanes]) -> None:
        """Show layers, the first being what comes in."""
        self.layers = list(layers)
        self.setAccessibleDescription(", ".join(f"{layer.title}: {len(layer.planes)} units" for layer in layers))
        self._redraw()

    def _redraw(self) -> None:
        self._images = [
            [values_image(np.flipud(plane).astype(np.float32), -1.0, 1.0) for plane in layer.planes]
            for layer in self.layers
        ]
        self.update()

    def side(self) -> float:
        """Of the square of a unit."""
        most = max((len(layer.planes) for layer in self.layers), default=1)
        high = (self.height() - _HEAD - _FOOT) / most - _GAP
        wide = self.width() / max(1, len(self.layers)) * 0.55
        return max(8.0, min(_LARGEST, high, wide))

    def square(self, layer: int, unit: int) -> QRectF:
        """Where a unit stands."""
        side, count = self.side(), len(self.layers[layer].planes)
        room = self.width() - side - 24
        x = 12 + room * layer / max(1, len(self.layers) - 1)
        step = side + _GAP
        top = _HEAD + max(0.0, (self.height() - _HEAD - _FOOT - count * step) / 2)
        return QRectF(x, top + unit * step, side, side)

    def unit_at(self, point: QPointF) -> tuple[int, int] | None:
        """Layer and unit at a point."""
        return next(
            (
                (layer, unit)
                for layer, item in enumerate(self.layers)
                for unit in range(len(item.planes))
                if self.square(layer, unit).contains(point)
            ),
            None,
        )

    def words_of(self, layer: int, unit: int) -> str:
        """How a unit is made of those before it, its largest weights first."""
        item = self.layers[layer]
        words = self._name(layer, unit)
        if layer == 0 or item.weights is None or unit >= len(item.weights):
            return words
        row = item.weights[unit]
        order = np.argsort(-np.abs(row))[:_MOST_TERMS]
        terms = [f"{value_text(float(row[at]))} · {self._name(layer - 1, int(at))}" for at in order]
        rest = f" and {len(row) - len(order)} more" if len(row) > len(order) else ""
        bias = f" + {value_text(float(item.biases[unit]))}" if item.biases is not None else ""
        return f"{words}\n{' + '.join(terms)}{rest}{bias}"

    def _name(self, layer: int, unit: int) -> str:
        item = self.layers[layer]
        return item.names[unit] if unit < len(item.names) else f"{item.title}, unit {unit + 1}"

    @guarded(fallback=lambda _self: QSize(420, 300))
    def sizeHint(self) -> QSize:
        return QSize(420, 300)

    @guarded(fallback=lambda _self: QSize(200, 140))
    def minimumSizeHint(self) -> QSize:
        return QSize(200, 140)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            for layer in range(1, len(self.layers)):
                self._paint_lines(painter, layer)
            font = text_font(SIZE_SECTION)
            metrics = QFontMetricsF(font)
            painter.setFont(font)
            for layer, item in enumerate(self.layers):
                for unit, image in enumerate(self._images[layer]):
                    square = self.square(layer, unit)
                    painter.drawImage(square, image)
                    painter.setPen(QPen(theme.color("line"), 1))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRoundedRect(square, 3, 3)
                self._paint_title(painter, metrics, layer, item.title)

    def _paint_title(self, painter: QPainter, metrics: QFontMetricsF, layer: int, title: str) -> None:
        room = self.width() / max(1, len(self.layers)) - 8
        words = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
        wide = metrics.horizontalAdvance(words)
        middle = self.square(layer, 0).center().x()
        x = min(max(2.0, middle - wide / 2), self.width() - wide - 2)
        painter.setPen(current_theme().color("dim"))
        painter.drawText(QPointF(x, 14), words)

    def _paint_lines(self, painter: QPainter, layer: int) -> None:
        item, before = self.layers[layer], self.layers[layer - 1]
        weights = item.weights
        if weights is None or weights.shape != (len(item.planes), len(before.planes)):
            return
        size = float(np.abs(weights).max()) or 1.0
        above, below = QColor(ABOVE), QColor(BELOW)
        for unit, source in np.ndindex(weights.shape):
            share = float(weights[unit, source]) / size
            if abs(share) < 0.02:
                continue
            start, end = self.square(layer - 1, source), self.square(layer, unit)
            color = QColor(above if share > 0 else below)
            color.setAlphaF(0.25 + 0.55 * abs(share))
            painter.setPen(QPen(color, 0.4 + 2.6 * abs(share)))
            painter.drawLine(QPointF(start.right() + 1, start.center().y()), QPointF(end.left() - 1, end.center().y()))

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self.unit_at(QPointF(event.pos()))
            if found is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), tooltip_text(self.words_of(*found)), self)
            return True
        return super().event(event)


def planes_of(plane: NDArray[Any]) -> NDArray[np.float32]:
    """uint8 with 128 for 0 as -1 to 1."""
    return (plane.astype(np.float32) - 128.0) / 127.0
