"""Carries what a run's curves have grown by into a chart, piece by piece, never the whole again."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gui.charts.line_chart import LineChart
from gui.charts.series_style import SeriesStyle
from gui.models.curves import RunCurves

Floats = NDArray[np.float64]
Points = Callable[[RunCurves, int], tuple[Floats, Floats]]
"""x and y of a curve from the n-th point on."""


@dataclass
class CurveFeed:
    """One curve of one run in one chart."""

    chart: LineChart
    key: str
    points: Points
    sent: int = field(default=0)

    def begin(self, name: str, style: SeriesStyle, *, smoothed: bool = True) -> None:
        """Put an empty curve into the chart."""
        self.chart.add_series(self.key, name, style, smoothed=smoothed)
        self.sent = 0

    def bring(self, curves: RunCurves) -> None:
        """Add the points that have come since."""
        x, y = self.points(curves, self.sent)
        if len(x):
            self.chart.append(self.key, x, y)
            self.sent += len(x)

    def again(self, curves: RunCurves) -> None:
        """Begin anew: the run was resumed from a checkpoint and its curves are shorter than before."""
        self.chart.series(self.key).clear()
        self.sent = 0
        self.bring(curves)


def step_loss(curves: RunCurves, start: int) -> tuple[Floats, Floats]:
    """Loss of each step over epochs."""
    if not curves.steps_per_epoch:
        return np.empty(0), np.empty(0)
    return curves.steps[start:] / curves.steps_per_epoch, curves.step_loss[start:]


def learning_rate(curves: RunCurves, start: int) -> tuple[Floats, Floats]:
    """Learning rate at each step over epochs."""
    if not curves.steps_per_epoch:
        return np.empty(0), np.empty(0)
    return curves.steps[start:] / curves.steps_per_epoch, curves.learning_rate[start:]


def by_epoch(table: str, name: str) -> Points:
    """A metric of the `train` or `val` split at each epoch's end; epochs that did not tell it are gaps."""

    def points(curves: RunCurves, start: int) -> tuple[Floats, Floats]:
        values = getattr(curves, table).get(name, [])
        count = min(len(values), len(curves.epochs))
        x = np.asarray(curves.epochs[start:count], dtype=np.float64)
        return x, np.asarray(values[start:count], dtype=np.float64)

    return points


def memory(curves: RunCurves, start: int) -> tuple[Floats, Floats]:
    """Memory at each epoch's end, in MB."""
    count = min(len(curves.memory_bytes), len(curves.epochs))
    x = np.asarray(curves.epochs[start:count], dtype=np.float64)
    return x, np.asarray(curves.memory_bytes[start:count], dtype=np.float64) / 1e6
