"""The deal to train, val and test: in proportion, the same each time, and no duplicate on both sides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.samples import NOT_SAID, POOL, TEST, TRAIN, VAL
from engine.data.splits import deal, kept_for_test
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


def test_copies_of_a_given_test_sample_are_test_samples_too() -> None:
    said = np.array([TRAIN] * 6 + [VAL] * 2 + [TEST] * 2, np.int8)
    same = np.array([0, 1, 2, 3, 4, 5, 5, 6, 7, 0], np.int64)
    splits = deal(Split(method=SplitMethod.GIVEN), same, None, said)
    assert splits.tolist() == [TEST, TRAIN, TRAIN, TRAIN, TRAIN, VAL, VAL, VAL, TEST, TEST]


def test_a_test_split_that_is_a_copy_of_train_counts_for_nothing() -> None:
    said = np.array([TRAIN] * 50 + [TEST] * 50, np.int8)
    same = np.concatenate([keys(50), keys(50)])
    splits = deal(Split(method=SplitMethod.GIVEN), same, None, said)
    assert counts(splits) == [80, 10, 10] and (splits[:50] == splits[50:]).all()


GROUPED = Split(method=SplitMethod.GROUPED, field="who")
TIME = Split(method=SplitMethod.TIME, field="when")


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 30), st.integers(-1, 9), st.integers(0, 2)), min_size=1, max_size=80),
    seed=st.integers(0, 2**40),
)
def test_groups_and_duplicates_stay_together(pairs: list[tuple[int, int, int]], seed: int) -> None:
    same, groups, labels = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    split = Split(method=SplitMethod.GROUPED, seed=seed)
    splits = deal(split, same, labels, None, groups=groups)
    for column in (same, np.where(groups < 0, 100 + np.arange(len(groups)), groups)):
        for value in set(column.tolist()):
            assert len(set(splits[column == value].tolist())) == 1
    assert (splits == TRAIN).any()
    assert (splits == deal(split, same, labels, None, groups=groups)).all()


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 12), min_size=30, max_size=80), seed=st.integers(0, 2**40))
def test_groups_come_near_the_wanted_shares_and_classes(sizes: list[int], seed: int) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.arange(len(groups), dtype=np.int64) % 2
    splits = deal(Split(method=SplitMethod.GROUPED, seed=seed), keys(len(groups)), labels, None, groups=groups)
    for split, share in ((TRAIN, 0.8), (VAL, 0.1), (TEST, 0.1)):
        here = splits == split
        assert abs(int(here.sum()) - share * len(groups)) <= max(sizes)
        assert abs(int(labels[here].sum()) * 2 - int(here.sum())) <= max(sizes) + 1


def test_six_speakers_are_dealt_whole() -> None:
    who = np.repeat(np.arange(6), 150)
    splits = deal(GROUPED, keys(900), np.arange(900, dtype=np.int64) % 10, None, groups=who)
    assert counts(splits) == [600, 150, 150]
    assert counts(deal(GROUPED, keys(2), None, None, groups=np.array([0, 1]))) == [1, 0, 1]
    assert counts(deal(GROUPED, keys(5), None, None, groups=np.zeros(5, np.int64))) == [5, 0, 0]


def test_very_many_groups_are_dealt_like_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.data.splits.MOST_WEIGHED", 100)
    groups = np.arange(1000) // 2
    labels = groups % 3
    splits = deal(GROUPED, keys(1000), labels, None, groups=groups)
    assert abs(counts(splits)[0] - 800) <= 6 and abs(counts(splits)[2] - 100) <= 3
    assert (splits[::2] == splits[1::2]).all()


def test_a_long_chain_of_copies_joins_its_groups() -> None:
    same = np.repeat(np.arange(501), 2)[1:-1]  # sample 2i+1 is a copy of 2i+2
    groups = np.repeat(np.arange(500), 2)
    assert counts(deal(GROUPED, same, None, None, groups=groups)) == [1000, 0, 0]


@settings(max_examples=60, deadline=None)
@given(
    moments=st.lists(st.integers(0, 30) | st.none(), min_size=1, max_size=80),
    same=st.lists(st.integers(0, 60), min_size=80, max_size=80),
    val=st.sampled_from([0.0, 0.1, 0.3]),
    test=st.sampled_from([0.0, 0.1, 0.3]),
)
def test_the_latest_are_the_test_and_no_moment_is_torn(
    moments: list[int | None], same: list[int], val: float, test: float
) -> None:
    times = np.array([np.nan if moment is None else moment for moment in moments], np.float64)
    split = Split(method=SplitMethod.TIME, train=1 - val - test, val=val, test=test)
    unique = keys(len(times))
    splits = deal(split, unique, None, None, times=times)
    assert (splits == TRAIN).any() and (splits[np.isnan(times)] == TRAIN).all()
    known = ~np.isnan(times)
    for earlier, later in ((TRAIN, VAL), (VAL, TEST), (TRAIN, TEST)):
        before, after = times[known & (splits == earlier)], times[known & (splits == later)]
        assert len(before) == 0 or len(after) == 0 or before.max() < after.min()
    copies = np.array(same[: len(times)], np.int64)
    splits = deal(split, copies, None, None, times=times)
    for value in set(copies.tolist()):
        assert len(set(splits[copies == value].tolist())) == 1


def test_time_cuts_near_the_wanted_shares() -> None:
    times = np.random.default_rng(1).permutation(1000).astype(np.float64)
    splits = deal(TIME, keys(1000), None, None, times=times)
    assert counts(splits) == [800, 100, 100]
    assert times[splits == TEST].min() == 900
    days = np.repeat(np.arange(3), 10).astype(np.float64)
    assert counts(deal(TIME, keys(30), None, None, times=days)) == [10, 10, 10]
    assert counts(deal(TIME, keys(5), None, None, times=np.zeros(5))) == [5, 0, 0]


@pytest.mark.parametrize("method", list(SplitMethod))
def test_the_deal_depends_on_the_order_not_on_the_values_of_keys(method: SplitMethod) -> None:
    count = 2000
    chance = np.random.default_rng(5)
    other = chance.permutation(10 * count)[:count].astype(np.int64)
    groups = np.arange(count) // 3
    split = Split(method=method)
    how = {"groups": groups, "times": groups.astype(np.float64)}
    first = deal(split, keys(count), None, None, **how)
    again = deal(split, other, None, None, **{**how, "groups": other[groups]})
    assert (first == again).all()


@settings(max_examples=30, deadline=None)
@given(gone=st.lists(st.integers(0, 399), min_size=1, max_size=6, unique=True), classes=st.integers(1, 4))
def test_a_few_samples_less_move_only_a_few_others(gone: list[int], classes: int) -> None:
    labels = keys(400) % classes
    whole = deal(Split(), keys(400), labels, None)
    rest = np.setdiff1d(keys(400), gone)
    again = deal(Split(), rest, labels[rest], None, numbers=rest)
    assert (whole[rest] != again).sum() <= 2 * len(gone) + 2 * classes


def test_what_is_kept_for_the_test_is_there_with_its_duplicates_and_nowhere_else() -> None:
    keys_of = np.array([0, 1, 2, 3, 3, 4, 5, 6, 7, 8], np.int64)
    dealt = np.array([TRAIN, TRAIN, VAL, TRAIN, TRAIN, TEST, TRAIN, VAL, TRAIN, POOL], np.int8)
    unseen = np.zeros(10, bool)
    unseen[[2, 3, 9]] = True
    found = kept_for_test(dealt, unseen, keys_of)
    assert found.tolist() == [TRAIN, TRAIN, TEST, TEST, TEST, TEST, TRAIN, VAL, TRAIN, POOL]
    assert kept_for_test(dealt, np.zeros(10, bool), keys_of) is dealt
    assert dealt.tolist()[2] == VAL, "the deal itself stays"
