"""A picture with relevance laid over it."""

from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.charts.relevance import Floats, overlay, signed_text
from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier

_RADIUS: Final = 6.0
_CAPTION: Final = 20.0
_GREY: Final = "#33363d"
_FADED: Final = 0.55
"""How far the picture goes back behind what lies over it, so that colours are seen on white and on black."""
_SHARP: Final = 3.0
"""Pictures that are drawn larger than this many times show their points."""


class RelevancePicture(QWidget):
    """As large as its room; `caption` stands below. Without a heat map it is the picture alone."""

    def __init__(self, caption: str = "", *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if name:
            self.setObjectName(name)
        self._caption = caption
        self._picture = QImage()
        self._heat: Floats = np.zeros((0, 0), np.float32)
        self._over = QImage()
        self._opacity = 0.75
        self._stretched = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(caption or "Picture")
        theme_notifier().changed.connect(self.update)

    def set_caption(self, caption: str) -> None:
        """Change what stands below."""
        self._caption = caption
        self.setAccessibleName(caption or "Picture")
        self.update()

    def set_picture(self, picture: QImage, heat: Floats | None = None, *, signed: bool = True) -> None:
        """Show a picture, and relevance over it (rows from the top)."""
        self._picture = picture
        self._heat = np.zeros((0, 0), np.float32) if heat is None else heat
        self._over = QImage() if heat is None else overlay(heat, signed=signed)
        if heat is not None:  # so that colour means relevance and nothing else
            self._picture = picture.convertToFormat(QImage.Format.Format_Grayscale8)
        self.update()

    def set_opacity(self, opacity: float) -> None:
        """How much of the relevance is seen, 0 to 1."""
        self._opacity = opacity
        self.update()

    def set_stretched(self, stretched: bool) -> None:
        """Whether the picture fills its room, as a spectrogram under its wave does."""
        self._stretched = stretched
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture is drawn."""
        foot = _CAPTION if self._caption else 0.0
        room = QRectF(self.rect()).adjusted(0, 0, 0, -foot)
        if self._picture.isNull() or self._stretched:
            return room
        scale = min(room.width() / self._picture.width(), room.height() / self._picture.height())
        found = QRectF(0, 0, self._picture.width() * scale, self._picture.height() * scale)
        found.moveCenter(room.center())
        return found

    @guarded(fallback=lambda _self: QSize(240, 220))
    def sizeHint(self) -> QSize:
        return QSize(240, 220)

    @guarded(fallback=lambda _self: QSize(80, 80))
    def minimumSizeHint(self) -> QSize:
        return QSize(80, 80)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            place = self.picture_rect()
            if self._picture.isNull():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("raised"))
                painter.drawRoundedRect(place, _RADIUS, _RADIUS)
            else:
                clip = QPainterPath()
                clip.addRoundedRect(place, _RADIUS, _RADIUS)
                painter.save()
                painter.setClipPath(clip)
                grown = place.width() / self._picture.width()
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, grown < _SHARP)
                painter.drawImage(place, self._picture)
                if not self._over.isNull():
                    painter.setOpacity(_FADED * self._opacity)
                    painter.fillRect(place, QColor(_GREY))
                    painter.setOpacity(self._opacity)
                    painter.drawImage(place, self._over)
                painter.restore()
            if self._caption:
                painter.setFont(text_font(SIZE_SMALL))
                painter.setPen(theme.color("dim"))
                below = QRectF(0, place.bottom(), self.width(), _CAPTION)
                words = painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, self.width())
                painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, words)

    def relevance_at(self, point: QPointF) -> float | None:
        """What the place under a point counts for; None where the network does not look, or beside the picture."""
        place = self.picture_rect()
        if not self._heat.size or not place.contains(point):
            return None
        rows, columns = self._heat.shape
        row = min(rows - 1, int((point.y() - place.top()) / place.height() * rows))
        column = min(columns - 1, int((point.x() - place.left()) / place.width() * columns))
        found = float(self._heat[row, column])
        return found if np.isfinite(found) else None

    @guarded(fallback=False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._heat.size:
            point = QPointF(event.pos())
            found = self.relevance_at(point)
            if found is not None:
                QToolTip.showText(event.globalPos(), f"Counts {signed_text(found)}", self)
            elif self.picture_rect().contains(point):
                QToolTip.showText(event.globalPos(), "The network does not see this part.", self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
