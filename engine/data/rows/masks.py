"""Masks: class numbers of every point, brought to one size once, then read from a memory map like pictures."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from engine.data.rows.pictures import PictureRows, open_pictures
from engine.data.rows.rows import Int64s, Opened, Opening, Rows
from engine.document.data_spec import Field, Statistics

_BLOCK = 256


@dataclass(frozen=True, slots=True)
class MaskRows(Rows):
    """Masks as pictures of one channel that holds class numbers. `classes` are their names."""

    pictures: PictureRows
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def batch(self, numbers: Int64s) -> Tensor:
        return self.pictures.batch(numbers)

    def raw(self, index: int) -> npt.NDArray[np.uint8]:
        """uint8 (H, W) of class numbers."""
        return self.pictures.raw(index)[..., 0]

    def keys(self) -> Int64s:
        return self.pictures.keys()

    def measure(self, train: Int64s, field: Field, order: tuple[str, ...]) -> Statistics:
        """Classes, in how many of the masks each of them is, and as `mean` its share of all points."""
        classes = order or field.statistics.classes
        masks = np.zeros(len(classes), np.int64)
        points = np.zeros(len(classes), np.int64)
        pixels, rows = self.pictures.pixels, self.pictures.rows[train]
        for start in range(0, len(rows), _BLOCK):
            block = pixels[rows[start : start + _BLOCK]].reshape(min(_BLOCK, len(rows) - start), -1)
            for number in range(len(classes)):
                here = (block == number).sum(axis=1)
                masks[number] += (here > 0).sum()
                points[number] += here.sum()
        shares = points / max(1, int(points.sum()))
        return Statistics(
            classes=classes,
            counts=tuple(int(count) for count in masks),
            mean=tuple(float(f"{share:.6g}") for share in shares),
            shape=self.pictures.shape()[:2],
        )

    def select(self, kept: Int64s) -> "MaskRows":
        return MaskRows(self.pictures.select(kept), self.classes)


def open_masks(opening: Opening) -> Opened:
    """The masks of a field, from their cache, which is built where it is missing."""
    found = open_pictures(opening)
    assert isinstance(found.rows, PictureRows)
    order = opening.source.class_order.get(opening.field.name, ()) or opening.field.statistics.classes
    return Opened(rows=MaskRows(found.rows, order), kept=found.kept, left_out=found.left_out)
