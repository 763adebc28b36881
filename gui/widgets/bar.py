"""A caption, a value in the mono face, and a bar that shows how much of the whole it is."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.fonts import SIZE_BODY, SIZE_MONO, mono_font, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme, theme_notifier

_BAR: Final = 7
_LINE: Final = 18
_GAP: Final = 4


class Bar(QWidget):
    """`tone` is a token of the theme (`accent`, `ok`, `error`) or of a family (`family.data`)."""

    def __init__(
        self,
        caption: str = "",
        fraction: float = 0.0,
        value: str = "",
        *,
        tone: str = "accent",
        value_tone: str = "text",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._caption = self._value = ""
        self._fraction = 0.0
        self._tone, self._value_tone = tone, value_tone
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_notifier().changed.connect(self.update)
        self.set_value(caption, fraction, value)

    def set_value(
        self, caption: str, fraction: float, value: str, *, tone: str | None = None, value_tone: str | None = None
    ) -> None:
        """Show other numbers; `fraction` is clamped to 0 ... 1, and not-a-number draws an empty bar."""
        self._caption = plain_text(caption)
        self._value = plain_text(value, 40)
        self._fraction = min(1.0, max(0.0, fraction)) if fraction == fraction else 0.0
        self._tone = tone or self._tone
        self._value_tone = value_tone or self._value_tone
        self.setAccessibleName(f"{self._caption}: {self._value}")
        self.update()

    def fraction(self) -> float:
        """The part of the bar that is filled, 0 to 1."""
        return self._fraction

    def caption(self) -> str:
        """The words at the left."""
        return self._caption

    def value(self) -> str:
        """The number at the right, as shown."""
        return self._value

    @guarded(fallback=lambda _self: QSize(160, _LINE + _GAP + _BAR))
    def sizeHint(self) -> QSize:
        return QSize(160, _LINE + _GAP + _BAR)

    @guarded(fallback=lambda _self: QSize(60, _LINE + _GAP + _BAR))
    def minimumSizeHint(self) -> QSize:
        return QSize(60, _LINE + _GAP + _BAR)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            width = self.width()
            painter.setFont(mono_font(SIZE_MONO))
            value_width = painter.fontMetrics().horizontalAdvance(self._value)
            painter.setPen(theme.color(self._value_tone))
            painter.drawText(
                QRectF(width - value_width - 1, 0, value_width + 1, _LINE),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                self._value,
            )
            painter.setFont(text_font(SIZE_BODY))
            painter.setPen(theme.color("text"))
            room = max(0, width - value_width - 10)
            caption = painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(0, 0, room, _LINE), Qt.AlignmentFlag.AlignVCenter, caption)
            draw_bar(painter, QRectF(0, _LINE + _GAP, width, _BAR), self._fraction, self._tone)


def draw_bar(painter: QPainter, rect: QRectF, fraction: float, tone: str) -> None:
    """Draw a track with a filled part, for widgets and delegates that hold many bars."""
    theme = current_theme()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("raised"))
    painter.drawRoundedRect(rect, 3, 3)
    if fraction <= 0:
        return
    filled = QRectF(rect)
    filled.setWidth(max(2.0, rect.width() * fraction))
    painter.setBrush(theme.color(tone))
    painter.drawRoundedRect(filled, min(3.0, filled.width() / 2), 3)
