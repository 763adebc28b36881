"""Samples of the data as inputs for Try it: those of the test split first, which the network has never seen."""

import random
from typing import Final

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.sample_input import InputRead, ReadInput, ReadSample, SampleRead
from gui.models.data import DataModel
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel

_TEST: Final = 2


class SampleInputs(QObject):
    """`sample` is the one that was read last. Asking for another drops the one under way."""

    read = Signal(object)
    """A SampleRead."""
    failed = Signal(str)
    """Why it cannot be read."""
    file_read = Signal(object)
    """An InputRead: how a file that was given looks."""

    def __init__(
        self, project_model: ProjectModel, data: DataModel, engine: Engine, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._data, self._engine = project_model, data, engine
        self.sample: SampleRead | None = None
        self._request = 0
        self._next = -1
        project_model.opened.connect(self.forget)

    def reason_not_to_take(self) -> str:
        """Why there are no samples; "" when there are."""
        if self._data.state != "ready":
            return "The data is not read yet."
        return "" if len(self.choices()) else "The data has no samples."

    def choices(self) -> npt.NDArray[np.int64]:
        """The numbers of the samples to choose from, in their order: the test split, or all where it is empty."""
        splits = self._data.splits
        if splits is None or not len(splits):
            return np.zeros(0, np.int64)
        unseen = np.flatnonzero(splits == _TEST)
        return unseen if len(unseen) else np.arange(len(splits))

    def take(self, index: int) -> None:
        """Read one; while another is under way the latest wish waits."""
        if self._request:
            self._next = index
            return
        if self._project.directory is None:
            return
        self._request = self._engine.ask(
            ReadSample,
            done=self._on_read,
            failed=self._on_failed,
            project_dir=str(self._project.directory),
            index=index,
        )

    def read_file(self, field: str, path: str) -> None:
        """Ask how a file looks; one that cannot be read says so in the answer to it, not here."""
        if self._project.directory is None:
            return
        self._engine.ask(
            ReadInput,
            done=self._on_file_read,
            failed=lambda _event: None,
            project_dir=str(self._project.directory),
            field=field,
            path=path,
        )

    def take_any(self, *, first: bool = False) -> None:
        """Read the first one, or any."""
        choices = self.choices()
        if len(choices):
            self.take(int(choices[0] if first else random.choice(choices)))

    def forget(self) -> None:
        """Want nothing any more."""
        self._request, self._next = 0, -1
        self.sample = None

    def drop(self) -> None:
        """Take back a wish that has not been answered."""
        self._request, self._next = 0, -1

    @property
    def waiting(self) -> bool:
        """Whether one is on its way."""
        return bool(self._request)

    def _on_file_read(self, event: InputRead) -> None:
        self.file_read.emit(event)

    def _on_read(self, event: SampleRead) -> None:
        if event.request != self._request:
            return
        self._request = 0
        if self._next >= 0:
            index, self._next = self._next, -1
            self.take(index)
            return
        self.sample = event
        self.read.emit(event)

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return
        self._request, self._next = 0, -1
        if not was_cancelled(event):
            error = as_error(event)
            self.failed.emit(f"{error.message} {error.hint}".strip())
