"""View "Compare runs": which samples another run had right that this one has wrong, and the other way round."""

from typing import ClassVar, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout

from engine.protocol.messages.comparison import CompareRuns, RunsCompared
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from gui.charts.figure_card import FigureCard
from gui.evaluate.compared_samples import ComparedSamples
from gui.evaluate.figures import figure_of
from gui.evaluate.group_table import interval_text, numbers_in
from gui.evaluate.scored_runs import scorable
from gui.evaluate.view import ACTS, EvaluateContext
from gui.evaluate.views.inside_view import InsideView
from gui.evaluate.views.plots import described
from gui.forms.metric_text import is_share, metric_label, metric_text, short_value
from gui.models.answered import Place
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.tabs import SegmentedTabs
from gui.widgets.text import Text
from gui.widgets.tokens import GAP

_CAPTIONS: Final = {
    "fixed": ("Fixed", "This run fixes nothing that the other had wrong."),
    "broken": ("Broken", "This run breaks nothing that the other had right."),
    "both_wrong": ("Both wrong", "No sample is wrong in both."),
    "both_right": ("Both right", "No sample is right in both."),
    "better": ("Closer", "No sample is closer than before."),
    "worse": ("Further off", "No sample is further off than before."),
}


class CompareView(InsideView):
    """The run that is scored, compared with another one that is picked above."""

    key = "compare"
    caption = "Compare runs"
    section: ClassVar[str] = "Views"
    by_sample = False
    hint = "Pick the run to compare with."

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._other = 0
        self._shown: RunsCompared | None = None
        self.other = ChoiceEditor()
        self.other.setObjectName("evaluate.compare.other")
        self.other.setAccessibleName("Compare with run")
        self.other.setMinimumWidth(220)
        self.other.committed.connect(self._on_picked)
        self.sentence = Text("", wrap=True)
        self.facts = Text("", role="note", wrap=True)
        self.lists = SegmentedTabs(name="evaluate.compare.lists", small=True)
        self.lists.setAccessibleName("Which samples are listed")
        self.lists.currentChanged.connect(self._on_switched)
        self.samples = ComparedSamples(context, name="evaluate.compare.samples")
        self.samples.setMinimumHeight(190)
        self.cards = [FigureCard(name=f"evaluate.compare.{at + 1}", parent=self.page) for at in range(2)]
        for card in self.cards:
            card.sample_chosen.connect(context.evaluation.choose_sample)
        row = QHBoxLayout()
        row.addWidget(Text("With", tone="dim"))
        row.addWidget(self.other)
        row.addStretch(1)
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        for at, card in enumerate(self.cards):
            self._grid.addWidget(card, 0, at)
            self._grid.setColumnStretch(at, 1)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(row)
        column.addWidget(self.sentence)
        column.addWidget(self.facts)
        column.addWidget(self.lists, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.samples, 2)
        column.addLayout(self._grid, 3)

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        if output.episodes:
            return ACTS
        if not self._others(result.run):
            return "It needs a second run. Train again with other settings."
        return "" if output.metrics else "These answers have no score to compare."

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        runs = self._others(result.run)
        if self._other not in runs:
            baseline = self.context.runs.baseline
            earlier = [run for run in runs if run < result.run]
            self._other = baseline if baseline in runs else max(earlier, default=max(runs, default=0))
        self.other.set_choices([Choice(value=run, label=self._label(run)) for run in runs])
        if runs:
            self.other.set_value(self._other)
        super().show_output(result, output)

    def ask(self) -> None:
        if self.result is None or self.output is None or not self._other:
            return
        self.question.ask(
            CompareRuns,
            run=str(self.result.run),
            other=str(self._other),
            split=self.result.split,
            output=self.output.field,
        )

    def show_answer(self) -> None:
        found = self.question.answer
        if not isinstance(found, RunsCompared) or found is self._shown:
            return
        self._shown = found
        self.card.set_note(f"{found.samples:,} samples of {found.split}")
        self.sentence.set_text(found.words)
        self.facts.set_text(self._facts(found))
        self.lists.blockSignals(True)
        while self.lists.count():
            self.lists.removeTab(0)
        for one in found.lists:
            self.lists.addTab(f"{_CAPTIONS.get(one.key, (one.key, ''))[0]} {one.count:,}")
        self.lists.setCurrentIndex(0)
        self.lists.blockSignals(False)
        self._on_switched(0)
        for at, card in enumerate(self.cards):
            card.setVisible(at < len(found.plots))
            if at < len(found.plots):
                alone = len(found.plots) == 1
                self._grid.addWidget(card, 0, at, 1, 2 if alone else 1)
                card.show_figure(figure_of(found.plots[at]), note=described(found.plots[at]))

    def focus_first(self) -> None:
        self.other.setFocus()

    def _facts(self, found: RunsCompared) -> str:
        parts = []
        for side in (found.first, found.second):
            name = f" ({side.name})" if side.name else ""
            between = interval_text(found.metric, side.interval)
            text = f"Run {side.run}{name}: {metric_label(found.metric)} {metric_text(found.metric, side.score)}"
            parts.append(f"{text}, {between}" if between else text)
        change = f"Difference {_change(found.metric, found.difference)}"
        low_high = [_change(found.metric, bound) for bound in found.interval]
        parts.append(f"{change}, between {low_high[0]} and {low_high[1]}" if low_high else change)
        if found.p_value is not None:
            parts.append(f"McNemar's exact test: p = {found.p_value:.2g}")
        if found.left:
            parts.append(f"{found.left:,} samples were answered by one run alone and are left out")
        return ". ".join(parts) + "."

    def _others(self, run: int) -> list[int]:
        return [summary.run for summary in scorable(self.context.runs.summaries) if summary.run != run]

    def _label(self, run: int) -> str:
        summary = self.context.runs.summary(run)
        name = f" · {summary.name}" if summary is not None and summary.name else ""
        return f"Run {run}{name}"

    def _on_picked(self, run: object) -> None:
        self._other = int(str(run))
        self.ask()
        self.refresh()

    def _on_switched(self, at: int) -> None:
        found = self._shown
        if found is None or not 0 <= at < len(found.lists):
            return
        one = found.lists[at]
        caption, nothing = _CAPTIONS.get(one.key, (one.key, "None."))
        place = Place(run=found.second.run, split=found.split, output=found.field)
        words = f"{caption} since run {found.first.run}"
        self.samples.show_samples(place, numbers_in(one.members), words, nothing)


def _change(metric: str, value: float) -> str:
    """A difference of two scores, with its sign: `+3.8 points` of a share."""
    return f"{100 * value:+.1f} points" if is_share(metric) else f"{'+' if value > 0 else ''}{short_value(value)}"
