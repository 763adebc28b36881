"""Who learns, who checks, who tests: deals samples to train, val and test so that no duplicate crosses.

The deal depends on the seed and the samples alone, through a hash of our own, so it stays the same in every version.
"""

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from engine.data.chance import shuffled
from engine.data.samples import NOT_SAID, TEST, TRAIN, VAL
from engine.document.data_spec import Split, SplitMethod

Int8s = npt.NDArray[np.int8]
Int64s = npt.NDArray[np.int64]


def deal(split: Split, keys: Int64s, labels: Int64s | None, given: Int8s | None) -> Int8s:
    """TRAIN, VAL or TEST for each sample.

    `keys` are equal for duplicates, which go where the first one goes; `labels` are classes to keep in proportion;
    `given` is what the source says (kept, also for duplicates; what it lacks is cut from train).
    """
    count = len(keys)
    total = split.train + split.val + split.test
    val, test = (split.val / total, split.test / total) if total > 0 else (0.0, 0.0)
    if split.method is SplitMethod.GIVEN and given is not None:
        result = np.where(given == NOT_SAID, TRAIN, given).astype(np.int8)
        has_val, has_test = bool((result == VAL).any()), bool((result == TEST).any())
        pool = np.flatnonzero(result == TRAIN)
        # Without val and test the shares are of the whole; with one of them there, the other is a share of the rest.
        val = 0.0 if has_val else val / max(1e-9, 1 - (test if has_test else 0))
        test = 0.0 if has_test else test / max(1e-9, 1 - (val if has_val else 0))
        if len(pool) and (val or test):
            part = None if labels is None else labels[pool]
            result[pool] = _deal(split.seed, keys[pool], part, val, test)
        return result
    if count == 0:
        return np.zeros(0, np.int8)
    return _deal(split.seed, keys, labels if split.method is not SplitMethod.RANDOM else None, val, test)


def _deal(seed: int, keys: Int64s, labels: Int64s | None, val: float, test: float) -> Int8s:
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
    shuffle = shuffled(len(first), seed).numpy()
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
