"""View "Groups": for whom it works worst. Scores of parts of the split, by any column of the data."""

from typing import ClassVar

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from engine.protocol.messages.answered_samples import Among
from engine.protocol.messages.comparison import GroupScore, GroupsScored, ScoreGroups
from engine.protocol.messages.evaluation import EvaluationFinished, FieldEvaluation
from gui.evaluate.group_table import GroupTable, members_of
from gui.evaluate.view import ACTS, MADE, EvaluateContext
from gui.evaluate.views.inside_view import InsideView
from gui.forms.metric_text import metric_label, metric_text
from gui.models.answered import Wanted
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.text import Text


class GroupsView(InsideView):
    """A column is picked above; a group leads to its samples."""

    key = "groups"
    caption = "Groups"
    section: ClassVar[str] = "Views"
    by_sample = False
    hint = "Pick what the samples are to be grouped by."

    def __init__(self, context: EvaluateContext) -> None:
        super().__init__(context)
        self._by = ""
        self._shown: GroupsScored | None = None
        self.by = ChoiceEditor()
        self.by.setObjectName("evaluate.groups.by")
        self.by.setAccessibleName("Group the samples by")
        self.by.setMinimumWidth(320)
        self.by.committed.connect(self._on_picked)
        self.open = Button(
            "Show samples", small=True, name="evaluate.groups.open", tooltip="List them in Mistakes (Return)"
        )
        self.open.clicked.connect(self._on_open_clicked)
        self.table = GroupTable()
        self.table.group_chosen.connect(self._list)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._refresh_button())
        self.words = Text("", role="note", wrap=True)
        row = QHBoxLayout()
        row.addWidget(Text("By", tone="dim"))
        row.addWidget(self.by)
        row.addStretch(1)
        row.addWidget(self.open)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addWidget(self.words)

    def why_not(self, result: EvaluationFinished, output: FieldEvaluation) -> str:
        if output.episodes:
            return ACTS
        if output.from_noise:
            return MADE
        return "" if output.metrics else "These answers have no score to compare."

    def show_output(self, result: EvaluationFinished, output: FieldEvaluation) -> None:
        if self.output is not None and output.field != self.output.field:
            self._by = ""
        super().show_output(result, output)

    def ask(self) -> None:
        if self.result is None or self.output is None:
            return
        self.question.ask(
            ScoreGroups, run=str(self.result.run), split=self.result.split, output=self.output.field, by=self._by
        )

    def show_answer(self) -> None:
        found = self.question.answer
        if not isinstance(found, GroupsScored) or found is self._shown:
            return
        self._shown = found
        self.by.set_choices([Choice(value=choice.key, label=choice.caption) for choice in found.choices])
        self.by.set_value(found.by)
        self.table.show_groups(found)
        main = found.metrics[0] if found.metrics else ""
        whole = f"{metric_label(main)} of all {found.overall.samples:,} samples: "
        whole += f"{metric_text(main, found.overall.metrics.get(main))}, the dashed line. Worst first."
        self.words.set_text(f"{whole} {found.note}".strip())
        self.card.set_note(f"{len(found.groups)} groups by {found.caption}")
        self._refresh_button()

    def focus_first(self) -> None:
        self.table.setFocus()

    def _on_picked(self, key: object) -> None:
        self._by = str(key)
        self.ask()
        self.refresh()

    def _refresh_button(self) -> None:
        self.open.set_blocked("" if self.table.chosen() is not None else "Pick a group first.")

    def _on_open_clicked(self) -> None:
        group = self.table.chosen()
        if group is not None:
            self._list(group)

    def _list(self, group: GroupScore) -> None:
        caption = self._shown.caption if self._shown is not None else ""
        words = f"{caption}: {group.name}" if caption else group.name
        self.context.evaluation.list_samples(Wanted(among=Among.ALL, samples=members_of(group), words=words))
