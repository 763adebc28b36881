"""Schedules are pure functions of the step: in range, finite, and with the shape they promise."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.catalog import registry
from engine.catalog.schedules import (
    Constant,
    CosineAnnealing,
    ExponentialLR,
    LinearDecay,
    OneCycle,
    Schedule,
    StepLR,
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
        numbers = st.integers(int(low), int(high)) if info.kind == "integer" else st.floats(low, high)
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
