"""The checks of the data that take longer, made when a person asks, and what mends what they find."""

import msgspec
from PySide6.QtCore import QObject, Signal

from engine.document.edits import Batch, Change, Edit, SetClassWeights
from engine.errors import NetwrightError
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.data import CheckData, DataCheck, DataChecked, Remedy
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel


class DataChecksModel(QObject):
    """`state`: idle, waiting (for the project to be saved), checking, done or failed (`error` says why).

    Findings stay until the data changes: their samples are known by number.
    """

    changed = Signal()
    """`state`, `found` or `error` changed."""
    progressed = Signal(object)
    """Progress of the checks."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._engine = project_model, engine
        self.state = "idle"
        self.found: list[DataCheck] = []
        self.made: list[str] = []
        """Kinds of the checks that were made: labels are looked at once there is a trained network."""
        self.error: NetwrightError | None = None
        self._kinds: list[str] = []
        self._request = 0
        project_model.opened.connect(self._on_opened)
        project_model.changed.connect(self._on_changed)
        project_model.saved.connect(self._on_saved)

    def check(self, kinds: list[str] | None = None) -> None:
        """Make the checks of these kinds, all that can be made by default, on the project as it is now."""
        if self._project.directory is None or not self._project.project.data.sources:
            return
        self._drop()
        self._kinds = kinds or []
        self.found, self.made = [], []
        self._set("waiting")
        self._project.save()  # the engine reads the project as saved; `saved` follows

    def cancel(self) -> None:
        """Stop; what was found before stays away."""
        if self.state in ("waiting", "checking"):
            self._drop()
            self._set("idle")

    def mend(self, remedy: Remedy) -> bool:
        """Do what a remedy says, as one step of the history; False (and `refused`) when it makes no sense any more."""
        edits = tuple(msgspec.convert(edit, Edit) for edit in remedy.edits)
        return bool(edits) and self._project.do(Batch(title=remedy.title, edits=edits))

    def is_done(self, remedy: Remedy) -> bool:
        """Whether what a remedy does is so already, as with class weights that are on."""
        weights = self._project.project.recipe.class_weights
        return bool(remedy.edits) and all(
            edit.get("edit") == SetClassWeights.__name__ and edit.get("on") == weights for edit in remedy.edits
        )

    def _on_saved(self) -> None:
        if self.state != "waiting" or self._project.dirty:
            return
        self._set("checking")
        self._request = self._engine.ask(
            CheckData,
            done=self._on_checked,
            failed=self._on_failed,
            progress=self._on_progress,
            project_dir=str(self._project.directory),
            kinds=self._kinds,
        )

    def _on_checked(self, event: DataChecked) -> None:
        if event.request == self._request:
            self._request = 0
            self.found, self.made = event.checks, event.kinds
            self._set("done")

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request == self._request:
            self._request = 0
            if was_cancelled(event):
                self._set("idle")
            else:
                self._set("failed", as_error(event))

    def _on_progress(self, event: Progress) -> None:
        if event.request == self._request:
            self.progressed.emit(event)

    def _on_opened(self) -> None:
        self._drop()
        self.found, self.made = [], []
        self._set("idle")

    def _on_changed(self, change: Change) -> None:
        if (change.data or change.samples) and self.state in ("done", "failed", "checking"):
            self._drop()
            self.found, self.made = [], []
            self._set("idle")

    def _drop(self) -> None:
        if self._request:
            request, self._request = self._request, 0
            self._engine.cancel(request)

    def _set(self, state: str, error: NetwrightError | None = None) -> None:
        self.state, self.error = state, error
        self.changed.emit()
