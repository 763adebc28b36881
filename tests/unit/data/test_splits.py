"""The deal to train, val and test: in proportion, the same each time, and no duplicate on both sides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.samples import NOT_SAID, TEST, TRAIN, VAL
from engine.data.splits import deal
from engine.document.data_spec import Split, SplitMethod


def counts(splits: np.ndarray) -> list[int]:
    return np.bincount(splits, minlength=3).tolist()


def keys(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.int64)


def test_classes_keep_their_proportions() -> None:
    labels = np.repeat([0, 1, 2], [100, 200, 700])
    splits = deal(Split(), keys(1000), labels, None)
    assert counts(splits) == [800, 100, 100]
    for label, size in ((0, 100), (1, 200), (2, 700)):
        assert counts(splits[labels == label]) == [size * 8 // 10, size // 10, size // 10]


def test_the_seed_decides_and_the_deal_is_pinned() -> None:
    first = deal(Split(method=SplitMethod.RANDOM), keys(40), None, None)
    assert (first == deal(Split(method=SplitMethod.RANDOM), keys(40), None, None)).all()
    assert (first != deal(Split(method=SplitMethod.RANDOM, seed=8), keys(40), None, None)).any()
    # A change here deals every existing project anew: scores would no longer be comparable.
    assert np.flatnonzero(first == TEST).tolist() == PINNED_TEST
    assert np.flatnonzero(first == VAL).tolist() == PINNED_VAL


PINNED_TEST = [0, 11, 22, 39]
PINNED_VAL = [6, 27, 32, 35]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_few_samples_still_leave_some_to_learn_from(count: int) -> None:
    splits = deal(Split(), keys(count), np.zeros(count, np.int64), None)
    assert (splits == TRAIN).sum() >= 1
    if count >= 4:
        assert (splits == VAL).sum() == 1 and (splits == TEST).sum() == 1


def test_given_splits_are_kept_and_what_is_missing_is_cut_from_train() -> None:
    said = np.array([TRAIN] * 80 + [TEST] * 20 + [NOT_SAID] * 20, np.int8)
    splits = deal(Split(method=SplitMethod.GIVEN), keys(120), None, said)
    assert (splits[80:100] == TEST).all() and (splits == TEST).sum() == 20
    assert 8 <= (splits == VAL).sum() <= 13
    whole = np.array([TRAIN] * 60 + [VAL] * 20 + [TEST] * 20, np.int8)
    assert (deal(Split(method=SplitMethod.GIVEN), keys(100), None, whole) == whole).all()


def test_only_train_given_is_cut_twice() -> None:
    said = np.zeros(100, np.int8)
    assert counts(deal(Split(method=SplitMethod.GIVEN), keys(100), None, said)) == [80, 10, 10]


@settings(max_examples=60, deadline=None)
@given(
    groups=st.lists(st.integers(0, 15), min_size=1, max_size=80),
    classes=st.integers(1, 4),
    seed=st.integers(0, 2**40),
    val=st.floats(0, 0.5),
    test=st.floats(0, 0.5),
)
def test_no_duplicate_crosses_and_nobody_is_lost(
    groups: list[int], classes: int, seed: int, val: float, test: float
) -> None:
    group = np.array(groups, np.int64)
    split = Split(seed=seed, train=1.0, val=val, test=test)
    splits = deal(split, group, group % classes, None)
    assert len(splits) == len(groups) and set(splits.tolist()) <= {TRAIN, VAL, TEST}
    for value in set(groups):
        assert len(set(splits[group == value].tolist())) == 1
    assert (splits == TRAIN).any()
