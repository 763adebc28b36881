"""Units of a small network as circles, layer by layer, with the weights between them as lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.charts.ticks import value_text
from gui.charts.value_colors import ABOVE, BELOW, Floats, value_color
from gui.widgets.fonts import SIZE_MONO_SMALL, SIZE_SECTION, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier

_HEAD: Final = 40.0
_EDGE: Final = (100.0, 230.0)
"""Room for names beside the first and the last layer: at least, at most."""
_MOST_LINES: Final = 6_000
_MOST_TERMS: Final = 6


@dataclass(frozen=True, kw_only=True)
class UnitLayer:
    """`weights` (units × units of `source`) is None where each unit is made of the one in the same place."""

    title: str
    kind: str
    family: str
    values: tuple[float, ...]
    names: tuple[str, ...] = ()
    source: int = -1
    weights: Floats | None = None
    biases: tuple[float, ...] = ()


class NeuronGraph(QWidget):
    """`picked` says in words how the value of the unit is made that was clicked or gone to by the arrow keys."""

    picked = Signal(str)

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._layers: list[UnitLayer] = []
        self._chosen: tuple[int, int] | None = None
        self._edge = _EDGE[0]
        self.words = ""
        """How the chosen unit's value is made; empty while none is chosen."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Units of the network")
        theme_notifier().changed.connect(self.update)

    def set_layers(self, layers: Sequence[UnitLayer]) -> None:
        """Show layers, each after its source."""
        same = [len(layer.values) for layer in layers] == [len(layer.values) for layer in self._layers]
        self._layers = list(layers)
        metrics = QFontMetrics(mono_font(SIZE_MONO_SMALL))
        outer = [name for layer in (layers[:1], layers[-1:]) for item in layer for name in item.names]
        widest = max((metrics.horizontalAdvance(f"{name} -0.0000") for name in outer), default=0)
        self._edge = min(_EDGE[1], max(_EDGE[0], widest + 34.0))
        self._chosen = self._chosen if same else None
        self.words = self._made(*self._chosen) if self._chosen is not None else ""
        self.update()

    @guarded(fallback=lambda _self: QSize(480, 320))
    def sizeHint(self) -> QSize:
        return QSize(760, 440)

    @guarded(fallback=lambda _self: QSize(240, 200))
    def minimumSizeHint(self) -> QSize:
        return QSize(320, 240)

    def place(self, layer: int, unit: int) -> QPointF:
        """The middle of a unit."""
        count = len(self._layers[layer].values)
        room = max(1.0, self.width() - 2 * self._edge)
        x = self._edge + room * (layer / max(1, len(self._layers) - 1))
        high = max(1.0, self.height() - _HEAD - 8)
        return QPointF(x, _HEAD + high * (unit + 0.5) / count)

    def radius(self, layer: int) -> float:
        """Of the circles of a layer."""
        high = max(1.0, self.height() - _HEAD - 8)
        return max(3.0, min(18.0, high / max(1, len(self._layers[layer].values)) / 2 - 2))

    def unit_at(self, point: QPointF) -> tuple[int, int] | None:
        """Layer and unit at a point."""
        for layer, item in enumerate(self._layers):
            for unit in range(len(item.values)):
                away = self.place(layer, unit) - point
                if (away.x() ** 2 + away.y() ** 2) ** 0.5 <= self.radius(layer) + 3:
                    return layer, unit
        return None

    def _name(self, layer: int, unit: int) -> str:
        item = self._layers[layer]
        return item.names[unit] if unit < len(item.names) else f"{item.title}[{unit}]"

    def _made(self, layer: int, unit: int) -> str:
        item = self._layers[layer]
        value = value_text(item.values[unit])
        if item.source < 0:
            return f"{self._name(layer, unit)} = {value}, as it comes in."
        before = self._layers[item.source]
        if item.weights is None:
            given = self._name(item.source, unit) if unit < len(before.values) else before.title
            taken = value_text(before.values[unit]) if unit < len(before.values) else ""
            return f"{self._name(layer, unit)} = {item.kind}({given} = {taken}) = {value}"
        terms = [
            (abs(float(weight) * number), f"{value_text(float(weight))} × {value_text(number)}")
            for weight, number in zip(item.weights[unit], before.values, strict=True)
        ]
        shown = [
            text for _, text in (terms if len(terms) <= _MOST_TERMS else sorted(terms, reverse=True)[:_MOST_TERMS])
        ]
        if len(terms) > _MOST_TERMS:
            shown.append(f"{len(terms) - _MOST_TERMS} smaller terms")
        if item.biases:
            shown.append(f"bias {value_text(item.biases[unit])}")
        return f"{self._name(layer, unit)} = {' + '.join(shown)} = {value}"

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._layers:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for layer, item in enumerate(self._layers):
                self._draw_lines(painter, layer, item)
            for layer, item in enumerate(self._layers):
                self._draw_units(painter, layer, item)

    def _draw_lines(self, painter: QPainter, layer: int, item: UnitLayer) -> None:
        theme = current_theme()
        if item.source < 0:
            return
        before = self._layers[item.source]
        if item.weights is None:
            painter.setPen(QPen(theme.color("line"), 1))
            for unit in range(min(len(item.values), len(before.values))):
                painter.drawLine(self.place(item.source, unit), self.place(layer, unit))
            return
        top = float(abs(item.weights).max()) or 1.0
        every = item.weights.size > _MOST_LINES
        for unit in range(len(item.values)):
            own = self._chosen == (layer, unit)
            for other in range(len(before.values)):
                weight = float(item.weights[unit, other]) / top
                if every and abs(weight) < 0.2 and not own:
                    continue
                color = QColor(ABOVE if weight > 0 else BELOW)
                dim = self._chosen is not None and not own
                color.setAlphaF(min(1.0, abs(weight) * (0.25 if dim else 0.9) + 0.04))
                style = Qt.PenStyle.SolidLine if weight > 0 else Qt.PenStyle.DashLine
                painter.setPen(QPen(color, 0.6 + 2.4 * abs(weight), style))
                painter.drawLine(self.place(item.source, other), self.place(layer, unit))

    def _draw_units(self, painter: QPainter, layer: int, item: UnitLayer) -> None:
        theme = current_theme()
        low, high = min(0.0, *item.values), max(0.0, *item.values)
        radius = self.radius(layer)
        x = self.place(layer, 0).x()
        painter.setFont(text_font(SIZE_SECTION))
        painter.setPen(theme.family(item.family))
        title = painter.fontMetrics().elidedText(item.title, Qt.TextElideMode.ElideRight, 116)
        painter.drawText(QRectF(x - 60, 0, 120, 18), Qt.AlignmentFlag.AlignCenter, title)
        painter.setPen(theme.color("faint"))
        kind = painter.fontMetrics().elidedText(item.kind, Qt.TextElideMode.ElideRight, 116)
        painter.drawText(QRectF(x - 60, 16, 120, 16), Qt.AlignmentFlag.AlignCenter, kind)
        first, last = layer == 0, layer == len(self._layers) - 1
        for unit, value in enumerate(item.values):
            middle = self.place(layer, unit)
            chosen = self._chosen == (layer, unit)
            painter.setPen(QPen(theme.color("accent" if chosen else "edge"), 2.4 if chosen else 1))
            painter.setBrush(value_color(value, low, high))
            painter.drawEllipse(middle, radius, radius)
            if radius < 6:
                continue
            painter.setFont(mono_font(SIZE_MONO_SMALL))
            painter.setPen(theme.color("text" if chosen else "dim"))
            words = value_text(value)
            if unit < len(item.names):
                words = f"{item.names[unit]} {words}"
            words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, int(self._edge - 26))
            if first:
                where = QRectF(0, middle.y() - 8, middle.x() - radius - 6, 16)
                painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
            elif last or item.names:
                where = QRectF(middle.x() + radius + 6, middle.y() - 8, self._edge, 16)
                painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

    def choose(self, layer: int, unit: int) -> None:
        """Pick a unit."""
        self._chosen = (layer, unit)
        self.words = self._made(layer, unit)
        self.setAccessibleDescription(self.words)
        self.picked.emit(self.words)
        self.update()

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.unit_at(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.choose(*found)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
        }
        by = steps.get(Qt.Key(event.key()))
        if by is None or not self._layers:
            event.ignore()
            return
        layer, unit = self._chosen or (0, -1 if by == (0, 1) else 0)
        layer = min(max(0, layer + by[0]), len(self._layers) - 1)
        unit = min(max(0, unit + by[1]), len(self._layers[layer].values) - 1)
        self.choose(layer, unit)
