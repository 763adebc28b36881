"""What the Evaluate tab shows: the scores of a run on a split."""

from PySide6.QtCore import QObject, Signal

from engine.errors import NetwrightError
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.evaluation import Evaluate, EvaluationFinished
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel


class EvaluationModel(QObject):
    """`state`: idle, working, done or failed (`error` says why). The last result stays until another one is there."""

    changed = Signal()
    """`state`, `result` or `error` changed."""
    progressed = Signal(object)
    """Progress."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project_model
        self._engine = engine
        self.state = "idle"
        self.result: EvaluationFinished | None = None
        self.error: NetwrightError | None = None
        self.progress: Progress | None = None
        self.asked: tuple[str, str] = ("best", "test")
        self._request = 0  # 0 while nothing is asked
        project_model.opened.connect(self._on_opened)

    def evaluate(self, run: str = "best", split: str = "test") -> None:
        """Score a run ("best", "last" or its number) on a split."""
        if self._project.directory is None:
            return
        self.cancel()
        self.asked = (run, split)
        self._set_state("working")
        self._request = self._engine.ask(
            Evaluate,
            done=self._on_finished,
            failed=self._on_failed,
            progress=self._on_progress,
            project_dir=str(self._project.directory),
            run=run,
            split=split,
        )

    def cancel(self) -> None:
        """Stop evaluating."""
        if self._request:
            request, self._request = self._request, 0
            self._engine.cancel(request)
            self._set_state("done" if self.result is not None else "idle")

    def _on_finished(self, event: EvaluationFinished) -> None:
        if event.request != self._request:
            return
        self._request = 0
        self.result = event
        self._set_state("done")

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        if was_cancelled(event):
            self._set_state("done" if self.result is not None else "idle")
            return
        self.error = as_error(event)
        self._set_state("failed")

    def _on_progress(self, event: Progress) -> None:
        if event.request == self._request:
            self.progress = event
            self.progressed.emit(event)

    def _on_opened(self) -> None:
        self.cancel()
        self.result = None
        self._set_state("idle")

    def _set_state(self, state: str) -> None:
        self.state = state
        self.progress = None
        if state != "failed":
            self.error = None
        self.changed.emit()
