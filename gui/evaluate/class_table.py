"""Precision, recall, F1 and count of each class, sorted as the user likes."""

from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from engine.protocol.messages.evaluation import ClassScore
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme

_COLUMNS: Final = ("class", "precision", "recall", "F1", "n")
_MASK_COLUMNS: Final = ("class", "precision", "recall", "F1", "IoU", "n")
"""Of masks, whose samples are points."""
_Index = QModelIndex | QPersistentModelIndex
_SortRole: Final = Qt.ItemDataRole.UserRole
AverageRole: Final = Qt.ItemDataRole.UserRole + 1
"""True for a row that is no class but an average of them."""


class ClassScoresModel(QAbstractTableModel):
    """Rows are classes in the order of the data."""

    def __init__(self) -> None:
        super().__init__()
        self._scores: list[ClassScore] = []
        self.classes = 0
        """So many rows are classes; those below are averages."""
        self._columns: tuple[str, ...] = _COLUMNS

    def set_scores(self, scores: list[ClassScore], averages: list[ClassScore] = []) -> None:  # noqa: B006, never changed
        """Show other scores."""
        self.beginResetModel()
        self._scores = [*scores, *averages]
        self.classes = len(scores)
        self._columns = _MASK_COLUMNS if any(score.overlap is not None for score in scores) else _COLUMNS
        self.endResetModel()

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, Qt's own default
        return 0 if parent.isValid() else len(self._scores)

    @guarded(fallback=0)
    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, Qt's own default
        return 0 if parent.isValid() else len(self._columns)

    @guarded
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        score = self._scores[index.row()]
        found: dict[str, str | float | int | None] = {
            "class": score.name if index.row() < self.classes else f"{score.name} average",
            "precision": score.precision,
            "recall": score.recall,
            "F1": score.f1,
            "IoU": score.overlap,
            "n": score.samples,
        }
        value = found[self._columns[index.column()]]
        if value is None:
            value = 0.0
        if role == _SortRole:
            return value
        if role == Qt.ItemDataRole.DisplayRole:
            if isinstance(value, str):
                return plain_text(value, 80)
            return f"{value:.3f}" if isinstance(value, float) else f"{value:,}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if index.column() == 0 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == AverageRole:
            return index.row() >= self.classes
        if role == Qt.ItemDataRole.ForegroundRole and index.row() >= self.classes:
            return current_theme().color("faint")
        if role == Qt.ItemDataRole.ForegroundRole and index.column() > 0:
            return current_theme().color("dim")
        return None

    @guarded
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return {
                "precision": "Of the samples answered with this class, the share that are.",
                "recall": "Of the samples of this class, the share that were found.",
                "F1": "One number for both: their harmonic mean.",
                "IoU": "The points that answer and truth share, of the points that either has.",
                "n": "Samples of this class." if self._columns == _COLUMNS else "Points of this class.",
            }.get(self._columns[section])
        return None


class _AveragesLast(QSortFilterProxyModel):
    """Sorts the classes; their averages stay below them."""

    @guarded(fallback=False)
    def lessThan(self, left: _Index, right: _Index) -> bool:
        if left.data(AverageRole) or right.data(AverageRole):
            both = bool(left.data(AverageRole) and right.data(AverageRole))
            before = left.row() < right.row() if both else bool(right.data(AverageRole))
            return before == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        return super().lessThan(left, right)


class ClassTable(QTableView):
    """`class_chosen` carries the index of the class of a row that was clicked or given by keyboard."""

    class_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluate.classes")
        self.setAccessibleName("Scores per class")
        self._scores = ClassScoresModel()
        self._sorted = _AveragesLast(self)
        self._sorted.setSourceModel(self._scores)
        self._sorted.setSortRole(_SortRole)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(56)
        header.setSortIndicatorClearable(True)
        self.clicked.connect(self._on_chosen)
        self.activated.connect(self._on_chosen)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def set_scores(self, scores: list[ClassScore], averages: list[ClassScore] = []) -> None:  # noqa: B006, never changed
        """Show the scores of other classes, and their averages below; the order the user chose stays."""
        self._scores.set_scores(scores, averages)

    def whole_height(self) -> int:
        """As high as all its rows need."""
        rows = self.model().rowCount() * self.verticalHeader().defaultSectionSize()
        return rows + self.horizontalHeader().sizeHint().height() + 2 * self.frameWidth() + 2

    def _on_chosen(self, index: QModelIndex) -> None:
        row = self._sorted.mapToSource(index).row()
        if row < self._scores.classes:
            self.class_chosen.emit(row)
