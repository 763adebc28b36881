"""What the Evaluate tab shows: the scores of a run on a split, and what of them the user has picked to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from engine.errors import NetwrightError
from engine.protocol.messages.answered_samples import LatencyMeasured, MeasureLatency
from engine.protocol.messages.base import Progress, RequestFailed
from engine.protocol.messages.evaluation import Evaluate, EvaluationFinished, FieldEvaluation
from gui.models.answered import AnsweredModel, Place, Wanted
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel

MISTAKES = "mistakes"
"""Key of the view that lists samples."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to explain an answer: its key for the engine, its name, what it does, and why it cannot be used here."""

    key: str
    caption: str
    help: str = ""
    why_not: str = ""


class EvaluationModel(QObject):
    """`state`: idle, working, done or failed (`error` says why). The last result stays until another one is there.

    Beside the scores it holds what is looked at: an output, a view, a sample and a way of explaining. All views show
    the same ones.
    """

    changed = Signal()
    """`state`, `result` or `error` changed."""
    progressed = Signal(object)
    """Progress."""
    output_chosen = Signal(int)
    """Another output of the network is looked at."""
    view_chosen = Signal(str)
    """Another view is wanted."""
    sample_chosen = Signal(object)
    """Another sample is looked at: its number in the data, or None."""
    method_chosen = Signal(str)
    """Another way of explaining is wanted."""
    latency_changed = Signal()
    """`latency` or `latency_problem` changed."""
    methods_changed = Signal()
    """The ways of explaining that are offered changed."""

    def __init__(self, project_model: ProjectModel, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project_model
        self._engine = engine
        self.state = "idle"
        self.result: EvaluationFinished | None = None
        self.error: NetwrightError | None = None
        self.progress: Progress | None = None
        self.asked: tuple[str, str] = ("best", "test")
        self.output_at = 0
        """The output looked at, by its place in the result."""
        self.view = ""
        """Key of the view looked at; "" for the first."""
        self.views: tuple[str, ...] = ()
        """Keys of the views there are."""
        self.sample: int | None = None
        """The sample looked at, by its number in the data as the run knows it."""
        self.method = ""
        """Key of the way of explaining; "" while none is offered."""
        self.methods: tuple[Method, ...] = ()
        self.latency: LatencyMeasured | None = None
        """How long the exported file of the run takes; None until it was measured."""
        self.latency_problem = ""
        """Why it could not be measured."""
        self._latency_request = 0
        self.answered = AnsweredModel(project_model, engine, self)
        """The single samples behind the scores."""
        self._request = 0  # 0 while nothing is asked
        project_model.opened.connect(self._on_opened)

    @property
    def output(self) -> FieldEvaluation | None:
        """The scores of the output looked at."""
        if self.result is None or not self.result.outputs:
            return None
        return self.result.outputs[min(self.output_at, len(self.result.outputs) - 1)]

    # Asking.

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

    # Picking what is looked at.

    def choose_output(self, at: int) -> None:
        """Look at another output of the network."""
        if at != self.output_at:
            self.output_at = at
            result, output = self.result, self.output
            if result is not None and output is not None:
                self.answered.show(Place(run=result.run, split=result.split, output=output.field))
            self.output_chosen.emit(at)

    def choose_view(self, key: str) -> None:
        """Show a view."""
        if key != self.view:
            self.view = key
            self.view_chosen.emit(key)

    def list_samples(self, wanted: Wanted) -> None:
        """List samples in the view of the mistakes, from whichever view: those of a group, of a bar, of a point."""
        self.answered.want(wanted)
        self.choose_view(MISTAKES)

    def choose_sample(self, index: int | None) -> None:
        """Look at a sample, or at none."""
        if index != self.sample:
            self.sample = index
            self.sample_chosen.emit(index)

    def choose_method(self, key: str) -> None:
        """Explain in another way."""
        if key != self.method:
            self.method = key
            self.method_chosen.emit(key)

    def offer_methods(self, methods: Sequence[Method]) -> None:
        """Say which ways of explaining there are; the one picked stays if it still can be used."""
        offered = tuple(methods)
        if offered == self.methods:
            return
        self.methods = offered
        self.methods_changed.emit()
        usable = [method.key for method in offered if not method.why_not]
        if self.method not in usable:
            self.choose_method(usable[0] if usable else "")

    # Answers.

    def _on_finished(self, event: EvaluationFinished) -> None:
        if event.request != self._request:
            return
        self._request = 0
        before, self.result = self.result, event
        self.output_at = min(self.output_at, max(0, len(event.outputs) - 1))
        if before is None or before.run != event.run:
            self._set_latency(None)
        self._set_state("done")
        if self.latency is None:
            self._measure_latency(event.run)
        output = self.output
        if output is not None:
            self.answered.show(Place(run=event.run, split=event.split, output=output.field), anew=True)
        alike = before is not None and (before.split, before.data) == (event.split, event.data)
        if self.sample is None or not alike:
            worst = output.mistakes[0].index if output is not None and output.mistakes else None
            self.choose_sample(worst)  # so that no view begins with nothing to show

    def _on_failed(self, event: RequestFailed) -> None:
        if event.request != self._request:
            return
        self._request = 0
        if was_cancelled(event):
            self._set_state("done" if self.result is not None else "idle")
            return
        self.error = as_error(event)
        self._set_state("failed")

    # Latency: after the scores, since the file has to be written and proved for it where there is none.

    def _measure_latency(self, run: int) -> None:
        self._drop_latency()
        self._latency_request = self._engine.ask(
            MeasureLatency,
            done=self._on_latency,
            failed=self._on_latency_failed,
            project_dir=str(self._project.directory),
            run=str(run),
        )

    def _drop_latency(self) -> None:
        if self._latency_request:
            request, self._latency_request = self._latency_request, 0
            self._engine.cancel(request)

    def _on_latency(self, event: LatencyMeasured) -> None:
        if event.request == self._latency_request:
            self._latency_request = 0
            self._set_latency(event)

    def _on_latency_failed(self, event: RequestFailed) -> None:
        if event.request == self._latency_request:
            self._latency_request = 0
            self._set_latency(None, "" if was_cancelled(event) else as_error(event).message)

    def _set_latency(self, latency: LatencyMeasured | None, problem: str = "") -> None:
        self.latency, self.latency_problem = latency, problem
        self.latency_changed.emit()

    def _on_progress(self, event: Progress) -> None:
        if event.request == self._request:
            self.progress = event
            self.progressed.emit(event)

    def _on_opened(self) -> None:
        self.cancel()
        self._drop_latency()
        self._set_latency(None)
        self.result = None
        self.output_at = 0
        self._set_state("idle")
        self.choose_sample(None)

    def _set_state(self, state: str) -> None:
        self.state = state
        self.progress = None
        if state != "failed":
            self.error = None
        self.changed.emit()
