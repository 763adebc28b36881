"""Sound: decoded and brought to one rate once, then read from a memory map."""

from dataclasses import dataclass
from typing import cast

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.preparation import Preparation
from engine.data.preparation.sound import LengthRule
from engine.data.rows.rows import Int64s, Opened, Opening, Rows
from engine.data.samples import Sound, Sounds
from engine.data.sound_cache import CachedSounds, cached_sounds, sound_cache_key
from engine.document.data_spec import Field, Statistics

DEFAULT_RATE = 16_000


def rate_of(field: Field) -> int:
    """The rate to which the sound of a field is brought, samples a second."""
    rate = field.options.get("rate", 0)
    return rate if isinstance(rate, int) and not isinstance(rate, bool) and rate > 0 else DEFAULT_RATE


@dataclass(frozen=True, slots=True)
class SoundRows(Rows):
    """Recordings of any lengths at one rate; `rows[i]` is the place in the cache of sample i."""

    cached: CachedSounds
    rows: Int64s
    rate: int
    preparation: Preparation

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def rates(self) -> npt.NDArray[np.int32]:
        """The rate of each file."""
        return self.cached.rates[self.rows]

    @property
    def lengths(self) -> Int64s:
        """Samples of each recording."""
        starts = self.cached.starts
        return cast(Int64s, starts[self.rows + 1] - starts[self.rows])

    def batch(self, numbers: Int64s) -> Tensor:
        """float32 (N, T) after the steps that bring all to one length."""
        return torch.from_numpy(self.preparation.waveforms([self._sound(row) for row in self.rows[numbers]]))

    def _sound(self, row: int) -> npt.NDArray[np.float32]:
        """One recording; of a long one no more is read than Length keeps."""
        start, end = int(self.cached.starts[row]), int(self.cached.starts[row + 1])
        rule = next(iter(self.preparation.rules), None)
        if isinstance(rule, LengthRule):
            first, last = rule.kept(end - start)
            start, end = start + first, start + last
        return _decimals(self.cached.samples[start:end])

    def raw(self, index: int) -> Sound:
        row = int(self.rows[index])
        start, end = int(self.cached.starts[row]), int(self.cached.starts[row + 1])
        return Sound(_decimals(self.cached.samples[start:end]), self.rate)

    def keys(self) -> Int64s:
        return np.ascontiguousarray(self.cached.digests[self.rows, :8]).view(np.int64).ravel()

    def measure(self, train: Int64s, field: Field, order: tuple[str, ...]) -> Statistics:
        lengths = self.lengths
        alike = len(lengths) > 0 and bool((lengths == lengths[0]).all())
        longest = int(lengths[train].max()) if len(train) else int(lengths.max(initial=0))
        return Statistics(shape=(int(lengths[0]) if alike else None,), longest=longest, rate=self.rate)

    def select(self, kept: Int64s) -> "SoundRows":
        return SoundRows(self.cached, self.rows[kept], self.rate, self.preparation)


def _decimals(levels: npt.NDArray[np.int16] | npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """A copy out of the memory map, from -1 to 1."""
    if levels.dtype == np.int16:
        return levels.astype(np.float32) / np.float32(32768)
    return np.array(levels, np.float32)


def open_sounds(opening: Opening) -> Opened:
    """The sound of a field, from its cache, which is built where it is missing."""
    field = opening.field
    rate = rate_of(field)
    key = sound_cache_key(opening.source.listing, field.name, rate)
    sounds = cast(Sounds, opening.source.columns[field.name])
    found = cached_sounds(
        sounds, rate, key, opening.project_dir, progress=opening.progress, cancelled=opening.cancelled
    )
    rows = np.arange(len(found.kept), dtype=np.int64)
    return Opened(
        rows=SoundRows(found, rows, rate, Preparation(_at_rate(field, rate))), kept=found.kept, left_out=found.left_out
    )


def _at_rate(field: Field, rate: int) -> Field:
    """The field with the rate known, also before anything was measured: lengths in seconds depend on it."""
    return msgspec.structs.replace(field, statistics=msgspec.structs.replace(field.statistics, rate=rate))
