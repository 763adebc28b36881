"""What could not be used, a row each: the place and the reason."""

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QHeaderView, QTableView, QVBoxLayout, QWidget

from engine.protocol.messages.data import LeftOut
from gui.widgets.empty_state import EmptyState
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text
from gui.widgets.text import Text

_Index = QModelIndex | QPersistentModelIndex
_HEADINGS = ("where", "why it was left out")


class LeftOutModel(QAbstractTableModel):
    """Two columns: where, reason."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[LeftOut] = []

    def set_rows(self, rows: list[LeftOut]) -> None:
        """Show others."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    @guarded(fallback=2)
    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 2

    @guarded(fallback=None)
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        text = row.where if index.column() == 0 else row.reason
        if role == Qt.ItemDataRole.DisplayRole:
            return plain_text(text)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(text)
        return None

    @guarded(fallback=None)
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _HEADINGS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None


class LeftOutList(QWidget):
    """A table, or a word that nothing was left out."""

    def __init__(self) -> None:
        super().__init__()
        self._model = LeftOutModel()
        self.table = QTableView()
        self.table.setObjectName("data.left_out")
        self.table.setAccessibleName("What was left out")
        self.table.setModel(self._model)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setWordWrap(False)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.resizeSection(0, 320)
        self._more = Text("", role="small", tone="dim")
        self._none = EmptyState("check", "Everything could be read", "Files that can't be used would be listed here.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.table, 1)
        column.addWidget(self._more)
        column.addWidget(self._none, 1)

    def show_left_out(self, rows: list[LeftOut], count: int) -> None:
        """`count` may be more than the rows that are told by name."""
        self._model.set_rows(rows)
        self.table.setVisible(bool(rows))
        self._none.setVisible(not rows and not count)
        self._more.set_text(f"and {count - len(rows):,} more" if count > len(rows) else "")
        self._more.setVisible(count > len(rows))
