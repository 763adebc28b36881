"""A picture in Try it: dropped, pasted, chosen, drawn, or taken by the camera."""

import time
from pathlib import Path
from typing import Final

from PySide6.QtGui import QHideEvent, QImage, QPixmap
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from engine.document.data_spec import Field
from gui.models.camera import Camera
from gui.use.camera_view import CameraView
from gui.use.draw_pad import DrawPad
from gui.use.inputs.file_input import FileInput
from gui.use.picture_preview import PicturePreview
from gui.use.picture_reader import rgb_bytes
from gui.widgets.button import Button
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.guarded import guarded

_MOST_PIXELS: Final = 50_000_000
_LIVE_EVERY_S: Final = 0.25
_PENS: Final = ((10.0, "Thin pen"), (20.0, "Pen"), (32.0, "Thick pen"))


class PictureInput(FileInput):
    """`busy` says whether an answer is awaited: live pictures of the camera then wait."""

    def __init__(
        self, field: Field, parent: QWidget | None = None, *, alone: bool = True, camera: Camera | None = None
    ) -> None:
        super().__init__(field, parent, alone=alone)
        self.busy = False
        self._asked_at = 0.0
        self.preview = PicturePreview(self)
        self.preview.ready.connect(self._on_preview)
        self.preview.failed.connect(self._on_preview_failed)
        self.pad = DrawPad()
        self.pad.drawn.connect(self._on_drawn)
        self._draw_page = QWidget()
        page = QVBoxLayout(self._draw_page)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(6)
        page.addWidget(self.pad, 1)
        page.addLayout(self._pens())
        self.places.addWidget(self._draw_page)
        self.camera = camera or Camera(self)
        self.view = CameraView(self.camera)
        self.view.taken.connect(self._on_taken)
        self.view.live.toggled.connect(self._on_live)
        self.camera.frame.connect(self._on_frame)
        self.places.addWidget(self.view)
        self.draw = Button("Draw", icon="brush", small=True, name="use.draw.toggle", parent=self)
        self.draw.setCheckable(True)
        self.draw.toggled.connect(self._on_draw_toggled)
        self.draw.hide()
        shape = field.statistics.shape
        self._drawable = len(shape) == 3 and shape[2] == 1
        self.look = Button("Camera", icon="camera", small=True, name="use.camera")
        self.look.setCheckable(True)
        self.look.toggled.connect(self._on_look_toggled)
        self.camera.failed.connect(self._on_camera_failed)

    def tools(self) -> list[QWidget]:
        self.look.set_blocked(self.camera.reason_not_to_look())
        return [self.draw, self.look] if self._drawable else [self.look]

    def _pens(self) -> FlowLayout:
        row = FlowLayout(gap=6)
        self._widths = QButtonGroup(self)
        for place, (width, words) in enumerate(_PENS):
            button = Button(words, small=True)
            button.setCheckable(True)
            button.setChecked(place == 1)
            button.clicked.connect(lambda _on=False, width=width: self.pad.set_pen(width))
            self._widths.addButton(button)
            row.addWidget(button)
        self.eraser = Button("Eraser", small=True, name="use.draw.eraser")
        self.eraser.setCheckable(True)
        self.eraser.toggled.connect(self.pad.set_erasing)
        self.undo = Button("Undo", icon="undo", small=True, tooltip="Take the last stroke back (Ctrl+Z)")
        self.undo.clicked.connect(self.pad.undo)
        self.clear = Button("Clear", small=True, tooltip="Wipe it (Delete)")
        self.clear.clicked.connect(self.pad.clear)
        for button in (self.eraser, self.undo, self.clear):
            row.addWidget(button)
        return row

    # Files and pictures in memory

    def leave(self) -> None:
        self.draw.setChecked(False)
        self.look.setChecked(False)
        self.preview.drop()

    def look_at(self, path: Path) -> None:
        self.preview.read(path)

    def take_image(self, image: QImage, words: str) -> None:
        """A picture that is in memory already."""
        if image.isNull():
            self.refused.emit("The copied picture is empty.")
            return
        if image.width() * image.height() > _MOST_PIXELS:
            self.refused.emit("The copied picture is too large: 50 million pixels at most.")
            return
        small = image.convertToFormat(QImage.Format.Format_RGB888)
        self.take_value(_pixels(small), words, QPixmap.fromImage(small))

    def lacks(self) -> str:
        if self.draw.isChecked() and self._value is None:
            return "Draw something first."
        return super().lacks()

    def _on_preview(self, path: object, image: QImage) -> None:
        if str(path) == self._value:
            self.drop.set_picture(QPixmap.fromImage(image))
            self.shown.emit()

    def _on_preview_failed(self, path: object, _reason: str) -> None:
        if str(path) == self._value:
            self.drop.set_picture(None)  # the answer itself says what is wrong with the file

    # Drawing

    def _on_draw_toggled(self, on: bool) -> None:
        if on:
            self.look.setChecked(False)
            self.places.setCurrentWidget(self._draw_page)
            self.pad.setFocus()
        elif self.places.currentWidget() is self._draw_page:
            self.places.setCurrentWidget(self.drop)

    def _on_drawn(self, image: QImage) -> None:
        line, width, height = image.bytesPerLine(), image.width(), image.height()
        data = bytes(image.constBits())
        pixels = b"".join(data[row * line : row * line + width] for row in range(height))
        self._value = {"pixels": pixels, "height": height, "width": width, "channels": 1}
        self._words = "drawing"
        self.drop.set_words("Drop another picture", "drawing")
        self.drop.set_picture(QPixmap.fromImage(image))
        self.changed.emit()

    # The camera

    def _on_look_toggled(self, on: bool) -> None:
        if on:
            self.draw.setChecked(False)
            self.places.setCurrentWidget(self.view)
            self.view.begin()
            self.camera.start()
            self.view.take.setFocus()
        else:
            self.camera.end()
            if self.places.currentWidget() is self.view:
                self.places.setCurrentWidget(self.drop)

    def _on_taken(self, image: QImage) -> None:
        """A picture was taken: it is looked at now, and the camera goes off."""
        self.take_image(image, "picture of the camera")

    def _on_live(self, on: bool) -> None:
        if on and self.camera.latest is not None:
            self._answer_live(self.camera.latest)

    def _on_frame(self, image: QImage) -> None:
        if self.view.live.isChecked() and not self.busy and time.monotonic() - self._asked_at >= _LIVE_EVERY_S:
            self._answer_live(image)

    def _answer_live(self, image: QImage) -> None:
        self._asked_at = time.monotonic()
        self._value, self._words = _pixels(image), "camera"
        self.drop.set_picture(QPixmap.fromImage(image))
        self.shown.emit()
        self.changed.emit()

    def _on_camera_failed(self, reason: str) -> None:
        self.look.setChecked(False)
        self.refused.emit(reason)

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        """No camera looks on while nobody sees that it does."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.look.setChecked(False)


def _pixels(image: QImage) -> dict[str, object]:
    return {"pixels": rgb_bytes(image), "height": image.height(), "width": image.width(), "channels": 3}
