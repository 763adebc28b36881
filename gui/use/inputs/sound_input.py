"""A recording in Try it: a file, or from the microphone, with its wave, to be heard and cut."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QProgressBar, QWidget

from engine.document.data_spec import Field
from engine.protocol.messages.data import Shown
from gui.models.recorder import LONGEST_S, RATE, Recorder, Samples, as_input, as_wav, drawn, trimmed
from gui.models.wav_player import WavPlayer
from gui.samples.drawn import draw_curves
from gui.use.inputs.file_input import FileInput
from gui.use.picture_preview import PicturePreview
from gui.widgets.button import Button
from gui.widgets.guarded import guarded
from gui.widgets.theme import current_theme, theme_notifier

_WIDE, _HIGH = 640, 160
_REDRAW_MS = 80
_SHORTEST_S = 0.1


def curve_picture(curve: bytes, channels: int, width: int = _WIDE, height: int = _HIGH) -> QPixmap:
    """Curves as `engine.protocol.messages.data.Shown` brings them, in the colours of the theme."""
    picture = QPixmap(width, height)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_curves(painter, QRectF(2, 4, width - 4, height - 8), curve, channels)
    return picture


class SoundInput(FileInput):
    """`listen` plays the recording of a sample; set by whoever can."""

    def __init__(
        self,
        field: Field,
        parent: QWidget | None = None,
        *,
        alone: bool = True,
        recorder: Recorder | None = None,
        player: WavPlayer | None = None,
    ) -> None:
        super().__init__(field, parent, alone=alone)
        self.listen: Callable[[int], None] = lambda _sample: None
        self._listening = False
        self._recorded: Samples | None = None
        self._curve: tuple[bytes, int] = (b"", 0)
        self.preview = PicturePreview(self)
        self.preview.ready.connect(self._on_preview)
        self.preview.failed.connect(self._on_preview_failed)
        self.recorder = recorder or Recorder(self, rate=RATE if field.statistics.rate <= RATE else 44_100)
        self.recorder.changed.connect(self._on_recorder_changed)
        self.recorder.level_changed.connect(self._on_level)
        self.recorder.failed.connect(self._on_not_recorded)
        self.player = player or WavPlayer(self)
        self.player.changed.connect(self._show_tools)
        self.player.failed.connect(self.refused)
        self.record = Button("Record", icon="audio", small=True, name="use.record")
        self.record.setCheckable(True)
        self.record.clicked.connect(self._on_record)
        self.play = Button("Play", icon="play", small=True, name="use.play")
        self.play.clicked.connect(self._on_play)
        self.trim = Button("Trim silence", small=True, name="use.trim", tooltip="Cut the silence off both ends")
        self.trim.clicked.connect(self._on_trim)
        self.level = QProgressBar()
        self.level.setRange(0, 100)
        self.level.setTextVisible(False)
        self.level.setAccessibleName("Level of the microphone")
        self.level.hide()
        self.column.addWidget(self.level)
        self._redraw = QTimer(self)
        self._redraw.setInterval(_REDRAW_MS)
        self._redraw.timeout.connect(self._on_redraw)
        theme_notifier().changed.connect(self._draw_again)

    def tools(self) -> list[QWidget]:
        self._show_tools()
        return [self.record, self.play, self.trim]

    def leave(self) -> None:
        self.recorder.end()
        self.player.stop()
        self.preview.drop()
        self._recorded, self._curve = None, (b"", 0)

    def look_at(self, path: Path) -> None:
        theme = current_theme()
        self.preview.read_sound(path, theme.families["data"].lstrip("#"), theme.field.lstrip("#"))
        self._show_tools()

    def picture_of(self, shown: Shown) -> QPixmap | None:
        self._curve = (shown.curve, shown.channels)
        return curve_picture(shown.curve, shown.channels) if shown.curve else None

    def show_sample(self, value: object, shown: Shown | None, name: str) -> None:
        super().show_sample(value, shown, name)
        self._show_tools()

    def state(self) -> object:
        return self._value, self._words, self.drop.picture()

    def restore(self, state: object) -> None:
        super().restore(state)
        self._show_tools()

    def _on_preview(self, path: object, image: QImage) -> None:
        if str(path) == self._value:
            self.drop.set_picture(QPixmap.fromImage(image))
            self.shown.emit()

    def _on_preview_failed(self, path: object, _reason: str) -> None:
        if str(path) == self._value:
            self.drop.set_picture(None)

    # Recording

    def _on_record(self) -> None:
        if self.recorder.running:
            self.recorder.end()
            return
        if reason := self.recorder.reason_not_to_record():
            self.record.setChecked(False)
            self.refused.emit(reason)
            return
        self.begin(None, f"speak now; {LONGEST_S} s at most")
        self.drop.set_words("Recording", f"speak now; {LONGEST_S} s at most")
        self.drop.set_picture(None)
        self.recorder.start()

    def _on_recorder_changed(self) -> None:
        runs = self.recorder.running
        self.record.setChecked(runs)
        self.record.set_text("Stop" if runs else "Record")
        self.record.set_icon("stop" if runs else "audio")
        self.level.setVisible(runs)
        if runs:
            self._redraw.start()
        else:
            self._redraw.stop()
            if self.places.isVisible() and self.recorder.seconds >= _SHORTEST_S and self._value is None:
                self._take(self.recorder.samples())
        self._show_tools()

    def _on_not_recorded(self, reason: str) -> None:
        self.record.setChecked(False)
        if self._recorded is None:
            self._value = None
            self.drop.set_words(f"Drop a {self.noun} here", "or record one")
            self.drop.set_picture(None)
        self.refused.emit(reason)

    def _on_level(self, level: float) -> None:
        self.level.setValue(round(100 * level**0.5))

    def _on_redraw(self) -> None:
        self._curve = (drawn(self.recorder.samples(), _WIDE), 1)
        self.drop.set_words("Recording", f"{self.recorder.seconds:.1f} s")
        if self._curve[0]:
            self.drop.set_picture(curve_picture(*self._curve))

    def _take(self, samples: Samples) -> None:
        self._recorded = samples
        words = f"recording, {len(samples) / self.recorder.rate:.1f} s"
        self._value, self._words = as_input(samples, self.recorder.rate), words
        self._curve = (drawn(samples, _WIDE), 1)
        self.drop.set_words("Drop another recording", words)
        self.drop.set_picture(curve_picture(*self._curve))
        self.shown.emit()
        self.changed.emit()

    def _on_trim(self) -> None:
        if self._recorded is not None:
            self._take(trimmed(self._recorded, self.recorder.rate))

    # Listening

    def _on_play(self) -> None:
        if self.player.playing:
            self.player.stop()
        elif self._recorded is not None:
            self.player.play(as_wav(self._recorded, self.recorder.rate))
        elif isinstance(self._value, str):
            self.player.play_file(Path(self._value))
        elif isinstance(self._value, dict) and "sample" in self._value:
            self.listen(int(self._value["sample"]))

    def set_listening(self, listening: bool) -> None:
        """Whether the recording of a sample is heard."""
        self._listening = listening
        self._show_tools()

    def _show_tools(self) -> None:
        self.record.set_blocked(self.recorder.reason_not_to_record())
        plays = self.player.playing or self._listening
        self.play.set_text("Stop" if plays else "Play")
        self.play.set_icon("stop" if plays else "play")
        nothing = "" if self._value is not None else "There is no recording yet."
        self.play.set_blocked(nothing or ("" if plays else self.player.reason_not_to_play()))
        self.trim.set_blocked("" if self._recorded is not None else "Record something first.")

    def _draw_again(self) -> None:
        if self._curve[0]:
            self.drop.set_picture(curve_picture(*self._curve))

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        """No microphone listens while nobody sees that it does."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.recorder.end()
            self.player.stop()
