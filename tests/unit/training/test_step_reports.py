"""Losses of steps in the log: each told once, in few enough lines, whatever the rhythm in which they come."""

import itertools
import math
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol.run_events import StepsReported
from engine.training import step_reports
from engine.training.step_reports import SINGLE_STEPS, StepReports, stride_at


def covered(events: list[StepsReported]) -> list[tuple[int, int]]:
    """(first, last) step of each number."""
    found = []
    for event in events:
        for number in range(len(event.loss)):
            first = event.first_step + number * event.stride
            found.append((first, first + event.stride - 1))
    return found


@given(
    pieces=st.lists(st.integers(1, 90), min_size=1, max_size=40),
    rests=st.lists(st.booleans(), min_size=40, max_size=40),
    single=st.sampled_from([8, 16, 32]),
)
def test_every_step_is_in_exactly_one_number(pieces: list[int], rests: list[bool], single: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step_reports, "SINGLE_STEPS", single)
        told: list[StepsReported] = []
        reports = StepReports(told.append, rest_s=0.0)
        step = 0
        for piece, rest in zip(pieces, rests, strict=False):
            losses = [float(step + number + 1) for number in range(piece)]
            parts = {"a": losses, "b": [2 * loss for loss in losses]}
            reports.add(step + 1, losses, parts, samples=piece, elapsed_s=0.1)
            step += piece
            reports.tell(float(step), [0.1], 1, all_of_it=rest)
        reports.tell(float(step), [0.1], 1, all_of_it=True)
    places = covered(told)
    assert places[0][0] == 1 and places[-1][1] == step
    assert all(before[1] + 1 == after[0] for before, after in itertools.pairwise(places))
    means = [value for event in told for value in event.loss]
    # The loss of a step is its number here, so a number's mean is the middle of what it covers.
    assert means == pytest.approx([(first + last) / 2 for first, last in places])
    for event in told:
        assert bool(event.low) == bool(event.high) == (event.stride > 1)
        if event.stride > 1:
            assert event.low == [event.first_step + n * event.stride for n in range(len(event.loss))]
            assert event.high == [low + event.stride - 1 for low in event.low]
    for event in told:
        if event.parts:
            assert event.parts["b"] == pytest.approx(2 * event.parts["a"], rel=1e-5)


def test_the_stride_doubles_with_the_number_of_steps() -> None:
    assert [stride_at(step) for step in (1, SINGLE_STEPS, SINGLE_STEPS + 1, 2 * SINGLE_STEPS)] == [1, 1, 2, 2]
    assert stride_at(2 * SINGLE_STEPS + 1) == 4
    assert stride_at(10_000_000) == 256


def test_reports_get_rarer_but_never_stop() -> None:
    told: list[StepsReported] = []
    reports = StepReports(told.append)
    clock, step, times = 0.0, 0, []
    while clock < 20_000:
        clock += 0.1
        step += 1
        reports.add(step, [1.0], {}, samples=1, elapsed_s=0.1)
        if reports.tell(clock, [0.1], 1):
            times.append(clock)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert max(gaps[:5000]) < 0.25
    assert 1.5 < max(gaps[-100:]) < 2.6
    assert told[-1].samples_per_s == pytest.approx(10, rel=0.01)


def test_ten_million_steps_are_told_in_few_bytes() -> None:
    """In chunks as a quick run reports them: 5,000 steps a second for half an hour."""
    size, numbers = 0, 0

    def say(event: StepsReported) -> None:
        nonlocal size, numbers
        size += len(msgspec.json.encode(event)) + 1
        numbers += len(event.loss)

    reports = StepReports(say)
    chance = random.Random(1)
    losses = [chance.gauss(1, 0.1) for _ in range(500)]
    for chunk in range(20_000):
        reports.add(chunk * 500 + 1, losses, {}, samples=500, elapsed_s=0.1)
        reports.tell(chunk * 0.1, [0.001], 1)
    assert numbers < 350_000
    assert size < 10_000_000
    assert math.isfinite(size)
