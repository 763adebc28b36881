"""Metrics of answers that name any number of labels; a label is named when its score is above a half."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.metrics.metric import Feed, Metric
from engine.document.data_spec import FieldKind

_LABELS = (FieldKind.LABELS,)


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelAccuracy(Metric):
    """The share of yes-or-no answers that are right, of all labels and samples.

    0 to 1; high from the start where labels are rare, since no is then mostly right. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MultilabelAccuracy"
    formula: ClassVar[str] = "right yes-or-no answers / (labels · samples)"
    when: ClassVar[str] = "Use it with F1, never alone: no is mostly right."
    key: ClassVar[str] = "label_accuracy"
    caption: ClassVar[str] = "Label accuracy"
    synonyms: ClassVar[tuple[str, ...]] = ("multi-label", "hamming", "tags")
    kinds: ClassVar[tuple[FieldKind, ...]] = _LABELS
    feed: ClassVar[Feed] = Feed.SETS
    options: ClassVar[Mapping[str, Any]] = {"average": "micro"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class AllLabelsRight(Metric):
    """The share of samples whose labels are all right: none too many, none missing.

    0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MultilabelExactMatch"
    formula: ClassVar[str] = "samples with all labels right / samples"
    when: ClassVar[str] = "Use it when an answer is only good as a whole."
    key: ClassVar[str] = "all_labels_right"
    caption: ClassVar[str] = "All labels right"
    synonyms: ClassVar[tuple[str, ...]] = ("multi-label", "exact match", "subset accuracy")
    kinds: ClassVar[tuple[FieldKind, ...]] = _LABELS
    feed: ClassVar[Feed] = Feed.SETS
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelF1Micro(Metric):
    """F1 of all labels together: precision and recall of every label named.

    2 · right / (named + true), 0 to 1; frequent labels count more. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MultilabelF1Score"
    formula: ClassVar[str] = "2 · labels named rightly / (labels named + true labels)"
    when: ClassVar[str] = "Start here when samples have several labels."
    key: ClassVar[str] = "label_f1_micro"
    caption: ClassVar[str] = "Label F1"
    synonyms: ClassVar[tuple[str, ...]] = ("multi-label", "f-score", "tags")
    kinds: ClassVar[tuple[FieldKind, ...]] = _LABELS
    feed: ClassVar[Feed] = Feed.SETS
    options: ClassVar[Mapping[str, Any]] = {"average": "micro"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelF1Macro(Metric):
    """F1 of each label, averaged, so that rare labels count as much as common ones.

    Mean over labels of 2 · right / (named + true), 0 to 1. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MultilabelF1Score"
    formula: ClassVar[str] = "mean over labels of 2 · named rightly / (named + true)"
    when: ClassVar[str] = "Use it when labels differ much in how frequent they are."
    key: ClassVar[str] = "label_f1_macro"
    caption: ClassVar[str] = "Label F1, averaged"
    synonyms: ClassVar[tuple[str, ...]] = ("multi-label", "f-score", "macro")
    kinds: ClassVar[tuple[FieldKind, ...]] = _LABELS
    feed: ClassVar[Feed] = Feed.SETS
    options: ClassVar[Mapping[str, Any]] = {"average": "macro"}
    percent: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanAveragePrecision(Metric):
    """How well scores put the samples that have a label before those that have not, averaged over labels.

    Mean over labels of the area under precision against recall, 0 to 1. Keeps every score. Source: torchmetrics.
    """

    target: ClassVar[str] = "torchmetrics.classification.MultilabelAveragePrecision"
    formula: ClassVar[str] = "mean over labels of Σ (recall[k] − recall[k − 1]) · precision[k]"
    when: ClassVar[str] = "Use it to compare networks without choosing a threshold."
    key: ClassVar[str] = "mean_average_precision"
    caption: ClassVar[str] = "Mean average precision"
    synonyms: ClassVar[tuple[str, ...]] = ("multi-label", "map", "precision-recall", "ranking")
    kinds: ClassVar[tuple[FieldKind, ...]] = _LABELS
    feed: ClassVar[Feed] = Feed.SETS
    options: ClassVar[Mapping[str, Any]] = {"average": "macro"}
    percent: ClassVar[bool] = True
