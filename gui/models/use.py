"""What the Use tab shows: answers for new inputs, and the exported file with its proof."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from engine.errors import NetwrightError
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.deployment import Export, ModelExported, Predict, PredictionMade
from engine.protocol.messages.writing import TextWritten, WrittenToken
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel


class UseModel(QObject):
    """`predict_state` and `export_state`: idle, working, done or failed; `predict_error`, `export_error` say why.

    While an answer is asked for, `prediction` is the one before; `answered` are the inputs it was given for. A text
    under way is in `written`. A prediction that was stopped is `stopped`; what was written till then stays.

    `error` is that of what failed last.
    """

    changed = Signal()
    """Anything of the above changed."""
    progressed = Signal(object)
    """Progress of the export."""
    predict_progressed = Signal(object)
    """Progress of the prediction alone."""
    text_grew = Signal()
    """`written` grew."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project_model
        self._engine = engine
        self.prediction: PredictionMade | None = None
        self.predict_state = "idle"
        self.predict_error: NetwrightError | None = None
        self.inputs: list[dict[str, object]] = []
        self.answered: list[dict[str, object]] = []
        self.manner: dict[str, object] = {}
        self.written: list[WrittenToken] = []
        self.export_result: ModelExported | None = None
        self.export_state = "idle"
        self.export_error: NetwrightError | None = None
        self.error: NetwrightError | None = None
        self.progress: Progress | None = None
        self.predict_progress: Progress | None = None
        self._predict_request = 0  # the latest, 0 for none; answers of older ones are dropped
        self._export_request = 0
        project_model.opened.connect(self._on_opened)

    def predict(
        self,
        inputs: list[dict[str, object]],
        run: str = "best",
        which: Literal["best", "last"] = "best",
        manner: Mapping[str, object] | None = None,
    ) -> None:
        """Ask for the answers of a run to some inputs: {field: value} each, a picture's value is a path or pixels.

        `which` weights: those of the best epoch, or the last ones, as of a run that is paused. `manner` are the other
        fields of Predict: how texts are written.
        """
        if self._project.directory is None:
            return
        if self._predict_request:
            self._engine.cancel(self._predict_request)
        self.inputs = inputs
        self.manner = dict(manner or {})
        self.written = []
        self.predict_state, self.predict_error, self.predict_progress = "working", None, None
        self._predict_request = self._engine.ask(
            Predict,
            done=self._on_predicted,
            failed=self._on_predict_failed,
            progress=self._on_predicting,
            project_dir=str(self._project.directory),
            inputs=inputs,
            run=run,
            **({"which": which} if which != "best" else {}),
            **self.manner,
        )
        self.changed.emit()

    @property
    def engine(self) -> Engine:
        """Who answers."""
        return self._engine

    @property
    def waiting_for(self) -> str:
        """What happens first while an answer is on its way, in words."""
        starting = self._engine.state in ("starting", "restarting")
        return "Starting the engine" if starting else "Asking the network"

    def stop_predicting(self) -> None:
        """Let it be; what was written so far stays."""
        if self._predict_request:
            self._engine.cancel(self._predict_request)

    def export(
        self,
        to: str | Path,
        precision: str = "float32",
        opset: int = 20,
        run: str = "best",
        *,
        contents: str = "whole",
        optimised: bool = False,
        int8: str = "auto",
    ) -> None:
        """Write an ONNX file and have it proved; what may be asked for is said by Export."""
        if self._project.directory is None or self._export_request:
            return
        self.export_state, self.export_error, self.export_result = "working", None, None
        self._export_request = self._engine.ask(
            Export,
            done=self._on_exported,
            failed=self._on_export_failed,
            progress=self._on_progress,
            project_dir=str(self._project.directory),
            to=str(to),
            precision=precision,
            opset=opset,
            run=run,
            contents=contents,
            optimised=optimised,
            int8=int8,
        )
        self.changed.emit()

    def cancel_export(self) -> None:
        """Stop exporting; no half file stays."""
        if self._export_request:
            self._engine.cancel(self._export_request)

    def _on_predicted(self, event: PredictionMade) -> None:
        if event.request != self._predict_request:
            return
        self._predict_request = 0
        self.prediction, self.answered = event, self.inputs
        self.written = []
        self.predict_state = "done"
        self.changed.emit()

    def _on_predict_failed(self, event: RequestFailed) -> None:
        if event.request != self._predict_request:
            return
        self._predict_request = 0
        if was_cancelled(event):
            self.predict_state = "stopped" if self.written else "idle"
        else:
            self.predict_state = "failed"
            self.predict_error = self.error = as_error(event)
        self.changed.emit()

    def _on_exported(self, event: ModelExported) -> None:
        if event.request != self._export_request:
            return
        self._export_request = 0
        self.export_result = event
        self.export_state = "done"
        self.progress = None
        self.changed.emit()

    def _on_export_failed(self, event: RequestFailed) -> None:
        if event.request != self._export_request:
            return
        self._export_request = 0
        self.progress = None
        if was_cancelled(event):
            self.export_state = "idle"
        else:
            self.export_state = "failed"
            self.export_error = self.error = as_error(event)
        self.changed.emit()

    def _on_predicting(self, event: Progress) -> None:
        if event.request != self._predict_request:
            return  # of a question that was taken back
        if isinstance(event, TextWritten):
            self.written += event.tokens
            self.text_grew.emit()
        else:
            self.predict_progress = event
            self.predict_progressed.emit(event)

    def _on_progress(self, event: Progress) -> None:
        self.progress = event
        self.progressed.emit(event)

    def _on_opened(self) -> None:
        for request in (self._predict_request, self._export_request):
            if request:
                self._engine.cancel(request)
        self._predict_request = self._export_request = 0
        self.prediction = self.export_result = None
        self.predict_state = self.export_state = "idle"
        self.predict_error = self.export_error = self.error = None
        self.inputs, self.answered, self.written = [], [], []
        self.manner = {}
        self.progress = None
        self.changed.emit()
