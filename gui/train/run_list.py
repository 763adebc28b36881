"""The list of runs: newest first, each with the colour of its curves and its best score."""

from PySide6.QtCore import QItemSelectionModel, Signal
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from gui.models.runs import RunsModel
from gui.train.run_style import run_style
from gui.train.run_words import ACTIVE, best_words, row_value, run_label, state_words
from gui.widgets.row_list import KeyRole, RowList
from gui.widgets.text import Text


class RunList(QWidget):
    """A click shows a run; Ctrl or Shift adds runs to compare. `compared_changed` carries the numbers selected."""

    compared_changed = Signal(list)

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._filling = False  # the list is being changed by us, not by the user
        self.rows = RowList(name="train.runs", accessible="Runs")
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._hint = Text("", role="note", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.rows)
        column.addWidget(self._hint)
        self.rows.itemSelectionChanged.connect(self._on_selection_changed)
        runs.list_changed.connect(self._fill)
        runs.current_changed.connect(self._on_current_changed)
        self._fill()

    def compared(self) -> list[int]:
        """Numbers of the selected runs, the shown one first."""
        chosen = [number for item in self.rows.selectedItems() if isinstance(number := item.data(KeyRole), int)]
        current = self._runs.current
        if current is None:
            return chosen
        return [current, *(number for number in chosen if number != current)]

    def _fill(self) -> None:
        self._filling = True
        summaries = self._runs.summaries
        if self.rows.keys() != [summary.run for summary in summaries]:
            kept = set(self.compared())
            self.rows.clear()
            for summary in summaries:
                item = self.rows.add_row("", key=summary.run)
                item.setSelected(summary.run in kept)
            self.rows.updateGeometry()
        for row, summary in enumerate(summaries):
            words = ", ".join(part for part in (state_words(summary), best_words(summary)) if part)
            self.rows.set_row(
                self.rows.item(row),
                run_label(summary),
                row_value(summary),
                dot=run_style(summary.run).color,
                key=summary.run,
                tooltip=f"{words}.\n{summary.error.get('message', '')}".strip(),
            )
        count = len(summaries)
        active = any(summary.state in ACTIVE for summary in summaries)
        if not count:
            self._hint.set_text("Each training is a run. They stay here, to be compared.")
        else:
            self._hint.set_text("Ctrl+click compares runs." if count > 1 and not active else "")
        self._hint.setVisible(bool(self._hint.whole_text()))
        self.rows.setVisible(bool(count))
        self._filling = False
        self._on_current_changed()

    def _on_current_changed(self) -> None:
        current = self._runs.current
        if current is None:
            return
        for row in range(self.rows.count()):
            if self.rows.item(row).data(KeyRole) == current:
                self._filling = True
                keep = self.rows.item(row).isSelected()
                flags = QItemSelectionModel.SelectionFlag
                self.rows.setCurrentRow(row, flags.NoUpdate if keep else flags.ClearAndSelect)
                self._filling = False
        self.compared_changed.emit(self.compared())

    def _on_selection_changed(self) -> None:
        if self._filling:
            return
        chosen = [item.data(KeyRole) for item in self.rows.selectedItems()]
        current = self.rows.current_key()
        if isinstance(current, int) and current in chosen and current != self._runs.current:
            self._runs.select(current)
        elif chosen and self._runs.current not in chosen and isinstance(chosen[0], int):
            self._runs.select(chosen[0])
        self.compared_changed.emit(self.compared())
