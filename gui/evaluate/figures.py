"""From a plot as the engine declares it to the figure that is drawn."""

import numpy as np

from engine.protocol.messages.plots import Plot, PlotAxis
from gui.charts.figure import Figure, FigureAxis, FigureLine, FigureSeries


def figure_of(plot: Plot) -> Figure:
    """The figure of a plot; nothing is left out."""
    return Figure(
        title=plot.title,
        x=_axis(plot.x),
        y=_axis(plot.y),
        series=tuple(
            FigureSeries(
                name=one.name,
                kind=one.kind.value,
                x=np.array(one.x, np.float64),
                y=np.array(one.y, np.float64),
                low=np.array(one.low, np.float64),
                high=np.array(one.high, np.float64),
                width=one.width,
                color=one.color,
                is_dashed=one.is_dashed,
                is_shown=one.is_shown,
                samples=tuple(one.samples),
            )
            for one in plot.series
        ),
        lines=tuple(
            FigureLine(name=line.name, x=(line.x[0], line.x[1]), y=(line.y[0], line.y[1])) for line in plot.references
        ),
        is_square=plot.is_square,
    )


def _axis(axis: PlotAxis) -> FigureAxis:
    return FigureAxis(
        name=axis.name,
        unit=axis.unit,
        names=tuple(axis.names),
        low=axis.low,
        high=axis.high,
        is_share=axis.is_share,
    )
