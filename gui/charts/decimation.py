"""Fewer points with the same outline: the smallest and the largest of each bucket, in their order."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def decimate(x: Floats, y: Floats, buckets: int) -> tuple[Floats, Floats]:
    """At most `2 * buckets + 4` of the points of a curve, every peak kept. Not-a-number points are passed over."""
    count = len(x)
    if count <= 2 * buckets + 4:
        return x, y
    size = -(-count // buckets)
    whole = count // size
    body = whole * size
    rows = y[:body].reshape(whole, size)
    low, high = rows, rows
    if np.isnan(y).any():
        low = np.where(np.isnan(rows), np.inf, rows)
        high = np.where(np.isnan(rows), -np.inf, rows)
    starts = np.arange(whole) * size
    pairs = np.sort(np.stack((starts + low.argmin(axis=1), starts + high.argmax(axis=1)), axis=1), axis=1).ravel()
    if body < count:
        rest = y[body:]
        if not np.isnan(rest).all():
            ends = sorted((body + int(np.nanargmin(rest)), body + int(np.nanargmax(rest))))
            pairs = np.concatenate((pairs, ends))
    # The first and the last point stay, so that a curve does not shrink at its ends.
    kept = np.unique(np.concatenate(([0], pairs, [count - 1])))
    return x[kept], y[kept]
