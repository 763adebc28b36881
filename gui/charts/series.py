"""The points of one curve: grows cheaply, keeps its smoothed twin, and gives the few points that a view needs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gui.charts.growing import Growing
from gui.charts.pyramid import Pyramid
from gui.charts.series_style import SeriesStyle
from gui.charts.smoothing import Smoother
from gui.charts.x_scale import XScale

Floats = NDArray[np.float64]


class Series:
    """x rises; points that come in with an x already passed replace all from there on (a run was resumed).

    `scale` translates x into what the axis shows. A series may follow columns that somebody else fills. Arrays given
    out keep their values whatever comes later.
    """

    def __init__(
        self,
        name: str,
        style: SeriesStyle,
        *,
        smoothed: bool = True,
        scale: XScale | None = None,
        back: bool = False,
        columns: tuple[Growing, Growing] | None = None,
    ) -> None:
        self.name = name
        self.style = style
        self.smoothed = smoothed
        self.scale = scale
        self.back = back
        """Drawn thin and pale, behind the others."""
        self.visible = True
        self._follows = columns is not None
        self._xs, self._ys = columns if columns is not None else (Growing(), Growing())
        self._generation = self._ys.generation
        self._pyramid = Pyramid()
        self._smooth = Growing()
        self._smooth_pyramid = Pyramid()
        self._smoother = Smoother(0.0)

    def __len__(self) -> int:
        return min(len(self._xs), len(self._ys))

    @property
    def x(self) -> Floats:
        """All x, float64."""
        return self._xs.view()[: len(self)]

    @property
    def y(self) -> Floats:
        """All y, float64; not-a-number where a value was missing."""
        return self._ys.view()[: len(self)]

    @property
    def shown_x(self) -> Floats:
        """All x as the axis has them."""
        return self.x if self.scale is None else self.scale.shown(self.x)

    def append(self, x: ArrayLike, y: ArrayLike) -> None:
        """Add points. Raises ValueError when the lengths differ, and for a series that follows columns."""
        xs = np.atleast_1d(np.asarray(x, dtype=np.float64))
        ys = np.atleast_1d(np.asarray(y, dtype=np.float64))
        if self._follows:
            raise ValueError(f"{self.name} follows columns that somebody else fills.")
        if xs.shape != ys.shape or xs.ndim != 1:
            raise ValueError(f"x and y must be flat and equally long, got {xs.shape} and {ys.shape}")
        if not len(xs):
            return
        known = self.x
        if len(known) and xs[0] <= known[-1]:
            self._cut(int(np.searchsorted(known, xs[0])))
        if len(xs) > 1 and np.any(np.diff(xs) < 0):
            order = np.argsort(xs, kind="stable")
            xs, ys = xs[order], ys[order]
        self._xs.extend(xs)
        self._ys.extend(ys)

    def clear(self) -> None:
        """Forget all points."""
        if not self._follows:
            self._cut(0)

    def prepare(self, weight: float, most: int) -> bool:
        """Do at most `most` points of what drawing needs, pyramid and smoothing; whether all is done."""
        if self._generation != self._ys.generation:
            self._begin_anew()
        y = self.y
        if not self._pyramid.grow(y, most):
            return False
        if not self._smooths(weight):
            return True
        done = len(self._smooth)
        if done < len(y):
            end = min(len(y), done + most)
            self._smooth.extend(self._smoother.feed(y[done:end]))
            if end < len(y):
                return False
        return self._smooth_pyramid.grow(self._smooth.view(), most)

    def shown(self, weight: float) -> Floats:
        """The y to draw at a smoothing weight (0: as they are)."""
        if not self.smoothed or weight == 0:
            return self.y
        while not self.prepare(weight, 1 << 30):
            pass
        return self._smooth.view()[: len(self)]

    def value_at(self, at: int, weight: float) -> float:
        """The y shown at an index; as measured where smoothing has not come so far."""
        smooth = self._smooths(weight) and at < len(self._smooth)
        return float((self._smooth if smooth else self._ys).view()[at])

    def points(self, low: float, high: float, buckets: int, weight: float) -> tuple[Floats, Floats]:
        """At most some `2 * buckets` points (shown x, y) of what lies between two shown x, every peak among them.

        Call `prepare` before; with the weight 0 they are as measured.
        """
        part = self.window(low, high)
        smooth = self._smooths(weight) and len(self._smooth) == len(self)
        y, pyramid = (self._smooth.view(), self._smooth_pyramid) if smooth else (self.y, self._pyramid)
        if part.stop <= part.start:
            return np.empty(0), np.empty(0)
        at = pyramid.pick(y, part.start, part.stop, buckets)
        x = self.x[at]
        return (x if self.scale is None else self.scale.shown(x)), y[at]

    def window(self, low: float, high: float) -> slice:
        """The points between two shown x, and one more on each side."""
        start, stop = np.searchsorted(self.x, (self._unscaled(low), self._unscaled(high)))
        return slice(max(0, int(start) - 1), min(len(self), int(stop) + 1))

    def nearest(self, x: float) -> int | None:
        """Index of the point nearest to a shown x; None for an empty series."""
        known = self.x
        if not len(known):
            return None
        x = self._unscaled(x)
        at = int(np.searchsorted(known, x))
        if at == len(known) or (at > 0 and x - known[at - 1] <= known[at] - x):
            at -= 1
        return max(at, 0)

    def shown_x_at(self, at: int) -> float:
        """The shown x of a point."""
        x = self.x[at : at + 1]
        return float((x if self.scale is None else self.scale.shown(x))[0])

    def _unscaled(self, x: float) -> float:
        return x if self.scale is None else self.scale.step(x)

    def _smooths(self, weight: float) -> bool:
        """Whether the curve is smoothed with that weight; another weight begins anew."""
        if not self.smoothed or weight == 0:
            return False
        if self._smoother.weight != weight:
            self._smoother = Smoother(weight)
            self._smooth = Growing()
            self._smooth_pyramid = Pyramid()
        return True

    def _cut(self, count: int) -> None:
        self._xs.cut(count)
        self._ys.cut(count)
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Points were taken back: what was worked out of them is worked out again."""
        self._generation = self._ys.generation
        self._pyramid = Pyramid()
        self._smooth = Growing()
        self._smooth_pyramid = Pyramid()
        self._smoother = Smoother(self._smoother.weight)
