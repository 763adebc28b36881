"""The queue of a project: the runs that wait, in runs/queue.json. The window reads it, the engine writes it."""

from pathlib import Path
from typing import Final

import msgspec

QUEUE_FILE: Final = "queue.json"


class QueuedRun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run that waits. `device` is what was asked for ("" for the recipe's): one, or several of which it takes one."""

    run: int
    device: str = ""
    resume: bool = False
    go_on: bool = False
    pictures: bool = True


class RunQueue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Runs in the order in which they begin. `held` starts no further ones; `at_once` is how many share a device.

    `begun` are those that were started and the device each was given, as far as they may still be training.
    """

    waiting: tuple[QueuedRun, ...] = ()
    begun: tuple[QueuedRun, ...] = ()
    held: bool = False
    at_once: int = 1

    @property
    def runs(self) -> list[int]:
        """Their numbers."""
        return [item.run for item in self.waiting]


def queue_file(project_dir: Path) -> Path:
    """Where the queue of a project lies."""
    return project_dir / "runs" / QUEUE_FILE


def read_queue(project_dir: Path) -> RunQueue:
    """The queue as it stands; empty when there is none, or none that can be read (it is always replaced as a whole)."""
    try:
        return msgspec.json.decode(queue_file(project_dir).read_bytes(), type=RunQueue)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return RunQueue()
