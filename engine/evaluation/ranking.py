"""ROC and precision-recall curves of scores, one class against the rest, and what lies under them.

Sources: Fawcett 2006 for ROC; average precision as Σ (Rₙ - Rₙ₋₁) Pₙ, without the optimism of straight lines between
points (Davis and Goadrich 2006). Equal scores are one point. Axes: N samples, C classes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """Scores in falling order, counted: at each of T different scores how many positives and negatives have at least
    that score. `thresholds` (T,) fall; the point before the first, where nothing is named, is not among them."""

    thresholds: Floats
    true_positives: Floats
    false_positives: Floats

    @property
    def positives(self) -> float:
        """Samples of the class."""
        return float(self.true_positives[-1]) if len(self.true_positives) else 0.0

    @property
    def negatives(self) -> float:
        """Samples of other classes."""
        return float(self.false_positives[-1]) if len(self.false_positives) else 0.0

    @property
    def is_both(self) -> bool:
        """Whether there are positives and negatives: without either there is no ROC curve."""
        return self.positives > 0 and self.negatives > 0

    def roc(self) -> tuple[Floats, Floats]:
        """False positive rate and true positive rate, both rising from 0 to 1; (T + 1,)."""
        false = np.concatenate([[0.0], self.false_positives]) / max(1.0, self.negatives)
        true = np.concatenate([[0.0], self.true_positives]) / max(1.0, self.positives)
        return false, true

    def precision_recall(self) -> tuple[Floats, Floats]:
        """Recall, rising, and the precision at it; (T,)."""
        named = self.true_positives + self.false_positives
        return self.true_positives / max(1.0, self.positives), self.true_positives / np.maximum(1e-300, named)

    def auroc(self) -> float | None:
        """Area under the ROC curve; None where there are no positives or no negatives."""
        if not self.is_both:
            return None
        false, true = self.roc()
        return float(np.trapezoid(true, false))

    def average_precision(self) -> float | None:
        """Precision averaged over recall; None without positives."""
        if not self.positives:
            return None
        recall, precision = self.precision_recall()
        return float((np.diff(recall, prepend=0.0) * precision).sum())


def ranked(scores_n: Floats, positive_n: Bools) -> Ranking:
    """Rank samples by their score for a class; `positive_n` says which are of it."""
    order = np.argsort(-scores_n, kind="stable")
    scores, positive = scores_n[order], positive_n[order].astype(np.float64)
    last = np.flatnonzero(np.diff(scores, append=-np.inf)) if len(scores) else np.zeros(0, np.int64)
    true = np.cumsum(positive)[last]
    return Ranking(thresholds=scores[last], true_positives=true, false_positives=last + 1.0 - true)


def ranked_classes(scores_nc: Floats, positive_nc: Bools) -> list[Ranking]:
    """Each class against the rest."""
    return [ranked(scores_nc[:, place], positive_nc[:, place]) for place in range(scores_nc.shape[1])]


def mean_roc(rankings: list[Ranking]) -> tuple[Floats, Floats]:
    """The macro average: true positive rates averaged over the classes at each false positive rate (201 of them)."""
    grid = np.linspace(0, 1, 201)
    curves = []
    for ranking in rankings:
        if ranking.is_both:
            false, true = ranking.roc()
            curves.append(np.interp(grid, false, true))
    mean = np.mean(curves, axis=0) if curves else np.zeros(0)
    if not len(mean):
        return np.zeros(0), np.zeros(0)
    return np.concatenate([[0.0], grid]), np.concatenate([[0.0], mean])


def mean_precision_recall(rankings: list[Ranking]) -> tuple[Floats, Floats]:
    """The macro average: the precision at which each recall (201 of them) is reached, averaged over the classes."""
    grid = np.linspace(0, 1, 201)
    curves = []
    for ranking in rankings:
        if ranking.positives:
            recall, precision = ranking.precision_recall()
            curves.append(precision[np.minimum(np.searchsorted(recall, grid - 1e-12), len(recall) - 1)])
    return (grid, np.mean(curves, axis=0)) if curves else (np.zeros(0), np.zeros(0))


def mean_known(values: list[float | None]) -> float | None:
    """The mean of those that are known."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
