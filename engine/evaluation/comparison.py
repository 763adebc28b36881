"""Two runs beside each other, sample by sample: who fixed what, who broke what, and whether it may have been luck.

McNemar's test asks only about samples that one run has right and the other wrong: with two equally good runs each of
them falls to either side like a coin. It is worked out exactly (McNemar 1947; Fagerland et al. 2013 on the exact form).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from engine.document.data_spec import FieldKind
from engine.errors import DataError
from engine.evaluation.answered import Answered
from engine.evaluation.groups import larger_is_better, main_metric
from engine.evaluation.intervals import interval_of_mean
from engine.evaluation.judging import Judged, JudgedCategory, JudgedLabels, judged
from engine.evaluation.plots.numbers import histogram
from engine.evaluation.plots.thinning import kept_of_cloud, rounded
from engine.evaluation.scores import wilson_interval
from engine.protocol.messages.answered_samples import Measure
from engine.protocol.messages.comparison import ComparedClass, ComparedList, ComparedSide, RunsCompared
from engine.protocol.messages.plots import Plot, PlotAxis, PlotKind, PlotReference, PlotSeries
from engine.protocol.run_folder import about

VIEW: Final = "compare"
LUCK: Final = 0.05
_MOST_LISTED: Final = 5000

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Int64s = npt.NDArray[np.int64]


def compare_runs(first: Answered, second: Answered, output_field: str = "") -> RunsCompared:
    """What changed from the first run to the second on the samples of a split that both answered.

    Samples are named by their numbers in the data of the second. Raises DataError where they cannot be compared.
    """
    one, two = first.output(output_field), second.output(output_field)
    assert one.field is not None
    if two.field is None or two.field.name != one.field.name:
        two = second.output(one.field.name)
    assert two.field is not None
    ours, theirs = judged(first, one), judged(second, two)
    if ours.measure is not theirs.measure or ours.measure is Measure.NONE or one.field.kind is not two.field.kind:
        raise DataError(
            f"What runs {first.run.number} and {second.run.number} answer for '{one.field.name}' cannot be compared.",
            where=one.field.name,
            expected=one.field.kind.value,
            found=two.field.kind.value,
        )
    rows, others = _pairs(first, second)
    if len(rows) == 0:
        raise DataError(
            f"Runs {first.run.number} and {second.run.number} have no sample of {first.split} in common.",
            where=first.split,
            hint="Their data or their split differ. Train both on the same data.",
        )
    left = first.count + second.count - 2 * len(rows)
    if ours.right is not None and theirs.right is not None and ours.measure is Measure.SURE:
        return _right_or_wrong(first, second, ours, theirs, rows, others, left, one.field.name)
    return _by_distance(first, second, ours, theirs, rows, others, left, one.field.name, one.field.kind)


def mcnemar(fixed: int, broken: int) -> float:
    """How often a difference at least this large comes by chance between equally good runs (exact, two-sided)."""
    total, fewer = fixed + broken, min(fixed, broken)
    if total == 0 or fixed == broken:
        return 1.0
    logs = [
        math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) - total * math.log(2)
        for k in range(fewer + 1)
    ]
    top = max(logs)
    return min(1.0, 2 * math.exp(top) * sum(math.exp(value - top) for value in logs))


def _pairs(first: Answered, second: Answered) -> tuple[Int64s, Int64s]:
    """Places of the samples that both answered, by their names where the data are not the same."""
    if first.dataset.fingerprint == second.dataset.fingerprint and torch.equal(first.indices, second.indices):
        every = np.arange(first.count)
        return every, every
    places = {second.dataset.full_name(index): place for place, index in enumerate(second.indices.tolist())}
    rows, others = [], []
    for place, index in enumerate(first.indices.tolist()):
        other = places.get(first.dataset.full_name(index))
        if other is not None:
            rows.append(place)
            others.append(other)
    return np.array(rows, np.int64), np.array(others, np.int64)


def _right_or_wrong(
    first: Answered,
    second: Answered,
    ours: Judged,
    theirs: Judged,
    rows: Int64s,
    others: Int64s,
    left: int,
    field: str,
) -> RunsCompared:
    assert ours.right is not None and theirs.right is not None
    before, after = ours.right.numpy()[rows], theirs.right.numpy()[others]
    sure = theirs.score.double().numpy()[others]
    count = len(rows)
    kinds: dict[str, Bools] = {
        "fixed": ~before & after,
        "broken": before & ~after,
        "both_wrong": ~before & ~after,
        "both_right": before & after,
    }
    fixed, broken = int(kinds["fixed"].sum()), int(kinds["broken"].sum())
    numbers = second.indices.numpy()[others]
    lists = [_listed(key, numbers, members, np.where(members, sure, -1.0)) for key, members in kinds.items()]
    change = after.astype(np.float64) - before
    p_value = mcnemar(fixed, broken)
    plots = []
    per_class = _by_class(ours, theirs, rows, others)
    if per_class:
        plots.append(_class_plot(per_class, second.run.number))
    one = _side(first, int(before.sum()), count)
    two = _side(second, int(after.sum()), count)
    return RunsCompared(
        split=first.split,
        field=field,
        metric="accuracy",
        larger_is_better=True,
        samples=count,
        left=left,
        first=one,
        second=two,
        difference=float(change.mean()),
        interval=interval_of_mean(change),
        p_value=p_value,
        words=_words(one, two, int(before.sum()), int(after.sum()), fixed, broken, p_value, count),
        lists=lists,
        per_class=per_class,
        plots=plots,
    )


def _words(
    one: ComparedSide, two: ComparedSide, before: int, after: int, fixed: int, broken: int, p_value: float, count: int
) -> str:
    found = (
        f"Run {two.run} is right on {after:,} of {count:,} samples, run {one.run} on {before:,}. "
        f"It fixes {fixed:,} and breaks {broken:,}. "
    )
    if fixed == broken:
        return found + "As many as it fixes it breaks: neither is better here."
    better = two.run if fixed > broken else one.run
    found += f"Between equally good runs a difference this large comes by chance {_often(p_value)}: "
    return found + (f"run {better} is better." if p_value < LUCK else "it may well be luck.")


def _often(share: float) -> str:
    """How often something comes, in words."""
    if share < 0.001:
        return "less than once in 1,000 times"
    if share < 0.01:
        return f"{max(1, round(share * 1000))} in 1,000 times"
    return f"{max(1, round(share * 100))} in 100 times"


def _by_distance(
    first: Answered,
    second: Answered,
    ours: Judged,
    theirs: Judged,
    rows: Int64s,
    others: Int64s,
    left: int,
    field: str,
    kind: FieldKind,
) -> RunsCompared:
    metric = main_metric(ours)
    upwards = larger_is_better(metric)
    before, after = ours.score.double().numpy()[rows], theirs.score.double().numpy()[others]
    known = np.isfinite(before) & np.isfinite(after)
    left += 2 * int((~known).sum())
    before, after = before[known], after[known]
    numbers = second.indices.numpy()[others[known]]
    change = after - before
    gain = change if upwards else -change
    interval = interval_of_mean(change)
    lists = [
        _listed("better", numbers, gain > 0, gain),
        _listed("worse", numbers, gain < 0, -gain),
    ]
    sides = [
        ComparedSide(
            run=given.run.number,
            name=about(given.run).name,
            score=float(values.mean()),
            interval=interval_of_mean(values),
        )
        for given, values in ((first, before), (second, after))
    ]
    words = _distance_words(sides, gain, interval, upwards=upwards)
    name = {Measure.OVERLAP: "Overlap", Measure.DOUBT: "Doubt in nats"}.get(ours.measure, "Error")
    return RunsCompared(
        split=first.split,
        field=field,
        metric="overlap_by_sample" if ours.measure is Measure.OVERLAP else metric,
        larger_is_better=upwards,
        samples=len(change),
        left=left,
        first=sides[0],
        second=sides[1],
        difference=float(change.mean()) if len(change) else 0.0,
        interval=interval,
        words=words,
        lists=lists,
        plots=_distance_plots(name, sides, before, after, numbers, is_share=ours.measure is Measure.OVERLAP),
    )


def _distance_words(sides: list[ComparedSide], gain: Floats, interval: list[float], *, upwards: bool) -> str:
    better, worse = int((gain > 0).sum()), int((gain < 0).sum())
    found = f"Run {sides[1].run} is closer on {better:,} of {len(gain):,} samples, run {sides[0].run} on {worse:,}. "
    if not interval or interval[0] <= 0 <= interval[1]:
        return found + "The mean difference may well be luck: its interval holds 0."
    ahead = (interval[0] > 0) == upwards
    return found + f"The mean difference is more than luck: run {sides[1 if ahead else 0].run} is better."


def _distance_plots(
    name: str, sides: list[ComparedSide], before: Floats, after: Floats, numbers: Int64s, *, is_share: bool
) -> list[Plot]:
    if len(before) == 0:
        return []
    kept = kept_of_cloud(len(before), (before, after, after - before))
    low, high = float(min(before.min(), after.min())), float(max(before.max(), after.max()))
    return [
        Plot(
            key="both",
            view=VIEW,
            title=f"{name} of both",
            caption="Each point is a sample; on the line both are equally good",
            x=PlotAxis(name=f"{name} of run {sides[0].run}", is_share=is_share),
            y=PlotAxis(name=f"{name} of run {sides[1].run}", is_share=is_share),
            series=[
                PlotSeries(
                    name="Samples",
                    kind=PlotKind.POINTS,
                    x=rounded(before[kept]),
                    y=rounded(after[kept]),
                    samples=numbers[kept].tolist(),
                )
            ],
            references=[PlotReference(name="Equal", x=[low, high], y=[low, high])],
            is_square=True,
        ),
        histogram(
            after - before,
            key="difference",
            view=VIEW,
            title="Difference by sample",
            caption=f"{name} of run {sides[1].run} less that of run {sides[0].run}",
            axis="Difference",
        ),
    ]


def _by_class(ours: Judged, theirs: Judged, rows: Int64s, others: Int64s) -> list[ComparedClass]:
    """Fixed and broken by true class of a category, or by label."""
    found = []
    if isinstance(ours, JudgedCategory) and isinstance(theirs, JudgedCategory):
        true, before = ours.true.numpy()[rows], (ours.answer == ours.true).numpy()[rows]
        after = (theirs.answer == theirs.true).numpy()[others]
        if before.shape != after.shape:
            return []
        for number, name in enumerate(ours.names):
            of_class = true == number
            found.append(_counted(name, of_class, before, after))
    elif isinstance(ours, JudgedLabels) and isinstance(theirs, JudgedLabels) and ours.names == theirs.names:
        before = (ours.answer == ours.true).numpy()[rows]
        after = (theirs.answer == theirs.true).numpy()[others]
        for number, name in enumerate(ours.names):
            found.append(_counted(name, np.ones(len(rows), bool), before[:, number], after[:, number]))
    return found


def _counted(name: str, of_class: Bools, before: Bools, after: Bools) -> ComparedClass:
    return ComparedClass(
        name=name,
        samples=int(of_class.sum()),
        fixed=int((of_class & ~before & after).sum()),
        broken=int((of_class & before & ~after).sum()),
    )


def _class_plot(per_class: list[ComparedClass], run: int) -> Plot:
    shown = sorted(per_class, key=lambda item: (-(item.fixed + item.broken), item.name))[:40]
    places = [float(place) for place in range(len(shown))]
    return Plot(
        key="by_class",
        view=VIEW,
        title="Fixed and broken by class",
        caption=f"Above the line what run {run} fixes, below it what it breaks",
        x=PlotAxis(name="Class", names=[item.name for item in shown]),
        y=PlotAxis(name="Samples"),
        series=[
            PlotSeries(
                name="Fixed",
                kind=PlotKind.BARS,
                x=places,
                y=[float(item.fixed) for item in shown],
                width=0.7,
                color=1,
            ),
            PlotSeries(
                name="Broken",
                kind=PlotKind.BARS,
                x=places,
                y=[-float(item.broken) for item in shown],
                width=0.7,
                color=4,
            ),
        ],
        references=[PlotReference(name="No change", x=[-0.5, len(shown) - 0.5], y=[0.0, 0.0])] if shown else [],
    )


def _side(given: Answered, right: int, count: int) -> ComparedSide:
    return ComparedSide(
        run=given.run.number,
        name=about(given.run).name,
        score=right / max(1, count),
        interval=wilson_interval(right, count),
    )


def _listed(key: str, numbers: Int64s, members: Bools, most: Floats) -> ComparedList:
    places = np.flatnonzero(members)
    order = places[np.argsort(-most[places], kind="stable")][:_MOST_LISTED]
    return ComparedList(key=key, count=len(places), members=numbers[order].astype("<i4").tobytes())
