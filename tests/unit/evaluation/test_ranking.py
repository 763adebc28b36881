"""ROC and precision-recall curves, areas and intervals against scikit-learn, scipy and hand-counted values."""

import numpy as np
import pytest
import torch
from sklearn import metrics as oracle

from engine.evaluation.answers import probabilities
from engine.evaluation.intervals import (
    draws_for,
    interval_of_auroc,
    interval_of_mean,
    interval_of_median,
    interval_of_sums,
    intervals_of_counts,
    times_drawn,
)
from engine.evaluation.ranking import mean_precision_recall, mean_roc, ranked, ranked_classes


def cases() -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(1)
    found = []
    for ties in (1000.0, 3.0):
        scores = np.round(random.random(200) * ties) / ties
        found.append((scores, random.random(200) < scores))
    found.append((np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])))
    return found


@pytest.mark.parametrize(("scores", "positive"), cases())
def test_one_class_against_the_rest(scores: np.ndarray, positive: np.ndarray) -> None:
    found = ranked(scores, positive)
    assert found.auroc() == pytest.approx(oracle.roc_auc_score(positive, scores), abs=1e-12)
    assert found.average_precision() == pytest.approx(oracle.average_precision_score(positive, scores), abs=1e-12)
    false, true, thresholds = oracle.roc_curve(positive, scores, drop_intermediate=False)
    assert np.allclose(found.roc(), (false, true)) and np.allclose(found.thresholds, thresholds[1:])
    precision, recall, _ = oracle.precision_recall_curve(positive, scores)
    mine = found.precision_recall()
    assert np.allclose(mine[0], recall[:-1][::-1]) and np.allclose(mine[1], precision[:-1][::-1])


def test_known_small_example() -> None:
    found = ranked(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    assert found.auroc() == 0.75
    assert found.average_precision() == pytest.approx(0.8333, abs=1e-4)


@pytest.mark.parametrize("positive", [np.zeros(5, bool), np.ones(5, bool), np.zeros(0, bool)])
def test_without_positives_or_negatives_there_is_no_curve(positive: np.ndarray) -> None:
    found = ranked(np.linspace(0, 1, len(positive)), positive)
    assert found.auroc() is None and not found.is_both
    assert (found.average_precision() is None) == (not positive.any())


def test_averages_over_classes() -> None:
    torch.manual_seed(2)
    scores = probabilities(torch.randn(300, 4), "softmax", 4).double().numpy()
    true = np.array([np.random.default_rng(n).choice(4, p=row / row.sum()) for n, row in enumerate(scores)])
    positive = true[:, None] == np.arange(4)
    rankings = ranked_classes(scores, positive)
    areas = [ranking.auroc() for ranking in rankings]
    assert np.mean(areas) == pytest.approx(oracle.roc_auc_score(true, scores, multi_class="ovr"), abs=1e-12)
    micro = ranked(scores.reshape(-1), positive.reshape(-1))
    assert micro.auroc() == pytest.approx(oracle.roc_auc_score(positive, scores, average="micro"), abs=1e-12)
    assert micro.average_precision() == pytest.approx(
        oracle.average_precision_score(positive, scores, average="micro"), abs=1e-12
    )
    x, y = mean_roc(rankings)
    assert float(np.trapezoid(y, x)) == pytest.approx(np.mean(areas), abs=0.01)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    recall, precision = mean_precision_recall(rankings)
    means = [ranking.average_precision() for ranking in rankings]
    assert float(np.trapezoid(precision, recall)) == pytest.approx(np.mean(means), abs=0.01)


def test_drawing_samples_again() -> None:
    rows = np.concatenate(list(times_drawn(50)))
    assert rows.shape == (draws_for(50), 50)
    assert (rows.sum(1) == 50).all(), "as many as there are are drawn each time"
    assert abs(rows.mean() - 1) < 1e-9 and rows.var() == pytest.approx(1 - 1 / 50, rel=0.05)
    assert draws_for(10**9) == 100


def test_interval_of_a_mean_is_that_of_theory() -> None:
    values = np.random.default_rng(3).normal(10, 2, 400)
    low, high = interval_of_mean(values)
    half = 1.96 * values.std() / np.sqrt(400)
    assert low == pytest.approx(values.mean() - half, abs=0.03) and high == pytest.approx(
        values.mean() + half, abs=0.03
    )
    assert interval_of_mean(values) == [low, high], "the same each time"
    assert interval_of_mean(values[:5]) == []


def test_interval_of_a_median_covers_as_often_as_it_says() -> None:
    random = np.random.default_rng(4)
    inside = 0
    for _ in range(300):
        low, high = interval_of_median(random.exponential(1.0, 60))
        inside += low <= np.log(2) <= high
    assert 0.93 <= inside / 300 <= 1.0


def test_interval_of_counts_is_that_of_drawing_the_samples() -> None:
    random = np.random.default_rng(5)
    true = random.integers(0, 3, 300)
    said = np.where(random.random(300) < 0.8, true, random.integers(0, 3, 300))
    matrix = np.zeros((3, 3), np.int64)
    np.add.at(matrix, (true, said), 1)
    found = intervals_of_counts(matrix, lambda m: {"accuracy": np.trace(m, axis1=1, axis2=2) / m.sum((1, 2))})
    assert found["accuracy"] == pytest.approx(interval_of_mean((true == said).astype(float)), abs=0.012)


def test_interval_of_the_area_under_roc_is_that_of_theory() -> None:
    random = np.random.default_rng(6)
    positive = random.random(400) < 0.4
    scores = random.normal(0, 1, 400) + positive
    low, high = interval_of_auroc(np.stack([-scores, scores], 1), np.stack([~positive, positive], 1))
    area = oracle.roc_auc_score(positive, scores)
    n, m = positive.sum(), (~positive).sum()
    # Hanley and McNeil 1982
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    error = np.sqrt((area * (1 - area) + (n - 1) * (q1 - area**2) + (m - 1) * (q2 - area**2)) / (n * m))
    assert [low, high] == pytest.approx([area - 1.96 * error, area + 1.96 * error], abs=0.012)


def test_a_score_that_chance_lifts_is_moved_back() -> None:
    gap = np.random.default_rng(7).normal(0.02, 1, (500, 8))
    one = np.ones((500, 1))

    def score(sums: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(sums[:, :-1]).sum(1) / sums[:, -1])

    own = float(score(np.concatenate([gap, one], 1).sum(0, keepdims=True))[0])
    low, high = interval_of_sums(np.concatenate([gap, one], 1), score, is_lifted=True)
    assert low < own < high
