"""What the camera sees, with a button that takes a picture and a switch that answers all the time."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.models.camera import Camera
from gui.widgets.button import Button
from gui.widgets.fonts import text_font
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme
from gui.widgets.tokens import CARD_RADIUS


class _Picture(QWidget):
    """The latest picture, as a mirror would not show it: as the network gets it."""

    def __init__(self) -> None:
        super().__init__()
        self.image: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(140, 96)
        self.setAccessibleName("What the camera sees")

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current_theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            whole = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            shape = QPainterPath()
            shape.addRoundedRect(whole, CARD_RADIUS, CARD_RADIUS)
            painter.fillPath(shape, theme.color("field"))
            if self.image is None:
                painter.setPen(theme.color("dim"))
                painter.setFont(text_font())
                painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, "Waiting for the camera")
                return
            painter.setClipPath(shape)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            scale = min(whole.width() / self.image.width(), whole.height() / self.image.height())
            shown = QRectF(0, 0, self.image.width() * scale, self.image.height() * scale)
            shown.moveCenter(whole.center())
            painter.drawImage(shown, self.image)


class CameraView(QWidget):
    """`taken` carries the picture that showed when the button was pressed."""

    taken = Signal(QImage)

    def __init__(self, camera: Camera, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._camera = camera
        self._picture = _Picture()
        self.take = Button("Take picture", icon="camera", small=True, name="use.camera.take")
        self.take.clicked.connect(self._on_take)
        self.live = QCheckBox("Answer live")
        self.live.setObjectName("use.camera.live")
        self.live.setToolTip("Answer what the camera sees, a few times a second")
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.take)
        row.addWidget(self.live)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._picture, 1)
        column.addLayout(row)
        camera.frame.connect(self._on_frame)
        self.begin()

    def begin(self) -> None:
        """Wait for the first picture."""
        self._picture.image = None
        self._picture.update()
        self.take.set_blocked("The camera shows nothing yet.")

    def _on_frame(self, image: QImage) -> None:
        self._picture.image = image
        self._picture.update()
        self.take.set_blocked("")

    def _on_take(self) -> None:
        if self._picture.image is not None:
            self.taken.emit(self._picture.image)
