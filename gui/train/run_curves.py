"""Which curves of the compared runs a chart shows: by the kind of chart, in words, colours and dashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gui.charts.series_style import DASHED, DOTTED, SeriesStyle, series_style
from gui.models.curves import RunCurves, XAxis
from gui.models.runs import RunsModel
from gui.train.chart_kinds import METRIC
from gui.train.run_style import run_style
from gui.train.run_words import run_label

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CurveSpec:
    """A column of a run, as a curve."""

    run: int
    column: str
    name: str
    style: SeriesStyle
    smoothed: bool = False
    back: bool = False

    @property
    def key(self) -> str:
        """Of the curve in its chart."""
        return f"{self.run}:{self.column}"


@dataclass(frozen=True, kw_only=True)
class GroupCurve:
    """The mean of runs that differ in their seed alone, and how far they are spread (one standard deviation)."""

    group: str
    name: str
    style: SeriesStyle
    steps: Floats
    mean: Floats
    deviation: Floats


def curve_specs(kind: str, metric: str, runs: RunsModel, compared: Sequence[int]) -> list[CurveSpec]:
    """The curves of a chart; the first run is shown in full. `metric` is what a chart of the kind METRIC shows."""
    several = len(compared) > 1
    found: list[CurveSpec] = []
    groups = groups_of(runs, compared)
    for place, run in enumerate(compared):
        curves = runs.curves(run)
        style = run_style(run)
        label = f"{run_label_of(runs, run)} " if several else ""
        dashed = SeriesStyle(color=style.color, dash=DASHED, marker=style.marker if several else "")
        plain = SeriesStyle(color=style.color, marker=style.marker if several else "")
        grouped = any(run in members for members in groups.values())
        if kind == "loss":
            found += _of_loss(run, curves, label, style.color, dashed, first=place == 0, grouped=grouped)
        elif kind == METRIC and metric:
            found += _of_metric(run, curves, metric, label, style.color, dashed, first=place == 0, grouped=grouped)
        else:
            found += _of_machine(kind, run, curves, label, plain, first=place == 0)
    return found


def _of_loss(
    run: int, curves: RunCurves, label: str, color: str, dashed: SeriesStyle, *, first: bool, grouped: bool
) -> list[CurveSpec]:
    val = names_like(curves.val, "loss")
    plain = SeriesStyle(color=color)
    found = []
    if first or not val:
        if curves.told("edges"):
            found.append(CurveSpec(run=run, column="edges", name=f"{label}range", style=plain, back=True))
        found.append(CurveSpec(run=run, column="loss", name=f"{label}training", style=plain, smoothed=True))
    for name in val:
        found.append(
            CurveSpec(run=run, column=f"val.{name}", name=label + _of(name, "validation"), style=dashed, back=grouped)
        )
    return found


def _of_metric(
    run: int, curves: RunCurves, metric: str, label: str, color: str, dashed: SeriesStyle, *, first: bool, grouped: bool
) -> list[CurveSpec]:
    has_val = metric in curves.val
    found = []
    if metric in curves.train and (first or not has_val):
        style = SeriesStyle(color=color)
        found.append(CurveSpec(run=run, column=f"train.{metric}", name=f"{label}training", style=style))
    if has_val:
        found.append(CurveSpec(run=run, column=f"val.{metric}", name=f"{label}validation", style=dashed, back=grouped))
    return found


_MACHINE: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "speed": (("speed", "samples a second"),),
    "load": (("gpu", "GPU"), ("cpu", "CPU"), ("run_cpu", "this run")),
    "memory": (("gpu_memory", "GPU"), ("memory", "memory")),
    "ratios": (("ratio.median", "middle layer"), ("ratio.high", "largest"), ("ratio.low", "smallest")),
}


def _of_machine(
    kind: str, run: int, curves: RunCurves, label: str, style: SeriesStyle, *, first: bool
) -> list[CurveSpec]:
    """Rates, parts and loads: of the shown run each curve has a colour of its own, of others the main one is shown."""
    if kind == "rate":
        named = [("rate", "learning rate")]
        more = [name for name in curves.names("rate.") if first]
        if more:
            numbers = (1, *(int(name.partition(".")[2]) for name in more))
            named = [(name, curves.player_name(at)) for name, at in zip(("rate", *more), numbers, strict=True)]
    elif kind == "parts":
        ids, titles = [name.partition(".")[2] for name in curves.names("part.") if first], curves.loss_titles()
        named = [(f"part.{loss_id}", titles.get(loss_id, loss_id)) for loss_id in ids]
    else:
        named = [item for item in _MACHINE.get(kind, ()) if curves.told(item[0])]
        if kind == "memory" and not named and curves.told("epoch_memory"):
            named = [("epoch_memory", "memory")]
    if not first:
        named = named[:1]
    dashes = ((), DASHED, DOTTED)
    found = []
    for at, (column, name) in enumerate(named):
        look = style
        if first and len(named) > 1:
            color = series_style(at).color if label == "" else style.color
            look = SeriesStyle(color=color, dash=dashes[at % 3], marker=style.marker)
        found.append(
            CurveSpec(
                run=run,
                column=column,
                name=f"{label}{name}" if label or len(named) > 1 else name,
                style=look,
                smoothed=kind in ("speed", "load"),
            )
        )
    return found


def groups_of(runs: RunsModel, compared: Sequence[int]) -> dict[str, list[int]]:
    """Those of the compared runs that differ in their seed alone, two or more, by group."""
    found: dict[str, list[int]] = {}
    for run in compared:
        summary = runs.summary(run)
        if summary is not None and summary.about.group:
            found.setdefault(summary.about.group, []).append(run)
    return {group: members for group, members in found.items() if len(members) > 1}


def group_curves(kind: str, metric: str, runs: RunsModel, compared: Sequence[int]) -> list[GroupCurve]:
    """Mean and spread over seeds of what is validated, for charts of loss and metrics."""
    name = "loss" if kind == "loss" else metric
    if kind not in ("loss", METRIC) or not name:
        return []
    found = []
    for group, members in groups_of(runs, compared).items():
        columns = [runs.curves(run).column(f"val.{name}") for run in members]
        count = min(len(column.y) for column in columns)
        if not count:
            continue
        values = np.stack([column.y.view()[:count] for column in columns])
        style = run_style(members[0])
        found.append(
            GroupCurve(
                group=group,
                name=f"mean of {len(members)} seeds",
                style=SeriesStyle(color=style.color, dash=DASHED, marker=style.marker),
                steps=columns[0].x.view()[:count],
                mean=values.mean(axis=0),
                deviation=values.std(axis=0, ddof=1),
            )
        )
    return found


def gap(kind: str, metric: str, curves: RunCurves, axis: XAxis) -> tuple[Floats, Floats, Floats] | None:
    """Between training and validation at each epoch's end: x, and the two values; None where there is no gap to see."""
    names = names_like(curves.val, "loss") if kind == "loss" else [metric] if kind == METRIC else []
    if not names or not (curves.told(f"train.{names[0]}") and curves.told(f"val.{names[0]}")):
        return None
    train, val = curves.column(f"train.{names[0]}"), curves.column(f"val.{names[0]}")
    count = min(len(train.y), len(val.y))
    if count < 2 or not np.array_equal(train.x.view()[-count:], val.x.view()[-count:]):
        return None
    x = val.x.view()[-count:]
    scale = curves.scale(axis)
    return (x if scale is None else scale.shown(x)), train.y.view()[-count:], val.y.view()[-count:]


def run_label_of(runs: RunsModel, run: int) -> str:
    """The label of a run, also of one that is not read yet."""
    summary = runs.summary(run)
    return run_label(summary) if summary is not None else f"#{run}"


def names_like(table: dict[str, list[float]], name: str) -> list[str]:
    """The plain metric, or those of the outputs where there are several."""
    if name in table:
        return [name]
    return [key for key in table if key.rpartition(".")[2] == name]


def _of(name: str, what: str) -> str:
    output = name.rpartition(".")[0]
    return f"{what} {output}" if output else what
