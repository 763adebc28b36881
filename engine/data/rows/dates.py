"""Dates: seconds since 1970 in UTC, exact to parts of a second."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data import statistics
from engine.data.dates import moment
from engine.data.rows.rows import Int64s, Opened, Opening, Rows
from engine.document.data_spec import Field, Statistics


@dataclass(frozen=True, slots=True)
class DateRows(Rows):
    """float64 (N,), NaN where a date is missing."""

    seconds: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.seconds)

    def batch(self, numbers: Int64s) -> Tensor:
        return torch.from_numpy(self.seconds[numbers])

    def raw(self, index: int) -> float:
        return float(self.seconds[index])

    def keys(self) -> Int64s:
        clean = np.where(np.isnan(self.seconds), np.nan, self.seconds)
        return np.ascontiguousarray(clean).view(np.int64)

    def measure(self, train: Int64s, field: Field, order: tuple[str, ...]) -> Statistics:
        return statistics.measure_numbers(self.seconds[train])

    def select(self, kept: Int64s) -> "DateRows":
        return DateRows(self.seconds[kept])

    def missing(self) -> npt.NDArray[np.bool_]:
        return np.isnan(self.seconds)

    def moments(self) -> npt.NDArray[np.float64]:
        return self.seconds

    def unusable_as_target(self, field: Field) -> npt.NDArray[np.bool_]:
        return np.logical_not(np.isfinite(self.seconds))

    def text(self, index: int) -> str:
        return moment(float(self.seconds[index]))


def open_dates(opening: Opening) -> Opened:
    """The dates of a field."""
    column = cast("npt.NDArray[np.float64]", opening.source.columns[opening.field.name])
    return Opened(rows=DateRows(np.asarray(column, np.float64)), kept=opening.every())
