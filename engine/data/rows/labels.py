"""Several labels a sample, as text between separators."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.data.label_lists import labels_in, separator_of, written
from engine.data.left_out import printable
from engine.data.rows.rows import Int64s, Opened, Opening, Rows
from engine.data.statistics import sort_classes
from engine.data.strings import Strings
from engine.document.data_spec import Field, Statistics


@dataclass(frozen=True, slots=True)
class LabelRows(Rows):
    """`strings` as `label_lists` writes them: the separator alone for no label, empty where nobody knows."""

    strings: Strings
    separator: str

    def __len__(self) -> int:
        return len(self.strings)

    def batch(self, numbers: Int64s) -> Strings:
        return self.strings.take(numbers)

    def raw(self, index: int) -> str:
        return self.strings[index]

    def keys(self) -> Int64s:
        return self.strings.codes

    def measure(self, train: Int64s, field: Field, order: tuple[str, ...]) -> Statistics:
        """Labels of all samples, how many train samples have each, and (as `mean`) how many a train sample has."""
        everywhere, in_train = self.strings.counts(), self.strings.take(train).counts()
        known: set[str] = set()
        counts: dict[str, int] = {}
        missing = 0
        for text, total, count in zip(self.strings.values, everywhere.tolist(), in_train.tolist(), strict=True):
            missing += count if not text else 0
            for label in labels_in(text, self.separator) if total else ():
                known.add(label)
                counts[label] = counts.get(label, 0) + count
        classes = order or sort_classes(sorted(known))
        found = tuple(counts.get(name, 0) for name in classes)
        mean = sum(found) / max(1, len(train) - missing)
        return Statistics(classes=classes, counts=found, missing=missing, mean=(float(f"{mean:.7g}"),))

    def select(self, kept: Int64s) -> "LabelRows":
        return LabelRows(self.strings.take(kept), self.separator)

    def missing(self) -> npt.NDArray[np.bool_]:
        return np.array([not text for text in self.strings.values], bool)[self.strings.codes]

    def unlabelled(self, field: Field) -> npt.NDArray[np.bool_]:
        return np.array([not text for text in self.strings.values], bool)[self.strings.codes]

    def text(self, index: int) -> str:
        return printable(self.strings[index], 60)

    def labels(self, index: int) -> tuple[str, ...]:
        """The labels of a sample."""
        return labels_in(self.strings[index], self.separator)


def open_labels(opening: Opening) -> Opened:
    """The labels of a field, each cell in one form: parts without blanks, once each."""
    column = opening.source.columns[opening.field.name]
    assert isinstance(column, Strings)
    separator = separator_of(opening.field)
    texts = [written(text, separator) for text in column.values]
    table: dict[str, int] = {}
    places = np.array([table.setdefault(text, len(table)) for text in texts], np.int64)
    return Opened(rows=LabelRows(Strings(tuple(table), places[column.codes]), separator), kept=opening.every())
