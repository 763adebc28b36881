"""Batches of a split: the order of an epoch from seed and epoch alone, gathered from memory several batches at a
time."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, Protocol

import torch
from torch import Tensor

from engine.training.lane import lane_for

CHUNK_BYTES: Final = 256 << 10
"""Small batches are gathered together up to this size: one gather costs as much as ten batches of a table."""
MOST_BATCHES_A_CHUNK: Final = 64


class Column(Protocol):
    """What `engine.data` gives for one Input of the network: prepared values of a split, in the order of the split."""

    def __len__(self) -> int: ...

    def whole(self) -> Tensor | None:
        """All rows, when they fit in memory."""

    def gather(self, rows: Tensor) -> Tensor:
        """The rows at these positions."""


Vary = Callable[[Tensor, Tensor, int], Tensor]
"""Augmentation of one column: prepared rows, their positions in the split, epoch. Each row's change depends on the
latter two alone, so it makes no difference how many rows are varied together."""

_Waiting = Callable[[], list[Tensor]]
"""Waits for a chunk that is being gathered."""


def keyed_seed(*parts: object) -> int:
    """32 bits that follow from the parts alone. torch's generator on the CPU takes no more than that from a seed."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little")


def epoch_order(samples: int, seed: int, epoch: int) -> Tensor:
    """The order of an epoch: int64 (samples,)."""
    generator = torch.Generator().manual_seed(keyed_seed(seed, "order", epoch))
    return torch.randperm(samples, generator=generator)


def phase_samples(samples: int, wanted: int | None) -> int:
    """How many of the train split's samples a phase learns from."""
    return samples if wanted is None else min(samples, wanted)


def phase_order(samples: int, seed: int, epoch: int, wanted: int | None) -> Tensor:
    """The order of an epoch of a phase that learns from so many of the samples: int64 (`phase_samples`,).

    Which ones depends on the seed alone, and fewer are among more.
    """
    count = phase_samples(samples, wanted)
    if count == samples:
        return epoch_order(samples, seed, epoch)
    generator = torch.Generator().manual_seed(keyed_seed(seed, "few"))
    return torch.randperm(samples, generator=generator)[:count][epoch_order(count, seed, epoch)]


def batch_bounds(samples: int, batch_size: int, *, join_single: bool) -> list[int]:
    """Where batches begin and end: 0, size, 2 size, ..., samples. The last one may be smaller and is used.

    `join_single`: a last batch of one sample is joined to the one before, as batch normalization cannot learn from it.
    """
    bounds = [*range(0, samples, batch_size), samples]
    if join_single and len(bounds) > 2 and bounds[-1] - bounds[-2] == 1:
        del bounds[-2]
    return bounds


class Feed:
    """Gives the batches of one split, a tensor a column, on the device.

    Columns that fit in memory are kept on the device; of the others the next chunk is gathered by a thread while the
    current one is trained on, and goes to a graphics card on a lane of its own. Pictures are laid out channels last
    where `channels_last` says so.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        device: torch.device,
        *,
        channels_last: bool = False,
        vary: Sequence[Vary | None] = (),
    ) -> None:
        self._columns = list(columns)
        self._vary = list(vary) or [None] * len(self._columns)
        self._device = device
        self._channels_last = channels_last
        self._resident = [self._made_resident(column.whole()) for column in self._columns]
        self.samples = len(self._columns[0]) if self._columns else 0
        self._row_bytes = sum(self._row_size(i) for i in range(len(self._columns))) if self.samples else 0
        self._thread: ThreadPoolExecutor | None = None
        self._lane = lane_for(device) if any(resident is None for resident in self._resident) else None

    @property
    def row_bytes(self) -> int:
        """Bytes of one sample, all columns."""
        return self._row_bytes

    def _made_resident(self, whole: Tensor | None) -> Tensor | None:
        if whole is None:
            return None
        if self._device.type == "cuda" and whole.numel() * whole.element_size() > _half_of_free(self._device):
            return None
        return whole.to(self._device)

    def _row_size(self, number: int) -> int:
        resident = self._resident[number]
        row = self._columns[number].gather(torch.zeros(1, dtype=torch.int64)) if resident is None else resident[:1]
        return row.numel() * row.element_size()

    def batches(
        self, bounds: Sequence[int], order: Tensor | None = None, start: int = 0, epoch: int = 0
    ) -> Iterator[tuple[Tensor, ...]]:
        """The batches from number `start` on; `order` None is the order of the split, `epoch` is for augmentation.

        Chunks begin at the same batches wherever one starts, so a resumed epoch sees tensors of the same alignment,
        which some matrix kernels' last bit depends on.
        """
        count = len(bounds) - 1
        if count < 1 or start >= count:
            return
        size = max(1, (bounds[1] - bounds[0]) * self._row_bytes)
        together = max(1, min(MOST_BATCHES_A_CHUNK, CHUNK_BYTES // size))
        first = start - start % together
        chunks = [(at, min(at + together, count)) for at in range(first, count, together)]
        rows = self._rows(bounds, order)
        for (begin, end), tensors in self._gathered(chunks, bounds, rows, epoch):
            sizes = [bounds[i + 1] - bounds[i] for i in range(begin, end)]
            parts = zip(*(torch.split(tensor, sizes) for tensor in tensors), strict=True)
            for number, batch in enumerate(parts, begin):
                if number >= start:
                    yield batch

    def _rows(self, bounds: Sequence[int], order: Tensor | None) -> Tensor | None:
        if order is None and all(resident is not None for resident in self._resident):
            return None  # slices of what is resident, nothing to gather
        return torch.arange(bounds[-1]) if order is None else order

    def _gathered(
        self, chunks: Sequence[tuple[int, int]], bounds: Sequence[int], rows: Tensor | None, epoch: int
    ) -> Iterator[tuple[tuple[int, int], list[Tensor]]]:
        if all(resident is not None for resident in self._resident):
            rows = None if rows is None else rows.to(self._device)
            for chunk in chunks:
                yield chunk, self._chunk(bounds[chunk[0]], bounds[chunk[1]], rows, epoch)
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")
        waiting: _Waiting | None = None
        for number, chunk in enumerate(chunks):
            current = waiting or self._later(chunk, bounds, rows, epoch)
            waiting = self._later(chunks[number + 1], bounds, rows, epoch) if number + 1 < len(chunks) else None
            yield chunk, current()

    def _later(self, chunk: tuple[int, int], bounds: Sequence[int], rows: Tensor | None, epoch: int) -> _Waiting:
        """Let the thread gather a chunk; what is given back waits for it."""
        assert self._thread is not None
        make = partial(self._chunk, bounds[chunk[0]], bounds[chunk[1]], rows, epoch)
        lane = self._lane
        if lane is None:
            return self._thread.submit(make).result
        filled = self._thread.submit(lane.fill, make)
        return lambda: lane.arrived(filled.result())

    def _chunk(self, begin: int, end: int, rows: Tensor | None, epoch: int) -> list[Tensor]:
        tensors = []
        for column, resident, vary in zip(self._columns, self._resident, self._vary, strict=True):
            if resident is None:
                assert rows is not None
                tensor = column.gather(rows[begin:end])
                tensor = self._lane.send(tensor) if self._lane is not None else tensor.to(self._device)
            elif rows is None:
                tensor = resident[begin:end]
            else:
                tensor = resident.index_select(0, rows[begin:end].to(resident.device))
            if vary is not None and rows is not None:
                tensor = vary(tensor, rows[begin:end], epoch)
            if self._channels_last and tensor.dim() == 4:
                tensor = tensor.contiguous(memory_format=torch.channels_last)
            tensors.append(tensor)
        return tensors

    def close(self) -> None:
        """End the thread that gathers."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None


def _half_of_free(device: torch.device) -> int:
    return int(torch.cuda.mem_get_info(device)[0]) // 2
