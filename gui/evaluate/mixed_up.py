"""The pairs of classes that are taken for each other most: where a matrix is too fine to be pointed at."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text
from gui.widgets.theme import current_theme

MOST: Final = 200
_COLUMNS: Final = ("true", "taken for", "share", "n")
_HELP: Final = {
    "share": "Of the samples of the true class, the share that was taken for the other one.",
    "n": "Samples.",
}
_Index = QModelIndex | QPersistentModelIndex
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class MixedUpModel(QAbstractTableModel):
    """A row a pair, the most frequent first."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: list[str] = []
        self._pairs: list[tuple[int, int, int, float]] = []

    def set_matrix(self, classes: Sequence[str], counts: NDArray[np.int64]) -> None:
        """Show the pairs of another matrix, counts[true][predicted]."""
        self.beginResetModel()
        self._classes = list(classes)
        whole = np.maximum(counts.sum(1), 1)
        wrong = counts.astype(np.int32)
        np.fill_diagonal(wrong, 0)
        flat = wrong.ravel()
        chosen = np.flatnonzero(flat)
        if len(chosen) > MOST:
            least = np.partition(flat[chosen], len(chosen) - MOST)[len(chosen) - MOST]
            chosen = chosen[flat[chosen] >= least]
        chosen = chosen[np.lexsort((chosen, -flat[chosen]))][:MOST]
        self._pairs = [
            (true, predicted, int(counts[true, predicted]), float(counts[true, predicted] / whole[true]))
            for true, predicted in zip(*(part.tolist() for part in np.divmod(chosen, len(classes))), strict=True)
        ]
        self.endResetModel()

    def pair(self, row: int) -> tuple[int, int]:
        """(true, predicted) of a row."""
        return self._pairs[row][:2]

    def row_of(self, true: int, predicted: int) -> int:
        """The row of a pair, -1 when it is not among the most frequent."""
        return next((row for row, pair in enumerate(self._pairs) if pair[:2] == (true, predicted)), -1)

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, Qt's own default
        return 0 if parent.isValid() else len(self._pairs)

    @guarded(fallback=0)
    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, Qt's own default
        return 0 if parent.isValid() else len(_COLUMNS)

    @guarded
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        true, predicted, count, share = self._pairs[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            words = (self._classes[true], self._classes[predicted], f"{100 * share:.1f} %", f"{count:,}")
            return plain_text(words[index.column()], 80)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if index.column() < 2 else _RIGHT
        if role == Qt.ItemDataRole.ForegroundRole and index.column() > 0:
            return current_theme().color("dim" if index.column() != 1 else "text")
        return None

    @guarded
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if section < 2 else _RIGHT
        return _HELP.get(_COLUMNS[section]) if role == Qt.ItemDataRole.ToolTipRole else None


class MixedUpTable(QTableView):
    """`pair_chosen` carries true and predicted class of a row that was clicked or given by keyboard."""

    pair_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluate.mixed_up")
        self.setAccessibleName("Classes taken for each other, most frequent first")
        self.pairs = MixedUpModel()
        self.setModel(self.pairs)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in (0, 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(56)
        self.clicked.connect(self._on_chosen)
        self.activated.connect(self._on_chosen)

    def show_pair(self, true: int, predicted: int) -> None:
        """Mark a pair, if it is listed."""
        row = self.pairs.row_of(true, predicted)
        if row >= 0:
            self.selectRow(row)
        else:
            self.clearSelection()

    def _on_chosen(self, index: QModelIndex) -> None:
        self.pair_chosen.emit(*self.pairs.pair(index.row()))
