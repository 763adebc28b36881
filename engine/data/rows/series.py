"""Series: windows of one long line, or one in each row. Nothing is copied but the batch that is asked for."""

import dataclasses
from dataclasses import dataclass
from typing import cast

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data import statistics
from engine.data.rows.digests import digests
from engine.data.rows.rows import Int64s, Opened, Opening, Rows
from engine.data.samples import Windows
from engine.document.data_spec import Field, Statistics

Moments = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeriesRows(Rows):
    """Windows (length, channels) of series, NaN where a value is missing."""

    windows: Windows

    def __len__(self) -> int:
        return len(self.windows)

    def batch(self, numbers: Int64s) -> Tensor:
        return torch.from_numpy(self.windows.take(numbers))

    def raw(self, index: int) -> npt.NDArray[np.float32]:
        return cast("npt.NDArray[np.float32]", self.windows.take(np.array([index]))[0])

    def keys(self) -> Int64s:
        if (
            self.windows.times is not None
        ):  # what was measured at two moments is never one sample, even when it is equal
            return self.windows.starts
        return np.ascontiguousarray(digests(self.windows.take(np.arange(len(self))))[:, :8]).view(np.int64).ravel()

    def measure(self, train: Int64s, field: Field, order: tuple[str, ...]) -> Statistics:
        """Per channel, of every value that a sample of the train split holds, each counted once."""
        values, length = self.windows.values, self.windows.length
        first, size = (
            self.windows.starts[train] - self.windows.before,
            length + self.windows.before + self.windows.after,
        )
        begins = np.bincount(first, minlength=len(values) + 1)
        ends = np.bincount(first + size, minlength=len(values) + 1)
        held = np.cumsum(begins[: len(values) + 1] - ends[: len(values) + 1])[: len(values)] > 0
        found = statistics.measure_numbers(values[held])
        return msgspec.structs.replace(found, shape=(length, values.shape[1]), longest=length)

    def select(self, kept: Int64s) -> "SeriesRows":
        windows = self.windows
        return SeriesRows(dataclasses.replace(windows, starts=windows.starts[kept]))

    def missing(self) -> npt.NDArray[np.bool_]:
        """True for windows without a single value."""
        there = np.isfinite(self.windows.values).any(axis=1)
        before = np.concatenate([[0], np.cumsum(there)])
        starts = self.windows.starts
        found: npt.NDArray[np.bool_] = before[starts + self.windows.length] == before[starts]
        return found

    def unusable_as_target(self, field: Field) -> npt.NDArray[np.bool_]:
        gaps = np.isnan(self.windows.values).any(axis=1)
        before = np.concatenate([[0], np.cumsum(gaps)])
        starts = self.windows.starts
        found: npt.NDArray[np.bool_] = before[starts + self.windows.length] > before[starts]
        return found

    def moments(self) -> Moments | None:
        """When each window begins."""
        times = self.windows.times
        return None if times is None else times[self.windows.starts]

    def spans(self) -> tuple[Moments, Moments] | None:
        """When each window begins and ends, its last value included."""
        times, starts = self.windows.times, self.windows.starts
        return None if times is None else (times[starts], times[starts + self.windows.length - 1])


def open_series(opening: Opening) -> Opened:
    """The series of a field; an array (N, time, channels) is taken as a series in each row."""
    column = opening.source.columns[opening.field.name]
    if isinstance(column, np.ndarray):
        array = cast("npt.NDArray[np.float32]", column if column.ndim == 3 else column.reshape(*column.shape[:2], -1))
        count, length, channels = array.shape
        column = Windows(array.reshape(count * length, channels), np.arange(count, dtype=np.int64) * length, length)
    return Opened(rows=SeriesRows(cast(Windows, column)), kept=opening.every())
