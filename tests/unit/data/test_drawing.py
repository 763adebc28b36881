"""Values drawn small: what a person sees must be what is there."""

import math

import numpy as np
import pytest

from engine.data.drawing import (
    bounds,
    date_text,
    draw_array,
    draw_raw,
    duration,
    heat_of,
    least_and_largest,
    picture_of,
    small_mask,
    words,
)
from engine.data.samples import Sound
from engine.document.data_spec import Field, FieldKind, Statistics


def field(kind: FieldKind, **more: object) -> Field:
    return Field(name="f", kind=kind, **more)  # type: ignore[arg-type]


def curve(data: bytes, channels: int) -> np.ndarray:
    return np.frombuffer(data, "<f4").reshape(channels, -1, 2)


@pytest.mark.parametrize(("time", "points"), [(1, 10), (7, 10), (10, 10), (1000, 64), (12345, 100)])
def test_a_curve_keeps_the_least_and_largest_of_every_stretch(time: int, points: int) -> None:
    values = np.random.default_rng(time).normal(size=(time, 2)).astype(np.float32)
    pairs = curve(least_and_largest(values, points), 2)
    stretches = min(points, time)
    assert pairs.shape == (2, stretches, 2)
    edges = [number * time // stretches for number in range(stretches)] + [time]
    for number in range(stretches):
        part = values[edges[number] : edges[number + 1]]
        assert pairs[:, number, 0].tolist() == part.min(axis=0).tolist()
        assert pairs[:, number, 1].tolist() == part.max(axis=0).tolist()


def test_a_click_in_a_long_recording_is_still_seen() -> None:
    samples = np.zeros(480_000, np.float32)
    samples[123_456] = 0.9
    shown = draw_raw(field(FieldKind.AUDIO), Sound(samples=samples, rate=48_000), 160)
    assert curve(shown.curve, 1).max() == np.float32(0.9)
    assert shown.facts == "10.00 s, 48 kHz"


def test_missing_steps_of_a_series_break_nothing() -> None:
    values = np.array([[1.0], [np.nan], [3.0]], np.float32)
    shown = draw_raw(field(FieldKind.SERIES), values, 100)
    assert np.isfinite(curve(shown.curve, 1)).all()
    assert shown.facts == "3 steps, 1 channel, 1 … 3"


def test_a_small_mask_holds_only_classes_that_were_there() -> None:
    mask = np.zeros((300, 500), np.uint8)
    mask[100:110, 50:450] = 7
    width, height, data = small_mask(mask, 100)
    assert (width, height) == (100, 60)
    assert set(data) == {0, 7}
    named = field(FieldKind.MASK, statistics=Statistics(classes=tuple("abcdefgh")))
    assert draw_raw(named, mask, 100).facts == "a, h"


def test_prepared_pictures_keep_their_black_and_white() -> None:
    grey = np.full((1, 2, 2), 0.5, np.float32)
    assert set(picture_of(grey, facts="", size=10).rgb) == {127}
    assert bounds(grey) == (0.0, 1.0)
    assert bounds(np.array([0.0, 200.0])) == (0.0, 255.0)
    assert bounds(np.array([-2.0, 3.0])) == (-2.0, 3.0)
    darker = picture_of(grey - 0.25, facts="", size=10, low=0.0, high=1.0)
    assert set(darker.rgb) == {63}


def test_arrays_of_any_rank_are_drawn_in_some_way() -> None:
    rng = np.random.default_rng(3)
    for shape in [(), (1,), (5,), (500,), (4, 6), (3, 8, 8), (16, 8, 8), (2, 3, 8, 8)]:
        shown = draw_array(rng.normal(size=shape).astype(np.float32), 64)
        assert shown.text or shown.curve or shown.rgb, shape
        assert not shown.rgb or len(shown.rgb) == shown.width * shown.height * 3
    assert draw_array(np.zeros((0, 3), np.float32), 64).text == "nothing"


def test_low_tones_lie_at_the_bottom_and_loud_ones_are_bright() -> None:
    plane = np.zeros((4, 6), np.float32)
    plane[0] = 1.0
    shown = heat_of(plane, facts="", size=64)
    rows = np.frombuffer(shown.rgb, np.uint8).reshape(4, 6, 3).sum(axis=(1, 2))
    assert rows.argmax() == 3


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "1970-01-01"), (86399.0, "1970-01-01 23:59:59"), (3600.0, "1970-01-01 01:00"), (math.nan, "missing")],
)
def test_dates_are_read_as_people_write_them(seconds: float, text: str) -> None:
    assert date_text(seconds) == text
    assert words(field(FieldKind.DATE), seconds) == text


def test_dates_beyond_the_calendar_are_still_words() -> None:
    assert "since 1970" in date_text(1e15)


@pytest.mark.parametrize(("seconds", "text"), [(0.4167, "0.42 s"), (59.9, "59.90 s"), (187.0, "3:07 min")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_words_are_cut_and_never_hold_control_characters() -> None:
    shown = words(field(FieldKind.TEXT), "a\x07b\nc" + "x" * 9000, 100)
    assert "\x07" not in shown and "\n" in shown and len(shown) < 130
    assert words(field(FieldKind.NUMBER), math.nan) == "missing"
    assert words(field(FieldKind.CATEGORY), "") == "missing"
