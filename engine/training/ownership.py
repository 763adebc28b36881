"""One process per run: a lock that the system lets go of when the process ends, however it ends."""

import os
import sys
from pathlib import Path

from engine.errors import TrainingError


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
