"""Losses: how far an answer is from the truth, as one number that training makes smaller."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import found_text, mismatch, same_sizes, volume
from engine.catalog.tensors import DType, TensorSpec

_UNLIKE_TORCH = {
    "size_average": "deprecated in torch for reduction",
    "reduce": "deprecated in torch for reduction",
    "reduction": "the mean is what a step size is chosen for; the loop needs one number",
}
_WEIGHT = "class weights belong to the recipe, which computes them from the data"
_UNLIKE_CLASSES = {**_UNLIKE_TORCH, "weight": _WEIGHT}
_IGNORED = {"ignore_index": "no preparation step makes such a value"}
_FLOAT_PORTS = (InputPort(name="prediction"), InputPort(name="target"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss(Layer):
    """Base of losses: ports prediction and target, no output; the loss value is theirs.

    `answer` names what turns the tensor at the prediction port into an answer: "softmax", "sigmoid", "exp" or "none".
    """

    family: ClassVar[Family] = Family.LOSS
    inputs: ClassVar[tuple[InputPort, ...]] = _FLOAT_PORTS
    outputs: ClassVar[tuple[str, ...]] = ()
    onnx: ClassVar[OnnxForm] = OnnxForm(why="Losses are for training and are left out of the file.")
    unlike_torch: ClassVar[Mapping[str, str]] = _UNLIKE_TORCH
    stricter: ClassVar[str] = "torch would broadcast, and compare every answer with every truth"
    answer: ClassVar[str] = "none"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        """Nothing comes out. Raises ShapeMismatch unless prediction and target have one shape."""
        prediction, target = inputs
        if prediction.rank != target.rank or not all(map(same_sizes, prediction.shape, target.shape)):
            mismatch(
                f"a prediction with the shape of the target, {found_text(target.shape)}",
                prediction,
                "Change the layer before the prediction so that both are alike.",
            )
        return ()

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class _ClassLoss(Loss):
    """Base of losses over classes: prediction (N, classes, ...), target (N, ...) with the number of the class."""

    stricter: ClassVar[str] = ""
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction"), InputPort(name="target", dtype=DType.INT))

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        prediction, target = inputs
        rank = target.rank + 1
        if prediction.rank != rank:
            axes = "(N, classes)" if rank == 2 else "(N, classes, ...)"
            mismatch(
                f"a prediction of {rank} dimensions {axes}",
                prediction,
                "A Flatten and a Linear bring it to that shape.",
            )
        if not all(map(same_sizes, prediction.shape[2:], target.shape[1:])):
            mismatch(f"a prediction with the sizes of the target, {found_text(target.shape)}", prediction)
        if target.classes is not None and not same_sizes(prediction.shape[1], target.classes):
            mismatch(
                f"{target.classes} values, one for each class",
                f"{prediction.shape[1]}",
                "Set the number of outputs of the last layer to the number of classes.",
            )
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossEntropyLoss(_ClassLoss):
    """For picking one of several classes: small when the right class has a high score.

    Prediction (N, classes) of scores before any Softmax, target (N,) numbers of classes; -log softmax(prediction) at
    the target. Also (N, classes, ...) with (N, ...). Source: torch.nn.CrossEntropyLoss.
    """

    target: ClassVar[str] = "torch.nn.CrossEntropyLoss"
    caption: ClassVar[str] = "Cross-entropy"
    synonyms: ClassVar[tuple[str, ...]] = ("classification", "softmax", "categories", "log loss")
    unlike_torch: ClassVar[Mapping[str, str]] = {**_UNLIKE_CLASSES, **_IGNORED}
    answer: ClassVar[str] = "softmax"
    label_smoothing: float = attribute(
        0.0, minimum=0, maximum=1, help="Share of certainty given to the other classes; 0.1 makes answers less sure."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class NLLLoss(_ClassLoss):
    """Cross-entropy for networks that end in LogSoftmax.

    Prediction (N, classes) of log probabilities, target (N,) numbers of classes; minus the prediction at the target.
    Source: torch.nn.NLLLoss.
    """

    target: ClassVar[str] = "torch.nn.NLLLoss"
    caption: ClassVar[str] = "Negative log-likelihood"
    synonyms: ClassVar[tuple[str, ...]] = ("classification", "nll", "log softmax")
    unlike_torch: ClassVar[Mapping[str, str]] = {**_UNLIKE_CLASSES, **_IGNORED}
    answer: ClassVar[str] = "exp"


@dataclass(frozen=True, kw_only=True, slots=True)
class MultiMarginLoss(_ClassLoss):
    """For picking one of several classes: asks the right score to lead the others by a margin.

    Prediction (N, classes), target (N,) numbers of classes. Source: torch.nn.MultiMarginLoss.
    """

    target: ClassVar[str] = "torch.nn.MultiMarginLoss"
    caption: ClassVar[str] = "Multi-class margin"
    synonyms: ClassVar[tuple[str, ...]] = ("hinge", "classification", "svm")
    unlike_torch: ClassVar[Mapping[str, str]] = _UNLIKE_CLASSES
    p: int = attribute(1, minimum=1, maximum=2, label="Power", help="1 counts the shortfall, 2 its square.")
    margin: float = attribute(1.0, above=0, maximum=1000, help="The lead that is asked for.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        _ClassLoss.output_specs(self, *inputs)
        if inputs[0].rank != 2:
            mismatch("a prediction of 2 dimensions (N, classes)", inputs[0])
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BCEWithLogitsLoss(Loss):
    """For yes-or-no answers, several at once: small when each score has the right sign.

    Prediction (N, ...) of scores before any Sigmoid, target of the same shape with values 0 to 1 (a OneHot step makes
    one). Source: torch.nn.BCEWithLogitsLoss.
    """

    target: ClassVar[str] = "torch.nn.BCEWithLogitsLoss"
    caption: ClassVar[str] = "Binary cross-entropy"
    synonyms: ClassVar[tuple[str, ...]] = ("yes or no", "multi-label", "sigmoid", "bce", "logits")
    unlike_torch: ClassVar[Mapping[str, str]] = {**_UNLIKE_CLASSES, "pos_weight": _WEIGHT}
    answer: ClassVar[str] = "sigmoid"


@dataclass(frozen=True, kw_only=True, slots=True)
class BCELoss(Loss):
    """Binary cross-entropy for networks that end in Sigmoid.

    Prediction and target of one shape, values 0 to 1. BCEWithLogitsLoss is more precise. Source: torch.nn.BCELoss.
    """

    target: ClassVar[str] = "torch.nn.BCELoss"
    caption: ClassVar[str] = "Binary cross-entropy of probabilities"
    synonyms: ClassVar[tuple[str, ...]] = ("yes or no", "multi-label", "bce", "autoencoder")
    unlike_torch: ClassVar[Mapping[str, str]] = _UNLIKE_CLASSES


@dataclass(frozen=True, kw_only=True, slots=True)
class MSELoss(Loss):
    """For numbers: the mean of the squared differences; large errors count much.

    Prediction and target of one shape. Source: torch.nn.MSELoss.
    """

    target: ClassVar[str] = "torch.nn.MSELoss"
    caption: ClassVar[str] = "Mean squared error"
    synonyms: ClassVar[tuple[str, ...]] = ("regression", "l2", "mse", "least squares", "reconstruction")


@dataclass(frozen=True, kw_only=True, slots=True)
class L1Loss(Loss):
    """For numbers: the mean of the absolute differences; outliers count less than in MSELoss.

    Prediction and target of one shape. Source: torch.nn.L1Loss.
    """

    target: ClassVar[str] = "torch.nn.L1Loss"
    caption: ClassVar[str] = "Mean absolute error"
    synonyms: ClassVar[tuple[str, ...]] = ("regression", "l1", "mae", "robust")


@dataclass(frozen=True, kw_only=True, slots=True)
class HuberLoss(Loss):
    """For numbers: squared for small differences, straight for large ones, so that outliers do little harm.

    Prediction and target of one shape. Source: Huber 1964, torch.nn.HuberLoss.
    """

    target: ClassVar[str] = "torch.nn.HuberLoss"
    caption: ClassVar[str] = "Huber"
    synonyms: ClassVar[tuple[str, ...]] = ("regression", "robust", "outliers")
    delta: float = attribute(1.0, above=0, maximum=1e6, help="Where squared turns into straight.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SmoothL1Loss(Loss):
    """For numbers: like HuberLoss divided by beta; usual for boxes in pictures.

    Prediction and target of one shape. Source: Girshick 2015, torch.nn.SmoothL1Loss.
    """

    target: ClassVar[str] = "torch.nn.SmoothL1Loss"
    caption: ClassVar[str] = "Smooth L1"
    synonyms: ClassVar[tuple[str, ...]] = ("regression", "robust", "boxes")
    beta: float = attribute(1.0, minimum=0, maximum=1e6, help="Where squared turns into straight.")


@dataclass(frozen=True, kw_only=True, slots=True)
class PoissonNLLLoss(Loss):
    """For counts, such as visitors a day: the prediction is the logarithm of the expected count.

    Prediction and target of one shape; e^prediction - target prediction. Source: torch.nn.PoissonNLLLoss.
    """

    target: ClassVar[str] = "torch.nn.PoissonNLLLoss"
    caption: ClassVar[str] = "Poisson"
    synonyms: ClassVar[tuple[str, ...]] = ("counts", "regression", "rate")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_UNLIKE_TORCH,
        "log_input": "always on, so that the answer is always the exponential",
        "eps": "has no effect with log_input",
    }
    answer: ClassVar[str] = "exp"
    full: bool = attribute(False, advanced=True, help="Add the term that does not depend on the prediction.")

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"log_input": True}


@dataclass(frozen=True, kw_only=True, slots=True)
class KLDivLoss(Loss):
    """For probabilities: how far the predicted distribution is from the wanted one.

    Prediction of log probabilities (after LogSoftmax), target of probabilities, both of one shape; the mean over the
    batch. Source: torch.nn.KLDivLoss.
    """

    target: ClassVar[str] = "torch.nn.KLDivLoss"
    caption: ClassVar[str] = "Kullback-Leibler divergence"
    synonyms: ClassVar[tuple[str, ...]] = ("distribution", "distillation", "kl")
    unlike_torch: ClassVar[Mapping[str, str]] = {**_UNLIKE_TORCH, "log_target": "preparation makes plain probabilities"}
    answer: ClassVar[str] = "exp"

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"reduction": "batchmean"}
