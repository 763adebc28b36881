"""Pictures that are nearly the same: another size, format or quality of one, frames of one film."""

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import torch

from engine.data.checks.check import Int64s, Look
from engine.data.checks.near import NearDuplicates, distances, likely_pairs, unique_pairs
from engine.data.rows import PictureRows
from engine.document.data_spec import Field
from engine.errors import Cancelled

if TYPE_CHECKING:
    from engine.data.rows import Rows

_BATCH = 512
_SIDE = 16
_MEAN = 4.0
_MOST = 40.0
_BRIGHTER = 24.0
_BITS = 20
_PAIRS = 1 << 14


class NearPictures(NearDuplicates):
    """By a hash of what is brighter than its neighbour on the right and below, then by looking.

    The hash has 64 bits each way, in four parts; pictures with one part alike are compared: first all bits, then the
    small pictures themselves (16 × 16), which may differ by 4 grey levels on average after the brightness of the whole.
    Works on the cached pictures, so nothing is decoded.
    """

    kind: ClassVar[str] = "near_pictures"
    caption: ClassVar[str] = "Pictures that are nearly the same"
    noun: ClassVar[tuple[str, str]] = ("picture", "pictures")

    def takes(self, rows: "Rows") -> bool:
        return isinstance(rows, PictureRows)

    def pairs(self, look: Look, field: Field, rows: "Rows") -> tuple[Int64s, Int64s]:
        assert isinstance(rows, PictureRows)
        count = len(rows)
        hashes = np.zeros((count, 2), np.uint64)
        grays = np.zeros((count, _SIDE * _SIDE), np.uint8)  # 256 MB for a million
        for start in range(0, count, _BATCH):
            if look.cancelled():
                raise Cancelled
            look.progress(0.8 * start / count, "Comparing pictures")
            numbers = np.arange(start, min(start + _BATCH, count), dtype=np.int64)
            hashes[numbers, 0] = _bits(rows, numbers, (8, 9), 2)
            hashes[numbers, 1] = _bits(rows, numbers, (9, 8), 1)
            grays[numbers] = _small(rows, numbers, (_SIDE, _SIDE)).mean(1).reshape(len(numbers), -1).round().numpy()
        found = []
        for way in range(2):
            for part in range(4):
                key = ((hashes[:, way] >> np.uint64(16 * part)) & np.uint64(0xFFFF)).astype(np.int64)
                for a, b in likely_pairs(key, hashes[:, way], look):
                    near = distances(hashes[a], hashes[b]).sum(axis=1) <= _BITS
                    found.append((a[near], b[near]))
        a, b = unique_pairs(found, count)
        near = np.zeros(len(a), bool)
        for start in range(0, len(a), _PAIRS):
            if look.cancelled():
                raise Cancelled
            look.progress(0.8 + 0.1 * start / len(a), "Comparing pictures")
            apart = grays[a[start : start + _PAIRS]].astype(np.float32) - grays[b[start : start + _PAIRS]]
            apart -= apart.mean(axis=1, keepdims=True)
            near[start : start + _PAIRS] = np.abs(apart).mean(axis=1) <= _MEAN + 1  # colours are looked at below
        a, b = a[near], b[near]
        same = np.zeros(len(a), bool)
        for start in range(0, len(a), _BATCH):
            if look.cancelled():
                raise Cancelled
            look.progress(0.9 + 0.1 * start / max(1, len(a)), "Comparing pictures")
            part_a, part_b = a[start : start + _BATCH], b[start : start + _BATCH]
            same[start : start + _BATCH] = _alike(
                _small(rows, part_a, (_SIDE, _SIDE)), _small(rows, part_b, (_SIDE, _SIDE))
            )
        return a[same], b[same]


def _small(rows: PictureRows, numbers: Int64s, size: tuple[int, int]) -> torch.Tensor:
    """float32 (N, C, height, width) of means over parts of the cached pictures, in grey levels."""
    taken = np.take(rows.pixels, rows.rows[numbers], axis=0)
    return torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(taken).permute(0, 3, 1, 2).float(), size)


def _bits(rows: PictureRows, numbers: Int64s, size: tuple[int, int], axis: int) -> npt.NDArray[np.uint64]:
    """64 bits a picture: whether each part is darker than the next one along an axis of (N, H, W)."""
    gray = _small(rows, numbers, size).mean(1)
    after, before = (gray[:, 1:], gray[:, :-1]) if axis == 1 else (gray[:, :, 1:], gray[:, :, :-1])
    bits = (after > before + 0.5).reshape(len(numbers), 64).numpy()
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint64).ravel()


def _alike(a: torch.Tensor, b: torch.Tensor) -> npt.NDArray[np.bool_]:
    """Whether small pictures show the same, however bright."""
    apart = a - b
    brighter = apart.mean((1, 2, 3), keepdim=True)
    rest = (apart - brighter).abs()
    same = (rest.mean((1, 2, 3)) <= _MEAN) & (rest.amax((1, 2, 3)) <= _MOST) & (brighter.abs().flatten() <= _BRIGHTER)
    result: npt.NDArray[np.bool_] = same.numpy()
    return result
