"""How odd samples look: how one kind of them and the others are spread, and how well they are told apart."""

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.evaluation.plots.curves import ranking_line
from engine.evaluation.plots.thinning import Floats, rounded
from engine.evaluation.ranking import Ranking
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotReference, PlotSeries

VIEW: Final = "oddness"
_BINS: Final = 40
_REACH: Final = (0.0, 0.995)
"""The part of the values whose bounds the bins have; what lies beyond is counted in the last."""


def oddness_plots(
    value_n: Floats, odd_n: npt.NDArray[np.bool_], caption: str, kind: str, ranking: Ranking | None
) -> list[Plot]:
    """The spread of both sorts as shares of each, and, where there are both, the ROC curve."""
    known = np.isfinite(value_n)
    value, odd = value_n[known], odd_n[known]
    if len(value) == 0:
        return []
    low, high = (float(bound) for bound in np.quantile(value, _REACH))
    if high - low <= 1e-12 * max(1.0, abs(high)):
        low, high = low - 0.5, high + 0.5
    series = []
    for name, chosen, color in (("Others" if odd.any() else "Samples", ~odd, 0), (kind, odd, 1)):
        if not chosen.any():
            continue
        counts, edges = np.histogram(np.clip(value[chosen], low, high), bins=_BINS, range=(low, high))
        series.append(
            PlotSeries(
                name=f"{name}, {int(chosen.sum()):,}",
                kind=PlotKind.STEPS,
                x=rounded(edges),
                y=rounded(np.append(counts, counts[-1]) / max(1, counts.sum())),
                color=color,
                is_dashed=bool(color),
            )
        )
    plots = [
        Plot(
            key="oddness",
            view=VIEW,
            title="How odd the samples look",
            caption=f"By {caption}; what lies at the right is unlike what it learned from",
            x=PlotAxis(name=f"Oddness ({caption})", low=low, high=high),
            y=PlotAxis(name="Share of the samples", low=0.0, is_share=True),
            series=series,
        )
    ]
    if ranking is not None:
        plots.append(
            Plot(
                key="oddness_roc",
                view=VIEW,
                title="Found by oddness",
                caption=f"How many of {kind} are found against how many false alarms, as the bar is lowered",
                x=PlotAxis(name="False alarms", low=0.0, high=1.0, is_share=True),
                y=PlotAxis(name="Found", low=0.0, high=1.0, is_share=True),
                series=[ranking_line(f"{kind}, area {ranking.auroc() or 0.0:.3f}", ranking, 1)],
                references=[PlotReference(name="Guessing", x=[0.0, 1.0], y=[0.0, 1.0])],
                is_square=True,
            )
        )
    return plots
