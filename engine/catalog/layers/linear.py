"""Layers that mix all features: Linear, Bilinear; and Identity, which mixes nothing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
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
    width: ClassVar[str] = "out_features"
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
    width: ClassVar[str] = "out_features"
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


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveLogSoftmaxWithLoss(Layer):
    """Gives log-probabilities of very many classes, the rare ones through narrower layers.

    Input (N, ..., features); output (N, ..., n_classes), where classes stand in the order of how often they occur;
    NLLLoss goes behind it. cutoffs say where each group of rarer classes begins. Source: Grave et al. 2017,
    torch.nn.AdaptiveLogSoftmaxWithLoss, whose log_prob it gives.
    """

    target: ClassVar[str] = "engine.compiler.modules.AdaptiveLogSoftmaxWithLoss"
    width: ClassVar[str] = "n_classes"
    caption: ClassVar[str] = "Adaptive log-softmax"
    synonyms: ClassVar[tuple[str, ...]] = ("vocabulary", "many classes", "language model", "hierarchical")
    formula: ClassVar[str] = "y[c] = log p(group of c | x) + log p(c | group, x)"
    when: ClassVar[str] = "For a vocabulary of tens of thousands of words, instead of a Linear and a LogSoftmax."
    family: ClassVar[Family] = Family.LINEAR
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="adaptive_log_softmax")
    stricter: ClassVar[str] = NO_FEATURES
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "n_classes": "torch has no default",
        "cutoffs": "torch has no default",
    }
    n_classes: int = attribute(1000, minimum=2, maximum=10_000_000, label="Classes", help="How many classes there are.")
    cutoffs: tuple[int, ...] = attribute(
        (100, 400), minimum=1, maximum=10_000_000, help="Where each group of rarer classes begins, in rising order."
    )
    div_value: float = attribute(
        4.0, minimum=1, maximum=1_000, label="Narrowing", help="How many times narrower each further group is."
    )
    head_bias: bool = attribute(False, advanced=True, help="Add learned constants for the frequent classes.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        at_least_2(x)
        features = known(x, -1, "features")
        rising = [*self.cutoffs, self.n_classes]
        if len(rising) < 2 or any(a >= b for a, b in pairwise(rising)):
            mismatch(f"rising cutoffs below {self.n_classes}", ", ".join(map(str, self.cutoffs)) or "none")
        if self._widths(features)[-1] < 1:
            mismatch(
                f"{math.ceil(self.div_value ** len(self.cutoffs))} features or more",
                str(features),
                "Narrow less, use fewer cutoffs, or give it more features.",
            )
        return (TensorSpec((*x.shape[:-1], self.n_classes)),)

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 64)),)

    def _widths(self, features: int) -> list[int]:
        """Features within each group of rarer classes."""
        return [int(features // self.div_value ** (group + 1)) for group in range(len(self.cutoffs))]

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"in_features": inputs[0].shape[-1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        head = self.cutoffs[0] + len(self.cutoffs)
        return self._per_step(inputs[0].shape[-1] or 0) + head * self.head_bias

    def _per_step(self, features: int) -> int:
        head = features * (self.cutoffs[0] + len(self.cutoffs))
        sizes = [b - a for a, b in pairwise([*self.cutoffs, self.n_classes])]
        return head + sum(w * (features + size) for w, size in zip(self._widths(features), sizes, strict=True))

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        x = inputs[0]
        return volume(x.shape[1:-1]) * self._per_step(x.shape[-1] or 0)
