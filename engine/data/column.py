"""The prepared values of fields for one split, ready for a network: whole in memory, or a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.memory import budget
from engine.data.preparation import Preparation
from engine.data.preparation.chain import join
from engine.data.rows.rows import Rows

_CHUNK_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A field's open values, and the samples of one split among them."""

    preparation: Preparation
    values: Rows
    rows: npt.NDArray[np.int64]
    raw: bool = False
    """Whether the steps on tensors are left to whoever takes the values, which are varied before."""

    def take(self, chosen: npt.NDArray[np.int64]) -> Tensor:
        """The prepared values of these samples of the split."""
        batch = self.values.batch(self.rows[chosen])
        return batch if self.raw else self.preparation.finish(batch)


class Column:
    """Prepared values of the fields of one Input, joined, in the order of the split."""

    def __init__(self, parts: Sequence[Part], *, streamed: bool = False) -> None:
        self._parts = tuple(parts)
        self._names = tuple(part.preparation.field.name for part in parts)
        self._whole: Tensor | None = None
        first = self._take(np.zeros(0, np.int64)) if len(self) == 0 else self._take(np.zeros(1, np.int64))
        self._row_shape = tuple(first.shape[1:])
        self._dtype = first.dtype
        self._row_bytes = first.element_size() * int(np.prod(self._row_shape, dtype=np.int64))
        self._streamed = streamed

    def __len__(self) -> int:
        return len(self._parts[0].rows)

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of one prepared sample."""
        return self._row_shape

    def _take(self, rows: npt.NDArray[np.int64]) -> Tensor:
        return join([part.take(rows) for part in self._parts], self._names)

    def whole(self) -> Tensor | None:
        """All prepared rows as one tensor when they fit in memory, kept for later calls; None when they do not."""
        if self._whole is None and not self._streamed:
            if not budget.take(self, self._row_bytes * len(self)):
                self._streamed = True  # also when room comes later: a run goes on as it began
                return None
            whole = torch.empty((len(self), *self._row_shape), dtype=self._dtype)
            step = max(1, _CHUNK_BYTES // max(1, self._row_bytes))
            for start in range(0, len(self), step):
                rows = np.arange(start, min(start + step, len(self)), dtype=np.int64)
                whole[start : start + len(rows)] = self._take(rows)
            self._whole = whole
        return self._whole

    def gather(self, rows: Tensor) -> Tensor:
        """The prepared samples at these positions of the split (int64, in any order): float32 or int64, (N, ...)."""
        whole = self.whole()
        if whole is not None:
            return whole.index_select(0, rows)
        return self._take(rows.numpy())
