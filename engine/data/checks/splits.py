"""Splits that are empty, or whose classes are not those of the others."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from engine.data.checks.check import Check, Look, listed
from engine.data.checks.remedies import deal_anew
from engine.data.checks.values import class_labels
from engine.data.samples import SPLITS
from engine.document.data_spec import SplitMethod
from engine.protocol.messages.data import DataCheck, Severity

_FAR = 0.15


class UnbalancedSplit(Check):
    """A score on other classes than were learned says nothing."""

    kind: ClassVar[str] = "unbalanced_split"
    caption: ClassVar[str] = "Splits that are empty or unlike each other"

    def find(self, look: Look) -> Iterable[DataCheck]:
        dataset = look.dataset
        split = dataset.data.split
        found = class_labels(dataset)
        method = SplitMethod.STRATIFIED if found is not None else SplitMethod.RANDOM
        anew = deal_anew(split, "Deal the samples anew", method)
        sizes = np.bincount(dataset.splits, minlength=4)[:3]
        for name, size in zip(SPLITS, sizes.tolist(), strict=True):
            if size == 0:
                yield self.told(
                    f"There is no sample in the {name} split.",
                    where="split",
                    severity=Severity.ERROR if name == "train" else Severity.WARNING,
                    remedies=[anew],
                )
        if found is None:
            return
        field, labels = found
        names = field.statistics.classes
        meant = dataset.unseen()  # these lie in the test split because somebody wants it so
        table = np.stack(
            [np.bincount(labels[(dataset.splits == number) & ~meant], minlength=len(names)) for number in range(3)]
        )
        for number in (1, 2):
            if not sizes[number] or not sizes[0] or not table[number].any():
                continue  # empty, or filled with what was meant to be there alone
            unseen = [names[place] for place in np.flatnonzero((table[number] > 0) & (table[0] == 0))]
            if unseen:
                yield self.told(
                    f"The {SPLITS[number]} split has classes that the train split lacks: {listed(unseen)}. "
                    f"They cannot be learned.",
                    where="split",
                    samples=np.flatnonzero(
                        (dataset.splits == number) & ~meant & np.isin(labels, np.flatnonzero(table[0] == 0))
                    ),
                    remedies=[anew],
                )
            shares = table[number] / max(1, table[number].sum())
            wanted = table[0] / max(1, table[0].sum())
            # Half the sum of differences is the part of the split that would have to be of another class. Small splits
            # differ by chance: about one over the root of their size for each class.
            far = float(np.abs(shares - wanted).sum()) / 2
            chance = float(np.sqrt(wanted * (1 - wanted) / max(1, table[number].sum())).sum())
            if far > _FAR and far > chance:
                place = int(np.argmax(np.abs(shares - wanted)))
                yield self.told(
                    f"The classes of the {SPLITS[number]} split are not those of the train split: {shares[place]:.0%} "
                    f"of {names[place]} against {wanted[place]:.0%}.",
                    where="split",
                    remedies=[] if split.method is SplitMethod.STRATIFIED else [anew],
                )
