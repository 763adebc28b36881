"""ROC and precision-recall curves: each class against the rest, and all classes together."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from engine.evaluation.plots.thinning import Floats, Places, kept_of_line, points_each, rounded
from engine.evaluation.ranking import Ranking, mean_known, mean_precision_recall, mean_roc
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotReference, PlotSeries

VIEW: Final = "curves"
MOST_CLASSES: Final = 30
"""Curves of single classes in one plot: those with the worst area."""
_SHOWN: Final = 10
_FIRST_CLASS: Final = 2  # colours 0 and 1 are those of the averages


def curve_plots(names: Sequence[str], rankings: Sequence[Ranking], together: Ranking, *, is_single: bool) -> list[Plot]:
    """ROC and precision-recall plots of each class (or label) and of all `together`; nothing where no class has both.

    `is_single`: a sample has exactly one class, so that of two classes one curve says all.
    """
    usable = [place for place, ranking in enumerate(rankings) if ranking.is_both]
    if not usable:
        return []
    single = len(names) == 2 and is_single
    micro = None if single or len(names) < 2 else together
    found = [_roc(names, rankings, usable[-1:] if single else usable, micro), _pr(names, rankings, usable, micro)]
    skipped = len(names) - len(usable)
    if skipped:
        some = f"{skipped:,} classes have" if skipped > 1 else f"'{next(_without(names, usable))}' has"
        note = f"{some} no curve: this split holds no sample of it, or none of anything else."
        found = [_with_note(plot, note) for plot in found]
    return found


def _without(names: Sequence[str], usable: list[int]) -> Iterator[str]:
    return (name for place, name in enumerate(names) if place not in set(usable))


def _with_note(plot: Plot, note: str) -> Plot:
    return msgspec.structs.replace(plot, note=f"{plot.note} {note}".strip())


def _roc(names: Sequence[str], rankings: Sequence[Ranking], usable: list[int], micro: Ranking | None) -> Plot:
    areas = {place: rankings[place].auroc() or 0.0 for place in usable}
    chosen = _chosen(areas)
    most = points_each(len(chosen) + 2)
    series = []
    if micro is not None:
        mean = mean_known(list(areas.values()))
        series.append(_line(f"Macro mean, area {mean:.3f}", mean_roc(list(rankings)), 0, most))
        series.append(_line(f"Micro, area {micro.auroc() or 0.0:.3f}", micro.roc(), 1, most, dashed=True))
    for place in chosen:
        shown = micro is None or chosen.index(place) < _SHOWN
        curve, color = rankings[place].roc(), _FIRST_CLASS + place
        series.append(_line(f"{names[place]}, area {areas[place]:.3f}", curve, color, most, shown=shown))
    return Plot(
        key="roc",
        view=VIEW,
        title="ROC curves",
        caption="How many of a class are found, against how many others are taken for it, as the bar is lowered",
        x=PlotAxis(name="False positives", low=0.0, high=1.0, is_share=True),
        y=PlotAxis(name="True positives", low=0.0, high=1.0, is_share=True),
        series=series,
        references=[PlotReference(name="Guessing", x=[0.0, 1.0], y=[0.0, 1.0])],
        note=_worst(len(usable), len(chosen)),
        is_square=True,
    )


def _pr(names: Sequence[str], rankings: Sequence[Ranking], usable: list[int], micro: Ranking | None) -> Plot:
    means = {place: rankings[place].average_precision() or 0.0 for place in usable}
    chosen = _chosen(means)
    most = points_each(len(chosen) + 2)
    series = []
    if micro is not None:
        mean, line = mean_known(list(means.values())), mean_precision_recall(list(rankings))
        series.append(_line(f"Macro mean, average {mean:.3f}", line, 0, most))
        together = micro.precision_recall()
        text = f"Micro, average {micro.average_precision() or 0.0:.3f}"
        series.append(_line(text, together, 1, most, dashed=True))
    for place in chosen:
        shown = micro is None or chosen.index(place) < _SHOWN
        curve, color = rankings[place].precision_recall(), _FIRST_CLASS + place
        series.append(_line(f"{names[place]}, average {means[place]:.3f}", curve, color, most, shown=shown))
    return Plot(
        key="precision_recall",
        view=VIEW,
        title="Precision and recall",
        caption="How many of those named are right, against how many of a class are found, as the bar is lowered",
        x=PlotAxis(name="Recall", low=0.0, high=1.0, is_share=True),
        y=PlotAxis(name="Precision", low=0.0, high=1.0, is_share=True),
        series=series,
        note=_worst(len(usable), len(chosen)),
        is_square=True,
    )


def _chosen(areas: dict[int, float]) -> list[int]:
    """The classes that are drawn, worst first."""
    return sorted(areas, key=lambda place: (areas[place], place))[:MOST_CLASSES]


def _worst(usable: int, chosen: int) -> str:
    return f"The {chosen} worst of {usable:,} classes." if chosen < usable else ""


def _line(
    name: str, curve: tuple[Floats, Floats], color: int, most: int, *, dashed: bool = False, shown: bool = True
) -> PlotSeries:
    x, y = curve
    kept = _corners(x, y)
    kept = kept[kept_of_line(y[kept], most)]
    return PlotSeries(
        name=name,
        kind=PlotKind.LINE,
        x=rounded(x[kept]),
        y=rounded(y[kept]),
        color=color,
        is_dashed=dashed,
        is_shown=shown,
    )


def ranking_line(name: str, ranking: Ranking, color: int) -> PlotSeries:
    """The ROC curve of one ranking."""
    return _line(name, ranking.roc(), color, points_each(1))


def _corners(x: Floats, y: Floats) -> Places:
    """Places where a line changes its direction: what lies between two of them is on the straight line."""
    if len(x) < 3:
        return np.arange(len(x))
    across, up = np.diff(x), np.diff(y)
    turns = across[:-1] * up[1:] != across[1:] * up[:-1]
    return np.flatnonzero(np.concatenate([[True], turns, [True]]))
