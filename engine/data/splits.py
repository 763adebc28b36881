"""Who learns, who checks, who tests: deals samples to train, val and test so that no duplicate crosses.

The deal depends on the seed and the samples alone, through a hash of our own, so it stays the same in every version.
"""

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from engine.data.chance import hashed
from engine.data.samples import NOT_SAID, POOL, TEST, TRAIN, VAL
from engine.document.data_spec import Split, SplitMethod

Bools = npt.NDArray[np.bool_]
Int8s = npt.NDArray[np.int8]
Int64s = npt.NDArray[np.int64]
Float64s = npt.NDArray[np.float64]


MOST_WEIGHED = 50_000
"""Groups up to this number are weighed one by one; more are dealt like samples, which comes as near on the whole."""


def deal(
    split: Split,
    keys: Int64s,
    labels: Int64s | None,
    given: Int8s | None,
    *,
    groups: Int64s | None = None,
    times: Float64s | None = None,
    numbers: Int64s | None = None,
) -> Int8s:
    """TRAIN, VAL or TEST for each sample.

    `keys` are equal for duplicates, which always go to one split; `labels` are classes to keep in proportion; `given`
    is what the source says (kept; what it lacks is cut from train, and duplicates of a test sample are test samples;
    where that leaves nothing to train on it counts for nothing).
    `groups` are equal for samples that stay together (negative: on its own), `times` rise with time (nan: not known,
    which is for training). Without what its method goes by a split is dealt as a stratified one.

    `numbers` are what the samples are known by when some of a larger set are dealt: each is dealt by its own number, so
    one more or less moves no more than a few others.
    """
    count = len(keys)
    numbers = np.arange(count, dtype=np.int64) if numbers is None else numbers
    if count == 0:
        return np.zeros(0, np.int8)
    total = split.train + split.val + split.test
    val, test = (split.val / total, split.test / total) if total > 0 else (0.0, 0.0)
    result = None
    if split.method is SplitMethod.GIVEN and given is not None:
        result = _together(np.where(given == NOT_SAID, TRAIN, given).astype(np.int8), keys)
    if result is not None and (result == TRAIN).any():
        has_val, has_test = bool((result == VAL).any()), bool((result == TEST).any())
        pool = np.flatnonzero(result == TRAIN)
        # Without val and test the shares are of the whole; with one of them there, the other is a share of the rest.
        val = 0.0 if has_val else val / max(1e-9, 1 - (test if has_test else 0))
        test = 0.0 if has_test else test / max(1e-9, 1 - (val if has_val else 0))
        if len(pool) and (val or test):
            part = None if labels is None else labels[pool]
            result[pool] = _deal(split.seed, numbers[pool], keys[pool], part, val, test)
        return result
    if split.method is SplitMethod.TIME and times is not None:
        return _deal_by_time(keys, times, val, test)
    if split.method is SplitMethod.GROUPED and groups is not None:
        return _deal_groups(split.seed, numbers, _joined(keys, groups), labels, val, test)
    return _deal(split.seed, numbers, keys, labels if split.method is not SplitMethod.RANDOM else None, val, test)


def kept_for_test(dealt: Int8s, unseen: Bools, keys: Int64s) -> Int8s:
    """The deal with these samples, and their duplicates, in the test split; those that nobody uses stay out of it."""
    if not unseen.any():
        return dealt
    result = dealt.copy()
    moved = np.isin(keys, keys[unseen]) & (result != POOL)
    result[moved] = TEST
    return result


def _together(said: Int8s, keys: Int64s) -> Int8s:
    """Duplicates in the last of the splits they are in, so that what the source says is for testing stays so."""
    distinct, unit = np.unique(keys, return_inverse=True)
    if len(distinct) == len(keys):
        return said
    last = np.full(len(distinct), TRAIN, np.int8)
    np.maximum.at(last, unit.ravel(), said)
    return last[unit.ravel()]


def _joined(keys: Int64s, groups: Int64s) -> Int64s:
    """A number for each sample, equal where a chain of equal keys or equal groups leads from one to the other."""
    _, unit = np.unique(keys, return_inverse=True)
    unit = unit.ravel()
    alone = groups < 0
    _, group = np.unique(np.where(alone, 0, groups), return_inverse=True)
    group = np.where(alone, group.max(initial=0) + 1 + np.arange(len(groups)), group.ravel())
    # Each set of duplicates links the groups it lies in; the lowest number of a chain spreads to all of it.
    chain = np.arange(int(group.max(initial=0)) + 1)
    while True:
        lowest = np.full(int(unit.max(initial=0)) + 1, len(chain), np.int64)
        np.minimum.at(lowest, unit, chain[group])
        better = chain.copy()
        np.minimum.at(better, chain[group], lowest[unit])
        while not np.array_equal(better, better[better]):
            better = better[better]
        better = better[chain]
        if np.array_equal(better, chain):
            return chain[group]
        chain = better


def _shuffled(seed: int, numbers: Int64s) -> Int64s:
    """The places of numbers in an order that seed and numbers alone decide."""
    return np.argsort(hashed(torch.from_numpy(numbers), seed).numpy(), kind="stable")


def _deal_groups(seed: int, numbers: Int64s, group: Int64s, labels: Int64s | None, val: float, test: float) -> Int8s:
    """Whole groups, the large ones first, each to where it brings sizes and classes nearest to what is wanted."""
    _, first, unit, sizes = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first, kind="stable")  # numbered by their first sample, whatever the values
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    unit, sizes, first = rank[unit.ravel()], sizes[order], first[order]
    if len(sizes) > MOST_WEIGHED:
        return _deal(seed, numbers, unit, None if labels is None else _usual(unit, labels, len(sizes)), val, test)
    classes = np.zeros(len(unit), np.int64) if labels is None else np.unique(labels, return_inverse=True)[1].ravel()
    totals = np.bincount(classes).astype(np.float64)
    shares = {TRAIN: max(0.0, 1 - val - test), VAL: val, TEST: test}
    left = {split: totals * share for split, share in shares.items()}
    empty = [split for split in (TRAIN, TEST, VAL) if split == TRAIN or shares[split] > 0]
    members = np.argsort(unit, kind="stable")
    ends = np.cumsum(sizes)
    shuffle = _shuffled(seed, numbers[first])
    result = np.full(len(sizes), TRAIN, np.int8)
    turns = shuffle[np.argsort(-sizes[shuffle], kind="stable")].tolist()
    for turn, number in enumerate(turns):
        held, counts = np.unique(classes[members[ends[number] - sizes[number] : ends[number]]], return_counts=True)
        if len(turns) - turn <= len(empty):
            chosen = empty[0]  # a split too large or too small is better than none to check and test by
        else:
            # How much nearer the sum of squares comes to what is wanted, rare classes counting as much as common ones.
            gains = {
                split: float(((2 * lack[held] - counts) * counts / totals[held]).sum()) for split, lack in left.items()
            }
            chosen = max(gains, key=lambda split: gains[split])
        if chosen in empty:
            empty.remove(chosen)
        result[number] = chosen
        left[chosen][held] -= counts
    return result[unit]


def _usual(unit: Int64s, labels: Int64s, count: int) -> Int64s:
    """For each sample the class that its group has most of."""
    _, classes = np.unique(labels, return_inverse=True)
    width = int(classes.max(initial=0)) + 1
    pairs, numbers = np.unique(unit * width + classes.ravel(), return_counts=True)
    usual = np.zeros(count, np.int64)
    rising = np.argsort(numbers, kind="stable")
    usual[pairs[rising] // width] = pairs[rising] % width
    return usual[unit]


def _deal_by_time(keys: Int64s, times: Float64s, val: float, test: float) -> Int8s:
    """The latest are the test, those before them val; a cut lies only where time moves on.

    Duplicates go where the earliest of them goes.
    """
    _, unit = np.unique(keys, return_inverse=True)
    earliest = np.full(int(unit.max()) + 1, np.inf)
    np.fmin.at(earliest, unit.ravel(), times)
    moment: Float64s = np.where(np.isinf(earliest), -np.inf, earliest)[unit.ravel()]
    moments, sizes = np.unique(moment, return_counts=True)
    before = np.concatenate([[0], np.cumsum(sizes)])  # samples earlier than each moment; a cut may lie at any
    cuts = np.arange(1 if np.isfinite(moments[0]) else 2, len(moments))
    later = cuts[1:] if val > 0 and len(cuts) > 1 else cuts  # one is left for val
    first_test = _cut(before, later, before[-1] * (1 - test)) if test > 0 else len(moments)
    earlier = cuts[cuts < first_test]
    first_val = _cut(before, earlier, before[-1] * (1 - test - val)) if val > 0 else first_test
    place = np.searchsorted(moments, moment)
    return np.where(place >= first_test, TEST, np.where(place >= first_val, VAL, TRAIN)).astype(np.int8)


def _cut(before: Int64s, cuts: Int64s, wanted: float) -> int:
    """The cut with about `wanted` samples before it; behind everything where there is none."""
    if len(cuts) == 0:
        return len(before)
    return int(cuts[np.argmin(np.abs(before[cuts] - wanted))])


def _deal(seed: int, numbers: Int64s, keys: Int64s, labels: Int64s | None, val: float, test: float) -> Int8s:
    """Deal whole groups of duplicates, a class at a time, in a shuffled order."""
    _, first, group, sizes = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    # Number the groups by their first sample, so that the deal does not depend on the values of the keys.
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    group, sizes, first = rank[group.ravel()], sizes[order], first[order]
    of_class = np.zeros(len(first), np.int64) if labels is None else labels[first]
    classes, of_class = np.unique(of_class, return_inverse=True)
    samples = np.bincount(of_class, weights=sizes, minlength=len(classes))
    tests = _quotas(samples, test)
    vals = _quotas(samples - tests, val / (1 - test) if test < 1 else 0.0)
    where = np.full(len(first), TRAIN, np.int8)
    shuffle = _shuffled(seed, numbers[first])
    by_class = shuffle[np.argsort(of_class[shuffle], kind="stable")]
    starts = np.searchsorted(of_class[by_class], np.arange(len(classes) + 1))
    for number in range(len(classes)):
        open_test, open_val = int(tests[number]), int(vals[number])
        for unit in by_class[starts[number] : starts[number + 1]].tolist():
            size = int(sizes[unit])
            if size <= open_test:
                where[unit], open_test = TEST, open_test - size
            elif size <= open_val:
                where[unit], open_val = VAL, open_val - size
            elif not open_test and not open_val:
                break
    return where[group]


def _quotas(samples: npt.NDArray[np.number[Any]], share: float) -> Int64s:
    """How many samples of each class: together the share of all, largest remainders first; at least one stays."""
    total = float(samples.sum())
    wanted = round(total * share)
    if share > 0 and wanted == 0 and total >= 3:
        wanted = 1
    exact = samples * share
    quota = np.floor(exact).astype(np.int64)
    room = np.maximum(samples - 1, 0).astype(np.int64)
    quota = np.minimum(quota, room)
    for number in np.argsort(quota - exact, kind="stable").tolist():
        if quota.sum() >= wanted:
            break
        if quota[number] < room[number]:
            quota[number] += 1
    return cast(Int64s, quota)
