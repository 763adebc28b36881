"""Find learning rate: a short test with a rising rate, its curve, and one click to take what it suggests."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from engine.protocol.messages.training import FindLearningRate, LearningRateFound
from gui.charts.line_chart import LineChart
from gui.charts.series_style import SeriesStyle, series_style
from gui.models.saved_question import SavedQuestion
from gui.widgets.button import Button
from gui.widgets.notice import Notice
from gui.widgets.progress_line import ProgressLine
from gui.widgets.text import Text


class RateFinder(QDialog):
    """Begins when it is shown. `taken` carries the learning rate that the user takes."""

    taken = Signal(float)

    def __init__(
        self, question: SavedQuestion, *, phase: int, player: int, device: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("train.rate")
        self.setWindowTitle("Find learning rate")
        self.resize(640, 460)
        self._question = question
        self._fields = {"phase": phase, "player": player, "device": device}
        self.chart = LineChart(
            x_label="learning rate", empty="The curve comes with the answer", accessible="Range test"
        )
        self.chart.set_log_x(True)
        self.chart.setMinimumHeight(240)
        self.line = ProgressLine("Training some steps", name="train.rate.progress")
        self.line.cancelled.connect(self.reject)
        self.notice = Notice("info", "", name="train.rate.notice", parent=self)
        self.notice.hide()
        self.words = Text("", tone="dim", wrap=True)
        self.take = Button("Take it", role="primary", name="train.rate.take")
        self.take.clicked.connect(self._on_take)
        again = Button("Again", name="train.rate.again")
        again.clicked.connect(self._begin)
        close = Button("Close", name="train.rate.close")
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(again)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.take)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(Text("Find learning rate", role="heading"))
        column.addWidget(
            Text(
                "A fresh copy of the network trains some steps while the rate rises. Where the loss falls steepest is a"
                " good rate. Nothing of the project changes.",
                tone="dim",
                wrap=True,
            )
        )
        column.addWidget(self.chart, 1)
        column.addWidget(self.line)
        column.addWidget(self.notice)
        column.addWidget(self.words)
        column.addLayout(buttons)
        question.changed.connect(self._refresh)
        self.finished.connect(self._on_finished)
        self._begin()

    def _begin(self) -> None:
        self.line.start("Training some steps")
        self._question.ask(FindLearningRate, **self._fields)
        self._refresh()

    def _refresh(self) -> None:
        question = self._question
        working = question.state == "working"
        self.line.setVisible(working)
        if working and question.progress is not None:
            told = question.progress
            self.line.set_progress(told.fraction, told.message or "Training some steps", left_s=told.left_s)
        self.notice.setVisible(question.state == "failed")
        if question.error is not None:
            self.notice.set_message("error", "It could not be found", f"{question.error.message} {question.error.hint}")
        found = question.answer
        reason = "It is not known yet." if working else "Nothing was found."
        if isinstance(found, LearningRateFound):
            self._show(found)
            reason = "" if found.suggestion > 0 else found.note or "The curve says nothing."
            self.take.set_text(f"Take {found.suggestion:.2g}" if found.suggestion > 0 else "Take it")
        else:
            self.words.set_text("")
        self.take.set_blocked(reason)

    def _show(self, found: LearningRateFound) -> None:
        from gui.charts.plot_area import EventMark

        main = series_style(0)
        self.chart.add_series("raw", "loss as measured", SeriesStyle(color=main.color), smoothed=False, back=True)
        self.chart.append("raw", found.rates, found.losses)
        self.chart.add_series("smooth", "loss", SeriesStyle(color=main.color), smoothed=False)
        self.chart.append("smooth", found.rates, found.smooth or found.losses)
        marks = [
            (found.present, "in the recipe", False),
            (found.suggestion, "suggested", False),
            (found.highest, "highest that learns", True),
        ]
        self.chart.set_marks([EventMark(x=x, text=text, warns=warns) for x, text, warns in marks if x > 0])
        words = [f"The recipe has {found.present:.2g}."]
        if found.suggestion > 0:
            words.append(f"Steepest at {found.suggestion:.2g}; above {found.highest:.2g} the loss rises.")
        words.append(found.note)
        self.words.set_text(" ".join(word for word in words if word))

    def _on_take(self) -> None:
        found = self._question.answer
        if isinstance(found, LearningRateFound) and found.suggestion > 0:
            self.taken.emit(float(f"{found.suggestion:.2g}"))
            self.accept()

    def _on_finished(self, _result: int) -> None:
        self._question.changed.disconnect(self._refresh)
        self._question.cancel()
        self.deleteLater()
