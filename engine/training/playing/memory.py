"""The moments that were lived through last, prepared, as a ring: what a player that acts learns from."""

from collections.abc import Sequence
from typing import Final

import psutil
import torch
from torch import Tensor

from engine.errors import TrainingError

_SHARE_OF_MEMORY: Final = 0.5
"""Of what the machine has free, at most."""


class ReplayMemory:
    """`size` moments, a tensor for each Input; the oldest makes room for the newest.

    `first` are the moments it begins with, of which the last are kept; it lies where they do. Source: Lin 1992.
    Raises TrainingError when so many moments do not fit into the machine.
    """

    def __init__(self, size: int, first: Sequence[Tensor]) -> None:
        row_bytes = sum(tensor[:1].nbytes for tensor in first)
        if all(not tensor.is_cuda for tensor in first):
            fitting = int(psutil.virtual_memory().available * _SHARE_OF_MEMORY) // max(1, row_bytes)
            if fitting < size:
                raise TrainingError(
                    f"A memory of {size:,} moments does not fit into this machine.",
                    where="recipe",
                    expected=f"up to {fitting:,}",
                    found=f"{size:,} moments of {row_bytes:,} bytes",
                    hint="Make the memory smaller in the recipe.",
                )
        self._size = size
        self._columns = [
            torch.zeros((size, *tensor.shape[1:]), dtype=tensor.dtype, device=tensor.device) for tensor in first
        ]
        self.count = 0
        self._next = 0
        self.add(first)

    def add(self, rows: Sequence[Tensor]) -> None:
        """Remember some moments, a tensor of rows for each Input; of more than `size` the last."""
        rows = [tensor[-self._size :] for tensor in rows]
        count = len(rows[0]) if rows else 0
        before = min(count, self._size - self._next)
        for column, tensor in zip(self._columns, rows, strict=True):
            column[self._next : self._next + before] = tensor[:before]
            if before < count:
                column[: count - before] = tensor[before:]
        self._next = (self._next + count) % self._size
        self.count = min(self._size, self.count + count)

    def drawn(self, batch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """So many moments, each as likely as any other; one may come twice."""
        places = torch.randint(self.count, (batch,), generator=generator)
        if self._columns[0].is_cuda:
            places = places.to(self._columns[0].device)
        return tuple(column.index_select(0, places) for column in self._columns)

    def state(self) -> dict[str, Tensor]:
        """All it holds."""
        held = {f"column{number}": column[: self.count] for number, column in enumerate(self._columns)}
        return {**held, "place": torch.tensor([self.count, self._next])}

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        self.count, self._next = (int(number) for number in state["place"])
        for number, column in enumerate(self._columns):
            column[: self.count] = state[f"column{number}"]
