"""Work that would keep the window waiting (files, mostly), done on one thread in order and answered on the window's."""

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from engine.errors import NetwrightError


@dataclass(eq=False, slots=True)
class _Job:
    future: "Future[Any]"
    done: Callable[[Any], None] | None
    failed: Callable[[Exception], None] | None
    answered: bool = False  # set by the window's thread once `done` or `failed` was called


class Background(QObject):
    """One worker thread, started when first needed.

    `work` runs there and must touch no QObject; `done` and `failed` are called on the thread that owns this object.
    Errors that are neither NetwrightError nor OSError are our own fault and go to sys.excepthook as well.
    """

    _finished = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._executor: ThreadPoolExecutor | None = None
        self._jobs: list[_Job] = []
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether something is still being done."""
        return bool(self._jobs)

    def run(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do `work` after what was asked before."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=self._name)
        job = _Job(self._executor.submit(work), done, failed)
        self._jobs.append(job)
        job.future.add_done_callback(lambda _future: self._announce(job))

    def wait(self) -> None:
        """Finish everything asked for and give the answers, now. For the end of a project or of the program."""
        while self._jobs:
            job = self._jobs[0]
            job.future.exception()
            self._answer(job)

    def close(self) -> None:
        """Finish everything and end the thread."""
        self.wait()
        if self._executor is not None:
            self._executor.shutdown(wait=True)
            self._executor = None

    def _announce(self, job: _Job) -> None:
        """On the worker's thread."""
        try:
            self._finished.emit(job)
        except RuntimeError:
            pass  # the QObject is gone because the window is: nobody is left to tell

    def _on_finished(self, job: _Job) -> None:
        self._answer(job)

    def _answer(self, job: _Job) -> None:
        if job.answered:
            return
        job.answered = True
        if job in self._jobs:
            self._jobs.remove(job)
        error = job.future.exception()
        if error is None:
            if job.done is not None:
                job.done(job.future.result())
            return
        if not isinstance(error, NetwrightError | OSError):
            sys.excepthook(type(error), error, error.__traceback__)
        if job.failed is not None and isinstance(error, Exception):
            job.failed(error)
