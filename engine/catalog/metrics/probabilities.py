"""Metrics of classes that look at how sure the answer was."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.metrics.metric import CLASSES, Feed, Metric
from engine.document.data_spec import FieldKind

_CATEGORY = (FieldKind.CATEGORY,)


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
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
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
    kinds: ClassVar[tuple[FieldKind, ...]] = CLASSES
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
