"""A chart of curves over steps or epochs that stays fast at a million points and never moves under the user's hands.

Points may be added before the chart was ever shown; what draws is made on the first show, so that a window with charts
opens without waiting for pyqtgraph.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from gui.charts.curve_table import CurveTable, TableCurve, write_table
from gui.charts.growing import Growing
from gui.charts.legend import Legend
from gui.charts.preload import charts_ready, loader
from gui.charts.readout import Readout, ReadoutLine
from gui.charts.series import Series
from gui.charts.series_style import SeriesStyle, series_style
from gui.charts.ticks import value_text
from gui.charts.turns import Work, turns
from gui.charts.widget_picture import save_png, save_svg
from gui.charts.x_scale import XScale
from gui.widgets.guarded import guarded
from gui.widgets.text import Text
from gui.widgets.theme import theme_notifier

if TYPE_CHECKING:
    from gui.charts.plot_area import Band, EventMark, PlotArea

REDRAW_MS: Final = 60
"""New points are drawn together, at most this often."""
_MOVED_MS: Final = 8
"""A view that the user moves is drawn anew this soon."""
_NEAR_PX: Final = 6
_TURNS: Final = itertools.cycle((0, 17, 34, 51))
"""Charts that get points at the same time draw one after the other, so that none keeps the window waiting for all."""


class LineChart(QWidget):
    """Keys: arrows move the crosshair, + and - zoom, F or Home shows all and follows again, L switches the scale.

    While it follows, the view grows with the curves; a pan or zoom by the user ends that until Follow is pressed.
    """

    built = Signal()
    """The drawn part exists now."""
    follow_changed = Signal(bool)
    log_changed = Signal(bool)
    smoothing_changed = Signal(float)
    redrawn = Signal()
    cross_moved = Signal(object)
    """x of the crosshair when the user moved it, None when it went."""

    def __init__(
        self,
        *,
        x_label: str = "epoch",
        empty: str = "Nothing to draw yet",
        legend: bool = True,
        name: str = "",
        accessible: str = "Chart",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 110)
        self._x_label = x_label
        self._empty_text = empty
        self._series: dict[str, Series] = {}
        self._plot: PlotArea | None = None
        self._follow = True
        self._log = self._log_x = False
        self._smoothing = 0.0
        self._bands: dict[str, Band] = {}
        self._marks: Sequence[EventMark] = ()
        self._building: Work | None = None  # set once the drawn part is being made
        self._built_told = False  # set when `built` was emitted, after the first drawing
        self._work: Work | None = None  # the drawing under way; set by _begin, cleared when it ends
        self._stale = False  # something came while it was under way
        self._x_end: float | None = None
        self._y_limits: tuple[float, float] | None = None
        self._cross_x: float | None = None
        self._placing = False  # the chart itself moves the view; set and cleared by _fit
        self._legend_wanted = legend
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._column = column
        self._hint = Text(empty, tone="faint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._hint, 1)
        self.legend = Legend()
        self.legend.toggled.connect(self.set_visible)
        column.addWidget(self.legend)
        self._readout = Readout(self)
        self._redraw_ms = REDRAW_MS + next(_TURNS)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._begin)
        theme_notifier().changed.connect(self._on_theme_changed)

    # Curves

    def add_series(
        self,
        key: str,
        name: str,
        style: SeriesStyle | None = None,
        *,
        smoothed: bool = True,
        shown: bool = True,
        scale: XScale | None = None,
        back: bool = False,
        columns: tuple[Growing, Growing] | None = None,
    ) -> None:
        """Add a curve; an old one with this key gives way. One at the `back` is thin, pale and not in the legend.

        With `columns` it follows x and y that somebody else fills, who calls `refresh` when they grew.
        """
        self.remove_series(key)
        look = style or series_style(len(self._series))
        series = Series(name, look, smoothed=smoothed, scale=scale, back=back, columns=columns)
        series.visible = shown
        self._series[key] = series
        if self._legend_wanted and not back:
            self.legend.add(key, name, series.style, shown=shown)
        self._touch()

    def remove_series(self, key: str) -> None:
        """Remove a curve; an unknown key is passed over."""
        if self._series.pop(key, None) is not None:
            self.legend.remove(key)
            self._touch()

    def clear(self) -> None:
        """Remove all curves."""
        for key in list(self._series):
            self.remove_series(key)
        self._bands.clear()
        self._marks = ()

    def set_band(
        self, key: str, x: ArrayLike, low: ArrayLike, high: ArrayLike, color: str, *, shown: bool = True
    ) -> None:
        """Shade between two curves over an x of the axis, behind all curves; no points take the band away."""
        from gui.charts.plot_area import Band

        at = np.asarray(x, dtype=np.float64)
        if not len(at):
            self.remove_band(key)
            return
        self._bands[key] = Band(
            x=at, low=np.asarray(low, np.float64), high=np.asarray(high, np.float64), color=color, visible=shown
        )
        self._touch()

    def remove_band(self, key: str) -> None:
        """Take a band away; an unknown key is passed over."""
        if self._bands.pop(key, None) is not None:
            self._touch()

    def bands(self) -> dict[str, "Band"]:
        """What is shaded, by key."""
        return dict(self._bands)

    def set_marks(self, marks: Sequence["EventMark"]) -> None:
        """Show what happened, where; replaces the marks there were."""
        if list(marks) != list(self._marks):
            self._marks = list(marks)
            self._touch()

    def marks(self) -> list["EventMark"]:
        """What is marked."""
        return list(self._marks)

    def show_legend(self, shown: bool) -> None:
        """Show the names of the curves below them, where there are any."""
        self.legend.set_wanted(shown)

    def set_x_label(self, label: str) -> None:
        """Name what the x axis shows: step, epoch, minutes."""
        self._x_label = label

    def x_label(self) -> str:
        """What the x axis shows."""
        return self._x_label

    def refresh(self) -> None:
        """Columns or scales of some curve have changed."""
        self._touch()

    def has_series(self, key: str) -> bool:
        """Whether there is such a curve."""
        return key in self._series

    def series(self, key: str) -> Series:
        """A curve's points, to read. Raises KeyError."""
        return self._series[key]

    def keys(self) -> list[str]:
        """The keys of the curves, in order."""
        return list(self._series)

    def append(self, key: str, x: ArrayLike, y: ArrayLike) -> None:
        """Add points to a curve. Raises KeyError for an unknown one."""
        self._series[key].append(x, y)
        self._touch()

    def set_points(self, key: str, x: ArrayLike, y: ArrayLike) -> None:
        """Replace the points of a curve. Raises KeyError for an unknown one."""
        self._series[key].clear()
        self.append(key, x, y)

    def set_visible(self, key: str, shown: bool) -> None:
        """Show or hide a curve."""
        self._series[key].visible = shown
        if self._legend_wanted and not self._series[key].back:
            self.legend.entry(key).setChecked(shown)
        self._touch()

    # View

    def set_x_end(self, end: float | None) -> None:
        """Let the following view reach from 0 to here at least, as to the last epoch planned."""
        self._x_end = end
        self._touch()

    def set_y_limits(self, limits: tuple[float, float] | None) -> None:
        """Fixed ends of the y scale while following, as 0 and 1 for shares; None fits the curves."""
        self._y_limits = limits
        self._touch()

    def is_following(self) -> bool:
        """Whether new points move the view."""
        return self._follow

    def set_follow(self, follow: bool) -> None:
        """Let new points move the view, or hold it."""
        if follow != self._follow:
            self._follow = follow
            self.follow_changed.emit(follow)
        if follow:
            self._touch()

    def is_log(self) -> bool:
        """Whether the y scale is logarithmic."""
        return self._log

    def set_log(self, log: bool) -> None:
        """Switch the y scale; the view is fitted anew, since the old y range has no meaning on the other scale."""
        if log == self._log:
            return
        self._log = log
        if self._plot is not None:
            self._plot.log_y = log
            self._refit()
        self.log_changed.emit(log)
        self._touch()

    def is_log_x(self) -> bool:
        """Whether the x scale is logarithmic."""
        return self._log_x

    def set_log_x(self, log: bool) -> None:
        """Switch the x scale; the view then shows all."""
        if log == self._log_x:
            return
        self._log_x = log
        if self._plot is not None:
            self._plot.log_x = log
            self.set_follow(True)
            self._refit()
        self._touch()

    def smoothing(self) -> float:
        """The smoothing weight, 0 for none."""
        return self._smoothing

    def set_smoothing(self, weight: float) -> None:
        """Smooth the curves; the traces as measured stay behind them. Raises ValueError unless 0 <= weight < 1."""
        if not 0 <= weight < 1:
            raise ValueError(f"weight must be at least 0 and below 1, got {weight}")
        if weight != self._smoothing:
            self._smoothing = weight
            self.smoothing_changed.emit(weight)
            self._touch()

    def view_range(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """((x low, x high), (y low, y high)) in view, y as log10 on a logarithmic scale; None before the first show."""
        return (self._plot.x_range(), self._plot.y_range()) if self._plot is not None else None

    def set_view(self, x: tuple[float, float], y: tuple[float, float] | None = None) -> None:
        """Look at a part, as if the user had zoomed there."""
        if self._plot is not None:
            self._plot.set_range(x, y)
            self._on_moved_by_user()

    def values_at(self, x: float) -> list[tuple[str, float, float]]:
        """(name, x of the nearest point, y shown) of each visible curve."""
        found = []
        for series in self._series.values():
            at = series.nearest(x) if series.visible and not series.back else None
            if at is not None:
                found.append((series.name, series.shown_x_at(at), series.value_at(at, self._smoothing)))
        return found

    # Export

    def put_away_readout(self) -> None:
        """Show no values beside the crosshair until it moves again."""
        self._readout.hide()

    def save_png(self, path: Path) -> None:
        """Save a picture at twice the size on screen. Raises OSError when it cannot be written."""
        self.put_away_readout()
        save_png(self, path)

    def save_svg(self, path: Path) -> None:
        """Save as lines and text. Raises OSError when it cannot be written."""
        self.put_away_readout()
        save_svg(self, path)

    def table(self) -> CurveTable:
        """All points as measured, to be written on a thread: nothing in it changes any more."""
        return CurveTable(
            x_label=self._x_label,
            curves=[TableCurve(name=one.name, x=one.x, y=one.y, scale=one.scale) for one in self._series.values()],
        )

    def save_csv(self, path: Path) -> None:
        """Save all points as measured: series, x, y. Raises OSError when it cannot be written."""
        write_table(self.table(), path)

    # Drawing

    def is_built(self) -> bool:
        """Whether the drawn part exists."""
        return self._plot is not None

    def is_drawing(self) -> bool:
        """Whether something that came is yet to be drawn."""
        return self._timer.isActive() or self._work is not None

    def redraw(self) -> None:
        """Draw now, to the end; new points are drawn by themselves soon after they came, in slices."""
        self._timer.stop()
        turns().drop(self._work)
        self._work = None
        for _ in self._drawing():
            pass
        self._on_drawn()

    def _begin(self) -> None:
        if self._work is None:
            self._stale = False
            self._work = self._drawing()
            turns().add(self, self._work, self._on_drawn)
        else:
            self._stale = True

    def _on_drawn(self) -> None:
        self._work = None
        if self._plot is None:
            return
        self._place_cross()
        self._describe()
        if not self._built_told:
            self._built_told = True
            self.built.emit()
        self.redrawn.emit()
        if self._stale:
            self._stale = False
            self._touch()

    def _drawing(self) -> Iterator[None]:
        has_points = any(len(series) for series in self._series.values())
        plot = self._plot
        if plot is None:
            return
        if plot.isHidden() == has_points or self._hint.isHidden() != has_points:
            self._hint.setVisible(not has_points)
            plot.setVisible(has_points)
            self._column.activate()
            plot.settle()
            yield
        if not has_points:
            self._hint.set_text(self._empty_text)
            plot.clear()
            return
        plot.show_content(self._series, self._bands, self._marks, self._smoothing)
        yield from plot.prepared()
        x, y = self._wanted_view()
        yield from plot.drawing(x, y)
        if self._follow:
            self._look_at(x, y)

    def _look_at(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        assert self._plot is not None
        self._placing = True
        self._plot.set_range(x, y)
        self._placing = False

    def _wanted_view(self, *, y_anew: bool = False) -> tuple[tuple[float, float], tuple[float, float]]:
        """While following, all x and the y of what is then in view; else the view as it is, or with its y fitted."""
        assert self._plot is not None
        x, y = self._plot.x_range(), self._plot.y_range()
        visible = [series for series in self._series.values() if series.visible and len(series)]
        if not visible or not (self._follow or y_anew):
            return x, y
        if self._follow:
            low = min(series.shown_x_at(0) for series in visible)
            high = max(series.shown_x_at(len(series) - 1) for series in visible)
            if self._log_x:
                firsts = [float(at[0]) for series in visible if len(at := series.shown_x[:64][series.shown_x[:64] > 0])]
                low = math.log10(min(firsts, default=1.0))
                high = math.log10(max(high, self._x_end or high, 10**low))
            else:
                if low > 0 and (self._x_end is not None or low < 0.3 * high):
                    low = 0.0
                high = max(high, self._x_end or high)
            x = (low, high if high > low else low + 1)
        if self._y_limits is not None and not self._log:
            return x, self._y_limits
        found = self._plot.extent(x)
        return x, _with_room(*found, log=self._log) if found is not None else y

    def _refit(self) -> None:
        """The scale is another one: what was in view of y has no meaning on it."""
        if self._plot is not None and any(len(series) for series in self._series.values()):
            self._plot.show_content(self._series, self._bands, self._marks, self._smoothing)
            self._plot.clear()
            self._look_at(*self._wanted_view(y_anew=True))

    @guarded(fallback=lambda _self: QSize(320, 200))
    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._plot is not None:
            self._touch()
        elif charts_ready():
            QTimer.singleShot(self._redraw_ms - REDRAW_MS, self._build)
        else:
            self._hint.set_text("Loading charts")
            loader().ready.connect(self._build)
            loader().failed.connect(self._on_load_failed)
            loader().start()

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._touch()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self._plot is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step_cross(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._plot.zoom(0.8)
        elif key == Qt.Key.Key_Minus:
            self._plot.zoom(1.25)
        elif key in (Qt.Key.Key_F, Qt.Key.Key_Home):
            self.set_follow(True)
        elif key == Qt.Key.Key_L:
            self.set_log(not self._log)
        elif key == Qt.Key.Key_Escape and self._cross_x is not None:
            self._on_hovered(None)
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        if self._building is None:
            self._building = self._made()
            turns().add(self, self._building, self._on_made)

    def _made(self) -> Iterator[None]:
        """The drawn part, in pieces."""
        from gui.charts.plot_area import PlotArea

        if any(len(series) for series in self._series.values()):
            self._hint.set_text("")  # they are about to be drawn
        plot = PlotArea(self)
        plot.hide()  # until there is something to draw
        yield
        plot.moved_by_user.connect(self._on_moved_by_user)
        plot.view_changed.connect(self._on_view_changed)
        plot.hovered.connect(self._on_hovered)
        plot.fit_requested.connect(self._on_fit_requested)
        self._column.insertWidget(0, plot, 1)
        plot.log_y, plot.log_x = self._log, self._log_x
        self._plot = plot

    def _on_made(self) -> None:
        if self.isVisible():
            self._begin()

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        turns().drop(self._work)
        self._work = None

    def _touch(self, after_ms: int = 0) -> None:
        if self._plot is not None and self.isVisible() and not self._timer.isActive():
            self._timer.start(after_ms or self._redraw_ms)

    def _describe(self) -> None:
        last = [
            f"{series.name} {value_text(float(series.y[-1]))}"
            for series in self._series.values()
            if series.visible and len(series) and not series.back
        ]
        self.setAccessibleDescription(", ".join(last[:12]))

    # Crosshair

    def set_cross(self, x: float | None) -> None:
        """Show the crosshair of another chart, without its values."""
        self._cross_x = x
        self._place_cross(with_values=False)

    def _on_hovered(self, x: object) -> None:
        self._cross_x = x if isinstance(x, float) and math.isfinite(x) else None
        self._place_cross()
        self.cross_moved.emit(self._cross_x)

    def _step_cross(self, step: int) -> None:
        assert self._plot is not None
        longest = max((s for s in self._series.values() if s.visible), key=len, default=None)
        if longest is None or not len(longest):
            return
        low, high = self._plot.x_range()
        if self._log_x:
            low, high = 10.0**low, 10.0**high
        if self._cross_x is None:
            at = longest.nearest(high if step < 0 else low) or 0
        else:
            part = longest.window(low, high)
            stride = max(1, (part.stop - part.start) // 200)  # a key held down crosses the view in some seconds
            at = min(max((longest.nearest(self._cross_x) or 0) + step * stride, 0), len(longest) - 1)
        self._on_hovered(longest.shown_x_at(at))

    def _place_cross(self, *, with_values: bool = True) -> None:
        if self._plot is None:
            return
        if self._cross_x is None:
            self._plot.show_cross(None, [])
            self._readout.hide()
            return
        lines, points = [], []
        for series in self._series.values():
            at = series.nearest(self._cross_x) if series.visible and not series.back else None
            if at is None or series.shown_x_at(0) > self._cross_x:
                continue
            y = series.value_at(at, self._smoothing)
            lines.append(ReadoutLine(name=series.name, value=value_text(y), style=series.style))
            points.append((series.shown_x_at(at), y, series.style.color))
        self._plot.show_cross(self._cross_x, points)
        if not lines or not with_values:
            self._readout.hide()
            return
        head = f"{self._x_label} {value_text(round(points[0][0], 3))}"
        reach = _NEAR_PX * self._plot.width_of_pixel()
        near = [mark.text for mark in self._marks if not self._log_x and abs(mark.x - self._cross_x) <= reach]
        at_point = self._plot.place_of(self._cross_x).toPoint() + self._plot.pos()
        self._readout.show_values(head, lines, at_point, self.size(), notes=near)

    def readout_lines(self) -> Sequence[ReadoutLine]:
        """What the crosshair shows; empty without one."""
        return self._readout.lines() if not self._readout.isHidden() else []

    # Slots

    def _on_moved_by_user(self) -> None:
        self.set_follow(False)
        self._touch(_MOVED_MS)

    def _on_view_changed(self) -> None:
        if not self._placing:
            self._touch(_MOVED_MS)

    def _on_fit_requested(self) -> None:
        self.set_follow(True)
        self.redraw()

    def _on_theme_changed(self) -> None:
        if self._plot is not None:
            self._plot.dress()
            self._touch()

    def _on_load_failed(self, reason: str) -> None:
        self._hint.set_text(f"Charts cannot be drawn: {reason}")


def _with_room(low: float, high: float, *, log: bool) -> tuple[float, float]:
    """A little air above and below; a linear scale of positive values begins at 0 where that costs little room."""
    if high <= low:
        pad = 0.5 if log else abs(high) * 0.1 or 0.5
        return low - pad, high + pad
    pad = (high - low) * 0.06
    if not log and low >= 0 and low < 0.5 * high:
        return 0.0, high + pad
    return low - pad, high + pad
