"""A question to the engine about the project as it is on disk: it is saved first, then asked."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.errors import NetwrightError
from engine.protocol.messages.base import Event, Progress, Request, RequestFailed
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel


class SavedQuestion(QObject):
    """One question at a time. `state` is idle, working, done or failed."""

    changed = Signal()
    """`state`, `progress`, `answer` or `error` is another one."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project_model
        self._engine = engine
        self._waiting: tuple[type[Request], dict[str, Any]] | None = None  # for the save; cleared when sent or failed
        self._request: int | None = None
        self.state = "idle"
        self.progress: Progress | None = None
        self.answer: Event | None = None
        self.error: NetwrightError | None = None
        project_model.saved.connect(self._on_saved)
        project_model.save_failed.connect(self._on_save_failed)
        project_model.opened.connect(self.cancel)

    def reason_not_to_ask(self) -> str:
        """Why nothing can be asked now; empty when it can."""
        if self._project.directory is None:
            return "Open a project first."
        if self._project.read_only:
            return "This project is open for reading only."
        if self._engine.state == "dead":
            return self._engine.reason or "The engine is not running."
        return ""

    def ask(self, request: type[Request], **fields: Any) -> None:
        """Save, then ask; what was asked before is given up."""
        self.cancel()
        self.state, self.progress, self.answer, self.error = "working", None, None, None
        self._waiting = (request, fields)
        self.changed.emit()
        self._project.save()

    def cancel(self) -> None:
        """Give up what was asked."""
        if self._request is not None:
            self._engine.cancel(self._request)
        self._request, self._waiting = None, None
        if self.state == "working":
            self.state = "idle"
            self.changed.emit()

    def _on_saved(self) -> None:
        if self._waiting is None or self._project.directory is None or self._project.dirty:
            return
        (request, fields), self._waiting = self._waiting, None
        self._request = self._engine.ask(
            request,
            done=self._on_done,
            failed=self._on_failed,
            progress=self._on_progress,
            project_dir=str(self._project.directory),
            **fields,
        )

    def _on_save_failed(self, error: NetwrightError) -> None:
        if self._waiting is not None:
            self._waiting = None
            self._end("failed", error=error)

    def _on_done(self, event: Event) -> None:
        if event.request == self._request:
            self._end("done", answer=event)

    def _on_progress(self, event: Progress) -> None:
        if event.request == self._request:
            self.progress = event
            self.changed.emit()

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return  # given up
        if was_cancelled(event):
            self._end("idle")
        else:
            self._end("failed", error=as_error(event))

    def _end(self, state: str, *, answer: Event | None = None, error: NetwrightError | None = None) -> None:
        self._request = None
        self.state, self.answer, self.error = state, answer, error
        self.changed.emit()
