"""View "Oddness": how unlike what it learned each sample looks, and whether that finds the samples of a kind."""

from typing import ClassVar, Final

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from engine.protocol.messages.oddness import OddnessScored, ScoreOddness
from gui.charts.figure_card import FigureCard
from gui.charts.ticks import value_text
from gui.evaluate.figures import figure_of
from gui.evaluate.view import EvaluateContext
from gui.evaluate.views.inside_view import InsideView
from gui.evaluate.views.plots import described
from gui.forms.metric_text import short_value
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.plain_text import plain_text
from gui.widgets.text import Text
from gui.widgets.tokens import GAP

_PLOTS: Final = 2
_NOTHING: Final = "nothing yet"
_UNSEEN: Final = "what training never saw"


class OddnessView(InsideView):
    """A field and one of its values are picked above; below how they are spread, and how well they are found."""

    key = "oddness"
    caption = "Oddness"
    section: ClassVar[str] = "Views"
    by_sample = False
    hint = "Pick a column and a value."

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._field = self._value = ""
        self._shown: OddnessScored | None = None
        self._has_unseen = False
        self.field = ChoiceEditor()
        self.field.setObjectName("evaluate.oddness.field")
        self.field.setAccessibleName("What is to be found")
        self.field.setMinimumWidth(240)
        self.field.committed.connect(self._on_field)
        self.value = ChoiceEditor()
        self.value.setObjectName("evaluate.oddness.value")
        self.value.setAccessibleName("The value that is to be found")
        self.value.setMinimumWidth(200)
        self.value.committed.connect(self._on_value)
        self.words = Text("", wrap=True)
        self.cards: list[FigureCard] = []
        row = QHBoxLayout()
        row.addWidget(Text("Find", tone="dim"))
        row.addWidget(self.field)
        row.addWidget(self.value)
        row.addStretch(1)
        self._plots = QHBoxLayout()
        self._plots.setSpacing(GAP)
        for number in range(_PLOTS):
            card = FigureCard(name=f"evaluate.oddness.{number + 1}", parent=self)
            self._plots.addWidget(card, 1)
            self.cards.append(card)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.words)
        column.addLayout(self._plots, 1)

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        made_again = any(grid.key == "reconstruction" for grid in output.pictures)
        doubts = bool(output.matrix) and "one_shot_accuracy" not in output.metrics
        if made_again or doubts:
            return ""
        return "It is for networks that make their input again, and for those that name a class."

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        if self.output is not None and (
            output.field != self.output.field or result.run != getattr(self.result, "run", 0)
        ):
            self._field = self._value = ""
        super().show_output(result, output)

    def ask(self) -> None:
        if self.result is None or self.output is None:
            return
        self.question.ask(
            ScoreOddness,
            run=str(self.result.run),
            split=self.result.split,
            output=self.output.field,
            field=self._field,
            value=self._value,
        )

    def show_answer(self) -> None:
        found = self.question.answer
        if not isinstance(found, OddnessScored) or found is self._shown:
            return
        self._shown = found
        self._has_unseen |= bool(found.values) and not self._field
        first = Choice(value="", label=_UNSEEN if self._has_unseen else _NOTHING)
        self.field.set_choices([first, *(Choice(value=one.key, label=one.caption) for one in found.choices)])
        self.field.set_value(self._field)
        self.value.setVisible(bool(self._field))
        self.value.set_choices([Choice(value=value, label=plain_text(value, 60)) for value in found.field_values])
        self.value.set_value(self._value)
        self.words.set_text(self._told(found))
        self.card.set_note(f"{found.odd + found.others:,} samples of {found.split}")
        for at, card in enumerate(self.cards):
            card.setVisible(at < len(found.plots))
            if at < len(found.plots):
                card.show_figure(figure_of(found.plots[at]), note=described(found.plots[at]))

    def _told(self, found: OddnessScored) -> str:
        """What was found, in a sentence or two."""
        if found.auroc is None:
            return found.note or "Pick what is to be found, to see whether oddness finds it."
        kind = plain_text(", ".join(found.values), 80)
        bounds = f" ({value_text(found.interval[0])} to {value_text(found.interval[1])})" if found.interval else ""
        return (
            f"AUROC {short_value(found.auroc)}{bounds}: oddness tells {found.odd:,} samples of {kind} from "
            f"{found.others:,} others. 0.5 is guessing, 1 perfect."
        )

    def focus_first(self) -> None:
        self.field.setFocus()

    def _on_field(self, key: object) -> None:
        self._field = str(key)
        found = self._shown
        self._value = ""
        if self._field and found is not None:
            field = next((one for one in self.context.project.project.data.fields if one.name == self._field), None)
            self._value = next(iter(field.statistics.classes), "") if field is not None else ""
        self.ask()
        self.refresh()

    def _on_value(self, value: object) -> None:
        self._value = str(value)
        self.ask()
        self.refresh()
