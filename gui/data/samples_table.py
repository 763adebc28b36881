"""The samples as a table: a column a field, sorted by a click on its heading. Only rows that are seen are asked for."""

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QFontMetrics, QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from engine.document.data_spec import Field, FieldKind, Role
from gui.data.samples_model import SamplesModel
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.samples.class_colours import class_color
from gui.widgets.fonts import SIZE_MONO, SIZE_MONO_SMALL, mono_font
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme
from gui.widgets.tokens import mix

_Index = QModelIndex | QPersistentModelIndex
_Flag = QItemSelectionModel.SelectionFlag
ROW: Final = 26
MOST_COLUMNS: Final = 200
_WIDE: Final = (FieldKind.TEXT, FieldKind.IMAGE, FieldKind.AUDIO)
_NUMBERS: Final = (FieldKind.NUMBER, FieldKind.DATE)


class SamplesTableModel(QAbstractTableModel):
    """Column 0 is the sample's number, then the fields that are not ignored, targets first."""

    def __init__(self, samples: SamplesModel, project: ProjectModel) -> None:
        super().__init__()
        self._samples, self._project = samples, project
        self.fields: list[Field] = []
        self._places: list[int] = []
        samples.modelAboutToBeReset.connect(self.beginResetModel)
        samples.modelReset.connect(self.endResetModel)
        samples.dataChanged.connect(self._on_changed)
        self.refresh_fields()

    def refresh_fields(self) -> None:
        """Take in a changed data spec."""
        used = [field for field in self._project.project.data.fields if field.role is not Role.IGNORED][:MOST_COLUMNS]
        order = sorted(range(len(used)), key=lambda place: used[place].role is not Role.TARGET)
        fields = [used[place] for place in order]
        if [(f.name, f.kind, f.role) for f in fields] != [(f.name, f.kind, f.role) for f in self.fields]:
            self.beginResetModel()
            self.fields, self._places = fields, order
            self.endResetModel()

    def cell(self, row: int, column: int) -> str | None:
        """What stands in a cell; None while the row is not here yet."""
        sample = self._samples.sample(row)
        if column == 0:
            return str(sample)
        card = self._samples.card_at(row)
        if card is None:
            return None
        place = self._places[column - 1]
        return card.cells[place] if place < len(card.cells) else card.problem

    def class_of(self, row: int) -> int:
        """Class of a row's sample."""
        return self._samples.class_at(row)

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else self._samples.rowCount()

    @guarded(fallback=1)
    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.fields) + 1

    @guarded(fallback=None)
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return plain_text(self.cell(index.row(), index.column()) or "")
        return None

    @guarded(fallback=None)
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return "#" if section == 0 else plain_text(self.fields[section - 1].name, 40)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "Sort by this field" if section else "As read"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section == 0 or self.fields[section - 1].kind in _NUMBERS
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _on_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        self.dataChanged.emit(self.index(first.row(), 0), self.index(last.row(), self.columnCount() - 1))


class _CellDelegate(QStyledItemDelegate):
    """Draws a cell itself: the style sheet's way takes half a millisecond for each."""

    def __init__(self, view: "SamplesTable", data: DataModel) -> None:
        super().__init__(view)
        self._view, self._data = view, data
        self._font = mono_font(SIZE_MONO)
        self._sign = QFontMetricsF(self._font).horizontalAdvance("0")

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = current_theme()
        rect = QRectF(option.rect)
        state = option.state
        model, row, column = self._view.rows, index.row(), index.column()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, mix(theme.panel, theme.accent, 0.24))
        elif row % 2:
            painter.fillRect(rect, mix(theme.background, theme.panel, 0.6))
        if row == self._view.currentIndex().row() and self._view.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            painter.drawLine(rect.topLeft(), rect.topRight())
        text = model.cell(row, column)
        if text is None:
            painter.fillRect(rect.adjusted(10, 10, -18, -10), mix(theme.panel, theme.raised, 0.8))
            return
        field = model.fields[column - 1] if column else None
        left = rect.left() + 9
        if field is not None and field.role is Role.TARGET and field.kind is FieldKind.CATEGORY:
            class_index = model.class_of(row)
            if field.name == self._view.label_field():
                classes = self._data.classes
                text = classes[class_index] if 0 <= class_index < len(classes) else ""
            if class_index >= 0:
                colors = self._view.colors
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colors[class_index] if class_index < len(colors) else class_color(class_index))
                painter.drawEllipse(QRectF(left, rect.center().y() - 4, 8, 8))
                left += 15
        missing = text in ("missing", "")
        painter.setFont(self._font)
        painter.setPen(theme.color("faint" if missing or column == 0 else "text"))
        right = column == 0 or (field is not None and field.kind in _NUMBERS)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        room = rect.right() - 9 - left
        fits = int(room / self._sign)  # every sign is as wide as the others
        shown = text if len(text) <= fits else f"{text[: max(0, fits - 1)]}…"
        painter.drawText(
            QRectF(left, rect.top(), room, rect.height()), side | Qt.AlignmentFlag.AlignVCenter, shown or "–"
        )


class SamplesTable(QTableView):
    """Shares its rows with the grid. `sort_requested` carries a field, or "" for the order as read."""

    opened = Signal(int)
    menu_requested = Signal(QPoint)
    sort_requested = Signal(str)

    def __init__(self, samples: SamplesModel, project: ProjectModel, data: DataModel) -> None:
        super().__init__()
        self.rows = SamplesTableModel(samples, project)
        self._data = data
        self.colors: list[QColor] = []
        self._sized: list[str] = []
        self.setObjectName("data.table")
        self.setAccessibleName("Samples as a table")
        self.setModel(self.rows)
        self.setItemDelegate(_CellDelegate(self, data))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        vertical, header = self.verticalHeader(), self.horizontalHeader()
        vertical.hide()
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        vertical.setDefaultSectionSize(ROW)
        vertical.setMinimumSectionSize(ROW)
        header.setSectionsClickable(True)
        header.setHighlightSections(False)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setDefaultSectionSize(120)
        header.sectionClicked.connect(self._on_heading)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))
        self.rows.modelReset.connect(self._size_columns)
        self._size_columns()

    def label_field(self) -> str:
        """The field whose classes can be given by hand."""
        return self._data.description.label_field if self._data.description is not None else ""

    def show_sort(self, sort: str, descending: bool) -> None:
        """Point at the column that the rows are sorted by."""
        names = ["", *(field.name for field in self.rows.fields)]
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(names.index(sort) if sort in names[1:] else -1, order)

    def selected_ranges(self) -> list[tuple[int, int]]:
        """First and last row of each stretch that is selected."""
        selection = self.selectionModel().selection()
        return sorted({(part.top(), part.bottom()) for part in map(selection.at, range(selection.count()))})

    def select_one(self, row: int) -> None:
        """Make a row the current and the only selected one, and bring it into view."""
        index = self.rows.index(row, max(0, self.currentIndex().column()))
        self.selectionModel().setCurrentIndex(index, _Flag.ClearAndSelect | _Flag.Rows)
        self.scrollTo(index)

    def select_ranges(self, ranges: list[tuple[int, int]]) -> None:
        """Select these stretches and nothing else."""
        selection = QItemSelection()
        last = self.rows.columnCount() - 1
        for top, bottom in ranges:
            selection.append(QItemSelectionRange(self.rows.index(top, 0), self.rows.index(bottom, last)))
        self.selectionModel().select(selection, _Flag.ClearAndSelect)

    @guarded
    def focusInEvent(self, event: QFocusEvent) -> None:
        # The base would make the first row the current one: a sample that nobody picked.
        QAbstractScrollArea.focusInEvent(self, event)
        self.viewport().update()

    @guarded
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
        elif event.text().isprintable() and event.text().strip() and not event.modifiers():
            event.ignore()  # no search by typing: letters and digits label
        else:
            super().keyPressEvent(event)

    @guarded
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(event.globalPos())

    def _on_heading(self, section: int) -> None:
        self.sort_requested.emit("" if section == 0 else self.rows.fields[section - 1].name)

    def _size_columns(self) -> None:
        """As wide as the name, within reason; text gets more."""
        header = self.horizontalHeader()
        names = ["", *(field.name for field in self.rows.fields)]
        if names == self._sized:
            return
        self._sized = names
        metrics = QFontMetrics(mono_font(SIZE_MONO_SMALL))
        for section, name in enumerate(names[: header.count()]):
            wide = section > 0 and self.rows.fields[section - 1].kind in _WIDE
            width = metrics.horizontalAdvance(plain_text(name, 40)) + 30
            if section > 0 and self.rows.fields[section - 1].kind is FieldKind.CATEGORY:
                longest = max(map(len, self.rows.fields[section - 1].statistics.classes), default=0)
                width = max(width, 36 + 8 * min(longest, 24))
            header.resizeSection(section, 76 if section == 0 else 320 if wide else min(220, max(84, width)))
