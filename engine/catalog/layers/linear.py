"""Layers that mix all features: Linear, Bilinear; and Identity, which mixes nothing."""

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import NO_FEATURES, at_least_2, found_text, known, mismatch, same_sizes, volume
from engine.catalog.tensors import TensorSpec
from engine.catalog.weights import Weighted


@dataclass(frozen=True, kw_only=True, slots=True)
class Linear(Weighted):
    """Every output is a weighted sum of all inputs: y = W x + b.

    Input (N, ..., in_features); output (N, ..., out_features); works on the last axis. Source: torch.nn.Linear.
    """

    target: ClassVar[str] = "torch.nn.Linear"
    synonyms: ClassVar[tuple[str, ...]] = ("dense", "fully connected", "fc", "perceptron", "projection")
    formula: ClassVar[str] = "y = W · x + b"
    when: ClassVar[str] = "For tables, and at the end of most networks, where features become the answer."
    stricter: ClassVar[str] = NO_FEATURES
    family: ClassVar[Family] = Family.LINEAR
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="linear")
    out_features: int = attribute(128, minimum=1, maximum=1_000_000, help="How many values come out.")
    bias: bool = attribute(True, advanced=True, help="Add a learned constant to each output.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        at_least_2(x)
        known(x, -1, "features")
        return (TensorSpec((*x.shape[:-1], self.out_features)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"in_features": inputs[0].shape[-1]}

    def weight_shape(self, *inputs: TensorSpec) -> tuple[int, ...]:
        return (self.out_features, inputs[0].shape[-1] or 0)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self.weight_count(*inputs) + self.bias * self.out_features

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * self.out_features


@dataclass(frozen=True, kw_only=True, slots=True)
class Bilinear(Layer):
    """Every output is a weighted sum of all products of a value of a and a value of b.

    Inputs (N, ..., in1_features) and (N, ..., in2_features) with equal axes before the last; output
    (N, ..., out_features). Source: torch.nn.Bilinear.
    """

    target: ClassVar[str] = "torch.nn.Bilinear"
    synonyms: ClassVar[tuple[str, ...]] = ("interaction", "pairs")
    formula: ClassVar[str] = "y[o] = aᵀ · W[o] · b + c[o]"
    when: ClassVar[str] = "To compare two things whose features matter in pairs, such as a question and an answer."
    stricter: ClassVar[str] = NO_FEATURES
    family: ClassVar[Family] = Family.LINEAR
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(name="a"), InputPort(name="b"))
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="bilinear")
    out_features: int = attribute(128, minimum=1, maximum=100_000, help="How many values come out.")
    bias: bool = attribute(True, advanced=True, help="Add a learned constant to each output.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        a, b = inputs
        at_least_2(a)
        if a.rank != b.rank or not all(map(same_sizes, a.shape[:-1], b.shape[:-1])):
            mismatch(f"equal sizes before the last axis, {found_text(a.shape)}", b)
        known(a, -1, "features")
        known(b, -1, "features")
        return (TensorSpec((*a.shape[:-1], self.out_features)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"in1_features": inputs[0].shape[-1], "in2_features": inputs[1].shape[-1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return ((inputs[0].shape[-1] or 0) * (inputs[1].shape[-1] or 0) + self.bias) * self.out_features

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        a, b = inputs
        return volume(a.shape[1:]) * (b.shape[-1] or 1) * self.out_features


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity(Layer):
    """Passes its input on unchanged.

    Input and output of any shape. Source: torch.nn.Identity.
    """

    target: ClassVar[str] = "torch.nn.Identity"
    synonyms: ClassVar[tuple[str, ...]] = ("nothing", "pass through", "skip")
    formula: ClassVar[str] = "y = x"
    when: ClassVar[str] = "To give a tensor a name in the drawing, or to hold a place for a layer to come."
    family: ClassVar[Family] = Family.LINEAR
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Identity")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)
