"""The Data tab: sources and classes at the left, samples in the middle, checks, split and preparation at the right."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QWidget

from gui.data.import_page import ImportPage
from gui.data.samples_panel import SamplesPanel
from gui.data.settings_panel import SettingsPanel
from gui.data.source_panel import SourcePanel
from gui.models.data import DataModel
from gui.models.project import ProjectModel


class DataTab(QWidget):
    """Without data only the place to drop some is shown."""

    chooser_requested = Signal(str)
    """folder or file."""
    paths_given = Signal(list)
    """Dropped paths."""
    refused = Signal(str)
    """Why something dropped was not taken."""

    def __init__(self, *, project: ProjectModel, data: DataModel) -> None:
        super().__init__()
        self._project, self._data = project, data
        self.setObjectName("tab.data")
        self.setProperty("role", "page")
        self.setProperty("help", "data")
        self.sources = SourcePanel()
        self.samples = SamplesPanel(project, data)
        self.importing = ImportPage(data)
        self.settings = SettingsPanel(project, data)
        self.middle = QStackedWidget()
        self.middle.addWidget(self.importing)
        self.middle.addWidget(self.samples)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sources)
        row.addWidget(self.middle, 1)
        row.addWidget(self.settings)
        self.sources.shown_picked.connect(self.samples.pick_shown)
        self.sources.class_picked.connect(self.samples.pick_class)
        self.sources.chooser_requested.connect(self.chooser_requested)
        self.samples.all_requested.connect(self.sources.show_all)
        self.settings.checks.left_out_requested.connect(lambda: self.sources.shown.select_key("left_out"))
        self.importing.chooser_requested.connect(self.chooser_requested)
        self.importing.paths_given.connect(self.paths_given)
        self.importing.refused.connect(self.refused)
        self._description: object = self
        data.changed.connect(self.refresh)
        project.opened.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what there is."""
        description, state = self._data.description, self._data.state
        # A new description of data that is shown already replaces it without a flicker in between.
        full = description is not None and state in ("ready", "describing")
        focus = QApplication.focusWidget()
        was_waiting = focus is not None and (focus is self.importing or self.importing.isAncestorOf(focus))
        self.middle.setCurrentWidget(self.samples if full else self.importing)
        if full and was_waiting:
            self.samples.grid.setFocus()  # who waited here goes on with what came
        has_data = bool(self._project.project.data.sources)
        self.sources.setVisible(full)
        self.settings.setVisible(full or (has_data and state == "failed"))
        self.sources.show_sources(
            self._project.project.data.sources, description.samples if description is not None else 0
        )
        if description is not self._description:
            self._description = description
            self.sources.show_description(description)
            if self.sources.shown.currentRow() < 0:
                self.sources.shown.setCurrentRow(0)

    def focus_first(self) -> None:
        """For who comes by keyboard."""
        if self.middle.currentWidget() is self.samples:
            self.samples.grid.setFocus()
        else:
            self.importing.focus_first()
