"""A dashed place to drop files on, which opens a file chooser on click, Return or Space."""

import re
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.fonts import SIZE_BODY, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS, mix

_ADDRESS: Final = re.compile(r"gym:[\w./:-]{1,120}")
"""What may be dropped as text: the name of an environment, as gym:CartPole-v1."""


def dropped_paths(data: QMimeData) -> list[Path]:
    """Files and folders of this machine, or the one address, that a drag brings."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile() and url.toLocalFile()]
    text = data.text().strip() if not paths and data.hasText() else ""
    return [Path(text)] if _ADDRESS.fullmatch(text) else paths


class DropArea(QWidget):
    """Shows an icon, a sentence and a hint; or a picture, once one was given.

    `files_dropped` carries paths of files and folders on this machine; what is dropped from a browser as an address is
    not fetched, `refused` says so. `chooser_requested` asks the owner to open its own chooser.
    """

    files_dropped = Signal(list)
    chooser_requested = Signal()
    refused = Signal(str)

    def __init__(
        self, sentence: str, hint: str = "", *, icon: str = "drop", name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._sentence, self._hint, self._icon = sentence, hint, icon
        self._picture: QPixmap | None = None
        self._over = False  # a drag is above; set by dragEnterEvent, cleared by dragLeaveEvent and dropEvent
        if name:
            self.setObjectName(name)
        self.setAccessibleName(sentence)
        self.setAccessibleDescription(hint)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_notifier().changed.connect(self.update)

    def set_words(self, sentence: str, hint: str = "") -> None:
        """Say something else."""
        self._sentence, self._hint = sentence, hint
        self.setAccessibleName(sentence)
        self.setAccessibleDescription(hint)
        self.update()

    def set_icon(self, icon: str) -> None:
        """Show another icon above the words."""
        self._icon = icon
        self.update()

    def set_picture(self, picture: QPixmap | None) -> None:
        """Show what was dropped, large; None shows the words again."""
        self._picture = picture if picture is not None and not picture.isNull() else None
        self.update()

    def picture(self) -> QPixmap | None:
        """The picture that is shown, if there is one."""
        return self._picture

    def has_picture(self) -> bool:
        """Whether a picture is shown."""
        return self._picture is not None

    @guarded(fallback=lambda _self: QSize(280, 160))
    def sizeHint(self) -> QSize:
        return QSize(280, 160)

    @guarded(fallback=lambda _self: QSize(140, 96))
    def minimumSizeHint(self) -> QSize:
        return QSize(140, 96)

    @guarded
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or dropped_paths(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._set_over(True)

    @guarded
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(False)

    @guarded
    def dropEvent(self, event: QDropEvent) -> None:
        self._set_over(False)
        urls = event.mimeData().urls()
        paths = dropped_paths(event.mimeData())
        event.acceptProposedAction()
        if paths:
            self.files_dropped.emit(paths)
        elif urls:
            self.refused.emit("Only files on this computer can be dropped here. Save it first, then drop the file.")

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chooser_requested.emit()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chooser_requested.emit()
        else:
            super().keyPressEvent(event)

    @guarded
    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    @guarded
    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    @guarded
    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    @guarded
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            warm = self._over or self.underMouse()
            color = theme.accent if self._over or self.hasFocus() else theme.edge if warm else theme.line
            pen = QPen(QColor(color), 1.5 if self._over else 1)
            pen.setDashPattern([4, 3])
            painter.setPen(pen)
            painter.setBrush(mix(theme.field, theme.accent, 0.10) if self._over else theme.color("field"))
            painter.drawRoundedRect(rect, CARD_RADIUS, CARD_RADIUS)
            if self._picture is not None:
                self._draw_picture(painter, rect)
            else:
                self._draw_words(painter, rect)

    def _draw_picture(self, painter: QPainter, rect: QRectF) -> None:
        assert self._picture is not None
        words = QRectF(rect.left() + 8, rect.bottom() - 28, rect.width() - 16, 20)
        room = rect.adjusted(14, 14, -14, -36)
        size = self._picture.deviceIndependentSize()
        scale = min(room.width() / size.width(), room.height() / size.height())
        # A 28 by 28 digit is shown as the sharp squares it is made of.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 2)
        shown = QRectF(0, 0, size.width() * scale, size.height() * scale)
        shown.moveCenter(room.center())
        painter.drawPixmap(shown, self._picture, QRectF(self._picture.rect()))
        painter.setFont(text_font(12))
        painter.setPen(current_theme().color("faint"))
        text = painter.fontMetrics().elidedText(
            plain_text(self._hint or self._sentence), Qt.TextElideMode.ElideMiddle, int(words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_words(self, painter: QPainter, rect: QRectF) -> None:
        theme = current_theme()
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        room = rect.adjusted(16, 8, -16, -8)
        sentence, hint = plain_text(self._sentence), plain_text(self._hint)
        painter.setFont(text_font(SIZE_BODY))
        upper = painter.boundingRect(room, flags, sentence)
        painter.setFont(text_font(12))
        lower = painter.boundingRect(room, flags, hint) if hint else QRectF()
        icon = 26.0 if room.height() > upper.height() + lower.height() + 40 else 0.0
        height = icon + (10 if icon else 0) + upper.height() + (6 + lower.height() if hint else 0)
        top = room.center().y() - height / 2
        if icon:
            tone = theme.accent if self._over else theme.dim if self.underMouse() else theme.faint
            draw_icon(painter, self._icon, QRectF(room.center().x() - icon / 2, top, icon, icon), tone)
            top += icon + 10
        painter.setFont(text_font(SIZE_BODY))
        painter.setPen(theme.color("text" if self._over or self.underMouse() or self.hasFocus() else "dim"))
        painter.drawText(QRectF(room.left(), top, room.width(), upper.height() + 2), int(flags), sentence)
        if hint:
            painter.setFont(text_font(12))
            painter.setPen(theme.color("faint"))
            place = QRectF(room.left(), top + upper.height() + 6, room.width(), lower.height() + 2)
            painter.drawText(place, int(flags), hint)

    def _set_over(self, over: bool) -> None:
        self._over = over
        self.update()
