"""The Data tab: sources, fields and classes at the left, samples in the middle, checks and details at the right."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gui.data.found_strip import FoundStrip
from gui.data.import_page import ImportPage
from gui.data.labelling import Labelling
from gui.data.points.page import PointsPage
from gui.data.sample_filter import EVERY
from gui.data.samples_panel import SamplesPanel
from gui.data.settings_panel import SettingsPanel
from gui.data.source_panel import SourcePanel
from gui.models.data import DataModel
from gui.models.data_checks import DataChecksModel
from gui.models.plane_look import PlaneLook
from gui.models.points import PointsModel
from gui.models.project import ProjectModel
from gui.models.sample_detail import DetailModel
from gui.models.sample_search import SearchModel
from gui.models.sound_player import SoundPlayer
from gui.widgets.tabs import SegmentedTabs
from gui.widgets.toast import Toast


class DataTab(QWidget):
    """Without data only the place to drop some is shown."""

    chooser_requested = Signal(str)
    """folder or file."""
    paths_given = Signal(list)
    """Dropped paths."""
    refused = Signal(str)
    """Why something dropped was not taken."""
    head_start_requested = Signal()
    """Stand on the pretrained network for such data."""

    def __init__(
        self,
        *,
        project: ProjectModel,
        data: DataModel,
        checks: DataChecksModel | None = None,
        look: PlaneLook | None = None,
    ) -> None:
        super().__init__()
        self._project, self._data = project, data
        self.setObjectName("tab.data")
        self.setProperty("role", "page")
        self.setProperty("help", "data")
        self.detail = DetailModel(project, data, data.engine, self)
        self.search = SearchModel(project, data, data.engine, self)
        self.points = PointsModel(project, self)
        self.labelling = Labelling(project, data, data.engine, self.points, self)
        self.sources = SourcePanel(project, data, self.labelling)
        self.checks = checks or DataChecksModel(project, data.engine, self)
        self.player = SoundPlayer(project, data.engine, self)
        self.samples = SamplesPanel(project, data, self.search, self.detail, self.labelling, self.checks, self.player)
        self.found = FoundStrip(project, data)
        self.importing = ImportPage(data)
        self.settings = SettingsPanel(project, data, self.detail, self.player, self.checks)
        self.toast = Toast(self)
        self.shown = QWidget()
        column = QVBoxLayout(self.shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.found)
        column.addWidget(self.samples, 1)
        self.plane = PointsPage(self.points, look)
        self.middle = QStackedWidget()
        self.middle.addWidget(self.importing)
        self.middle.addWidget(self.shown)
        self.middle.addWidget(self.plane)
        self.sides = SegmentedTabs(("Plane", "Samples"), name="data.sides", small=True)
        self.sides.setAccessibleName("The plane, or one sample after the other")
        self.sides.currentChanged.connect(lambda _at: self.refresh())
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(14, 10, 14, 0)
        bar.addWidget(self.sides)
        bar.addStretch(1)
        inner = QVBoxLayout()
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self._bar)
        inner.addWidget(self.middle, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sources)
        row.addLayout(inner, 1)
        row.addWidget(self.settings)
        self._connect()
        self.refresh()
        self._show_wanted()

    def _connect(self) -> None:
        samples, sources, settings = self.samples, self.sources, self.settings
        sources.shown_picked.connect(samples.pick_shown)
        sources.class_picked.connect(samples.pick_class)
        sources.fields.field_picked.connect(lambda name: settings.show_field(name, turn=sources.fields.hasFocus()))
        sources.fields.clicked.connect(lambda index: self._on_field_clicked(index.row(), index.column()))
        sources.chooser_requested.connect(self.chooser_requested)
        sources.environment_wanted.connect(self._on_environment_wanted)
        samples.all_requested.connect(sources.show_all)
        samples.condition_changed.connect(lambda: sources.show_condition(samples.shown, samples.class_index))
        samples.looked_at.connect(lambda _sample: settings.show_sample())
        settings.checks.left_out_requested.connect(self._show_left_out)
        settings.checks.samples_requested.connect(self._on_check)
        settings.field.range_picked.connect(samples.pick_range)
        settings.field.value_picked.connect(samples.pick_value)
        self.found.left_out_requested.connect(self._show_left_out)
        self.found.head_start_requested.connect(self.head_start_requested)
        self.labelling.said.connect(self.toast.say)
        self.player.failed.connect(self.toast.say)
        self.importing.chooser_requested.connect(self.chooser_requested)
        self.importing.paths_given.connect(self.paths_given)
        self.importing.refused.connect(self.refused)
        self._data.changed.connect(self.refresh)
        self._data.samples_wanted.connect(self._show_wanted)
        self._project.opened.connect(self.refresh)
        self.points.changed.connect(self.refresh)
        sources.shown_picked.connect(self._show_samples)
        sources.class_picked.connect(self._show_samples)
        sources.class_added.connect(self._on_class_added)

    def _show_samples(self, *_: object) -> None:
        """Who picks some of the samples wants to see them."""
        focus = QApplication.focusWidget()
        if self.points.active and self.isVisible() and focus is not None and self.sources.isAncestorOf(focus):
            self.sides.setCurrentIndex(1)

    def _on_class_added(self, _name: str) -> None:
        """Who makes a class of points wants to draw some."""
        if self.points.active:
            self.sides.setCurrentIndex(0)
            self.plane.board.choose(len(self.points.names) - 1)
            self.plane.focus_first()

    def refresh(self) -> None:
        """Show what there is."""
        description, state = self._data.description, self._data.state
        # A new description of data that is shown already replaces it without a flicker in between.
        full = description is not None and state in ("ready", "describing")
        drawing = self.points.active and state != "importing"
        focus = QApplication.focusWidget()
        was_waiting = focus is not None and (focus is self.importing or self.importing.isAncestorOf(focus))
        on_plane = drawing and self.sides.currentIndex() == 0
        # Of a plane without points there is no sample; it is there to be drawn on.
        self.middle.setCurrentWidget(self.plane if on_plane else self.shown if full else self.importing)
        self._bar.setVisible(drawing)
        if (full or on_plane) and was_waiting:
            self.focus_first()  # who waited here goes on with what came
        has_data = bool(self._project.project.data.sources)
        self.sources.setVisible(full or on_plane)
        broken = has_data and state == "failed" and not self._data.failed_import
        self.settings.setVisible(full or broken)
        self.sources.refresh()
        if self.sources.shown.currentRow() < 0:
            self.sources.shown.setCurrentRow(0)

    def focus_first(self) -> None:
        """For who comes by keyboard."""
        if self.middle.currentWidget() is self.plane:
            self.plane.focus_first()
        elif self.middle.currentWidget() is self.shown:
            self.samples.focus_samples()
        else:
            self.importing.focus_first()

    def _on_field_clicked(self, row: int, column: int) -> None:
        field = self.sources.fields.fields.field(row)
        if field is not None and column == 0:
            self.settings.show_field(field.name)

    def _on_check(self, check: object) -> None:
        self.sources.show_condition("", EVERY)
        self.samples.shown, self.samples.class_index = "", EVERY
        self.samples.pick_check(check)  # type: ignore[arg-type]

    def _show_wanted(self, *_: object) -> None:
        """Samples that another tab wants to be seen here."""
        chosen = self._data.take_wanted_samples()
        if chosen is not None:
            self.sides.setCurrentIndex(1)
            self.samples.show_all()
            self._on_check(chosen)

    def _show_left_out(self) -> None:
        self.sources.shown.select_key("left_out")

    def _on_environment_wanted(self) -> None:
        self.middle.setCurrentWidget(self.importing)
        self.importing.ask_for_environment()
