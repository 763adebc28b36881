"""Points on a plane, coloured by group or by a number: moved by dragging, zoomed by the wheel, picked by a click."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.value_colors import ABOVE, BELOW
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import tooltip_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import mix

_MARGIN: Final = 16
_NEAR: Final = 12.0
"""Pixels within which a point is meant."""
_SHADES: Final = 24
_ZOOM: Final = 1.2


class PointMap(QWidget):
    """`picked` tells the place of a point that was clicked or gone to by the arrow keys.

    Points in `marked` are drawn as crosses, so that they are told from the others without colour.
    """

    picked = Signal(int)

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._points: NDArray[np.float64] = np.zeros((0, 2))
        self._groups: NDArray[np.int64] = np.zeros(0, np.int64)
        self._colors: list[QColor] = []
        self._marked: NDArray[np.bool_] = np.zeros(0, bool)
        self._hidden: frozenset[int] = frozenset()
        self._words: Sequence[str] = ()
        self._chosen = -1
        self._zoom, self._center = 1.0, np.zeros(2)
        self._drag: QPointF | None = None
        self._moved = False
        self._drawn: QImage | None = None  # all points; dropped when anything but the choice changes
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Map of samples")
        theme_notifier().changed.connect(self._redraw)

    def set_points(
        self,
        points: NDArray[np.floating],
        groups: NDArray[np.integer],
        colors: Sequence[QColor],
        *,
        marked: NDArray[np.bool_] | None = None,
        words: Sequence[str] = (),
    ) -> None:
        """Show (N, 2); point i has the colour of its group (grey for -1) and says `words[i]`."""
        self._points = np.asarray(points, np.float64)
        self._groups, self._colors = np.asarray(groups, np.int64), list(colors)
        self._marked = np.zeros(len(points), bool) if marked is None else marked
        self._words = words
        self._chosen = -1
        self._hidden = frozenset()
        self.fit()

    def set_numbers(self, points: NDArray[np.floating], numbers: NDArray[np.floating], words: Sequence[str]) -> None:
        """Show (N, 2), coloured from the smallest number (blue) to the largest (orange)."""
        low, high = (float(np.nanmin(numbers)), float(np.nanmax(numbers))) if len(numbers) else (0.0, 1.0)
        level = np.nan_to_num((np.asarray(numbers, np.float64) - low) / ((high - low) or 1.0))
        shades = np.clip((level * _SHADES).astype(np.int64), 0, _SHADES - 1)
        colors = [QColor(mix(BELOW, ABOVE, at / (_SHADES - 1))) for at in range(_SHADES)]
        self.set_points(points, shades, colors, words=words)

    def hide_groups(self, groups: frozenset[int]) -> None:
        """Leave out points of these groups."""
        self._hidden = groups
        self._redraw()

    def choose(self, at: int) -> None:
        """Ring a point, -1 for none."""
        self._chosen = at
        if 0 <= at < len(self._words):
            self.setAccessibleDescription(self._words[at])
        self.update()

    def fit(self) -> None:
        """Show all points."""
        self._zoom, self._center = 1.0, np.zeros(2)
        self._redraw()

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def places(self) -> NDArray[np.float64]:
        """Where the points lie on the widget, (N, 2)."""
        if not len(self._points):
            return self._points
        low, high = self._points.min(0), self._points.max(0)
        middle = (low + high) / 2
        span = max(float((high - low).max()), 1e-12)
        room = max(16.0, min(self.width(), self.height()) - 2 * _MARGIN)
        wide = np.array(
            [max(1.0, self.width() / max(1, self.height())), max(1.0, self.height() / max(1, self.width()))]
        )
        spread = np.maximum((high - low) / span, 1e-12)
        scale = room / span * min(float((wide / spread).min()), 3.0) * self._zoom
        shown = (self._points - middle - self._center) * scale
        shown[:, 1] *= -1
        placed: NDArray[np.float64] = shown + np.array([self.width() / 2, self.height() / 2])
        self._scale = scale
        return placed

    _scale = 1.0

    def at(self, point: QPointF) -> int:
        """The point that is meant there, -1 for none."""
        places = self.places()
        if not len(places):
            return -1
        far = np.hypot(places[:, 0] - point.x(), places[:, 1] - point.y())
        if self._hidden:
            far[np.isin(self._groups, list(self._hidden))] = np.inf
        nearest = int(far.argmin())
        return nearest if far[nearest] <= _NEAR else -1

    @guarded(fallback=lambda _self: QSize(420, 320))
    def sizeHint(self) -> QSize:
        return QSize(640, 440)

    @guarded(fallback=lambda _self: QSize(200, 160))
    def minimumSizeHint(self) -> QSize:
        return QSize(240, 220)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.size() != self.size() * ratio:
            self._drawn = self._draw_all(ratio)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawImage(QPointF(0, 0), self._drawn)
            if 0 <= self._chosen < len(self._points):
                x, y = self.places()[self._chosen]
                painter.setPen(QPen(current_theme().color("text"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(x, y), 8, 8)

    def _draw_all(self, ratio: float) -> QImage:
        image = QImage(self.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        places = self.places()
        size = 7.0 if len(places) < 600 else 5.0 if len(places) < 3000 else 4.0
        grey = current_theme().color("faint")
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(places) < 4000)
            for group in sorted(set(self._groups.tolist()) - self._hidden):
                color = QColor(self._colors[group] if 0 <= group < len(self._colors) else grey)
                color.setAlphaF(0.85)
                own = self._groups == group
                pen = QPen(color, size)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                plain = places[own & ~self._marked]
                painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in plain]))
                painter.setPen(QPen(color, 1.6))
                for x, y in places[own & self._marked]:
                    painter.drawLine(QPointF(x - 4, y - 4), QPointF(x + 4, y + 4))
                    painter.drawLine(QPointF(x - 4, y + 4), QPointF(x + 4, y - 4))
        return image

    # Mouse and keys.

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag, self._moved = event.position(), False

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = event.position() - self._drag
            if self._moved or moved.manhattanLength() > 4:
                self._moved = True
                self._center -= np.array([moved.x(), -moved.y()]) / self._scale
                self._drag = event.position()
                self._redraw()
            return
        at = self.at(event.position())
        if at < 0 or at >= len(self._words):
            QToolTip.hideText()
            return
        spot = QRect(event.position().toPoint(), QSize(1, 1))
        QToolTip.showText(event.globalPosition().toPoint(), tooltip_text(self._words[at]), self, spot)

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragged, self._drag = self._drag, None
        if dragged is None or self._moved:
            return
        at = self.at(event.position())
        if at >= 0:
            self.choose(at)
            self.picked.emit(at)

    @guarded
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    @guarded
    def wheelEvent(self, event: QWheelEvent) -> None:
        by = _ZOOM ** (event.angleDelta().y() / 120)
        zoom = min(200.0, max(0.5, self._zoom * by))
        by, self._zoom = zoom / self._zoom, zoom
        away = event.position() - QRectF(self.rect()).center()
        self._center += np.array([away.x(), -away.y()]) / self._scale * (1 - 1 / by)
        self._redraw()
        event.accept()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_F:
            self.fit()
        elif by is not None and len(self._points):
            self.choose((self._chosen + by) % len(self._points))
            self.picked.emit(self._chosen)
        else:
            event.ignore()
