"""A question to the engine about the project on disk, of which only the latest counts."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.errors import NetwrightError
from engine.protocol.messages.base import Event, Progress, Request, RequestFailed
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel


class Question(QObject):
    """`state` is idle, working, done or failed (`error` says why). The last answer stays until another is there."""

    changed = Signal()
    """`state`, `answer` or `error` is another one."""
    progressed = Signal(object)
    """Progress."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project_model
        self._engine = engine
        self._request = 0  # 0 while nothing is asked
        self._asked: tuple[type[Request], dict[str, Any]] | None = None
        self.state = "idle"
        self.answer: Event | None = None
        self.error: NetwrightError | None = None
        project_model.opened.connect(self._on_opened)

    def ask(self, request: type[Request], **fields: Any) -> None:
        """Ask; the same question is not asked twice. What was asked before is given up."""
        if self._project.directory is None:
            return
        if self._asked == (request, fields) and self.state in ("working", "done"):
            return
        self._give_up()
        self._asked = (request, fields)
        self._request = self._engine.ask(
            request,
            done=self._on_done,
            failed=self._on_failed,
            progress=self._on_progress,
            project_dir=str(self._project.directory),
            **fields,
        )
        self._set("working")

    def cancel(self) -> None:
        """Give up what was asked."""
        if self._request:
            self._give_up()
            self._asked = None
            self._set("done" if self.answer is not None else "idle")

    def forget(self) -> None:
        """Let go of the answer, without a word: the same question is then asked anew."""
        self._asked, self.answer = None, None

    def ask_again(self) -> None:
        """Ask what was asked last once more."""
        if self._asked is not None:
            (request, fields), self._asked = self._asked, None
            self.ask(request, **fields)

    def _give_up(self) -> None:
        if self._request:
            request, self._request = self._request, 0
            self._engine.cancel(request)

    def _on_done(self, event: Event) -> None:
        if event.request == self._request:
            self._request = 0
            self.answer = event
            self._set("done")

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return  # given up
        self._request = 0
        if was_cancelled(event):
            self._asked = None
            self._set("done" if self.answer is not None else "idle")
            return
        self._set("failed", as_error(event))

    def _on_progress(self, event: Progress) -> None:
        if event.request == self._request:
            self.progressed.emit(event)

    def _on_opened(self) -> None:
        self._give_up()
        self._asked, self.answer = None, None
        self._set("idle")

    def _set(self, state: str, error: NetwrightError | None = None) -> None:
        self.state, self.error = state, error
        self.changed.emit()
