"""A small drawing of a function: its curve over the axes."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.fonts import mono_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS

_HEIGHT: Final = 96
_STEEP: Final = 6.0
"""Values beyond are cut off: an exponential would flatten all else."""


class FunctionPicture(QWidget):
    """Shows points (x, y), x from low to high; the axes stand where 0 is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._points: tuple[tuple[float, float], ...] = ()
        self._color = "activation"
        theme_notifier().changed.connect(self.update)

    def show_points(self, points: Sequence[tuple[float, float]], color: str, words: str) -> None:
        """Another curve; `words` say what is drawn, for those who do not see it."""
        self.setAccessibleName(words)
        if (tuple(points), color) != (self._points, self._color):
            self._points, self._color = tuple(points), color
            self.update()

    @guarded(fallback=lambda _self: QSize(160, _HEIGHT))
    def sizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    @guarded(fallback=lambda _self: QSize(80, _HEIGHT))
    def minimumSizeHint(self) -> QSize:
        return QSize(80, _HEIGHT)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            card = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(theme.color("field"))
            painter.drawRoundedRect(card, CARD_RADIUS, CARD_RADIUS)
            if len(self._points) < 2:
                return
            room = card.adjusted(10, 10, -10, -10)
            low, high = self._points[0][0], self._points[-1][0]
            low, high = min(low, 0.0), max(high, 0.0)
            shown = [min(_STEEP, max(-_STEEP, y)) for _, y in self._points]
            bottom, top = min(0.0, *shown), max(0.0, *shown)
            spread = max(top - bottom, 1e-6)

            def place(x: float, y: float) -> QPointF:
                across = (x - low) / max(high - low, 1e-6)
                return QPointF(
                    room.left() + across * room.width(), room.bottom() - (y - bottom) / spread * room.height()
                )

            painter.setPen(QPen(theme.color("faint"), 1))
            zero = place(0, 0)
            painter.drawLine(QPointF(room.left(), zero.y()), QPointF(room.right(), zero.y()))
            painter.drawLine(QPointF(zero.x(), room.top()), QPointF(zero.x(), room.bottom()))
            painter.setClipRect(card)
            painter.setPen(QPen(theme.family(self._color), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(
                QPolygonF(
                    [place(x, y) for (x, raw), y in zip(self._points, shown, strict=True) if abs(raw) <= 2 * _STEEP]
                )
            )
            painter.setPen(theme.color("faint"))
            painter.setFont(mono_font(10))
            right_of_axis = QRectF(zero.x() + 5, room.top(), 60, room.height())
            painter.drawText(right_of_axis, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, f"{top:.3g}")
            if bottom < 0:
                painter.drawText(
                    right_of_axis, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, f"{bottom:.3g}"
                )
            below_axis = QRectF(room.left(), min(zero.y() + 2, room.bottom() - 12), room.width(), 14)
            painter.drawText(below_axis, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, f"{high:.3g}")
