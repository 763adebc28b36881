"""The left side of the Evaluate tab: which run on which samples, for which output, and how it is looked at."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QListWidgetItem

from engine.protocol.run_folder import RunSummary
from gui.evaluate.scored_runs import best_run, scorable
from gui.evaluate.view import EvaluateView
from gui.forms.metric_text import main_metric
from gui.models.evaluation import EvaluationModel
from gui.models.runs import RunsModel
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.guarded import guarded
from gui.widgets.row_list import ROW_HEIGHT, KeyRole, RowList
from gui.widgets.side_panel import SidePanel
from gui.widgets.text import Text

WHY: Final = "why"
"""Key of the view that explains an answer; picking a way of explaining leads there."""
_MOST_RUNS: Final = 7
"""Rows of runs before their list scrolls by itself: the views stay in sight."""

SPLITS = (
    Choice(value="test", label="Test", help="Samples the network has never seen: the honest score."),
    Choice(value="val", label="Validation", help="Samples that decided which epoch is best."),
    Choice(
        value="train",
        label="Training",
        help="Samples it learned from. A much better score here means learning by heart.",
    ),
)


class _RunRows(RowList):
    """As high as its rows, up to a few."""

    def __init__(self) -> None:
        super().__init__(name="evaluate.runs", accessible="Runs that can be scored")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    @guarded(fallback=RowList.sizeHint)
    def sizeHint(self) -> QSize:
        return QSize(160, max(4, min(self.count(), _MOST_RUNS) * ROW_HEIGHT))

    @guarded(fallback=RowList.minimumSizeHint)
    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())


class ModelPanel(SidePanel):
    """`asked` carries run number and split whenever the user picks either, or asks again."""

    asked = Signal(int, str)

    def __init__(self, runs: RunsModel, evaluation: EvaluationModel, kinds: Sequence[type[EvaluateView]]) -> None:
        super().__init__("left", name="evaluate.side", accessible="What is scored, and how it is looked at")
        self._runs = runs
        self._evaluation = evaluation
        self._captions = {kind.key: kind.caption for kind in kinds}
        self._filling = False  # a list is being changed by us, not by the user
        self.add_section("Model")
        self.rows = _RunRows()
        self.add(self.rows)
        self._none = Text("Runs that saved an epoch are listed here.", role="note", wrap=True)
        self.add(self._none)
        self.split = ChoiceEditor(SPLITS)
        self.split.setObjectName("evaluate.split")
        self.split.setAccessibleName("Split")
        self.add(self.split)
        self._output_title = self.add_section("Output")
        self.output = ChoiceEditor()
        self.output.setObjectName("evaluate.output")
        self.output.setAccessibleName("Output of the network")
        self.add(self.output)
        self.views: list[RowList] = []
        for section in dict.fromkeys(kind.section for kind in kinds):
            self.add_section(section)
            name = "evaluate.views" if not self.views else f"evaluate.views.{section.lower()}"
            rows = RowList(name=name, accessible=section)
            for kind in kinds:
                if kind.section == section:
                    rows.add_row(kind.caption, key=kind.key)
            rows.currentItemChanged.connect(self._on_view_picked)
            self.views.append(rows)
            self.add(rows)
        self._methods_title = self.add_section("Explain with")
        self.methods = RowList(name="evaluate.explain", accessible="Explain with")
        self.methods.itemClicked.connect(self._on_method_picked)
        self.methods.itemActivated.connect(self._on_method_picked)
        self.methods.currentItemChanged.connect(self._on_method_moved)
        self.add(self.methods)
        self.column.addSpacing(8)
        self.again = Button("Score again", name="evaluate.again", tooltip="Score this run on these samples once more")
        self.add(self.again)
        self.finish()
        self.show_outputs([])
        self._show_methods()
        self._mark_view()
        self.rows.currentItemChanged.connect(self._on_row_changed)
        self.split.committed.connect(self._ask)
        self.again.clicked.connect(self._ask)
        self.output.committed.connect(lambda at: evaluation.choose_output(int(str(at))))
        evaluation.methods_changed.connect(self._show_methods)
        evaluation.method_chosen.connect(self._show_methods)
        evaluation.view_chosen.connect(self._mark_view)
        runs.list_changed.connect(self._fill)
        self._fill()

    def run(self) -> int | None:
        """The run picked."""
        key = self.rows.current_key()
        return key if isinstance(key, int) else None

    def select(self, run: int) -> None:
        """Mark a run without asking for its scores."""
        self._filling = True
        self.rows.select_key(run)
        self._filling = False

    def show_outputs(self, fields: list[str], at: int = 0) -> None:
        """Offer the outputs of the network; one alone needs no choice."""
        several = len(fields) > 1
        self._output_title.setVisible(several)
        self.output.setVisible(several)
        if several:
            self.output.set_choices([Choice(value=place, label=field) for place, field in enumerate(fields)])
            self.output.set_value(at)

    def set_blocked(self, reason: str) -> None:
        """Say why nothing can be asked now; empty when it can."""
        self.again.set_blocked(reason)

    # Views and ways of explaining.

    def judge_view(self, key: str, reason: str) -> None:
        """Say why a view cannot be shown; empty when it can."""
        for rows in self.views:
            for at in range(rows.count()):
                if rows.item(at).data(KeyRole) == key:
                    self._filling = True
                    _set_blocked(rows, rows.item(at), self._captions[key], reason)
                    self._filling = False

    def _mark_view(self, *_: object) -> None:
        """Mark the view that is shown, in whichever list it stands."""
        key = self._evaluation.view or next(iter(self._captions), "")
        self._filling = True
        for rows in self.views:
            if not rows.select_key(key):
                rows.setCurrentRow(-1)
        self._filling = False

    def _on_view_picked(self, item: QListWidgetItem | None) -> None:
        if not self._filling and item is not None:
            self._evaluation.choose_view(str(item.data(KeyRole)))

    def _show_methods(self, *_: object) -> None:
        methods = self._evaluation.methods
        self._filling = True
        if self.methods.keys() != [method.key for method in methods]:
            self.methods.clear()
            for method in methods:
                self.methods.add_row(method.caption, key=method.key)
        for at, method in enumerate(methods):
            _set_blocked(self.methods, self.methods.item(at), method.caption, method.why_not, method.help)
        if not self.methods.select_key(self._evaluation.method):
            self.methods.setCurrentRow(-1)
        self._filling = False
        self._methods_title.setVisible(bool(methods))
        self.methods.setVisible(bool(methods))

    def _on_method_moved(self, item: QListWidgetItem | None) -> None:
        if not self._filling:
            self._on_method_picked(item)

    def _on_method_picked(self, item: QListWidgetItem | None) -> None:
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        self._evaluation.choose_method(str(item.data(KeyRole)))
        if WHY in self._captions:
            self._evaluation.choose_view(WHY)

    # Runs.

    def _fill(self) -> None:
        listed = scorable(self._runs.summaries)
        best = best_run(listed)
        chosen = self.run()
        self._filling = True
        if self.rows.keys() != [summary.run for summary in listed]:
            self.rows.clear()
            for summary in listed:
                self.rows.add_row("", key=summary.run)
            self.rows.updateGeometry()
        for row, summary in enumerate(listed):
            is_best = best is not None and summary.run == best.run and len(listed) > 1
            self.rows.set_row(
                self.rows.item(row),
                f"#{summary.run} {summary.name}".strip() + (" · best" if is_best else ""),
                _score(summary),
                dot="accent" if is_best else "edge",
                key=summary.run,
            )
        if (chosen is None or not self.rows.select_key(chosen)) and best is not None:
            self.rows.select_key(best.run)
        self._filling = False
        self.rows.setVisible(bool(listed))
        self._none.setVisible(not listed)

    def _on_row_changed(self) -> None:
        if not self._filling:
            self._ask()

    def _ask(self, *_: object) -> None:
        run = self.run()
        if run is not None:
            self.asked.emit(run, str(self.split.value()))


def _score(summary: RunSummary) -> str:
    key = main_metric(summary.best)
    if not key:
        return ""
    value = summary.best[key]
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.4g}"


def _set_blocked(rows: RowList, item: QListWidgetItem, caption: str, reason: str, help_text: str = "") -> None:
    """Let a row be picked, or say why it cannot be: in its tooltip, and to who hears the window."""
    rows.set_row(item, caption, key=item.data(KeyRole), tooltip=reason or help_text)
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if not reason else Qt.ItemFlag.NoItemFlags)
    if reason:
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{caption}, cannot be shown: {reason}")
