"""Categories and text."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.data import statistics
from engine.data.left_out import printable
from engine.data.rows.rows import Int64s, Opened, Opening, Rows
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Statistics
from engine.document.graph import natural


@dataclass(frozen=True, slots=True)
class StringRows(Rows):
    """Strings as the source holds them; an empty one is missing."""

    strings: Strings

    def __len__(self) -> int:
        return len(self.strings)

    def batch(self, numbers: Int64s) -> Strings:
        return self.strings.take(numbers)

    def raw(self, index: int) -> str:
        return self.strings[index]

    def keys(self) -> Int64s:
        return self.strings.codes

    def measure(self, train: Int64s, field: Field, order: tuple[str, ...]) -> Statistics:
        if field.kind is FieldKind.CATEGORY:
            return statistics.measure_category(self.strings, train, order)
        return statistics.measure_text(self.strings, train, field)

    def select(self, kept: Int64s) -> "StringRows":
        return StringRows(self.strings.take(kept))

    def unusable_as_target(self, field: Field) -> npt.NDArray[np.bool_]:
        known = set(field.statistics.classes)
        if field.kind is FieldKind.CATEGORY:
            bad = np.array([bool(text) and bool(known) and text not in known for text in self.strings.values], bool)
        else:
            bad = np.array([not text for text in self.strings.values], bool)
        return bad[self.strings.codes]

    def unlabelled(self, field: Field) -> npt.NDArray[np.bool_]:
        if field.kind is not FieldKind.CATEGORY:
            return np.zeros(len(self), bool)
        return np.array([not text for text in self.strings.values], bool)[self.strings.codes]

    def missing(self) -> npt.NDArray[np.bool_]:
        return np.array([not text for text in self.strings.values], bool)[self.strings.codes]

    def moments(self) -> npt.NDArray[np.float64]:
        order = sorted(set(self.strings.values) - {""}, key=lambda text: (natural(text), text))
        rank = {text: float(place) for place, text in enumerate(order)}
        return np.array([rank.get(text, np.nan) for text in self.strings.values], np.float64)[self.strings.codes]

    def strata(self) -> Int64s:
        return self.strings.codes

    def text(self, index: int) -> str:
        return printable(self.strings[index], 60)


def open_strings(opening: Opening) -> Opened:
    """The strings of a field."""
    column = opening.source.columns[opening.field.name]
    assert isinstance(column, Strings)
    return Opened(rows=StringRows(column), kept=opening.every())
