"""Points that a layer holds among samples: centres with their reach, or the net of a map laid out on the data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.charts.point_shapes import draw_points
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier

_MARGIN: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Samples (N, 2) with their classes (N,), and centres (K, 2), each with a reach (K,) where there is one.

    `sheet` are rows and columns of a map whose units the centres are, line by line.
    """

    points: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 2)))
    truth: NDArray[np.integer] | None = None
    centres: NDArray[np.floating] = field(default_factory=lambda: np.zeros((0, 2)))
    reach: NDArray[np.floating] | None = None
    sheet: tuple[int, int] = (0, 0)


class CentreMap(QWidget):
    """Both axes have one scale, which holds all samples and the middles of all centres."""

    def __init__(self, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self.placed = Placed()
        self._colors: Sequence[QColor] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Centres among the samples")
        theme_notifier().changed.connect(self.update)

    def show_placed(self, placed: Placed, colors: Sequence[QColor]) -> None:
        """Show these; `colors` are those of the classes."""
        self.placed, self._colors = placed, colors
        self.setAccessibleDescription(f"{len(placed.centres)} centres among {len(placed.points)} samples")
        self.update()

    def scale(self) -> tuple[float, float, float, float, float]:
        """Pixels a unit, the middle of what is shown, and the middle of the widget."""
        every = np.concatenate([self.placed.points, self.placed.centres]).astype(np.float64)
        every = every[np.isfinite(every).all(1)]
        if not len(every):
            return 1.0, 0.0, 0.0, self.width() / 2, self.height() / 2
        low, high = every.min(0), every.max(0)
        span = np.maximum(high - low, 1e-6)
        wide, high_px = max(1.0, self.width() - 2 * _MARGIN), max(1.0, self.height() - 2 * _MARGIN)
        unit = min(wide / span[0], high_px / span[1])
        middle = (low + high) / 2
        return float(unit), float(middle[0]), float(middle[1]), self.width() / 2, self.height() / 2

    def place(self, x: float, y: float) -> QPointF:
        """A point in pixels."""
        unit, x0, y0, left, top = self.scale()
        return QPointF(left + (x - x0) * unit, top - (y - y0) * unit)

    @guarded(fallback=lambda _self: QSize(360, 260))
    def sizeHint(self) -> QSize:
        return QSize(360, 260)

    @guarded(fallback=lambda _self: QSize(140, 120))
    def minimumSizeHint(self) -> QSize:
        return QSize(140, 120)

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipRect(QRectF(self.rect()))
            unit, x0, y0, left, top = self.scale()

            def pixels(places: NDArray[np.floating]) -> list[tuple[float, float]]:
                shown = np.nan_to_num(places.astype(np.float64))
                return [(left + (x - x0) * unit, top - (y - y0) * unit) for x, y in shown.tolist()]

            self._paint_points(painter, pixels(self.placed.points))
            self._paint_centres(painter, pixels(self.placed.centres), unit)

    def _paint_points(self, painter: QPainter, places: list[tuple[float, float]]) -> None:
        theme, truth = current_theme(), self.placed.truth
        if truth is None or len(truth) != len(places):
            draw_points(painter, places, 0, theme.color("faint"), theme.color("panel"), 5.5)
            return
        for number in np.unique(truth).tolist():
            own = [place for place, group in zip(places, truth.tolist(), strict=True) if group == number]
            color = self._colors[number] if number < len(self._colors) else theme.color("faint")
            draw_points(painter, own, int(number), color, theme.color("panel"), 6.0)

    def _paint_centres(self, painter: QPainter, places: list[tuple[float, float]], unit: float) -> None:
        theme = current_theme()
        strong = theme.color("text")
        rows, columns = self.placed.sheet
        if rows * columns == len(places) and rows:
            painter.setPen(QPen(strong, 1.1))
            for number, (x, y) in enumerate(places):
                if (number + 1) % columns:
                    painter.drawLine(QPointF(x, y), QPointF(*places[number + 1]))
                if number + columns < len(places):
                    painter.drawLine(QPointF(x, y), QPointF(*places[number + columns]))
        if self.placed.reach is not None and len(self.placed.reach) == len(places):
            soft = QColor(strong)
            soft.setAlphaF(0.28)
            painter.setPen(QPen(soft, 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for (x, y), reach in zip(places, np.nan_to_num(self.placed.reach.astype(np.float64)).tolist(), strict=True):
                painter.drawEllipse(QPointF(x, y), reach * unit, reach * unit)
        draw_points(
            painter,
            places,
            3,
            strong,
            theme.color("panel"),
            9.0 if len(places) <= 40 else 7.0 if len(places) <= 100 else 5.0,
        )
