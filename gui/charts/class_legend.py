"""Names of classes in a line, each with the sign and the colour its points have."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.charts.point_shapes import draw_points
from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier

_LINE: Final = 18
_GAP: Final = 14.0
_MOST: Final = 24


class ClassLegend(QWidget):
    """As many lines as the names need, three at most; hidden while there are no names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: Sequence[str] = ()
        self._colors: Sequence[QColor] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_LINE)
        self.hide()
        theme_notifier().changed.connect(self.update)

    def set_classes(self, names: Sequence[str], colors: Sequence[QColor]) -> None:
        """Show these."""
        self._names, self._colors = names, colors
        self.setVisible(0 < len(names) <= _MOST)
        self.setAccessibleName(", ".join(names))
        self._fit()

    def _places(self) -> list[tuple[float, float]]:
        metrics = QFontMetricsF(text_font(SIZE_SMALL))
        x, y, found = 4.0, 0.0, []
        for name in self._names:
            wide = 14 + metrics.horizontalAdvance(name)
            if x > 4 and x + wide > self.width():
                x, y = 4.0, y + _LINE
            found.append((x, y))
            x += wide + _GAP
        return found

    def _fit(self) -> None:
        places = self._places()
        lines = 1 + int(places[-1][1] // _LINE) if places else 1
        self.setFixedHeight(_LINE * min(3, lines))
        self.update()

    @guarded(fallback=lambda _self: QSize(120, _LINE))
    def sizeHint(self) -> QSize:
        return QSize(120, self.height())

    @guarded
    def resizeEvent(self, _event: object) -> None:
        self._fit()

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            font, theme = text_font(SIZE_SMALL), current_theme()
            painter.setFont(font)
            ascent = QFontMetricsF(font).ascent()
            for number, (x, y) in enumerate(self._places()):
                middle = y + _LINE / 2
                draw_points(painter, [(x + 4, middle)], number, self._colors[number], theme.color("panel"), 9)
                painter.setPen(theme.color("dim"))
                painter.drawText(QPointF(x + 13, middle + ascent / 2 - 1), self._names[number])
