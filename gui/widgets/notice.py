"""A message inside the page: what happened, what to do, and buttons that do it."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.icons import icon_pixmap
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS, mix

_KINDS: Final = {
    "info": ("info", "accent", "link"),
    "ok": ("check", "ok", "ok_text"),
    "warning": ("warning", "warn", "warn_text"),
    "error": ("error", "error", "error_text"),
}


class Notice(QWidget):
    """Kinds: info, ok, warning, error. The icon and the words carry the kind, the colour repeats it."""

    dismissed = Signal()

    def __init__(
        self,
        kind: str,
        title: str,
        text: str = "",
        buttons: Sequence[Button] = (),
        *,
        closable: bool = False,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        if name:
            self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 12, 14, 12)
        row.setSpacing(10)
        self._icon = QLabel()
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._title = Text(title, role="title", wrap=True)
        self._text = Text(text, tone="dim", wrap=True)
        words.addWidget(self._title)
        words.addWidget(self._text)
        row.addLayout(words, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        row.addLayout(self._buttons)
        self._close = Button(role="icon", icon="close", tooltip="Dismiss", parent=self)
        self._close.clicked.connect(self._on_close_clicked)
        self._close.setVisible(closable)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)
        theme_notifier().changed.connect(self._tint)
        self.set_message(kind, title, text, buttons)

    def set_message(self, kind: str, title: str, text: str = "", buttons: Sequence[Button] | None = None) -> None:
        """Say something else; `buttons` None keeps those there are. Raises KeyError for an unknown kind."""
        _ = _KINDS[kind]
        self._kind = kind
        self._title.set_text(title)
        self._text.set_text(text)
        self._text.setVisible(bool(text))
        if buttons is not None:
            while (item := self._buttons.takeAt(0)) is not None:
                if (widget := item.widget()) is not None and widget not in buttons:
                    widget.deleteLater()
            for button in buttons:
                self._buttons.addWidget(button)
        self.setAccessibleName(f"{kind}: {self._title.whole_text()} {self._text.whole_text()}".strip())
        self._tint()

    def kind(self) -> str:
        """The kind of message."""
        return self._kind

    def title(self) -> str:
        """The first line."""
        return self._title.whole_text()

    def text(self) -> str:
        """The rest."""
        return self._text.whole_text()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        tone = theme.color(_KINDS[self._kind][1])
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            wash = QLinearGradient(rect.topLeft(), rect.topRight())
            wash.setColorAt(0, mix(theme.panel, tone, 0.08))
            wash.setColorAt(1, mix(theme.panel, tone, 0.02))
            painter.setPen(QPen(mix(theme.panel, tone, 0.38), 1))
            painter.setBrush(wash)
            painter.drawRoundedRect(rect, CARD_RADIUS, CARD_RADIUS)

    def _tint(self) -> None:
        icon, _, token = _KINDS[self._kind]
        self._icon.setPixmap(icon_pixmap(icon, token, 16, self.devicePixelRatioF()))
        self._title.set_tone({"link": "link", "ok_text": "ok", "warn_text": "warn", "error_text": "error"}[token])
        self.update()

    def _on_close_clicked(self) -> None:
        self.hide()
        self.dismissed.emit()
