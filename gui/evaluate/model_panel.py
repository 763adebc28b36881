"""The left side of the Evaluate tab: which run on which samples, and for which output."""

from PySide6.QtCore import Signal

from engine.protocol.run_folder import RunSummary
from gui.evaluate.scored_runs import best_run, scorable
from gui.forms.metric_text import main_metric
from gui.models.runs import RunsModel
from gui.widgets.button import Button
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.row_list import RowList
from gui.widgets.side_panel import SidePanel
from gui.widgets.text import Text

SPLITS = (
    Choice(value="test", label="Test", help="Samples the network has never seen: the honest score."),
    Choice(value="val", label="Validation", help="Samples that decided which epoch is best."),
    Choice(
        value="train",
        label="Training",
        help="Samples it learned from. A much better score here means learning by heart.",
    ),
)


class ModelPanel(SidePanel):
    """`asked` carries run number and split whenever the user picks either, or asks again."""

    asked = Signal(int, str)
    output_chosen = Signal(object)

    def __init__(self, runs: RunsModel) -> None:
        super().__init__("left", name="evaluate.side", accessible="What is scored")
        self._runs = runs
        self._filling = False  # the list is being changed by us, not by the user
        self.add_section("Model")
        self.rows = RowList(name="evaluate.runs", accessible="Runs that can be scored")
        self.add(self.rows)
        self._none = Text("Runs that saved an epoch are listed here.", role="note", wrap=True)
        self.add(self._none)
        self.add_section("Samples")
        self.split = ChoiceEditor(SPLITS)
        self.split.setObjectName("evaluate.split")
        self.split.setAccessibleName("Split")
        self.add(self.split)
        self._output_title = self.add_section("Output")
        self.output = ChoiceEditor()
        self.output.setObjectName("evaluate.output")
        self.output.setAccessibleName("Output of the network")
        self.add(self.output)
        self.again = Button("Score again", name="evaluate.again", tooltip="Score this run on these samples once more")
        self.add(self.again)
        self.finish()
        self.show_outputs([])
        self.rows.currentItemChanged.connect(self._on_row_changed)
        self.split.committed.connect(self._ask)
        self.again.clicked.connect(self._ask)
        self.output.committed.connect(self.output_chosen)
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

    def show_outputs(self, fields: list[str]) -> None:
        """Offer the outputs of the network; one alone needs no choice."""
        several = len(fields) > 1
        self._output_title.setVisible(several)
        self.output.setVisible(several)
        if several:
            self.output.set_choices([Choice(value=at, label=field) for at, field in enumerate(fields)])

    def set_blocked(self, reason: str) -> None:
        """Say why nothing can be asked now; empty when it can."""
        self.again.set_blocked(reason)

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
