"""What the steps of a run stand for on the x axis: themselves, epochs, or time; a line through points that rise.

A curve keeps its steps, and what is drawn of it is translated: so changing the axis costs as little as moving the view.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class XScale:
    """Between two knots it is a straight line; beyond the last one it goes on as `slope` says (shown a step)."""

    def __init__(self, slope: float = 1.0) -> None:
        self._slope = slope
        self._steps: Floats = np.zeros(1)
        self._shown: Floats = np.zeros(1)

    def set_knots(self, steps: ArrayLike, shown: ArrayLike, slope: float) -> None:
        """Other knots; both rise (equal neighbours are joined). Raises ValueError when their lengths differ."""
        at, values = np.asarray(steps, dtype=np.float64), np.asarray(shown, dtype=np.float64)
        if at.shape != values.shape or at.ndim != 1:
            raise ValueError(f"knots need as many steps as values, got {at.shape} and {values.shape}")
        if not len(at):
            at, values = np.zeros(1), np.zeros(1)
        kept = np.ones(len(at), dtype=bool)
        kept[1:] = (np.diff(at) > 0) & (np.diff(np.maximum.accumulate(values)) > 0)
        self._steps, self._shown = at[kept], values[kept]
        self._slope = slope if np.isfinite(slope) and slope > 0 else 1.0

    def shown(self, steps: ArrayLike) -> Floats:
        """What is drawn for steps."""
        at = np.asarray(steps, dtype=np.float64)
        inside = np.interp(at, self._steps, self._shown)
        beyond = np.maximum(at - self._steps[-1], 0) + np.minimum(at - self._steps[0], 0)
        return np.asarray(inside + beyond * self._slope)

    def step(self, shown: float) -> float:
        """The step that is drawn at a place."""
        beyond = max(shown - self._shown[-1], 0) + min(shown - self._shown[0], 0)
        return float(np.interp(shown, self._shown, self._steps) + beyond / self._slope)
