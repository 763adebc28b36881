"""What the network answers: bars for classes, a number in its own unit, or a line per file for several."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.protocol.messages.base import Progress
from engine.protocol.messages.deployment import Answer, Prediction
from gui.charts.line_chart import LineChart
from gui.charts.score_bars import ScoreBars, percent
from gui.forms.metric_text import short_value
from gui.models.use import UseModel
from gui.use.mask_view import MaskView
from gui.widgets.button import Button
from gui.widgets.empty_state import EmptyState
from gui.widgets.notice import Notice
from gui.widgets.progress_line import ProgressLine
from gui.widgets.row_list import RowList
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.text import Text


class OutputAnswer(QWidget):
    """The answer for one output of the network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._field = Text("", tone="dim")
        self._value = Text("", role="score")
        self._text = Text("", wrap=True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._bars = ScoreBars()
        self.regions = MaskView()
        self.curves = LineChart(x_label="moment ahead", name="use.curves", accessible="Forecast")
        self.curves.setFixedHeight(240)
        for widget in (self._field, self._value, self._text, self.regions, self.curves, self._bars):
            column.addWidget(widget)

    def show_answer(self, field: str, answer: Answer, *, alone: bool) -> None:
        """Show it; the name of the output only where there are several, or for a number."""
        is_class = bool(answer.scores)
        self._field.set_text(field)
        self._field.setVisible(not alone or not is_class)
        is_text = not is_class and isinstance(answer.value, str)
        self._value.setVisible(not is_class and not is_text)
        self._text.setVisible(is_text)
        self._bars.setVisible(is_class)
        self._show_series(answer)
        self.regions.setVisible(bool(answer.mask))
        self.regions.set_mask(answer.mask, answer.height, answer.width)
        if is_class:
            self._bars.set_scores(list(answer.scores.items()))
        elif is_text:
            self._text.set_text(answer_text(answer) or "(nothing)")
        else:
            self._value.set_text(answer_text(answer))
        self.setAccessibleName(f"{field}: {answer_text(answer)}")

    def _show_series(self, answer: Answer) -> None:
        """A curve for each value that is forecast, from the first moment ahead on."""
        self.curves.setVisible(bool(answer.series))
        self.curves.clear()
        width = len(answer.series[0]) if answer.series else 0
        moments = list(range(1, len(answer.series) + 1))
        for place in range(width):
            name = answer.names[place] if len(answer.names) == width else f"value {place + 1}"
            self.curves.add_series(str(place), name, smoothed=False)
            self.curves.set_points(str(place), moments, [row[place] for row in answer.series])


class AnswerPanel(QWidget):
    """Follows the use model. `retry_requested` when the user wants the same answer tried again."""

    retry_requested = Signal()

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
        self._one = ScrollColumn(spacing=16)
        self._outputs: list[OutputAnswer] = []
        self.beneath: Callable[[], QPixmap | None] = lambda: None
        """Gives the picture that a mask lies over; set by whoever shows the picture."""
        self.classes: Sequence[str] = ()
        """The classes of a mask, in the order of their numbers."""
        self._one.column.addStretch(1)
        self.many = RowList(name="use.answers", accessible="Answers", grows=False)
        self._stack = QStackedWidget()
        for page in (self._hint, waiting, failed, self._one, self.many):
            self._stack.addWidget(page)
        self._waiting, self._failed = waiting, failed
        self._below = Text("", tone="dim", wrap=True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(10)
        outer.addWidget(self._stack, 1)
        outer.addWidget(self._below)
        use.changed.connect(self.refresh)
        use.progressed.connect(self._on_progressed)
        self.refresh()

    def refresh(self) -> None:
        """Show the state of the model."""
        use = self._use
        self._below.hide()
        if use.predict_state == "working":
            if self._stack.currentWidget() is not self._waiting:
                self.line.start("Asking the network")
            self._stack.setCurrentWidget(self._waiting)
        elif use.predict_state == "failed" and use.predict_error is not None:
            error = use.predict_error
            again = Button("Try again")
            again.clicked.connect(self.retry_requested)
            facts = [f"Where: {error.where}." if error.where else "", error.hint]
            self.failure.set_message("error", error.message, " ".join(fact for fact in facts if fact), [again])
            self._stack.setCurrentWidget(self._failed)
        elif use.prediction is not None and use.prediction.predictions:
            self._show(use.prediction.predictions)
            speed = f"{use.prediction.milliseconds:.2f} ms in onnxruntime" if use.prediction.milliseconds > 0 else ""
            self._below.set_text(" · ".join(part for part in (speed, f"run #{use.prediction.run}") if part))
            self._below.show()
        else:
            self._stack.setCurrentWidget(self._hint)

    def refresh_beneath(self) -> None:
        """The picture under a mask has come, or has changed."""
        for output in self._outputs:
            output.regions.set_beneath(self.beneath(), self.classes)

    def words_below(self) -> str:
        """Speed and run, under the answer."""
        return self._below.whole_text() if not self._below.isHidden() else ""

    def outputs(self) -> list[str]:
        """The answers shown, in words."""
        return [output.accessibleName() for output in self._outputs if not output.isHidden()]

    def _show(self, predictions: list[Prediction]) -> None:
        if len(predictions) > 1:
            self._show_many(predictions)
            return
        prediction = predictions[0]
        if prediction.problem:
            self.failure.set_message("error", "This could not be used", prediction.problem, [])
            self._stack.setCurrentWidget(self._failed)
            return
        while len(self._outputs) < len(prediction.outputs):
            output = OutputAnswer()
            self._one.column.insertWidget(len(self._outputs), output)
            self._outputs.append(output)
        answers = list(prediction.outputs.items())
        for at, output in enumerate(self._outputs):
            output.setVisible(at < len(answers))
            output.regions.set_beneath(self.beneath(), self.classes)
            if at < len(answers):
                output.show_answer(*answers[at], alone=len(answers) == 1)
        self._stack.setCurrentWidget(self._one)

    def _show_many(self, predictions: list[Prediction]) -> None:
        self.many.clear()
        for prediction in predictions:
            name = Path(prediction.input).name or prediction.input
            if prediction.problem:
                self.many.add_row(f"{name}: {prediction.problem}", "", dot="error", tooltip=prediction.problem)
                continue
            words = ", ".join(answer_text(answer) for answer in prediction.outputs.values())
            best = next((max(a.scores.values()) for a in prediction.outputs.values() if a.scores), None)
            self.many.add_row(
                f"{name}  →  {words}", percent(best) if best is not None else "", dot="ok", tooltip=prediction.input
            )
        self._stack.setCurrentWidget(self.many)

    def _on_progressed(self, progress: Progress) -> None:
        if self._use.predict_state == "working":
            self.line.set_progress(progress.fraction, progress.message, left_s=progress.left_s)


def answer_text(answer: Answer) -> str:
    """The label, or the number in four digits."""
    return answer.value if isinstance(answer.value, str) else short_value(answer.value)
