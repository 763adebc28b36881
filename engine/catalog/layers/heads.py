"""Last layers that belong to a loss: cosines to classes, and probabilities of classes with an order."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import NO_FEATURES, VECTOR, at_least_2, known, volume
from engine.catalog.tensors import TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineLinear(Layer):
    """A Linear that looks at directions alone: each output is the cosine to a learned direction.

    Input (N, ..., features); output (N, ..., out_features), -1 to 1. Source: Wang et al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.CosineLinear"
    caption: ClassVar[str] = "Cosine linear"
    formula: ClassVar[str] = "y[j] = x · wⱼ / (‖x‖ ‖wⱼ‖)"
    when: ClassVar[str] = "As the last layer before ArcFace or CosFace, with one output for each class."
    synonyms: ClassVar[tuple[str, ...]] = ("normface", "arcface", "cosface", "dense", "normalized", "recognition")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cosine_linear")
    family: ClassVar[Family] = Family.LINEAR
    stricter: ClassVar[str] = NO_FEATURES
    out_features: int = attribute(64, minimum=1, maximum=10_000_000, label="Outputs", help="How many directions.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        at_least_2(x)
        known(x, -1, "features")
        return (TensorSpec((*x.shape[:-1], self.out_features)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"in_features": inputs[0].shape[-1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return (inputs[0].shape[-1] or 0) * self.out_features

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * self.out_features


@dataclass(frozen=True, kw_only=True, slots=True)
class OrdinalProbabilities(Layer):
    """Turns the yes-or-no scores of CORAL or CORN into a probability for each class.

    Input (N, classes - 1), the scores that the loss looks at; output (N, classes), which add up to 1. Source: Cao et
    al. 2020, Shi et al. 2021.
    """

    target: ClassVar[str] = "engine.compiler.modules.OrdinalProbabilities"
    changes_width: ClassVar[bool] = True
    caption: ClassVar[str] = "Ordinal probabilities"
    formula: ClassVar[str] = "y[k] = P(above k − 1) − P(above k),  P(above k) = σ(xₖ), or for corn Πⱼ₌₀…ₖ σ(xⱼ)"
    when: ClassVar[str] = "Between a Linear with one output less than there are classes, and the Output."
    synonyms: ClassVar[tuple[str, ...]] = ("coral", "corn", "ordinal", "grades", "rank")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="ordinal_probabilities")
    family: ClassVar[Family] = Family.ACTIVATION
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VECTOR),)
    method: Literal["coral", "corn"] = attribute("coral", help="The loss whose scores these are.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        width = x.shape[1]
        return (TensorSpec((x.shape[0], None if width is None else width + 1)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 3 * volume(inputs[0].shape[1:])
