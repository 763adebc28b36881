"""Between what bounds a score lies, given that the samples were drawn by chance: 95 % of the time the truth is inside.

Shares have Wilson's interval (`scores.wilson_interval`). Everything else has a bootstrap: the samples are drawn again,
with replacement, and scored; of 1,000 such scores the middle 95 % are the interval (Efron 1979, percentile method).
Seeded, so that it is the same each time.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.evaluation.ranking import Bools

Floats = npt.NDArray[np.float64]

DRAWS: Final = 1000
FEWEST: Final = 10
"""Samples below which drawing them again says nothing."""
_WORK: Final = 12_000_000
"""Numbers that are looked at for one interval; with more samples there are fewer draws, but 100 at least."""
_CHUNK: Final = 2_000_000


def draws_for(count: int) -> int:
    """How often so many samples are drawn again."""
    return int(min(DRAWS, max(100, _WORK // max(1, count))))


def times_drawn(count: int, *, seed: int = 0) -> Iterator[Floats]:
    """How often each of `count` samples was drawn, a row a draw: (D, count) in several pieces of rows."""
    random = np.random.default_rng(seed)
    draws = draws_for(count)
    rows = max(1, _CHUNK // max(1, count))
    for start in range(0, draws, rows):
        part = min(rows, draws - start)
        places = random.integers(0, count, (part, count)) + np.arange(part)[:, None] * count
        yield np.bincount(places.reshape(-1), minlength=part * count).reshape(part, count).astype(np.float64)


def middle(values: Floats) -> list[float]:
    """Where the middle 95 % of drawn scores lie; [] when too few are numbers, or all are one: that says nothing."""
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2 or not len(known):
        return []
    low, high = (float(bound) for bound in np.quantile(known, (0.025, 0.975)))
    return [low, high] if high > low else []


def interval_of_sums(
    sums_nk: Floats, score: Callable[[Floats], Floats], *, seed: int = 0, is_lifted: bool = False
) -> list[float]:
    """Interval of a score that is worked out of sums over the samples: `score` takes (D, K) sums and gives (D,).

    `is_lifted`: the score of chance samples is higher on the whole, by as much as the interval is then moved down.
    """
    if len(sums_nk) < FEWEST:
        return []
    drawn = np.concatenate([score(times @ sums_nk) for times in times_drawn(len(sums_nk), seed=seed)])
    if is_lifted:
        own = float(score(sums_nk.sum(0, keepdims=True))[0])
        drawn = np.maximum(0.0, drawn - max(0.0, float(np.nanmean(drawn)) - own))
    return middle(drawn)


def interval_of_mean(values_n: Floats, *, seed: int = 0) -> list[float]:
    """Interval of the mean of a value of each sample."""
    values = values_n[np.isfinite(values_n)]
    return interval_of_sums(
        np.stack([values, np.ones(len(values))], 1), lambda sums: sums[:, 0] / np.maximum(1, sums[:, 1]), seed=seed
    )


def intervals_of_counts(
    matrix: npt.NDArray[np.int64], scores: Callable[[Floats], dict[str, Floats]], *, seed: int = 0
) -> dict[str, list[float]]:
    """Intervals of scores that are worked out of a confusion matrix (C, C): drawing the samples again is drawing the
    cells again. `scores` takes (D, C, C) counts and gives (D,) of each name."""
    total = int(matrix.sum())
    if total < FEWEST:
        return {}
    random = np.random.default_rng(seed)
    used = np.flatnonzero(matrix.reshape(-1))
    share = matrix.reshape(-1)[used] / total
    cells = matrix.size
    draws = int(min(DRAWS, max(100, _WORK // max(1, cells))))
    found: dict[str, list[Floats]] = {}
    rows = max(1, _CHUNK // max(1, cells))
    for start in range(0, draws, rows):
        part = min(rows, draws - start)
        counts = np.zeros((part, cells))
        counts[:, used] = random.multinomial(total, share, size=part)
        for name, values in scores(counts.reshape(part, *matrix.shape)).items():
            found.setdefault(name, []).append(values)
    return {name: bounds for name, parts in found.items() if (bounds := middle(np.concatenate(parts)))}


def interval_of_median(values_n: Floats) -> list[float]:
    """Interval of a median by ranks, exact for any distribution (binomial)."""
    values = np.sort(values_n[np.isfinite(values_n)])
    count = len(values)
    if count < FEWEST:
        return []
    spread = 1.959963984540054 * np.sqrt(count) / 2
    low = max(0, int(np.floor(count / 2 - spread)) - 1)
    high = min(count - 1, int(np.ceil(count / 2 + spread)))
    return [float(values[low]), float(values[high])]


def interval_of_auroc(scores_nc: Floats, positive_nc: Bools, *, seed: int = 0) -> list[float]:
    """Interval of the area under the ROC curve, averaged over the classes that have one.

    By weights, so that the samples are sorted once a class. [] where that is too much work, or a class has so few
    samples that often none would be drawn.
    """
    count, classes = scores_nc.shape
    draws = min(DRAWS, _WORK // max(1, count * classes))
    if count < FEWEST or draws < 100:
        return []
    usable = [place for place in range(classes) if 0 < positive_nc[:, place].sum() < count]
    if not usable or min(positive_nc[:, place].sum() for place in usable) < FEWEST:
        return []
    orders = [np.argsort(-scores_nc[:, place], kind="stable") for place in usable]
    lasts = [
        np.flatnonzero(np.diff(scores_nc[order, place], append=-np.inf))
        for place, order in zip(usable, orders, strict=True)
    ]
    found = []
    random = np.random.default_rng(seed)
    for _ in range(draws):
        times = np.bincount(random.integers(0, count, count), minlength=count).astype(np.float64)
        areas = []
        for place, order, last in zip(usable, orders, lasts, strict=True):
            weight, positive = times[order], positive_nc[order, place]
            true = np.concatenate([[0.0], np.cumsum(weight * positive)[last]])
            false = np.concatenate([[0.0], np.cumsum(weight * ~positive)[last]])
            if true[-1] and false[-1]:
                areas.append(float(np.trapezoid(true, false)) / (true[-1] * false[-1]))
        if areas:
            found.append(float(np.mean(areas)))
    return middle(np.array(found)) if found else []
