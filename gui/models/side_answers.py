"""Answers asked for beside the one that is shown: a curve of them, or a page of made samples."""

from PySide6.QtCore import QObject, QTimer, Signal

from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.deployment import Predict, Prediction, PredictionMade
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel

ASK_AFTER_MS = 80


class SideAnswers(QObject):
    """One question at a time; of those wished for meanwhile only the latest is asked."""

    changed = Signal()
    """`predictions`, `problem` or `waiting` changed."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._engine = project_model, engine
        self.predictions: list[Prediction] = []
        self.inputs: list[dict[str, object]] = []
        """What `predictions` answer."""
        self.problem = ""
        self._wish: tuple[list[dict[str, object]], str, str] | None = None
        self._asked: list[dict[str, object]] = []
        self._request = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ASK_AFTER_MS)
        self._timer.timeout.connect(self._ask)
        project_model.opened.connect(self.clear)

    @property
    def waiting(self) -> bool:
        """Whether an answer is on its way."""
        return bool(self._request) or self._wish is not None

    def ask(self, inputs: list[dict[str, object]], run: str = "best", which: str = "best") -> None:
        """Want these answered."""
        self._wish = (inputs, run, which)
        if not self._request:
            self._timer.start()
        self.changed.emit()

    def clear(self) -> None:
        """Want nothing any more."""
        if self._request:
            self._engine.cancel(self._request)
        self._request, self._wish = 0, None
        self._timer.stop()
        self.predictions, self.inputs, self.problem = [], [], ""
        self.changed.emit()

    def _ask(self) -> None:
        if self._wish is None or self._request or self._project.directory is None:
            return
        (self._asked, run, which), self._wish = self._wish, None
        self._request = self._engine.ask(
            Predict,
            done=self._on_answered,
            failed=self._on_failed,
            project_dir=str(self._project.directory),
            inputs=self._asked,
            run=run,
            which=which,
        )

    def _on_answered(self, event: PredictionMade) -> None:
        if event.request != self._request:
            return
        self._request = 0
        problems = [prediction.problem for prediction in event.predictions if prediction.problem]
        self.predictions, self.inputs = event.predictions, self._asked
        self.problem = problems[0] if problems and len(problems) == len(event.predictions) else ""
        self._next()

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        if not was_cancelled(event):
            error = as_error(event)
            self.predictions, self.problem = [], f"{error.message} {error.hint}".strip()
        self._next()

    def _next(self) -> None:
        if self._wish is not None:
            self._timer.start()
        self.changed.emit()
