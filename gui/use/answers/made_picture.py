"""A picture that the network made, as large as there is room."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.protocol.messages.deployment import Answer
from gui.samples.drawn import draw_picture
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier
from gui.widgets.tokens import CARD_RADIUS

_HEIGHT = 300
_AMONG_OTHERS = 200


def image_of(answer: Answer) -> QImage | None:
    """The picture of an answer; None where it holds none."""
    width, height, channels = answer.width, answer.height, answer.channels
    if width <= 0 or height <= 0 or channels not in (1, 3) or len(answer.pixels) != width * height * channels:
        return None
    form = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_Grayscale8
    return QImage(answer.pixels, width, height, width * channels, form).copy()


class MadePicture(QWidget):
    """Small pictures are shown as the squares they are made of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.made")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._image: QImage | None = None
        self._height = _HEIGHT
        theme_notifier().changed.connect(self.update)

    def show_answer(self, answer: Answer, *, alone: bool = True) -> None:
        """Show the picture of an answer; one that is not alone leaves room for the others."""
        height = _HEIGHT if alone else _AMONG_OTHERS
        if height != self._height:
            self._height = height
            self.updateGeometry()
        self._image = image_of(answer)
        self.setAccessibleName(f"Picture, {answer.width} × {answer.height}")
        self.update()

    def image(self) -> QImage | None:
        """What is shown."""
        return self._image

    @guarded(fallback=lambda _self: QSize(320, _HEIGHT))
    def sizeHint(self) -> QSize:
        return QSize(320, self._height)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            room = QRectF(self.rect())
            shape = QPainterPath()
            shape.addRoundedRect(room, CARD_RADIUS, CARD_RADIUS)
            painter.fillPath(shape, current_theme().color("field"))
            draw_picture(painter, room.adjusted(8, 8, -8, -8), self._image)
