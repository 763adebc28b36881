"""The middle: the filter line, and the samples that pass it."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from engine.document.data_spec import FieldKind
from gui.data.grid_view import GridView
from gui.data.left_out_list import LeftOutList
from gui.data.sample_delegate import FOOT, LINES_CELL, PICTURE_CELL, TEXT_CELL, SampleDelegate
from gui.data.sample_filter import SampleFilter
from gui.data.samples_model import SamplesModel
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.widgets.button import Button
from gui.widgets.empty_state import EmptyState
from gui.widgets.text import Text
from gui.widgets.theme import theme_notifier
from gui.widgets.tokens import GAP

FILTER_AFTER_MS = 150


class SamplesPanel(QWidget):
    """Grid, list of what was left out, or a word that nothing passes the filter."""

    all_requested = Signal()
    """The user wants to see everything again."""

    def __init__(self, project: ProjectModel, data: DataModel) -> None:
        super().__init__()
        self._project, self._data = project, data
        self._shown, self._class_index = "", -1
        self.model = SamplesModel(data, self)
        self.grid = GridView(PICTURE_CELL, FOOT)
        self.grid.setObjectName("data.samples")
        self.grid.setAccessibleName("Samples")
        delegate = SampleDelegate(self.grid)
        delegate.redraw_wanted.connect(self.grid.viewport().update)
        self.grid.setItemDelegate(delegate)
        self.grid.setModel(self.model)
        theme_notifier().changed.connect(self.grid.viewport().update)
        self.left_out = LeftOutList()
        everything = Button("Show all", name="data.show_all")
        everything.clicked.connect(self._on_show_all)
        self._nothing = EmptyState("search", "No sample fits", "Another label or split may.", (everything,))
        self.stack = QStackedWidget()
        for widget in (self.grid, self.left_out, self._nothing):
            self.stack.addWidget(widget)
        self.filter = QLineEdit()
        self.filter.setObjectName("data.filter")
        self.filter.setAccessibleName("Filter by label or number")
        self.filter.setPlaceholderText("Filter by label or number")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(320)
        self._count = Text("", role="mono", tone="dim")
        self._count.setObjectName("data.count")
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.filter, 1)
        line.addStretch(1)
        line.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, GAP, 4, GAP)
        column.setSpacing(GAP)
        column.addLayout(line)
        column.addWidget(self.stack, 1)
        line.setContentsMargins(0, 0, 10, 0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FILTER_AFTER_MS)
        self._timer.timeout.connect(self._apply)
        self.filter.textChanged.connect(lambda _text: self._timer.start())
        self.model.modelReset.connect(self._show_result)
        data.changed.connect(self.refresh)
        self.refresh()

    def pick_shown(self, key: str) -> None:
        """Show a split, everything ("") or what was left out ("left_out")."""
        self._shown = key
        self._apply()

    def pick_class(self, index: int) -> None:
        """Show one class; -1 shows all."""
        self._class_index = index
        self._apply()

    def refresh(self) -> None:
        """Take in a new description."""
        kinds = {field.kind for field in self._project.project.data.inputs()}
        if FieldKind.IMAGE in kinds:
            self.grid.set_cell(PICTURE_CELL, FOOT)
        else:
            self.grid.set_cell(TEXT_CELL if kinds == {FieldKind.TEXT} else LINES_CELL)
        description = self._data.description
        rows = description.left_out if description is not None else []
        self.left_out.show_left_out(rows, description.left_out_count if description is not None else 0)
        self._show_result()

    def _apply(self) -> None:
        self._timer.stop()
        split = "" if self._shown == "left_out" else self._shown
        self.model.set_filter(SampleFilter(split=split, class_index=self._class_index, text=self.filter.text()))
        self._show_result()

    def _show_result(self) -> None:
        shown, description = self.model.rowCount(), self._data.description
        samples = description.samples if description is not None else 0
        if self._shown == "left_out":
            self.stack.setCurrentWidget(self.left_out)
            self._count.set_text("")
            return
        self.stack.setCurrentWidget(self.grid if shown or not samples else self._nothing)
        self._count.set_text(f"{shown:,}" if shown == samples else f"{shown:,} of {samples:,}")

    def _on_show_all(self) -> None:
        self.filter.clear()
        self._class_index, self._shown = -1, ""
        self._apply()
        self.all_requested.emit()
