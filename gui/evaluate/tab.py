"""The Evaluate tab: what is scored at the left; scores, confusion matrix, classes and mistakes beside it."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.protocol.messages.base import Progress
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from gui.charts.confusion_matrix import ConfusionMatrix
from gui.evaluate.class_table import ClassTable
from gui.evaluate.mistakes_panel import MistakesPanel
from gui.evaluate.model_panel import ModelPanel
from gui.evaluate.score_cards import ScoreCards
from gui.evaluate.scored_runs import best_run, scorable
from gui.models.data import DataModel
from gui.models.evaluation import EvaluationModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.widgets.busy import BusyOverlay
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.tokens import GAP

_LOOK_AGAIN_MS = 100
_SPLIT_WORDS = {
    "test": "test split, never seen in training",
    "val": "validation split, chose the best epoch",
    "train": "training split, learned from",
}


class EvaluateTab(QWidget):
    """Scores the best run by itself when it is first shown with one; the last result stays while another is made."""

    def __init__(self, *, project: ProjectModel, runs: RunsModel, evaluation: EvaluationModel, data: DataModel) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self._project = project
        self._runs = runs
        self._evaluation = evaluation
        self._output_at = 0
        self._shown: EvaluationFinished | None = None
        self._declined = False  # the user cancelled the first scoring; it is not begun again by itself
        self.left = ModelPanel(runs)
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
        self.scores = ScoreCards()
        self.matrix = ConfusionMatrix(name="evaluate.confusion")
        self.matrix_card = Card("Confusion matrix", "rows: true · columns: predicted · click a cell")
        self.matrix_card.body.addWidget(self.matrix, 1)
        self.classes = ClassTable()
        self.classes_card = Card("Per class")
        self.classes_card.body.addWidget(self.classes, 1)
        self.mistakes = MistakesPanel(data)
        self.results = QWidget()
        grid = QGridLayout(self.results)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.addWidget(self.scores, 0, 0, 1, 2)
        grid.addWidget(self.matrix_card, 1, 0)
        grid.addWidget(self.classes_card, 1, 1)
        grid.addWidget(self.mistakes, 2, 0, 1, 2)
        grid.setColumnStretch(0, 4)
        grid.setColumnStretch(1, 5)
        grid.setRowStretch(1, 3)
        grid.setRowStretch(2, 2)
        self._grid = grid
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP)
        column.addWidget(self.failure)
        column.addWidget(self.newer)
        column.addWidget(self.results, 100)
        column.addStretch(1)
        scroll = ScrollColumn()
        scroll.column.addWidget(middle)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(scroll)
        self.stack.addWidget(self.unscored)
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
        self.left.output_chosen.connect(self._on_output_chosen)
        self.matrix.cell_selected.connect(self.mistakes.show_cell)
        self.matrix.selection_cleared.connect(self.mistakes.show_all)
        self.mistakes.all.clicked.connect(self.matrix.clear_selection)
        self.classes.class_chosen.connect(self._on_class_chosen)
        self.busy.cancelled.connect(self._on_cancelled)
        self._evaluation.changed.connect(self._refresh)
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
        self._output_at = 0
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
            self.stack.setCurrentIndex(2 if listed else 0)
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
            self.left.show_outputs([output.field for output in result.outputs])
            self._output_at = min(self._output_at, max(0, len(result.outputs) - 1))
            self._show_output()
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

    def _show_output(self) -> None:
        result = self._shown
        if result is None or not result.outputs:
            return
        field: FieldEvaluation = result.outputs[self._output_at]
        is_category = bool(field.matrix)
        self.scores.show_field(field, result.samples)
        self.matrix_card.setVisible(is_category)
        self.classes_card.setVisible(bool(field.per_class))
        self._grid.setRowStretch(1, 3 if is_category else 0)
        # Without the matrix, as of a mask, the classes have its place too.
        self._grid.addWidget(self.classes_card, 1, 1 if is_category else 0, 1, 1 if is_category else 2)
        if is_category:
            self.matrix.set_matrix(field.classes, field.matrix)
            # Small matrices keep cells that hold their numbers; the page scrolls where the window is low.
            self.matrix.setMinimumHeight(340 if 4 < len(field.classes) <= 12 else 260)
        if field.per_class:
            self.classes.set_scores(field.per_class)
            self.classes_card.set_note(_SPLIT_WORDS.get(result.split, result.split))
        self.mistakes.show_field(field)

    def _on_output_chosen(self, at: object) -> None:
        self._output_at = int(str(at))
        self._show_output()

    def _on_class_chosen(self, at: int) -> None:
        self.matrix.clear_selection()
        if not self.matrix_card.isHidden():  # the mistakes of a mask are of no one class
            self.mistakes.show_class(at)


def _split_name(split: str) -> str:
    return {"test": "test", "val": "validation", "train": "training"}.get(split, split)
