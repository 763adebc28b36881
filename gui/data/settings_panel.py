"""The right side, one page at a time: checks and split, the field picked, the sample looked at."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.document.edits import Change
from gui.data.check_cards import CheckCards
from gui.data.field_page import FieldPage
from gui.data.sample_page import SamplePage
from gui.data.split_section import SplitSection
from gui.models.data import DataModel
from gui.models.data_checks import DataChecksModel
from gui.models.project import ProjectModel
from gui.models.sample_detail import DetailModel
from gui.models.sound_player import SoundPlayer
from gui.widgets.section_label import SectionLabel
from gui.widgets.side_panel import ScrollColumn
from gui.widgets.tabs import SegmentedTabs

WIDTH: Final = 320
PAGES: Final = ("Checks", "Field", "Sample")


class SettingsPanel(QFrame):
    """Everything here is an edit of the project, and can be undone."""

    page_changed = Signal(int)

    def __init__(
        self,
        project: ProjectModel,
        data: DataModel,
        detail: DetailModel,
        player: SoundPlayer,
        checks: DataChecksModel,
    ) -> None:
        super().__init__()
        self._project, self._data, self._detail = project, data, detail
        self.setProperty("role", "side-right")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Checks, field and sample")
        self.pages = SegmentedTabs(PAGES, name="data.pages")
        self.pages.setAccessibleName("Checks, field or sample")
        self.checks = CheckCards(project, data, checks)
        self.split = SplitSection(project, data)
        self.field = FieldPage(project, data, detail)
        self.preparation, self.augmentation = self.field.preparation, self.field.augmentation
        self.result = self.field.result
        self.sample = SamplePage(project, data, detail, player)
        overview = QWidget()
        column = QVBoxLayout(overview)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(SectionLabel("Checks"))
        column.addWidget(self.checks)
        column.addSpacing(8)
        column.addWidget(SectionLabel("Split"))
        column.addWidget(self.split)
        column.addStretch(1)
        self.stack = QStackedWidget()
        for page in (overview, self.field, self.sample):
            scroll = ScrollColumn(margins=(12, 4, 12, 12))
            scroll.column.addWidget(page)
            self.stack.addWidget(scroll)
        head = QHBoxLayout()
        head.setContentsMargins(12, 10, 12, 6)
        head.addWidget(self.pages)
        head.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        outer.addWidget(self.stack, 1)
        self._field_name = ""
        self.pages.currentChanged.connect(self._on_page)
        project.changed.connect(self._on_changed)
        project.opened.connect(self.refresh)
        data.changed.connect(self._show_field)
        self._on_page(0)
        self.refresh()

    def refresh(self) -> None:
        """Show the data spec of the project."""
        self.split.refresh()
        self._show_field()

    def show_field(self, name: str, *, turn: bool = True) -> None:
        """Show a field; with `turn` its page comes up."""
        self._field_name = name
        self._show_field()
        if turn:
            self.pages.setCurrentIndex(1)

    def show_sample(self) -> None:
        """A sample was picked: its page comes up, unless a field's steps are being tried on it."""
        if self.pages.currentIndex() == 0:
            self.pages.setCurrentIndex(2)

    def _on_page(self, page: int) -> None:
        self.stack.setCurrentIndex(page)
        self.page_changed.emit(page)

    def _show_field(self) -> None:
        data = self._project.project.data
        if data.field(self._field_name) is None:
            first = next(iter(data.inputs()), next(iter(data.fields), None))
            self._field_name = first.name if first is not None else ""
        self.field.show_field(self._field_name)

    def _on_changed(self, change: Change) -> None:
        if change.data:
            self.refresh()
