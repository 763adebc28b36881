"""The points of one curve: grows cheaply, keeps its smoothed twin, and answers what lies at an x."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gui.charts.series_style import SeriesStyle
from gui.charts.smoothing import Smoother

Floats = NDArray[np.float64]


class Series:
    """x rises; points that come in with an x already passed replace all from there on (a run was resumed)."""

    def __init__(self, name: str, style: SeriesStyle, *, smoothed: bool = True) -> None:
        self.name = name
        self.style = style
        self.smoothed = smoothed
        self.visible = True
        self._count = 0
        self._x: Floats = np.empty(256)
        self._y: Floats = np.empty(256)
        self._smooth: Floats = np.empty(0)
        self._smooth_count = 0
        self._smoother = Smoother(0.0)

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> Floats:
        """All x, float64."""
        return self._x[: self._count]

    @property
    def y(self) -> Floats:
        """All y, float64; not-a-number where a value was missing."""
        return self._y[: self._count]

    def append(self, x: ArrayLike, y: ArrayLike) -> None:
        """Add points. Raises ValueError when the lengths differ."""
        xs = np.atleast_1d(np.asarray(x, dtype=np.float64))
        ys = np.atleast_1d(np.asarray(y, dtype=np.float64))
        if xs.shape != ys.shape or xs.ndim != 1:
            raise ValueError(f"x and y must be flat and equally long, got {xs.shape} and {ys.shape}")
        if not len(xs):
            return
        if self._count and xs[0] <= self._x[self._count - 1]:
            self._cut(int(np.searchsorted(self.x, xs[0])))
        if len(xs) > 1 and np.any(np.diff(xs) < 0):
            order = np.argsort(xs, kind="stable")
            xs, ys = xs[order], ys[order]
        self._reserve(self._count + len(xs))
        self._x[self._count : self._count + len(xs)] = xs
        self._y[self._count : self._count + len(xs)] = ys
        self._count += len(xs)

    def clear(self) -> None:
        """Forget all points."""
        self._cut(0)

    def shown(self, weight: float) -> Floats:
        """The y to draw at a smoothing weight (0: as they are)."""
        if not self.smoothed or weight == 0:
            return self.y
        if self._smoother.weight != weight:
            self._smoother = Smoother(weight)
            self._smooth_count = 0
        if len(self._smooth) < len(self._y):
            self._smooth = np.concatenate((self._smooth, np.empty(len(self._y) - len(self._smooth))))
        done = self._smooth_count
        if done < self._count:
            self._smooth[done : self._count] = self._smoother.feed(self._y[done : self._count])
            self._smooth_count = self._count
        return self._smooth[: self._count]

    def window(self, low: float, high: float) -> slice:
        """The points between two x, and one more on each side."""
        start, stop = np.searchsorted(self.x, (low, high))
        return slice(max(0, int(start) - 1), min(self._count, int(stop) + 1))

    def nearest(self, x: float) -> int | None:
        """Index of the point nearest to an x; None for an empty series."""
        if not self._count:
            return None
        at = int(np.searchsorted(self.x, x))
        if at == self._count or (at > 0 and x - self._x[at - 1] <= self._x[at] - x):
            at -= 1
        return max(at, 0)

    def _cut(self, count: int) -> None:
        self._count = count
        if count < self._smooth_count:
            self._smooth_count = 0
            self._smoother = Smoother(self._smoother.weight)

    def _reserve(self, count: int) -> None:
        if count > len(self._x):
            room = max(count, 2 * len(self._x))
            self._x = np.concatenate((self._x[: self._count], np.empty(room - self._count)))
            self._y = np.concatenate((self._y[: self._count], np.empty(room - self._count)))
