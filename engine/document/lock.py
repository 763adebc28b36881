"""One writer per project: a file that names the process that has it open, so that a second opener is read-only."""

import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ProjectError


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who has the project open, since when (seconds since 1970), and when that process started, as pids are reused."""

    pid: int
    host: str
    since: float
    started: float

    def sentence(self) -> str:
        """For the strip above a read-only project."""
        when = time.strftime("%H:%M", time.localtime(self.since))
        place = "another Netwright window" if self.host == socket.gethostname() else f"Netwright on {self.host[:60]}"
        return f"Open in {place} since {when}; here it can only be looked at."


class ProjectLock:
    """Held by one process per project folder. A lock left by a dead process is taken over silently."""

    def __init__(self, project_dir: Path) -> None:
        self.path = project_dir / ".netwright" / "lock"
        self.held = False
        self.holder: Holder | None = None
        """Who holds it, when it is not us; None also when the folder cannot be written."""

    def acquire(self) -> bool:
        """Whether the project is ours to write. False: `holder` says whose it is, or the folder is read-only."""
        self.holder = None
        for _ in range(3):
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            except FileExistsError:
                holder = _read(self.path)
                if holder is not None and _lives(holder):
                    self.holder = holder
                    return False
                self._take_away()
                continue
            except OSError:
                return False
            try:
                os.write(descriptor, json.dumps(_ourselves()).encode())
            finally:
                os.close(descriptor)
            self.held = True
            return True
        return False

    def _take_away(self) -> None:
        """Remove a dead lock under a name of our own, so that of two who see it dead only one removes a given file."""
        aside = self.path.with_name(f"lock.{os.getpid()}.old")
        try:
            self.path.replace(aside)
            aside.unlink()
        except OSError:
            pass  # the other one was quicker

    def release(self) -> None:
        """Give it back; nothing happens when it is not held."""
        if self.held:
            self.held = False
            try:
                self.path.unlink()
            except OSError:
                pass  # the folder is gone; a lock of a dead process binds nobody

    def require(self) -> None:
        """Acquire it or raise ProjectError saying who has it."""
        if not self.acquire():
            reason = self.holder.sentence() if self.holder else "The folder cannot be written."
            raise ProjectError(reason, where=str(self.path.parent.parent), hint="Close it there, or save a copy.")


def _ourselves() -> dict[str, object]:
    import psutil

    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": time.time(),
        "started": psutil.Process().create_time(),
    }


def _read(path: Path) -> Holder | None:
    """The holder; None when the file is torn or gone. A torn one that is young is still being written: held."""
    try:
        with path.open("rb") as file:
            raw = file.read(10_000)
            age_s = time.time() - os.fstat(file.fileno()).st_mtime
        value = json.loads(raw)
        return Holder(
            pid=int(value["pid"]),
            host=str(value["host"]),
            since=float(value["since"]),
            started=float(value["started"]),
        )
    except OSError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        if 0 <= age_s < 2:
            return Holder(pid=0, host=socket.gethostname(), since=time.time(), started=0.0)
        return None


def _lives(holder: Holder) -> bool:
    import psutil

    if holder.host != socket.gethostname() or holder.pid == 0:
        return True  # cannot be known from here; the user can remove the lock file
    try:
        return bool(abs(psutil.Process(holder.pid).create_time() - holder.started) < 2)
    except psutil.AccessDenied:
        return True
    except (psutil.Error, ValueError, OverflowError):
        return False
