"""Text: how hard the true tokens were to guess, place by place, and how long texts came out.

Axes: N texts, L places.
"""

from typing import Final

import numpy as np

from engine.evaluation.plots.numbers import histogram
from engine.evaluation.plots.thinning import Floats, Places, kept_of_cloud, kept_of_line, rounded
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotReference, PlotSeries

VIEW: Final = "text"
_FEW: Final = 5
"""Texts that reach a place, below which nothing is drawn of it."""


def text_plots(
    target_nl: Places, answer_nl: Places, nll_nl: Floats | None, lengths: list[tuple[int, int]], indices_n: Places
) -> list[Plot]:
    """Plots of tokens, 0 filling up. `lengths` are true and written lengths, in characters, of texts written freely."""
    there = target_nl != 0
    counts = there.sum(0)
    used = np.flatnonzero(counts >= min(_FEW, len(target_nl)))
    found: list[Plot] = []
    if len(used) == 0:
        return found
    place = used + 1.0
    if nll_nl is not None:
        mean = np.where(there, nll_nl, 0.0).sum(0)[used] / counts[used]
        kept = kept_of_line(mean)
        found.append(
            Plot(
                key="perplexity_by_place",
                view=VIEW,
                title="Perplexity by place",
                caption="Between how many tokens it wavers on average, given the true text before",
                x=PlotAxis(name="Place in the text"),
                y=PlotAxis(name="Perplexity", low=1.0),
                series=[
                    PlotSeries(
                        name="Perplexity",
                        kind=PlotKind.LINE,
                        x=rounded(place[kept]),
                        y=rounded(np.exp(np.minimum(mean[kept], 30))),
                    )
                ],
            )
        )
    if answer_nl.shape == target_nl.shape:
        right = ((answer_nl == target_nl) & there).sum(0)[used] / counts[used]
        kept = kept_of_line(right)
        found.append(
            Plot(
                key="accuracy_by_place",
                view=VIEW,
                title="Right tokens by place",
                caption="How often the likeliest token is the true one, given the true text before",
                x=PlotAxis(name="Place in the text"),
                y=PlotAxis(name="Right", low=0.0, high=1.0, is_share=True),
                series=[
                    PlotSeries(
                        name="Right", kind=PlotKind.LINE, x=rounded(place[kept]), y=rounded(right[kept]), color=1
                    )
                ],
            )
        )
    if nll_nl is not None:
        each = np.where(there, nll_nl, 0.0).sum(1) / np.maximum(1, there.sum(1))
        found.append(
            histogram(
                np.exp(np.minimum(each, 30)),
                key="perplexity_by_text",
                view=VIEW,
                title="Perplexity by text",
                caption="Texts at the right are hard for it",
                axis="Perplexity",
            )
        )
    if lengths:
        true, said = (np.array(column, np.float64) for column in zip(*lengths, strict=True))
        kept = kept_of_cloud(len(true), (true, said, said - true))
        longest = float(max(true.max(), said.max(), 1.0))
        found.append(
            Plot(
                key="length",
                view=VIEW,
                title="Length of written texts",
                caption="Texts that it wrote by itself, beside the true ones",
                x=PlotAxis(name="True length", unit="characters", low=0.0),
                y=PlotAxis(name="Written length", unit="characters", low=0.0),
                series=[
                    PlotSeries(
                        name="Texts",
                        kind=PlotKind.POINTS,
                        x=rounded(true[kept]),
                        y=rounded(said[kept]),
                        samples=indices_n[: len(true)][kept].tolist() if len(indices_n) == len(true) else [],
                    )
                ],
                references=[PlotReference(name="As long as it should be", x=[0.0, longest], y=[0.0, longest])],
                is_square=True,
            )
        )
    return found
