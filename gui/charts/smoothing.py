"""Exponential smoothing of long curves, corrected at the start as in Adam (arXiv 1412.6980, section 3)."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BLOCK = 32


class Smoother:
    """Smooths a curve that grows: `feed` gives the smoothed values of the new points alone.

    s[n] = weight * s[n-1] + (1 - weight) * y[n], shown as s[n] / (1 - weight ** n). A point that is not a number counts
    as the one before it.
    """

    def __init__(self, weight: float) -> None:
        if not 0 <= weight < 1:
            raise ValueError(f"weight must be at least 0 and below 1, got {weight}")
        self.weight = weight
        self._state = 0.0
        self._count = 0
        self._last = 0.0
        steps = np.arange(_BLOCK)
        self._powers = weight ** (steps + 1.0)
        self._within = np.where(
            steps[:, None] >= steps[None, :],
            (1 - weight) * weight ** np.maximum(steps[:, None] - steps[None, :], 0),
            0.0,
        )

    def feed(self, values: Floats) -> Floats:
        """The smoothed values of `values`, float64."""
        count = len(values)
        if count == 0 or self.weight == 0:
            return values
        filled = self._fill(values)
        blocks = -(-count // _BLOCK)
        padded = np.zeros(blocks * _BLOCK)
        padded[:count] = filled
        local = padded.reshape(blocks, _BLOCK) @ self._within.T
        # Only the last value of each block goes on to the next: one short loop instead of one over all points.
        carried = np.empty(blocks)
        state, whole = self._state, float(self._powers[-1])
        for block, end in enumerate(local[:, -1].tolist()):
            carried[block] = state
            state = state * whole + end
        smoothed = (local + carried[:, None] * self._powers).ravel()[:count]
        self._state = float(smoothed[-1])
        # The correction is 1 to within a rounding error once weight ** n is below 1e-17.
        early = max(0, min(count, int(-40 / np.log(self.weight)) + 1 - self._count))
        if early:
            numbers = np.arange(self._count + 1, self._count + early + 1, dtype=np.float64)
            smoothed[:early] /= -np.expm1(numbers * np.log(self.weight))
        self._count += count
        return smoothed

    def _fill(self, values: Floats) -> Floats:
        bad = ~np.isfinite(values)
        if bad.any():
            last_good = np.maximum.accumulate(np.where(bad, -1, np.arange(len(values))))
            values = np.where(last_good < 0, self._last, values[last_good])
        self._last = float(values[-1])
        return values
