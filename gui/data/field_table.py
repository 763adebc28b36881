"""The fields of a sample: name, kind and what each is used for, which can be changed in place."""

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from engine.document.data_spec import Field, FieldKind, Role
from gui.data.field_edits import set_kind, set_role
from gui.models.data import DataModel
from gui.models.project import ProjectModel
from gui.widgets.fonts import SIZE_SMALL, text_font
from gui.widgets.guarded import guarded
from gui.widgets.icons import draw_icon
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.theme import current_theme

ROLES: Final = (Role.INPUT, Role.TARGET, Role.IGNORED)
ROLE_HELP: Final = {
    Role.INPUT: "The network learns from it.",
    Role.TARGET: "The network learns to answer it.",
    Role.IGNORED: "It is left out.",
}
_HEADINGS: Final = ("field", "kind", "role")
_ROW: Final = 28
_ROWS_SHOWN: Final = 8
_Index = QModelIndex | QPersistentModelIndex


class FieldsModel(QAbstractTableModel):
    """A row a field; kind and role can be edited."""

    def __init__(self, project: ProjectModel, data: DataModel) -> None:
        super().__init__()
        self._project, self._data = project, data
        self._fields: tuple[Field, ...] = project.project.data.fields

    def refresh(self) -> None:
        """Take in a changed data spec; rows stay selected while the names are the same."""
        fields = self._project.project.data.fields
        if [field.name for field in fields] != [field.name for field in self._fields]:
            self.beginResetModel()
            self._fields = fields
            self.endResetModel()
        elif fields != self._fields:
            self._fields = fields
            self.dataChanged.emit(self.index(0, 0), self.index(len(fields) - 1, 2))

    def field(self, row: int) -> Field | None:
        """The field of a row."""
        return self._fields[row] if 0 <= row < len(self._fields) else None

    def row_of(self, name: str) -> int:
        """Row of a field, -1 for none."""
        return next((row for row, field in enumerate(self._fields) if field.name == name), -1)

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._fields)

    @guarded(fallback=3)
    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 3

    @guarded(fallback=Qt.ItemFlag.NoItemFlags)
    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() else flags

    def kinds(self, row: int) -> list[str]:
        """What a field can be taken for: what it is, and what the engine found it could be."""
        field = self.field(row)
        if field is None:
            return []
        description = self._data.description
        summaries = description.fields if description is not None else []
        kinds = next((summary.kinds for summary in summaries if summary.name == field.name), [])
        return list(dict.fromkeys((field.kind.value, *kinds)))

    def reason(self, name: str) -> str:
        """Why a field was taken for its kind."""
        description = self._data.description
        summaries = description.fields if description is not None else []
        return next((summary.reason for summary in summaries if summary.name == name), "")

    @guarded(fallback=None)
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        field = self.field(index.row())
        if field is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return plain_text((field.name, field.kind.value, field.role.value)[index.column()])
        if role == Qt.ItemDataRole.FontRole:
            return text_font(SIZE_SMALL)
        if role == Qt.ItemDataRole.ToolTipRole:
            missing = field.statistics.missing
            lines = [field.name, ROLE_HELP[field.role], *filter(None, [self.reason(field.name)])]
            return tooltip_text("\n".join([*lines, f"{missing:,} values are missing."] if missing else lines))
        return None

    @guarded(fallback=False)
    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        field = self.field(index.row())
        if field is None or index.column() == 0 or role != Qt.ItemDataRole.EditRole:
            return False
        if index.column() == 1:
            kind = FieldKind(str(value))
            return kind is not field.kind and self._project.do(set_kind(self._project.project.data, field.name, kind))
        wanted = Role(str(value))
        if wanted is field.role:
            return False
        return self._project.do(set_role(self._project.project.data, field.name, wanted))

    @guarded(fallback=None)
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None


class _ChoiceDelegate(QStyledItemDelegate):
    """A small arrow says that the cell opens; the editor is a combo box."""

    @guarded
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        rect = QRectF(option.rect)
        color = current_theme().faint
        draw_icon(painter, "chevron-down", QRectF(rect.right() - 16, rect.center().y() - 5, 10, 10), color)

    @guarded(fallback=None)
    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        box = QComboBox(parent)
        box.setProperty("size", "small")
        if index.column() == 1:
            model = index.model()
            assert isinstance(model, FieldsModel)
            box.addItems(model.kinds(index.row()))
            box.setAccessibleName("Kind of the field")
        else:
            box.setAccessibleName("Role of the field")
            for role in ROLES:
                box.addItem(role.value)
                box.setItemData(box.count() - 1, tooltip_text(ROLE_HELP[role]), Qt.ItemDataRole.ToolTipRole)
        box.activated.connect(lambda _row: self._commit(box))
        QTimer.singleShot(0, box, box.showPopup)  # one click opens the choice, not two
        return box

    @guarded
    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentText(str(index.data(Qt.ItemDataRole.EditRole)))

    @guarded
    def setModelData(self, editor: QWidget, model: Any, index: _Index) -> None:
        assert isinstance(editor, QComboBox)
        model.setData(index, editor.currentText(), Qt.ItemDataRole.EditRole)

    @guarded(fallback=False)
    def eventFilter(self, editor: Any, event: QEvent) -> bool:
        return super().eventFilter(editor, event)

    def _commit(self, box: QComboBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box)


class FieldTable(QTableView):
    """The row that is current names the field whose preparation is shown."""

    field_picked = Signal(str)

    def __init__(self, project: ProjectModel, data: DataModel) -> None:
        super().__init__()
        self.fields = FieldsModel(project, data)
        self.setObjectName("data.fields")
        self.setAccessibleName("Fields of a sample")
        self.setModel(self.fields)
        for column in (1, 2):
            self.setItemDelegateForColumn(column, _ChoiceDelegate(self))
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.AnyKeyPressed)
        self.clicked.connect(self._on_clicked)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        vertical, horizontal = self.verticalHeader(), self.horizontalHeader()
        vertical.hide()
        vertical.setDefaultSectionSize(_ROW)
        horizontal.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 78), (2, 76)):
            horizontal.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            horizontal.resizeSection(column, width)
        horizontal.setHighlightSections(False)
        self.selectionModel().currentRowChanged.connect(self._on_row)

    def refresh(self) -> None:
        """Take in a changed data spec; the first input is picked when none is."""
        self.fields.refresh()
        self.setFixedHeight(self.sizeHint().height())
        if not self.currentIndex().isValid():
            rows = range(self.fields.rowCount())
            first = next((row for row in rows if (f := self.fields.field(row)) and f.role is Role.INPUT), 0)
            if self.fields.rowCount():
                self.setCurrentIndex(self.fields.index(first, 0))

    def picked(self) -> str:
        """Name of the picked field, "" for none."""
        field = self.fields.field(self.currentIndex().row())
        return field.name if field is not None else ""

    @guarded(fallback=lambda _self: QSize(240, 120))
    def sizeHint(self) -> QSize:
        rows = min(max(1, self.fields.rowCount()), _ROWS_SHOWN)
        return QSize(240, rows * _ROW + self.horizontalHeader().sizeHint().height() + 2)

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column():
            self.edit(index)

    def _on_row(self, current: QModelIndex, _before: QModelIndex) -> None:
        field = self.fields.field(current.row())
        if field is not None:
            self.field_picked.emit(field.name)
