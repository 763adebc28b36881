"""What every check of the data is: what it looks for, how it tells, and what mends it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from engine.data.progress import IsCancelled, Progress, never, silent
from engine.protocol.messages.data import DataCheck, Remedy, Severity

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

SHOWN = 1000
"""Samples of a finding that are told by number; `count` says how many there are."""

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a check looks at: an open data set, and whether rare classes count more in the loss already."""

    dataset: "Dataset"
    class_weights: bool = False
    progress: Progress = silent
    cancelled: IsCancelled = never


class Check(ABC):
    """One thing to look for. `kind` names its findings, `caption` says in a line what it looks for.

    A slow one is made when a person asks for it; the others come with every description of the data, so they take
    a second at most for a million samples.
    """

    kind: ClassVar[str]
    caption: ClassVar[str]
    slow: ClassVar[bool] = False

    @abstractmethod
    def find(self, look: Look) -> Iterable[DataCheck]:
        """What there is to tell; nothing when all is well. Raises Cancelled."""

    def told(
        self,
        message: str,
        *,
        where: str = "",
        severity: Severity = Severity.WARNING,
        samples: Iterable[int] | Int64s = (),
        count: int | None = None,
        remedies: Sequence[Remedy] = (),
    ) -> DataCheck:
        """A finding; `count` is that of the samples where it is not said."""
        numbers = np.asarray(samples if isinstance(samples, np.ndarray) else list(samples), np.int64)
        return DataCheck(
            kind=self.kind,
            severity=severity,
            where=where,
            message=message,
            count=len(numbers) if count is None else count,
            samples=numbers[:SHOWN].tolist(),
            remedies=list(remedies),
        )


def some(number: int, one: str, many: str) -> str:
    """A number with its noun: "1 picture", "1,200 pictures"."""
    return f"{number:,} {one if number == 1 else many}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first of some names."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
