"""How long work tells of itself and is stopped: `progress(fraction, message)` and `cancelled()`, both called often."""

import time
from collections.abc import Callable

from engine.errors import Cancelled

Progress = Callable[[float, str], None]
IsCancelled = Callable[[], bool]


def silent(fraction: float, message: str) -> None:
    """Tells nobody."""


def never() -> bool:
    """Is never stopped."""
    return False


class Pace:
    """Reports at most ten times a second, with the time left in the message, and stops work that was cancelled.

    A `total` of 0 is not known: the fraction is then -1.
    """

    def __init__(self, total: int, message: str, progress: Progress, cancelled: IsCancelled) -> None:
        self._total = total
        self._message = message
        self._progress = progress
        self._cancelled = cancelled
        self._start = time.monotonic()
        self._last = 0.0

    def at(self, done: int) -> None:
        """So many of the total are done. Raises Cancelled."""
        now = time.monotonic()
        if now - self._last < 0.1:
            return
        self._last = now
        if self._cancelled():
            raise Cancelled
        if not self._total:
            self._progress(-1.0, f"{self._message}: {done:,}")
            return
        elapsed = now - self._start
        left = ""
        if done and elapsed > 2:
            left = f", {_duration(elapsed / done * (self._total - done))} left"
        self._progress(min(1.0, done / self._total), f"{self._message}: {done:,} of {self._total:,}{left}")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
