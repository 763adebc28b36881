"""What every loss declares, and the shapes that several of them share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import found_text, mismatch, same_sizes, volume
from engine.catalog.tensors import DType, TensorSpec
from engine.document.data_spec import FieldKind

UNLIKE_TORCH: Mapping[str, str] = {
    "size_average": "deprecated in torch for reduction",
    "reduce": "deprecated in torch for reduction",
    "reduction": "the mean is what a step size is chosen for; the loop needs one number",
}
WEIGHT = "class weights belong to the recipe, which computes them from the data"
UNLIKE_CLASSES: Mapping[str, str] = {**UNLIKE_TORCH, "weight": WEIGHT}
OWN_SHAPES = "its shapes are named, and nothing is stretched to fit"
"""Why losses of ours refuse what arithmetic on tensors would take."""

CATEGORIES = (FieldKind.CATEGORY, FieldKind.MASK, FieldKind.TEXT)
QUANTITIES = (FieldKind.NUMBER, FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.SERIES, FieldKind.ARRAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss(Layer):
    """Base of losses: ports prediction and target, no output; the loss value is theirs.

    `answer` names what turns the tensor at the first port into an answer: "softmax", "sigmoid", "exp" or "none"; or
    "embedding", a place among other samples, which says nothing by itself.
    `kinds` are the kinds of field whose target it takes as they are prepared: for those it is offered first.
    `slopes` are the ports of whose tensor it asks how steeply the others rise there: while training, gradients are
    recorded from that tensor on, also where nothing before it is trained.
    `tells` says whether a smaller value is a better network; where it does not, no epoch is the best by it. A `measure`
    only tells: nothing is learned from it.
    """

    family: ClassVar[Family] = Family.LOSS
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction"), InputPort(name="target"))
    outputs: ClassVar[tuple[str, ...]] = ()
    onnx: ClassVar[OnnxForm] = OnnxForm(why="Losses are for training and are left out of the file.")
    unlike_torch: ClassVar[Mapping[str, str]] = UNLIKE_TORCH
    stricter: ClassVar[str] = "torch would broadcast, and compare every answer with every truth"
    answer: ClassVar[str] = "none"
    nats: ClassVar[tuple[float, float] | None] = None
    """Factor and offset that make of the loss the negative logarithm of a likelihood, for each number of the target:
    of yes and no (binary cross-entropy), of a normal distribution with spread 1 (squares), of a Laplace one."""
    kinds: ClassVar[tuple[FieldKind, ...]] = ()
    slopes: ClassVar[tuple[str, ...]] = ()
    tells: ClassVar[bool] = True
    measure: ClassVar[bool] = False

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        """Nothing comes out. Raises ShapeMismatch unless prediction and target have one shape."""
        alike(inputs[0], inputs[1])
        return ()

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])

    def example(self) -> tuple[TensorSpec, ...]:
        named = {"target": (None, 8), "prediction": (None, 8), "variance": (None, 8)}
        usual = Layer.example(self)
        return tuple(
            TensorSpec(named[port.name]) if not port.axes and port.name in named else spec
            for port, spec in zip((port for port in self.input_ports() if not port.optional), usual, strict=True)
        )


def alike(prediction: TensorSpec, other: TensorSpec, name: str = "target") -> None:
    """Refuse two tensors of different shapes."""
    if prediction.rank != other.rank or not all(map(same_sizes, prediction.shape, other.shape)):
        mismatch(
            f"a prediction with the shape of the {name}, {found_text(other.shape)}",
            prediction,
            "Change the layer before the prediction so that both are alike.",
        )


def one_each(target: TensorSpec, rows: TensorSpec, what: str) -> None:
    """Refuse anything but one value a sample, N or N × 1."""
    fits = target.rank == 1 or (target.rank == 2 and same_sizes(target.shape[1], 1))
    if not fits or not same_sizes(target.shape[0], rows.shape[0]):
        mismatch(f"one {what} a sample (N) or (N, 1)", target)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassLoss(Loss):
    """Base of losses over classes: prediction (N, classes, ...), target (N, ...) with the number of the class."""

    stricter: ClassVar[str] = ""
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="prediction"), InputPort(name="target", dtype=DType.INT))
    fewer: ClassVar[int] = 0
    """How many scores less than classes it takes."""
    kinds: ClassVar[tuple[FieldKind, ...]] = CATEGORIES

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        self.check_classes(*inputs)
        return ()

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 8)), TensorSpec((None,), DType.INT, 8)

    def check_classes(self, prediction: TensorSpec, target: TensorSpec) -> None:
        """Refuse a prediction that has not a score for each class."""
        fewer = self.fewer
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
        if target.classes is not None and not same_sizes(prediction.shape[1], target.classes - fewer):
            mismatch(
                f"{target.classes - fewer} values, one for each class" + (" but the first" if fewer else ""),
                f"{prediction.shape[1]}",
                "Set the number of outputs of the last layer to the number of classes"
                + (" less one." if fewer else "."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class FlatClassLoss(ClassLoss):
    """Base of losses over classes that take one answer a sample: prediction (N, classes), target (N,)."""

    stricter: ClassVar[str] = OWN_SHAPES
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.CATEGORY,)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        self.check_classes(*inputs)
        if inputs[0].rank != 2:
            mismatch("a prediction of 2 dimensions (N, classes)", inputs[0])
        return ()
