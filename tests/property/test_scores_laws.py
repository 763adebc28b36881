"""Laws of scores and plots: what must not change them, and what must add up."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.evaluation.plots.calibration import calibration_plots
from engine.evaluation.plots.curves import curve_plots
from engine.evaluation.plots.numbers import histogram
from engine.evaluation.plots.thinning import MOST_POINTS, kept_of_cloud, kept_of_line, rounded
from engine.evaluation.ranking import ranked, ranked_classes

_SCORES = arrays.arrays(np.float64, st.integers(2, 60), elements=st.integers(0, 20).map(lambda n: n / 20))


@settings(max_examples=60, deadline=None)
@given(_SCORES, st.integers(0, 2**20))
def test_areas_know_only_the_order(scores: np.ndarray, seed: int) -> None:
    positive = np.random.default_rng(seed).random(len(scores)) < 0.5
    found, stretched = ranked(scores, positive), ranked(np.exp(3 * scores) - 7, positive)
    assert found.auroc() == stretched.auroc()
    assert found.average_precision() == stretched.average_precision()
    turned = ranked(-scores, positive)
    if found.is_both:
        assert abs((found.auroc() or 0) + (turned.auroc() or 0) - 1) < 1e-12
        order = np.random.default_rng(seed + 1).permutation(len(scores))
        assert abs((ranked(scores[order], positive[order]).auroc() or 0) - (found.auroc() or 0)) < 1e-12


@settings(max_examples=60, deadline=None)
@given(_SCORES, st.integers(0, 2**20))
def test_roc_rises_from_corner_to_corner(scores: np.ndarray, seed: int) -> None:
    positive = np.random.default_rng(seed).random(len(scores)) < 0.5
    found = ranked(scores, positive)
    if not found.is_both:
        return
    false, true = found.roc()
    assert (np.diff(false) >= 0).all() and (np.diff(true) >= 0).all()
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    recall, precision = found.precision_recall()
    assert (np.diff(recall) >= 0).all() and recall[-1] == 1 and (precision >= 0).all() and (precision <= 1).all()


@settings(max_examples=40, deadline=None)
@given(_SCORES, st.integers(0, 2**20))
def test_every_answer_is_in_one_bin(confidence: np.ndarray, seed: int) -> None:
    right = np.random.default_rng(seed).random(len(confidence)) < confidence
    reliability, histogram_plot = calibration_plots(confidence, right)
    good, bad = histogram_plot.series
    assert sum(good.y) == right.sum()
    assert sum(top - low for top, low in zip(bad.y, bad.low, strict=True)) == (~right).sum()
    bars, points = reliability.series
    assert all(low <= share <= high for low, share, high in zip(points.low, points.y, points.high, strict=True))
    assert all(abs(x - mean) <= 1 / 30 + 1e-5 for x, mean in zip(bars.x, points.x, strict=True))


@settings(max_examples=40, deadline=None)
@example(np.array([0.0, 5e-324]))
@example(np.array([1e6, np.nextafter(1e6, 2e6), np.nextafter(1e6, 0)]))
@given(arrays.arrays(np.float64, st.integers(1, 300), elements=st.floats(-1e6, 1e6)))
def test_a_histogram_counts_every_value(values: np.ndarray) -> None:
    plot = histogram(values, key="k", view="v", title="t", caption="c", axis="a")
    assert sum(plot.series[0].y) == len(values)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5000), st.integers(0, 100), st.integers(10, 1000))
def test_thinning_keeps_ends_and_extremes(count: int, seed: int, most: int) -> None:
    y = np.random.default_rng(seed).normal(size=count).cumsum()
    kept = kept_of_line(y, most)
    assert len(kept) <= max(most, 10) and (np.diff(kept) > 0).all()
    assert {0, count - 1, int(y.argmin()), int(y.argmax())} <= set(kept.tolist())
    cloud = kept_of_cloud(count, (y,), max(most, 12))
    assert len(cloud) == min(count, max(most, 12)) and {int(y.argmin()), int(y.argmax())} <= set(cloud.tolist())


def test_no_series_is_longer_than_can_be_drawn() -> None:
    random = np.random.default_rng(0)
    scores = random.random((20_000, 40))
    scores /= scores.sum(1, keepdims=True)
    true = random.integers(0, 40, 20_000)
    positive = true[:, None] == np.arange(40)
    together = ranked(scores.reshape(-1), positive.reshape(-1))
    plots = curve_plots([f"class {n}" for n in range(40)], ranked_classes(scores, positive), together, is_single=True)
    assert [plot.key for plot in plots] == ["roc", "precision_recall"]
    for plot in plots:
        assert max(len(series.x) for series in plot.series) <= MOST_POINTS
        assert sum(len(series.x) for series in plot.series) <= 30_000
        assert "30 worst of 40 classes" in plot.note
        assert sum(series.is_shown for series in plot.series) == 12


def test_numbers_are_written_short() -> None:
    assert rounded([1 / 3, 1e-9, 123456.789]) == [0.333333, 1e-9, 123457.0]
