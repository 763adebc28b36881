"""One queue for everything that draws charts: a few milliseconds at a turn of the event loop, whoever wants them.

Twenty curves of a million points take longer to draw than a frame may last. So drawing is written as generators that
yield after each small piece, and this runs them in slices; a click or a key never waits for more than one slice.
"""

from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Final

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

SLICE_S: Final = 0.004

Work = Iterator[None]


class Turns(QObject):
    """GUI thread only. Work that was begun goes on until it ends, fails or is dropped."""

    def __init__(self) -> None:
        super().__init__()
        self._jobs: deque[tuple[QObject, Work, Callable[[], None]]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_turn)

    def add(self, owner: QObject, work: Work, done: Callable[[], None]) -> None:
        """Run `work` in slices, then call `done`; it ends with its owner."""
        self._jobs.append((owner, work, done))
        if not self._timer.isActive():
            self._timer.start()

    def drop(self, work: Work | None) -> None:
        """Forget work; None and work that is over are passed over."""
        for job in self._jobs:
            if job[1] is work:
                self._jobs.remove(job)
                return

    def _on_turn(self) -> None:
        until = perf_counter() + SLICE_S
        while self._jobs:
            owner, work, done = self._jobs[0]
            if not isValid(owner):
                self._jobs.popleft()
                continue
            try:
                next(work)
            except StopIteration:
                self._jobs.popleft()
                done()
            except BaseException:
                self._jobs.popleft()  # it would fail again; the error goes its way to the reporter
                raise
            if perf_counter() >= until:
                break
        if self._jobs:
            self._jobs.rotate(-1)
        else:
            self._timer.stop()


_turns: Turns | None = None


def turns() -> Turns:
    """The one queue."""
    global _turns
    if _turns is None:
        _turns = Turns()
    return _turns
