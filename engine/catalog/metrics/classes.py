"""Metrics of answers that are classes: which are right, and how that is spread over the classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.metrics.metric import CLASSES, Feed, Metric
from engine.document.data_spec import FieldKind

_MASK = (FieldKind.MASK,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy(Metric):
    """The share of samples answered right.

    Right answers / samples, 0 to 1; of each point of a mask and each sign of a text, without what fills texts up.
    """

    formula: ClassVar[str] = "right answers / samples"
    when: ClassVar[str] = "Start here; look at balanced accuracy too when classes differ much in size."
    key: ClassVar[str] = "accuracy"
    kinds: ClassVar[tuple[FieldKind, ...]] = (*CLASSES, FieldKind.TEXT)
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class BalancedAccuracy(Metric):
    """The share answered right in each class, averaged, so that rare classes count as much as common ones.

    Mean over classes of right answers / samples of the class, 0 to 1.
    """

    formula: ClassVar[str] = "mean over classes of right answers / samples of the class"
    when: ClassVar[str] = "Use it when classes differ much in size."
    key: ClassVar[str] = "balanced_accuracy"
    caption: ClassVar[str] = "Balanced accuracy"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Top3Accuracy(Metric):
    """The share of samples whose right class is among the first three guesses.

    Samples whose class is among the 3 highest scores / samples, 0 to 1.
    """

    formula: ClassVar[str] = "share of samples whose class has one of the 3 highest scores"
    when: ClassVar[str] = "Use it with many classes, when a short list of guesses is shown."
    key: ClassVar[str] = "top_3_accuracy"
    caption: ClassVar[str] = "Top-3 accuracy"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    percent: ClassVar[bool] = True
    k: ClassVar[int] = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class PrecisionMacro(Metric):
    """How often an answer is right when a class is named, averaged over classes.

    Mean over classes of right answers / answers naming the class, 0 to 1.
    """

    formula: ClassVar[str] = "mean over classes of right answers / answers naming the class"
    when: ClassVar[str] = "Use it when a false alarm is dear."
    key: ClassVar[str] = "precision_macro"
    caption: ClassVar[str] = "Precision"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallMacro(Metric):
    """How many samples of a class are found, averaged over classes.

    Mean over classes of right answers / samples of the class, 0 to 1; classes without samples are left out.
    """

    formula: ClassVar[str] = "mean over classes of right answers / samples of the class"
    when: ClassVar[str] = "Use it when a miss is dear."
    key: ClassVar[str] = "recall_macro"
    caption: ClassVar[str] = "Recall"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class F1Macro(Metric):
    """Precision and recall in one number, averaged over classes.

    Mean over classes of 2 precision recall / (precision + recall), 0 to 1.
    """

    formula: ClassVar[str] = "mean over classes of 2 P R / (P + R)"
    when: ClassVar[str] = "Use it when false alarms and misses are equally bad."
    key: ClassVar[str] = "f1_macro"
    caption: ClassVar[str] = "F1"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class PrecisionWeighted(Metric):
    """How often an answer is right when a class is named, common classes counting more.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassPrecision"
    formula: ClassVar[str] = "Σ over classes of samples / all · right answers / answers naming the class"
    when: ClassVar[str] = "Use it when the sizes of classes in your data are those of real life."
    key: ClassVar[str] = "precision_weighted"
    caption: ClassVar[str] = "Precision, weighted"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"average": "weighted"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class F1Weighted(Metric):
    """Precision and recall in one number, common classes counting more.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassF1Score"
    formula: ClassVar[str] = "Σ over classes of samples / all · 2 P R / (P + R)"
    when: ClassVar[str] = "Use it when the sizes of classes in your data are those of real life."
    key: ClassVar[str] = "f1_weighted"
    caption: ClassVar[str] = "F1, weighted"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"average": "weighted"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class FHalfMacro(Metric):
    """Precision and recall in one number, precision counting twice as much, averaged over classes.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassFBetaScore"
    formula: ClassVar[str] = "mean over classes of 1.25 P R / (0.25 P + R)"
    when: ClassVar[str] = "Use it when a false alarm is worse than a miss."
    key: ClassVar[str] = "f_half_macro"
    caption: ClassVar[str] = "F½"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"beta": 0.5, "average": "macro"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class F2Macro(Metric):
    """Precision and recall in one number, recall counting twice as much, averaged over classes.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassFBetaScore"
    formula: ClassVar[str] = "mean over classes of 5 P R / (4 P + R)"
    when: ClassVar[str] = "Use it when a miss is worse than a false alarm."
    key: ClassVar[str] = "f2_macro"
    caption: ClassVar[str] = "F2"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"beta": 2.0, "average": "macro"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class SpecificityMacro(Metric):
    """How many samples of other classes are left alone, averaged over classes.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassSpecificity"
    formula: ClassVar[str] = "mean over classes of true noes / all noes"
    when: ClassVar[str] = "Use it in medicine, beside recall."
    key: ClassVar[str] = "specificity_macro"
    caption: ClassVar[str] = "Specificity"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"average": "macro"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class NegativePredictiveValue(Metric):
    """How often a class is rightly not named, averaged over classes.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassNegativePredictiveValue"
    formula: ClassVar[str] = "mean over classes of true noes / answers not naming the class"
    when: ClassVar[str] = "Use it when people rely on a no."
    key: ClassVar[str] = "negative_predictive_value"
    caption: ClassVar[str] = "Negative predictive value"
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"average": "macro"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Jaccard(Metric):
    """How far answers and truth overlap, averaged over classes.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassJaccardIndex"
    formula: ClassVar[str] = "mean over classes of both / either"
    when: ClassVar[str] = "Use it for regions in pictures: it is intersection over union."
    key: ClassVar[str] = "jaccard_macro"
    caption: ClassVar[str] = "Overlap (IoU)"
    synonyms: ClassVar[tuple[str, ...]] = (
        "iou",
        "jaccard",
        "segmentation",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"average": "macro"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Dice(Metric):
    """Twice the overlap of answers and truth over both areas, averaged over classes.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassF1Score"
    formula: ClassVar[str] = "mean over classes of 2 both / (answered + true)"
    when: ClassVar[str] = "Use it for regions in medicine, where it is usual."
    key: ClassVar[str] = "dice"
    caption: ClassVar[str] = "Dice"
    synonyms: ClassVar[tuple[str, ...]] = (
        "segmentation",
        "f1",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _MASK
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"average": "macro"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class FrequencyWeightedIoU(Metric):
    """How far regions overlap, large classes counting more.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassJaccardIndex"
    formula: ClassVar[str] = "Σ over classes of points / all · both / either"
    when: ClassVar[str] = "Use it for regions when the background matters too."
    key: ClassVar[str] = "frequency_weighted_iou"
    caption: ClassVar[str] = "Overlap, weighted"
    kinds: ClassVar[tuple[FieldKind, ...]] = _MASK
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"average": "weighted"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MatthewsCorrelation(Metric):
    """How answers go together with the truth: 1 perfect, 0 guessing, below 0 worse than guessing.

    -1 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassMatthewsCorrCoef"
    formula: ClassVar[str] = "correlation of answered and true classes"
    when: ClassVar[str] = "Use it for two classes of very different size: it cannot be fooled by always naming one."
    key: ClassVar[str] = "matthews_correlation"
    caption: ClassVar[str] = "Matthews correlation"
    synonyms: ClassVar[tuple[str, ...]] = (
        "mcc",
        "phi",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS


@dataclass(frozen=True, kw_only=True, slots=True)
class CohenKappa(Metric):
    """How much better answers are than guessing with the same frequencies.

    -1 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassCohenKappa"
    formula: ClassVar[str] = "(agreement − agreement by chance) / (1 − agreement by chance)"
    when: ClassVar[str] = "Use it to compare with how well people agree with each other."
    key: ClassVar[str] = "cohen_kappa"
    caption: ClassVar[str] = "Cohen's kappa"
    synonyms: ClassVar[tuple[str, ...]] = ("agreement",)
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS


@dataclass(frozen=True, kw_only=True, slots=True)
class QuadraticKappa(Metric):
    """Agreement beyond chance for classes with an order: far misses cost more.

    -1 to 1; classes have to be in order. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassCohenKappa"
    formula: ClassVar[str] = "1 − Σ w O / Σ w E,  w = (i − j)²"
    when: ClassVar[str] = "Use it for grades and stages."
    key: ClassVar[str] = "quadratic_kappa"
    caption: ClassVar[str] = "Quadratic kappa"
    synonyms: ClassVar[tuple[str, ...]] = (
        "ordinal",
        "weighted kappa",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"weights": "quadratic"}


@dataclass(frozen=True, kw_only=True, slots=True)
class HammingDistance(Metric):
    """The share of samples answered wrong.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassHammingDistance"
    formula: ClassVar[str] = "wrong answers / samples"
    when: ClassVar[str] = "Use it instead of accuracy when answers are nearly all right."
    key: ClassVar[str] = "hamming_distance"
    caption: ClassVar[str] = "Error rate"
    synonyms: ClassVar[tuple[str, ...]] = (
        "hamming",
        "mistakes",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"average": "micro"}
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True
