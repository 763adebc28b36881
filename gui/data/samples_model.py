"""The samples that pass the filter, as a Qt model; cards come in pages as they scroll into view."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.protocol.messages import SampleCard
from gui.data.sample_filter import SPLITS, SampleFilter
from gui.models.data import DataModel
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text

CardRole: Final = Qt.ItemDataRole.UserRole + 1
"""SampleCard, or None while it is not here yet."""
ClassRole: Final = Qt.ItemDataRole.UserRole + 2
"""Index of the class, -1 for none."""

_Index = QModelIndex | QPersistentModelIndex
_SPLIT_WORDS: Final = {"train": "training", "val": "validation", "test": "test"}


class SamplesModel(QAbstractListModel):
    """A row a sample; a million of them cost an array of numbers."""

    def __init__(self, data: DataModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data = data
        self._filter = SampleFilter()
        self._shown: NDArray[np.int64] = np.zeros(0, np.int64)
        data.cards_arrived.connect(self._on_cards)
        data.changed.connect(self.refresh)
        self.refresh()

    @property
    def filter(self) -> SampleFilter:
        """What is shown."""
        return self._filter

    def set_filter(self, chosen: SampleFilter) -> None:
        """Show other samples."""
        if chosen != self._filter:
            self._filter = chosen
            self.refresh()

    def refresh(self) -> None:
        """Take in a new description."""
        description = self._data.description
        self.beginResetModel()
        if description is None:
            self._shown = np.zeros(0, np.int64)
        else:
            self._shown = self._filter.matching(
                description.samples, _array(self._data.splits), _array(self._data.labels), description.classes
            )
        self.endResetModel()

    def sample(self, row: int) -> int:
        """Number of the sample in a row."""
        return int(self._shown[row])

    def row_of(self, sample: int) -> int:
        """Row of a sample, -1 when it is not shown."""
        row = int(np.searchsorted(self._shown, sample))
        return row if row < len(self._shown) and self._shown[row] == sample else -1

    @guarded(fallback=0)
    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    @guarded(fallback=None)
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        sample = self.sample(index.row())
        if role == CardRole:
            return self._data.card(sample)
        if role == ClassRole:
            labels = self._data.labels
            return int(labels[sample]) if labels is not None and sample < len(labels) else -1
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            card = self._data.card(sample)
            words = [f"sample {sample}", card.label if card is not None else "", self._split(sample)]
            return plain_text(", ".join(word for word in words if word))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text("\n".join(self._lines(sample)))
        return None

    def _lines(self, sample: int) -> list[str]:
        card = self._data.card(sample)
        lines = [f"Sample {sample:,}"]
        if card is not None:
            lines += [card.name] * bool(card.name and card.name != str(sample))
            lines += [f"Label: {card.label}"] * bool(card.label)
            lines += card.lines[:8]
            lines += [card.problem] * bool(card.problem)
        split = self._split(sample)
        return [*lines, f"In the {split} split"] if split else lines

    def _split(self, sample: int) -> str:
        splits = _array(self._data.splits)
        return _SPLIT_WORDS[SPLITS[int(splits[sample])]] if sample < len(splits) and 0 <= splits[sample] < 3 else ""

    def _on_cards(self, samples: list[int]) -> None:
        rows = sorted(row for row in map(self.row_of, samples) if row >= 0)
        if rows:
            self.dataChanged.emit(self.index(rows[0]), self.index(rows[-1]))


def _array(values: NDArray[Any] | None) -> NDArray[Any]:
    return values if values is not None else np.zeros(0, np.int8)


def card_of(index: _Index) -> SampleCard | None:
    """The card of a row."""
    card = index.data(CardRole)
    return card if isinstance(card, SampleCard) else None
