"""Schedules are pure functions of the step: in range, finite, and with the shape they promise."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.catalog import registry
from engine.catalog.schedules import (
    Constant,
    ConstantLR,
    CosineAnnealing,
    CosineAnnealingWarmRestarts,
    CyclicExponential,
    CyclicHalving,
    CyclicTriangular,
    ExponentialLR,
    FlatCosine,
    InverseSquareRoot,
    InverseTime,
    LinearDecay,
    LinearLR,
    MultiStepLR,
    OneCycle,
    PiecewiseLinear,
    Plateau,
    PolynomialLR,
    ReduceLROnPlateau,
    Schedule,
    StepLR,
    WarmupStableDecay,
)


def curve(schedule: Schedule, steps: int = 1000) -> list[float]:
    return [schedule.factor(step, steps) for step in range(steps)]


@pytest.mark.parametrize("schedule", registry.schedules(), ids=lambda item: item.__name__)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_factor_is_in_range(schedule: type[Schedule], data: st.DataObject) -> None:
    chosen = {}
    for info in schedule.attributes():
        low = info.minimum if info.minimum is not None else 1e-6
        high = info.maximum if info.maximum is not None else 0.999
        numbers: st.SearchStrategy[object] = st.floats(low, min(high, 1.0) if info.kind == "numbers" else high)
        if info.kind == "integer":
            numbers = st.integers(int(low), int(high))
        elif info.kind == "numbers":
            numbers = st.lists(numbers, max_size=4)
        chosen[info.name] = data.draw(numbers)
    total = data.draw(st.integers(1, 10_000))
    step = data.draw(st.integers(0, total + 5))
    factor = schedule.from_attributes(chosen).factor(step, total)
    assert math.isfinite(factor) and 0 <= factor <= 1 + 1e-9


def test_shapes() -> None:
    assert curve(Constant()) == [1.0] * 1000
    cosine = curve(CosineAnnealing())
    assert cosine[0] < 0.03 and max(cosine) == pytest.approx(1, abs=1e-3) and cosine[-1] < 1e-4
    assert cosine.index(max(cosine)) in range(49, 52)
    assert curve(CosineAnnealing(warm_up=0))[500] == pytest.approx(0.5, abs=1e-3)
    assert curve(LinearDecay(warm_up=0))[250] == pytest.approx(0.75)
    stairs = curve(StepLR(drops=2, gamma=0.1))
    assert sorted({round(value, 6) for value in stairs}) == [0.01, 0.1, 1.0]
    assert stairs[333] == 1.0 and stairs[334] == pytest.approx(0.1) and stairs[-1] == pytest.approx(0.01)
    exponential = curve(ExponentialLR(final=0.01))
    assert exponential[0] == 1.0 and exponential[-1] == pytest.approx(0.01)
    assert exponential[10] / exponential[9] == pytest.approx(exponential[500] / exponential[499])


def test_one_cycle_is_torchs() -> None:
    """Same numbers as torch.optim.lr_scheduler.OneCycleLR with its presets."""
    torch = pytest.importorskip("torch")
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=50)
    ours = OneCycle()
    for step in range(50):
        assert ours.factor(step, 50) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-9)
        optimizer.step()
        if step < 49:
            theirs.step()


def test_few_steps() -> None:
    for schedule in registry.schedules():
        for total in (1, 2, 3):
            factors = [schedule().factor(step, total) for step in range(total)]
            assert all(0 <= factor <= 1 for factor in factors)
            assert factors[0] > 0, f"{schedule.__name__} would not learn at all in one step"


def torchs(make: Callable[[Any], Any], steps: int) -> list[float]:
    """What a schedule of torch makes of a learning rate of 1."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_those_that_torch_has_give_its_numbers() -> None:
    rates = pytest.importorskip("torch").optim.lr_scheduler
    pairs = [
        (MultiStepLR(milestones=(0.3, 0.8), gamma=0.5), lambda o: rates.MultiStepLR(o, [30, 80], 0.5)),
        (PolynomialLR(power=2.0), lambda o: rates.PolynomialLR(o, 100, 2.0)),
        (ConstantLR(low=0.3, until=0.2), lambda o: rates.ConstantLR(o, 0.3, 20)),
        (LinearLR(start=0.25, end=0.75, until=0.4), lambda o: rates.LinearLR(o, 0.25, 0.75, 40)),
        (CosineAnnealingWarmRestarts(cycles=4, growth=1.0), lambda o: rates.CosineAnnealingWarmRestarts(o, 25)),
        (CyclicTriangular(cycles=5, base=0.2), lambda o: rates.CyclicLR(o, 0.2, 1.0, 10, cycle_momentum=False)),
        (
            CyclicHalving(cycles=5, base=0.2),
            lambda o: rates.CyclicLR(o, 0.2, 1.0, 10, mode="triangular2", cycle_momentum=False),
        ),
        (
            CyclicExponential(cycles=5, base=0.2, final=0.5),
            lambda o: rates.CyclicLR(o, 0.2, 1.0, 10, mode="exp_range", gamma=0.5**0.01, cycle_momentum=False),
        ),
    ]
    for ours, make in pairs:
        assert curve(ours, 100) == pytest.approx(torchs(make, 100), abs=1e-9), ours


def test_restarts_grow() -> None:
    waves = curve(CosineAnnealingWarmRestarts(cycles=3, growth=2.0), 700)
    starts = [step for step, value in enumerate(waves) if value > 0.9999]
    assert [starts[0], *(b for a, b in itertools.pairwise(starts) if b > a + 10)] == [0, 100, 300]


def test_shapes_of_the_others() -> None:
    stable = curve(WarmupStableDecay(warm_up=0.1, decay=0.2))
    assert stable[0] < 0.02 and set(stable[100:800]) == {1.0} and stable[900] == pytest.approx(0.5)
    noam = curve(InverseSquareRoot(warm_up=0.1))
    assert noam.index(max(noam)) in (99, 100) and noam[399] == pytest.approx(0.5)
    flat = curve(FlatCosine(flat=0.6))
    assert set(flat[:600]) == {1.0} and flat[800] == pytest.approx(0.5)
    assert curve(InverseTime(decay=9.0))[500] == pytest.approx(1 / 5.5)
    points = curve(PiecewiseLinear(moments=(0.0, 0.5, 1.0), factors=(1.0, 0.5, 2.0)), 101)
    assert (points[0], points[25], points[50], points[75], points[100]) == (1.0, 0.75, 0.5, 1.25, 2.0)
    assert curve(PiecewiseLinear(moments=(), factors=())) == [1.0] * 1000


def test_the_plateau_is_torchs() -> None:
    torch = pytest.importorskip("torch")
    for rule in (ReduceLROnPlateau(gamma=0.5, patience=2), ReduceLROnPlateau(gamma=0.5, patience=1, cooldown=2)):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=rule.gamma, patience=rule.patience, cooldown=rule.cooldown, threshold=rule.threshold
        )
        held = Plateau()
        for loss in (5, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2.5, 2.5, 2.5, 2.5):
            held = rule.watched(held, float(loss))
            theirs.step(loss)
            assert held.factor == pytest.approx(optimizer.param_groups[0]["lr"])


def test_there_are_enough() -> None:
    assert len(registry.schedules()) >= 16
