"""Which samples the grid shows, as far as labels and splits tell; the rest is asked of the engine."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SPLITS: Final = ("train", "val", "test", "pool")
EVERY: Final = -1
UNLABELLED: Final = -2


@dataclass(frozen=True, kw_only=True)
class SampleFilter:
    """`split`: train, val, test, pool or ""; `class_index`: EVERY, UNLABELLED or a class.

    `only` are the numbers of samples among which to look, shown in that order, None for all; `sample` is a single one,
    -1 for none.
    """

    split: str = ""
    class_index: int = EVERY
    only: tuple[int, ...] | None = None
    sample: int = -1

    @property
    def looks_at_labels(self) -> bool:
        """Whether a sample may stop to pass, or begin to, when labels are given."""
        return bool(self.split) or self.class_index >= 0 or self.class_index == UNLABELLED

    def matching(
        self,
        samples: int,
        splits: NDArray[np.int8],
        labels: NDArray[np.int32],
        order: NDArray[np.int32] | None = None,
    ) -> NDArray[np.int32]:
        """Numbers of the samples that pass, in the `order` given (which may leave some out), else rising."""
        kept: NDArray[np.bool_] | None = None

        def narrow(mask: NDArray[np.bool_]) -> None:
            nonlocal kept
            kept = mask if kept is None else kept & mask

        if self.split and len(splits) == samples:
            narrow(splits == SPLITS.index(self.split))
        if self.class_index == UNLABELLED and len(labels) == samples:
            narrow(labels < 0)
        elif self.class_index >= 0 and len(labels) == samples:
            narrow(labels == self.class_index)
        if self.only is not None:
            narrow(_among(samples, np.array(self.only, np.int64)))
            if order is None:  # those of a finding come in its own order, copies side by side, the worst first
                order = np.array(list(dict.fromkeys(self.only)), np.int32)
        if self.sample >= 0:
            narrow(_among(samples, np.array([self.sample], np.int64)))
        if order is None:
            return np.arange(samples, dtype=np.int32) if kept is None else np.flatnonzero(kept).astype(np.int32)
        order = order[(order >= 0) & (order < samples)]
        return order if kept is None else order[kept[order]]


def _among(samples: int, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(samples, bool)
    mask[numbers[(numbers >= 0) & (numbers < samples)]] = True
    return mask
