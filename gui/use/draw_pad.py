"""A dark square to draw on with the mouse, for networks that read small grey pictures."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.fonts import text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS

SIDE: Final = 280
_PEN: Final = 20.0
_UNDO: Final = 30


class DrawPad(QWidget):
    """`drawn` carries the grey picture, 280 by 280, after each stroke; Delete clears it, Ctrl+Z takes a stroke back."""

    drawn = Signal(QImage)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.draw")
        self.setAccessibleName("Draw with the mouse")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._image.fill(0)
        self._last: QPointF | None = None  # while a stroke is drawn
        self._empty = True
        self._before: list[QImage] = []  # the picture before each stroke, the latest last
        self._width = _PEN
        self._erasing = False
        theme_notifier().changed.connect(self.update)

    def clear(self) -> None:
        """Wipe it."""
        if not self._empty:
            self._keep()
        self._image.fill(0)
        self._empty = True
        self.update()

    def set_pen(self, width: float) -> None:
        """Draw with lines of this width, of 280."""
        self._width = width

    def set_erasing(self, on: bool) -> None:
        """Take away instead of drawing."""
        self._erasing = on

    def undo(self) -> None:
        """Take the last stroke back, or the wiping."""
        if not self._before:
            return
        self._image = self._before.pop()
        self._empty = _is_black(self._image)
        self.update()
        if not self._empty:
            self.drawn.emit(self.image())

    def _keep(self) -> None:
        self._before.append(self._image.copy())
        del self._before[:-_UNDO]

    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return self._empty

    def image(self) -> QImage:
        """What is drawn, white on black."""
        return self._image.copy()

    @guarded(fallback=lambda _self: QSize(SIDE, SIDE))
    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    @guarded(fallback=lambda _self: QSize(140, 140))
    def minimumSizeHint(self) -> QSize:
        return QSize(140, 140)

    def _square(self) -> QRectF:
        side = min(self.width(), self.height()) - 4
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(self.rect()).center())
        return square

    def _place(self, event: QMouseEvent) -> QPointF:
        square = self._square()
        offset = event.position() - square.topLeft()
        return QPointF(offset.x() * SIDE / square.width(), offset.y() * SIDE / square.height())

    @guarded
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._keep()
            self._last = self._place(event)
            self._stroke(self._last)

    @guarded
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._stroke(self._place(event))

    @guarded
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._last is not None and event.button() == Qt.MouseButton.LeftButton:
            self._last = None
            self.drawn.emit(self.image())

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        else:
            super().keyPressEvent(event)

    def _stroke(self, to: QPointF) -> None:
        with QPainter(self._image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(
                QPen(
                    QColor("black" if self._erasing else "white"),
                    self._width,
                    Qt.PenStyle.SolidLine,
                    Qt.PenCapStyle.RoundCap,
                    Qt.PenJoinStyle.RoundJoin,
                )
            )
            painter.drawLine(self._last or to, to + QPointF(0.01, 0))
        self._last = to
        self._empty = False
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            whole = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "line"), 1))
            painter.setBrush(theme.color("field"))
            painter.drawRoundedRect(whole, CARD_RADIUS, CARD_RADIUS)
            square = self._square().adjusted(8, 8, -8, -8)
            painter.fillRect(self._square(), QColor("black"))
            painter.drawImage(self._square(), self._image)
            if self._empty:
                painter.setPen(QColor("#9aa2b1"))
                painter.setFont(text_font())
                painter.drawText(square, Qt.AlignmentFlag.AlignCenter, "Draw here")


def _is_black(image: QImage) -> bool:
    return not any(bytes(image.constBits()))
