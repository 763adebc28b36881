"""Metrics: how good answers are, in numbers people understand."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import Entry
from engine.document.data_spec import FieldKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric(Entry):
    """Base of metrics. `key` names it in JSON and recipes; `kinds` are the kinds of field it scores.

    `percent` says whether 1 means perfect and people read it as 100 %; otherwise it is in the unit of the field.
    """

    key: ClassVar[str] = ""
    kinds: ClassVar[tuple[FieldKind, ...]] = ()
    larger_is_better: ClassVar[bool] = True
    percent: ClassVar[bool] = False


_CATEGORY = (FieldKind.CATEGORY,)
_NUMBER = (FieldKind.NUMBER,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy(Metric):
    """The share of samples answered right.

    Right answers / samples, 0 to 1.
    """

    key: ClassVar[str] = "accuracy"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class BalancedAccuracy(Metric):
    """The share answered right in each class, averaged, so that rare classes count as much as common ones.

    Mean over classes of right answers / samples of the class, 0 to 1.
    """

    key: ClassVar[str] = "balanced_accuracy"
    caption: ClassVar[str] = "Balanced accuracy"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Top3Accuracy(Metric):
    """The share of samples whose right class is among the first three guesses.

    Samples whose class is among the 3 highest scores / samples, 0 to 1.
    """

    key: ClassVar[str] = "top_3_accuracy"
    caption: ClassVar[str] = "Top-3 accuracy"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    percent: ClassVar[bool] = True
    k: ClassVar[int] = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class PrecisionMacro(Metric):
    """How often an answer is right when a class is named, averaged over classes.

    Mean over classes of right answers / answers naming the class, 0 to 1.
    """

    key: ClassVar[str] = "precision_macro"
    caption: ClassVar[str] = "Precision"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallMacro(Metric):
    """How many samples of a class are found, averaged over classes.

    Mean over classes of right answers / samples of the class, 0 to 1; classes without samples are left out.
    """

    key: ClassVar[str] = "recall_macro"
    caption: ClassVar[str] = "Recall"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class F1Macro(Metric):
    """Precision and recall in one number, averaged over classes.

    Mean over classes of 2 precision recall / (precision + recall), 0 to 1.
    """

    key: ClassVar[str] = "f1_macro"
    caption: ClassVar[str] = "F1"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanAbsoluteError(Metric):
    """How far numbers are off on average, in their own unit.

    Mean of |answer - truth|.
    """

    key: ClassVar[str] = "mean_absolute_error"
    caption: ClassVar[str] = "Mean error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RootMeanSquaredError(Metric):
    """How far numbers are off, large errors counting more, in their own unit.

    Square root of the mean of (answer - truth) squared.
    """

    key: ClassVar[str] = "root_mean_squared_error"
    caption: ClassVar[str] = "Root mean squared error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class R2(Metric):
    """The share of the ups and downs that is explained; 1 is perfect, 0 is no better than the mean.

    1 - sum of squared errors / sum of squared distances from the mean.
    """

    key: ClassVar[str] = "r2"
    caption: ClassVar[str] = "R²"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
