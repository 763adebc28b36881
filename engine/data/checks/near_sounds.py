"""Recordings that are nearly the same: louder, cut otherwise, at another quality or in another format."""

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from engine.data.checks.check import Int64s, Look
from engine.data.checks.near import NearDuplicates, distances, likely_pairs, unique_pairs
from engine.data.rows import SoundRows
from engine.document.data_spec import Field
from engine.errors import Cancelled

if TYPE_CHECKING:
    from engine.data.rows import Rows

_PARTS = 35
_BITS = 16
_SECONDS = 10
_ALIKE = 0.9
_QUIET = 0.02
_HISS = 0.003
_RISE = 0.1

Floats = npt.NDArray[np.float32]


class NearSounds(NearDuplicates):
    """By how loudness rises and falls from part to part of 35, then by laying one wave over the other.

    Compared are those with a quarter of the steps, and a quarter of the long steps, alike.
    Silence before and after does not count. Of the waves' first ten seconds the normalized correlation at the best
    shift must be 0.9; two takes of one word stay far below.
    """

    kind: ClassVar[str] = "near_sounds"
    caption: ClassVar[str] = "Recordings that are nearly the same"
    noun: ClassVar[tuple[str, str]] = ("recording", "recordings")

    def takes(self, rows: "Rows") -> bool:
        return isinstance(rows, SoundRows)

    def pairs(self, look: Look, field: Field, rows: "Rows") -> tuple[Int64s, Int64s]:
        assert isinstance(rows, SoundRows)
        count = len(rows)
        hashes = np.zeros((count, 2), np.uint64)
        heard = np.zeros(count, bool)
        for index in range(count):
            if not index & 63:
                if look.cancelled():
                    raise Cancelled
                look.progress(0.7 * index / count, "Comparing recordings")
            wave = _trimmed(rows.raw(index).samples)
            heard[index] = len(wave) >= 4 * _PARTS
            if heard[index]:
                hashes[index] = _fingerprint(wave)
        there = np.flatnonzero(heard)
        found = []
        loud = [((hashes[there, 0] >> np.uint64(8 * part)) & np.uint64(0xFF)).astype(np.int64) for part in range(4)]
        steps = [((hashes[there, 1] >> np.uint64(8 * part)) & np.uint64(0xFF)).astype(np.int64) for part in range(4)]
        for louder in loud:
            for step in steps:
                for a, b in likely_pairs(louder * 256 + step, hashes[there, 0], look):
                    near = distances(hashes[there[a]], hashes[there[b]]).sum(axis=1) <= _BITS
                    found.append((there[a[near]], there[b[near]]))
        a, b = unique_pairs(found, max(1, count))
        same = np.zeros(len(a), bool)
        for place, (one, other) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
            if look.cancelled():
                raise Cancelled
            look.progress(0.7 + 0.3 * place / len(a), "Comparing recordings")
            same[place] = _alike(_trimmed(rows.raw(one).samples), _trimmed(rows.raw(other).samples), rows.rate)
        return a[same], b[same]


def _trimmed(wave: Floats) -> Floats:
    """Without the silence before and after."""
    loud = np.flatnonzero(np.abs(wave) > _QUIET * np.abs(wave).max(initial=0))
    return wave[loud[0] : loud[-1] + 1] if len(loud) else wave[:0]


def _fingerprint(wave: Floats) -> npt.NDArray[np.uint64]:
    """(2,): 32 bits each, whether a part is louder than the one before, and than the third before it."""
    edges = np.linspace(0, len(wave), _PARTS + 1).astype(np.int64)
    energy = np.add.reduceat(wave.astype(np.float64) ** 2, edges[:-1]) / np.maximum(1, np.diff(edges))
    loudness = np.log(energy + _HISS * energy.max(initial=0) + 1e-12)  # hiss alone rises and falls by chance
    return np.array([_packed(loudness[3:] - loudness[2:-1]), _packed(loudness[3:] - loudness[:-3])], np.uint64)


def _packed(rises: npt.NDArray[np.float64]) -> int:
    return int(np.packbits(rises > _RISE).view(">u4")[0])


def _alike(a: Floats, b: Floats, rate: int) -> bool:
    """Whether one wave lies on the other, at some shift and loudness."""
    a, b = a[: _SECONDS * rate], b[: _SECONDS * rate]
    if min(len(a), len(b)) < 0.8 * max(len(a), len(b)):
        return False
    size = 1 << (len(a) + len(b) - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    power = float(np.sqrt((a.astype(np.float64) ** 2).sum() * (b.astype(np.float64) ** 2).sum()))
    return power > 0 and float(np.abs(product).max()) / power >= _ALIKE
