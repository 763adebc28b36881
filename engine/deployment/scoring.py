"""The one score by which variants of a file are told apart: of raw answers, against what the data say is right."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.data.preparation import Preparation
from engine.deployment.answers import THRESHOLD, Answer
from engine.document.data_spec import Field, FieldKind

LARGEST_DROP: Final = 0.02
"""Two points: an int8 file that loses more of its score is refused."""

Numbers = npt.NDArray[Any]


class Scorer(ABC):
    """Takes batch after batch of answers as `Answer.of` gives them, with the raw true values; `value` at the end.

    All scores are better the higher they are, and 1 at best.
    """

    name: str

    def __init__(self, field: Field) -> None:
        self.field = field

    @abstractmethod
    def add(self, shown: Numbers, truth: Sequence[Any]) -> None:
        """Take a batch into account."""

    @abstractmethod
    def value(self) -> float | None:
        """The score of all that was added; None where there is nothing to score."""


class Accuracy(Scorer):
    """Share of right classes."""

    name = "accuracy"

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._numbers = {label: number for number, label in enumerate(field.statistics.classes)}
        self._right = self._all = 0

    def add(self, shown: Numbers, truth: Sequence[Any]) -> None:
        wanted = np.array([self._numbers.get(str(item), -1) for item in truth])
        known = wanted >= 0
        self._right += int((shown.argmax(axis=1)[known] == wanted[known]).sum())
        self._all += int(known.sum())

    def value(self) -> float | None:
        return self._right / self._all if self._all else None


class F1(Scorer):
    """Labels named and right, over all labels (micro)."""

    name = "f1"

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._preparation = Preparation(field)
        self._hits = self._named = self._true = 0

    def add(self, shown: Numbers, truth: Sequence[Any]) -> None:
        named = shown > THRESHOLD
        true = self._preparation.apply([str(item) for item in truth]).numpy() > 0
        self._hits += int((named & true).sum())
        self._named += int(named.sum())
        self._true += int(true.sum())

    def value(self) -> float | None:
        return 2 * self._hits / (self._named + self._true) if self._named + self._true else None


class MeanIoU(Scorer):
    """Overlap of each class over what either covers, the mean of the classes that occur."""

    name = "iou"

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._preparation = Preparation(field)
        count = len(field.statistics.classes)
        self._both, self._either = np.zeros(count, np.int64), np.zeros(count, np.int64)

    def add(self, shown: Numbers, truth: Sequence[Any]) -> None:
        true = self._preparation.apply(truth).numpy()
        true = true[:, 0] if true.ndim == 4 else true
        named = shown.argmax(axis=1)
        if named.shape != true.shape:
            return
        true = true.astype(np.int64)
        for number in range(len(self._both)):
            here, there = named == number, true == number
            self._both[number] += int((here & there).sum())
            self._either[number] += int((here | there).sum())

    def value(self) -> float | None:
        seen = self._either > 0
        return float((self._both[seen] / self._either[seen]).mean()) if seen.any() else None


class R2(Scorer):
    """Share of the spread that is explained: 1 - squared error / squared distance from the mean, of all values."""

    name = "r2"

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._preparation = Preparation(field)
        self._count, self._sum, self._squares, self._errors = 0, 0.0, 0.0, 0.0
        self._offset: float | None = None

    def add(self, shown: Numbers, truth: Sequence[Any]) -> None:
        if self.field.kind is FieldKind.NUMBER:
            wanted = np.asarray(truth, np.float64)
        else:
            tensor = self._preparation.apply(truth)
            wanted = (self._preparation.invert(tensor) if self.field.kind is FieldKind.SERIES else tensor).numpy()
        if shown.shape != wanted.shape:
            return
        answer, wanted = shown.astype(np.float64).ravel(), wanted.astype(np.float64).ravel()
        known = np.isfinite(wanted)
        answer, wanted = answer[known], wanted[known]
        if self._offset is None and len(wanted):
            self._offset = float(wanted[0])  # keeps the sums small: prices have a spread far below their size
        off = wanted - (self._offset or 0.0)
        self._count += len(wanted)
        self._sum += float(off.sum())
        self._squares += float(np.square(off).sum())
        self._errors += float(np.square(answer - wanted).sum())

    def value(self) -> float | None:
        spread = self._squares - self._sum**2 / self._count if self._count else 0.0
        return 1 - self._errors / spread if spread > 0 else None


def scorer_of(answer: Answer) -> Scorer | None:
    """The score for what an Output answers; None for tokens one by one, and for places: they have no one truth."""
    if answer.so_far or answer.is_embedding:
        return None
    if answer.field.kind is FieldKind.CATEGORY:
        return Accuracy(answer.field) if answer.classes else None
    if answer.is_labels:
        return F1(answer.field)
    if answer.field.kind is FieldKind.MASK:
        return MeanIoU(answer.field) if answer.is_mask else None
    if answer.field.kind in (FieldKind.NUMBER, FieldKind.SERIES, FieldKind.IMAGE, FieldKind.ARRAY, FieldKind.AUDIO):
        return R2(answer.field)
    return None
