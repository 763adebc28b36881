"""Draws one figure: scales, series, lines to compare with, and what lies under the pointer.

The series are drawn once into a picture and stay until the view changes; the pointer costs next to nothing.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPaintEngine,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.charts.figure import Figure, FigureAxis, FigureSeries
from gui.charts.preload import charts_ready, loader
from gui.charts.readout import Readout, ReadoutLine
from gui.charts.series_style import DASHED, SeriesStyle
from gui.charts.swatch import draw_marker
from gui.charts.ticks import linear_ticks, tick_text, value_text
from gui.widgets.fonts import SIZE_SECTION, SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

Floats = NDArray[np.float64]
Range = tuple[float, float]
Scale = Callable[[Floats], Floats]

_REACH: Final = 28.0
"""Pixels within which the pointer finds a point."""
_WIDEST_SQUARE: Final = 1.5
_STEP: Final = 1.25
_MARKERS: Final = 4
_WIDEST_BAR: Final = 72.0
_CLOUD: Final = 60
"""More points than this are small and see-through."""


class FigurePlot(QWidget):
    """Keys: arrows move the crosshair, + and - zoom, F or Home shows all, Enter opens the sample under the crosshair.

    The wheel zooms about the pointer, a drag moves the view, a double click shows all.
    """

    sample_chosen = Signal(int)
    """A point was clicked: the number of its sample."""
    moved = Signal(bool)
    """Whether the view is another than the one that shows all."""

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._figure = Figure()
        self._hidden: frozenset[int] = frozenset()
        self._hidden_lines: frozenset[int] = frozenset()
        self._x: Range = (0.0, 1.0)
        self._y: Range = (0.0, 1.0)
        self._is_moved = False
        self._picture: QImage | None = None
        self._cross: float | None = None
        self._dot: tuple[float, float, SeriesStyle] | None = None
        self._under: int | None = None  # sample under the crosshair
        self._dragged: QPointF | None = None
        self._readout = Readout(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_notifier().changed.connect(self._on_theme_changed)

    # What is shown

    @property
    def figure(self) -> Figure:
        """What is drawn."""
        return self._figure

    def set_figure(self, figure: Figure) -> None:
        """Draw another figure, all of it."""
        self._figure = figure
        self._hidden = frozenset(place for place, one in enumerate(figure.series) if not one.is_shown)
        self._hidden_lines = frozenset()
        self.setAccessibleName(figure.title)
        self.setAccessibleDescription(_told(figure))
        self.show_all()

    def set_series_shown(self, place: int, shown: bool) -> None:
        """Show or hide a series; while all is shown the view goes along."""
        self._hidden = self._hidden - {place} if shown else self._hidden | {place}
        if self._is_moved:
            self._redraw()
        else:
            self.show_all()

    def set_line_shown(self, place: int, shown: bool) -> None:
        """Show or hide a line to compare with."""
        self._hidden_lines = self._hidden_lines - {place} if shown else self._hidden_lines | {place}
        self._redraw()

    def view_range(self) -> tuple[Range, Range]:
        """((low x, high x), (low y, high y)) in view."""
        return self._x, self._y

    def set_view(self, x: Range, y: Range) -> None:
        """Look at a part, as if the user had zoomed there."""
        if x[1] > x[0] and y[1] > y[0]:
            self._x, self._y = x, y
            self._set_moved(True)
            self._redraw()

    def show_all(self) -> None:
        """Show everything that is not hidden."""
        left, right, low, high = self._figure.extent(self._hidden)
        self._x, self._y = (left, right), (low, high)
        self._set_moved(False)
        self._put_cross(None)
        self._redraw()

    def readout_lines(self) -> list[ReadoutLine]:
        """What the crosshair tells; empty without one."""
        return self._readout.lines() if not self._readout.isHidden() else []

    def put_away_readout(self) -> None:
        """Show no crosshair until it moves again."""
        self._put_cross(None)

    def area(self) -> QRectF:
        """Where the series are drawn, in this widget."""
        metrics = self._metrics()
        ticks = self._ticks(self._figure.y, self._y, self.height())
        widest = max((metrics.horizontalAdvance(text) for _, text in ticks), default=20)
        left = min(widest + 12.0 + metrics.height() + 4, self.width() * 0.4)
        bottom = 2 * metrics.height() + 14.0
        room = QRectF(left, 8.0, max(20.0, self.width() - left - 12.0), max(20.0, self.height() - bottom - 8.0))
        if self._figure.is_square and room.width() > _WIDEST_SQUARE * room.height():
            spare = room.width() - _WIDEST_SQUARE * room.height()
            room.adjust(spare / 2, 0, -spare / 2, 0)
        return room

    def place_of(self, x: float, y: float) -> QPointF:
        """Where values lie in this widget."""
        area = self.area()
        return QPointF(
            area.left() + (x - self._x[0]) / (self._x[1] - self._x[0]) * area.width(),
            area.bottom() - (y - self._y[0]) / (self._y[1] - self._y[0]) * area.height(),
        )

    def value_at(self, point: QPointF) -> tuple[float, float]:
        """The values at a place of this widget."""
        area = self.area()
        return (
            self._x[0] + (point.x() - area.left()) / area.width() * (self._x[1] - self._x[0]),
            self._y[0] + (area.bottom() - point.y()) / area.height() * (self._y[1] - self._y[0]),
        )

    # Drawing

    @guarded(fallback=lambda _self: QSize(360, 260))
    def sizeHint(self) -> QSize:
        return QSize(360, 260)

    @guarded(fallback=lambda _self: QSize(200, 160))
    def minimumSizeHint(self) -> QSize:
        return QSize(200, 160)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            area = self.area()
            if not charts_ready():
                painter.setFont(text_font(SIZE_SMALL))
                painter.setPen(current_theme().color("faint"))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "Loading charts")
                return
            self._draw_scales(painter, area)
            painter.save()
            painter.setClipRect(area.adjusted(-1, -1, 1, 1))
            if painter.paintEngine().type() == QPaintEngine.Type.SVG:
                painter.translate(area.topLeft())
                self._draw_series(painter, area.width(), area.height(), 1.0)
            else:
                painter.drawImage(area.topLeft().toPoint(), self._drawn(area))
            painter.restore()
            self._draw_cross(painter, area)
            if self.hasFocus():
                pen = QPen(current_theme().color("accent"), 1)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _drawn(self, area: QRectF) -> QImage:
        ratio = self.devicePixelRatioF()
        size = (max(1, round(area.width() * ratio)), max(1, round(area.height() * ratio)))
        if self._picture is None or (self._picture.width(), self._picture.height()) != size:
            picture = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
            picture.fill(0)
            with QPainter(picture) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                self._draw_series(painter, float(size[0]), float(size[1]), ratio)
            picture.setDevicePixelRatio(ratio)
            self._picture = picture
        return self._picture

    def _draw_series(self, painter: QPainter, width: float, height: float, ratio: float) -> None:
        # It brings pyqtgraph, which is loaded beside the window.
        from gui.charts.curve_painter import WIDTH, draw_band, draw_curve, draw_markers

        theme = current_theme()

        def across(x: Floats) -> Floats:
            return np.asarray((x - self._x[0]) / (self._x[1] - self._x[0]) * width)

        def down(y: Floats) -> Floats:
            return np.asarray(height - (y - self._y[0]) / (self._y[1] - self._y[0]) * height)

        shown = [one for place, one in enumerate(self._figure.series) if place not in self._hidden and len(one.x)]
        for one in shown:
            color = QColor(one.style().color)
            if one.kind == "band":
                pale = mix(theme.panel, one.style().color, 0.18)
                draw_band(painter, across(one.x), down(one.low), down(one.high), pale)
            elif one.kind == "bars":
                self._draw_bars(painter, one, across, down, color, ratio)
        for place, line in enumerate(self._figure.lines):
            if place not in self._hidden_lines:
                pen = QPen(theme.color("faint"), 1.2 * ratio)
                pen.setDashPattern([3.0, 3.0])
                painter.setPen(pen)
                ends = across(np.array(line.x)), down(np.array(line.y))
                painter.drawLine(QPointF(ends[0][0], ends[1][0]), QPointF(ends[0][1], ends[1][1]))
        spots = np.linspace(0, width, _MARKERS + 2)[1:-1]
        lines = sum(one.kind in ("line", "steps") for one in shown)
        # The first are the most important: they lie on top.
        for one in reversed(shown):
            color = QColor(one.style().color)
            if one.kind in ("line", "steps"):
                x, y = (one.x, one.y) if one.kind == "line" else _stepped(one.x, one.y)
                dash = DASHED if one.is_dashed else ()
                draw_curve(painter, across(x), down(y), color, height=height, width=WIDTH, dash=dash, ratio=ratio)
                if lines > 3 or len(one.x) == 1:
                    draw_markers(painter, across(x), down(y), color, one.style().marker, spots, ratio)
            elif one.kind == "points":
                self._draw_points(painter, one, across(one.x), down(one.y), down, color, ratio)

    def _draw_bars(
        self, painter: QPainter, one: FigureSeries, across: Scale, down: Scale, color: QColor, ratio: float
    ) -> None:
        left, right = across(one.x - one.width / 2), across(one.x + one.width / 2)
        if self._figure.x.names and len(left) and right[0] - left[0] > _WIDEST_BAR * ratio:
            middle = (left + right) / 2
            left, right = middle - _WIDEST_BAR * ratio / 2, middle + _WIDEST_BAR * ratio / 2
        top, foot = down(one.y), down(one.feet())
        painter.setPen(Qt.PenStyle.NoPen)
        fill = QColor(color)
        fill.setAlphaF(0.85)
        painter.setBrush(fill)
        gap = ratio if len(left) and right[0] - left[0] > 4 * ratio else 0.0
        for a, b, high, low in zip(left.tolist(), right.tolist(), top.tolist(), foot.tolist(), strict=True):
            if low != high:
                painter.drawRect(QRectF(a, min(high, low), max(1.0, b - a - gap), max(1.0, abs(low - high))))

    def _draw_points(
        self, painter: QPainter, one: FigureSeries, x: Floats, y: Floats, down: Scale, color: QColor, ratio: float
    ) -> None:
        if len(one.low) == len(one.x) == len(one.high):
            painter.setPen(QPen(color, 1.2 * ratio))
            for place, (low, high) in enumerate(zip(down(one.low).tolist(), down(one.high).tolist(), strict=True)):
                painter.drawLine(QPointF(x[place], low), QPointF(x[place], high))
                for end in (low, high):
                    painter.drawLine(QPointF(x[place] - 3 * ratio, end), QPointF(x[place] + 3 * ratio, end))
        many = len(x) > _CLOUD
        fill = QColor(color)
        if many:
            fill.setAlphaF(0.55)
        stamp = _stamp(one.style().marker if not many else "o", fill, (2.2 if many else 3.5) * ratio)
        half = stamp.width() / 2
        for a, b in zip(x.tolist(), y.tolist(), strict=True):
            if math.isfinite(a) and math.isfinite(b):
                painter.drawImage(QPointF(a - half, b - half), stamp)

    def _draw_scales(self, painter: QPainter, area: QRectF) -> None:
        theme = current_theme()
        painter.setFont(text_font(SIZE_SECTION))
        metrics = painter.fontMetrics()
        left_ticks = self._ticks(self._figure.y, self._y, area.height())
        for value, text in left_ticks:
            y = self.place_of(self._x[0], value).y()
            painter.setPen(QPen(theme.color("grid"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("faint"))
            place = QRectF(0, y - 8, area.left() - 8, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        last = -math.inf
        names = bool(self._figure.x.names)
        ticks = self._ticks(self._figure.x, self._x, area.width(), across=True)
        slot = area.width() / max(1, len(ticks)) if names else 0.0
        for value, text in ticks:
            x = self.place_of(value, self._y[0]).x()
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(max(36.0, slot - 6))) if names else text
            width = metrics.horizontalAdvance(shown)
            left = min(max(x - width / 2, area.left() - 20), self.width() - width - 2.0)
            if left < last + 8:
                continue
            last = left + width
            painter.setPen(theme.color("faint"))
            painter.drawText(QPointF(left, area.bottom() + metrics.ascent() + 5), shown)
        painter.setPen(theme.color("dim"))
        below = QRectF(area.left(), area.bottom() + metrics.height() + 6, area.width(), metrics.height() + 4)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, _cut(metrics, self._figure.x.label(), area.width()))
        painter.save()
        widest = max((metrics.horizontalAdvance(words) for _, words in left_ticks), default=20)
        painter.translate(area.left() - widest - 8 - metrics.height() / 2, area.center().y())
        painter.rotate(-90)
        beside = QRectF(-area.height() / 2, -metrics.height() / 2, area.height(), metrics.height() + 2)
        painter.drawText(beside, Qt.AlignmentFlag.AlignCenter, _cut(metrics, self._figure.y.label(), area.height()))
        painter.restore()

    def _draw_cross(self, painter: QPainter, area: QRectF) -> None:
        theme = current_theme()
        if self._cross is not None:
            x = self.place_of(self._cross, self._y[0]).x()
            painter.setPen(QPen(theme.color("dim"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if self._dot is not None:
            at = self.place_of(self._dot[0], self._dot[1])
            if area.adjusted(-2, -2, 2, 2).contains(at):
                painter.setPen(QPen(theme.color("text"), 1.5))
                painter.setBrush(QColor(self._dot[2].color))
                painter.drawEllipse(at, 5, 5)

    def _ticks(self, axis: FigureAxis, view: Range, room: float, *, across: bool = False) -> list[tuple[float, str]]:
        if axis.names:
            first, last = max(0, math.ceil(view[0])), min(len(axis.names) - 1, math.floor(view[1]))
            every = max(1, math.ceil((last - first + 1) * 40 / max(1.0, room)))
            return [(float(n), plain_text(axis.names[n], 60)) for n in range(first, last + 1, every)]
        wanted = max(2, int(room / (80 if across else 46)))
        low, high = view
        ticks = linear_ticks(low, high, wanted)
        step = ticks[1] - ticks[0] if len(ticks) > 1 else high - low
        if axis.is_share:
            return [(tick, f"{tick_text(tick * 100, step * 100)} %") for tick in ticks]
        return [(tick, tick_text(tick, step)) for tick in ticks]

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(text_font(SIZE_SECTION))

    def _redraw(self) -> None:
        self._picture = None
        self.update()

    def _set_moved(self, moved: bool) -> None:
        if moved != self._is_moved:
            self._is_moved = moved
            self.moved.emit(moved)

    # Crosshair

    def _put_cross(self, point: QPointF | None) -> None:
        """Put the crosshair under a place of this widget; None takes it away."""
        self._cross, self._dot, self._under = None, None, None
        if point is None or not self.area().adjusted(-6, -6, 6, 6).contains(point):
            self._readout.hide()
            self.update()
            return
        x, _ = self.value_at(point)
        near = self._near(point)
        if near is not None:
            one, place = near
            self._dot = (float(one.x[place]), float(one.y[place]), one.style())
            self._under = one.samples[place] if place < len(one.samples) else None
        lines = self._lines_at(x, near)
        is_cloud = all(one.kind == "points" for at, one in enumerate(self._figure.series) if at not in self._hidden)
        if not lines:
            self._readout.hide()
        else:
            if not is_cloud or near is not None:
                shown_x = x if near is None else float(near[0].x[near[1]])
                self._cross = shown_x
                head = f"{self._figure.x.name} {_value(self._figure.x, shown_x)}"
                if self._under is not None:
                    head += f" · sample {self._under:,}"
                self._readout.show_values(head, lines, point.toPoint(), self.size())
        self.update()

    def _near(self, point: QPointF) -> tuple[FigureSeries, int] | None:
        """The point of a cloud that lies next to a place, if one is near."""
        best, found = _REACH**2, None
        area = self.area()
        for place, one in enumerate(self._figure.series):
            if place in self._hidden or one.kind != "points" or not len(one.x):
                continue
            dx = (one.x - self._x[0]) / (self._x[1] - self._x[0]) * area.width() + area.left() - point.x()
            dy = area.bottom() - (one.y - self._y[0]) / (self._y[1] - self._y[0]) * area.height() - point.y()
            far = np.nan_to_num(dx * dx + dy * dy, nan=math.inf)
            at = int(far.argmin())
            if far[at] < best:
                best, found = float(far[at]), (one, at)
        return found

    def _lines_at(self, x: float, near: tuple[FigureSeries, int] | None) -> list[ReadoutLine]:
        found = []
        axis = self._figure.y
        for place, one in enumerate(self._figure.series):
            if place in self._hidden or not len(one.x):
                continue
            if one.kind == "points":
                if near is not None and near[0] is one:
                    found.append(ReadoutLine(name=one.name, value=self._of(one, near[1]), style=one.style()))
                continue
            at = _place_at(one, x)
            if at is None:
                continue
            if one.kind == "band":
                value = f"{_value(axis, float(one.low[at]))} to {_value(axis, float(one.high[at]))}"
            elif one.kind == "bars":
                value = _value(axis, float(one.y[at] - one.feet()[at]))
            elif one.kind == "line" and len(one.x) > 1:
                value = _value(axis, float(np.interp(x, one.x, one.y)))
            else:
                value = _value(axis, float(one.y[at]))
            found.append(ReadoutLine(name=one.name, value=value, style=one.style()))
        return found

    def _of(self, one: FigureSeries, at: int) -> str:
        value = _value(self._figure.y, float(one.y[at]))
        if len(one.low) == len(one.x) == len(one.high):
            axis = self._figure.y
            value += f" ({_value(axis, float(one.low[at]))} to {_value(axis, float(one.high[at]))})"
        return value

    # Events

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not charts_ready():
            loader().ready.connect(self._redraw)
            loader().start()

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._put_cross(None)
        self._picture = None

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw()

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None and event.buttons() & Qt.MouseButton.LeftButton:
            step = event.position() - self._dragged
            if self._is_moved or step.manhattanLength() > 4:
                self._pan(step)
                self._dragged = event.position()
            return
        self._put_cross(event.position())
        cursor = Qt.CursorShape.PointingHandCursor if self._under is not None else Qt.CursorShape.ArrowCursor
        self.setCursor(cursor)

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._put_cross(event.position())
            if self._under is not None:
                self.sample_chosen.emit(self._under)
            else:
                self._dragged = event.position()
        else:
            super().mousePressEvent(event)

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        super().mouseReleaseEvent(event)

    @guarded
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.show_all()

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        self._put_cross(None)
        super().leaveEvent(event)

    @guarded
    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()  # the page scrolls; with Ctrl the plot zooms
            return
        turns = event.angleDelta().y() / 120
        if turns:
            self._zoom(_STEP**-turns, event.position())
        event.accept()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier & ~Qt.KeyboardModifier.ShiftModifier:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step_cross(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(1 / _STEP, self.area().center())
        elif key == Qt.Key.Key_Minus:
            self._zoom(_STEP, self.area().center())
        elif key in (Qt.Key.Key_F, Qt.Key.Key_Home):
            self.show_all()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._under is not None:
            self.sample_chosen.emit(self._under)
        elif key == Qt.Key.Key_Escape and (self._cross is not None or self._dot is not None):
            self._put_cross(None)
        else:
            super().keyPressEvent(event)

    def _step_cross(self, step: int) -> None:
        """From one place to the next: points one by one, curves by a hundredth of the view."""
        area = self.area()
        clouds = [one for at, one in enumerate(self._figure.series) if at not in self._hidden and one.kind == "points"]
        others = any(one.kind != "points" for at, one in enumerate(self._figure.series) if at not in self._hidden)
        if clouds and not others and len(clouds[0].x):
            order = np.argsort(clouds[0].x, kind="stable")
            now = -1 if step > 0 else len(order)
            if self._dot is not None:
                same = (clouds[0].x[order] == self._dot[0]) & (clouds[0].y[order] == self._dot[1])
                now = int(np.flatnonzero(same)[0]) if same.any() else now
            at = int(order[min(max(now + step, 0), len(order) - 1)])
            self._put_cross(self.place_of(float(clouds[0].x[at]), float(clouds[0].y[at])))
            return
        bars = next(
            (one for at, one in enumerate(self._figure.series) if at not in self._hidden and one.kind == "bars"), None
        )
        width = bars.width if bars is not None else (self._x[1] - self._x[0]) / 100
        edge = self._x[0] + width / 2 if step > 0 else self._x[1] - width / 2
        x = edge if self._cross is None else min(max(self._cross + step * width, self._x[0]), self._x[1])
        self._put_cross(QPointF(self.place_of(x, self._y[0]).x(), area.center().y()))

    def _zoom(self, factor: float, about: QPointF) -> None:
        x, y = self.value_at(about)
        self.set_view(
            (x + (self._x[0] - x) * factor, x + (self._x[1] - x) * factor),
            (y + (self._y[0] - y) * factor, y + (self._y[1] - y) * factor),
        )

    def _pan(self, step: QPointF) -> None:
        area = self.area()
        dx = step.x() / area.width() * (self._x[1] - self._x[0])
        dy = step.y() / area.height() * (self._y[1] - self._y[0])
        self.set_view((self._x[0] - dx, self._x[1] - dx), (self._y[0] + dy, self._y[1] + dy))

    def _on_theme_changed(self) -> None:
        self._redraw()


def _place_at(one: FigureSeries, x: float) -> int | None:
    """The place of a series at an x; None beyond its ends."""
    at = int(np.abs(one.x - x).argmin())
    if one.kind == "bars":
        return at if abs(float(one.x[at]) - x) <= one.width / 2 else None
    return at if float(one.x.min()) <= x <= float(one.x.max()) else None


def _value(axis: FigureAxis, value: float) -> str:
    if axis.names:
        at = round(value)
        return axis.names[at] if 0 <= at < len(axis.names) else ""
    return f"{value * 100:.1f} %" if axis.is_share else value_text(float(f"{value:.4g}"))


def _stepped(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The corners of a line that keeps its value up to the next point."""
    return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]


def _stamp(marker: str, color: QColor, radius: float) -> QImage:
    """A marker drawn once, to be put at every point."""
    side = math.ceil(2 * radius + 6)
    stamp = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    stamp.fill(0)
    with QPainter(stamp) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_marker(painter, QPointF(side / 2, side / 2), marker or "o", color, radius)
    return stamp


def _cut(metrics: QFontMetrics, text: str, room: float) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room))


def _told(figure: Figure) -> str:
    """For those who hear it: the scales and the names."""
    names = ", ".join(one.name for one in figure.series if one.is_shown)
    return f"{figure.y.label()} over {figure.x.label()}: {names}"[:400]
