"""Which samples are shown, and in which order: what the engine must look up, asked for when the user wants it."""

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import FieldValue, FindSamples, SamplesFound, ValueRange
from gui.models.data import DataModel
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What only the engine can find. `sort`: "" as read, "name", "size", or a field."""

    text: str = ""
    values: tuple[FieldValue, ...] = ()
    ranges: tuple[ValueRange, ...] = ()
    sort: str = ""
    descending: bool = False


class SearchModel(QObject):
    """`found` holds the numbers of the samples that fit `wanted`, in order; None where everything fits, as read."""

    changed = Signal()
    """`found`, `searching` or `problem` changed."""

    def __init__(
        self, project_model: ProjectModel, data: DataModel, engine: Engine, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._data, self._engine = project_model, data, engine
        self.wanted = Wanted()
        self.found: NDArray[np.int32] | None = None
        self.problem = ""
        self._request = 0
        project_model.opened.connect(lambda: self.want(Wanted()))
        data.changed.connect(self._on_data_changed)
        self._samples = -1

    @property
    def searching(self) -> bool:
        """Whether the engine is looking."""
        return bool(self._request)

    def want(self, wanted: Wanted) -> None:
        """Look for other samples; what is shown stays until the answer is here."""
        if wanted == self.wanted:
            return
        self.wanted = wanted
        self._ask()

    def _ask(self) -> None:
        if self._request:
            request, self._request = self._request, 0
            self._engine.cancel(request)
        self.problem = ""
        if self.wanted == Wanted() or self._project.directory is None:
            self.found = None
            self.changed.emit()
            return
        wanted = self.wanted
        self._request = self._engine.ask(
            FindSamples,
            done=self._on_found,
            failed=self._on_failed,
            project_dir=str(self._project.directory),
            text=wanted.text,
            values=list(wanted.values),
            ranges=list(wanted.ranges),
            sort=wanted.sort,
            descending=wanted.descending,
        )
        self.changed.emit()

    def _on_found(self, event: SamplesFound) -> None:
        if event.request != self._request:
            return
        import numpy as np  # with the first data, not before the window shows

        self._request = 0
        self.found = np.frombuffer(event.indices, "<i4")
        self.changed.emit()

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        if not was_cancelled(event):
            error = as_error(event)
            self.problem = f"{error.message} {error.hint}".strip()
        self.changed.emit()

    def _on_data_changed(self) -> None:
        """Other data: the numbers found before mean other samples."""
        description = self._data.description
        samples = description.samples if description is not None else -1
        if samples != self._samples:
            self._samples = samples
            if self.wanted != Wanted():
                self._ask()
