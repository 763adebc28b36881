"""The most frequent values with a bar each; a click shows the samples that have one."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from gui.widgets.bar import draw_bar
from gui.widgets.fonts import SIZE_MONO_SMALL, SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme, theme_notifier

_HEIGHT = 22


class _ValueBar(QAbstractButton):
    """Name, bar, count."""

    def __init__(self) -> None:
        super().__init__()
        self._value, self._count, self._share = "", 0, 0.0
        self._widest = ""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._font, self._mono = text_font(SIZE_SMALL), mono_font(SIZE_MONO_SMALL)
        theme_notifier().changed.connect(self.update)

    def show_value(self, value: str, count: int, share: float, widest: str) -> None:
        """Show another; `widest` is the longest count, so that all bars end at one place."""
        self._widest = widest
        self._value, self._count, self._share = plain_text(value, 60) or "missing", count, share
        self.setAccessibleName(f"{self._value}: {count:,}; shows these samples")
        self.update()

    @guarded(fallback=lambda _self: QSize(160, _HEIGHT))
    def sizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect())
            if self.hasFocus():
                painter.setPen(QPen(theme.color("accent"), 1))
                painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setFont(self._mono)
            count = f"{self._count:,}"
            width = painter.fontMetrics().horizontalAdvance(self._widest)
            painter.setPen(theme.color("faint"))
            painter.drawText(rect.adjusted(0, 0, -2, 0), _RIGHT, count)
            half = rect.width() * 0.42
            painter.setFont(self._font)
            painter.setPen(theme.color("link" if self.underMouse() else "text"))
            name = painter.fontMetrics().elidedText(self._value, Qt.TextElideMode.ElideRight, int(half - 10))
            painter.drawText(rect.adjusted(2, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
            room = rect.width() - half - width - 10
            draw_bar(painter, QRectF(half, rect.center().y() - 3, room, 6), self._share, "family.data")


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ValueBars(QWidget):
    """`picked` carries the value."""

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("data.values")
        self.setAccessibleName("Most frequent values")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.bars: list[_ValueBar] = []
        self._values: list[str] = []

    def show_values(self, values: Sequence[tuple[str, int]]) -> None:
        """Values with their counts, most frequent first."""
        largest = max((count for _, count in values), default=0) or 1
        while len(self.bars) < len(values):
            bar = _ValueBar()
            number = len(self.bars)
            bar.clicked.connect(lambda _checked=False, number=number: self.picked.emit(self._values[number]))
            self._column.addWidget(bar)
            self.bars.append(bar)
        self._values = [value for value, _ in values]
        for number, bar in enumerate(self.bars):
            bar.setVisible(number < len(values))
            if number < len(values):
                bar.show_value(values[number][0], values[number][1], values[number][1] / largest, f"{largest:,}")
