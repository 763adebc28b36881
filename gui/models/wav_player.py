"""Lets a recording be heard, by a player that the system has: Qt's own comes only with a far larger package."""

import shutil
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QProcess, QTemporaryDir, Signal

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


class WavPlayer(QObject):
    """One recording at a time; another one ends it."""

    changed = Signal()
    """`playing` changed."""
    failed = Signal(str)
    """Why nothing is heard, in a sentence."""

    def __init__(self, parent: QObject | None = None, *, command: tuple[str, ...] | None = None) -> None:
        super().__init__(parent)
        self.command = command
        """What plays a file; None until it is looked for, () for nothing."""
        self.playing = False
        self._process: QProcess | None = None
        self._folder: QTemporaryDir | None = None

    def reason_not_to_play(self) -> str:
        """Why nothing can be heard; "" when it can."""
        return "" if self._player() else "No player was found. Install paplay, aplay or ffplay to listen."

    def play(self, wav: bytes) -> None:
        """Play a WAV file that is in memory."""
        if self._folder is None:
            self._folder = QTemporaryDir()
        path = Path(self._folder.path()) / "sound.wav"
        self.stop()
        try:
            path.write_bytes(wav)
        except OSError as error:
            self.failed.emit(f"The sound could not be handed to the player: {error.strerror}.")
            return
        self.play_file(path)

    def play_file(self, path: Path) -> None:
        """Play a file; which kinds can be heard depends on the player."""
        self.stop()
        command = self._player()
        if not command:
            self.failed.emit(self.reason_not_to_play())
            return
        process = QProcess(self)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        self._set_playing(True)
        process.start(command[0], [*command[1:], str(path)])

    def stop(self) -> None:
        """Be quiet."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.errorOccurred.disconnect(self._on_error)
            process.finished.connect(process.deleteLater)
            process.kill()
        self._set_playing(False)

    def _player(self) -> tuple[str, ...]:
        if self.command is None:
            self.command = find_player()
        return self.command

    def _on_finished(self, code: int) -> None:
        self._process = None
        if code:
            self.failed.emit("The player could not play this. Is a sound card connected?")
        self._set_playing(False)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._process = None
            self.failed.emit(f"{Path(self._player()[0]).name} could not be started.")
            self._set_playing(False)

    def _set_playing(self, playing: bool) -> None:
        if playing != self.playing:
            self.playing = playing
            self.changed.emit()
