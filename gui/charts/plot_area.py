"""The drawn part of a line chart, on pyqtgraph: scales, grid, curves, crosshair, pan and zoom.

Importing this takes half a second; `line_chart` does so when pyqtgraph has been loaded beside the window.
"""

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.charts.decimation import decimate
from gui.charts.series import Series
from gui.charts.ticks import linear_ticks, log_ticks, tick_text
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme

Floats = NDArray[np.float64]

_MARKS = 5


class _Drawn:
    """The graphics of one series: the raw trace behind, the curve, a few markers on it."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.raw: Any = pg.PlotCurveItem(connect="finite", antialias=True)
        self.curve: Any = pg.PlotCurveItem(connect="finite", antialias=True)
        self.marks: Any = pg.ScatterPlotItem(size=6, pen=None, antialias=True)

    def items(self) -> list[Any]:
        """All of them, those at the back first."""
        return [self.raw, self.curve, self.marks]

    def dress(self) -> None:
        """Pens in the style of the series."""
        style = self.series.style
        pen = QPen(QColor(style.color), 1.8)
        pen.setCosmetic(True)
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)  # miter joins spike on noise, round ones are slow
        if style.dash:
            pen.setDashPattern(list(style.dash))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        self.curve.setPen(pen)
        faint = QColor(style.color)
        faint.setAlphaF(0.28)
        thin = QPen(faint, 1)
        thin.setCosmetic(True)
        self.raw.setPen(thin)
        self.marks.setBrush(QColor(style.color))


class PlotArea(QWidget):
    """`moved_by_user` after a pan or zoom; `hovered` with the x under the pointer, None when it has left."""

    moved_by_user = Signal()
    view_changed = Signal()
    hovered = Signal(object)
    fit_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log_y = False
        self._drawn: dict[str, _Drawn] = {}
        self._view: Any = pg.GraphicsLayoutWidget(self)
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setAntialiasing(True)
        self._view.ci.setContentsMargins(0, 0, 0, 0)
        self._view.setFrameStyle(0)
        self._plot: Any = self._view.addPlot()
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setContentsMargins(0, 6, 10, 0)
        self._box: Any = self._plot.getViewBox()
        self._box.disableAutoRange()
        self._box.setDefaultPadding(0)
        self._left: Any = self._plot.getAxis("left")
        self._bottom: Any = self._plot.getAxis("bottom")
        for axis in (self._left, self._bottom):
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickFont=text_font(SIZE_SECTION), tickLength=0, tickTextOffset=6, hideOverlappingLabels=False)
        self._left.tickValues = self._left_ticks
        self._left.tickStrings = self._left_texts
        self._bottom.tickValues = self._bottom_ticks
        self._bottom.tickStrings = self._bottom_texts
        # Our own grid: with pyqtgraph's on, the axis leaves out the labels at both its ends.
        self._grid: list[Any] = []
        self._cross: Any = pg.InfiniteLine(angle=90, movable=False)
        self._cross.setZValue(50)
        self._cross.hide()
        self._plot.addItem(self._cross, ignoreBounds=True)
        self._dots: Any = pg.ScatterPlotItem(size=8)
        self._dots.setZValue(51)
        self._plot.addItem(self._dots, ignoreBounds=True)
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
        for drawn in self._drawn.values():
            drawn.dress()

    def set_series(self, series: dict[str, Series]) -> None:
        """Make the graphics follow the series there are, by key."""
        for key in [key for key in self._drawn if self._drawn[key].series is not series.get(key)]:
            for item in self._drawn.pop(key).items():
                self._plot.removeItem(item)
        for key, one in series.items():
            if key not in self._drawn:
                drawn = _Drawn(one)
                drawn.dress()
                for depth, item in enumerate(drawn.items()):
                    item.setZValue(10 * depth)
                    self._plot.addItem(item, ignoreBounds=True)
                self._drawn[key] = drawn

    def x_range(self) -> tuple[float, float]:
        """The x in view."""
        low, high = self._box.viewRange()[0]
        return float(low), float(high)

    def y_range(self) -> tuple[float, float]:
        """The y in view, log10 where the scale is logarithmic."""
        low, high = self._box.viewRange()[1]
        return float(low), float(high)

    def set_range(self, x: tuple[float, float] | None, y: tuple[float, float] | None) -> None:
        """Look somewhere else without counting as the user's move."""
        if x is not None and x[1] > x[0]:
            self._box.setXRange(*x, padding=0)
        if y is not None and y[1] > y[0]:
            self._box.setYRange(*y, padding=0)

    def zoom(self, factor: float) -> None:
        """Zoom about the middle of the view, as the user's move."""
        self._box.scaleBy((factor, 1.0))
        self._on_moved_by_user()

    def redraw(self, weight: float) -> tuple[float, float] | None:
        """Draw the part in view, with at most two points a pixel column; gives lowest and highest y drawn."""
        low, high = self.x_range()
        buckets = max(50, round(self._box.width() or 300))
        lowest, highest = math.inf, -math.inf
        for drawn in self._drawn.values():
            series = drawn.series
            visible = series.visible and len(series) > 0
            for item in drawn.items():
                item.setVisible(visible)
            if not visible:
                continue
            part = series.window(low, high)
            x, y = self._prepared(series.x[part], series.shown(weight)[part], buckets)
            drawn.curve.opts["antialias"] = self._is_calm(y)
            drawn.curve.setData(x, y)
            if weight > 0 and series.smoothed:
                raw_x, raw_y = self._prepared(series.x[part], series.y[part], buckets)
                drawn.raw.opts["antialias"] = self._is_calm(raw_y)
                drawn.raw.setData(raw_x, raw_y)
            else:
                drawn.raw.setVisible(False)
            self._draw_marks(drawn, x, y, low, high)
            finite = y[np.isfinite(y)]
            if len(finite):
                lowest, highest = min(lowest, float(finite.min())), max(highest, float(finite.max()))
        self._draw_grid()
        return (lowest, highest) if highest >= lowest else None

    def show_cross(self, x: float | None, points: list[tuple[float, float, str]]) -> None:
        """Put the crosshair at an x, with a dot per (x, y, colour); None takes it away."""
        self._cross.setVisible(x is not None)
        if x is None:
            self._dots.setData([])
            return
        self._cross.setPos(x)
        edge = QPen(current_theme().color("panel"), 1)
        self._dots.setData(
            [
                {"pos": (px, self._scaled(py)), "brush": QColor(color), "pen": edge}
                for px, py, color in points
                if math.isfinite(self._scaled(py))
            ]
        )

    def place_of(self, x: float) -> QPointF:
        """Where an x lies, in coordinates of this widget, half way up."""
        low, high = self.y_range()
        point = self._box.mapViewToScene(QPointF(x, (low + high) / 2))
        return QPointF(self._view.mapFromScene(point))

    # pyqtgraph

    def _draw_grid(self) -> None:
        low, high = self.y_range()
        ticks = self._left_ticks(low, high, self._box.height())[0][1]
        while len(self._grid) < len(ticks):
            line = pg.InfiniteLine(angle=0, movable=False, pen=_grid_pen())
            line.setZValue(-10)
            self._plot.addItem(line, ignoreBounds=True)
            self._grid.append(line)
        for at, line in enumerate(self._grid):
            line.setVisible(at < len(ticks))
            if at < len(ticks):
                line.setPos(ticks[at])

    def _prepared(self, x: Floats, y: Floats, buckets: int) -> tuple[Floats, Floats]:
        x, y = decimate(x, y, buckets)
        if self.log_y:
            with np.errstate(divide="ignore", invalid="ignore"):
                y = np.log10(y)
            y = np.where(np.isfinite(y), y, np.nan)
        return x, y

    def _is_calm(self, y: Floats) -> bool:
        """Whether a curve is worth smooth edges: on a dense zigzag they are not seen and cost ten times the rest."""
        low, high = self.y_range()
        travel = float(np.nansum(np.abs(np.diff(y)))) if len(y) > 1 else 0.0
        return travel <= 10 * (high - low)

    def _draw_marks(self, drawn: _Drawn, x: Floats, y: Floats, low: float, high: float) -> None:
        # Evenly over the width in view, so that a marker is met wherever one looks.
        inside = (x >= low) & (x <= high) & np.isfinite(y)
        xs, ys = x[inside], y[inside]
        marker = drawn.series.style.marker
        if not marker and len(xs) == 1:
            marker = "o"  # one point makes no line
        if not marker or not len(xs):
            drawn.marks.setData([], [])
            return
        wanted = np.linspace(low, high, _MARKS + 2)[1:-1]
        at = np.unique(np.clip(np.searchsorted(xs, wanted), 0, len(xs) - 1))
        drawn.marks.setData(xs[at], ys[at], symbol=marker)

    def _scaled(self, y: float) -> float:
        if not self.log_y:
            return y
        return math.log10(y) if y > 0 else math.nan

    def _left_ticks(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        wanted = max(2, round(size / 38))
        ticks = (log_ticks if self.log_y else linear_ticks)(low, high, wanted)
        return [(ticks[1] - ticks[0] if len(ticks) > 1 else 1.0, ticks)]

    def _bottom_ticks(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        ticks = linear_ticks(low, high, max(2, round(size / 90)))
        return [(ticks[1] - ticks[0] if len(ticks) > 1 else 1.0, ticks)]

    def _left_texts(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.log_y:
            return [tick_text(10.0**value, 10.0**value) for value in values]
        return [tick_text(value, spacing) for value in values]

    def _bottom_texts(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [tick_text(value, spacing) for value in values]

    def _on_moved_by_user(self, *_: object) -> None:
        self.moved_by_user.emit()

    def _on_view_changed(self, *_: object) -> None:
        self.view_changed.emit()

    def _on_mouse_moved(self, position: QPointF) -> None:
        inside = self._plot.sceneBoundingRect().contains(position)
        self.hovered.emit(float(self._box.mapSceneToView(position).x()) if inside else None)

    @guarded(fallback=False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit(None)
        elif event.type() == QEvent.Type.MouseButtonDblClick:
            self.fit_requested.emit()
            return True
        return False


def _grid_pen() -> QPen:
    pen = QPen(current_theme().color("grid"), 1)
    pen.setCosmetic(True)
    return pen
