"""One process per run: a lock that the system lets go of when the process ends, however it ends."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engine.errors import TrainingError

BRIEFLY_S: Final = 10.0


@contextmanager
def briefly(path: Path, *, within_s: float = BRIEFLY_S) -> Iterator[None]:
    """Hold the lock at a file, for as long as it takes to change another one; others wait meanwhile.

    Raises TrainingError when somebody holds it for longer than that takes.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        give_up = time.monotonic() + within_s
        while True:
            try:
                _lock(descriptor)
                break
            except OSError:
                if time.monotonic() > give_up:
                    raise TrainingError(
                        "Another program holds the queue of this project.", where=str(path), hint="Try again."
                    ) from None
                time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


class Ownership:
    """Held from construction to the end of the process. Raises TrainingError when another process has the run."""

    def __init__(self, run_dir: Path) -> None:
        self._descriptor = os.open(run_dir / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(self._descriptor)
        except OSError:
            os.close(self._descriptor)
            raise TrainingError(
                f"Run {int(run_dir.name) if run_dir.name.isdigit() else run_dir.name} is being trained already.",
                where=str(run_dir),
                hint="Stop it first.",
            ) from None

    def give_back(self) -> None:
        """Let another process have the run."""
        os.close(self._descriptor)


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
