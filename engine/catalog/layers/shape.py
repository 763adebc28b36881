"""Layers that only rearrange: flatten, reshape, select, reduce an axis, pad, enlarge."""

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    mismatch,
    normal_axis,
    product,
    volume,
    with_sizes,
    without_axis,
)
from engine.catalog.tensors import TensorSpec

_ANY = (InputPort(dtype=None),)
_DIM = "The axis: 1 is the first after the batch, -1 the last."


def _dim(default: int, help: str = _DIM) -> Any:
    return attribute(default, minimum=-8, maximum=8, help=help)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flatten(Layer):
    """Lays all values of a sample in one row, so that a Linear can follow.

    Input (N, ...); output (N, product of the sizes from start_dim to end_dim). Source: torch.nn.Flatten.
    """

    target: ClassVar[str] = "torch.nn.Flatten"
    formula: ClassVar[str] = "y[i · width + j] = x[i, j]"
    when: ClassVar[str] = "Between convolutions and the first Linear, or before any layer that takes one row a sample."
    synonyms: ClassVar[tuple[str, ...]] = ("vector", "unroll", "reshape")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="flatten")
    stricter: ClassVar[str] = NOT_THE_BATCH
    start_dim: int = attribute(1, minimum=-8, maximum=8, advanced=True, help=f"The first axis to join. {_DIM}")
    end_dim: int = attribute(-1, minimum=-8, maximum=8, advanced=True, help=f"The last axis to join. {_DIM}")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        start, end = normal_axis(self.start_dim, x.rank), normal_axis(self.end_dim, x.rank)
        if start > end:
            mismatch("a first axis before the last", f"{self.start_dim} and {self.end_dim}", "Swap them.")
        return (
            TensorSpec((*x.shape[:start], product(x.shape[start : end + 1]), *x.shape[end + 1 :]), x.dtype, x.classes),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Unflatten(Layer):
    """Splits one axis into several, the opposite of Flatten.

    Input (N, ..., size, ...); output with that axis replaced by unflattened_size; one of them may be -1 and is
    computed. Source: torch.nn.Unflatten.
    """

    target: ClassVar[str] = "torch.nn.Unflatten"
    formula: ClassVar[str] = "y[i, j] = x[i · width + j]"
    when: ClassVar[str] = "To make a picture or a sequence again of one row, in decoders and generators."
    synonyms: ClassVar[tuple[str, ...]] = ("reshape", "split")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="unflatten")
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = _dim(1)
    unflattened_size: tuple[int, ...] = attribute(
        (1, -1), minimum=-1, maximum=1e9, label="Sizes", help="The sizes the axis is split into; -1 is computed."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        sizes = fill_in(self.unflattened_size, x.shape[axis])
        return (TensorSpec((*x.shape[:axis], *sizes, *x.shape[axis + 1 :]), x.dtype, x.classes),)


def fill_in(wanted: tuple[int, ...], total: int | None) -> tuple[int | None, ...]:
    """Sizes with -1 replaced by what is left. Raises ShapeMismatch when they do not multiply to the total."""
    if not wanted or 0 in wanted or wanted.count(-1) > 1:
        mismatch("sizes from 1, at most one of them -1", ", ".join(map(str, wanted)) or "none")
    rest = volume([size for size in wanted if size != -1])
    if -1 in wanted:
        if total is not None and total % rest:
            mismatch(f"a number of values dividable by {rest}", str(total), "Change the sizes.")
        left = None if total is None else total // rest
        return tuple(left if size == -1 else size for size in wanted)
    if total is not None and total != rest:
        mismatch(f"sizes that multiply to {total}", f"{' × '.join(map(str, wanted))} = {rest}", "Change the sizes.")
    return wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class Reshape(Layer):
    """Gives the values of a sample another shape, in the same order.

    Input (N, ...); output (N, *shape); one size may be -1 and is computed.
    """

    target: ClassVar[str] = "engine.compiler.modules.Reshape"
    formula: ClassVar[str] = "y holds the values of x in the same order"
    when: ClassVar[str] = "Where Flatten and Unflatten do not give the shape a layer wants."
    synonyms: ClassVar[tuple[str, ...]] = ("view", "shape")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="reshape")
    shape: tuple[int, ...] = attribute(
        (-1,), minimum=-1, maximum=1e9, help="The sizes without the batch; -1 is computed."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        return (TensorSpec((x.shape[0], *fill_in(self.shape, product(x.shape[1:]))), x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Permute(Layer):
    """Changes the order of the axes, for example (channels, length) to (length, channels).

    Input (N, ...); output with the axes in the order of dims; the batch stays first.
    """

    target: ClassVar[str] = "engine.compiler.modules.Permute"
    formula: ClassVar[str] = "y[j, i] = x[i, j]"
    when: ClassVar[str] = "Between convolutions, which want channels first, and sequences, which want features last."
    synonyms: ClassVar[tuple[str, ...]] = ("transpose", "swap axes", "channels last")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="permute")
    stricter: ClassVar[str] = NOT_THE_BATCH
    dims: tuple[int, ...] = attribute(
        (2, 1), minimum=1, maximum=8, label="Order", help="The axes after the batch in their new order: 2, 1 swaps two."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if sorted(self.dims) != list(range(1, x.rank)):
            wanted = ", ".join(map(str, range(1, x.rank)))
            mismatch(f"each of the axes {wanted} once", ", ".join(map(str, self.dims)) or "none", "Set the order anew.")
        return (TensorSpec((x.shape[0], *(x.shape[axis] for axis in self.dims)), x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Squeeze(Layer):
    """Takes out an axis of size 1.

    Input (N, ..., 1, ...); output without that axis.
    """

    target: ClassVar[str] = "engine.compiler.modules.Squeeze"
    formula: ClassVar[str] = "y[i] = x[i, 0]"
    when: ClassVar[str] = "Where an axis of size 1 is left over."
    synonyms: ClassVar[tuple[str, ...]] = ("remove axis", "drop axis")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="squeeze")
    stricter: ClassVar[str] = "torch leaves an axis of another size as it is, and the next layer fails instead"
    dim: int = _dim(-1)

    def example(self) -> tuple[TensorSpec, ...]:
        return (TensorSpec((None, 8, 1)),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        if x.shape[axis] != 1:
            size = "a free size" if x.shape[axis] is None else f"size {x.shape[axis]}"
            mismatch(f"size 1 along dim {axis}", size, "Choose another dim, or Select one of the values.")
        return (TensorSpec(x.shape[:axis] + x.shape[axis + 1 :], x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsqueeze(Layer):
    """Puts in an axis of size 1.

    Input (N, ...); output (N, ..., 1, ...) with the new axis at dim.
    """

    target: ClassVar[str] = "engine.compiler.modules.Unsqueeze"
    formula: ClassVar[str] = "y[i, 0] = x[i]"
    when: ClassVar[str] = "To give a signal a channel, or to line shapes up before an Add."
    synonyms: ClassVar[tuple[str, ...]] = ("add axis", "new axis", "expand")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="unsqueeze")
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = _dim(1, "Where the new axis stands: 1 is just after the batch, -1 at the end.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank, extra=1)
        return (TensorSpec((*x.shape[:axis], 1, *x.shape[axis:]), x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reduce(Layer):
    """Base: one value instead of an axis."""

    family: ClassVar[Family] = Family.SHAPE
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = _dim(1)
    keepdim: bool = attribute(False, advanced=True, label="Keep the axis", help="Keep the axis, with size 1.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        return (with_sizes(x, {axis: 1}) if self.keepdim else without_axis(x, axis),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class Mean(_Reduce):
    """Takes the mean along an axis, for example over the steps of a sequence.

    Input (N, ...); output without the axis dim, or with size 1 there.
    """

    target: ClassVar[str] = "engine.compiler.modules.Mean"
    formula: ClassVar[str] = "y = Σ_i x[i] / n"
    when: ClassVar[str] = "To make one vector of a sequence, or one value of a row."
    synonyms: ClassVar[tuple[str, ...]] = ("average", "reduce", "pool over time")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="mean")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum(_Reduce):
    """Adds up the values along an axis.

    Input (N, ...); output without the axis dim, or with size 1 there.
    """

    target: ClassVar[str] = "engine.compiler.modules.Sum"
    formula: ClassVar[str] = "y = Σ_i x[i]"
    when: ClassVar[str] = "To add up parts whose number says something."
    synonyms: ClassVar[tuple[str, ...]] = ("total", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="sum")


@dataclass(frozen=True, kw_only=True, slots=True)
class Max(_Reduce):
    """Keeps the largest value along an axis, for example over the steps of a sequence.

    Input (N, ...); output without the axis dim, or with size 1 there.
    """

    target: ClassVar[str] = "engine.compiler.modules.Max"
    formula: ClassVar[str] = "y = max_i x[i]"
    when: ClassVar[str] = "To keep the strongest sign of a pattern anywhere in a sequence."
    synonyms: ClassVar[tuple[str, ...]] = ("maximum", "reduce", "pool over time")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="max")


@dataclass(frozen=True, kw_only=True, slots=True)
class Select(Layer):
    """Picks one entry along an axis, for example the last step of a sequence.

    Input (N, ...); output without the axis dim. Negative index counts from the end.
    """

    target: ClassVar[str] = "engine.compiler.modules.Select"
    formula: ClassVar[str] = "y = x[index]"
    when: ClassVar[str] = "To take the last step of a sequence, or one of several answers."
    synonyms: ClassVar[tuple[str, ...]] = ("last step", "index", "pick", "slice")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="select")
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = _dim(1)
    index: int = attribute(-1, minimum=-1_000_000, maximum=1_000_000, help="Which entry: 0 is the first, -1 the last.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        if size is not None and not -size <= self.index < size:
            mismatch(f"an index from {-size} to {size - 1}", str(self.index), "Choose another index.")
        return (TensorSpec(x.shape[:axis] + x.shape[axis + 1 :], x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice(Layer):
    """Keeps a stretch of an axis, from start up to before end.

    Input (N, ...); output with that axis cut; negative places count from the end, an empty end is the end.
    """

    target: ClassVar[str] = "engine.compiler.modules.Slice"
    formula: ClassVar[str] = "y = x[start : end]"
    when: ClassVar[str] = "To cut away the beginning or end of an axis, or to split features in parts."
    synonyms: ClassVar[tuple[str, ...]] = ("crop", "cut", "narrow", "range")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="slice")
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; an empty tensor helps nobody"
    dim: int = _dim(1)
    start: int = attribute(0, minimum=-1_000_000, maximum=1_000_000, help="The first place that is kept.")
    end: int | None = attribute(
        None, minimum=-1_000_000, maximum=1_000_000, help="The place to stop before; empty: none."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        kept = None if size is None else len(range(*slice(self.start, self.end).indices(size)))
        if kept == 0:
            mismatch(f"a stretch inside 0 to {size}", f"{self.start} to {self.end}", "Nothing would be left.")
        return (TensorSpec((*x.shape[:axis], kept, *x.shape[axis + 1 :]), x.dtype, x.classes),)
