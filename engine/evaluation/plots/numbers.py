"""Numbers: answered against true, what is left over, and how that is spread."""

from typing import Final

import numpy as np

from engine.document.data_spec import Field
from engine.evaluation.plots.thinning import Floats, Places, kept_of_cloud, rounded
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotReference, PlotSeries

VIEW: Final = "numbers"
_BINS: Final = 40


def number_plots(field: Field, answer_n: Floats, true_n: Floats, indices_n: Places, *, view: str = VIEW) -> list[Plot]:
    """Plots of answers and truth in the field's own unit; `indices_n` are the samples' numbers in the data."""
    known = np.isfinite(answer_n) & np.isfinite(true_n)
    answer, true, indices = answer_n[known], true_n[known], indices_n[known]
    if len(answer) == 0:
        return []
    left = answer - true
    kept = kept_of_cloud(len(answer), (true, answer, left))
    note = f"{len(kept):,} of {len(answer):,} points, the extreme ones among them." if len(kept) < len(answer) else ""
    low, high = _bounds(np.concatenate([answer, true]))
    samples = indices[kept].tolist()
    return [
        Plot(
            key="predicted_true",
            view=view,
            title="Answered against true",
            caption="On the diagonal every answer is right",
            x=PlotAxis(name=f"True {field.name}"),
            y=PlotAxis(name=f"Answered {field.name}"),
            series=[
                PlotSeries(
                    name="Samples",
                    kind=PlotKind.POINTS,
                    x=rounded(true[kept]),
                    y=rounded(answer[kept]),
                    samples=samples,
                )
            ],
            references=[PlotReference(name="Right", x=[low, high], y=[low, high])],
            note=note,
            is_square=True,
        ),
        Plot(
            key="residuals",
            view=view,
            title="What is left over",
            caption="Answered less true; a shape in it is something the network has not learned",
            x=PlotAxis(name=f"Answered {field.name}"),
            y=PlotAxis(name="Answered less true"),
            series=[
                PlotSeries(
                    name="Samples",
                    kind=PlotKind.POINTS,
                    x=rounded(answer[kept]),
                    y=rounded(left[kept]),
                    samples=samples,
                )
            ],
            references=[PlotReference(name="Right", x=list(_bounds(answer)), y=[0.0, 0.0])],
            note=note,
        ),
        histogram(
            left,
            key="residual_histogram",
            view=view,
            title="How far off, and to which side",
            caption="Answered less true",
            axis="Answered less true",
        ),
    ]


def histogram(
    values: Floats, *, key: str, view: str, title: str, caption: str, axis: str, is_share: bool = False
) -> Plot:
    """How many values lie where; the outermost 0.5 % at either end are put into the end bins."""
    values = values[np.isfinite(values)]
    if is_share:
        low, high = 0.0, 1.0
    else:
        low, high = (float(item) for item in np.quantile(values, (0.005, 0.995)))
    if high - low <= max(1e-12 * max(abs(low), abs(high)), 1e-200):  # all alike, as far as bins can tell
        low, high = low - 0.5, high + 0.5
    bins = 20 if is_share else min(_BINS, max(8, round(2 * len(values) ** (1 / 3))))
    counts, edges = np.histogram(np.clip(values, low, high), bins=bins, range=(low, high))
    beyond = int(((values < low) | (values > high)).sum())
    return Plot(
        key=key,
        view=view,
        title=title,
        caption=caption,
        x=PlotAxis(name=axis, low=low, high=high, is_share=is_share),
        y=PlotAxis(name="Samples", low=0.0),
        series=[
            PlotSeries(
                name="Samples",
                kind=PlotKind.BARS,
                x=rounded((edges[:-1] + edges[1:]) / 2),
                y=rounded(counts),
                width=float(edges[1] - edges[0]),
            )
        ],
        note=f"{beyond:,} values lie beyond the ends and are counted in the outermost bars." if beyond else "",
    )


def _bounds(values: Floats) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)
