"""What Netwright remembers between starts: theme, recent projects, window size, answers given once.

One small JSON file in the user's configuration folder, written whole or not at all; a broken one is put aside and the
defaults hold. NETWRIGHT_CONFIG_DIR names another folder, NETWRIGHT_HOME another place for new projects.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from engine.document.atomic import write_atomically
from engine.document.user_folder import config_dir
from engine.errors import NetwrightError
from gui.models.background import Background

RECENT_KEPT: Final = 12
WRITE_AFTER_MS: Final = 300


class WhenClosing(StrEnum):
    """What becomes of an active run when the window is closed."""

    ASK = "ask"
    KEEP_TRAINING = "keep_training"
    STOP = "stop"


class Values(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that is remembered. Unknown names of a newer version are passed over."""

    theme: str = "system"
    recent: tuple[str, ...] = ()
    home: str = ""
    window_width: int = 0
    window_height: int = 0
    maximized: bool = False
    when_closing: WhenClosing = WhenClosing.ASK
    drawings_folder: str = ""
    apps_folder: str = ""
    less_motion: bool = False
    wheel_pans: bool = False
    layer_uses: dict[str, float] = {}
    live_pictures: bool = True
    tour_step: str = ""
    """The step of the guided tour that was shown last."""


class Settings(QObject):
    """Read when made, written soon after each change from a thread."""

    changed = Signal()

    def __init__(self, directory: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.directory = directory if directory is not None else config_dir()
        self.path = self.directory / "settings.json"
        self.broken: Path | None = None
        """Where a file that could not be read was put."""
        self.values = self._read()
        self._background = Background("netwright-settings", self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WRITE_AFTER_MS)
        self._timer.timeout.connect(self._write)

    def update(self, **changes: Any) -> None:
        """Remember something else."""
        values = msgspec.structs.replace(self.values, **changes)
        if values != self.values:
            self.values = values
            self._timer.start()
            self.changed.emit()

    @property
    def home(self) -> Path:
        """Where new projects are put."""
        given = os.environ.get("NETWRIGHT_HOME") or self.values.home
        return Path(given).expanduser() if given else Path.home() / "Netwright"

    @property
    def recent(self) -> list[Path]:
        """Project folders, the latest first, also those that are gone."""
        return [Path(path) for path in self.values.recent]

    def add_recent(self, directory: Path) -> None:
        """Put a project at the top of the list."""
        others = [path for path in self.values.recent if path != str(directory)]
        self.update(recent=(str(directory), *others)[:RECENT_KEPT])

    def forget_recent(self, directory: Path) -> None:
        """Take a project off the list."""
        self.update(recent=tuple(path for path in self.values.recent if path != str(directory)))

    def close(self) -> None:
        """Write what is not written and end the thread."""
        if self._timer.isActive():
            self._write()
        self._background.close()

    def _read(self) -> Values:
        try:
            data = self.path.read_bytes()
        except OSError:
            return Values()
        try:
            return msgspec.json.decode(data, type=Values)
        except (msgspec.MsgspecError, RecursionError):
            aside = self.path.with_name("settings.broken.json")
            try:
                self.path.replace(aside)
                self.broken = aside
            except OSError:
                pass  # it stays where it is and is replaced by the next write
            return Values()

    def _write(self) -> None:
        self._timer.stop()
        data = msgspec.json.format(msgspec.json.encode(self.values), indent=2) + b"\n"
        path = self.path

        def write() -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data)

        self._background.run(write, failed=self._on_write_failed)

    def _on_write_failed(self, error: Exception) -> None:
        # Not worth a word to the user: nothing of theirs is lost, and the next change tries again.
        if not isinstance(error, NetwrightError | OSError):
            raise error
