"""An example on the start page: a picture of its network, a title, a sentence; one click opens a copy."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui.start.network_picture import NetworkPicture
from gui.widgets.fonts import SIZE_BODY, SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS, mix

_PICTURE: Final = 72
_HEIGHT: Final = 166
_TONES: Final = {
    "image": "convolution",
    "number": "linear",
    "category": "linear",
    "text": "recurrent",
    "audio": "attention",
    "series": "signal",
}


class ExampleCard(QAbstractButton):
    """`kind` is the kind of field that it learns from."""

    def __init__(
        self, title: str, sentence: str, kind: str, picture: NetworkPicture, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title, self._sentence = plain_text(title), plain_text(sentence)
        self._kind, self._picture = kind, picture
        self.setAccessibleName(f"Example: {self._title}")
        self.setAccessibleDescription(self._sentence)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_notifier().changed.connect(self.update)

    @guarded(fallback=lambda _self: QSize(260, _HEIGHT))
    def sizeHint(self) -> QSize:
        return QSize(260, _HEIGHT)

    @guarded(fallback=lambda _self: QSize(180, _HEIGHT))
    def minimumSizeHint(self) -> QSize:
        return QSize(180, _HEIGHT)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            lit = self.underMouse() or self.isDown()
            line = theme.accent if self.hasFocus() else theme.edge if lit else theme.line
            painter.setPen(QPen(QColor(line), 1))
            painter.setBrush(theme.color("raised" if self.isDown() else "panel"))
            painter.drawRoundedRect(rect, CARD_RADIUS, CARD_RADIUS)
            tone = theme.family(_TONES.get(self._kind, "shape"))
            self._draw_picture(painter, QRectF(rect.left(), rect.top(), rect.width(), _PICTURE), tone)
            left, width = rect.left() + 14, rect.width() - 28
            painter.setFont(text_font(SIZE_BODY, QFont.Weight.DemiBold))
            painter.setPen(theme.color("text"))
            title = painter.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideRight, int(width))
            painter.drawText(QRectF(left, rect.top() + _PICTURE + 12, width, 18), Qt.AlignmentFlag.AlignVCenter, title)
            painter.setFont(text_font(SIZE_SMALL))
            painter.setPen(theme.color("dim"))
            words = QRectF(left, rect.top() + _PICTURE + 34, width, rect.bottom() - rect.top() - _PICTURE - 42)
            flags = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
            painter.drawText(words, int(flags | Qt.TextFlag.TextWordWrap), _fitting(painter, self._sentence, words))

    def _draw_picture(self, painter: QPainter, rect: QRectF, tone: QColor) -> None:
        """A strip with the network itself, on the colour of what it learns from."""
        theme = current_theme()
        painter.save()
        shape = QPainterPath()
        shape.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, CARD_RADIUS), CARD_RADIUS - 1, CARD_RADIUS - 1)
        strip = QPainterPath()
        strip.addRect(rect)
        painter.setClipPath(shape.intersected(strip))
        painter.fillRect(rect, mix(theme.panel, tone, 0.1))
        self._picture.draw(painter, rect.adjusted(14, 12, -14, -12))
        painter.restore()


def _fitting(painter: QPainter, text: str, room: QRectF) -> str:
    """The text, cut at a word where it is longer than its room."""
    flags = int(Qt.TextFlag.TextWordWrap)
    words = text.split(" ")
    kept = len(words)
    while kept > 1:
        shown = " ".join(words[:kept]) + ("" if kept == len(words) else " …")
        if (
            painter.boundingRect(QRectF(room.left(), room.top(), room.width(), 10_000), flags, shown).height()
            <= room.height()
        ):
            return shown
        kept -= 1
    return text
