"""Fewer points where more cannot be seen: the shape of a line and its extremes stay."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

MOST_POINTS: Final = 1000
MOST_NUMBERS: Final = 24_000
"""Points of all series of one plot together."""


def points_each(series: int) -> int:
    """How many points each of so many series may have."""
    return max(60, min(MOST_POINTS, MOST_NUMBERS // max(1, series)))


def kept_of_line(y: Floats, most: int = MOST_POINTS) -> Places:
    """Places of a line's points to keep: the first, the last, and of each stretch the lowest and the highest."""
    count = len(y)
    if count <= most:
        return np.arange(count)
    stretches = max(1, (most - 2) // 2)
    edges = np.linspace(0, count, stretches + 1).astype(np.int64)
    known = np.where(np.isfinite(y), y, np.nanmean(y) if np.isfinite(y).any() else 0.0)
    found = {0, count - 1}
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        found.add(low + int(known[low:high].argmin()))
        found.add(low + int(known[low:high].argmax()))
    return np.array(sorted(found), np.int64)


def kept_of_cloud(count: int, extremes: Sequence[Floats], most: int = MOST_POINTS, seed: int = 0) -> Places:
    """Places of a cloud's points to keep: the least and the greatest in each of `extremes`, the others by chance."""
    if count <= most:
        return np.arange(count)
    found: set[int] = set()
    for values in extremes:
        order = np.argsort(values, kind="stable")
        found.update(order[:3].tolist())
        found.update(order[-3:].tolist())
    rest = np.setdiff1d(np.arange(count), np.array(sorted(found), np.int64))
    chosen = np.random.default_rng(seed).choice(rest, most - len(found), replace=False)
    return np.sort(np.concatenate([np.array(sorted(found), np.int64), chosen]))


def rounded(values: Any) -> list[float]:
    """Values as they are written: six digits that count."""
    return [float(f"{value:.6g}") for value in np.asarray(values, np.float64).tolist()]
