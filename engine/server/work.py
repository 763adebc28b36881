"""What a handler is given besides its request: progress, the wish to stop, and what is kept open between requests."""

import re
import threading
import time
from collections.abc import Callable

import msgspec

from engine.errors import Cancelled
from engine.protocol.messages import AnyEvent
from engine.protocol.messages.base import Progress
from engine.server.datasets import OpenDatasets
from engine.server.run_processes import RunProcesses

_EVERY_S = 0.1
_DUE_S = 0.05
_STAGE = re.compile(r"[^:\d]*")
"""What a message says of the kind of work: what stands before the first number or colon."""


class Work:
    """One request being worked on, in a worker thread."""

    def __init__(
        self, request: int, send: Callable[[AnyEvent], None], datasets: OpenDatasets, runs: RunProcesses
    ) -> None:
        self.request = request
        self.datasets = datasets
        self.runs = runs
        self._send = send
        self._stop = threading.Event()
        self._started = time.monotonic()
        self._reported = 0.0
        self._said = ""
        self._due = 0.0

    def cancel(self) -> None:
        """Wish it to stop; called by the reading thread."""
        self._stop.set()

    def cancelled(self) -> bool:
        """Whether it should stop; handed to long work as it is."""
        return self._stop.is_set()

    def is_due(self) -> bool:
        """Whether a twentieth of a second has gone since this said so last, for those who tell of much."""
        now = time.monotonic()
        if now - self._due < _DUE_S:
            return False
        self._due = now
        return True

    def tell(self, event: Progress) -> None:
        """Send progress that says more than how far the work is, at once. Raises Cancelled when asked to stop."""
        if self._stop.is_set():
            raise Cancelled
        self._send(msgspec.structs.replace(event, request=self.request))

    def progress(self, fraction: float, message: str = "") -> None:
        """Report, ten times a second at most, a new kind of work at once. Raises Cancelled when asked to stop."""
        if self._stop.is_set():
            raise Cancelled
        now = time.monotonic()
        stage = _STAGE.match(message)[0]  # type: ignore[index]
        if now - self._reported < _EVERY_S and stage == self._said:
            return
        self._reported, self._said = now, stage
        elapsed = now - self._started
        left = elapsed / fraction * (1 - fraction) if fraction > 0.02 and elapsed > 1 else None
        self._send(Progress(request=self.request, fraction=fraction, message=message, left_s=left))
