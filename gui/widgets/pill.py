"""A rounded badge: a status dot and a few words."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme, theme_notifier

_HEIGHT: Final = 28
_TONES: Final = {"ok": "ok", "warn": "warn", "error": "error", "busy": "accent", "idle": "faint"}


class Pill(QWidget):
    """States: ok, warn, error, busy, idle. The words carry the meaning; the dot only repeats it."""

    def __init__(self, text: str = "", state: str = "idle", *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._state = "idle"
        if name:
            self.setObjectName(name)
        self.setFont(text_font(SIZE_BODY))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme_notifier().changed.connect(self.update)
        self.set_state(text, state)

    def set_state(self, text: str, state: str) -> None:
        """Change words and dot. Raises KeyError for an unknown state."""
        self._state = state
        _ = _TONES[state]
        self._text = plain_text(text, 60)
        self.setAccessibleName(self._text)
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """The words shown."""
        return self._text

    @guarded(fallback=lambda _self: QSize(80, _HEIGHT))
    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + 37, _HEIGHT)

    @guarded(fallback=lambda _self: QSize(80, _HEIGHT))
    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(_TONES[self._state]))
            painter.drawEllipse(QPointF(15, rect.center().y()), 4, 4)
            painter.setPen(theme.color("dim"))
            painter.drawText(rect.adjusted(25, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, self._text)
