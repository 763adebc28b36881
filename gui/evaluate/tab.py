"""The Evaluate tab: what is scored and how it is looked at on the left; the scores, and below them the view."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.protocol.messages.base import Progress
from engine.protocol.messages.evaluation import EvaluationFinished
from gui.evaluate.model_panel import ModelPanel
from gui.evaluate.notices import ChangedNotice
from gui.evaluate.report_button import ReportButton, show_file
from gui.evaluate.score_cards import ScoreCards
from gui.evaluate.scored_runs import best_run, scorable
from gui.evaluate.view import EvaluateContext, EvaluateView
from gui.evaluate.view_stack import ViewStack
from gui.models.data import DataModel
from gui.models.evaluation import EvaluationModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.widgets.busy import BusyOverlay
from gui.widgets.button import Button
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.toast import Toast
from gui.widgets.tokens import GAP

_LOOK_AGAIN_MS = 100


class EvaluateTab(QWidget):
    """Scores the best run by itself when it is first shown with one; the last result stays while another is made."""

    tab_wanted = Signal(str)
    """What was begun here goes on in another tab."""

    def __init__(self, *, project: ProjectModel, runs: RunsModel, evaluation: EvaluationModel, data: DataModel) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self._project = project
        self._runs = runs
        self._evaluation = evaluation
        self._shown: EvaluationFinished | None = None
        self._declined = False  # the user cancelled the first scoring; it is not begun again by itself
        self.context = context = EvaluateContext(
            project=project, runs=runs, data=data, evaluation=evaluation, engine=data.engine
        )
        self.corrections = context.corrections
        self.views = ViewStack(context)
        self.left = ModelPanel(runs, evaluation, self.views.kinds)
        self.report = ReportButton(context)
        self.left.column.insertWidget(self.left.column.indexOf(self.left.again) + 1, self.report)
        self.empty = EmptyState(
            "target",
            "Nothing to score yet",
            "Train a network first. Its scores on unseen samples, the classes it mixes up and its surest mistakes "
            "show here.",
        )
        self.score_now = Button("Score the best run", role="primary", name="evaluate.start")
        self.score_now.clicked.connect(self._on_score_now_clicked)
        self.unscored = EmptyState(
            "target",
            "Not scored yet",
            "Scores on samples the network has never seen, the classes it mixes up and its surest mistakes show here.",
            [self.score_now],
        )
        self.failure = Notice("error", "", name="evaluate.failure")
        self.newer = Notice("info", "", name="evaluate.newer", closable=True)
        self.since = ChangedNotice(runs, evaluation, context.corrections)
        self.scores = ScoreCards()
        self.toast = Toast(self)
        self.results = QWidget()
        below = QVBoxLayout(self.results)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(GAP)
        below.addWidget(self.scores)
        below.addWidget(self.views, 1)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP)
        column.addWidget(self.failure)
        column.addWidget(self.newer)
        column.addWidget(self.since)
        column.addWidget(self.results, 100)
        column.addStretch(1)
        scroll = ScrollColumn()
        scroll.column.addWidget(middle)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(scroll)
        self.stack.addWidget(self.unscored)
        self.stack.addWidget(QWidget())  # beneath the progress, while there is nothing yet to show through it
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_LOOK_AGAIN_MS)
        self._soon.timeout.connect(self._score_first)
        self.busy = BusyOverlay(self.stack)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.left)
        row.addWidget(self.stack, 1)
        self._connect()
        self._refresh()

    def _connect(self) -> None:
        self.left.asked.connect(self._ask)
        self.views.judged.connect(self.left.judge_view)
        self.busy.cancelled.connect(self._on_cancelled)
        self._evaluation.changed.connect(self._refresh)
        self._evaluation.output_chosen.connect(self._show_scores)
        self._evaluation.latency_changed.connect(self._show_latency)
        self.corrections.said.connect(self.toast.say)
        self.context.player.failed.connect(self.toast.say)
        self.report.said.connect(self._on_report_said)
        self.since.training_begun.connect(lambda: self.tab_wanted.emit("train"))
        self._evaluation.progressed.connect(self._on_progressed)
        self._runs.list_changed.connect(self._on_runs_changed)
        self._project.opened.connect(self._on_opened)

    def focus_first(self) -> None:
        """Give the focus to the runs."""
        self.left.rows.setFocus()

    @guarded
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._score_first()

    def view(self, key: str) -> EvaluateView:
        """A view, made now if it is the first time. Raises KeyError."""
        return self.views.view(key)

    def _on_report_said(self, words: str, path: str) -> None:
        if path:
            self.toast.say(words, "Open", lambda: show_file(path))
        else:
            self.toast.say(words)

    # Asking

    def _ask(self, run: int, split: str) -> None:
        self._evaluation.evaluate(str(run), split)

    def _score_first(self) -> None:
        """Score without being asked, once there is something to score and nothing was scored or failed yet."""
        evaluation = self._evaluation
        if not self.isVisible() or evaluation.state != "idle" or evaluation.result is not None or self._declined:
            return
        if self._runs.loading:
            self._soon.start()  # which run is best is known once all logs are read
            return
        best = best_run(self._runs.summaries)
        if best is not None and best.state not in ("starting",):
            self.left.select(best.run)
            self._ask(best.run, str(self.left.split.value()))

    def _on_score_now_clicked(self) -> None:
        best = best_run(self._runs.summaries)
        if best is not None:
            self.left.select(best.run)
            self._ask(best.run, str(self.left.split.value()))

    def _on_cancelled(self) -> None:
        self._declined = True
        self._evaluation.cancel()

    def _on_runs_changed(self) -> None:
        self._refresh()
        self._score_first()

    def _on_opened(self) -> None:
        self._shown = None
        self._declined = False
        self._refresh()

    def _on_progressed(self, progress: Progress) -> None:
        self.busy.set_progress(progress.fraction, progress.message or "Scoring", progress.left_s)

    # Showing

    def _refresh(self) -> None:
        evaluation = self._evaluation
        listed = scorable(self._runs.summaries)
        if evaluation.result is not None or evaluation.state == "failed":
            self.stack.setCurrentIndex(1)
        else:
            self.stack.setCurrentIndex(3 if evaluation.state == "working" else 2 if listed else 0)
        if evaluation.state == "working":
            if self.busy.isHidden():
                run, split = evaluation.asked
                self.busy.begin(f"Scoring run {run} on the {_split_name(split)} samples")
        else:
            self.busy.end()
        self.left.set_blocked(
            "There is no run to score yet." if not listed else "It is being scored." if not self.busy.isHidden() else ""
        )
        error = evaluation.error if evaluation.state == "failed" else None
        self.failure.setVisible(error is not None)
        if error is not None:
            again = Button("Try again")
            again.clicked.connect(lambda: evaluation.evaluate(*evaluation.asked))
            parts = [f"Where: {error.where}." if error.where else "", error.hint]
            self.failure.set_message("error", error.message, " ".join(part for part in parts if part), [again])
        result = evaluation.result
        self.results.setVisible(result is not None)
        if result is not None and result is not self._shown:
            self._shown = result
            self.left.select(result.run)
            self.left.split.set_value(result.split)
            self.left.show_outputs([output.field for output in result.outputs], self._evaluation.output_at)
            self._show_scores()
            self._show_latency()
            self.views.show_result()
        self._show_newer(result)

    def _show_newer(self, result: EvaluationFinished | None) -> None:
        """A run trained since and judged better is offered, not scored behind the user's back."""
        best = best_run(self._runs.summaries)
        better = (
            result is not None
            and best is not None
            and best.run > result.run
            and self._evaluation.state != "working"
            and best.state not in ("starting", "running", "paused")
        )
        if better and best is not None and self.newer.title() != f"Run {best.run} did better in training":
            run = best.run
            score = Button(f"Score #{run}")
            score.clicked.connect(lambda: self._ask(run, str(self.left.split.value())))
            self.newer.set_message(
                "info", f"Run {run} did better in training", "What is shown is an older run.", [score]
            )
            self.newer.show()
        if not better:
            self.newer.hide()
            self.newer.set_message("info", "")

    def _show_scores(self, *_: object) -> None:
        result, output = self._evaluation.result, self._evaluation.output
        self.scores.setVisible(output is not None)
        if result is not None and output is not None:
            self.scores.show_field(output, result.samples)

    def _show_latency(self) -> None:
        evaluation = self._evaluation
        found = evaluation.latency
        if found is not None:
            self.scores.show_latency(
                f"{short_ms(found.milliseconds)} ms",
                "onnxruntime, batch 1",
                f"Median of {found.times:,} answers to one sample, preparation included, one thread. "
                f"19 of 20 take less than {short_ms(found.slow_milliseconds)} ms.",
            )
        elif evaluation.latency_problem:
            self.scores.show_latency("-", "could not be measured", evaluation.latency_problem)
        else:
            self.scores.show_latency("…", "measuring the exported file")


def short_ms(milliseconds: float) -> str:
    """Two digits that matter: 0.41, 3.2, 120."""
    return f"{milliseconds:.2g}" if milliseconds < 100 else f"{milliseconds:,.0f}"


def _split_name(split: str) -> str:
    return {"test": "test", "val": "validation", "train": "training"}.get(split, split)
