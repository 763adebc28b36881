"""Layers that bring several ways together: add, multiply, concatenate, stack."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import broadcast, found_text, join, merged_dtype, mismatch, normal_axis, same_sizes, volume
from engine.catalog.tensors import DType, TensorSpec

MOST_INPUTS = 16
_LETTERS = "abcdefghijklmnop"
_PORTS = tuple(InputPort(name=letter, dtype=None) for letter in _LETTERS)
_TWO = (InputPort(name="a"), InputPort(name="b"))
_LINED_UP = "with another number of dimensions, or a batch of 1, samples would be lined up with something else"
_COUNT = {"count": "the module takes any number of tensors; the drawing needs to know how many ports to show"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Several(Layer):
    """Base: as many input ports as `count` says, named a, b, c, ..."""

    family: ClassVar[Family] = Family.MERGE
    inputs: ClassVar[tuple[InputPort, ...]] = _PORTS[:2]
    not_arguments: ClassVar[frozenset[str]] = frozenset({"count"})
    unlike_torch: ClassVar[Mapping[str, str]] = _COUNT
    count: int = attribute(2, minimum=2, maximum=MOST_INPUTS, label="Inputs", help="How many links come together.")

    def input_ports(self) -> tuple[InputPort, ...]:
        return _PORTS[: self.count]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Elementwise(_Several):
    """Base: value by value, sizes of 1 repeated."""

    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (broadcast(inputs),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(broadcast(inputs).shape[1:]) * (self.count - 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Add(_Elementwise):
    """Adds tensors value by value; what makes a skip connection.

    Inputs of equal shape, or of size 1 where they differ; output of that shape. Source: torch.add.
    """

    target: ClassVar[str] = "engine.compiler.modules.Add"
    formula: ClassVar[str] = "y = a + b + …"
    when: ClassVar[str] = "For skips around layers, and wherever ways of one shape come together."
    synonyms: ClassVar[tuple[str, ...]] = ("sum", "plus", "residual", "skip connection", "merge")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="add")


@dataclass(frozen=True, kw_only=True, slots=True)
class Multiply(_Elementwise):
    """Multiplies tensors value by value; lets one way decide how much of another passes.

    Inputs of equal shape, or of size 1 where they differ; output of that shape. Source: torch.mul.
    """

    target: ClassVar[str] = "engine.compiler.modules.Multiply"
    formula: ClassVar[str] = "y = a · b · …"
    when: ClassVar[str] = "For gates: one way says how much of the other passes."
    synonyms: ClassVar[tuple[str, ...]] = ("times", "product", "gate", "merge")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="multiply")


@dataclass(frozen=True, kw_only=True, slots=True)
class Maximum(_Elementwise):
    """Keeps the largest of the tensors, value by value.

    Inputs of equal shape, or of size 1 where they differ; output of that shape. Source: torch.maximum.
    """

    target: ClassVar[str] = "engine.compiler.modules.Maximum"
    formula: ClassVar[str] = "y = max(a, b, …)"
    when: ClassVar[str] = "To keep the stronger of several answers, as in maxout."
    synonyms: ClassVar[tuple[str, ...]] = ("max", "largest", "merge")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="maximum")


@dataclass(frozen=True, kw_only=True, slots=True)
class Minimum(_Elementwise):
    """Keeps the smallest of the tensors, value by value.

    Inputs of equal shape, or of size 1 where they differ; output of that shape. Source: torch.minimum.
    """

    target: ClassVar[str] = "engine.compiler.modules.Minimum"
    formula: ClassVar[str] = "y = min(a, b, ...)"
    when: ClassVar[str] = "To hold one way back by another, or to take the more careful of two scores."
    synonyms: ClassVar[tuple[str, ...]] = ("min", "smallest", "merge")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="minimum")


@dataclass(frozen=True, kw_only=True, slots=True)
class Average(_Elementwise):
    """Takes the mean of the tensors, value by value.

    Inputs of equal shape, or of size 1 where they differ; output of that shape.
    """

    target: ClassVar[str] = "engine.compiler.modules.Average"
    formula: ClassVar[str] = "y = (a + b + ...) / count"
    when: ClassVar[str] = "To let several networks vote, or to join ways without making the sum grow."
    synonyms: ClassVar[tuple[str, ...]] = ("mean", "ensemble", "vote", "merge")
    stricter: ClassVar[str] = f"{_LINED_UP}; the mean of whole numbers is none"
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="average")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if any(x.dtype is not DType.FLOAT for x in inputs):
            mismatch("decimal numbers", "whole numbers or yes or no", "Put a ToFloat before it.")
        return (broadcast(inputs),)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair(Layer):
    """Base: value by value, of two tensors of decimal numbers."""

    family: ClassVar[Family] = Family.MERGE
    inputs: ClassVar[tuple[InputPort, ...]] = _TWO
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (broadcast(inputs),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(broadcast(inputs).shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Subtract(_Pair):
    """Takes b away from a, value by value.

    Inputs of equal shape, or of size 1 where they differ; output of that shape. Source: torch.sub.
    """

    target: ClassVar[str] = "engine.compiler.modules.Subtract"
    formula: ClassVar[str] = "y = a - b"
    when: ClassVar[str] = "To compare two tensors, or to take away a part that is known."
    synonyms: ClassVar[tuple[str, ...]] = ("minus", "difference", "merge")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Sub")


@dataclass(frozen=True, kw_only=True, slots=True)
class Divide(_Pair):
    """Divides a by b, value by value.

    Inputs of equal shape, or of size 1 where they differ; output of that shape. Source: torch.div.
    """

    target: ClassVar[str] = "engine.compiler.modules.Divide"
    formula: ClassVar[str] = "y = a / b"
    when: ClassVar[str] = "For ratios; b must not come near 0."
    synonyms: ClassVar[tuple[str, ...]] = ("ratio", "quotient", "merge")
    onnx: ClassVar[OnnxForm] = OnnxForm(op="Div")


@dataclass(frozen=True, kw_only=True, slots=True)
class Concatenate(_Several):
    """Lays tensors one after the other along an axis.

    Inputs of equal sizes but along dim; output with the sum of the sizes there. Source: torch.cat.
    """

    target: ClassVar[str] = "engine.compiler.modules.Concatenate"
    formula: ClassVar[str] = "y = (a, b, …) along dim"
    when: ClassVar[str] = "For skips that keep both ways apart, as in U-Net and DenseNet, and to join several inputs."
    synonyms: ClassVar[tuple[str, ...]] = ("cat", "concat", "join", "merge", "u-net", "dense")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="concatenate")
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = attribute(1, minimum=-8, maximum=8, help="The axis: 1 is the channels or features, -1 the last.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (join(inputs, self.dim),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack(_Several):
    """Lays tensors of equal shape beside each other along a new axis.

    Inputs (N, ...) of equal shape; output with an axis of as many entries as inputs at dim. Source: torch.stack.
    """

    target: ClassVar[str] = "engine.compiler.modules.Stack"
    formula: ClassVar[str] = "y[i] = a, b, … along a new axis"
    when: ClassVar[str] = "To make a sequence or channels of tensors of one shape."
    synonyms: ClassVar[tuple[str, ...]] = ("new axis", "merge", "join")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="stack")
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = attribute(1, minimum=-8, maximum=8, help="Where the new axis stands: 1 is just after the batch.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        first = inputs[0]
        sizes = list(first.shape)
        for other in inputs[1:]:
            if other.rank != first.rank or not all(map(same_sizes, first.shape, other.shape)):
                mismatch(f"equal shapes, {found_text(first.shape)}", other, "Bring all inputs to one shape.")
            sizes = [a if a is not None else b for a, b in zip(sizes, other.shape, strict=True)]
        axis = normal_axis(self.dim, first.rank, extra=1)
        return (TensorSpec((*sizes[:axis], len(inputs), *sizes[axis:]), merged_dtype(inputs)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch(_Several):
    """Chooses one of several ways; what only leads to the others is neither computed, trained nor exported.

    The tensor at the chosen input is given on as it is. The others may be of any shape, faulty or free.
    """

    formula: ClassVar[str] = "y = the chosen one of a, b, …"
    when: ClassVar[str] = "To compare several networks for one task in one drawing, by changing one setting."
    synonyms: ClassVar[tuple[str, ...]] = ("choose", "either", "variant", "alternative", "route", "compare", "merge")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="block")
    count: int = attribute(2, minimum=2, maximum=8, label="Inputs", help="How many links come together.")
    active: Literal["a", "b", "c", "d", "e", "f", "g", "h"] = attribute("a", help="The input whose tensor goes on.")

    def handed_on(self) -> str:
        return self.active

    def input_ports(self) -> tuple[InputPort, ...]:
        count = max(self.count, _LETTERS.index(self.active) + 1)  # a choice beyond them shows what is free
        return tuple(port if port.name == self.active else replace(port, optional=True) for port in _PORTS[:count])

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[_LETTERS.index(self.active)],)


@dataclass(frozen=True, kw_only=True, slots=True)
class MatMul(Layer):
    """Multiplies the matrices of two tensors, sample by sample.

    Inputs (N, ..., rows, inner) and (N, ..., inner, columns); output (N, ..., rows, columns). Source: torch.matmul.
    """

    target: ClassVar[str] = "engine.compiler.modules.MatMul"
    formula: ClassVar[str] = "y = a · b"
    when: ClassVar[str] = "To draw attention by hand, or to apply one tensor to another."
    caption: ClassVar[str] = "Matrix product"
    synonyms: ClassVar[tuple[str, ...]] = ("matrix multiplication", "dot", "bmm", "similarity")
    family: ClassVar[Family] = Family.MERGE
    inputs: ClassVar[tuple[InputPort, ...]] = _TWO
    onnx: ClassVar[OnnxForm] = OnnxForm(op="MatMul")
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        a, b = inputs
        if a.rank < 3 or a.rank != b.rank:
            # Fewer dimensions would multiply across the batch; torch allows it, and mixes samples.
            mismatch("3 or more dimensions (N, rows, columns) at both inputs, as many at each", f"{a} and {b}")
        if not same_sizes(a.shape[-1], b.shape[-2]):
            mismatch(
                f"as many rows in b as columns in a, {a.shape[-1]}", f"{b.shape[-2]}", "Permute swaps rows and columns."
            )
        front = broadcast((TensorSpec(a.shape[:-2]), TensorSpec(b.shape[:-2]))).shape
        return (TensorSpec((*front, a.shape[-2], b.shape[-1])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        (y,) = self.output_specs(*inputs)
        return volume(y.shape[1:]) * (inputs[0].shape[-1] or 1)
