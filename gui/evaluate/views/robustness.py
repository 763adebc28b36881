"""View "Robustness": how the score falls as the inputs get noisier, darker, turned or incomplete."""

from typing import ClassVar

from PySide6.QtWidgets import QGridLayout, QVBoxLayout

from engine.protocol.messages.comparison import MeasureRobustness, RobustnessMeasured
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from gui.charts.figure_card import FigureCard
from gui.evaluate.figures import figure_of
from gui.evaluate.view import ACTS, MADE, EvaluateContext
from gui.evaluate.views.inside_view import InsideView
from gui.evaluate.views.plots import described
from gui.widgets.button import Button
from gui.widgets.text import Text
from gui.widgets.tokens import GAP

_ACROSS = 3


class RobustnessView(InsideView):
    """A curve a disturbance, the one that costs most first. It is measured when it is asked for: that takes a while."""

    key = "robustness"
    caption = "Robustness"
    section: ClassVar[str] = "Views"
    by_sample = False
    hint = "The network is asked again about up to 500 samples, with each kind of disturbance at four strengths."

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self.start = Button("Measure", role="primary", name="evaluate.robustness.start")
        self.start.clicked.connect(self._on_start)
        self._wanted: tuple[int, str, str] | None = None
        self._shown: RobustnessMeasured | None = None
        self.cards: list[FigureCard] = []
        self.words = Text("", role="note", wrap=True)
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        for place in range(_ACROSS):
            self._grid.setColumnStretch(place, 1)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.words)
        column.addLayout(self._grid)
        column.addStretch(1)
        self.card.add_to_header(self.start)

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        if output.episodes:
            return ACTS
        if output.kind == "text":
            return "Of networks that write text this cannot be measured yet."
        if output.from_noise:
            return MADE
        return "" if output.metrics else "These answers have no score that could fall."

    def ask(self) -> None:
        if self._place() == self._wanted:
            self._measure()

    def refresh(self) -> None:
        super().refresh()
        working = self.question.state == "working"
        self.start.set_text("Measure again" if self._is_current() else "Measure")
        self.start.set_blocked("It is being measured." if working else "")
        if self.question.state != "failed" and not working and not self._is_current():
            self.empty.set_words("Not measured yet", self.hint)
            self.stack.setCurrentWidget(self.empty)

    def show_answer(self) -> None:
        found = self.question.answer
        if not isinstance(found, RobustnessMeasured) or found is self._shown:
            return
        self._shown = found
        while len(self.cards) < len(found.plots):
            card = FigureCard(name=f"evaluate.robustness.{len(self.cards) + 1}", parent=self.page)
            at = len(self.cards)
            self._grid.addWidget(card, at // _ACROSS, at % _ACROSS)
            self.cards.append(card)
        for at, card in enumerate(self.cards):
            card.setVisible(at < len(found.plots))
            if at < len(found.plots):
                card.show_figure(figure_of(found.plots[at]), note=described(found.plots[at]))
        self.words.set_text(f"{found.note} {found.samples:,} samples, what costs most first.")

    def focus_first(self) -> None:
        self.start.setFocus()

    def _place(self) -> tuple[int, str, str] | None:
        if self.result is None or self.output is None:
            return None
        return self.result.run, self.result.split, self.output.field

    def _is_current(self) -> bool:
        found = self.question.answer
        return isinstance(found, RobustnessMeasured) and (found.run, found.split, found.field) == self._place()

    def _on_start(self) -> None:
        self._wanted = self._place()
        if self._is_current():
            self.question.ask_again()
        else:
            self._measure()
        self.refresh()

    def _measure(self) -> None:
        if self.result is not None and self.output is not None:
            self.question.ask(
                MeasureRobustness, run=str(self.result.run), split=self.result.split, output=self.output.field
            )
