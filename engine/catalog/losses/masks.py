"""Losses for regions in pictures: how much of a region is found, whatever its size."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.losses.loss import OWN_SHAPES, ClassLoss, Loss
from engine.document.data_spec import FieldKind

_SMOOTH = "Added above and below the line, so that an empty region is no trouble."
_ALPHA = "Weight of what is named wrongly."
_BETA = "Weight of what is missed; above alpha misses cost more."
_GAMMA = "Above 1 regions that are found well count less."


@dataclass(frozen=True, kw_only=True, slots=True)
class DiceLoss(ClassLoss):
    """For regions of several classes: 1 less twice the overlap over both areas.

    Prediction (N, classes, ...) of scores, target (N, ...) numbers of classes. Source: Milletari et al. 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.DiceLoss"
    formula: ClassVar[str] = "L = 1 − mean over classes of (2 Σ p t + s) / (Σ p + Σ t + s)"
    when: ClassVar[str] = "Use it for regions that are small beside the background."
    caption: ClassVar[str] = "Dice"
    synonyms: ClassVar[tuple[str, ...]] = (
        "segmentation",
        "overlap",
        "f1",
        "regions",
    )
    answer: ClassVar[str] = "softmax"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.MASK,)
    stricter: ClassVar[str] = OWN_SHAPES
    smooth: float = attribute(1.0, above=0, maximum=1e6, advanced=True, help=_SMOOTH)


@dataclass(frozen=True, kw_only=True, slots=True)
class JaccardLoss(ClassLoss):
    """For regions of several classes: 1 less overlap over union.

    Prediction (N, classes, ...) of scores, target (N, ...) numbers of classes. Source: Rahman and Wang 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.JaccardLoss"
    formula: ClassVar[str] = "L = 1 − mean over classes of (Σ p t + s) / (Σ p + Σ t − Σ p t + s)"
    when: ClassVar[str] = "Use it when intersection over union is what you are judged by."
    caption: ClassVar[str] = "Jaccard (IoU)"
    synonyms: ClassVar[tuple[str, ...]] = (
        "segmentation",
        "overlap",
        "iou",
        "regions",
    )
    answer: ClassVar[str] = "softmax"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.MASK,)
    stricter: ClassVar[str] = OWN_SHAPES
    smooth: float = attribute(1.0, above=0, maximum=1e6, advanced=True, help=_SMOOTH)


@dataclass(frozen=True, kw_only=True, slots=True)
class TverskyLoss(ClassLoss):
    """Dice in which misses can cost more than wrong finds, and hard regions more than easy ones.

    Prediction (N, classes, ...) of scores, target (N, ...) numbers of classes. Source: Salehi et al.
    2017; gamma: Abraham and Khan 2019.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.TverskyLoss"
    formula: ClassVar[str] = "L = mean (1 − Σ p t / (Σ p t + α Σ p (1 − t) + β Σ (1 − p) t))^γ"
    when: ClassVar[str] = "Use it when missing a region is worse than marking too much."
    caption: ClassVar[str] = "Tversky"
    synonyms: ClassVar[tuple[str, ...]] = (
        "segmentation",
        "overlap",
        "focal tversky",
        "regions",
    )
    answer: ClassVar[str] = "softmax"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.MASK,)
    stricter: ClassVar[str] = OWN_SHAPES
    alpha: float = attribute(0.3, minimum=0, maximum=10, help=_ALPHA)
    beta: float = attribute(0.7, minimum=0, maximum=10, help=_BETA)
    gamma: float = attribute(1.0, above=0, maximum=10, help=_GAMMA)
    smooth: float = attribute(1.0, above=0, maximum=1e6, advanced=True, help=_SMOOTH)


@dataclass(frozen=True, kw_only=True, slots=True)
class LovaszSoftmaxLoss(ClassLoss):
    """For regions of several classes: follows overlap over union itself, point by point.

    Prediction (N, classes, ...) of scores, target (N, ...) numbers of classes. Source: Berman et al. 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.LovaszSoftmaxLoss"
    formula: ClassVar[str] = "L = mean over classes of Δ̄(errors),  Δ̄ the Lovász extension of 1 − Jaccard"
    when: ClassVar[str] = "Use it to fine-tune a network for the best intersection over union."
    caption: ClassVar[str] = "Lovász softmax"
    synonyms: ClassVar[tuple[str, ...]] = (
        "segmentation",
        "iou",
        "regions",
    )
    answer: ClassVar[str] = "softmax"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.MASK,)
    stricter: ClassVar[str] = OWN_SHAPES


@dataclass(frozen=True, kw_only=True, slots=True)
class BinaryDiceLoss(Loss):
    """For one region: 1 less twice the overlap over both areas.

    Prediction (N, ...) of scores, target of the same shape with values 0 to 1. Source: Milletari et al. 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.BinaryDiceLoss"
    formula: ClassVar[str] = "L = 1 − (2 Σ p t + s) / (Σ p + Σ t + s),  p = σ(x)"
    when: ClassVar[str] = "Use it for a mask with one kind of region."
    caption: ClassVar[str] = "Binary Dice"
    synonyms: ClassVar[tuple[str, ...]] = (
        "segmentation",
        "overlap",
        "mask",
    )
    answer: ClassVar[str] = "sigmoid"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.MASK,)
    smooth: float = attribute(1.0, above=0, maximum=1e6, advanced=True, help=_SMOOTH)


@dataclass(frozen=True, kw_only=True, slots=True)
class BinaryJaccardLoss(Loss):
    """For one region: 1 less overlap over union.

    Prediction (N, ...) of scores, target of the same shape with values 0 to 1. Source: Rahman and Wang 2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.BinaryJaccardLoss"
    formula: ClassVar[str] = "L = 1 − (Σ p t + s) / (Σ p + Σ t − Σ p t + s),  p = σ(x)"
    when: ClassVar[str] = "Use it for one region when intersection over union is what you are judged by."
    caption: ClassVar[str] = "Binary Jaccard (IoU)"
    synonyms: ClassVar[tuple[str, ...]] = (
        "segmentation",
        "overlap",
        "iou",
        "mask",
    )
    answer: ClassVar[str] = "sigmoid"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.MASK,)
    smooth: float = attribute(1.0, above=0, maximum=1e6, advanced=True, help=_SMOOTH)


@dataclass(frozen=True, kw_only=True, slots=True)
class BinaryTverskyLoss(Loss):
    """Dice of one region in which misses can cost more than wrong finds.

    Prediction (N, ...) of scores, target of the same shape with values 0 to 1. Source: Salehi et
    al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.BinaryTverskyLoss"
    formula: ClassVar[str] = "L = (1 − Σ p t / (Σ p t + α Σ p (1 − t) + β Σ (1 − p) t))^γ,  p = σ(x)"
    when: ClassVar[str] = "Use it for one small region, such as a tumour, that must not be missed."
    caption: ClassVar[str] = "Binary Tversky"
    synonyms: ClassVar[tuple[str, ...]] = (
        "segmentation",
        "overlap",
        "mask",
    )
    answer: ClassVar[str] = "sigmoid"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.MASK,)
    alpha: float = attribute(0.3, minimum=0, maximum=10, help=_ALPHA)
    beta: float = attribute(0.7, minimum=0, maximum=10, help=_BETA)
    gamma: float = attribute(1.0, above=0, maximum=10, help=_GAMMA)
    smooth: float = attribute(1.0, above=0, maximum=1e6, advanced=True, help=_SMOOTH)


@dataclass(frozen=True, kw_only=True, slots=True)
class LovaszHingeLoss(Loss):
    """For one region: follows overlap over union itself, point by point.

    Prediction (N, ...) of scores, target of the same shape with values 0 to 1. Source: Berman et al. 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.LovaszHingeLoss"
    formula: ClassVar[str] = "L = Δ̄(max(0, 1 − x y)),  y = ±1, Δ̄ the Lovász extension of 1 − Jaccard"
    when: ClassVar[str] = "Use it to fine-tune a mask of one region."
    caption: ClassVar[str] = "Lovász hinge"
    synonyms: ClassVar[tuple[str, ...]] = (
        "segmentation",
        "iou",
        "mask",
    )
    answer: ClassVar[str] = "sigmoid"
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.MASK,)
