"""Numbers, and arrays of numbers."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data import statistics
from engine.data.readers.sniffing import is_number
from engine.data.rows.digests import digests
from engine.data.rows.rows import Int64s, Opened, Opening, Rows
from engine.data.samples import Numbers
from engine.data.strings import Strings
from engine.document.data_spec import Field, Statistics


@dataclass(frozen=True, slots=True)
class NumberRows(Rows):
    """float32 (N,), NaN where a number is missing, or (N, ...) for an array."""

    numbers: Numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def batch(self, numbers: Int64s) -> Tensor:
        return torch.from_numpy(np.take(self.numbers, numbers, axis=0))

    def raw(self, index: int) -> float | npt.NDArray[np.float32]:
        value = self.numbers[index]
        return float(value) if self.numbers.ndim == 1 else value

    def keys(self) -> Int64s:
        if self.numbers.ndim == 1:
            clean = np.where(np.isnan(self.numbers), np.float32(np.nan), self.numbers)
            return clean.view(np.int32).astype(np.int64)
        return np.ascontiguousarray(digests(self.numbers)[:, :8]).view(np.int64).ravel()

    def measure(self, train: Int64s, field: Field, order: tuple[str, ...]) -> Statistics:
        return statistics.measure_numbers(self.numbers[train])

    def select(self, kept: Int64s) -> "NumberRows":
        return NumberRows(self.numbers[kept])

    def missing(self) -> npt.NDArray[np.bool_]:
        there = np.logical_not(np.isnan(self.numbers)).reshape(len(self.numbers), -1).all(axis=1)
        return np.logical_not(there)

    def moments(self) -> npt.NDArray[np.float64] | None:
        return self.numbers.astype(np.float64) if self.numbers.ndim == 1 else None

    def unusable_as_target(self, field: Field) -> npt.NDArray[np.bool_]:
        finite = np.isfinite(self.numbers).reshape(len(self.numbers), -1).all(axis=1)
        return np.logical_not(finite)


def open_numbers(opening: Opening) -> Opened:
    """The numbers of a field; words that are numbers in figures count, others are missing."""
    column = opening.source.columns[opening.field.name]
    if isinstance(column, Strings):
        values = [float(text.replace(",", "")) if is_number(text) else np.nan for text in column.values]
        return Opened(rows=NumberRows(np.array(values, np.float32)[column.codes]), kept=opening.every())
    return Opened(rows=NumberRows(cast(Numbers, column)), kept=opening.every())
