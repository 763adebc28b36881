"""The drawn part of a line chart, on pyqtgraph: scales, grid, curves, crosshair, pan and zoom.

Importing this takes half a second; `line_chart` does so when pyqtgraph has been loaded beside the window.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.charts.curve_layer import CurveLayer
from gui.charts.curve_painter import WIDTH, draw_band, draw_curve, draw_event, draw_markers
from gui.charts.series import Series
from gui.charts.ticks import linear_ticks, log_ticks, tick_text
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme
from gui.widgets.tokens import mix

Floats = NDArray[np.float64]
Range = tuple[float, float]

_MARKERS: Final = 5
_PIECE: Final = 1 << 13
"""Points of a curve that are prepared at a time: the arrays in between stay small enough for malloc to keep, so that
the system need not give fresh memory each time, which takes longer than the work."""
_PALE: Final = 0.32
_BAND: Final = 0.14


@dataclass(frozen=True, kw_only=True)
class Band:
    """What is shaded between two curves. `x` is that of the axis."""

    x: Floats
    low: Floats
    high: Floats
    color: str
    visible: bool = True


@dataclass(frozen=True, kw_only=True)
class EventMark:
    """Something that happened at an x of the axis."""

    x: float
    text: str
    warns: bool = False


@dataclass(kw_only=True)
class _Content:
    """What there is to draw; it belongs to the chart."""

    series: dict[str, Series] = field(default_factory=dict)
    bands: dict[str, Band] = field(default_factory=dict)
    marks: Sequence[EventMark] = ()
    weight: float = 0.0


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """From the values in view to pixels."""

    x: Range
    y: Range
    size: tuple[float, float]
    log_x: bool
    log_y: bool
    ratio: float = 1.0

    def across(self, x: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.log10(x) if self.log_x else x
        return np.asarray((at - self.x[0]) / (self.x[1] - self.x[0]) * self.size[0])

    def down(self, y: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.log10(y) if self.log_y else y
            at = np.where(np.isfinite(at), at, np.nan)
            return np.asarray(self.size[1] - (at - self.y[0]) / (self.y[1] - self.y[0]) * self.size[1])

    def shown_x(self) -> Range:
        return (10.0 ** self.x[0], 10.0 ** self.x[1]) if self.log_x else self.x


class PlotArea(QWidget):
    """`moved_by_user` after a pan or zoom; `hovered` with the x under the pointer, None when it has left."""

    moved_by_user = Signal()
    view_changed = Signal()
    hovered = Signal(object)
    fit_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log_x = self.log_y = False
        self._content = _Content()
        self._view: Any = pg.GraphicsLayoutWidget(self)
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setAntialiasing(True)
        self._view.ci.setContentsMargins(0, 0, 0, 0)
        self._view.setFrameStyle(0)
        # No PlotItem: it makes a menu with forms of its own, which takes three times as long as all the rest.
        self._box: Any = pg.ViewBox(enableMenu=False)
        self._box.disableAutoRange()
        self._box.setDefaultPadding(0)
        self._left: Any = pg.AxisItem("left")
        self._bottom: Any = pg.AxisItem("bottom")
        room = self._view.ci
        room.layout.setContentsMargins(0, 6, 10, 0)
        room.layout.setSpacing(0)
        room.addItem(self._left, 0, 0)
        room.addItem(self._box, 0, 1)
        room.addItem(self._bottom, 1, 1)
        room.layout.setColumnStretchFactor(1, 100)
        room.layout.setRowStretchFactor(0, 100)
        for axis in (self._left, self._bottom):
            axis.linkToView(self._box)
            axis.setZValue(0.5)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickFont=text_font(SIZE_SECTION), tickLength=0, tickTextOffset=6, hideOverlappingLabels=False)
        self._left.tickValues = self._left_ticks
        self._left.tickStrings = self._left_texts
        self._bottom.tickValues = self._bottom_ticks
        self._bottom.tickStrings = self._bottom_texts
        # Our own grid: with pyqtgraph's on, the axis leaves out the labels at both its ends.
        self._grid: list[Any] = []
        self._spare: QImage | None = None
        self._layer = CurveLayer(self._draw_lines)
        self._box.addItem(self._layer, ignoreBounds=True)
        self._cross: Any = pg.InfiniteLine(angle=90, movable=False)
        self._cross.setZValue(50)
        self._cross.hide()
        self._box.addItem(self._cross, ignoreBounds=True)
        self._dots: Any = pg.ScatterPlotItem(size=8)
        self._dots.setZValue(51)
        self._box.addItem(self._dots, ignoreBounds=True)
        self._box.sigRangeChangedManually.connect(self._on_moved_by_user)
        self._box.sigRangeChanged.connect(self._on_view_changed)
        self._box.sigResized.connect(self._on_view_changed)
        self._view.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self._view.viewport().installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._view)
        self.dress()

    # What the chart tells it

    def dress(self) -> None:
        """Colours of the theme."""
        theme = current_theme()
        self._view.setBackground(theme.color("panel"))
        for axis in (self._left, self._bottom):
            axis.setPen(QPen(Qt.PenStyle.NoPen))
            axis.setTickPen(QPen(theme.color("panel"), 1))  # it turns a pen without a line into a black one
            axis.setTextPen(QPen(theme.color("faint")))
        for line in self._grid:
            line.setPen(_grid_pen())
        pen = QPen(theme.color("dim"), 1)
        pen.setCosmetic(True)
        self._cross.setPen(pen)

    def show_content(
        self, series: dict[str, Series], bands: dict[str, Band], marks: Sequence[EventMark], weight: float
    ) -> None:
        """What is to be drawn from now on, smoothed by a weight."""
        self._content = _Content(series=series, bands=bands, marks=marks, weight=weight)

    def x_range(self) -> Range:
        """The x in view, log10 where the scale is logarithmic."""
        low, high = self._box.viewRange()[0]
        return float(low), float(high)

    def y_range(self) -> Range:
        """The y in view, log10 where the scale is logarithmic."""
        low, high = self._box.viewRange()[1]
        return float(low), float(high)

    def set_range(self, x: Range | None, y: Range | None) -> None:
        """Look somewhere else without counting as the user's move."""
        if x is not None and x[1] > x[0] and x != self.x_range():
            self._box.setXRange(*x, padding=0)
        if y is not None and y[1] > y[0] and y != self.y_range():
            self._box.setYRange(*y, padding=0)

    def zoom(self, factor: float) -> None:
        """Zoom about the middle of the view, as the user's move."""
        self._box.scaleBy((factor, 1.0))
        self._on_moved_by_user()

    def settle(self) -> None:
        """Give all parts their places now: it was hidden and is about to be drawn."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
        self._view.ci.layout.activate()

    def prepared(self) -> Iterator[None]:
        """Do, in small pieces, what drawing needs of the curves."""
        for series in list(self._content.series.values()):
            if series.visible:
                while not series.prepare(self._content.weight, _PIECE):
                    yield
                yield

    def extent(self, x: Range) -> Range | None:
        """Lowest and highest y of the visible curves between two x of the view, log10 where the scale is."""
        low, high = (10.0 ** x[0], 10.0 ** x[1]) if self.log_x else x
        lowest, highest = math.inf, -math.inf
        for series in self._content.series.values():
            if not series.visible or not len(series) or series.back:
                continue
            _, y = series.points(low, high, 8 if not self.log_y else 400, self._content.weight)
            y = y[np.isfinite(y) & (y > 0)] if self.log_y else y[np.isfinite(y)]
            if len(y):
                lowest, highest = min(lowest, float(y.min())), max(highest, float(y.max()))
        if highest < lowest:
            return None
        return (math.log10(lowest), math.log10(highest)) if self.log_y else (lowest, highest)

    def drawing(self, x: Range, y: Range) -> Iterator[None]:
        """Draw this part of the plane piece by piece; at the end it takes the place of what is shown."""
        rect = self._box.rect()
        ratio = self.devicePixelRatioF()
        size = (max(1.0, rect.width() * ratio), max(1.0, rect.height() * ratio))
        frame = _Frame(x=x, y=y, size=size, log_x=self.log_x, log_y=self.log_y, ratio=ratio)
        picture = self._blank(math.ceil(size[0]), math.ceil(size[1]))
        picture.setDevicePixelRatio(1.0)  # it is painted in pixels of the screen
        for act in self._pieces(frame):
            with QPainter(picture) as painter:
                act(painter)
            yield
        picture.setDevicePixelRatio(ratio)
        self._spare = self._layer.set_picture(picture, QRectF(QPointF(x[0], y[0]), QPointF(x[1], y[1])))
        self._draw_grid()

    def clear(self) -> None:
        """Show no curves."""
        self._layer.set_picture(None, QRectF())

    def show_cross(self, x: float | None, points: list[tuple[float, float, str]]) -> None:
        """Put the crosshair at an x, with a dot per (x, y, colour); None takes it away."""
        self._cross.setVisible(x is not None and (x > 0 or not self.log_x))
        if x is None:
            self._dots.setData([])
            return
        self._cross.setPos(self._scaled(x, self.log_x))
        edge = QPen(current_theme().color("panel"), 1)
        self._dots.setData(
            [
                {"pos": (place, value), "brush": QColor(color), "pen": edge}
                for px, py, color in points
                if math.isfinite(place := self._scaled(px, self.log_x))
                and math.isfinite(value := self._scaled(py, self.log_y))
            ]
        )

    def place_of(self, x: float) -> QPointF:
        """Where an x lies, in coordinates of this widget, half way up."""
        low, high = self.y_range()
        point = self._box.mapViewToScene(QPointF(self._scaled(x, self.log_x), (low + high) / 2))
        return QPointF(self._view.mapFromScene(point))

    def width_of_pixel(self) -> float:
        """How much of the x in view a pixel covers."""
        low, high = self.x_range()
        return (high - low) / max(1.0, float(self._box.width()))

    # Drawing

    def _pieces(self, frame: _Frame) -> Iterator[Any]:
        """Functions of a painter, each drawing one thing, those at the back first."""
        theme = current_theme()
        content = self._content
        low, high = frame.shown_x()
        buckets = max(50, round(frame.size[0]))
        for band in content.bands.values():
            if band.visible and len(band.x):
                color = mix(theme.panel, band.color, _BAND)
                x, top, foot = frame.across(band.x), frame.down(band.high), frame.down(band.low)
                yield lambda painter, c=color, x=x, a=foot, b=top: draw_band(painter, x, a, b, c)
        shown = [series for series in list(content.series.values()) if series.visible and len(series)]
        height = frame.size[1]
        for series in shown:
            if series.back or (content.weight > 0 and series.smoothed):
                yield from self._curve(frame, series, low, high, buckets, pale=True)
        for series in shown:
            if not series.back:
                yield from self._curve(frame, series, low, high, buckets, pale=False)
        for mark in content.marks:
            if low <= mark.x <= high:
                at = float(frame.across(np.array([mark.x]))[0])
                tone = theme.color("warn" if mark.warns else "faint")
                yield lambda painter, at=at, tone=tone: draw_event(painter, at, height, tone, frame.ratio)

    def _curve(
        self, frame: _Frame, series: Series, low: float, high: float, buckets: int, *, pale: bool
    ) -> Iterator[Any]:
        weight = self._content.weight
        while not series.prepare(weight, _PIECE):
            yield lambda painter: None
        x, y = series.points(low, high, buckets, 0.0 if pale else weight)
        px, py = frame.across(x), frame.down(y)
        style = series.style
        color = QColor(style.color)
        height = frame.size[1]
        if pale:
            color = mix(current_theme().panel, color, _PALE)
            yield lambda painter: draw_curve(painter, px, py, color, height=height, width=1.0 / frame.ratio)
            return
        ratio = frame.ratio
        yield lambda painter: draw_curve(
            painter, px, py, color, height=height, width=WIDTH, dash=style.dash, ratio=ratio
        )
        spots = np.linspace(0, frame.size[0], _MARKERS + 2)[1:-1]
        yield lambda painter: draw_markers(painter, px, py, color, style.marker, spots, ratio)

    def _blank(self, width: int, height: int) -> QImage:
        """A picture to draw on: the one shown before the present one where it fits, since fresh memory is slow."""
        spare, self._spare = self._spare, None
        if spare is None or (spare.width(), spare.height()) != (width, height):
            spare = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        spare.fill(0)
        return spare

    def _draw_lines(self, painter: QPainter, target: QRectF) -> None:
        """Draw all at once, as lines and not as a picture."""
        frame = _Frame(
            x=self.x_range(),
            y=self.y_range(),
            size=(target.width(), target.height()),
            log_x=self.log_x,
            log_y=self.log_y,
        )
        painter.translate(target.topLeft())
        for act in self._pieces(frame):
            act(painter)

    def _draw_grid(self) -> None:
        low, high = self.y_range()
        ticks = self._left_ticks(low, high, self._box.height())[0][1]
        while len(self._grid) < len(ticks):
            line = pg.InfiniteLine(angle=0, movable=False, pen=_grid_pen())
            line.setZValue(-10)
            self._box.addItem(line, ignoreBounds=True)
            self._grid.append(line)
        for at, line in enumerate(self._grid):
            line.setVisible(at < len(ticks))
            if at < len(ticks):
                line.setPos(ticks[at])

    # pyqtgraph

    def _scaled(self, value: float, log: bool) -> float:
        if not log:
            return value
        return math.log10(value) if value > 0 else math.nan

    def _left_ticks(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        return _ticks(low, high, max(2, round(size / 38)), self.log_y)

    def _bottom_ticks(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        return _ticks(low, high, max(2, round(size / 90)), self.log_x)

    def _left_texts(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return _texts(values, spacing, self.log_y)

    def _bottom_texts(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return _texts(values, spacing, self.log_x)

    def _on_moved_by_user(self, *_: object) -> None:
        self.moved_by_user.emit()

    def _on_view_changed(self, *_: object) -> None:
        self.view_changed.emit()

    def _on_mouse_moved(self, position: QPointF) -> None:
        inside = self._view.ci.sceneBoundingRect().contains(position)
        x = float(self._box.mapSceneToView(position).x())
        self.hovered.emit((10.0**x if self.log_x else x) if inside else None)

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit(None)
        elif event.type() == QEvent.Type.MouseButtonDblClick:
            self.fit_requested.emit()
            return True
        return False


def _ticks(low: float, high: float, wanted: int, log: bool) -> list[tuple[float, list[float]]]:
    ticks = (log_ticks if log else linear_ticks)(low, high, wanted)
    return [(ticks[1] - ticks[0] if len(ticks) > 1 else 1.0, ticks)]


def _texts(values: list[float], spacing: float, log: bool) -> list[str]:
    if log:
        return [tick_text(10.0**value, 10.0**value) for value in values]
    return [tick_text(value, spacing) for value in values]


def _grid_pen() -> QPen:
    pen = QPen(current_theme().color("grid"), 1)
    pen.setCosmetic(True)
    return pen
