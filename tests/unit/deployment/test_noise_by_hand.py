"""The noise of a generator: by a seed, with numbers set by hand, and on the way between two seeds."""

import numpy as np
import pytest

from engine.deployment.description import InputDescription, draw
from engine.deployment.noise import between, first_numbers, noise_of
from engine.errors import DataError

ITEM = InputDescription(
    name="z", field="z", kind="noise", dtype="float", shape=["N", 6, 5], distribution="normal", std=2.0
)
UNIFORM = InputDescription(name="u", field="u", kind="noise", dtype="float", shape=["N", 4000], distribution="uniform")


def test_a_seed_is_what_a_first_sample_gets_with_it() -> None:
    assert np.array_equal(noise_of(ITEM, {"seed": 7}, [0, 3, 1]), draw(ITEM, [7, 0, 1]))
    assert np.array_equal(noise_of(ITEM, None, [5, 3, 1]), noise_of(ITEM, {}, [5, 3, 1]))


def test_single_numbers_are_set_and_the_rest_stays() -> None:
    plain = noise_of(ITEM, {"seed": 1}, [0, 0, 0])
    changed = noise_of(ITEM, {"seed": 1, "set": {"0": 1.5, 7: -2}}, [0, 0, 0])
    assert changed.shape == (6, 5) and changed[0, 0] == 1.5 and changed[1, 2] == -2
    rest = np.ones(30, bool)
    rest[[0, 7]] = False
    assert np.array_equal(plain.reshape(-1)[rest], changed.reshape(-1)[rest])
    assert first_numbers(changed)[0] == 1.5 and len(first_numbers(changed)) == 16


def test_a_walk_begins_and_ends_at_its_seeds_and_keeps_the_spread() -> None:
    wide = InputDescription(name="z", field="z", kind="noise", dtype="float", shape=["N", 20_000], std=2.0)
    start, end = draw(wide, [1, 0, 0]), draw(wide, [2, 0, 0])
    for share, wanted in ((0.0, start), (1.0, end)):
        assert np.array_equal(noise_of(wide, {"seed": 1, "toward": 2, "share": share}, [0, 0, 0]), wanted)
    half = noise_of(wide, {"seed": 1, "toward": 2, "share": 0.5}, [0, 0, 0])
    assert half.std() == pytest.approx(2.0, rel=0.03)
    low, high = draw(UNIFORM, [1, 0, 0]), draw(UNIFORM, [2, 0, 0])
    assert np.allclose(between(UNIFORM, low, high, 0.25), low * 0.75 + high * 0.25, atol=1e-5)


@pytest.mark.parametrize(
    "given",
    [
        {"seed": -1},
        {"seed": "x"},
        {"seed": True},
        {"seed": 1.5},
        {"toward": 2, "share": float("nan")},
        {"share": "half"},
        {"set": [1, 2]},
        {"set": {"30": 1}},
        {"set": {"-1": 1}},
        {"set": {"0": "much"}},
        {"set": {"0": float("inf")}},
        {"colour": 3},
        [1.0, 2.0],
        "much",
        [[float("nan")] * 5] * 6,
    ],
)
def test_what_says_no_noise_is_refused_in_words(given: object) -> None:
    with pytest.raises(DataError) as refused:
        noise_of(ITEM, given, [0, 0, 0])
    assert refused.value.where == "z" and refused.value.expected
