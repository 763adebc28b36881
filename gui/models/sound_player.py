"""Lets the recording of a sample be heard."""

from PySide6.QtCore import QObject, Signal

from engine.document.data_spec import FieldKind, Role
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import GetSound, SoundRead
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel
from gui.models.wav_player import WavPlayer


class SoundPlayer(QObject):
    """One recording at a time; another one, or the same again, ends it."""

    changed = Signal()
    """`playing` changed."""
    failed = Signal(str)
    """Why nothing is heard, in a sentence."""

    def __init__(
        self,
        project_model: ProjectModel,
        engine: Engine,
        parent: QObject | None = None,
        *,
        command: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._engine = project_model, engine
        self.player = WavPlayer(self, command=command)
        self.player.changed.connect(self._on_player_changed)
        self.player.failed.connect(self.failed)
        self.playing = -1
        """The sample that is heard, -1 for none."""
        self._request = 0
        project_model.opened.connect(self.stop)

    @property
    def field(self) -> str:
        """The input that can be heard, "" for none."""
        inputs = self._project.project.data.fields
        heard = (field.name for field in inputs if field.kind is FieldKind.AUDIO and field.role is not Role.IGNORED)
        return next(heard, "")

    def reason_not_to_play(self) -> str:
        """Why nothing can be heard; "" when it can."""
        if not self.field:
            return "There is no sound in this data."
        return self.player.reason_not_to_play()

    def toggle(self, sample: int, run: str = "") -> None:
        """Play a sample, or stop it when it is the one that is heard; with `run` by its number as that run knows it."""
        heard = self.playing
        self.stop()
        reason = self.reason_not_to_play()
        if reason:
            self.failed.emit(reason)
        elif sample >= 0 and sample != heard and self._project.directory is not None:
            self._request = self._engine.ask(
                GetSound,
                done=self._on_sound,
                failed=self._on_failed,
                project_dir=str(self._project.directory),
                index=sample,
                field=self.field,
                run=run,
            )

    def stop(self) -> None:
        """Be quiet."""
        self._request = 0
        self.player.stop()
        self._set_playing(-1)

    def _on_sound(self, event: SoundRead) -> None:
        if event.request != self._request:
            return  # another one was wanted meanwhile
        self._request = 0
        self.player.play(event.wav)
        if self.player.playing:
            self._set_playing(event.index)

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request == self._request and not was_cancelled(event):
            self._request = 0
            error = as_error(event)
            self.failed.emit(f"{error.message} {error.hint}".strip())

    def _on_player_changed(self) -> None:
        if not self.player.playing:
            self._set_playing(-1)

    def _set_playing(self, sample: int) -> None:
        if sample != self.playing:
            self.playing = sample
            self.changed.emit()
