"""What a plot shows, as values: scales, series and straight lines to compare with."""

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from gui.charts.series_style import DASHED, SeriesStyle, series_style

Floats = NDArray[np.float64]
Kind = Literal["line", "steps", "points", "bars", "band"]

_NONE: Final = np.zeros(0)


@dataclass(frozen=True, kw_only=True)
class FigureAxis:
    """A scale; `names` stand at 0, 1, 2, ..., `is_share` reads 1 as 100 %."""

    name: str = ""
    unit: str = ""
    names: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    is_share: bool = False

    def label(self) -> str:
        """The name with its unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True, kw_only=True, eq=False)
class FigureSeries:
    """One thing that is drawn. `low` and `high` are the edges of a band, how far a point may be off, or (`low`) where
    bars begin. `samples` names what each point stands for."""

    name: str
    kind: Kind
    x: Floats
    y: Floats = field(default_factory=lambda: _NONE)
    low: Floats = field(default_factory=lambda: _NONE)
    high: Floats = field(default_factory=lambda: _NONE)
    width: float = 1.0
    color: int = 0
    is_dashed: bool = False
    is_shown: bool = True
    samples: tuple[int, ...] = ()

    def style(self) -> SeriesStyle:
        """Colour, dash and marker: points and lines have a marker, so that colour is not the only sign."""
        dash = DASHED if self.is_dashed else ()
        return series_style(self.color, dash=dash, marked=self.kind in ("points", "line", "steps"))

    def tops(self) -> Floats:
        """The highest y of each place."""
        if self.kind == "band":
            return self.high
        return self.high if len(self.high) == len(self.y) and self.kind == "points" else self.y

    def feet(self) -> Floats:
        """The lowest y of each place."""
        if self.kind == "bars":
            return self.low if len(self.low) == len(self.y) else np.zeros(len(self.y))
        return self.low if len(self.low) == len(self.x) else self.y


@dataclass(frozen=True, kw_only=True)
class FigureLine:
    """A straight line to compare with."""

    name: str
    x: tuple[float, float]
    y: tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Figure:
    """A plot; `is_square` keeps its area from being much wider than high."""

    title: str = ""
    x: FigureAxis = field(default_factory=FigureAxis)
    y: FigureAxis = field(default_factory=FigureAxis)
    series: tuple[FigureSeries, ...] = ()
    lines: tuple[FigureLine, ...] = ()
    is_square: bool = False

    def extent(self, hidden: frozenset[int] = frozenset()) -> tuple[float, float, float, float]:
        """(low x, high x, low y, high y) of what is shown, with a little air where the scale is not bound."""
        xs: list[float] = []
        ys: list[float] = []
        for place, one in enumerate(self.series):
            if place in hidden or not len(one.x):
                continue
            left, right = float(np.nanmin(one.x)), float(np.nanmax(one.x))
            air = one.width / 2 if one.kind == "bars" else 0.03 * (right - left) if one.kind == "points" else 0.0
            xs += [left - air, right + air]
            both = np.concatenate([one.tops(), one.feet()])
            both = both[np.isfinite(both)]
            if len(both):
                ys += [float(both.min()), float(both.max())]
        if not xs:
            xs, ys = [0.0, 1.0], ys or [0.0, 1.0]
        ys = ys or [0.0, 1.0]
        return (*_bound(self.x, min(xs), max(xs), air=0.0), *_bound(self.y, min(ys), max(ys), air=0.06))


def _bound(axis: FigureAxis, low: float, high: float, *, air: float) -> tuple[float, float]:
    if high <= low:
        low, high = low - 0.5, high + 0.5
    room = (high - low) * air
    return (
        (low - room if axis.low is None else min(axis.low, low)),
        (high + room if axis.high is None else max(axis.high, high)),
    )
