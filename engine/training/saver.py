"""Writes checkpoints from a thread of its own, so that training never waits for a disk that is quick enough."""

import threading
import time
from typing import Final

from torch import Tensor

from engine.protocol.run_events import EpochFinished
from engine.protocol.run_folder import RunFolder
from engine.training import checkpoint
from engine.training.run_log import RunLog
from engine.training.run_state import Kind, RunState

REST_S: Final = 0.25
RETRY_S: Final = 2.0


class Snapshot:
    """A state of the run that nobody changes any more: what a checkpoint is made of."""

    def __init__(self, state: RunState, weights: dict[str, Tensor], tensors: dict[str, Tensor]) -> None:
        self.state = state
        self.weights = weights
        self.tensors = tensors


class Saver:
    """Saves the newest snapshot it was given, and the newest best one, at most four times a second.

    An epoch's event goes into the log once a checkpoint of that epoch or of a later one is on the disk, so that what
    the log calls finished is never lost. Where epochs end faster than the disk takes them, several share one
    checkpoint. When the disk is full the thread tries again every two seconds; `problem` says so, and the loop waits.
    """

    def __init__(self, folder: RunFolder, log: RunLog) -> None:
        self._folder = folder
        self._log = log
        self._changed = threading.Condition()
        self._last: Snapshot | None = None
        self._best: Snapshot | None = None
        self._events: list[EpochFinished] = []
        self._busy = False
        self._urgent = False
        self._closing = False
        self._fault: BaseException | None = None
        self.problem = ""
        """Why the last attempt failed, in the system's words; set and cleared by the thread, read by the loop."""
        self._thread = threading.Thread(target=self._work, name="checkpoints", daemon=True)
        self._thread.start()

    def save(self, snapshot: Snapshot, event: EpochFinished | None = None, *, best: bool = False) -> None:
        """Take a snapshot over; returns at once. Raises what went wrong in the thread, other than a full disk."""
        with self._changed:
            self._raise_fault()
            self._last = snapshot
            if best:
                self._best = snapshot
            if event is not None:
                self._events.append(event)
            self._changed.notify_all()

    def save_best(self, snapshot: Snapshot) -> None:
        """Take over a snapshot that is the best so far but from which nobody goes on."""
        with self._changed:
            self._raise_fault()
            self._best = snapshot
            self._changed.notify_all()

    def unlogged(self) -> list[EpochFinished]:
        """Events that wait for their checkpoint."""
        with self._changed:
            return list(self._events)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was given is on the disk; whether it is."""
        with self._changed:
            self._urgent = True
            self._changed.notify_all()
            done = self._changed.wait_for(self._idle, timeout_s)
            self._urgent = False
            self._raise_fault()
            return done

    def close(self) -> None:
        """Save what is left, if the disk takes it, and end the thread. Never raises."""
        with self._changed:
            if not self.problem:
                self._urgent = True
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._idle() or bool(self.problem), timeout=60)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=60)

    def _idle(self) -> bool:
        return self._fault is not None or not (self._last or self._best or self._events or self._busy)

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _work(self) -> None:
        ended = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._last or self._best)
                if self._closing:
                    return
                rest = ended + REST_S - time.monotonic()
                self._changed.wait_for(lambda: self._closing or self._urgent, max(0.0, rest))
                last, best, events = self._last, self._best, self._events
                self._last, self._best, self._events = None, None, []
                self._busy = True
            try:
                self._write(last, best, events)
            except BaseException as error:  # noqa: BLE001  the loop raises it at its next call
                self._fault = error
            with self._changed:
                ended = time.monotonic()
                self._busy = False
                self._changed.notify_all()
            if self._fault is not None:
                return

    def _write(self, last: Snapshot | None, best: Snapshot | None, events: list[EpochFinished]) -> None:
        if last is not None:
            last.state.unlogged = events
            self._persist("last", last)
        if best is not None:
            self._persist("best", best)
        for event in events:
            self._log.append(event)
        self._log.sync()

    def _persist(self, kind: Kind, snapshot: Snapshot) -> None:
        while True:
            try:
                tensors = snapshot.tensors if kind == "last" else None
                checkpoint.write(self._folder.checkpoints, kind, snapshot.state, snapshot.weights, tensors)
                self.problem = ""
                return
            except OSError as error:
                problem = error.strerror or str(error)
            with self._changed:
                self.problem = problem
                self._changed.notify_all()  # whoever waits for the disk is told that it takes nothing
                if self._changed.wait_for(lambda: self._closing, RETRY_S):
                    return
