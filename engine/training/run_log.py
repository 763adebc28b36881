"""The log a run writes and the requests it reads: both JSON lines in its folder."""

import errno
import os
import threading
import time
from collections import deque
from typing import Final

import msgspec

from engine.errors import TrainingError
from engine.protocol.run_events import FINAL_EVENTS, AnyRunEvent, AnyRunRequest, EpochFinished
from engine.protocol.run_folder import LogReader, RunFolder

POLL_S: Final = 0.05


class RunLog:
    """Appends events, each in one write, so that a killed run leaves at most its last line torn.

    May be called from any thread. A line that finds no room on the disk waits in memory, before all later ones, until
    there is room again; `waiting` says so. After a final event nothing more is written.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._descriptor = os.open(folder.events_file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        self._lock = threading.Lock()
        self._lines: deque[bytes] = deque()
        self.closed = False
        """A final event was written."""
        self.problem = ""
        """Why the last line could not be written; empty when it was."""
        if not self._ends_whole():
            self._lines.append(b"\n")  # ends the line that a kill has torn

    @property
    def waiting(self) -> bool:
        """Whether lines wait for room on the disk."""
        return bool(self._lines) and bool(self.problem)

    def append(self, event: AnyRunEvent) -> None:
        """Write an event with the present time. Never raises for a full disk."""
        line = msgspec.json.encode(msgspec.structs.replace(event, time=round(time.time(), 3))) + b"\n"
        with self._lock:
            if self.closed:
                return
            self.closed = isinstance(event, FINAL_EVENTS)
            self._lines.append(line)
            self._write()

    def retry(self) -> bool:
        """Try again to write what waits; whether all is written."""
        with self._lock:
            self._write()
            return not self._lines

    def sync(self) -> None:
        """Flush the log down to the disk."""
        try:
            os.fsync(self._descriptor)
        except OSError:
            pass  # some shares cannot; the lines are with the system, which outlives this process

    def close(self) -> None:
        """Close the file."""
        self.sync()
        os.close(self._descriptor)

    def _ends_whole(self) -> bool:
        size = os.fstat(self._descriptor).st_size
        if size == 0:
            return True
        os.lseek(self._descriptor, size - 1, os.SEEK_SET)  # of no matter to writing, which appends
        return os.read(self._descriptor, 1) == b"\n"

    def _write(self) -> None:
        try:
            while self._lines:
                line = self._lines[0]
                written = os.write(self._descriptor, line)
                if written < len(line):  # no room for all of it: end the torn line, then write it whole
                    self._lines.appendleft(b"\n")
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self._lines.popleft()
            self.problem = ""
        except OSError as error:
            self.problem = error.strerror or str(error)


class Inbox:
    """Requests to the run, read at most every twentieth of a second, at the price of one stat.

    `skip`: requests that were made of an earlier process of this run are not for this one.
    """

    def __init__(self, folder: RunFolder, *, skip: bool) -> None:
        self._folder = folder
        self._path = folder.requests_file
        self._reader = LogReader(self._path, requests=True)
        self._size = 0
        self._next_poll = 0.0
        if skip:
            self._size = self._file_size()
            self._reader.read(limit_bytes=self._size + 1)

    def read(self) -> list[AnyRunRequest]:
        """New requests; an empty list most of the time. Raises TrainingError when the run's folder has gone."""
        now = time.monotonic()
        if now < self._next_poll:
            return []
        self._next_poll = now + POLL_S
        self._require_folder()
        size = self._file_size()
        if size == self._size:
            return []
        self._size = size
        return list(self._reader.read())  # type: ignore[arg-type]  # a reader of requests gives requests

    def _require_folder(self) -> None:
        """A run whose folder was deleted or moved has nowhere to keep what it learns, and nobody who could stop it.

        Its log is looked for, as a checkpoint written meanwhile may have kept the folder itself from going.
        """
        try:
            self._folder.events_file.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise TrainingError(
                "The folder of the run was moved or deleted while it was training.",
                where=str(self._folder.path),
                hint="If it was moved, go on with the run from there: finished epochs are kept.",
            ) from None
        except OSError:
            pass  # a share that is away for a moment

    def _file_size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0


def logged_epochs(folder: RunFolder) -> set[tuple[int, int]]:
    """(epoch, step) of every epoch that stands in the log."""
    return {(event.epoch, event.step) for event in whole_log(folder, brief=True) if isinstance(event, EpochFinished)}


def whole_log(folder: RunFolder, *, brief: bool = False) -> list[AnyRunEvent]:
    """Every event of a run so far; `brief` leaves out what charts alone need, which is nearly all of a long run."""
    try:
        size = folder.events_file.stat().st_size
    except OSError:
        return []
    return folder.follow(brief=brief).read(limit_bytes=size + 1)
