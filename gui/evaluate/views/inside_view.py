"""What views of a network's insides share: a card that shows one sample, steps through samples, waits and fails."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.protocol.messages.base import Progress
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from gui.evaluate.sample_steps import SampleSteps
from gui.evaluate.view import EvaluateContext, EvaluateView
from gui.models.question import Question
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded
from gui.widgets.notice import Notice
from gui.widgets.plain_text import plain_text
from gui.widgets.progress_line import ProgressLine


class InsideView(EvaluateView):
    """A subclass puts its widgets into `page`, asks in `ask` and shows in `show_answer`.

    `by_sample` says whether it looks at one sample at a time; then arrow keys go through those listed in Mistakes.
    """

    section = "Inside"
    by_sample = True
    hint = "Choose a sample in Mistakes."

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self.result: EvaluationFinished | None = None
        self.output: FieldEvaluation | None = None
        self.question = Question(context.project, context.engine, self)
        self.steps = SampleSteps(context.evaluation, self)
        name = f"evaluate.{self.key}"
        self.card = Card(self.caption, name=f"{name}.card")
        self.previous = Button(icon="chevron-left", role="icon", name=f"{name}.previous", tooltip="Previous sample (←)")
        self.next = Button(icon="chevron-right", role="icon", name=f"{name}.next", tooltip="Next sample (→)")
        for button, by in ((self.previous, -1), (self.next, 1)):
            button.clicked.connect(lambda _=False, by=by: self.steps.step(by))
            self.card.add_to_header(button)
            button.setVisible(self.by_sample)  # once it is part of the card: before, it would flash up as a window
        self.line = ProgressLine(name=f"{name}.progress")
        self.line.cancelled.connect(self.question.cancel)
        self.line.hide()
        self.page = QWidget()
        self.empty = EmptyState("target", "Nothing to show", self.hint)
        self.failure = Notice("error", "", name=f"{name}.failure")
        failed = QWidget()
        column = QVBoxLayout(failed)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.failure)
        column.addStretch(1)
        self._failed = failed
        self.stack = QStackedWidget()
        for part in (self.empty, self.page, failed):
            self.stack.addWidget(part)
        self.card.body.addWidget(self.line)
        self.card.body.addWidget(self.stack, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.card)
        self.setMinimumHeight(440)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.question.changed.connect(self.refresh)
        self.question.progressed.connect(self._on_progressed)
        if self.by_sample:
            self.steps.moved.connect(self._on_moved)

    def ask(self) -> None:
        """Ask the engine for what is to be shown of `context.evaluation.sample`."""
        raise NotImplementedError

    def show_answer(self) -> None:
        """Show `question.answer`."""
        raise NotImplementedError

    def why_empty(self) -> tuple[str, str]:
        """A sentence and a hint where the answer has nothing to show; empty where it has."""
        return "", ""

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        self.result, self.output = result, output
        if self.by_sample:
            self.steps.look(True)
        self._ask()

    def _ask(self) -> None:
        if self.result is not None and (not self.by_sample or self.context.evaluation.sample is not None):
            self.ask()
        self.refresh()

    def _on_moved(self) -> None:
        if self.isVisible():
            self._ask()

    def refresh(self) -> None:
        """Show the state of the question."""
        question = self.question
        working = question.state == "working"
        if working and self.line.isHidden():
            self.line.start("Looking inside")
        self.line.setVisible(working)
        self._refresh_header()
        if question.state == "failed" and question.error is not None:
            again = Button("Try again")
            again.clicked.connect(question.ask_again)
            self.failure.set_message("error", question.error.message, question.error.hint, [again])
            self.stack.setCurrentWidget(self._failed)
            return
        if question.answer is None:
            nothing = self.by_sample and self.context.evaluation.sample is None and not working
            self.empty.set_words("No sample chosen" if nothing else "", self.hint if nothing else "")
            self.stack.setCurrentWidget(self.empty)
            return
        sentence, hint = self.why_empty()
        if sentence:
            self.empty.set_words(sentence, hint)
            self.stack.setCurrentWidget(self.empty)
            return
        self.show_answer()
        self.stack.setCurrentWidget(self.page)

    def _refresh_header(self) -> None:
        if not self.by_sample:
            return
        row, total, known = self.steps.row, self.steps.total, self.steps.current
        sample = self.context.evaluation.sample
        name = known.name if known is not None else "" if sample is None else f"Sample {sample:,}"
        self.card.set_title(f"{self.caption} · {plain_text(name, 80)}" if name else self.caption)
        self.card.set_note(f"{row + 1:,} of {total:,}" if row >= 0 and total else "")
        self.previous.set_blocked("" if row > 0 else "This is the first of the list.")
        self.next.set_blocked("" if 0 <= row < total - 1 or (row < 0 and total) else "This is the last of the list.")

    def _on_progressed(self, progress: Progress) -> None:
        self.line.set_progress(progress.fraction, progress.message or "Looking inside", left_s=progress.left_s)

    @guarded
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.steps.look(False)

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_PageUp: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageDown: 1}
        by = steps.get(Qt.Key(event.key()))
        if by is None or not self.by_sample:
            event.ignore()
            return
        self.steps.step(by)
