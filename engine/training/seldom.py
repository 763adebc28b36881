"""When to look at something that costs time and room in the log: rarely, and the rarer the longer a run lasts."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from engine.protocol.run_events import RunEvent

RARER_EVERY_BYTES: Final = 128 << 10
MOST_BYTES: Final = 2 << 20


class Seldom:
    """Every `every_s` seconds, and so rarely that looking takes at most `share` of the time.

    The time between doubles with each 128 kB that were told, and after 2 MB nothing more is; so does the time that a
    run's log takes to read.
    """

    def __init__(self, every_s: float, share: float, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._every_s = every_s
        self._share = share
        self._clock = clock
        self._due = 0.0
        self._bytes = 0
        self._last_look = False  # set by look_once_more; what follows is the end of the run

    @property
    def due(self) -> bool:
        """Whether it is time to look."""
        return self._last_look or (self._clock() >= self._due and self._bytes < MOST_BYTES)

    def look_once_more(self) -> None:
        """The run ends: a last look is due whatever the ones before it took."""
        self._last_look = True

    @contextmanager
    def looking(self) -> Iterator[None]:
        """What happens within is a look, whose time is counted."""
        began = self._clock()
        try:
            yield
        finally:
            self.spent(self._clock() - began)

    def spent(self, seconds: float) -> None:
        """A look is over that took so long."""
        every = self._every_s * 2 ** (self._bytes // RARER_EVERY_BYTES)
        self._due = self._clock() + max(every, seconds / self._share)

    def told(self, event: RunEvent) -> None:
        """Count what went into the log."""
        self._bytes += len(msgspec.json.encode(event))
