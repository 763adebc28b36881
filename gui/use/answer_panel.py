"""What the network answers: each output in its own form, or a small picture with a line for several inputs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.protocol.messages.base import Progress
from engine.protocol.messages.deployment import Answer, Prediction
from gui.charts.score_bars import percent
from gui.models.use import UseModel
from gui.use.answers.answer_rows import AnswerRows
from gui.use.answers.answer_strip import AnswerStrip
from gui.use.answers.context import AnswerContext
from gui.use.answers.made_picture import image_of
from gui.use.answers.output_answer import OutputAnswer, answer_text
from gui.use.answers.what_if import WhatIfCurve
from gui.widgets.button import Button
from gui.widgets.empty_state import EmptyState
from gui.widgets.notice import Notice
from gui.widgets.progress_line import ProgressLine
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.text import Text

__all__ = ["AnswerPanel", "OutputAnswer", "answer_text"]

SHOW_PROGRESS_AFTER_MS: Final = 400


_LONG_MS: Final = 10_000
"""What takes longer is told in seconds."""


class AnswerPanel(QWidget):
    """Follows the use model. `retry_requested` when the user wants the same answer tried again.

    An answer stays while the next one is on its way, so that typing does not flicker. An explanation may be shown in
    `why_place`; `why_requested` asks for one, once `set_why` said that there can be one.
    """

    retry_requested = Signal()
    why_requested = Signal()
    chosen = Signal(str, str)
    """The output whose text is to be gone on with, and the text."""
    picked = Signal(int)
    """One of several answers is looked at."""
    seed_picked = Signal(int)
    """One of the samples that were made is to be gone on with."""

    def __init__(self, use: UseModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("use.answer")
        self.setAccessibleName("Answer")
        self._use = use
        self._hint = EmptyState("bulb", "No answer yet", "Give the network something at the left.")
        self.line = ProgressLine(cancellable=False)
        waiting = QWidget()
        column = QVBoxLayout(waiting)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.line)
        column.addStretch(1)
        self.failure = Notice("error", "", name="use.answer.failure")
        failed = QWidget()
        column = QVBoxLayout(failed)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.failure)
        column.addStretch(1)
        self.context_of: Callable[[], AnswerContext] = AnswerContext
        """Gives what is known about what was given; set by whoever gives it."""
        self.beneath: Callable[[], QPixmap | None] = lambda: None
        """Gives the picture that a mask lies over; set by whoever shows the picture."""
        self.classes: Sequence[str] = ()
        """The classes of a mask, in the order of their numbers."""
        self._one = ScrollColumn(spacing=16)
        self._outputs: list[OutputAnswer] = []
        self._rows = AnswerRows()
        self.notes = Notice("warning", "", name="use.answer.notes")
        self.notes.hide()
        self.what_if = WhatIfCurve()
        self.what_if.hide()
        why = QWidget()
        self.why_place = QVBoxLayout(why)
        self.why_place.setContentsMargins(0, 0, 0, 0)
        for widget in (self.notes, self._rows, self.what_if, why):
            self._one.column.addWidget(widget)
        self._one.column.addStretch(1)
        self.many = AnswerStrip(name="use.answers", accessible="Answers")
        self.many.picked.connect(self._on_picked)
        self._detail = ScrollColumn(spacing=16)
        self._detail_outputs: list[OutputAnswer] = []
        self._detail_rows = AnswerRows()
        self._detail.column.addWidget(self._detail_rows)
        self._detail.column.addStretch(1)
        self._detail.hide()
        self._several = QWidget()
        column = QVBoxLayout(self._several)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.many, 3)
        column.addWidget(self._detail, 2)
        self._stack = QStackedWidget()
        for page in (self._hint, waiting, failed, self._one, self._several):
            self._stack.addWidget(page)
        self._waiting, self._failed = waiting, failed
        self._below = Text("", tone="dim", wrap=True)
        self.why = Button("why? show what it looked at", role="link", small=True, name="use.why")
        self.why.clicked.connect(self.why_requested)
        self.why.hide()
        self.copy = Button(role="icon", icon="copy", tooltip="Copy the answer", name="use.copy")
        self.copy.clicked.connect(self.copy_answer)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._below, 1)
        foot.addWidget(self.why)
        foot.addWidget(self.copy)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(10)
        outer.addWidget(self._stack, 1)
        outer.addLayout(foot)
        self._explains: str | None = None  # None: nobody explains; else why it cannot be explained, "" when it can
        self._gallery: list[tuple[int, Prediction]] = []
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(SHOW_PROGRESS_AFTER_MS)
        self._late.timeout.connect(self._show_waiting)
        use.changed.connect(self.refresh)
        use.predict_progressed.connect(self._on_progressed)
        use.text_grew.connect(self._on_text_grew)
        self.refresh()

    def refresh(self) -> None:
        """Show the state of the model."""
        use = self._use
        if use.predict_state == "working":
            answered = self._stack.currentWidget() in (self._one, self._several)
            if not answered:
                self._show_waiting()
            elif not self._late.isActive():
                self._late.start()
            return
        self._late.stop()
        self._foot("")
        self._gallery = []
        if use.predict_state == "failed" and use.predict_error is not None:
            error = use.predict_error
            again = Button("Try again")
            again.clicked.connect(self.retry_requested)
            facts = [f"Where: {error.where}." if error.where else "", error.hint]
            self.failure.set_message("error", error.message, " ".join(fact for fact in facts if fact), [again])
            self._stack.setCurrentWidget(self._failed)
        elif use.predict_state == "stopped":
            self._show_stopped()
        elif use.prediction is not None and use.prediction.predictions:
            self._show(use.prediction.predictions)
            if self._stack.currentWidget() is self._failed:
                return
            took = use.prediction.milliseconds
            speed = f"{took:.2f} ms" if took < _LONG_MS else f"{took / 1000:.1f} s"
            speed = f"{speed} in onnxruntime" if took > 0 else ""
            self._foot(" · ".join(part for part in (speed, f"run #{use.prediction.run}") if part))
        else:
            self._stack.setCurrentWidget(self._hint)

    def refresh_beneath(self) -> None:
        """The picture under a mask has come, or has changed."""
        context = self._context()
        for output in (*self._outputs, *self._detail_outputs):
            output.set_beneath(context)

    def words_below(self) -> str:
        """Speed and run, under the answer."""
        return self._below.whole_text() if not self._below.isHidden() else ""

    def outputs(self) -> list[str]:
        """The answers shown, in words."""
        return [output.accessibleName() for output in self._outputs if not output.isHidden()]

    def cards(self) -> list[OutputAnswer]:
        """The answers shown."""
        return [output for output in self._outputs if not output.isHidden()]

    def detail(self) -> list[str]:
        """The one of several that is looked at, in words."""
        if self._detail.isHidden():
            return []
        return [output.accessibleName() for output in self._detail_outputs if not output.isHidden()]

    def set_why(self, reason: str | None) -> None:
        """Offer to explain an answer: "" for yes, else why it cannot be explained; None takes the offer back."""
        self._explains = reason
        self._show_why()

    def show_gallery(self, made: Sequence[tuple[int, Prediction]]) -> None:
        """Samples that were made with these seeds; a click goes on with one."""
        self._gallery = list(made)
        self.many.begin()
        self._detail.hide()
        for seed, prediction in made:
            picture = _picture_of(prediction)
            words = f"seed {seed}" if picture is not None or prediction.problem else _words(prediction)
            self.many.add(words, "", problem=prediction.problem, tooltip=f"Seed {seed}", picture=picture)
        self._stack.setCurrentWidget(self._several)
        self._foot("Click one to go on with it")

    def copy_answer(self) -> None:
        """Put the answer on the clipboard: a made picture as a picture, all else as text."""
        board = QGuiApplication.clipboard()
        if self._stack.currentWidget() is self._several:
            board.setText(self._copied_many())
            return
        pictures = [picture for output in self.cards() if (picture := output.made_picture()) is not None]
        if len(pictures) == 1:
            board.setImage(pictures[0])
            return
        board.setText("\n\n".join(output.copied() for output in self.cards()))

    # Showing

    def _context(self) -> AnswerContext:
        return replace(self.context_of(), beneath=self.beneath(), classes=self.classes)

    def _show(self, predictions: list[Prediction]) -> None:
        if len(predictions) > 1:
            self._show_many(predictions)
            return
        prediction = predictions[0]
        if prediction.problem:
            self.failure.set_message("error", "This could not be used", prediction.problem, [])
            self._stack.setCurrentWidget(self._failed)
            return
        self._fill(self._rows, self._outputs, prediction, self._context())
        self._say_notes(prediction.notes)
        self._stack.setCurrentWidget(self._one)

    def _fill(
        self, rows: AnswerRows, outputs: list[OutputAnswer], prediction: Prediction, context: AnswerContext
    ) -> None:
        answers = list(prediction.outputs.items())
        self._make(rows, outputs, len(answers))
        for at, output in enumerate(outputs):
            output.setVisible(at < len(answers))
            if at < len(answers):
                output.show_answer(*answers[at], alone=len(answers) == 1, context=context)

    def _make(self, rows: AnswerRows, outputs: list[OutputAnswer], count: int) -> None:
        while len(outputs) < count:
            output = OutputAnswer()
            output.chosen.connect(self.chosen)
            rows.add(output)
            outputs.append(output)

    def _say_notes(self, notes: Sequence[str]) -> None:
        self.notes.setVisible(bool(notes))
        if notes:
            self.notes.set_message("warning", "Unlike what it learned from", "\n".join(notes))

    def _show_many(self, predictions: list[Prediction]) -> None:
        self.many.begin()
        self._detail.hide()
        for prediction in predictions:
            name = Path(prediction.input).name or prediction.input
            best = next((max(a.scores.values()) for a in prediction.outputs.values() if a.scores and not a.mask), None)
            self.many.add(
                name if prediction.problem else _words(prediction),
                percent(best) if best is not None else "",
                problem=prediction.problem,
                tooltip=prediction.input,
                picture=_picture_of(prediction),
            )
        self._say_notes(())
        self._stack.setCurrentWidget(self._several)

    def _show_stopped(self) -> None:
        """The text as far as it was written."""
        self._make(self._rows, self._outputs, 1)
        for output in self._outputs[1:]:
            output.hide()
        text = self.context_of().beginning + "".join(token.text for token in self._use.written)
        answer = Answer(value=text, written=list(self._use.written))
        self._outputs[0].show()
        self._outputs[0].show_answer("text", answer, alone=True, context=self._context())
        self._stack.setCurrentWidget(self._one)
        self._foot("stopped")

    def _show_waiting(self) -> None:
        if self._use.predict_state != "working":
            return
        if self._stack.currentWidget() is not self._waiting:
            self.line.start(self._use.waiting_for)
            if self._use.predict_progress is not None and self._use.predict_progress.message:
                self._on_progressed(self._use.predict_progress)
        self._stack.setCurrentWidget(self._waiting)
        self._foot("")

    def _foot(self, words: str) -> None:
        self._below.set_text(words)
        self._below.setVisible(bool(words))
        self.copy.setVisible(bool(words) and not self._gallery)
        self._show_why()

    def _show_why(self) -> None:
        one = self._stack.currentWidget() is self._one and not self._below.isHidden()
        self.why.setVisible(self._explains is not None and one)
        unfinished = "This text was stopped before it was whole." if self._use.predict_state == "stopped" else ""
        self.why.set_blocked(self._explains or unfinished)

    def _copied_many(self) -> str:
        lines = []
        for prediction in self._use.prediction.predictions if self._use.prediction is not None else ():
            best = next((max(a.scores.values()) for a in prediction.outputs.values() if a.scores), None)
            words = prediction.problem or _words(prediction)
            lines.append("\t".join((prediction.input, words, percent(best) if best is not None else "")))
        return "\n".join(lines)

    def _on_picked(self, row: int) -> None:
        if self._gallery:
            if row < len(self._gallery):
                self.seed_picked.emit(self._gallery[row][0])
            return
        predictions = self._use.prediction.predictions if self._use.prediction is not None else []
        if row >= len(predictions):
            return
        prediction = predictions[row]
        if prediction.problem:
            self._detail.hide()
            return
        context = AnswerContext(
            kinds=self.context_of().kinds,
            classes=self.classes,
            beneath=self.many.pixmap(row) if self.beneath() else None,
        )
        self._fill(self._detail_rows, self._detail_outputs, prediction, context)
        self._detail.show()
        self.picked.emit(row)

    def _on_text_grew(self) -> None:
        if self._use.predict_state != "working":
            return
        self._late.stop()
        self._make(self._rows, self._outputs, 1)
        for output in self._outputs[1:]:
            output.hide()
        self.notes.hide()
        self._outputs[0].show()
        self._outputs[0].show_growing("text", self._context(), list(self._use.written))
        self._stack.setCurrentWidget(self._one)
        self._foot("writing")

    def _on_progressed(self, progress: Progress) -> None:
        if self._use.predict_state == "working":
            self.line.set_progress(progress.fraction, progress.message, left_s=progress.left_s)


def _words(prediction: Prediction) -> str:
    return ", ".join(answer_text(answer) for answer in prediction.outputs.values())


def _picture_of(prediction: Prediction) -> QImage | None:
    """The first picture that was made."""
    return next((image_of(answer) for answer in prediction.outputs.values() if answer.pixels), None)
