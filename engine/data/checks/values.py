"""The values of a field as plain columns: what the checks of tables go by."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.data.checks.check import Int64s
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Values:
    """Numbers (N,) with nan where missing, or strings with "" where missing."""

    numbers: Float64s | None = None
    strings: Strings | None = None

    def missing(self) -> npt.NDArray[np.bool_]:
        """(N,), true where there is no value."""
        if self.strings is not None:
            return np.array([not text for text in self.strings.values], bool)[self.strings.codes]
        assert self.numbers is not None
        return np.isnan(self.numbers)


def values_of(dataset: "Dataset", field: Field) -> Values | None:
    """The column of a field; None for pictures, sound and arrays, and for what cannot be opened."""
    rows = dataset.rows(field.name)
    strings = getattr(rows, "strings", None)
    if isinstance(strings, Strings):
        return Values(strings=strings)
    if field.kind in (FieldKind.NUMBER, FieldKind.DATE):
        moments = rows.moments()
        return None if moments is None else Values(numbers=moments)
    return None


def class_labels(dataset: "Dataset") -> tuple[Field, Int64s] | None:
    """The first category to learn and each sample's class, -1 where it waits in the pool; None without one."""
    for field in dataset.data.targets():
        if field.kind is FieldKind.CATEGORY:
            return field, dataset.labels(field.name).numpy()
    return None
