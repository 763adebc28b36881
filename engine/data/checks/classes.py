"""Classes that are uneven or have too few samples, and data sets that are too small to learn from."""

from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from engine.data.checks.check import Check, Look, listed, some
from engine.data.checks.remedies import LOOK, doing, weight_classes
from engine.data.checks.values import class_labels
from engine.document.data_edits import DeleteClass, MergeClasses
from engine.document.data_spec import Field
from engine.protocol.messages.data import DataCheck, Remedy, Severity

UNEVEN = 4
FEW = 10
SMALL = 50
_OTHER = "other"


class ClassImbalance(Check):
    """A network that always answers the common class looks good and is of no use."""

    kind: ClassVar[str] = "class_imbalance"
    caption: ClassVar[str] = "Classes with many more samples than others"

    def find(self, look: Look) -> Iterable[DataCheck]:
        found = class_labels(look.dataset)
        if found is None:
            return
        field, labels = found
        names = field.statistics.classes
        counts = np.bincount(labels[labels >= 0], minlength=len(names))
        there = np.flatnonzero(counts)
        if len(there) == 1:
            yield self.told(
                f"There is only one class, {names[int(there[0])]}. A network needs two to tell apart.",
                where=field.name,
                severity=Severity.ERROR,
            )
        if len(there) < 2:
            return
        most, least = int(there[np.argmax(counts[there])]), int(there[np.argmin(counts[there])])
        if counts[most] > UNEVEN * counts[least]:
            weights = "Rare classes count more in the loss already." if look.class_weights else "Class weights help."
            yield self.told(
                f"The classes are uneven: {counts[most]:,} of {names[most]}, {counts[least]:,} of {names[least]}. "
                f"{weights}",
                where=field.name,
                severity=Severity.NOTE if look.class_weights else Severity.WARNING,
                count=int(counts[least]),
                samples=np.flatnonzero(labels == least),
                remedies=[] if look.class_weights else [weight_classes(), LOOK],
            )


class FewSamples(Check):
    """What was seen a handful of times was not learned but remembered."""

    kind: ClassVar[str] = "few_samples"
    caption: ClassVar[str] = "Too few samples to learn from"

    def find(self, look: Look) -> Iterable[DataCheck]:
        dataset = look.dataset
        labelled = dataset.samples - len(dataset.split_numbers("pool"))
        if labelled < SMALL:
            yield self.told(
                f"There {'is' if labelled == 1 else 'are'} only {some(labelled, 'sample', 'samples')} to learn from. "
                f"Scores of so few say little.",
                count=labelled,
            )
        found = class_labels(dataset)
        if found is None:
            return
        field, labels = found
        names = field.statistics.classes
        counts = np.bincount(labels[labels >= 0], minlength=len(names))
        empty = [name for name, count in zip(names, counts.tolist(), strict=True) if count == 0]
        if empty and len(empty) < len(names):
            yield self.told(
                f"No sample is labelled {listed(empty)}. Label some, or take {_it(empty)} away.",
                where=field.name,
                remedies=[_away(field, empty)],
            )
        few = [number for number in range(len(names)) if 0 < counts[number] < FEW]
        if not few or len(names) < 2:
            return
        rare = [names[number] for number in few]
        remedies = [LOOK]
        if len(rare) > 1 and len(rare) < len(names) and _OTHER not in names:
            merge = MergeClasses(field=field.name, classes=tuple(rare), into=_OTHER)
            remedies.insert(0, doing(f"Merge them into '{_OTHER}'", merge))
        if len(rare) < len(names) - 1:
            remedies.append(_away(field, rare))
        yield self.told(
            f"There are fewer than {FEW} samples of {listed(rare)}. That is too few to learn from.",
            where=field.name,
            samples=np.flatnonzero(np.isin(labels, few)),
            remedies=remedies,
        )


def _it(names: list[str]) -> str:
    return "the class" if len(names) == 1 else "the classes"


def _away(field: Field, names: list[str]) -> Remedy:
    """Delete classes; their samples wait in the pool."""
    return doing(f"Take {_it(names)} away", *(DeleteClass(field=field.name, name=name) for name in names))
