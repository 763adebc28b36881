"""Layers that only rearrange: flatten, reshape, select, reduce an axis, pad, enlarge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    PICTURE,
    SIGNAL,
    found_text,
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
    synonyms: ClassVar[tuple[str, ...]] = ("remove axis", "drop axis")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="squeeze")
    stricter: ClassVar[str] = "torch leaves an axis of another size as it is, and the next layer fails instead"
    dim: int = _dim(-1)

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
    synonyms: ClassVar[tuple[str, ...]] = ("average", "reduce", "pool over time")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="mean")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum(_Reduce):
    """Adds up the values along an axis.

    Input (N, ...); output without the axis dim, or with size 1 there.
    """

    target: ClassVar[str] = "engine.compiler.modules.Sum"
    synonyms: ClassVar[tuple[str, ...]] = ("total", "reduce")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="sum")


@dataclass(frozen=True, kw_only=True, slots=True)
class Max(_Reduce):
    """Keeps the largest value along an axis, for example over the steps of a sequence.

    Input (N, ...); output without the axis dim, or with size 1 there.
    """

    target: ClassVar[str] = "engine.compiler.modules.Max"
    synonyms: ClassVar[tuple[str, ...]] = ("maximum", "reduce", "pool over time")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="max")


@dataclass(frozen=True, kw_only=True, slots=True)
class Select(Layer):
    """Picks one entry along an axis, for example the last step of a sequence.

    Input (N, ...); output without the axis dim. Negative index counts from the end.
    """

    target: ClassVar[str] = "engine.compiler.modules.Select"
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


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroPad1d(Layer):
    """Adds zeros at both ends of a signal.

    Input (N, channels, length); output (N, channels, length + 2 padding), or left and right apart.
    Source: torch.nn.ZeroPad1d.
    """

    target: ClassVar[str] = "torch.nn.ZeroPad1d"
    synonyms: ClassVar[tuple[str, ...]] = ("padding", "border")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="zero_pad")
    padding: int | tuple[int, int] = attribute(
        1, minimum=0, maximum=10_000, help="Zeros at each end; two numbers are left and right."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        left, right = self.padding if isinstance(self.padding, tuple) else (self.padding, self.padding)
        length = x.shape[2]
        return (TensorSpec((*x.shape[:2], None if length is None else length + left + right)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroPad2d(Layer):
    """Adds a border of zeros around a picture.

    Input (N, channels, height, width); output with 2 padding more in height and width, or a number for
    left, right, top and bottom. Source: torch.nn.ZeroPad2d.
    """

    target: ClassVar[str] = "torch.nn.ZeroPad2d"
    synonyms: ClassVar[tuple[str, ...]] = ("padding", "border", "frame")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="zero_pad")
    stricter: ClassVar[str] = "four numbers say for which side each is; with two torch pads left and right alone"
    padding: tuple[int, ...] = attribute(
        (1, 1, 1, 1), minimum=0, maximum=1_000, help="Zeros on the left, right, top and bottom."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if len(self.padding) != 4:
            mismatch("four numbers: left, right, top, bottom", f"{len(self.padding)} of them", "Set all four.")
        left, right, top, bottom = self.padding
        height, width = x.shape[2:]
        return (
            TensorSpec(
                (
                    *x.shape[:2],
                    None if height is None else height + top + bottom,
                    None if width is None else width + left + right,
                )
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Upsample(Layer):
    """Makes a picture larger by repeating or blending its pixels.

    Input (N, channels, height, width); output with height and width times scale_factor. Source: torch.nn.Upsample.
    """

    target: ClassVar[str] = "torch.nn.Upsample"
    synonyms: ClassVar[tuple[str, ...]] = ("resize", "enlarge", "interpolate", "decoder")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="upsample")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "size": "scale_factor is enough and works for any size of picture",
        "scale_factor": "torch's None would need a size; doubling is usual",
        "align_corners": "off is right for pictures and what ONNX calls half_pixel",
        "recompute_scale_factor": "no effect with whole factors",
    }
    scale_factor: int = attribute(2, minimum=1, maximum=64, label="Times", help="How many times larger.")
    mode: Literal["nearest", "bilinear", "bicubic"] = attribute(
        "nearest", help="'nearest' repeats pixels, the others blend them."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        grown = [None if size is None else size * self.scale_factor for size in x.shape[2:]]
        return (TensorSpec((*x.shape[:2], *grown)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        taps = {"nearest": 0, "bilinear": 4, "bicubic": 16}[self.mode]
        return taps * volume(inputs[0].shape[1:]) * self.scale_factor**2


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelShuffle(Layer):
    """Makes a picture larger by laying groups of channels side by side as pixels.

    Input (N, channels factor squared, height, width); output (N, channels, height factor, width factor).
    Source: Shi et al. 2016, torch.nn.PixelShuffle.
    """

    target: ClassVar[str] = "torch.nn.PixelShuffle"
    synonyms: ClassVar[tuple[str, ...]] = ("super-resolution", "depth to space", "enlarge")
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pixel_shuffle")
    upscale_factor: int = attribute(2, minimum=1, maximum=64, label="Times", help="How many times larger.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        channels, square = x.shape[1], self.upscale_factor**2
        if channels is not None and channels % square:
            mismatch(
                f"channels dividable by {square}",
                found_text(x.shape, PICTURE),
                "Give the layer before it more filters.",
            )
        grown = [None if size is None else size * self.upscale_factor for size in x.shape[2:]]
        return (TensorSpec((x.shape[0], None if channels is None else channels // square, *grown)),)
