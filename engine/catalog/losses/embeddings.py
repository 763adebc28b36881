"""Losses that place samples in a space: alike ones near each other, others apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import InputPort
from engine.catalog.losses.loss import OWN_SHAPES, UNLIKE_TORCH, Loss, alike, one_each
from engine.catalog.rules import mismatch, same_sizes
from engine.catalog.tensors import DType, TensorSpec

_ROWS = ("N", "features")
_TEMPERATURE = "Small values make it look at the nearest rivals alone."


@dataclass(frozen=True, kw_only=True, slots=True)
class _TwoViews(Loss):
    """Base of losses over two rows of features for each sample, without a target."""

    answer: ClassVar[str] = "embedding"
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=_ROWS),
        InputPort(name="other", axes=_ROWS),
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs[0], inputs[1], "other input")
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair(Loss):
    """Base of losses over two rows of features and whether they are alike."""

    answer: ClassVar[str] = "embedding"
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=_ROWS),
        InputPort(name="other", axes=_ROWS),
        InputPort(name="target", dtype=None),
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs[0], inputs[1], "other input")
        one_each(inputs[2], inputs[0], "yes or no")
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 8)), TensorSpec((None, 8)), TensorSpec((None,), DType.INT, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Triplet(Loss):
    """Base of losses over an anchor, one that is alike and one that is not."""

    answer: ClassVar[str] = "embedding"
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="anchor", axes=_ROWS),
        InputPort(name="positive", axes=_ROWS),
        InputPort(name="negative", axes=_ROWS),
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs[1], inputs[0], "anchor")
        alike(inputs[2], inputs[0], "anchor")
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Grouped(Loss):
    """Base of losses over rows of features and the class of each."""

    answer: ClassVar[str] = "embedding"
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=_ROWS),
        InputPort(name="target", axes=("N",), dtype=DType.INT),
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if not same_sizes(inputs[0].shape[0], inputs[1].shape[0]):
            mismatch("a class for each sample", inputs[1])
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 8)), TensorSpec((None,), DType.INT, 3)


@dataclass(frozen=True, kw_only=True, slots=True)
class MarginRankingLoss(Loss):
    """For putting things in order: the first score should be above the other one, or below.

    Prediction and other (N,) or (N, 1), target (N,): above 0 says that the first is to be higher. Source:
    torch.nn.MarginRankingLoss.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.MarginRankingLoss"
    formula: ClassVar[str] = "L = max(0, −y (x₁ − x₂) + margin),  y = ±1"
    when: ClassVar[str] = "Use it when you know which of two is better, and not how good either is."
    caption: ClassVar[str] = "Margin ranking"
    synonyms: ClassVar[tuple[str, ...]] = (
        "ranking",
        "order",
        "search",
        "preference",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_TORCH
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction"),
        InputPort(name="other"),
        InputPort(name="target", dtype=None),
    )
    margin: float = attribute(0.0, minimum=0, maximum=1000, help="Lead that is asked for.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        one_each(inputs[0], inputs[2], "score")
        one_each(inputs[1], inputs[0], "score")
        one_each(inputs[2], inputs[0], "yes or no")
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 1)), TensorSpec((None, 1)), TensorSpec((None,), DType.INT, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineEmbeddingLoss(_Pair):
    """For pairs: a small angle for those that are alike, a large one for others.

    Prediction and other (N, features), target (N,): above 0 says alike. Source: torch.nn.CosineEmbeddingLoss.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.CosineEmbeddingLoss"
    formula: ClassVar[str] = "L = 1 − cos(x₁, x₂) where alike, else max(0, cos(x₁, x₂) − margin)"
    when: ClassVar[str] = "Use it to compare texts or pictures by direction, with pairs marked as alike or not."
    caption: ClassVar[str] = "Cosine embedding"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pairs",
        "similarity",
        "siamese",
        "angle",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_TORCH
    margin: float = attribute(0.0, minimum=-1, maximum=1, help="Cosine that strangers may have at no cost.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ContrastiveLoss(_Pair):
    """For pairs: near each other when alike, at least a margin apart when not.

    Prediction and other (N, features), target (N,): above 0 says alike. Source: Hadsell et al. 2006.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.ContrastiveLoss"
    formula: ClassVar[str] = "L = ½ d² where alike, else ½ max(0, margin − d)²"
    when: ClassVar[str] = "Use it for siamese networks with pairs marked as alike or not."
    caption: ClassVar[str] = "Contrastive"
    synonyms: ClassVar[tuple[str, ...]] = (
        "pairs",
        "siamese",
        "similarity",
        "signature",
    )
    margin: float = attribute(1.0, minimum=0, maximum=1000, help="Distance asked for of pairs that are not alike.")


@dataclass(frozen=True, kw_only=True, slots=True)
class TripletMarginLoss(_Triplet):
    """For threes: nearer to the one that is alike than to the one that is not.

    Anchor, positive and negative (N, features). Source: Schroff et al. 2015, torch.nn.TripletMarginLoss.
    """

    target: ClassVar[str] = "torch.nn.TripletMarginLoss"
    formula: ClassVar[str] = "L = max(0, d(a, p) − d(a, n) + margin)"
    when: ClassVar[str] = "Use it for siamese networks when you can say: more like this than like that."
    caption: ClassVar[str] = "Triplet"
    synonyms: ClassVar[tuple[str, ...]] = (
        "siamese",
        "similarity",
        "faces",
        "metric learning",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_TORCH
    margin: float = attribute(1.0, above=0, maximum=1000, help="How much nearer it has to be.")
    p: float = attribute(2.0, minimum=1, maximum=10, label="Power", help="2 for straight distances, 1 along the axes.")
    eps: float = attribute(
        1e-6, minimum=0, maximum=1, advanced=True, label="Epsilon", help="Keeps slopes finite where two are equal."
    )
    swap: bool = attribute(False, advanced=True, help="Use the nearer of anchor and positive against the negative.")


@dataclass(frozen=True, kw_only=True, slots=True)
class TripletMarginWithDistanceLoss(_Triplet):
    """Triplets with another distance: by angle, along the axes, or squared.

    Anchor, positive and negative (N, features). Source: torch.nn.TripletMarginWithDistanceLoss.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.TripletMarginWithDistanceLoss"
    formula: ClassVar[str] = "L = max(0, d(a, p) − d(a, n) + margin),  d as chosen"
    when: ClassVar[str] = "Use it as Triplet when angles or sums of differences mean more than straight distances."
    caption: ClassVar[str] = "Triplet with distance"
    synonyms: ClassVar[tuple[str, ...]] = (
        "siamese",
        "similarity",
        "cosine",
        "manhattan",
    )
    distance: Literal["cosine", "manhattan", "squared"] = attribute("cosine", help="How two rows are compared.")
    margin: float = attribute(1.0, above=0, maximum=1000, help="How much nearer it has to be.")
    swap: bool = attribute(False, advanced=True, help="Use the nearer of anchor and positive against the negative.")


@dataclass(frozen=True, kw_only=True, slots=True)
class InfoNCELoss(_TwoViews):
    """For two views of each sample: each should find its partner among the whole batch.

    Prediction and other (N, features). Source: van den Oord et al. 2018; symmetric as in CLIP, Radford et al. 2021.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.InfoNCELoss"
    formula: ClassVar[str] = "L = −log e^(cos(xᵢ, yᵢ) / τ) / Σⱼ e^(cos(xᵢ, yⱼ) / τ)"
    when: ClassVar[str] = "Use it to bring together pictures and texts, or two kinds of anything."
    caption: ClassVar[str] = "InfoNCE"
    synonyms: ClassVar[tuple[str, ...]] = (
        "contrastive",
        "clip",
        "views",
        "self-supervised",
        "pairs",
    )
    temperature: float = attribute(0.07, above=0, maximum=100, help=_TEMPERATURE)
    symmetric: bool = attribute(True, help="Ask from both sides.")


@dataclass(frozen=True, kw_only=True, slots=True)
class NTXentLoss(_TwoViews):
    """InfoNCE among all views of a batch, of both sides.

    Prediction and other (N, features), two augmented views of each sample. Source: Chen et al. 2020.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.NTXentLoss"
    formula: ClassVar[str] = "L = −log e^(cos(zᵢ, zⱼ) / τ) / Σₖ₌₍ₖ≠ᵢ₎ e^(cos(zᵢ, zₖ) / τ)"
    when: ClassVar[str] = "Use it to learn from pictures without labels; it wants large batches."
    caption: ClassVar[str] = "NT-Xent"
    synonyms: ClassVar[tuple[str, ...]] = (
        "simclr",
        "contrastive",
        "views",
        "self-supervised",
    )
    temperature: float = attribute(0.5, above=0, maximum=100, help=_TEMPERATURE)


@dataclass(frozen=True, kw_only=True, slots=True)
class BarlowTwinsLoss(_TwoViews):
    """For two views: each feature agrees with itself and with no other.

    Prediction and other (N, features). Source: Zbontar et al. 2021.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.BarlowTwinsLoss"
    formula: ClassVar[str] = "L = Σᵢ (1 − Cᵢᵢ)² + λ Σᵢ₌₍ᵢ≠ⱼ₎ Cᵢⱼ²,  C the correlation of both views"
    when: ClassVar[str] = "Use it to learn without labels when batches are small."
    caption: ClassVar[str] = "Barlow Twins"
    synonyms: ClassVar[tuple[str, ...]] = (
        "self-supervised",
        "views",
        "redundancy",
    )
    weight: float = attribute(5e-3, minimum=0, maximum=100, help="How much features that repeat each other cost.")


@dataclass(frozen=True, kw_only=True, slots=True)
class VICRegLoss(_TwoViews):
    """For two views: alike, every feature spread out, and none a copy of another.

    Prediction and other (N, features). Source: Bardes et al. 2022.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.VICRegLoss"
    formula: ClassVar[str] = "L = a · mse(x, y) + b · max(0, 1 − std) + c · off-diagonal covariance²"
    when: ClassVar[str] = "Use it to learn without labels when answers collapse to one point with other losses."
    caption: ClassVar[str] = "VICReg"
    synonyms: ClassVar[tuple[str, ...]] = (
        "self-supervised",
        "views",
        "variance",
        "covariance",
    )
    similarity: float = attribute(25.0, minimum=0, maximum=1e4, help="Weight of both views being alike.")
    spread: float = attribute(25.0, minimum=0, maximum=1e4, help="Weight of features being spread out.")
    covariance: float = attribute(1.0, minimum=0, maximum=1e4, help="Weight of features not repeating each other.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisedContrastiveLoss(_Grouped):
    """Samples of one class attract each other, all others push away.

    Prediction (N, features), target (N,) numbers of classes. Source: Khosla et al. 2020.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.SupervisedContrastiveLoss"
    formula: ClassVar[str] = "L = −mean over friends j of log e^(cos(zᵢ, zⱼ) / τ) / Σₖ e^(cos(zᵢ, zₖ) / τ)"
    when: ClassVar[str] = "Use it to learn features by class before a small classifier is put on top."
    caption: ClassVar[str] = "Supervised contrastive"
    synonyms: ClassVar[tuple[str, ...]] = (
        "supcon",
        "classes",
        "embedding",
    )
    temperature: float = attribute(0.1, above=0, maximum=100, help=_TEMPERATURE)


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchHardTripletLoss(_Grouped):
    """Triplets made of the batch: the farthest friend against the nearest stranger.

    Prediction (N, features), target (N,) numbers of classes. Source: Hermans et al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.BatchHardTripletLoss"
    formula: ClassVar[str] = "L = max(0, max d(friends) − min d(strangers) + margin)"
    when: ClassVar[str] = "Use it for recognition when you have classes and no ready triplets."
    caption: ClassVar[str] = "Batch-hard triplet"
    synonyms: ClassVar[tuple[str, ...]] = (
        "classes",
        "embedding",
        "recognition",
        "metric learning",
    )
    margin: float = attribute(0.2, minimum=0, maximum=1000, help="How much nearer friends have to be.")
