"""The numbers behind the charts: decimation, smoothing, growing series, ticks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gui.charts.growing import Growing
from gui.charts.pyramid import Pyramid
from gui.charts.score_bars import percent
from gui.charts.series import Series
from gui.charts.series_style import COLORS, series_style
from gui.charts.smoothing import Smoother
from gui.charts.ticks import linear_ticks, log_ticks, tick_text, value_text
from gui.charts.x_scale import XScale


@given(st.integers(1, 30_000), st.integers(3, 120), st.integers(0, 2**32 - 1), st.floats(0, 0.5), st.data())
@settings(max_examples=60)
def test_what_is_picked_holds_ends_and_peaks_however_the_curve_grew(count, buckets, seed, missing, data):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=count)
    y[rng.random(count) < missing] = rng.choice([np.nan, np.inf, -np.inf])
    pyramid = Pyramid()
    for end in sorted(data.draw(st.lists(st.integers(0, count), max_size=4))):
        pyramid.grow(y[:end])
        if data.draw(st.booleans()):
            pyramid.cut(end // 2)
    while not pyramid.grow(y, 4096):
        pass
    start = data.draw(st.integers(0, count - 1))
    stop = data.draw(st.integers(start + 1, count))
    picked = pyramid.pick(y, start, stop, buckets)
    assert len(picked) <= 2 * buckets + 6
    assert (picked[0], picked[-1]) == (start, stop - 1)
    assert np.all(np.diff(picked) > 0)
    part = y[start:stop]
    fine = part[np.isfinite(part)]
    if len(fine):
        drawn = y[picked][np.isfinite(y[picked])]
        assert (drawn.min(), drawn.max()) == (fine.min(), fine.max())


def test_each_piece_of_a_long_curve_keeps_its_own_peaks():
    y = np.random.default_rng(0).normal(size=1_000_000)
    pyramid = Pyramid()
    pyramid.grow(y)
    picked = pyramid.pick(y, 0, len(y), 500)
    assert len(picked) <= 1006
    for start in range(0, len(y), 10_000):  # five buckets: their edges are off by less than a bucket
        near = picked[(picked >= start - 2500) & (picked < start + 12_500)]
        assert y[near].max() >= y[start : start + 10_000].max()
        assert y[near].min() <= y[start : start + 10_000].min()


def test_an_axis_translates_steps_there_and_back():
    scale = XScale()
    assert scale.shown([5.0]).tolist() == [5.0]
    scale.set_knots([0, 100, 100, 300], [0, 1, 1, 2], 0.005)
    assert scale.shown([0, 50, 100, 200, 300, 500]).tolist() == [0, 0.5, 1, 1.5, 2, 3]
    for step in (0.0, 50.0, 100.0, 222.0, 300.0, 500.0):
        assert scale.step(float(scale.shown([step])[0])) == pytest.approx(step)
    series = Series("a", series_style(0), scale=scale)
    series.append(np.arange(400), np.arange(400))
    assert series.shown_x_at(series.nearest(1.5)) == 1.5
    assert series.window(1.0, 2.0) == slice(99, 301)
    with pytest.raises(ValueError):
        scale.set_knots([1], [1, 2], 1)


def test_what_was_given_out_keeps_its_values_when_a_run_is_resumed():
    series = Series("a", series_style(0))
    series.append(np.arange(100), np.ones(100))
    x, y = series.x, series.y
    series.append(np.arange(50, 80), np.zeros(30))
    assert y.sum() == 100
    assert len(x) == 100


@given(st.integers(1, 400), st.floats(0.01, 0.999), st.integers(0, 2**32 - 1), st.lists(st.integers(1, 90), max_size=8))
@settings(max_examples=60)
def test_smoothing_is_the_plain_recurrence_however_it_is_fed(count, weight, seed, cuts):
    values = np.random.default_rng(seed).normal(size=count)
    state, plain = 0.0, []
    for at, value in enumerate(values, start=1):
        state = weight * state + (1 - weight) * value
        plain.append(state / (1 - weight**at))
    smoother, pieces, start = Smoother(weight), [], 0
    for size in [*cuts, count]:
        pieces.append(smoother.feed(values[start : start + size]))
        start += size
    assert np.allclose(np.concatenate(pieces), plain, rtol=1e-9, atol=1e-12)


def test_smoothing_passes_over_what_is_not_a_number():
    smooth = Smoother(0.5).feed(np.array([1.0, np.nan, np.inf, 1.0]))
    assert np.allclose(smooth, 1.0)
    with pytest.raises(ValueError):
        Smoother(1.0)


def test_a_series_grows_and_answers():
    series = Series("train", series_style(0))
    for start in range(0, 1000, 7):
        series.append(np.arange(start, start + 7), np.arange(start, start + 7) * 2.0)
    assert len(series) == 1001
    assert np.array_equal(series.y, series.x * 2)
    assert series.nearest(10.4) == 10
    assert series.nearest(10.6) == 11
    assert (series.nearest(-5), series.nearest(1e9)) == (0, 1000)
    assert series.x[series.window(10, 20)].tolist() == list(range(9, 21))
    assert Series("none", series_style(0)).nearest(1) is None
    with pytest.raises(ValueError):
        series.append([1, 2], [1])


def test_a_resumed_run_replaces_what_it_does_again():
    series = Series("train", series_style(0))
    series.append(np.arange(100), np.ones(100))
    before = series.shown(0.9).copy()
    series.append(np.arange(60, 80), np.zeros(20))
    assert len(series) == 80
    assert series.y.sum() == 60
    assert np.allclose(series.shown(0.9)[:60], before[:60])
    assert series.shown(0.9)[-1] < 0.2


def test_smoothing_of_a_growing_series_equals_that_of_the_whole():
    rng = np.random.default_rng(1)
    values = rng.normal(size=5000)
    grown, whole = Series("a", series_style(0)), Series("b", series_style(0))
    for start in range(0, 5000, 333):
        grown.append(np.arange(start, min(start + 333, 5000)), values[start : start + 333])
        grown.shown(0.9)
    whole.append(np.arange(5000), values)
    assert np.allclose(grown.shown(0.9), whole.shown(0.9))
    assert np.array_equal(grown.shown(0.0), values)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 10))
def test_linear_ticks_are_inside_round_and_not_too_many(low, size, wanted):
    high = low + size
    ticks = linear_ticks(low, high, wanted)
    assert len(ticks) <= wanted + 2
    if size > abs(low) * 1e-6:
        assert all(low - size * 1e-6 <= tick <= high + size * 1e-6 for tick in ticks)
        assert len(ticks) >= 1


def test_ticks_of_odd_ranges():
    assert linear_ticks(1, 1, 5) == []
    assert linear_ticks(math.nan, 1, 5) == []
    assert linear_ticks(0, 1, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert [10**tick for tick in log_ticks(-3, 0, 9)] == pytest.approx(
        [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
    )
    assert log_ticks(-30, 0, 5) == [-30, -24, -18, -12, -6, 0]


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [(0.25, 0.25, "0.25"), (1.0, 0.25, "1"), (0.003, 0.001, "0.003"), (1e-5, 1e-5, "1e-5"), (0, 0.1, "0"),
     (20000, 5000, "20,000"), (-0.5, 0.5, "-0.5")],
)  # fmt: skip
def test_tick_texts(value, step, text):
    assert tick_text(value, step) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.9412345, "0.9412"), (1e-7, "1e-7"), (12, "12"), (1234567.0, "1.23e6"),
     (math.nan, "-"), (math.inf, "∞"), (0.0, "0"), (12345.6, "12,345.6")],
)  # fmt: skip
def test_value_texts(value, text):
    assert value_text(value).replace("1.00e-7", "1e-7") == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.962, "96.2 %"), (1.0, "100.0 %"), (0.99999, "> 99.9 %"), (0.0001, "< 0.1 %"), (0.0, "0.0 %"), (math.nan, "-")],
)
def test_a_share_is_never_rounded_to_certainty(share, text):
    assert percent(share) == text


def test_styles_differ_in_colour_and_marker():
    styles = [series_style(i) for i in range(len(COLORS))]
    assert len({style.color for style in styles}) == len({style.marker for style in styles}) == len(COLORS)
    many = [series_style(i) for i in range(64)]
    assert len({(style.color, style.marker) for style in many}) == 64


@given(st.lists(st.one_of(st.integers(0, 90_000), st.just("cut")), max_size=12))
@settings(max_examples=30)
def test_a_growing_array_is_a_list_that_moves_bit_by_bit(sizes):
    growing, plain = Growing(), np.empty(0)
    given_out = []
    for size in sizes:
        if size == "cut":
            growing.cut(len(plain) // 3)
            plain = plain[: len(plain) // 3]
        else:
            values = np.random.default_rng(size).normal(size=size)
            growing.extend(values)
            plain = np.concatenate((plain, values))
        given_out.append((growing.view(), plain.copy()))
    assert len(growing) == len(plain)
    for seen, expected in given_out:
        assert np.array_equal(seen, expected)
