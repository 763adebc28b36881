"""Runs side by side: a table of scores sorted by any, the settings that differ, and the networks in one drawing."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.protocol.run_folder import RunSummary
from gui.forms.metric_text import larger_is_better, metric_label, metric_text
from gui.models.run_projects import RunProjects
from gui.models.runs import RunsModel
from gui.train.differences import Change, GraphDifference, graph_difference, setting_differences
from gui.train.network_difference import NetworkDifference
from gui.train.run_curves import run_label_of
from gui.train.run_style import run_style
from gui.train.run_words import loss_titles, state_words
from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.fonts import mono_font
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.progress_line import clock
from gui.widgets.text import Text
from gui.widgets.theme import current_theme, theme_notifier

VIEWS: Final = ("table", "settings", "network")
_RunRole: Final = Qt.ItemDataRole.UserRole


class _Number(QTableWidgetItem):
    """Sorts by its number; without one it comes last."""

    def __init__(self, text: str, value: float | None) -> None:
        super().__init__(plain_text(text, 60))
        self._value = value
        self.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFont(mono_font())

    def __lt__(self, other: Any) -> bool:
        mine, theirs = self._value, getattr(other, "_value", None)
        if mine is None or theirs is None:
            return theirs is not None
        return bool(mine < theirs)


class ComparePanel(QWidget):
    """Follows the compared runs; the first is the one the others are measured against, unless one is the baseline."""

    run_picked = Signal(int)

    def __init__(self, runs: RunsModel, projects: RunProjects, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._projects = projects
        self._compared: list[int] = []
        self._view = "table"
        self.table = _table("train.compare.table", "Scores of the runs")
        self.table.setSortingEnabled(True)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.itemActivated.connect(self._on_activated)
        self.table.itemClicked.connect(self._on_activated)
        self.settings = _table("train.compare.settings", "Settings that differ")
        self.network = NetworkDifference()
        self.pick = ChoiceEditor()
        self.pick.setObjectName("train.compare.with")
        self.pick.setProperty("density", "compact")
        self.pick.setAccessibleName("Run whose network is drawn")
        self.pick.setFixedWidth(200)
        self.pick.committed.connect(lambda _value: self._show_network())
        self._words = Text("", role="note", elide=Qt.TextElideMode.ElideRight)
        self._hint = Text("", tone="faint", wrap=True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        head = QHBoxLayout()
        head.addWidget(self._words, 1)
        head.addWidget(self.pick)
        self.stack = QStackedWidget()
        for widget in (self.table, self.settings, self.network, self._hint):
            self.stack.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.stack, 1)
        runs.list_changed.connect(self.refresh)
        projects.arrived.connect(lambda _run: self.refresh())
        theme_notifier().changed.connect(self.refresh)

    def compare(self, runs: Sequence[int]) -> None:
        """Show these runs."""
        if list(runs) != self._compared:
            self._compared = list(runs)
            self.refresh()

    def show_view(self, view: str) -> None:
        """`table`, `settings` or `network`."""
        self._view = view
        self.refresh()

    def reference(self) -> int | None:
        """The run that the others are measured against."""
        baseline = self._runs.baseline
        if baseline in self._compared:
            return baseline
        return min(self._compared, default=None)

    def refresh(self) -> None:
        """Show what is known now; does nothing while hidden."""
        if self.isHidden():
            return
        self.pick.setVisible(self._view == "network" and len(self._compared) > 1)
        if self._view == "table":
            self._show_table()
        elif self._view == "settings":
            self._show_settings()
        else:
            self._show_network()

    # Table

    def _show_table(self) -> None:
        summaries = [one for run in self._compared if (one := self._runs.summary(run)) is not None]
        metrics = list(dict.fromkeys(name for one in summaries for name in one.best))
        losses = loss_titles(summaries)
        heads = [
            "Run",
            *(metric_label(name, losses) for name in metrics),
            "Epochs",
            "Time",
            "Samples/s",
            "State",
            "Tags",
        ]
        table = self.table
        header = table.horizontalHeader()
        by, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
        fresh = table.columnCount() != len(heads)
        table.setSortingEnabled(False)
        table.setColumnCount(len(heads))
        table.setHorizontalHeaderLabels(heads)
        table.setRowCount(len(summaries))
        reference = self.reference()
        base = self._runs.summary(reference) if reference is not None else None
        for row, summary in enumerate(summaries):
            self._fill_row(row, summary, metrics, base)
        table.setSortingEnabled(True)
        if fresh:
            best_first = bool(metrics) and larger_is_better(_main(metrics))
            by = 1 + metrics.index(_main(metrics)) if metrics else 0
            order = Qt.SortOrder.DescendingOrder if best_first else Qt.SortOrder.AscendingOrder
        table.sortByColumn(by, order)
        table.resizeColumnsToContents()
        table.setColumnWidth(0, max(140, table.columnWidth(0) + 12))
        header.setStretchLastSection(True)
        count = len(summaries)
        against = f" The signed numbers are against #{reference}." if base is not None and count > 1 else ""
        self._words.set_text(f"{count} run{'s' * (count != 1)}. A click on a heading sorts.{against}")
        self.stack.setCurrentWidget(table)

    def _fill_row(self, row: int, summary: RunSummary, metrics: Sequence[str], base: RunSummary | None) -> None:
        name = QTableWidgetItem(plain_text(run_label_of(self._runs, summary.run), 60))
        name.setData(_RunRole, summary.run)
        name.setForeground(QBrush(QColor(run_style(summary.run).color)))
        if summary.about.baseline:
            name.setText(f"{name.text()} · baseline")
        name.setToolTip(tooltip_text(summary.about.notes))
        cells: list[QTableWidgetItem] = [name]
        for metric in metrics:
            value = summary.best.get(metric)
            text = metric_text(metric, value)
            if base is not None and base is not summary and value is not None and metric in base.best:
                text += f"  ({value - base.best[metric]:+.3g})"
            cells.append(_Number(text, value))
        cells += [
            _Number(f"{summary.epochs}", summary.epochs),
            _Number(clock(summary.seconds), summary.seconds),
            _Number(f"{summary.samples_per_s:,.0f}" if summary.samples_per_s else "", summary.samples_per_s or None),
            QTableWidgetItem(plain_text(state_words(summary))),
            QTableWidgetItem(plain_text(", ".join(summary.about.tags))),
        ]
        for column, cell in enumerate(cells):
            cell.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            self.table.setItem(row, column, cell)

    def _on_activated(self, item: QTableWidgetItem) -> None:
        first = self.table.item(item.row(), 0)
        run = first.data(_RunRole) if first is not None else None
        if isinstance(run, int):
            self.run_picked.emit(run)

    # Settings

    def _known(self) -> list[int] | None:
        """The compared runs, the reference first, once all their projects are here; what is wrong is said."""
        reference = self.reference()
        order = [run for run in self._compared if run != reference]
        order = [reference, *order] if reference is not None else order
        for run in order:
            if self._projects.project(run) is None:
                problem = self._projects.problem(run)
                self._say(f"The project of run {run} cannot be read: {problem}" if problem else "Reading the projects")
                return None
        return order

    def _say(self, words: str) -> None:
        self._hint.set_text(words)
        self._words.set_text("")
        self.stack.setCurrentWidget(self._hint)

    def _show_settings(self) -> None:
        order = self._known()
        if order is None:
            return
        projects = [one for run in order if (one := self._projects.project(run)) is not None]
        found = setting_differences(projects)
        if len(order) < 2:
            self._say("Pick two runs or more: Ctrl+click in the list.")
            return
        if not found:
            self._say("These runs have the same settings, network and data.")
            return
        table = self.settings
        table.clear()
        table.setColumnCount(1 + len(order))
        table.setHorizontalHeaderLabels(["Setting", *(run_label_of(self._runs, run) for run in order)])
        table.setRowCount(len(found))
        theme = current_theme()
        for row, item in enumerate(found):
            name = QTableWidgetItem(plain_text(item.name, 80))
            name.setToolTip(tooltip_text(item.path))
            table.setItem(row, 0, name)
            for column, value in enumerate(item.values, start=1):
                cell = QTableWidgetItem(plain_text(value, 80))
                cell.setFont(mono_font())
                if column > 1 and value != item.values[0]:
                    cell.setForeground(QBrush(theme.color("warn_text")))
                    cell.setText(f"≠ {cell.text()}")
                table.setItem(row, column, cell)
        table.resizeColumnsToContents()
        for column in range(table.columnCount()):
            table.setColumnWidth(column, table.columnWidth(column) + 28)
        self._words.set_text(f"{len(found)} setting{'s' * (len(found) != 1)} differ; against #{order[0]}.")
        self.stack.setCurrentWidget(table)

    # Network

    def _show_network(self) -> None:
        order = self._known()
        if order is None:
            return
        others = order[1:]
        if not others:
            self._say("Pick two runs: Ctrl+click in the list.")
            return
        if self.pick.values() != others:
            self.pick.set_choices([Choice(value=run, label=run_label_of(self._runs, run)) for run in others])
            if self.pick.value() not in others:
                self.pick.set_value(others[0])
        other = self.pick.value()
        before = self._projects.project(order[0])
        after = self._projects.project(other) if isinstance(other, int) else None
        if before is None or after is None:
            return
        found = graph_difference(before.graph, after.graph)
        if found != self.network.difference():
            self.network.show_difference(found)
        self._words.set_text(f"From #{order[0]} to #{other}: {_counted(found)}")
        self.stack.setCurrentWidget(self.network)


def _counted(found: GraphDifference) -> str:
    counts = found.counts()
    parts = [
        f"{sign} {counts[kind]} {kind.value}"
        for sign, kind in (("+", Change.ADDED), ("−", Change.REMOVED), ("~", Change.CHANGED))
        if counts[kind]
    ]
    return ", ".join(parts) or "the same network"


def _main(metrics: Sequence[str]) -> str:
    return next((name for name in metrics if name.rpartition(".")[2] != "loss"), metrics[0])


def _table(name: str, accessible: str) -> QTableWidget:
    table = QTableWidget()
    table.setObjectName(name)
    table.setAccessibleName(accessible)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setFrameShape(QTableWidget.Shape.NoFrame)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setTabKeyNavigation(False)
    return table
