"""Pictures: decoded and brought to one size once, then read from a memory map."""

from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data import statistics
from engine.data.cache import cache_key, cached_pictures, rows_of
from engine.data.memory import Mapped
from engine.data.preparation import Preparation
from engine.data.rows.digests import digests
from engine.data.rows.rows import Int64s, Opened, Opening, Rows
from engine.data.samples import PictureArray, Pictures
from engine.document.data_spec import Field, Statistics


@dataclass(frozen=True, slots=True)
class PictureRows(Rows):
    """Pictures after the steps on grey levels: `pixels[rows[i]]` is sample i.

    `sizes` are height, width and channels as they are on disk; `numbers[i]` is the place in `pictures` of sample i.
    """

    pixels: npt.NDArray[np.uint8]
    rows: Int64s
    sizes: npt.NDArray[np.int32]
    digests: npt.NDArray[np.uint8]
    pictures: PictureArray | Pictures
    numbers: Int64s
    mapped: Mapped = field(default_factory=Mapped)

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, numbers: Int64s) -> Tensor:
        pixels = rows_of(self.pixels, self.rows[numbers])
        if not pixels.flags.writeable:  # a view of the cache; torch wants to know that nobody writes
            pixels = pixels.copy()
        self.mapped.read(self.pixels, pixels.nbytes)
        return torch.from_numpy(pixels)

    def raw(self, index: int) -> npt.NDArray[np.uint8]:
        number = int(self.numbers[index])
        if isinstance(self.pictures, PictureArray):
            return cast("npt.NDArray[np.uint8]", self.pictures.array[number])
        return self.pictures.read(number)

    def keys(self) -> Int64s:
        return np.ascontiguousarray(self.digests[:, :8]).view(np.int64).ravel()

    def measure(self, train: Int64s, field: Field, order: tuple[str, ...]) -> Statistics:
        return statistics.measure_pictures(self.pixels, self.rows[train], self.shape())

    def shape(self) -> tuple[int | None, ...]:
        """Height, width and channels on disk; None where pictures differ."""
        return tuple(
            int(self.sizes[0, axis]) if bool((self.sizes[:, axis] == self.sizes[0, axis]).all()) else None
            for axis in range(3)
        )

    def select(self, kept: Int64s) -> "PictureRows":
        return PictureRows(
            self.pixels, self.rows[kept], self.sizes[kept], self.digests[kept], self.pictures, self.numbers[kept]
        )


def open_pictures(opening: Opening) -> Opened:
    """The pictures of a field, from their cache, which is built where it is missing."""
    field = opening.field
    column = opening.source.columns[field.name]
    preparation = Preparation(field)
    if isinstance(column, PictureArray):
        pixels = preparation.bytes_of(column.array)
        every = opening.every()
        sizes = np.broadcast_to(np.array(column.array.shape[1:], np.int32), (len(every), 3))
        return Opened(rows=PictureRows(pixels, every, sizes, digests(column.array), column, every), kept=every)
    pictures = cast(Pictures, column)
    key = cache_key(opening.source.listing, field.name, preparation)
    found = cached_pictures(
        pictures, preparation, key, opening.project_dir, progress=opening.progress, cancelled=opening.cancelled
    )
    rows = PictureRows(found.pixels, found.rows, found.sizes, found.digests, pictures, found.kept)
    return Opened(rows=rows, kept=found.kept, left_out=found.left_out)
