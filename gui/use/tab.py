"""The Use tab: try the trained network, and take it away as one file."""

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.checks.export_outlook import export_outlook
from gui.models.apps import AppsModel
from gui.models.data import DataModel
from gui.models.game import GameModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.use import UseModel
from gui.models.variants import VariantsModel
from gui.use.apps_panel import AppsPanel
from gui.use.chosen_run import is_usable, paused_run
from gui.use.export_panel import ExportPanel
from gui.use.files_panel import ExportedFiles
from gui.use.play_panel import PlayPanel, plays
from gui.use.try_panel import TryPanel
from gui.use.variants_card import VariantsCard
from gui.widgets.button import Button
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.tokens import GAP

_BEFORE: Final = (
    "Train a network first. Then try it here on things of your own, and export it as one ONNX file that runs anywhere."
)
_OUTLOOK_MS: Final = 300
"""After the last edit: a walk through the whole network."""
_SIDE_BY_SIDE: Final = 1240
"""Below this width the cards of the lower row stand beneath each other."""


class UseTab(QWidget):
    """Without a trained run it says what comes here."""

    node_wanted = Signal(str)
    """A node, by its id in the flat form, that is to be shown in Design."""

    def __init__(
        self,
        *,
        project: ProjectModel,
        runs: RunsModel,
        use: UseModel,
        data: DataModel,
        apps: AppsModel,
        variants: VariantsModel,
    ) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self._runs = runs
        self.empty = EmptyState(
            "play",
            "Nothing to use yet",
            _BEFORE,
        )
        self.trying = TryPanel(project, use, data, runs)
        self.game = GameModel(project, use.engine, self)
        self.playing = PlayPanel(self.game)
        self.front = QStackedWidget()
        self.front.addWidget(self.trying)
        self.front.addWidget(self.playing)
        self.watch = Button("Watch it play", role="quiet", small=True, icon="play", name="use.try.watch")
        self.watch.clicked.connect(lambda: self.front.setCurrentWidget(self.playing))
        self.trying.add_to_header(self.watch)
        self.playing.numbers_wanted.connect(lambda: self.front.setCurrentWidget(self.trying))
        self.export = ExportPanel(project, runs, use)
        self.files = ExportedFiles(project, use, self.export)
        self.variants = VariantsCard(variants, runs, self.export)
        self.apps = AppsPanel(project, runs, apps, use, lambda: str(self.export.run.value()))
        upper, lower = (
            _Row(self.front, self.export, (5, 2)),
            _Row(_stacked(self.variants, self.files), self.apps, (1, 1)),
        )
        self.front.setMinimumHeight(330)
        self.export.setMinimumWidth(350)
        self._lower = lower
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(GAP, GAP, GAP, GAP)
        rows.setSpacing(GAP)
        rows.addWidget(upper, 3)
        rows.addWidget(lower, 2)
        scroll = ScrollColumn()
        scroll.column.addWidget(page)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(scroll)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        self.export.run_chosen.connect(self.trying.ask_again)
        self.export.run_chosen.connect(self._show_game_of)
        self.export.node_wanted.connect(self.node_wanted)
        runs.list_changed.connect(self._refresh)
        project.opened.connect(self._refresh)
        self._project = project
        project.opened.connect(self._show_front)
        self._show_front()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_OUTLOOK_MS)
        self._soon.timeout.connect(self._show_outlook)
        project.changed.connect(lambda *_: self._soon.start())
        self._refresh()

    def focus_first(self) -> None:
        """Give the focus to the first input, or to the game."""
        if self.front.currentWidget() is self.playing:
            self.playing.view.picture.setFocus()
        else:
            self.trying.inputs.focus_first()

    def _show_game_of(self, run: str) -> None:
        paused = paused_run(self._runs, run)
        self.playing.show_run(run if paused is None else str(paused), "best" if paused is None else "last")

    def _show_front(self) -> None:
        """A network that acts is watched first."""
        acts = plays(self._project.project)
        self.watch.setVisible(acts)
        self.front.setCurrentWidget(self.playing if acts else self.trying)

    def _refresh(self) -> None:
        usable = any(is_usable(summary) for summary in self._runs.summaries)
        self.stack.setCurrentIndex(1 if usable else 0)
        self._soon.start()

    def _show_outlook(self) -> None:
        """Before anything is trained: what file the drawing will become."""
        if self.stack.currentIndex() == 0 and self._project.directory is not None:
            self.empty.set_words(self.empty.sentence(), f"{_BEFORE} {export_outlook(self._project.checker).sentence}")

    @guarded
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lower.set_beside(event.size().width() >= _SIDE_BY_SIDE)


def _stacked(first: QWidget, second: QWidget) -> QWidget:
    """One card above the other; the first takes the room that is left."""
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GAP)
    column.addWidget(first, 1)
    column.addWidget(second)
    return page


class _Row(QWidget):
    """Two cards side by side, in shares of the width, or beneath each other."""

    def __init__(self, first: QWidget, second: QWidget, shares: tuple[int, int]) -> None:
        super().__init__()
        self._cards, self._shares = (first, second), shares
        self._beside: bool | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self.set_beside(True)

    def set_beside(self, beside: bool) -> None:
        """Side by side, or beneath each other."""
        if beside == self._beside:
            return
        self._beside = beside
        for place, card in enumerate(self._cards):
            self._grid.addWidget(card, 0 if beside else place, place if beside else 0)
        for column, share in enumerate(self._shares):
            self._grid.setColumnStretch(column, share if beside or column == 0 else 0)
