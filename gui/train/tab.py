"""The Train tab: runs and recipe at the left, progress and charts in the middle, the run's facts at the right."""

from collections.abc import Iterator
from typing import Any, Protocol

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.protocol.messages.base import EngineReady
from gui.charts.turns import turns
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.train.charts_panel import ChartsPanel
from gui.train.compare_panel import VIEWS, ComparePanel
from gui.train.notices_panel import NoticesPanel
from gui.train.progress_panel import ProgressPanel
from gui.train.queue_list import QueueList
from gui.train.recipe_form import RecipeForm
from gui.train.run_facts import FACTS_WIDTH, RunFacts
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
    """Places the panels; without any run the middle says how to begin.

    All of it takes longer to make than a frame may last. With `in_pieces` the tab stands at once, empty but with its
    sides in place, and the panels come a few milliseconds at a turn of the event loop.
    """

    said = Signal(str)
    """A sentence for the user."""
    made = Signal()
    """All panels are there."""

    def __init__(
        self,
        *,
        project: ProjectModel,
        runs: RunsModel,
        data: DataModel,
        engine: KnowsDevices | None = None,
        in_pieces: bool = False,
    ) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self._runs = runs
        self._project = project
        self._data = data
        self._engine = engine
        self.is_made = False
        self._focus_wanted = False  # set by focus_first while there is nothing to give the focus to
        self.left = SidePanel("left", name="train.side", accessible="Runs and recipe")
        self.stack = QStackedWidget()
        self._beside: QWidget = SidePanel("right", width=FACTS_WIDTH)  # the facts, once they are made
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self.left)
        self._row.addWidget(self.stack, 1)
        self._row.addWidget(self._beside)
        self._beside.setVisible(bool(runs.summaries) or runs.starting)
        if in_pieces:
            turns().add(self, self._making(), self._on_made)
        else:
            for _ in self._making():
                pass
            self._on_made()

    def _making(self) -> Iterator[None]:
        """All panels, what is seen first first; nothing is connected to what does not stand yet."""
        project, runs = self._project, self._runs
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(GAP, GAP, GAP, GAP)
        column.setSpacing(GAP)
        self._scroll = ScrollColumn()
        self._scroll.column.addWidget(middle)
        self.start = Button("Train", role="primary", icon="play", name="train.first")
        self.start.clicked.connect(lambda: runs.start())
        self.empty = EmptyState("chart", "Nothing trained yet", "", [self.start])
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self._scroll)
        self._refresh_middle()
        yield
        self.progress = ProgressPanel(runs, runs.projects)
        column.addWidget(self.progress)
        yield
        self.notices = NoticesPanel(project, runs)
        self.notices.fork_wanted.connect(lambda run: self.progress.menu.ask_to_fork(run, "last"))
        column.addWidget(self.notices)
        yield
        self.charts = ChartsPanel(runs, project, in_pieces=True)
        self.charts.said.connect(self.said)
        self.views = SegmentedTabs(("Charts", "Table", "Settings", "Network"), name="train.views")
        self.views.setAccessibleName("How runs are compared")
        self.views.currentChanged.connect(self._show_view)
        self.views.hide()
        head = QWidget()
        bar = QHBoxLayout(head)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(self.views)
        bar.addStretch(1)
        bar.addWidget(self.charts.tools)
        column.addWidget(head)
        column.addWidget(self.charts, 1)
        yield
        self.left.add_section("Runs")
        self.run_list = RunList(runs)
        self.left.add(self.run_list)
        self.run_list.menu_wanted.connect(self.progress.menu.popup)
        yield
        self.queue = QueueList(runs)
        self.left.add(self.queue)
        self.left.add_section("Recipe")
        yield
        self.recipe = RecipeForm(project, in_pieces=True)
        self.left.add(self.recipe)
        self.left.finish()
        self.queue.refresh()
        yield
        self.charts.compare(self.run_list.compared())
        yield from self.charts.making()
        self.facts = RunFacts(runs, project, self._data, in_pieces=True)
        self._row.replaceWidget(self._beside, self.facts)
        self._beside.deleteLater()
        self._beside = self.facts
        self._place_facts()
        yield
        yield from self.facts.making()
        yield
        yield from self.recipe.making()
        self.recipe.offer_tests(runs.question)
        yield
        self.comparison = ComparePanel(runs, runs.projects)
        self.comparison.run_picked.connect(runs.select)
        yield
        compared = Card()
        compared.body.addWidget(self.comparison)
        self._compared_card = compared
        compared.hide()
        column.addWidget(compared, 1)

    def _on_made(self) -> None:
        self.is_made = True
        runs = self._runs
        if self._engine is not None:
            # What can be chosen is known once the engine has said what the machine has.
            self._engine.ready.connect(self._show_devices)
            self._show_devices()
        self.run_list.compared_changed.connect(self._on_compared)
        for signal in (runs.list_changed, runs.readiness_changed, runs.current_changed):
            signal.connect(self._refresh)
        self._on_compared(self.run_list.compared())
        self._refresh()
        if self._focus_wanted:
            self.focus_first()
        self.made.emit()

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
        self._focus_wanted = not self.is_made
        if self._focus_wanted:
            return
        (self.run_list.rows if self._runs.summaries else self.recipe.row("optimizer").editor).setFocus()

    def _show_devices(self, *_: object) -> None:
        if self._engine is not None and self._engine.info is not None:
            self.recipe.set_devices(self._engine.info.devices)

    def _refresh(self) -> None:
        self._refresh_middle()
        self._place_facts()

    def _refresh_middle(self) -> None:
        has_runs = bool(self._runs.summaries) or self._runs.starting
        self.stack.setCurrentWidget(self._scroll if has_runs else self.empty)
        if not has_runs:
            reason = self._runs.reason_not_to_start()
            self.start.set_blocked(reason)
            self.empty.set_words(
                "Nothing trained yet",
                reason or "Press Train. Its curves show here while the network learns.",
            )

    def _place_facts(self) -> None:
        has_runs = bool(self._runs.summaries) or self._runs.starting
        self._beside.setVisible(self.width() >= _FACTS_FROM and has_runs)

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_facts()
