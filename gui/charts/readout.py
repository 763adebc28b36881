"""The small panel beside the crosshair of a chart, with a line per curve."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui.charts.series_style import SeriesStyle
from gui.charts.swatch import WIDTH, draw_swatch
from gui.widgets.fonts import SIZE_MONO_SMALL, SIZE_SMALL, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme
from gui.widgets.tokens import CONTROL_RADIUS

_LINE = 18
_PAD = 8
_MOST = 12


@dataclass(frozen=True, kw_only=True)
class ReadoutLine:
    """A curve and its value, as text."""

    name: str
    value: str
    style: SeriesStyle


class Readout(QWidget):
    """Takes no mouse events, so that the chart below it keeps the pointer."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._head = ""
        self._lines: list[ReadoutLine] = []
        self._notes: list[str] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_values(
        self, head: str, lines: list[ReadoutLine], at: QPoint, room: QSize, *, notes: Sequence[str] = ()
    ) -> None:
        """Show values, and what happened there, beside a point of the parent, inside `room`."""
        self._head = head
        self._notes = [plain_text(note, 60) for note in notes[:3]]
        self._lines = lines[:_MOST]
        if len(lines) > _MOST:
            self._head += f" · {len(lines) - _MOST} more"
        size = self._size()
        x = at.x() + 14 if at.x() + 14 + size.width() < room.width() else at.x() - 14 - size.width()
        y = min(max(4, at.y() - size.height() // 2), max(4, room.height() - size.height() - 4))
        self.setGeometry(max(4, x), y, size.width(), size.height())
        self.raise_()
        self.show()
        self.update()

    def notes(self) -> list[str]:
        """What happened there."""
        return list(self._notes)

    def lines(self) -> list[ReadoutLine]:
        """What is shown."""
        return list(self._lines)

    def _size(self) -> QSize:
        self.setFont(text_font(SIZE_SMALL))
        names = max(
            (self.fontMetrics().horizontalAdvance(plain_text(line.name, 40)) for line in self._lines), default=0
        )
        head = self.fontMetrics().horizontalAdvance(self._head)
        self.setFont(mono_font(SIZE_MONO_SMALL))
        values = max((self.fontMetrics().horizontalAdvance(line.value) for line in self._lines), default=0)
        self.setFont(text_font(SIZE_SMALL))
        notes = max((self.fontMetrics().horizontalAdvance(note) for note in self._notes), default=0)
        width = max(head, notes, WIDTH + 8 + names + 14 + values) + 2 * _PAD
        return QSize(width, _LINE * (len(self._lines) + len(self._notes) + 1) + 2 * _PAD - 4)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("line"), 1))
            back = theme.color("raised")
            back.setAlphaF(0.96)
            painter.setBrush(back)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), CONTROL_RADIUS, CONTROL_RADIUS)
            top = float(_PAD - 2)
            inner = float(self.width() - 2 * _PAD)
            painter.setFont(text_font(SIZE_SMALL))
            painter.setPen(theme.color("faint"))
            painter.drawText(QRectF(_PAD, top, inner, _LINE), Qt.AlignmentFlag.AlignVCenter, self._head)
            for line in self._lines:
                top += _LINE
                draw_swatch(painter, QRectF(_PAD, top, WIDTH, _LINE), line.style)
                painter.setFont(text_font(SIZE_SMALL))
                painter.setPen(theme.color("dim"))
                name = QRectF(_PAD + WIDTH + 8, top, inner, _LINE)
                painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, plain_text(line.name, 40))
                painter.setFont(mono_font(SIZE_MONO_SMALL))
                painter.setPen(theme.color("text"))
                value = QRectF(_PAD, top, inner, _LINE)
                painter.drawText(value, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, line.value)
            painter.setFont(text_font(SIZE_SMALL))
            painter.setPen(theme.color("warn_text"))
            for note in self._notes:
                top += _LINE
                painter.drawText(QRectF(_PAD, top, inner, _LINE), Qt.AlignmentFlag.AlignVCenter, note)
