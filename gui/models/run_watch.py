"""Looks at the run folders of a project on a thread: which there are, what is new in their logs, what waits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject

from engine.protocol.run_events import AnyRunEvent
from engine.protocol.run_folder import ABOUT, About, LogReader, RunFolder, about, run_folders
from engine.protocol.run_queue import RunQueue, read_queue
from gui.models.background import Background

READ_BYTES: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A log to read on from where its reader is; while it is being read nobody else may touch the reader."""

    run: int
    reader: LogReader


@dataclass(frozen=True, kw_only=True)
class Found:
    """A run folder. `about_stamp` changes with what is written beside the run; `about` is None where it has not."""

    folder: RunFolder
    size: int
    about_stamp: int
    about: About | None


@dataclass(kw_only=True)
class Sight:
    """What was seen: `events` of the runs that were `read`; a run without had nothing more to say."""

    directory: Path
    folders: dict[int, Found] | None = None
    queue: RunQueue | None = None
    events: dict[int, list[AnyRunEvent]] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)


class RunWatch(QObject):
    """One look at a time; `seen` is called on the window's thread."""

    def __init__(self, seen: Callable[[Sight], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seen = seen
        self._background = Background("netwright-runs", self)

    @property
    def busy(self) -> bool:
        """Whether a look is under way."""
        return self._background.busy

    def look(self, directory: Path, readings: Sequence[Reading], known: dict[int, int] | None) -> None:
        """Read logs on, READ_BYTES of each at most; with `known` (stamps of what is beside them) list all folders."""
        size = READ_BYTES
        self._background.run(lambda: _look(directory, list(readings), known, size), self._seen, self._on_failed)

    def close(self) -> None:
        """Finish and end the thread; nothing is answered any more."""
        self._seen = lambda _sight: None
        self._background.close()

    def _on_failed(self, error: Exception) -> None:
        """A folder that cannot be read now is looked at again; errors of our own were told by the background."""


def _look(directory: Path, readings: list[Reading], known: dict[int, int] | None, size: int) -> Sight:
    sight = Sight(directory=directory)
    for reading in readings:
        sight.read.append(reading.run)
        events = reading.reader.read(size)
        if events:
            sight.events[reading.run] = events
    if known is not None:
        sight.queue = read_queue(directory)
        sight.folders = {}
        for folder in run_folders(directory):
            stamp = _stamp(folder.path / ABOUT)
            told = about(folder) if stamp and stamp != known.get(folder.number) else None
            sight.folders[folder.number] = Found(
                folder=folder, size=_size(folder.events_file), about_stamp=stamp, about=told
            )
    return sight


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
