"""The Train tab: runs and recipe at the left, progress and charts in the middle, the run's facts at the right."""

from typing import Any, Protocol

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.protocol.messages import EngineReady
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.train.charts_panel import ChartsPanel
from gui.train.compare_panel import VIEWS, ComparePanel
from gui.train.notices_panel import NoticesPanel
from gui.train.progress_panel import ProgressPanel
from gui.train.queue_list import QueueList
from gui.train.recipe_form import RecipeForm
from gui.train.run_facts import RunFacts
from gui.train.run_list import RunList
from gui.widgets.button import Button
from gui.widgets.card import Card
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded
from gui.widgets.side_panel import ScrollColumn, SidePanel
from gui.widgets.tabs import SegmentedTabs
from gui.widgets.tokens import GAP

_FACTS_FROM = 1280
"""A window narrower than this shows the charts instead of the facts."""


class KnowsDevices(Protocol):
    """What the tab needs of the engine's client: what the machine can compute on."""

    @property
    def info(self) -> EngineReady | None: ...
    @property
    def ready(self) -> Any: ...


class TrainTab(QWidget):
    """Places the panels; without any run the middle says how to begin."""

    said = Signal(str)
    """A sentence for the user."""

    def __init__(
        self, *, project: ProjectModel, runs: RunsModel, data: DataModel, engine: KnowsDevices | None = None
    ) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self._runs = runs
        self._engine = engine
        self.left = SidePanel("left", name="train.side", accessible="Runs and recipe")
        self.left.add_section("Runs")
        self.run_list = RunList(runs)
        self.left.add(self.run_list)
        self.queue = QueueList(runs)
        self.left.add(self.queue)
        self.left.add_section("Recipe")
        self.recipe = RecipeForm(project)
        self.recipe.offer_rate_test(runs.question)
        self.left.add(self.recipe)
        self.left.finish()
        self.queue.refresh()
        if engine is not None:
            # What can be chosen is known once the engine has said what the machine has.
            engine.ready.connect(self._show_devices)
            self._show_devices()
        self.progress = ProgressPanel(runs, runs.projects)
        self.run_list.menu_wanted.connect(self.progress.menu.popup)
        self.notices = NoticesPanel(project, runs)
        self.notices.fork_wanted.connect(lambda run: self.progress.menu.ask_to_fork(run, "last"))
        self.charts = ChartsPanel(runs, project)
        self.charts.said.connect(self.said)
        self.comparison = ComparePanel(runs, runs.projects)
        self.comparison.run_picked.connect(runs.select)
        self.facts = RunFacts(runs, project, data)
        self.start = Button("Train", role="primary", icon="play", name="train.first")
        self.start.clicked.connect(lambda: runs.start())
        self.empty = EmptyState("chart", "Nothing trained yet", "", [self.start])
        self.views = SegmentedTabs(("Charts", "Table", "Settings", "Network"), name="train.views")
        self.views.setAccessibleName("How runs are compared")
        self.views.currentChanged.connect(self._show_view)
        head = QWidget()
        bar = QHBoxLayout(head)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(self.views)
        bar.addStretch(1)
        bar.addWidget(self.charts.tools)
        compared = Card()
        compared.body.addWidget(self.comparison)
        self._compared_card = compared
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP)
        column.addWidget(self.progress)
        column.addWidget(self.notices)
        column.addWidget(head)
        column.addWidget(self.charts, 1)
        column.addWidget(compared, 1)
        compared.hide()
        scroll = ScrollColumn()
        scroll.column.addWidget(middle)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(scroll)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.left)
        row.addWidget(self.stack, 1)
        row.addWidget(self.facts)
        self.run_list.compared_changed.connect(self._on_compared)
        for signal in (runs.list_changed, runs.readiness_changed, runs.current_changed):
            signal.connect(self._refresh)
        self._on_compared(self.run_list.compared())
        self._refresh()

    def _on_compared(self, compared: list[int]) -> None:
        self.charts.compare(compared)
        self.comparison.compare(compared)
        several = len(compared) > 1
        self.views.setVisible(several)
        if not several:
            self.views.setCurrentIndex(0)

    def _show_view(self, at: int) -> None:
        self.charts.setVisible(at == 0)
        self.charts.tools.setVisible(at == 0)
        self._compared_card.setVisible(at > 0)
        if at > 0:
            self.comparison.show_view(VIEWS[at - 1])

    def focus_first(self) -> None:
        """Give the focus to the runs, or to the recipe while there are none."""
        (self.run_list.rows if self._runs.summaries else self.recipe.row("optimizer").editor).setFocus()

    def _show_devices(self, *_: object) -> None:
        if self._engine is not None and self._engine.info is not None:
            self.recipe.set_devices(self._engine.info.devices)

    def _refresh(self) -> None:
        has_runs = bool(self._runs.summaries) or self._runs.starting
        self.stack.setCurrentIndex(1 if has_runs else 0)
        if not has_runs:
            reason = self._runs.reason_not_to_start()
            self.start.set_blocked(reason)
            self.empty.set_words(
                "Nothing trained yet",
                reason or "Press Train. Its curves show here while the network learns.",
            )
        self._place_facts()

    def _place_facts(self) -> None:
        self.facts.setVisible(self.width() >= _FACTS_FROM and self.stack.currentIndex() == 1)

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_facts()
