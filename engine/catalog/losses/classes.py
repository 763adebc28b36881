"""Losses for picking classes, and for yes-or-no answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import InputPort
from engine.catalog.losses.loss import (
    OWN_SHAPES,
    UNLIKE_CLASSES,
    UNLIKE_TORCH,
    WEIGHT,
    ClassLoss,
    FlatClassLoss,
    Loss,
    alike,
)
from engine.catalog.rules import found_text, mismatch, same_sizes
from engine.catalog.tensors import DType, TensorSpec
from engine.document.data_spec import FieldKind

_IGNORED = {"ignore_index": "no preparation step makes such a value"}


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossEntropyLoss(ClassLoss):
    """For picking one of several classes: small when the right class has a high score.

    Prediction (N, classes) of scores before any Softmax, target (N,) numbers of classes; -log softmax(prediction) at
    the target. Also (N, classes, ...) with (N, ...). Source: torch.nn.CrossEntropyLoss.
    """

    target: ClassVar[str] = "torch.nn.CrossEntropyLoss"
    formula: ClassVar[str] = "L = −log softmax(x)[t]"
    when: ClassVar[str] = "Start here whenever the answer is one of several classes."
    caption: ClassVar[str] = "Cross-entropy"
    synonyms: ClassVar[tuple[str, ...]] = ("classification", "softmax", "categories", "log loss")
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_CLASSES
    answer: ClassVar[str] = "softmax"
    label_smoothing: float = attribute(
        0.0, minimum=0, maximum=1, help="Share of certainty given to the other classes; 0.1 makes answers less sure."
    )
    ignore_index: int = attribute(
        -100,
        minimum=-100,
        label="Class left out",
        help="The number of a class that does not count: 0 for texts, which it fills up. Numbers below 0 are no class.",
        advanced=True,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class NLLLoss(ClassLoss):
    """Cross-entropy for networks that end in LogSoftmax.

    Prediction (N, classes) of log probabilities, target (N,) numbers of classes; minus the prediction at the target.
    Source: torch.nn.NLLLoss.
    """

    target: ClassVar[str] = "torch.nn.NLLLoss"
    formula: ClassVar[str] = "L = −x[t]"
    when: ClassVar[str] = "Use it when the network ends in LogSoftmax, or answers with log probabilities of its own."
    caption: ClassVar[str] = "Negative log-likelihood"
    synonyms: ClassVar[tuple[str, ...]] = ("classification", "nll", "log softmax")
    unlike_torch: ClassVar[Mapping[str, str]] = {**UNLIKE_CLASSES, **_IGNORED}
    answer: ClassVar[str] = "exp"


@dataclass(frozen=True, kw_only=True, slots=True)
class MultiMarginLoss(ClassLoss):
    """For picking one of several classes: asks the right score to lead the others by a margin.

    Prediction (N, classes), target (N,) numbers of classes. Source: torch.nn.MultiMarginLoss.
    """

    target: ClassVar[str] = "torch.nn.MultiMarginLoss"
    formula: ClassVar[str] = "L = mean over i ≠ t of max(0, margin − x[t] + x[i])^p"
    when: ClassVar[str] = "Use it when only the order of the scores counts, not how sure they are."
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.CATEGORY,)
    caption: ClassVar[str] = "Multi-class margin"
    synonyms: ClassVar[tuple[str, ...]] = ("hinge", "classification", "svm")
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_CLASSES
    p: int = attribute(1, minimum=1, maximum=2, label="Power", help="1 counts the shortfall, 2 its square.")
    margin: float = attribute(1.0, above=0, maximum=1000, help="The lead that is asked for.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        ClassLoss.output_specs(self, *inputs)
        if inputs[0].rank != 2:
            mismatch("a prediction of 2 dimensions (N, classes)", inputs[0])
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PerceptronLoss(Loss):
    """The perceptron rule: only answers that are wrong change anything, and each moves the weights by its own input.

    Prediction (N, 1), the score before the step that decides, target (N,) number of the class, 0 or 1; or (N, classes),
    where the largest score wins. Its gradient at the score is answer − truth, so plain SGD with a learning rate of 1
    adds the input of a sample that was missed, and takes off that of one that was wrongly hit. Source: Rosenblatt 1958.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.PerceptronLoss"
    formula: ClassVar[str] = "L = mean of (step(x) − t) · x;  of several classes: max over i of x[i], less x[t]"
    when: ClassVar[str] = "For the perceptron, before a Binary step; otherwise cross-entropy learns more from a sample."
    caption: ClassVar[str] = "Perceptron rule"
    synonyms: ClassVar[tuple[str, ...]] = ("rosenblatt", "neuron", "hebb", "step")
    stricter: ClassVar[str] = OWN_SHAPES
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.CATEGORY,)
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction"), InputPort(name="target", dtype=DType.INT))

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        prediction, truth = inputs
        if prediction.rank != 2 or truth.rank != 1 or not same_sizes(prediction.shape[0], truth.shape[0]):
            mismatch("a prediction (N, 1) or (N, classes), and a number of the class for each sample", prediction)
        wanted = truth.classes
        if (
            wanted is not None
            and not same_sizes(prediction.shape[1], wanted)
            and (wanted, prediction.shape[1]) != (2, 1)
        ):
            mismatch(
                "one score" if wanted == 2 else f"{wanted} scores, one for each class",
                f"{prediction.shape[1]}",
                "Set the number of outputs of the last layer to the number of classes"
                + (", or to 1." if wanted == 2 else "."),
            )
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 8)), TensorSpec((None,), DType.INT, 8)


@dataclass(frozen=True, kw_only=True, slots=True)
class BCEWithLogitsLoss(Loss):
    """For yes-or-no answers, several at once: small when each score has the right sign.

    Prediction (N, ...) of scores before any Sigmoid, target of the same shape with values 0 to 1 (a OneHot step makes
    one). Source: torch.nn.BCEWithLogitsLoss.
    """

    target: ClassVar[str] = "torch.nn.BCEWithLogitsLoss"
    formula: ClassVar[str] = "L = −(t · log σ(x) + (1 − t) · log(1 − σ(x)))"
    when: ClassVar[str] = "Start here when several answers may be right at once, or for a single yes or no."
    kinds: ClassVar[tuple[FieldKind, ...]] = (
        FieldKind.LABELS,
        FieldKind.CATEGORY,
        FieldKind.MASK,
        FieldKind.ARRAY,
    )
    nats: ClassVar[tuple[float, float] | None] = (1.0, 0.0)
    caption: ClassVar[str] = "Binary cross-entropy"
    synonyms: ClassVar[tuple[str, ...]] = ("yes or no", "multi-label", "sigmoid", "bce", "logits")
    unlike_torch: ClassVar[Mapping[str, str]] = {**UNLIKE_CLASSES, "pos_weight": WEIGHT}
    answer: ClassVar[str] = "sigmoid"


@dataclass(frozen=True, kw_only=True, slots=True)
class BCELoss(Loss):
    """Binary cross-entropy for networks that end in Sigmoid.

    Prediction and target of one shape, values 0 to 1. BCEWithLogitsLoss is more precise. Source: torch.nn.BCELoss.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.BCELoss"
    formula: ClassVar[str] = "L = −(t · log x + (1 − t) · log(1 − x))"
    when: ClassVar[str] = "Use it when the network ends in Sigmoid, as autoencoders of black and white pictures do."
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.IMAGE, FieldKind.ARRAY)
    nats: ClassVar[tuple[float, float] | None] = (1.0, 0.0)
    caption: ClassVar[str] = "Binary cross-entropy of probabilities"
    synonyms: ClassVar[tuple[str, ...]] = ("yes or no", "multi-label", "bce", "autoencoder")
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_CLASSES


@dataclass(frozen=True, kw_only=True, slots=True)
class KLDivLoss(Loss):
    """For probabilities: how far the predicted distribution is from the wanted one.

    Prediction of log probabilities (after LogSoftmax), target of probabilities, both of one shape; the mean over the
    batch. Source: torch.nn.KLDivLoss.
    """

    target: ClassVar[str] = "torch.nn.KLDivLoss"
    formula: ClassVar[str] = "L = Σ t · (log t − x)"
    when: ClassVar[str] = "Use it to learn whole distributions, such as the answers of another network."
    caption: ClassVar[str] = "Kullback-Leibler divergence"
    synonyms: ClassVar[tuple[str, ...]] = ("distribution", "distillation", "kl")
    unlike_torch: ClassVar[Mapping[str, str]] = {**UNLIKE_TORCH, "log_target": "preparation makes plain probabilities"}
    answer: ClassVar[str] = "exp"

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"reduction": "batchmean"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FocalLoss(ClassLoss):
    """Cross-entropy in which samples that are answered well hardly count.

    Prediction (N, classes, ...) of scores, target (N, ...) numbers of classes; gamma 0 is CrossEntropyLoss. Source: Lin
    et al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.FocalLoss"
    formula: ClassVar[str] = "L = −(1 − p)^γ · log p,  p = softmax(x)[t]"
    when: ClassVar[str] = "Use it when one class is far more common than the others, or most samples are easy."
    caption: ClassVar[str] = "Focal"
    synonyms: ClassVar[tuple[str, ...]] = (
        "classification",
        "rare",
        "imbalanced",
        "hard samples",
    )
    answer: ClassVar[str] = "softmax"
    gamma: float = attribute(2.0, minimum=0, maximum=20, help="How fast answers that are right already stop counting.")


@dataclass(frozen=True, kw_only=True, slots=True)
class PolyLoss(ClassLoss):
    """Cross-entropy whose first term counts more, or less.

    Prediction (N, classes, ...) of scores, target (N, ...) numbers of classes; epsilon 0 is CrossEntropyLoss. Source:
    Leng et al. 2022.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.PolyLoss"
    formula: ClassVar[str] = "L = −log p + ε (1 − p),  p = softmax(x)[t]"
    when: ClassVar[str] = "Try it when cross-entropy works and you want a little more."
    caption: ClassVar[str] = "Poly-1"
    synonyms: ClassVar[tuple[str, ...]] = (
        "classification",
        "polynomial",
    )
    answer: ClassVar[str] = "softmax"
    epsilon: float = attribute(1.0, minimum=-1, maximum=100, help="Weight of the added term; below 0 it counts less.")


@dataclass(frozen=True, kw_only=True, slots=True)
class GeneralizedCrossEntropyLoss(ClassLoss):
    """Cross-entropy that wrong labels cannot pull far.

    Prediction (N, classes, ...) of scores, target (N, ...) numbers of classes. Source: Zhang and Sabuncu 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.GeneralizedCrossEntropyLoss"
    formula: ClassVar[str] = "L = (1 − p^q) / q,  p = softmax(x)[t]"
    when: ClassVar[str] = "Use it when some labels are wrong."
    caption: ClassVar[str] = "Generalized cross-entropy"
    synonyms: ClassVar[tuple[str, ...]] = (
        "classification",
        "noisy labels",
        "robust",
    )
    answer: ClassVar[str] = "softmax"
    q: float = attribute(0.7, above=0, maximum=1, help="Near 0 as cross-entropy, 1 trusts labels least.")


@dataclass(frozen=True, kw_only=True, slots=True)
class ArcFaceLoss(FlatClassLoss):
    """For faces and other things to be recognised: asks each class for an angle of its own.

    Prediction (N, classes) of cosines, -1 to 1, between a sample and each class; target (N,) numbers of classes.
    Source: Deng et al. 2019.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.ArcFaceLoss"
    formula: ClassVar[str] = "L = cross-entropy of s · cos(θ + m at t),  cos θ = x"
    when: ClassVar[str] = "Use it to recognise people or products; put it behind a layer whose answers are cosines."
    caption: ClassVar[str] = "ArcFace"
    synonyms: ClassVar[tuple[str, ...]] = (
        "faces",
        "angular margin",
        "recognition",
        "cosine",
    )
    answer: ClassVar[str] = "softmax"
    margin: float = attribute(0.5, minimum=0, maximum=1.5, help="Angle asked for between classes, in radians.")
    scale: float = attribute(64.0, above=0, maximum=1000, help="What cosines are multiplied by before the softmax.")


@dataclass(frozen=True, kw_only=True, slots=True)
class CosFaceLoss(FlatClassLoss):
    """For faces and other things to be recognised: asks the right cosine to lead by a margin.

    Prediction (N, classes) of cosines, -1 to 1; target (N,) numbers of classes. Source: Wang et al. 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.CosFaceLoss"
    formula: ClassVar[str] = "L = cross-entropy of s · (x − m at t)"
    when: ClassVar[str] = "Use it as ArcFace; it is easier to train and a little less exact."
    caption: ClassVar[str] = "CosFace"
    synonyms: ClassVar[tuple[str, ...]] = (
        "faces",
        "cosine margin",
        "recognition",
    )
    answer: ClassVar[str] = "softmax"
    margin: float = attribute(0.35, minimum=0, maximum=1, help="Lead asked of the right cosine.")
    scale: float = attribute(64.0, above=0, maximum=1000, help="What cosines are multiplied by before the softmax.")


@dataclass(frozen=True, kw_only=True, slots=True)
class CORALLoss(FlatClassLoss):
    """For classes with an order, such as grades: one yes-or-no question for each step.

    Prediction (N, classes - 1) of scores "is it above class k", target (N,) numbers of classes. Source: Cao et al.
    2020.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.CORALLoss"
    formula: ClassVar[str] = "L = −Σₖ ([t > k] · log σ(xₖ) + [t ≤ k] · log(1 − σ(xₖ)))"
    when: ClassVar[str] = "Use it for ratings, stages and sizes, where near misses are better than far ones."
    caption: ClassVar[str] = "CORAL"
    synonyms: ClassVar[tuple[str, ...]] = (
        "ordinal",
        "rank",
        "grades",
        "ordered",
    )
    fewer: ClassVar[int] = 1
    kinds: ClassVar[tuple[FieldKind, ...]] = ()

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        self.check_classes(*inputs)
        if inputs[0].rank != 2:
            mismatch("a prediction of 2 dimensions (N, classes - 1)", inputs[0])
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 7)), TensorSpec((None,), DType.INT, 8)


@dataclass(frozen=True, kw_only=True, slots=True)
class CORNLoss(FlatClassLoss):
    """For classes with an order: each step is asked only where the one before was taken.

    Prediction (N, classes - 1) of scores "above class k, if above class k - 1", target (N,) numbers of classes. Source:
    Shi et al. 2021.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.CORNLoss"
    formula: ClassVar[str] = "L = −mean over t ≥ k of [t > k] · log σ(xₖ) + [t = k] · log(1 − σ(xₖ))"
    when: ClassVar[str] = "Use it for ratings, stages and sizes; it is freer than CORAL."
    caption: ClassVar[str] = "CORN"
    synonyms: ClassVar[tuple[str, ...]] = (
        "ordinal",
        "rank",
        "grades",
        "ordered",
        "conditional",
    )
    fewer: ClassVar[int] = 1
    kinds: ClassVar[tuple[FieldKind, ...]] = ()

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        self.check_classes(*inputs)
        if inputs[0].rank != 2:
            mismatch("a prediction of 2 dimensions (N, classes - 1)", inputs[0])
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 7)), TensorSpec((None,), DType.INT, 8)


@dataclass(frozen=True, kw_only=True, slots=True)
class BinaryFocalLoss(Loss):
    """Binary cross-entropy in which values that are answered well hardly count.

    Prediction (N, ...) of scores, target of the same shape with values 0 to 1. Source: Lin et al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.BinaryFocalLoss"
    formula: ClassVar[str] = "L = −α t (1 − p)^γ log p − (1 − α)(1 − t) p^γ log(1 − p),  p = σ(x)"
    when: ClassVar[str] = "Use it for yes-or-no answers of which one is rare, such as detection."
    caption: ClassVar[str] = "Binary focal"
    synonyms: ClassVar[tuple[str, ...]] = (
        "yes or no",
        "rare",
        "detection",
        "imbalanced",
    )
    answer: ClassVar[str] = "sigmoid"
    alpha: float = attribute(0.25, minimum=0, maximum=1, help="Share of the weight that yeses have.")
    gamma: float = attribute(2.0, minimum=0, maximum=20, help="How fast answers that are right already stop counting.")


@dataclass(frozen=True, kw_only=True, slots=True)
class AsymmetricLoss(Loss):
    """Binary cross-entropy that forgets easy noes faster than easy yeses.

    Prediction (N, ...) of scores, target of the same shape with values 0 or 1. Source: Ben-Baruch et al. 2021.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.AsymmetricLoss"
    formula: ClassVar[str] = "L = −t (1 − p)^γ₊ log p − (1 − t) q^γ₋ log(1 − q),  q = max(p − clip, 0)"
    when: ClassVar[str] = "Use it when each sample has a few of very many tags."
    caption: ClassVar[str] = "Asymmetric"
    synonyms: ClassVar[tuple[str, ...]] = (
        "multi-label",
        "tags",
        "imbalanced",
    )
    answer: ClassVar[str] = "sigmoid"
    gamma_negative: float = attribute(4.0, minimum=0, maximum=20, help="How fast easy noes stop counting.")
    gamma_positive: float = attribute(1.0, minimum=0, maximum=20, help="How fast easy yeses stop counting.")
    clip: float = attribute(0.05, minimum=0, maximum=0.75, help="Noes surer than this do not count at all.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SoftMarginLoss(Loss):
    """For yes-or-no answers: a smooth hinge on the sign of the score.

    Prediction (N, ...) of scores, target of the same shape: above 0 says yes, 0 or below says no. Source:
    torch.nn.SoftMarginLoss.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.SoftMarginLoss"
    formula: ClassVar[str] = "L = mean log(1 + e^(−y x)),  y = ±1"
    when: ClassVar[str] = "Use it for yes or no with targets of 1 and -1; it is binary cross-entropy in other words."
    caption: ClassVar[str] = "Soft margin"
    synonyms: ClassVar[tuple[str, ...]] = (
        "yes or no",
        "logistic",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_TORCH
    answer: ClassVar[str] = "sigmoid"


@dataclass(frozen=True, kw_only=True, slots=True)
class HingeEmbeddingLoss(Loss):
    """For distances: small for pairs that are alike, above a margin for others.

    Prediction (N, ...) of distances, target of the same shape: above 0 says alike, 0 or below says not. Source:
    torch.nn.HingeEmbeddingLoss.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.HingeEmbeddingLoss"
    formula: ClassVar[str] = "L = x where alike, else max(0, margin − x)"
    when: ClassVar[str] = "Use it when the network answers with a distance of two things."
    caption: ClassVar[str] = "Hinge embedding"
    synonyms: ClassVar[tuple[str, ...]] = (
        "distance",
        "pairs",
        "similarity",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_TORCH
    margin: float = attribute(1.0, above=0, maximum=1000, help="Distance asked for of pairs that are not alike.")


@dataclass(frozen=True, kw_only=True, slots=True)
class MultiLabelMarginLoss(Loss):
    """For several right classes: each of them has to lead all wrong ones by 1.

    Prediction (N, classes), target (N, classes) with a 1 at each right class. Source: torch.nn.MultiLabelMarginLoss.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.MultiLabelMarginLoss"
    formula: ClassVar[str] = "L = Σ over right j, wrong i of max(0, 1 − x[j] + x[i]) / classes"
    when: ClassVar[str] = "Use it for several tags at once when only their order counts."
    caption: ClassVar[str] = "Multi-label margin"
    synonyms: ClassVar[tuple[str, ...]] = (
        "multi-label",
        "hinge",
        "tags",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_TORCH
    stricter: ClassVar[str] = OWN_SHAPES

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs[0], inputs[1])
        if inputs[0].rank != 2:
            mismatch("a prediction of 2 dimensions (N, classes)", inputs[0])
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class MultiLabelSoftMarginLoss(Loss):
    """For several right classes: binary cross-entropy averaged over classes.

    Prediction (N, classes) of scores, target (N, classes) with values 0 to 1. Source:
    torch.nn.MultiLabelSoftMarginLoss.
    """

    target: ClassVar[str] = "torch.nn.MultiLabelSoftMarginLoss"
    formula: ClassVar[str] = "L = −mean (t · log σ(x) + (1 − t) · log σ(−x))"
    when: ClassVar[str] = "Use it for several tags at once."
    caption: ClassVar[str] = "Multi-label soft margin"
    synonyms: ClassVar[tuple[str, ...]] = (
        "multi-label",
        "tags",
        "yes or no",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_CLASSES
    answer: ClassVar[str] = "sigmoid"
    stricter: ClassVar[str] = OWN_SHAPES

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs[0], inputs[1])
        if inputs[0].rank != 2:
            mismatch("a prediction of 2 dimensions (N, classes)", inputs[0])
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CTCLoss(Loss):
    """For text read from sound or handwriting: finds by itself which part belongs to which sign.

    Prediction (N, time, classes) of scores before any Softmax, target (N, length) numbers of signs, filled up with 0,
    which stands for no sign in the answer. Batch first, unlike torch.nn.CTCLoss. Source: Graves et al. 2006.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.CTCLoss"
    formula: ClassVar[str] = "L = −log Σ over alignments a of t, Πₜ softmax(x)[t, aₜ]"
    when: ClassVar[str] = "Use it when a long signal is to become a shorter text."
    caption: ClassVar[str] = "CTC"
    synonyms: ClassVar[tuple[str, ...]] = (
        "speech",
        "handwriting",
        "sequence",
        "alignment",
        "ocr",
    )
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **UNLIKE_TORCH,
        "blank": "0, which preparation fills texts up with",
        "zero_infinity": "on, so that one text that is too long does not stop the training",
    }
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=("N", "time", "classes")),
        InputPort(name="target", axes=("N", "length"), dtype=DType.INT),
    )
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.TEXT,)
    zero_infinity: bool = attribute(
        True, advanced=True, help="Leave out samples whose text is longer than the answer could be."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        prediction, target = inputs
        if not same_sizes(prediction.shape[0], target.shape[0]):
            mismatch(f"as many samples as the target has, {found_text(target.shape)}", prediction)
        if target.classes is not None and not same_sizes(prediction.shape[2], target.classes):
            mismatch(
                f"{target.classes} values at each time, one for each sign",
                f"{prediction.shape[2]}",
                "Set the number of outputs of the last layer to the number of signs.",
            )
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 12, 8)), TensorSpec((None, 4), DType.INT, 8)


@dataclass(frozen=True, kw_only=True, slots=True)
class DistillationLoss(Loss):
    """Teaches a network the answers of another one, softened.

    Prediction and target (N, classes) of scores; the target is the teacher's and gets no gradient. Source: Hinton et
    al. 2015.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.DistillationLoss"
    formula: ClassVar[str] = "L = T² · KL(softmax(t / T) ‖ softmax(x / T))"
    when: ClassVar[str] = "Use it to make a small network as good as a large one."
    caption: ClassVar[str] = "Distillation"
    synonyms: ClassVar[tuple[str, ...]] = (
        "teacher",
        "student",
        "knowledge",
        "compress",
    )
    answer: ClassVar[str] = "softmax"
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=("N", "classes")),
        InputPort(name="target", axes=("N", "classes")),
    )
    temperature: float = attribute(4.0, above=0, maximum=100, help="How much both answers are softened.")


@dataclass(frozen=True, kw_only=True, slots=True)
class JensenShannonLoss(Loss):
    """How far two distributions are apart, the same from both sides and never endless.

    Prediction (N, classes) of scores, target (N, classes) of probabilities. Source: Lin 1991.
    """

    target: ClassVar[str] = "engine.compiler.modules.losses.JensenShannonLoss"
    formula: ClassVar[str] = "L = ½ KL(p ‖ m) + ½ KL(t ‖ m),  p = softmax(x), m = ½ (p + t)"
    when: ClassVar[str] = "Use it instead of Kullback-Leibler when probabilities of 0 occur."
    caption: ClassVar[str] = "Jensen-Shannon"
    synonyms: ClassVar[tuple[str, ...]] = (
        "distribution",
        "divergence",
        "symmetric",
    )
    answer: ClassVar[str] = "softmax"
    stricter: ClassVar[str] = OWN_SHAPES
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="prediction", axes=("N", "classes")),
        InputPort(name="target", axes=("N", "classes")),
    )
