"""What every family of open values can do, whatever the kind of the field."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Progress
from engine.data.samples import Samples
from engine.document.data_spec import Field, Statistics

Int64s = npt.NDArray[np.int64]


class Rows(ABC):
    """The values of a field, one for each sample of a data set, numbered from 0. Safe to read from several threads."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def batch(self, numbers: Int64s) -> Any:
        """The values of these samples as `Preparation.finish` takes them."""

    @abstractmethod
    def raw(self, index: int) -> Any:
        """One value as the source holds it, for showing. Raises DataError when its file has become unreadable."""

    @abstractmethod
    def keys(self) -> Int64s:
        """(N,), equal for equal values."""

    @abstractmethod
    def measure(self, train: Int64s, field: Field, order: tuple[str, ...]) -> Statistics:
        """The statistics of the samples to train on. `order` is that of the classes where the source has one."""

    @abstractmethod
    def select(self, kept: Int64s) -> "Rows":
        """The values of these samples alone, in this order."""

    def unusable_as_target(self, field: Field) -> npt.NDArray[np.bool_]:
        """(N,), true where there is nothing to learn and the sample is left out."""
        return np.zeros(len(self), bool)

    def unlabelled(self, field: Field) -> npt.NDArray[np.bool_]:
        """(N,), true where a class is missing that a person can give: the sample waits in the pool."""
        return np.zeros(len(self), bool)

    def strata(self) -> Int64s | None:
        """(N,) class numbers to keep in proportion when splits are dealt; None for what has no classes."""
        return None

    def missing(self) -> npt.NDArray[np.bool_]:
        """(N,), true where there is no value."""
        return np.zeros(len(self), bool)

    def moments(self) -> npt.NDArray[np.float64] | None:
        """(N,) numbers that rise as the values do, nan where missing, for a split by time; None without an order."""
        return None

    def text(self, index: int) -> str:
        """The value in a few words, for what could not be used."""
        return ""


@dataclass(kw_only=True)
class Opened:
    """Values that could be opened: row i is that of the source's sample `kept[i]`, rising; the others are left out."""

    rows: Rows
    kept: Int64s
    left_out: LeftOutList = field(default_factory=LeftOutList)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What opening a field needs to know."""

    field: Field
    source: Samples
    project_dir: Path | None
    progress: Progress
    cancelled: IsCancelled

    def every(self) -> Int64s:
        """The numbers of all samples of the source."""
        return _up_to(self.source.count)


@lru_cache(maxsize=1)
def _up_to(count: int) -> Int64s:
    """The same array for all fields: with a million samples each would take 8 MB."""
    numbers = np.arange(count, dtype=np.int64)
    numbers.flags.writeable = False
    return numbers
