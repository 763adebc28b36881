"""How far the network's own confidence can be believed: reliability diagram and confidence histogram."""

from typing import Final

import numpy as np

from engine.evaluation.plots.thinning import Floats, rounded
from engine.evaluation.ranking import Bools
from engine.evaluation.scores import CALIBRATION_BINS, wilson_interval
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotReference, PlotSeries

VIEW: Final = "calibration"
_FEW: Final = 10


def calibration_plots(confidence_n: Floats, right_n: Bools, *, of: str = "answers") -> list[Plot]:
    """15 bins of equal width: in each the share of right answers beside the mean confidence; and how many there are.

    `of` says what is counted: answers, or labels of a sample that may have several.
    """
    if len(confidence_n) == 0:
        return []
    confidence = np.clip(confidence_n.astype(np.float64), 0, 1)
    bins = np.clip(np.ceil(confidence * CALIBRATION_BINS).astype(np.int64) - 1, 0, CALIBRATION_BINS - 1)
    counts = np.bincount(bins, minlength=CALIBRATION_BINS)
    rights = np.bincount(bins, weights=right_n.astype(np.float64), minlength=CALIBRATION_BINS)
    sums = np.bincount(bins, weights=confidence, minlength=CALIBRATION_BINS)
    used = np.flatnonzero(counts)
    share, mean = rights[used] / counts[used], sums[used] / counts[used]
    intervals = [wilson_interval(int(rights[place]), int(counts[place])) for place in used.tolist()]
    middles = (np.arange(CALIBRATION_BINS) + 0.5) / CALIBRATION_BINS
    width = 1 / CALIBRATION_BINS
    surely, truly = float(confidence.mean()), float(right_n.mean())
    off, by_chance = surely - truly, 2 * float(np.sqrt((confidence * (1 - confidence)).sum())) / len(confidence)
    verdict = "too sure" if off > 0 else "not sure enough"
    words = (
        f"On average it is {100 * surely:.1f} % sure and {100 * truly:.1f} % right: "
        f"{'as sure as it should be' if abs(off) <= max(by_chance, 0.005) else verdict}."
    )
    few = int((counts[used] < _FEW).sum())
    if few:
        words += f" {few} of {len(used)} bins hold fewer than {_FEW} {of}."
    return [
        Plot(
            key="reliability",
            view=VIEW,
            title="Reliability",
            caption="Of answers this sure, how many are right? On the diagonal its confidence can be taken at its word",
            x=PlotAxis(name="Confidence", low=0.0, high=1.0, is_share=True),
            y=PlotAxis(name="Right answers", low=0.0, high=1.0, is_share=True),
            series=[
                PlotSeries(
                    name="Right answers", kind=PlotKind.BARS, x=rounded(middles[used]), y=rounded(share), width=width
                ),
                PlotSeries(
                    name="What chance allows",
                    kind=PlotKind.POINTS,
                    x=rounded(mean),
                    y=rounded(share),
                    low=rounded([low for low, _ in intervals]),
                    high=rounded([high for _, high in intervals]),
                    color=2,
                ),
            ],
            references=[PlotReference(name="As sure as right", x=[0.0, 1.0], y=[0.0, 1.0])],
            note=words,
            is_square=True,
        ),
        Plot(
            key="confidence",
            view=VIEW,
            title="Confidence",
            caption="How sure it was, of right and of wrong answers",
            x=PlotAxis(name="Confidence", low=0.0, high=1.0, is_share=True),
            y=PlotAxis(name=of.capitalize(), low=0.0),
            series=[
                PlotSeries(
                    name="Right", kind=PlotKind.BARS, x=rounded(middles), y=rounded(rights), width=width, color=1
                ),
                PlotSeries(
                    name="Wrong",
                    kind=PlotKind.BARS,
                    x=rounded(middles),
                    y=rounded(counts),
                    low=rounded(rights),
                    width=width,
                    color=4,
                ),
            ],
        ),
    ]
