"""Samples that are nearly the same: how pairs are found quickly among a million, put together and told."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from engine.data.checks.check import Check, Int64s, Look, some
from engine.data.checks.remedies import LOOK, leave_out
from engine.document.data_spec import Field
from engine.errors import Cancelled
from engine.protocol.messages.data import DataCheck, Severity

if TYPE_CHECKING:
    from engine.data.rows import Rows

Bits = npt.NDArray[np.uint64]

NEIGHBOURS = 12
"""How many of those with the same key are compared with each: bounds the work where very many look alike."""


class NearDuplicates(Check):
    """Base of the checks for one kind of sample. Of a chain of pairs all are taken as one."""

    slow: ClassVar[bool] = True
    noun: ClassVar[tuple[str, str]]

    @abstractmethod
    def pairs(self, look: Look, field: Field, rows: "Rows") -> tuple[Int64s, Int64s]:
        """Samples that are nearly the same, two by two. Raises Cancelled."""

    @abstractmethod
    def takes(self, rows: "Rows") -> bool:
        """Whether these are values that it can compare."""

    def find(self, look: Look) -> Iterable[DataCheck]:
        dataset = look.dataset
        for field in dataset.data.inputs():
            rows = dataset.rows(field.name)
            if not self.takes(rows):
                continue
            a, b = self.pairs(look, field, rows)
            different = dataset.keys[a] != dataset.keys[b]  # exact copies are told of elsewhere
            a, b = a[different], b[different]
            if len(a) == 0:
                continue
            chain = chains(dataset.samples, a, b)
            members = np.unique(np.concatenate([a, b]))
            members = members[np.argsort(chain[members], kind="stable")]  # those that are alike stand side by side
            first = np.ones(len(members), bool)
            first[1:] = chain[members[1:]] != chain[members[:-1]]
            copies = members[~first]
            crossing = _crossing(chain, members, dataset.splits)
            learned = crossing[dataset.splits[crossing] == 0]
            one, many = self.noun
            # A sample of train that is nearly one of test makes the score too good; the test keeps its own.
            leak = (
                f" {some(len(learned), one, many)} of the train split {'is' if len(learned) == 1 else 'are'} nearly "
                f"in val or test too, so the score would be too good."
                if len(learned)
                else ""
            )
            remedies = [leave_out(dataset, np.sort(copies), "Leave out all but one of each"), LOOK]
            if len(learned):
                remedies.insert(0, leave_out(dataset, np.sort(learned), "Leave those out of training"))
            yield self.told(
                f"{some(len(copies), one + ' is', many + ' are')} nearly the same as "
                f"{'another' if len(copies) == 1 else 'others'}. "
                f"{dataset.name(int(members[1]))} is like {dataset.name(int(members[0]))}.{leak}",
                where=field.name,
                severity=Severity.WARNING if len(learned) else Severity.NOTE,
                samples=members,
                count=len(copies),
                remedies=remedies,
            )


def _crossing(chain: Int64s, members: Int64s, splits: npt.NDArray[np.int8]) -> Int64s:
    """Members of chains that lie in more than one of train, val and test."""
    dealt = members[splits[members] < 3]
    _, group = np.unique(chain[dealt], return_inverse=True)
    if len(dealt) == 0:
        return dealt
    low, high = np.full(int(group.max()) + 1, 9, np.int8), np.full(int(group.max()) + 1, -1, np.int8)
    np.minimum.at(low, group, splits[dealt])
    np.maximum.at(high, group, splits[dealt])
    return dealt[(low < high)[group]]


def chains(count: int, a: Int64s, b: Int64s) -> Int64s:
    """For each of `count` samples the lowest number among all that pairs link it to."""
    parent = np.arange(count, dtype=np.int64)
    while True:
        low = np.minimum(parent[a], parent[b])
        lowest = parent.copy()
        np.minimum.at(lowest, parent[a], low)
        np.minimum.at(lowest, parent[b], low)
        while not np.array_equal(lowest, lowest[lowest]):
            lowest = lowest[lowest]
        lowest = lowest[parent]
        if np.array_equal(lowest, parent):
            return parent
        parent = lowest


def likely_pairs(keys: npt.NDArray[np.int64], order: Bits, look: Look) -> Iterator[tuple[Int64s, Int64s]]:
    """Pairs of samples with equal keys, each with its next neighbours by `order` among those; a neighbour at a time.

    So that no more pairs are held than there are samples. Raises Cancelled.
    """
    sequence = np.lexsort((order, keys))
    sorted_keys = keys[sequence]
    for step in range(1, NEIGHBOURS + 1):
        if look.cancelled():
            raise Cancelled
        same = np.flatnonzero(sorted_keys[step:] == sorted_keys[:-step])
        if len(same) == 0:
            break
        yield sequence[same], sequence[same + step]


def distances(a: Bits, b: Bits) -> Int64s:
    """How many bits differ."""
    x = np.ascontiguousarray(a ^ b)
    ones = _ONES[x.view(np.uint8)].reshape(*x.shape, 8)
    return np.asarray(ones.sum(axis=-1), np.int64)


_ONES = np.array([bin(value).count("1") for value in range(256)], np.uint8)


def unique_pairs(pairs: Iterable[tuple[Int64s, Int64s]], count: int) -> tuple[Int64s, Int64s]:
    """Each pair once, the lower number first."""
    joined = [np.minimum(a, b) * count + np.maximum(a, b) for a, b in pairs]
    numbers = np.unique(np.concatenate(joined)) if joined else np.zeros(0, np.int64)
    return numbers // count, numbers % count
