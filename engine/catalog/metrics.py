"""Metrics: how good answers are, in numbers people understand."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from engine.catalog.entry import Entry
from engine.document.data_spec import FieldKind


class Feed(StrEnum):
    """What a metric looks at."""

    COUNTS = "counts"  # sums that are kept for every output of its kind
    LABELS = "labels"  # answered and true classes (N,)
    SCORES = "scores"  # probabilities (N, classes) and true classes (N,)
    VALUES = "values"  # answered and true numbers (N,), in the unit of the field
    TENSORS = "tensors"  # what stands at the output, and the prepared target
    TOKENS = "tokens"  # answered and true texts, signs as words


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric(Entry):
    """Base of metrics. `key` names it in JSON and recipes; `kinds` are the kinds of field it scores.

    `percent` says whether 1 means perfect and people read it as 100 %; otherwise it is in the unit of the field.
    `target` is the class that computes it batch by batch, with `options`; `feed` is what that is given, and
    `at_least` the number of classes below which it says nothing.
    """

    key: ClassVar[str] = ""
    kinds: ClassVar[tuple[FieldKind, ...]] = ()
    larger_is_better: ClassVar[bool] = True
    percent: ClassVar[bool] = False
    feed: ClassVar[Feed] = Feed.COUNTS
    options: ClassVar[Mapping[str, Any]] = {}
    at_least: ClassVar[int] = 0


_CLASSES = (FieldKind.CATEGORY, FieldKind.MASK)
_CATEGORY = (FieldKind.CATEGORY,)
_MASK = (FieldKind.MASK,)
_NUMBER = (FieldKind.NUMBER,)
_TEXT = (FieldKind.TEXT,)
_IMAGE = (FieldKind.IMAGE,)
_SIGNAL = (FieldKind.AUDIO, FieldKind.SERIES)
_ANY = (FieldKind.ARRAY, FieldKind.AUDIO, FieldKind.SERIES, FieldKind.IMAGE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy(Metric):
    """The share of samples answered right.

    Right answers / samples, 0 to 1; of each point of a mask and each sign of a text, without what fills texts up.
    """

    formula: ClassVar[str] = "right answers / samples"
    when: ClassVar[str] = "Start here; look at balanced accuracy too when classes differ much in size."
    key: ClassVar[str] = "accuracy"
    kinds: ClassVar[tuple[FieldKind, ...]] = (*_CLASSES, FieldKind.TEXT)
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanAbsoluteError(Metric):
    """How far numbers are off on average, in their own unit.

    Mean of |answer - truth|.
    """

    formula: ClassVar[str] = "mean |answer − truth|"
    when: ClassVar[str] = "Start here for numbers: everybody understands it."
    key: ClassVar[str] = "mean_absolute_error"
    caption: ClassVar[str] = "Mean error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RootMeanSquaredError(Metric):
    """How far numbers are off, large errors counting more, in their own unit.

    Square root of the mean of (answer - truth) squared.
    """

    formula: ClassVar[str] = "√ mean (answer − truth)²"
    when: ClassVar[str] = "Use it when large errors are worse than many small ones."
    key: ClassVar[str] = "root_mean_squared_error"
    caption: ClassVar[str] = "Root mean squared error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class R2(Metric):
    """The share of the ups and downs that is explained; 1 is perfect, 0 is no better than the mean.

    1 - sum of squared errors / sum of squared distances from the mean.
    """

    formula: ClassVar[str] = "1 − Σ (answer − truth)² / Σ (truth − mean)²"
    when: ClassVar[str] = "Use it to compare fields of different units."
    key: ClassVar[str] = "r2"
    caption: ClassVar[str] = "R²"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER


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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
    feed: ClassVar[Feed] = Feed.LABELS
    options: ClassVar[Mapping[str, Any]] = {"average": "micro"}
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Top2Accuracy(Metric):
    """The share of samples whose right class is among the first two guesses.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassAccuracy"
    formula: ClassVar[str] = "share of samples whose class has one of the 2 highest scores"
    when: ClassVar[str] = "Use it with many classes, when a short list of guesses is shown."
    key: ClassVar[str] = "top_2_accuracy"
    caption: ClassVar[str] = "Top-2 accuracy"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    feed: ClassVar[Feed] = Feed.SCORES
    options: ClassVar[Mapping[str, Any]] = {"top_k": 2, "average": "micro"}
    percent: ClassVar[bool] = True
    at_least: ClassVar[int] = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Top5Accuracy(Metric):
    """The share of samples whose right class is among the first five guesses.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassAccuracy"
    formula: ClassVar[str] = "share of samples whose class has one of the 5 highest scores"
    when: ClassVar[str] = "Use it with many classes, when a short list of guesses is shown."
    key: ClassVar[str] = "top_5_accuracy"
    caption: ClassVar[str] = "Top-5 accuracy"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    feed: ClassVar[Feed] = Feed.SCORES
    options: ClassVar[Mapping[str, Any]] = {"top_k": 5, "average": "micro"}
    percent: ClassVar[bool] = True
    at_least: ClassVar[int] = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class AUROC(Metric):
    """How well scores tell each class from the others, whatever threshold is used.

    0.5 is guessing, 1 perfect; from 200 thresholds. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassAUROC"
    formula: ClassVar[str] = "area below true yeses over false yeses, averaged over classes"
    when: ClassVar[str] = "Use it when the threshold is chosen later."
    key: ClassVar[str] = "auroc"
    caption: ClassVar[str] = "AUROC"
    synonyms: ClassVar[tuple[str, ...]] = (
        "roc",
        "auc",
        "area under curve",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
    feed: ClassVar[Feed] = Feed.SCORES
    options: ClassVar[Mapping[str, Any]] = {"average": "macro", "thresholds": 200}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class AveragePrecision(Metric):
    """Precision over all thresholds, averaged over classes.

    0 to 1; from 200 thresholds. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassAveragePrecision"
    formula: ClassVar[str] = "area below precision over recall, averaged over classes"
    when: ClassVar[str] = "Use it when a class is rare."
    key: ClassVar[str] = "average_precision"
    caption: ClassVar[str] = "Average precision"
    synonyms: ClassVar[tuple[str, ...]] = (
        "map",
        "precision-recall",
        "auprc",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
    feed: ClassVar[Feed] = Feed.SCORES
    options: ClassVar[Mapping[str, Any]] = {"average": "macro", "thresholds": 200}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationError(Metric):
    """How far the confidence of answers is from their share of right ones, on average.

    Expected calibration error over 15 bins, 0 to 1. Source: Guo et al. 2017, torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassCalibrationError"
    formula: ClassVar[str] = "Σ over 15 bins of samples / all · |right − confidence|"
    when: ClassVar[str] = "Use it when the sureness of answers is shown or acted on."
    key: ClassVar[str] = "calibration_error"
    caption: ClassVar[str] = "Calibration error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "ece",
        "confidence",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
    feed: ClassVar[Feed] = Feed.SCORES
    options: ClassVar[Mapping[str, Any]] = {"n_bins": 15, "norm": "l1"}
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MaximumCalibrationError(Metric):
    """How far the confidence of answers is from their share of right ones, where it is worst.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassCalibrationError"
    formula: ClassVar[str] = "max over 15 bins of |right − confidence|"
    when: ClassVar[str] = "Use it when no answer may be far too sure."
    key: ClassVar[str] = "maximum_calibration_error"
    caption: ClassVar[str] = "Calibration error, worst"
    synonyms: ClassVar[tuple[str, ...]] = (
        "mce",
        "confidence",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
    feed: ClassVar[Feed] = Feed.SCORES
    options: ClassVar[Mapping[str, Any]] = {"n_bins": 15, "norm": "max"}
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class HingeLoss(Metric):
    """How far the right class leads the best of the others, of what is asked.

    0 to 2, of probabilities. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MulticlassHingeLoss"
    formula: ClassVar[str] = "mean max(0, 1 − p[t] + max p[others])"
    when: ClassVar[str] = "Use it to compare with support vector machines."
    key: ClassVar[str] = "hinge_loss"
    caption: ClassVar[str] = "Hinge loss"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
    feed: ClassVar[Feed] = Feed.SCORES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLoss(Metric):
    """How surprised one is by the truth, given the scores: small when right answers are sure.

    Mean of minus the logarithm of the probability of the true class; 0 is perfect.
    """

    target: ClassVar[str] = "engine.training.meters.LogLoss"
    formula: ClassVar[str] = "−mean log p[t]"
    when: ClassVar[str] = "Use it when the sureness of answers matters as much as being right."
    key: ClassVar[str] = "log_loss"
    caption: ClassVar[str] = "Log loss"
    synonyms: ClassVar[tuple[str, ...]] = (
        "cross-entropy",
        "likelihood",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
    feed: ClassVar[Feed] = Feed.SCORES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class BrierScore(Metric):
    """The squared distance of scores from the truth.

    0 to 2. Source: Brier 1950.
    """

    target: ClassVar[str] = "engine.training.meters.Brier"
    formula: ClassVar[str] = "mean Σ (p − [class = t])²"
    when: ClassVar[str] = "Use it for forecasts: it counts both being right and being rightly sure."
    key: ClassVar[str] = "brier_score"
    caption: ClassVar[str] = "Brier score"
    synonyms: ClassVar[tuple[str, ...]] = (
        "forecast",
        "probability",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _CLASSES
    feed: ClassVar[Feed] = Feed.SCORES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanReciprocalRank(Metric):
    """How high the right class stands in the list of guesses.

    1 when it is always first, ½ when it is always second.
    """

    target: ClassVar[str] = "engine.training.meters.ReciprocalRank"
    formula: ClassVar[str] = "mean 1 / place of the right class"
    when: ClassVar[str] = "Use it for search and with very many classes."
    key: ClassVar[str] = "mean_reciprocal_rank"
    caption: ClassVar[str] = "Mean reciprocal rank"
    synonyms: ClassVar[tuple[str, ...]] = (
        "mrr",
        "ranking",
        "retrieval",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    feed: ClassVar[Feed] = Feed.SCORES


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanConfidence(Metric):
    """How sure the network is of its answers, right or wrong.

    0 to 1.
    """

    target: ClassVar[str] = "engine.training.meters.Confidence"
    formula: ClassVar[str] = "mean of the highest probability"
    when: ClassVar[str] = "Look at it beside accuracy: much higher means too sure."
    key: ClassVar[str] = "mean_confidence"
    caption: ClassVar[str] = "Mean confidence"
    kinds: ClassVar[tuple[FieldKind, ...]] = _CATEGORY
    feed: ClassVar[Feed] = Feed.SCORES
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanSquaredError(Metric):
    """The mean of the squared errors, in the squared unit.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.MeanSquaredError"
    formula: ClassVar[str] = "mean (answer − truth)²"
    when: ClassVar[str] = "Use it to compare with papers; the root of it is easier to read."
    key: ClassVar[str] = "mean_squared_error"
    caption: ClassVar[str] = "Mean squared error"
    synonyms: ClassVar[tuple[str, ...]] = ("mse",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanAbsolutePercentageError(Metric):
    """How far numbers are off, as a share of the truth.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.MeanAbsolutePercentageError"
    formula: ClassVar[str] = "mean |answer − truth| / |truth|"
    when: ClassVar[str] = "Use it when being off by a tenth is equally bad for small and large numbers, and none is 0."
    key: ClassVar[str] = "mean_absolute_percentage_error"
    caption: ClassVar[str] = "Mean percentage error"
    synonyms: ClassVar[tuple[str, ...]] = ("mape",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class SymmetricPercentageError(Metric):
    """How far numbers are off, as a share of answer and truth together.

    0 to 2. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.SymmetricMeanAbsolutePercentageError"
    formula: ClassVar[str] = "mean 2 |answer − truth| / (|answer| + |truth|)"
    when: ClassVar[str] = "Use it for forecasts of series with values near 0."
    key: ClassVar[str] = "symmetric_percentage_error"
    caption: ClassVar[str] = "Symmetric percentage error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "smape",
        "forecast",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightedPercentageError(Metric):
    """All errors together as a share of all true values together.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.WeightedMeanAbsolutePercentageError"
    formula: ClassVar[str] = "Σ |answer − truth| / Σ |truth|"
    when: ClassVar[str] = "Use it for sales and stock, where the sum matters."
    key: ClassVar[str] = "weighted_percentage_error"
    caption: ClassVar[str] = "Weighted percentage error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "wape",
        "wmape",
        "forecast",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanSquaredLogError(Metric):
    """How far numbers are off by ratio; they must not be below 0.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.MeanSquaredLogError"
    formula: ClassVar[str] = "mean (log(1 + answer) − log(1 + truth))²"
    when: ClassVar[str] = "Use it for prices and counts from small to huge."
    key: ClassVar[str] = "mean_squared_log_error"
    caption: ClassVar[str] = "Mean squared log error"
    synonyms: ClassVar[tuple[str, ...]] = (
        "msle",
        "ratio",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LogCosh(Metric):
    """Squared for small errors, straight for large ones.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.LogCoshError"
    formula: ClassVar[str] = "mean log cosh(answer − truth)"
    when: ClassVar[str] = "Use it when a few values are far off and should not rule the number."
    key: ClassVar[str] = "log_cosh"
    caption: ClassVar[str] = "Log-cosh error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedVariance(Metric):
    """The share of the ups and downs that is explained, whatever the constant error.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.ExplainedVariance"
    formula: ClassVar[str] = "1 − var(truth − answer) / var(truth)"
    when: ClassVar[str] = "Use it when a constant shift would not matter."
    key: ClassVar[str] = "explained_variance"
    caption: ClassVar[str] = "Explained variance"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class PearsonCorrelation(Metric):
    """How answers and truth go up and down together, in a straight line.

    -1 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.PearsonCorrCoef"
    formula: ClassVar[str] = "cov(answer, truth) / (σ σ)"
    when: ClassVar[str] = "Use it when only the pattern matters, not the size."
    key: ClassVar[str] = "pearson_correlation"
    caption: ClassVar[str] = "Correlation"
    synonyms: ClassVar[tuple[str, ...]] = ("pearson",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class SpearmanCorrelation(Metric):
    """How well the order of the answers is the order of the truth.

    -1 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.SpearmanCorrCoef"
    formula: ClassVar[str] = "Pearson correlation of the ranks"
    when: ClassVar[str] = "Use it when only the order matters. It keeps all answers of an epoch."
    key: ClassVar[str] = "spearman_correlation"
    caption: ClassVar[str] = "Rank correlation"
    synonyms: ClassVar[tuple[str, ...]] = (
        "spearman",
        "order",
        "rank",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class ConcordanceCorrelation(Metric):
    """Correlation that also asks for the same mean and the same spread.

    -1 to 1. Source: Lin 1989, torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.ConcordanceCorrCoef"
    formula: ClassVar[str] = "2 cov / (σ² + σ² + (mean − mean)²)"
    when: ClassVar[str] = "Use it to see whether one measurement could replace another."
    key: ClassVar[str] = "concordance_correlation"
    caption: ClassVar[str] = "Concordance"
    synonyms: ClassVar[tuple[str, ...]] = (
        "ccc",
        "agreement",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class RelativeSquaredError(Metric):
    """Squared errors as a share of those of always answering the mean.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.RelativeSquaredError"
    formula: ClassVar[str] = "Σ (answer − truth)² / Σ (truth − mean)²"
    when: ClassVar[str] = "Use it as R²: it is 1 less that."
    key: ClassVar[str] = "relative_squared_error"
    caption: ClassVar[str] = "Relative squared error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NormalizedError(Metric):
    """Root mean squared error as a share of the spread of the truth.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.NormalizedRootMeanSquaredError"
    formula: ClassVar[str] = "RMSE / standard deviation of the truth"
    when: ClassVar[str] = "Use it to compare fields of different units."
    key: ClassVar[str] = "normalized_error"
    caption: ClassVar[str] = "Normalized error"
    synonyms: ClassVar[tuple[str, ...]] = ("nrmse",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"normalization": "std"}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PoissonDeviance(Metric):
    """How far counts are off, small ones counting as much as large ones; answers must be above 0.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.TweedieDevianceScore"
    formula: ClassVar[str] = "mean 2 (t log(t / x) − t + x)"
    when: ClassVar[str] = "Use it for counts."
    key: ClassVar[str] = "poisson_deviance"
    caption: ClassVar[str] = "Poisson deviance"
    synonyms: ClassVar[tuple[str, ...]] = (
        "counts",
        "tweedie",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"power": 1.0}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TweedieDeviance(Metric):
    """How far amounts are off that are often 0; answers must be above 0.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.regression.TweedieDevianceScore"
    formula: ClassVar[str] = "Tweedie deviance with power 1.5"
    when: ClassVar[str] = "Use it for claims and rain."
    key: ClassVar[str] = "tweedie_deviance"
    caption: ClassVar[str] = "Tweedie deviance"
    synonyms: ClassVar[tuple[str, ...]] = (
        "claims",
        "insurance",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"power": 1.5}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MaximumError(Metric):
    """The largest error of all, in the unit of the field.

    In the unit of the field.
    """

    target: ClassVar[str] = "engine.training.meters.MaximumError"
    formula: ClassVar[str] = "max |answer − truth|"
    when: ClassVar[str] = "Use it when no answer may be far off."
    key: ClassVar[str] = "maximum_error"
    caption: ClassVar[str] = "Largest error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MedianAbsoluteError(Metric):
    """Half of the errors are smaller than this, in the unit of the field.

    In the unit of the field.
    """

    target: ClassVar[str] = "engine.training.meters.MedianError"
    formula: ClassVar[str] = "median |answer − truth|"
    when: ClassVar[str] = "Use it when a few values are wildly off. It keeps all errors of an epoch."
    key: ClassVar[str] = "median_absolute_error"
    caption: ClassVar[str] = "Median error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanError(Metric):
    """Whether answers are too high (above 0) or too low on average.

    In the unit of the field; 0 is best, so its size is what is made small.
    """

    target: ClassVar[str] = "engine.training.meters.Bias"
    formula: ClassVar[str] = "mean (answer − truth)"
    when: ClassVar[str] = "Look at it to see whether all answers are shifted."
    key: ClassVar[str] = "mean_bias"
    caption: ClassVar[str] = "Bias"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantile10Loss(Metric):
    """Pinball loss at 0.1: how good answers are as values that nine of ten lie above.

    In the unit of the field.
    """

    target: ClassVar[str] = "engine.training.meters.Pinball"
    formula: ClassVar[str] = "mean max(0.1 (t − x), -0.9 (t − x))"
    when: ClassVar[str] = "Use it beside the Quantile loss at 0.1, for the low end of a range."
    key: ClassVar[str] = "quantile_10_loss"
    caption: ClassVar[str] = "Quantile loss at 0.1"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pinball",
        "interval",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"quantile": 0.1}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantile90Loss(Metric):
    """Pinball loss at 0.9: how good answers are as values that one of ten lie above.

    In the unit of the field.
    """

    target: ClassVar[str] = "engine.training.meters.Pinball"
    formula: ClassVar[str] = "mean max(0.9 (t − x), -0.1 (t − x))"
    when: ClassVar[str] = "Use it beside the Quantile loss at 0.9, for the high end of a range."
    key: ClassVar[str] = "quantile_90_loss"
    caption: ClassVar[str] = "Quantile loss at 0.9"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pinball",
        "interval",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"quantile": 0.9}
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class WithinTenPercent(Metric):
    """The share of numbers that are off by no more than a tenth of the truth.

    0 to 1.
    """

    target: ClassVar[str] = "engine.training.meters.Within"
    formula: ClassVar[str] = "share of |answer − truth| ≤ 0.1 |truth|"
    when: ClassVar[str] = "Use it to tell people how often an answer can be used as it is."
    key: ClassVar[str] = "within_ten_percent"
    caption: ClassVar[str] = "Within 10 %"
    kinds: ClassVar[tuple[FieldKind, ...]] = _NUMBER
    feed: ClassVar[Feed] = Feed.VALUES
    options: ClassVar[Mapping[str, Any]] = {"share": 0.1}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Perplexity(Metric):
    """Between how many signs the network wavers on average.

    1 is perfect; without what fills texts up.
    """

    target: ClassVar[str] = "engine.training.meters.Perplexity"
    formula: ClassVar[str] = "e^(−mean log p[t])"
    when: ClassVar[str] = "Use it for networks that write text."
    key: ClassVar[str] = "perplexity"
    caption: ClassVar[str] = "Perplexity"
    synonyms: ClassVar[tuple[str, ...]] = (
        "language",
        "text",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.SCORES
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ExactMatch(Metric):
    """The share of texts that are right to the last sign.

    0 to 1.
    """

    target: ClassVar[str] = "engine.training.meters.ExactMatch"
    formula: ClassVar[str] = "texts without an error / texts"
    when: ClassVar[str] = "Use it for short answers, names and numbers."
    key: ClassVar[str] = "exact_match"
    caption: ClassVar[str] = "Exact match"
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.TOKENS
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenErrorRate(Metric):
    """How many signs have to be changed, added or taken out, as a share of the truth.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.text.WordErrorRate"
    formula: ClassVar[str] = "edits / signs of the truth"
    when: ClassVar[str] = "Use it for speech and handwriting."
    key: ClassVar[str] = "token_error_rate"
    caption: ClassVar[str] = "Token error rate"
    synonyms: ClassVar[tuple[str, ...]] = (
        "wer",
        "cer",
        "edit distance",
        "levenshtein",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.TOKENS
    larger_is_better: ClassVar[bool] = False
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class BLEU(Metric):
    """How many runs of up to four signs of the answer occur in the truth.

    Source: Papineni et al. 2002, torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.text.BLEUScore"
    formula: ClassVar[str] = "brevity · (p₁ p₂ p₃ p₄)^¼"
    when: ClassVar[str] = "Use it for translations, to compare with papers."
    key: ClassVar[str] = "bleu"
    caption: ClassVar[str] = "BLEU"
    synonyms: ClassVar[tuple[str, ...]] = (
        "translation",
        "n-gram",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.TOKENS
    options: ClassVar[Mapping[str, Any]] = {"smooth": True}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ChrF(Metric):
    """How many runs of up to six signs answer and truth share, misses counting more.

    Source: Popović 2015, torchmetrics; each sign counts as a character.
    """

    target: ClassVar[str] = "torchmetrics.text.CHRFScore"
    formula: ClassVar[str] = "(1 + 4) P R / (4 P + R) over runs of 1 to 6 signs"
    when: ClassVar[str] = "Use it for translations into languages with many word forms."
    key: ClassVar[str] = "chrf"
    caption: ClassVar[str] = "chrF"
    synonyms: ClassVar[tuple[str, ...]] = (
        "translation",
        "character",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _TEXT
    feed: ClassVar[Feed] = Feed.TOKENS
    options: ClassVar[Mapping[str, Any]] = {"n_word_order": 0}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class PeakSignalNoiseRatio(Metric):
    """How clear a rebuilt picture is, in decibels.

    From values as they are prepared, 0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.image.PeakSignalNoiseRatio"
    formula: ClassVar[str] = "10 log₁₀(1 / mean squared error)"
    when: ClassVar[str] = "Use it for enlarged, cleaned and compressed pictures."
    key: ClassVar[str] = "peak_signal_noise_ratio"
    caption: ClassVar[str] = "Signal to noise (PSNR)"
    synonyms: ClassVar[tuple[str, ...]] = (
        "psnr",
        "decibel",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _IMAGE
    feed: ClassVar[Feed] = Feed.TENSORS
    options: ClassVar[Mapping[str, Any]] = {"data_range": 1.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class StructuralSimilarity(Metric):
    """How alike two pictures look in light, contrast and structure.

    1 is the same. Source: Wang et al. 2004, torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.image.StructuralSimilarityIndexMeasure"
    formula: ClassVar[str] = "mean (2 μμ + c)(2 σ + c) / ((μ² + μ² + c)(σ² + σ² + c))"
    when: ClassVar[str] = "Use it for rebuilt pictures: it is nearer to what eyes see than PSNR."
    key: ClassVar[str] = "structural_similarity"
    caption: ClassVar[str] = "Structural similarity (SSIM)"
    synonyms: ClassVar[tuple[str, ...]] = ("ssim",)
    kinds: ClassVar[tuple[FieldKind, ...]] = _IMAGE
    feed: ClassVar[Feed] = Feed.TENSORS
    options: ClassVar[Mapping[str, Any]] = {"data_range": 1.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalNoiseRatio(Metric):
    """How clear a rebuilt signal is, in decibels.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.audio.SignalNoiseRatio"
    formula: ClassVar[str] = "10 log₁₀(Σ truth² / Σ error²)"
    when: ClassVar[str] = "Use it for sound and measurements."
    key: ClassVar[str] = "signal_noise_ratio"
    caption: ClassVar[str] = "Signal to noise (SNR)"
    synonyms: ClassVar[tuple[str, ...]] = (
        "snr",
        "decibel",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _SIGNAL
    feed: ClassVar[Feed] = Feed.TENSORS


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaleInvariantSNR(Metric):
    """How clear a rebuilt signal is, whatever its loudness, in decibels.

    Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.audio.ScaleInvariantSignalNoiseRatio"
    formula: ClassVar[str] = "SNR after the best scaling of the answer"
    when: ClassVar[str] = "Use it for separated or cleaned sound."
    key: ClassVar[str] = "scale_invariant_snr"
    caption: ClassVar[str] = "Signal to noise, any loudness"
    synonyms: ClassVar[tuple[str, ...]] = (
        "si-snr",
        "decibel",
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = _SIGNAL
    feed: ClassVar[Feed] = Feed.TENSORS


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconstructionError(Metric):
    """How far values are off on average, as they are prepared.

    In the unit of the prepared values.
    """

    target: ClassVar[str] = "engine.training.meters.AbsoluteError"
    formula: ClassVar[str] = "mean |answer − truth|"
    when: ClassVar[str] = "Use it for autoencoders of anything."
    key: ClassVar[str] = "reconstruction_error"
    caption: ClassVar[str] = "Reconstruction error"
    kinds: ClassVar[tuple[FieldKind, ...]] = _ANY
    feed: ClassVar[Feed] = Feed.TENSORS
    larger_is_better: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineSimilarity(Metric):
    """How well answers point in the direction of the truth.

    -1 to 1, a sample taken as one vector.
    """

    target: ClassVar[str] = "engine.training.meters.Cosine"
    formula: ClassVar[str] = "mean x · t / (‖x‖ ‖t‖)"
    when: ClassVar[str] = "Use it for embeddings and directions."
    key: ClassVar[str] = "cosine_similarity"
    caption: ClassVar[str] = "Cosine similarity"
    kinds: ClassVar[tuple[FieldKind, ...]] = _ANY
    feed: ClassVar[Feed] = Feed.TENSORS
