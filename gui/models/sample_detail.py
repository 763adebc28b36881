"""The sample looked at: what it is, and what preparation and augmentation make of it, live while they are edited."""

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine.document.data_spec import Field
from engine.document.edits import Change
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.data import FieldDetail, GetDetail, SampleDetail
from gui.models.data import DataModel
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel

ASK_AFTER_MS: Final = 60
VARIANTS: Final = 4
SIZE: Final = 320
MOST_FIELDS: Final = 60


class DetailModel(QObject):
    """At most one question is under way; the latest wish is asked next, so that dragging a value never piles up.

    `sample` is -1 while none is looked at. `detail` may be of an earlier wish while `waiting`.
    """

    changed = Signal()
    """`sample`, `detail`, `problem` or `waiting` changed."""

    def __init__(
        self, project_model: ProjectModel, data: DataModel, engine: Engine, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project, self._data, self._engine = project_model, data, engine
        self.sample = -1
        self.seed = 0
        self.detail: SampleDetail | None = None
        self.problem = ""
        self.watched = True
        """Whether anybody sees it; nothing is asked for otherwise."""
        self._request = 0
        self._again = False  # something changed while a question was under way
        self._generation = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ASK_AFTER_MS)
        self._timer.timeout.connect(self._ask)
        project_model.opened.connect(self._on_opened)
        project_model.changed.connect(self._on_project_changed)
        data.changed.connect(self._on_data_changed)

    @property
    def waiting(self) -> bool:
        """Whether an answer is on its way."""
        return bool(self._request) or self._timer.isActive()

    def look_at(self, sample: int) -> None:
        """Show a sample; -1 for none."""
        if sample == self.sample:
            return
        self.sample = sample
        self.problem = ""
        if sample < 0:
            self.detail = None
        self._ask_soon()
        self.changed.emit()

    def set_watched(self, watched: bool) -> None:
        """Ask for what was not asked while nobody looked."""
        if watched != self.watched:
            self.watched = watched
            if watched:
                self._ask_soon()

    def another_variant(self) -> None:
        """Draw the augmentation anew."""
        self.seed += 1
        self._ask_soon()

    def field(self, name: str) -> FieldDetail | None:
        """What is known of a field of the sample."""
        if self.detail is None:
            return None
        return next((field for field in self.detail.fields if field.name == name), None)

    def _fields(self) -> list[Field]:
        return list(self._project.project.data.fields[:MOST_FIELDS])

    def _ask_soon(self) -> None:
        if self.sample >= 0 and self.watched and self._data.state in ("ready", "describing"):
            self._timer.start()

    def _ask(self) -> None:
        if self._request:
            self._again = True
            return
        if self.sample < 0 or self._data.state not in ("ready", "describing") or self._project.directory is None:
            return
        generation = self._generation
        self._request = self._engine.ask(
            GetDetail,
            done=lambda event: self._on_detail(event, generation),
            failed=lambda event: self._on_failed(event, generation),
            project_dir=str(self._project.directory),
            index=self.sample,
            fields=self._fields(),
            variants=VARIANTS,
            seed=self.seed,
            size=SIZE,
        )

    def _on_detail(self, event: SampleDetail, generation: int) -> None:
        if generation != self._generation:
            return
        self._request = 0
        if event.index == self.sample:
            self.detail, self.problem = event, ""
        self._go_on()

    def _on_failed(self, event: RequestFailed, generation: int) -> None:
        if generation != self._generation:
            return
        self._request = 0
        if not was_cancelled(event):
            error = as_error(event)
            self.problem = f"{error.message} {error.hint}".strip()
        self._go_on()

    def _go_on(self) -> None:
        if self._again:
            self._again = False
            self._ask()
        self.changed.emit()

    def _on_project_changed(self, change: Change) -> None:
        if change.data:
            self._ask_soon()

    def _on_data_changed(self) -> None:
        description = self._data.description
        if description is None or self.sample >= description.samples:
            self._forget()
        elif self.detail is None or self._data.state == "ready":
            self._ask_soon()

    def _on_opened(self) -> None:
        self.seed = 0
        self._forget()

    def _forget(self) -> None:
        self._generation += 1
        self._request, self._again = 0, False
        self._timer.stop()
        if self.sample >= 0 or self.detail is not None:
            self.sample, self.detail, self.problem = -1, None, ""
            self.changed.emit()
