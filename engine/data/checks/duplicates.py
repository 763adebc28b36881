"""Exact duplicates: copies, copies with different labels, and copies on both sides of a split that the files give."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from engine.data.checks.check import Check, Int64s, Look, some
from engine.data.checks.remedies import LOOK, leave_out
from engine.data.checks.values import class_labels
from engine.data.rows.digests import mixed
from engine.data.samples import NOT_SAID
from engine.document.data_spec import SplitMethod
from engine.protocol.messages.data import DataCheck, Severity


class Duplicates(Check):
    """They always go to one split, so the score stays honest; with different labels they teach both and neither."""

    kind: ClassVar[str] = "duplicates"
    caption: ClassVar[str] = "Samples that are there twice"

    def find(self, look: Look) -> Iterable[DataCheck]:
        dataset = look.dataset
        _, first, group = np.unique(dataset.keys, return_index=True, return_inverse=True)
        group = group.ravel()
        if len(first) == dataset.samples:
            return
        torn = self._torn(look, group)
        if torn is not None:
            yield torn
        given = dataset.given_splits()
        if given is not None and dataset.data.split.method is SplitMethod.GIVEN:
            crossing = _differs(group, given.astype(np.int64), given != NOT_SAID)
            if crossing.any():
                there = np.flatnonzero(crossing[group])
                yield self.told(
                    f"{some(int(crossing.sum()), 'sample is', 'samples are')} in more than one split of the files. "
                    f"All copies count for the last of them, so that the score stays honest; for example "
                    f"{dataset.name(int(there[0]))}.",
                    where=dataset.name(int(there[0])),
                    samples=there,
                    remedies=[LOOK],
                )
        # Two translations of one sentence are no copies: the same is to be answered too.
        state = dataset.keys.view(np.uint64)
        for field in dataset.data.targets():
            state = mixed(state ^ dataset.rows(field.name).keys().view(np.uint64))
        _, first, group = np.unique(state, return_index=True, return_inverse=True)
        copies = np.ones(dataset.samples, bool)
        copies[first] = False
        numbers = np.flatnonzero(copies)
        if len(numbers) == 0:
            return
        original = int(first[group.ravel()[numbers[0]]])
        yield self.told(
            f"{some(len(numbers), 'sample is an exact copy of another', 'samples are exact copies of others')}. "
            f"{dataset.name(int(numbers[0]))} is the same as {dataset.name(original)}. Copies never cross the splits.",
            where=dataset.name(int(numbers[0])),
            severity=Severity.NOTE,
            samples=numbers,
            remedies=[leave_out(dataset, numbers, "Leave out the copies"), LOOK],
        )

    def _torn(self, look: Look, group: Int64s) -> DataCheck | None:
        """Copies with different labels."""
        found = class_labels(look.dataset)
        if found is None:
            return None
        field, labels = found
        torn = _differs(group, labels, labels >= 0)
        if not torn.any():
            return None
        there = np.flatnonzero(torn[group] & (labels >= 0))
        there = there[np.argsort(group[there], kind="stable")]  # copies side by side
        total = int(torn.sum())
        return self.told(
            f"{some(total, 'sample appears', 'samples appear')} with more than one {field.name}. "
            f"Give all copies the same label, or leave them out.",
            where=look.dataset.name(int(there[0])),
            samples=there,
            remedies=[LOOK, leave_out(look.dataset, np.sort(there), "Leave them all out")],
        )


def _differs(group: Int64s, values: Int64s, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """For each group whether its known values are not all the same."""
    count = int(group.max()) + 1
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(low, group[known], values[known])
    np.maximum.at(high, group[known], values[known])
    differs: npt.NDArray[np.bool_] = low < high
    return differs
