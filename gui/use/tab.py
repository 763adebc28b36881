"""The Use tab: try the trained network, and take it away as one file."""

from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.models.runs import RunsModel
from gui.models.use import UseModel
from gui.use.chosen_run import is_usable
from gui.use.export_panel import ExportPanel
from gui.use.files_panel import ExportedFiles, PythonCard
from gui.use.try_panel import TryPanel
from gui.widgets.empty_state import EmptyState
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.tokens import GAP


class UseTab(QWidget):
    """Without a trained run it says what comes here."""

    def __init__(self, *, project: ProjectModel, runs: RunsModel, use: UseModel, data: DataModel) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self._runs = runs
        self.empty = EmptyState(
            "play",
            "Nothing to use yet",
            "Train a network first. Then try it here on things of your own, and export it as one ONNX file that runs "
            "anywhere.",
        )
        self.trying = TryPanel(project, use, data, runs)
        self.export = ExportPanel(project, runs, use)
        self.files = ExportedFiles(project, use, self.export)
        self.python = PythonCard(use)
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(GAP, GAP, GAP, GAP)
        grid.setSpacing(GAP)
        grid.addWidget(self.trying, 0, 0)
        grid.addWidget(self.export, 0, 1, 2, 1)
        lower = QWidget()
        lower_grid = QGridLayout(lower)
        lower_grid.setContentsMargins(0, 0, 0, 0)
        lower_grid.setSpacing(GAP)
        lower_grid.addWidget(self.files, 0, 0)
        lower_grid.addWidget(self.python, 0, 1)
        lower_grid.setColumnStretch(0, 1)
        lower_grid.setColumnStretch(1, 1)
        grid.addWidget(lower, 1, 0)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 2)
        grid.setRowStretch(0, 3)
        grid.setRowStretch(1, 2)
        self.trying.setMinimumHeight(330)
        lower.setMinimumHeight(230)
        self.export.setMinimumWidth(320)
        scroll = ScrollColumn()
        scroll.column.addWidget(page)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(scroll)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        self.export.run_chosen.connect(self.trying.ask_again)
        runs.list_changed.connect(self._refresh)
        project.opened.connect(self._refresh)
        self._refresh()

    def focus_first(self) -> None:
        """Give the focus to the first input."""
        self.trying.inputs.drop.setFocus()

    def _refresh(self) -> None:
        usable = any(is_usable(summary) for summary in self._runs.summaries)
        self.stack.setCurrentIndex(1 if usable else 0)
