"""The list of runs: found by words, sorted by any score, each with the colour of its curves and its best score."""

from typing import Final

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from engine.protocol.run_folder import RunSummary
from gui.forms.metric_text import larger_is_better, main_metric, metric_label, short_value
from gui.models.runs import RunsModel
from gui.train.run_style import run_style
from gui.train.run_words import ACTIVE, best_words, loss_titles, row_value, run_label, state_words
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.row_list import ROW_HEIGHT, KeyRole, RowList
from gui.widgets.text import Text

_SEARCH_FROM: Final = 6
"""With fewer runs there is nothing to search."""
_MOST_ROWS: Final = 12
_NEWEST: Final = "newest"
_NAME: Final = "name"
_TIME: Final = "time"


class RunList(QWidget):
    """A click shows a run; Ctrl or Shift adds runs to compare. `compared_changed` carries the numbers selected."""

    compared_changed = Signal(list)
    menu_wanted = Signal(int, QPoint)
    """Run and place on the screen: what can be done with it is asked for."""

    def __init__(self, runs: RunsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._filling = False  # the list is being changed by us, not by the user
        self.search = QLineEdit()
        self.search.setObjectName("train.runs.search")
        self.search.setAccessibleName("Find runs")
        self.search.setPlaceholderText("Name, tag or note")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _text: self._fill())
        self.sort = ChoiceEditor([Choice(value=_NEWEST, label="newest")], _NEWEST)
        self.sort.setObjectName("train.runs.sort")
        self.sort.setProperty("density", "compact")
        self.sort.setAccessibleName("Sort runs by")
        self.sort.committed.connect(lambda _value: self._fill())
        self._tools = QWidget()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 4)
        tools.setSpacing(6)
        tools.addWidget(self.search, 3)
        tools.addWidget(self.sort, 2)
        self.rows = RowList(name="train.runs", accessible="Runs")
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.rows.setMaximumHeight(_MOST_ROWS * ROW_HEIGHT)
        self.rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.rows.customContextMenuRequested.connect(self._on_menu_requested)
        self._hint = Text("", role="note", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._tools)
        column.addWidget(self.rows)
        column.addWidget(self._hint)
        self._tools.hide()
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

    def listed(self) -> list[RunSummary]:
        """The runs that are found, in the order chosen."""
        words = self.search.text().lower().split() if not self._tools.isHidden() else []
        found = [one for one in self._runs.summaries if one.state != "queued" and _matches(one, words)]
        by = self.sort.value()
        if by == _NAME:
            found.sort(key=lambda one: one.name.lower())
        elif by == _TIME:
            found.sort(key=lambda one: one.seconds, reverse=True)
        elif isinstance(by, str) and by != _NEWEST:
            sign = -1.0 if larger_is_better(by) else 1.0
            found.sort(key=lambda one: sign * one.best[by] if by in one.best else float("inf"))
        return found

    def _fill(self) -> None:
        self._filling = True
        everything = self._runs.summaries
        self._tools.setVisible(len(everything) >= _SEARCH_FROM)
        self._offer_sorting(everything)
        summaries = self.listed()
        if self.rows.keys() != [summary.run for summary in summaries]:
            kept = set(self.compared())
            self.rows.clear()
            for summary in summaries:
                item = self.rows.add_row("", key=summary.run)
                item.setSelected(summary.run in kept)
            long = len(summaries) > _MOST_ROWS
            policy = Qt.ScrollBarPolicy
            self.rows.setVerticalScrollBarPolicy(policy.ScrollBarAsNeeded if long else policy.ScrollBarAlwaysOff)
            self.rows.updateGeometry()
        by = self.sort.value()
        for row, summary in enumerate(summaries):
            words = ", ".join(part for part in (state_words(summary), best_words(summary)) if part)
            about = summary.about
            tips = [f"{words}.", summary.error.get("message", ""), ", ".join(about.tags), about.notes]
            value = short_value(summary.best[by]) if isinstance(by, str) and by in summary.best else row_value(summary)
            self.rows.set_row(
                self.rows.item(row),
                run_label(summary) + " · baseline" * about.baseline,
                value,
                dot=run_style(summary.run).color,
                key=summary.run,
                tooltip="\n".join(tip for tip in tips if tip).strip(),
            )
        count = len(summaries)
        active = any(summary.state in ACTIVE for summary in summaries)
        if not everything:
            self._hint.set_text("Each training is a run. They stay here, to be compared.")
        elif not count:
            self._hint.set_text("No run has these words in its name, tags or notes." if self.search.text() else "")
        else:
            self._hint.set_text("Ctrl+click compares runs." if count > 1 and not active else "")
        self._hint.setVisible(bool(self._hint.whole_text()))
        self.rows.setVisible(bool(count))
        self._filling = False
        self._on_current_changed()

    def _offer_sorting(self, summaries: list[RunSummary]) -> None:
        metrics = list(dict.fromkeys(name for one in summaries for name in one.best))
        main = main_metric(dict.fromkeys(metrics, 0.0))
        metrics.sort(key=lambda name: name != main)
        wanted: list[object] = [_NEWEST, *metrics, _NAME, _TIME]
        losses = loss_titles(summaries)
        if self.sort.values() != wanted:
            self.sort.set_choices(
                [
                    Choice(value=_NEWEST, label="newest"),
                    *(Choice(value=name, label=metric_label(name, losses)) for name in metrics),
                    Choice(value=_NAME, label="name"),
                    Choice(value=_TIME, label="time"),
                ]
            )

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

    def _on_menu_requested(self, place: QPoint) -> None:
        item = self.rows.itemAt(place) or self.rows.currentItem()
        run = item.data(KeyRole) if item is not None else None
        if isinstance(run, int):
            self.menu_wanted.emit(run, self.rows.viewport().mapToGlobal(place))


def _matches(summary: RunSummary, words: list[str]) -> bool:
    about = summary.about
    text = " ".join((run_label(summary), about.notes, *about.tags, summary.state)).lower()
    return all(word in text for word in words)
