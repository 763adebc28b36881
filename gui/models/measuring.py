"""Keeps what was measured of the data (classes, spread, vocabulary) in step with the project.

Measured values follow from the data, the preparation, the labels and the split. They are journaled and saved with the
project but are no step of its history: taking back the step they followed from measures anew.
"""

from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.document.data_spec import DataSpec
from engine.document.edits import Batch, Change, Edit
from engine.errors import NetwrightError
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import DataRefreshed, RefreshData
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel


class MeasuringModel(QObject):
    """Asks the engine once the project is saved, and takes in the answer if it still fits the project."""

    changed = Signal()
    """`busy` or `error` changed."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._engine = project_model, engine
        self.busy = False
        """Whether the engine is measuring."""
        self.error: NetwrightError | None = None
        """Why it could not be measured; the description of the data tells the user the same."""
        self._request = 0
        self._asked: object = None  # what the data was when it was asked for
        self._measured: object = None  # what the data was when it was measured
        project_model.opened.connect(self._on_opened)
        project_model.changed.connect(self._on_changed)
        project_model.saved.connect(self._on_saved)
        engine.state_changed.connect(self._on_engine_changed)
        self._on_opened()

    @property
    def stale(self) -> bool:
        """Whether what was measured is of other data, labels, preparation or split than the project has now."""
        data = self._project.project.data
        return bool(data.sources) and _depends(data) != self._measured

    def _on_opened(self) -> None:
        self._drop()
        # What is saved was measured; recovered edits were not saved yet, and are measured with them.
        self._measured = None if self._project.recovered_edits else _depends(self._project.project.data)

    def _on_changed(self, change: Change) -> None:
        if self._request and (change.data or change.samples) and _depends(self._project.project.data) != self._asked:
            self._drop()

    def _on_saved(self) -> None:
        if self.stale and not self._request and not self._project.dirty and not self._project.read_only:
            self._ask()

    def _ask(self) -> None:
        self._asked = _depends(self._project.project.data)
        self._request = self._engine.ask(
            RefreshData, done=self._on_measured, failed=self._on_failed, project_dir=str(self._project.directory)
        )
        self._set(busy=True)

    def _on_measured(self, event: DataRefreshed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        self._measured = self._asked
        edits = tuple(msgspec.convert(edit, Edit) for edit in event.edits)
        if edits:
            self._project.take(edits[0] if len(edits) == 1 else Batch(title="Measure the data", edits=edits))
        self._set(busy=False)

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        error = as_error(event)
        if not was_cancelled(event) and error.kind != "engine":
            self._measured = self._asked  # asked again when something has changed, not over and over
        self._set(busy=False, error=None if was_cancelled(event) else error)

    def _on_engine_changed(self, state: str) -> None:
        if state == "ready" and self.error is not None and self.error.kind == "engine":
            self._on_saved()

    def _drop(self) -> None:
        if self._request:
            request, self._request = self._request, 0
            self._engine.cancel(request)
        self._set(busy=False)

    def _set(self, *, busy: bool, error: NetwrightError | None = None) -> None:
        if (busy, error) != (self.busy, self.error):
            self.busy, self.error = busy, error
            self.changed.emit()


def _depends(data: DataSpec) -> Any:
    """The part of a data spec that measured values follow from: all but themselves and augmentation."""
    fields = tuple(
        (field.name, field.kind, field.role, tuple(sorted(field.options.items(), key=str)), field.preparation)
        for field in data.fields
    )
    return data.sources, data.split, data.labelling, data.excluded, fields
