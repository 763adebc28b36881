"""Where the smallest and the largest values of a long curve lie, at ever coarser steps, grown as points arrive.

A chart asks for two points a pixel column: from the raw numbers that costs a pass over all of them, from the pyramid a
pass over some thousand blocks however long the curve is. Blocks are whole in one bucket or not at all, so no peak is
ever lost. Numbers that are not finite are passed over.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_BASE: Final = 64
_FACTOR: Final = 8
_PER_BUCKET: Final = 4
"""A bucket holds at least this many blocks, so that its edges are off by at most a quarter of it."""


class _Level:
    """Index of the smallest and of the largest value of each block."""

    def __init__(self) -> None:
        self.count = 0
        self.low: Places = np.empty(64, dtype=np.int64)
        self.high: Places = np.empty(64, dtype=np.int64)

    def extend(self, low: Places, high: Places) -> None:
        end = self.count + len(low)
        if end > len(self.low):
            room = max(end, 2 * len(self.low))
            self.low = np.concatenate((self.low[: self.count], np.empty(room - self.count, dtype=np.int64)))
            self.high = np.concatenate((self.high[: self.count], np.empty(room - self.count, dtype=np.int64)))
        self.low[self.count : end] = low
        self.high[self.count : end] = high
        self.count = end


class Pyramid:
    """Level n has a block for every 64 * 8 ** n points. It holds no values: each call is given them."""

    def __init__(self) -> None:
        self._levels: list[_Level] = []

    def grow(self, y: Floats, most: int | None = None) -> bool:
        """Take in the points that came since, at most about `most` of them; whether all are in now."""
        if not self._levels:
            self._levels.append(_Level())
        first = self._levels[0]
        whole = len(y) // _BASE
        end = whole if most is None else min(whole, first.count + max(1, most // _BASE))
        if end > first.count:
            starts = np.arange(first.count, end) * _BASE
            rows = y[starts[0] : end * _BASE].reshape(-1, _BASE)
            low, high = _extremes(rows)
            first.extend(starts + low, starts + high)
            self._grow_upwards(y)
        return end == whole

    def cut(self, count: int) -> None:
        """Forget the points from the `count`-th on."""
        block = _BASE
        for level in self._levels:
            level.count = min(level.count, count // block)
            block *= _FACTOR

    def pick(self, y: Floats, start: int, stop: int, buckets: int) -> Places:
        """Indices, rising, of at most `2 * buckets + 6` points of y[start:stop]: first, last, extremes of the rest."""
        count = stop - start
        if count <= 2 * buckets + 6:
            return np.arange(start, stop)
        body = max(1, buckets - 2)  # both ends have a bucket of their own
        block, level = self._coarsest(count / body)
        if level is None:
            return _joined(start, stop, [_picked_raw(y, start, stop, body)])
        first, last = -(-start // block), min(stop // block, level.count)
        if last <= first:
            return _joined(start, stop, [_picked_raw(y, start, stop, body)])
        parts = [
            _extremes_of(y, start, first * block),
            _picked_blocks(y, level, first, last, body),
            _extremes_of(y, last * block, stop),
        ]
        return _joined(start, stop, parts)

    def _coarsest(self, points: float) -> tuple[int, _Level | None]:
        """The level whose blocks are small enough for buckets of so many points."""
        found: tuple[int, _Level | None] = (0, None)
        block = _BASE
        for level in self._levels:
            if block * _PER_BUCKET > points or not level.count:
                break
            found = (block, level)
            block *= _FACTOR
        return found

    def _grow_upwards(self, y: Floats) -> None:
        at = 0
        while True:
            below = self._levels[at]
            whole = below.count // _FACTOR
            if at + 1 == len(self._levels):
                if not whole:
                    return
                self._levels.append(_Level())
            level = self._levels[at + 1]
            if whole <= level.count:
                return
            part = slice(level.count * _FACTOR, whole * _FACTOR)
            lows, highs = below.low[part].reshape(-1, _FACTOR), below.high[part].reshape(-1, _FACTOR)
            rows = np.arange(len(lows))
            level.extend(lows[rows, _smallest(y[lows])], highs[rows, _largest(y[highs])])
            at += 1


def _smallest(rows: Floats) -> Places:
    fine = np.isfinite(rows)
    return np.asarray(np.argmin(rows if fine.all() else np.where(fine, rows, np.inf), axis=1))


def _largest(rows: Floats) -> Places:
    fine = np.isfinite(rows)
    return np.asarray(np.argmax(rows if fine.all() else np.where(fine, rows, -np.inf), axis=1))


def _extremes(rows: Floats) -> tuple[Places, Places]:
    """Column of the smallest and of the largest number of each row."""
    fine = np.isfinite(rows)
    if fine.all():
        return np.argmin(rows, axis=1), np.argmax(rows, axis=1)
    return np.argmin(np.where(fine, rows, np.inf), axis=1), np.argmax(np.where(fine, rows, -np.inf), axis=1)


def _extremes_of(y: Floats, start: int, stop: int) -> Places:
    if stop <= start:
        return np.empty(0, dtype=np.int64)
    low, high = _extremes(y[start:stop].reshape(1, -1))
    return np.array([start + low[0], start + high[0]])


def _picked_raw(y: Floats, start: int, stop: int, buckets: int) -> Places:
    size = -(-(stop - start) // buckets)
    whole = (stop - start) // size
    body = whole * size
    starts = start + np.arange(whole) * size
    low, high = _extremes(y[start : start + body].reshape(whole, size))
    return np.concatenate((starts + low, starts + high, _extremes_of(y, start + body, stop)))


def _picked_blocks(y: Floats, level: _Level, first: int, last: int, buckets: int) -> Places:
    lows, highs = level.low[first:last], level.high[first:last]
    size = -(-len(lows) // buckets)
    whole = len(lows) // size
    body = whole * size
    rows = np.arange(whole)
    low, high = lows[:body].reshape(whole, size), highs[:body].reshape(whole, size)
    parts = [low[rows, _smallest(y[low])], high[rows, _largest(y[high])]]
    if body < len(lows):
        low, high = lows[body:].reshape(1, -1), highs[body:].reshape(1, -1)
        parts += [low[0, _smallest(y[low])], high[0, _largest(y[high])]]
    return np.concatenate(parts)


def _joined(start: int, stop: int, parts: list[Places]) -> Places:
    # The first and the last point stay, so that a curve does not shrink at its ends.
    return np.unique(np.concatenate([np.array([start, stop - 1]), *parts]))
