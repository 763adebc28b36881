"""What runs that differ in their seed alone come to: mean and spread of what they scored."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from engine.protocol.run_folder import RunSummary


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """A metric over several runs; `std` is that of a sample (n - 1), 0 for a single run."""

    mean: float
    std: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Runs of one group, and the spread of each metric of their best epochs, over those that have finished."""

    group: str
    runs: tuple[int, ...]
    finished: int
    metrics: dict[str, Spread]


def spread(found: Iterable[RunSummary]) -> list[Group]:
    """The groups among these runs, in the order of their first run. Runs that have not finished do not count."""
    members: dict[str, list[RunSummary]] = {}
    for item in found:
        if item.about.group:
            members.setdefault(item.about.group, []).append(item)
    groups = []
    for name, runs in members.items():
        runs = sorted(runs, key=lambda item: item.run)
        ended = [item for item in runs if item.state == "finished"]
        measured: dict[str, list[float]] = {}
        for item in ended:
            for metric, value in item.best.items():
                measured.setdefault(metric, []).append(value)
        metrics = {metric: _spread(values) for metric, values in measured.items()}
        groups.append(Group(group=name, runs=tuple(item.run for item in runs), finished=len(ended), metrics=metrics))
    return groups


def _spread(values: list[float]) -> Spread:
    return Spread(
        mean=statistics.fmean(values),
        std=statistics.stdev(values) if len(values) > 1 else 0.0,
        low=min(values),
        high=max(values),
        count=len(values),
    )
