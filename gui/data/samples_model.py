"""The samples that pass the filter, in the order asked for, as a Qt model; cards come in pages as they are seen."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from engine.protocol.messages.data import SampleCard
from gui.data.sample_filter import SPLITS, SampleFilter
from gui.models.data import DataModel
from gui.models.sample_search import SearchModel
from gui.widgets.guarded import guarded
from gui.widgets.plain_text import plain_text, tooltip_text

CardRole: Final = Qt.ItemDataRole.UserRole + 1
"""SampleCard, or None while it is not here yet."""
ClassRole: Final = Qt.ItemDataRole.UserRole + 2
"""Index of the class, -1 for none."""

_Index = QModelIndex | QPersistentModelIndex
_SPLIT_WORDS: Final = {"train": "training", "val": "validation", "test": "test"}


class SamplesModel(QAbstractListModel):
    """A row a sample; a million of them cost an array of numbers.

    While labels are given by hand the rows stay where they are, also those that do not fit the filter any more
    (`left_behind` counts them), until `refresh` is called.
    """

    left_behind_changed = Signal()

    def __init__(self, data: DataModel, search: SearchModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data, self._search = data, search
        self._filter = SampleFilter()
        self._shown: NDArray[np.int32] = np.zeros(0, np.int32)
        self.left_behind = 0
        data.cards_arrived.connect(self._on_cards)
        data.changed.connect(self._on_data_changed)
        data.labels_changed.connect(self._on_labels)
        data.hidden_changed.connect(self.refresh)
        search.changed.connect(self._on_found)
        self._found = search.found
        self._description: object = None
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
        """Show what fits now."""
        self._description = self._data.description
        shown = self._fitting()
        self._set_left_behind(0)
        if len(shown) == len(self._shown) and bool((shown == self._shown).all()):
            self._tell_all()
            return
        self.beginResetModel()
        self._shown = shown
        self.endResetModel()

    def sample(self, row: int) -> int:
        """Number of the sample in a row."""
        return int(self._shown[row])

    def card_at(self, row: int) -> SampleCard | None:
        """The card of a row, without the detour over Qt; None and later news while it is not here."""
        return self._data.card(int(self._shown[row]))

    def class_at(self, row: int) -> int:
        """Class of a row's sample, -1 for none."""
        return self._data.label_of(int(self._shown[row]))

    def samples(self, ranges: list[tuple[int, int]]) -> NDArray[np.int64]:
        """Numbers of the samples in stretches of rows, first and last included."""
        parts = [self._shown[first : last + 1] for first, last in ranges]
        return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)

    def row_of(self, sample: int) -> int:
        """Row of a sample, -1 when it is not shown."""
        if sample < len(self._shown) and sample >= 0 and self._shown[sample] == sample:
            return sample
        rows = np.flatnonzero(self._shown == sample)
        return int(rows[0]) if len(rows) else -1

    def next_unlabelled(self, row: int) -> int:
        """The first row after `row` (and from the top again) whose sample has no class; -1 for none."""
        labels = self._data.labels
        if labels is None or not len(labels) or not len(self._shown):
            return -1
        waiting = np.flatnonzero(labels[self._shown] < 0)
        if not len(waiting):
            return -1
        place = int(np.searchsorted(waiting, row, side="right"))
        return int(waiting[place % len(waiting)])

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
            return self._data.label_of(sample)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            words = [f"sample {sample}", self._label(sample), self._split(sample)]
            return plain_text(", ".join(word for word in words if word))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text("\n".join(self._lines(sample)))
        return None

    def _label(self, sample: int) -> str:
        classes, index = self._data.classes, self._data.label_of(sample)
        if classes:
            return classes[index] if 0 <= index < len(classes) else ""
        card = self._data.card(sample)
        return card.label if card is not None else ""

    def _lines(self, sample: int) -> list[str]:
        card = self._data.card(sample)
        lines = [f"Sample {sample:,}"]
        label = self._label(sample)
        if card is not None:
            lines += [card.name] * bool(card.name and card.name != str(sample))
            lines += [f"Label: {label}"] * bool(label)
            lines += [card.note] * bool(card.note)
            lines += card.lines[:8]
            lines += [card.problem] * bool(card.problem)
        split = self._split(sample)
        pool = _array(self._data.splits)
        waits = sample < len(pool) and pool[sample] == SPLITS.index("pool")
        return [*lines, f"In the {split} split"] if split else [*lines, "Not labelled yet"] if waits else lines

    def _split(self, sample: int) -> str:
        splits = _array(self._data.splits)
        return _SPLIT_WORDS[SPLITS[int(splits[sample])]] if sample < len(splits) and 0 <= splits[sample] < 3 else ""

    def _fitting(self) -> NDArray[np.int32]:
        description = self._data.description
        if description is None:
            return np.zeros(0, np.int32)
        found = self._filter.matching(
            description.samples, _array(self._data.splits), _array(self._data.labels), self._search.found
        )
        hidden = self._data.hidden
        return found if hidden is None else found[np.logical_not(hidden[found])]

    def _on_data_changed(self) -> None:
        if self._data.description is self._description:
            return
        before = self._description
        self._description = self._data.description
        if before is not None and self._data.only_labels_changed:
            self._on_labels()
        else:
            self.refresh()

    def _on_found(self) -> None:
        if self._search.found is not self._found:
            self._found = self._search.found
            self.refresh()

    def _on_labels(self) -> None:
        """The rows stay: what was just labelled would jump away from under the eyes."""
        behind = 0
        description = self._data.description
        if description is not None and self._filter.looks_at_labels:
            fits = np.zeros(description.samples, np.bool_)
            fits[self._fitting()] = True
            behind = len(self._shown) - int(np.count_nonzero(fits[self._shown]))
        self._set_left_behind(behind)
        self._tell_all()

    def _set_left_behind(self, count: int) -> None:
        if count != self.left_behind:
            self.left_behind = count
            self.left_behind_changed.emit()

    def _tell_all(self) -> None:
        if len(self._shown):
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def _on_cards(self, samples: list[int]) -> None:
        """What is seen is drawn anew; which rows these are is cheaper not to know."""
        self._tell_all()


def _array(values: NDArray[Any] | None) -> NDArray[Any]:
    return values if values is not None else np.zeros(0, np.int8)


def card_of(index: _Index) -> SampleCard | None:
    """The card of a row."""
    card = index.data(CardRole)
    return card if isinstance(card, SampleCard) else None
