"""The frame around what a step points at. It takes no click and no key: what it surrounds is used as always."""

from typing import Final

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QWidget

from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS

_WIDTH: Final = 8


class Ring(QWidget):
    """Lies over the window's widgets; only the ring itself covers anything."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("tour.ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        theme_notifier().changed.connect(self.update)
        self.hide()

    def surround(self, rect: QRect) -> None:
        """Stand around a rectangle of the window; an empty one hides it."""
        if rect.isEmpty():
            self.hide()
            return
        around = rect.adjusted(-_WIDTH, -_WIDTH, _WIDTH, _WIDTH)
        if around != self.geometry():
            self.setGeometry(around)
            inside = self.rect().adjusted(_WIDTH, _WIDTH, -_WIDTH, -_WIDTH)
            self.setMask(QRegion(self.rect()).subtracted(QRegion(inside.adjusted(2, 2, -2, -2))))
        if not self.isVisible():
            self.show()
            self.raise_()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            accent = current_theme().color("accent")
            soft = QColor(accent)
            soft.setAlphaF(0.25)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            rect = QRectF(self.rect())
            painter.setPen(QPen(soft, 5))
            painter.drawRoundedRect(rect.adjusted(3, 3, -3, -3), CARD_RADIUS, CARD_RADIUS)
            painter.setPen(QPen(accent, 2))
            painter.drawRoundedRect(rect.adjusted(6, 6, -6, -6), CARD_RADIUS - 3, CARD_RADIUS - 3)
