"""A plane coloured by what is answered there, with the line between classes and points on it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.point_shapes import draw_points
from gui.charts.ticks import linear_ticks, tick_text, value_text
from gui.charts.value_colors import value_color, values_image
from gui.widgets.fonts import SIZE_SECTION, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier

_FOOT: Final = 34.0
_SIDE: Final = 46.0
_LEGEND: Final = 132.0
_PALEST, _FULLEST = 0.08, 0.5
"""How much of a class's colour stands where the answer is a guess, and where it is sure."""


@dataclass(frozen=True, kw_only=True)
class Plane:
    """The range of both numbers and what they are called."""

    x: tuple[float, float] = (-1.0, 1.0)
    y: tuple[float, float] = (-1.0, 1.0)
    x_label: str = ""
    y_label: str = ""


@dataclass(frozen=True, kw_only=True)
class Classes:
    """What the classes are called, and their colours."""

    names: Sequence[str] = ()
    colors: Sequence[QColor] = ()


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Rows from the lowest y upwards. Either `best` (class numbers) with `surety` (0 to 1), or `values`.

    `border` (S, 4) are pieces of the line between classes: x, y, x, y in shares of the plane.
    """

    best: NDArray[np.integer] | None = None
    surety: NDArray[np.floating] | None = None
    values: NDArray[np.floating] | None = None
    border: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 4)))


class SurfaceMap(QWidget):
    """Says under the mouse what is answered there."""

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self.plane = Plane()
        self.classes = Classes()
        self.shows_legend = True
        """Whether the names of the classes stand beside the plane."""
        self.shows_axes = True
        """Whether numbers and names stand along the sides; without them the plane takes all the room."""
        self.surface: Surface | None = None
        self._points: NDArray[np.float64] = np.zeros((0, 2))
        self._truth: NDArray[np.float64] = np.zeros(0)
        self._image: QImage | None = None  # a point a cell; dropped with the surface or the theme
        self._layer: QImage | None = None  # the points as drawn; dropped with them, the size or the theme
        self._range = (0.0, 1.0)  # of the values and the true ones
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Answers over the plane")
        theme_notifier().changed.connect(self._on_theme_changed)

    def set_plane(self, plane: Plane, classes: Classes) -> None:
        """Say what the axes and the colours mean."""
        if (plane, classes) != (self.plane, self.classes):
            self.plane, self.classes = plane, classes
            self._on_theme_changed()

    def set_points(self, points: NDArray[np.floating], truth: NDArray[np.floating]) -> None:
        """Show (N, 2) points, each of a class or with a value."""
        self._points, self._truth = np.asarray(points, np.float64), np.asarray(truth, np.float64)
        self._layer = None
        self._measure()
        self.update()

    def set_surface(self, surface: Surface | None) -> None:
        """Show what is answered now."""
        self.surface = surface
        self._image = None
        self._measure()
        self.update()

    def room(self) -> QRectF:
        """Where the plane lies: a square, as large as there is room."""
        if not self.shows_axes:
            side = max(24.0, min(self.width(), self.height()) - 2.0)
            return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        legend = self._legend_width()
        wide, high = self.width() - _SIDE - legend - 6, self.height() - _FOOT - 6
        side = max(24.0, min(wide, high))
        left = max(_SIDE, (self.width() - legend - side + _SIDE) / 2)
        return QRectF(round(left), round(max(3.0, (high - side) / 2 + 3)), round(side), round(side))

    def place(self, x: float, y: float) -> QPointF:
        """A point of the plane in pixels."""
        room, plane = self.room(), self.plane
        return QPointF(
            room.left() + (x - plane.x[0]) / (plane.x[1] - plane.x[0]) * room.width(),
            room.bottom() - (y - plane.y[0]) / (plane.y[1] - plane.y[0]) * room.height(),
        )

    def value_at(self, point: QPointF) -> tuple[float, float]:
        """The numbers that stand at a pixel."""
        room, plane = self.room(), self.plane
        return (
            plane.x[0] + (point.x() - room.left()) / room.width() * (plane.x[1] - plane.x[0]),
            plane.y[0] + (room.bottom() - point.y()) / room.height() * (plane.y[1] - plane.y[0]),
        )

    def words_at(self, point: QPointF) -> str:
        """What is answered at a pixel; empty outside the plane."""
        if not self.room().contains(point):
            return ""
        x, y = self.value_at(point)
        where = f"{self.plane.x_label or 'x'} {value_text(x)}, {self.plane.y_label or 'y'} {value_text(y)}"
        surface = self.surface
        grid = None if surface is None else surface.best if surface.best is not None else surface.values
        if surface is None or grid is None:
            return where
        rows, columns = grid.shape
        column = min(columns - 1, int((point.x() - self.room().left()) / self.room().width() * columns))
        row = min(rows - 1, int((self.room().bottom() - point.y()) / self.room().height() * rows))
        if surface.values is not None:
            return f"{where}\n{value_text(float(surface.values[row, column]))}"
        number = int(grid[row, column])
        sure = f", {float(surface.surety[row, column]):.0%}" if surface.surety is not None else ""
        return f"{where}\n{self._class_name(number)}{sure}"

    def _class_name(self, number: int) -> str:
        names = self.classes.names
        return names[number] if 0 <= number < len(names) else f"class {number}"

    def _class_color(self, number: int) -> QColor:
        colors = self.classes.colors
        return colors[number] if 0 <= number < len(colors) else current_theme().color("faint")

    def _measure(self) -> None:
        values = self.surface.values if self.surface is not None else None
        if values is None:
            return
        fine = np.concatenate([values[np.isfinite(values)].ravel().astype(np.float64), self._truth])
        if len(fine):
            self._range = (float(fine.min()), float(fine.max()))
            self._layer = None

    def _legend_width(self) -> float:
        return _LEGEND if self.shows_legend and self.width() > 330 and self.classes.names else 0.0

    # Painting.

    def _on_theme_changed(self) -> None:
        self._image = self._layer = None
        self.update()

    @guarded(fallback=lambda _self: QSize(420, 300))
    def sizeHint(self) -> QSize:
        return QSize(420, 300)

    @guarded(fallback=lambda _self: QSize(160, 140))
    def minimumSizeHint(self) -> QSize:
        return QSize(160, 140)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            room = self.room()
            outline = QPainterPath()
            outline.addRoundedRect(room, 4, 4)
            painter.save()
            painter.setClipPath(outline)
            painter.fillRect(room, current_theme().color("field"))
            self.paint_surface(painter, room)
            painter.restore()
            self._paint_axes(painter, room)
            self.paint_points(painter)
            self._paint_legend(painter, room)

    def paint_surface(self, painter: QPainter, room: QRectF) -> None:
        """Draw the answers and the line between classes."""
        surface = self.surface
        if surface is None:
            return
        if self._image is None:
            self._image = self._coloured(surface)
        painter.drawImage(room, self._image)
        if len(surface.border):
            path = QPainterPath()
            for x0, y0, x1, y1 in surface.border.tolist():
                path.moveTo(room.left() + x0 * room.width(), room.bottom() - y0 * room.height())
                path.lineTo(room.left() + x1 * room.width(), room.bottom() - y1 * room.height())
            pen = QPen(current_theme().color("text"), 1.6)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPath(path)

    def _coloured(self, surface: Surface) -> QImage:
        if surface.values is not None:
            return values_image(np.flipud(surface.values).astype(np.float32), *self._range)
        assert surface.best is not None
        count = max(2, len(self.classes.names), int(surface.best.max()) + 1)
        table = np.array([_channels(self._class_color(number)) for number in range(count)], np.float32)
        ground = np.array(_channels(current_theme().color("field")), np.float32)
        surety = np.ones(surface.best.shape) if surface.surety is None else surface.surety
        strength = np.clip((surety - 1 / count) / (1 - 1 / count), 0, 1) * (_FULLEST - _PALEST) + _PALEST
        rgb = ground + (table[surface.best.astype(np.intp)] - ground) * strength[..., None]
        flat = np.ascontiguousarray(np.flipud(np.round(rgb).astype(np.uint8)))
        rows, columns = surface.best.shape
        return QImage(flat.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()

    def paint_points(self, painter: QPainter) -> None:
        """Draw the points; they are kept as a picture, as drawing hundreds anew takes long."""
        ratio = self.devicePixelRatioF()
        if self._layer is None or self._layer.size() != self.size() * ratio:
            self._layer = QImage(self.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
            self._layer.setDevicePixelRatio(ratio)
            self._layer.fill(Qt.GlobalColor.transparent)
            with QPainter(self._layer) as inner:
                inner.setRenderHint(QPainter.RenderHint.Antialiasing)
                self._paint_points(inner)
        painter.drawImage(QPointF(0, 0), self._layer)

    def _paint_points(self, painter: QPainter) -> None:
        if not len(self._points):
            return
        room, plane = self.room(), self.plane
        places = np.empty_like(self._points)
        places[:, 0] = room.left() + (self._points[:, 0] - plane.x[0]) / (plane.x[1] - plane.x[0]) * room.width()
        places[:, 1] = room.bottom() - (self._points[:, 1] - plane.y[0]) / (plane.y[1] - plane.y[0]) * room.height()
        low, high = (room.left(), room.top()), (room.right(), room.bottom())
        inside = ((places >= low) & (places <= high)).all(axis=1)
        size = self.point_size()
        outline = current_theme().color("panel")
        if not self.classes.names:
            for (x, y), value in zip(places[inside].tolist(), self._truth[inside].tolist(), strict=True):
                draw_points(painter, [(x, y)], 0, value_color(value, *self._range), current_theme().color("text"), size)
            return
        for group in np.unique(self._truth.astype(np.int64)).tolist():
            own = places[inside & (self._truth == group)]
            draw_points(painter, own.tolist(), group, self._class_color(group), outline, size)

    def point_size(self) -> float:
        """About the diameter of a point."""
        return max(5.0, min(9.0, self.room().width() / 36) * (0.8 if len(self._points) > 250 else 1.0))

    def _paint_axes(self, painter: QPainter, room: QRectF) -> None:
        theme = current_theme()
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(room, 4, 4)
        if not self.shows_axes:
            return
        font = text_font(SIZE_SECTION)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        painter.setPen(theme.color("faint"))
        for low, high, across in ((*self.plane.x, True), (*self.plane.y, False)):
            ticks = linear_ticks(low, high, 4)
            step = ticks[1] - ticks[0] if len(ticks) > 1 else high - low
            for tick in ticks:
                text = tick_text(tick, step)
                share = (tick - low) / (high - low)
                if across:
                    x = room.left() + share * room.width()
                    painter.drawText(QPointF(x - metrics.horizontalAdvance(text) / 2, room.bottom() + 14), text)
                else:
                    y = room.bottom() - share * room.height()
                    painter.drawText(
                        QPointF(room.left() - 6 - metrics.horizontalAdvance(text), y + metrics.ascent() / 2 - 2), text
                    )
        x_label = metrics.elidedText(self.plane.x_label, Qt.TextElideMode.ElideRight, room.width())
        painter.setPen(theme.color("dim"))
        painter.drawText(
            QPointF(room.center().x() - metrics.horizontalAdvance(x_label) / 2, room.bottom() + 29), x_label
        )
        painter.save()
        y_label = metrics.elidedText(self.plane.y_label, Qt.TextElideMode.ElideRight, room.height())
        painter.translate(room.left() - _SIDE + 12, room.center().y() + metrics.horizontalAdvance(y_label) / 2)
        painter.rotate(-90)
        painter.drawText(QPointF(0, 0), y_label)
        painter.restore()

    def _paint_legend(self, painter: QPainter, room: QRectF) -> None:
        if not self._legend_width():
            return
        theme, font = current_theme(), text_font(SIZE_SECTION)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        left, top = room.right() + 16, room.top() + 10
        most = max(1, int((room.height() - 4) // 20))
        names = list(self.classes.names)
        for number, name in enumerate(names[:most]):
            last = number == most - 1 and len(names) > most
            y = top + number * 20
            if not last:
                draw_points(painter, [(left, y)], number, self._class_color(number), theme.color("panel"), 10)
            text = f"and {len(names) - number} more" if last else name
            painter.setPen(theme.color("dim"))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width() - left - 14)
            painter.drawText(QPointF(left + 12, y + metrics.ascent() / 2 - 1), shown)

    # Mouse.

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        words = self.words_at(event.position())
        if words:
            QToolTip.showText(event.globalPosition().toPoint(), tooltip_text(words), self)
        else:
            QToolTip.hideText()


def _channels(color: QColor) -> list[int]:
    return [color.red(), color.green(), color.blue()]
