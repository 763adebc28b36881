"""Lets a recording be heard, by a player that the system has: Qt's own comes only with a far larger package."""

import shutil
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, QTemporaryDir, Signal

from engine.document.data_spec import FieldKind, Role
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import GetSound, SoundRead
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel

_PLAYERS: Final[tuple[tuple[str, ...], ...]] = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
)
_WINDOWS: Final = (
    "powershell",
    "-NoProfile",
    "-Command",
    "(New-Object Media.SoundPlayer $args[0]).PlaySync()",
)


def find_player() -> tuple[str, ...]:
    """The command of a player there is, to be followed by a file; () for none."""
    if sys.platform == "win32":
        return _WINDOWS
    for name, *options in _PLAYERS:
        path = shutil.which(name)
        if path is not None:
            return (path, *options)
    return ()


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
        self._command = find_player() if command is None else command
        self.playing = -1
        """The sample that is heard, -1 for none."""
        self._request = 0
        self._process: QProcess | None = None
        self._folder: QTemporaryDir | None = None
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
        return "" if self._command else "No player was found. Install paplay, aplay or ffplay to listen."

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
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.errorOccurred.disconnect(self._on_error)
            process.kill()
            process.waitForFinished(200)
            process.deleteLater()
        self._set_playing(-1)

    def _on_sound(self, event: SoundRead) -> None:
        if event.request != self._request:
            return  # another one was wanted meanwhile
        self._request = 0
        if self._folder is None:
            self._folder = QTemporaryDir()
        path = Path(self._folder.path()) / "sound.wav"
        try:
            path.write_bytes(event.wav)
        except OSError as error:
            self.failed.emit(f"The sound could not be handed to the player: {error.strerror}.")
            return
        process = QProcess(self)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        self._set_playing(event.index)
        process.start(self._command[0], [*self._command[1:], str(path)])

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request == self._request and not was_cancelled(event):
            self._request = 0
            error = as_error(event)
            self.failed.emit(f"{error.message} {error.hint}".strip())

    def _on_finished(self, code: int) -> None:
        if code:
            self.failed.emit("The player could not play this. Is a sound card connected?")
        self.stop()

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.failed.emit(f"{Path(self._command[0]).name} could not be started.")
            self.stop()

    def _set_playing(self, sample: int) -> None:
        if sample != self.playing:
            self.playing = sample
            self.changed.emit()
