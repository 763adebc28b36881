"""Layers that cut apart, pick, repeat, move and fit tensors to each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    PICTURE,
    SEQUENCE,
    alike,
    found_text,
    known,
    mismatch,
    normal_axis,
    pair,
    product,
    same_sizes,
    volume,
    window,
    with_sizes,
    without_axis,
)
from engine.catalog.tensors import DType, TensorSpec

_ANY = (InputPort(dtype=None),)
_LIKE = (InputPort(dtype=None), InputPort(name="like", dtype=None))
_DIM = "The axis: 1 is the first after the batch, -1 the last."
_LETTERS = "abcdefghijklmnop"
_AXIS_PRESET = {"dim": "torch's default is the batch, or nothing"}


def _dim(default: int, help: str = _DIM) -> Any:
    return attribute(default, minimum=-8, maximum=8, help=help)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Moved(Layer):
    """Base: the same values, placed otherwise."""

    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _ANY
    stricter: ClassVar[str] = NOT_THE_BATCH


@dataclass(frozen=True, kw_only=True, slots=True)
class Split(_Moved):
    """Cuts an axis into pieces, each with an output of its own.

    Input (N, ...); outputs a, b, ... with the sizes given along dim; one size may be -1 and is what is left.
    Source: torch.split.
    """

    target: ClassVar[str] = "engine.compiler.modules.Split"
    caption: ClassVar[str] = "Split"
    formula: ClassVar[str] = "a, b, … = pieces of x of the given sizes"
    when: ClassVar[str] = "When parts of a vector mean different things."
    synonyms: ClassVar[tuple[str, ...]] = ("cut", "pieces", "slice", "unbind")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="split")
    outputs: ClassVar[tuple[str, ...]] = ("a", "b")
    dim: int = _dim(1)
    sizes: tuple[int, ...] = attribute(
        (1, -1), minimum=-1, maximum=1e9, help="How long each piece is; -1 is what is left. As many outputs as sizes."
    )
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; one piece is no split"

    def output_ports(self) -> tuple[str, ...]:
        return tuple(_LETTERS[: max(2, min(len(self.sizes), len(_LETTERS)))])

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        total, given = x.shape[axis], [size for size in self.sizes if size != -1]
        listed = ", ".join(map(str, self.sizes)) or "none"
        if not 2 <= len(self.sizes) <= len(_LETTERS) or 0 in given or len(self.sizes) - len(given) > 1:
            mismatch(f"2 to {len(_LETTERS)} sizes from 1, at most one of them -1", listed, "Set the sizes anew.")
        rest = None if total is None else total - sum(given)
        if rest is not None and (rest < 1 if -1 in self.sizes else rest != 0):
            more = f"less than {total}" if -1 in self.sizes else f"{total}"
            mismatch(f"sizes that add up to {more}", listed, "Change the sizes, or let one be -1.")
        return tuple(with_sizes(x, {axis: rest if size == -1 else size}) for size in self.sizes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk(_Moved):
    """Cuts an axis into equal pieces, each with an output of its own.

    Input (N, ...); as many outputs a, b, ... as pieces, of equal size along dim. Source: torch.chunk.
    """

    target: ClassVar[str] = "torch.chunk"
    formula: ClassVar[str] = "a, b, … = equal pieces of x"
    when: ClassVar[str] = "For gates and pairs, such as mean and log-variance."
    synonyms: ClassVar[tuple[str, ...]] = ("cut", "halves", "split", "equal parts")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="chunk")
    outputs: ClassVar[tuple[str, ...]] = ("a", "b")
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; torch makes the last piece smaller, or leaves one out"
    unlike_torch: ClassVar[Mapping[str, str]] = _AXIS_PRESET
    chunks: int = attribute(2, minimum=2, maximum=16, label="Pieces", help="How many pieces, and outputs.")
    dim: int = _dim(1)

    def output_ports(self) -> tuple[str, ...]:
        return tuple(_LETTERS[: self.chunks])

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = known(x, axis, f"values along dim {axis}")
        if size % self.chunks:
            mismatch(f"a size dividable by {self.chunks} along dim {axis}", str(size), "Cut into fewer pieces.")
        return tuple(with_sizes(x, {axis: size // self.chunks}) for _ in range(self.chunks))


@dataclass(frozen=True, kw_only=True, slots=True)
class Flip(_Moved):
    """Turns the order of the values along an axis around.

    Input and output (N, ...) of one shape. Source: torch.flip.
    """

    target: ClassVar[str] = "engine.compiler.modules.Flip"
    formula: ClassVar[str] = "yᵢ = xₙ₋ᵢ"
    when: ClassVar[str] = "To read a sequence backwards, or to mirror a picture."
    synonyms: ClassVar[tuple[str, ...]] = ("reverse", "mirror", "backwards")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="flip")
    dim: int = _dim(-1)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        normal_axis(self.dim, inputs[0].rank)
        return inputs


@dataclass(frozen=True, kw_only=True, slots=True)
class Roll(_Moved):
    """Moves all values along an axis; what leaves at one end comes in at the other.

    Input and output (N, ...) of one shape. Source: torch.roll.
    """

    target: ClassVar[str] = "torch.roll"
    formula: ClassVar[str] = "yᵢ = xᵢ₋ₛ, around the end"
    when: ClassVar[str] = "For rings and seasons, and for shifted windows."
    synonyms: ClassVar[tuple[str, ...]] = ("shift", "circular", "rotate", "swin")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="roll")
    unlike_torch: ClassVar[Mapping[str, str]] = {"dims": "empty in torch, which rolls through the batch"}
    shifts: int = attribute(1, minimum=-1_000_000, maximum=1_000_000, label="Steps", help="How far; negative is back.")
    dims: int = _dim(1)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        normal_axis(self.dims, inputs[0].rank)
        return inputs


@dataclass(frozen=True, kw_only=True, slots=True)
class Transpose(_Moved):
    """Swaps two axes, for example rows and columns.

    Input (N, ...); output with dim0 and dim1 swapped. Source: torch.transpose.
    """

    target: ClassVar[str] = "torch.transpose"
    formula: ClassVar[str] = "y[…, j, …, i, …] = x[…, i, …, j, …]"
    when: ClassVar[str] = "When a layer wants its axes in another order."
    synonyms: ClassVar[tuple[str, ...]] = ("swap axes", "rows and columns", "permute")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="transpose")
    dim0: int = _dim(1, f"One axis. {_DIM}")
    dim1: int = _dim(2, f"The other axis. {_DIM}")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        a, b = normal_axis(self.dim0, x.rank), normal_axis(self.dim1, x.rank)
        return (TensorSpec(with_sizes(x, {a: x.shape[b], b: x.shape[a]}).shape, x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile(_Moved):
    """Lays copies of a tensor one after the other along an axis.

    Input (N, ...); output with that axis as many times as long: a b a b.
    """

    target: ClassVar[str] = "engine.compiler.modules.Tile"
    formula: ClassVar[str] = "y = x, x, …"
    when: ClassVar[str] = "To give every step a copy of one vector."
    synonyms: ClassVar[tuple[str, ...]] = ("repeat", "copy", "duplicate")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="tile")
    dim: int = _dim(1)
    times: int = attribute(
        2, minimum=1, maximum=100_000, label="Times", help="How many times as long the axis becomes."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        grown = with_sizes(x, {axis: None if size is None else size * self.times})
        return (TensorSpec(grown.shape, x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class RepeatInterleave(_Moved):
    """Repeats every entry of an axis some times.

    Input (N, ...); output with that axis as many times as long: a a b b. Source: torch.repeat_interleave.
    """

    target: ClassVar[str] = "torch.repeat_interleave"
    caption: ClassVar[str] = "Repeat each"
    formula: ClassVar[str] = "y = x₁, x₁, …, x₂, x₂, …"
    when: ClassVar[str] = "To stretch a slow series to the pace of a fast one."
    synonyms: ClassVar[tuple[str, ...]] = ("repeat", "duplicate", "stretch")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="repeat_interleave")
    unlike_torch: ClassVar[Mapping[str, str]] = {"dim": "empty in torch, which flattens first"}

    dim: int = _dim(1)
    repeats: int = attribute(
        2, minimum=1, maximum=100_000, label="Times", help="How many times as long the axis becomes."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        grown = with_sizes(x, {axis: None if size is None else size * self.repeats})
        return (TensorSpec(grown.shape, x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpandAs(_Moved):
    """Repeats axes of size 1 until a tensor has the shape of another.

    Inputs (N, ...) and like with as many dimensions; output of the shape of like.
    """

    target: ClassVar[str] = "engine.compiler.modules.ExpandAs"
    caption: ClassVar[str] = "Expand as"
    formula: ClassVar[str] = "y = x, repeated to the shape of like"
    when: ClassVar[str] = "Before layers that want equal shapes."
    synonyms: ClassVar[tuple[str, ...]] = ("broadcast", "expand", "repeat")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="expand_as")
    inputs: ClassVar[tuple[InputPort, ...]] = _LIKE
    stricter: ClassVar[str] = "with fewer dimensions or a batch of 1, samples would be lined up with something else"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, like = inputs
        fits = x.rank == like.rank and same_sizes(x.shape[0], like.shape[0])
        if not fits or not all(a == 1 or same_sizes(a, b) for a, b in zip(x.shape[1:], like.shape[1:], strict=True)):
            mismatch(f"sizes of 1 or those of like, {found_text(like.shape)}", x, "Unsqueeze adds axes of size 1.")
        batch = x.shape[0] if like.shape[0] is None else like.shape[0]
        sizes = [b if a in (1, None) else a for a, b in zip(x.shape[1:], like.shape[1:], strict=True)]
        return (TensorSpec((batch, *sizes), x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReshapeAs(_Moved):
    """Gives the values of a sample the shape of another tensor, in the same order.

    Inputs (N, ...) and like with as many values a sample; output of the shape of like.
    """

    target: ClassVar[str] = "engine.compiler.modules.ReshapeAs"
    caption: ClassVar[str] = "Reshape as"
    formula: ClassVar[str] = "y = the values of x in the shape of like"
    when: ClassVar[str] = "At the end of a decoder, to give what came in its shape back."
    synonyms: ClassVar[tuple[str, ...]] = ("view as", "reshape like", "unflatten")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="reshape_as")
    inputs: ClassVar[tuple[InputPort, ...]] = _LIKE
    stricter: ClassVar[str] = "samples must stay apart, so the batch must be the same"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, like = inputs
        if not same_sizes(x.shape[0], like.shape[0]) or not same_sizes(product(x.shape[1:]), product(like.shape[1:])):
            mismatch(f"as many values a sample as like, {found_text(like.shape)}", x, "Link other tensors.")
        return (TensorSpec(like.shape, x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class CropLike(_Moved):
    """Cuts the middle out of a tensor, as large as another one is.

    Inputs (N, channels, ...) and like with as many dimensions and no larger; output with the sizes of like after
    the channels.
    """

    target: ClassVar[str] = "engine.compiler.modules.CropLike"
    caption: ClassVar[str] = "Crop as"
    formula: ClassVar[str] = "y = the middle of x, as large as like"
    when: ClassVar[str] = "Before a Concatenate in a U-Net whose convolutions have no padding."
    synonyms: ClassVar[tuple[str, ...]] = ("center crop", "u-net", "fit", "cut")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="crop_like")
    inputs: ClassVar[tuple[InputPort, ...]] = _LIKE
    stricter: ClassVar[str] = "a tensor that is smaller than like cannot be cropped to it"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, like = inputs
        if x.rank < 3 or x.rank != like.rank:
            mismatch("3 or more dimensions (N, channels, ...), as many at each input", f"{x} and {like}")
        for size, wanted in zip(x.shape[2:], like.shape[2:], strict=True):
            if size is not None and wanted is not None and size < wanted:
                mismatch(f"at least the sizes of like, {found_text(like.shape)}", x, "Swap the inputs, or add padding.")
        return (TensorSpec((*x.shape[:2], *like.shape[2:]), x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class PadAxis(_Moved):
    """Adds entries of one value at the ends of an axis.

    Input (N, ...); output with before and after more entries along dim.
    """

    target: ClassVar[str] = "engine.compiler.modules.PadAxis"
    caption: ClassVar[str] = "Pad an axis"
    formula: ClassVar[str] = "y = value …, x, value …"
    when: ClassVar[str] = "To bring an axis to the length that a layer wants."
    synonyms: ClassVar[tuple[str, ...]] = ("padding", "border", "extend")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pad_axis")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(),)
    dim: int = _dim(1)
    before: int = attribute(0, minimum=0, maximum=100_000, help="How many entries are put before the first.")
    after: int = attribute(1, minimum=0, maximum=100_000, help="How many entries are put behind the last.")
    value: float = attribute(0.0, minimum=-1e9, maximum=1e9, help="What they hold.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        return (with_sizes(x, {axis: None if size is None else size + self.before + self.after}),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpolate(_Moved):
    """Gives a picture a fixed size, larger or smaller, by blending its pixels.

    Input (N, channels, height, width); output (N, channels, *size). Source: torch.nn.functional.interpolate.
    """

    target: ClassVar[str] = "torch.nn.functional.interpolate"
    caption: ClassVar[str] = "Resize to"
    formula: ClassVar[str] = "y = x at other places, blended"
    when: ClassVar[str] = "When a layer wants pictures of a fixed size."
    synonyms: ClassVar[tuple[str, ...]] = ("resize", "scale", "resample")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="interpolate")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    stricter: ClassVar[str] = ""
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "size": "torch takes either a size or a factor; Upsample has the factor",
        "scale_factor": "Upsample has it",
        "recompute_scale_factor": "goes with scale_factor",
        "align_corners": "off is right for pictures and what ONNX calls half_pixel",
        "antialias": "what is made smaller is averaged better by a pooling layer",
    }
    size: int | tuple[int, int] = attribute((32, 32), minimum=1, maximum=16_384, help="Height and width that come out.")
    mode: Literal["nearest", "bilinear", "bicubic"] = attribute(
        "nearest", help="'nearest' repeats pixels, the others blend them."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec((*inputs[0].shape[:2], *pair(self.size))),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        taps = {"nearest": 0, "bilinear": 4, "bicubic": 16}[self.mode]
        return taps * (inputs[0].shape[1] or 1) * volume(pair(self.size))


@dataclass(frozen=True, kw_only=True, slots=True)
class ResizeLike(_Moved):
    """Gives a picture the height and width of another one, by blending its pixels.

    Inputs (N, channels, height, width) and like (N, ...); output with height and width of like.
    """

    target: ClassVar[str] = "engine.compiler.modules.ResizeLike"
    caption: ClassVar[str] = "Resize as"
    formula: ClassVar[str] = "y = x at the places of like, blended"
    when: ClassVar[str] = "To add or join pictures of different size, as in a feature pyramid."
    synonyms: ClassVar[tuple[str, ...]] = ("upsample", "interpolate", "fit", "fpn")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="resize_like")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE), InputPort(name="like", axes=PICTURE))
    stricter: ClassVar[str] = ""
    mode: Literal["nearest", "bilinear", "bicubic"] = attribute(
        "nearest", help="'nearest' repeats pixels, the others blend them."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, like = inputs
        return (TensorSpec((*x.shape[:2], *like.shape[2:])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        taps = {"nearest": 0, "bilinear": 4, "bicubic": 16}[self.mode]
        return taps * volume((inputs[0].shape[1], *inputs[1].shape[2:]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Gather(_Moved):
    """Picks values along an axis at places that another tensor names.

    Inputs (N, ...) and index, whole numbers of the same sizes but along dim; output of the shape of index. Source:
    torch.gather.
    """

    target: ClassVar[str] = "engine.compiler.modules.Gather"
    formula: ClassVar[str] = "y[…, i, …] = x[…, index[…, i, …], …]"
    when: ClassVar[str] = "To read off a value by its number, such as the score of the true class."
    synonyms: ClassVar[tuple[str, ...]] = ("index", "pick", "lookup", "take along")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="gather")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None), InputPort(name="index", dtype=DType.INT))
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; torch also takes an index that is smaller on other axes"
    dim: int = _dim(1)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, index = inputs
        axis = normal_axis(self.dim, x.rank)
        if x.rank != index.rank:
            mismatch(f"an index of {x.rank} dimensions", index, "Unsqueeze adds an axis.")
        alike((without_axis(x, axis), without_axis(index, axis)))
        if x.shape[axis] is not None and index.classes is not None and index.classes > x.shape[axis]:  # type: ignore[operator]
            mismatch(f"places below {x.shape[axis]}", f"places up to {index.classes - 1}", "Choose another dim.")
        return (TensorSpec(index.shape, x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeSteps(_Moved):
    """Picks steps of a sequence at places that another tensor names.

    Inputs (N, time, features) and index (N, count) of whole numbers; output (N, count, features).
    """

    target: ClassVar[str] = "engine.compiler.modules.TakeSteps"
    caption: ClassVar[str] = "Take steps"
    formula: ClassVar[str] = "y[k] = x[index[k]]"
    when: ClassVar[str] = "To read the steps that a TopK or an ArgMax has pointed at."
    synonyms: ClassVar[tuple[str, ...]] = ("gather", "pointer", "lookup", "span")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="take_steps")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=SEQUENCE),
        InputPort(name="index", axes=("N", "count"), dtype=DType.INT),
    )
    stricter: ClassVar[str] = "a batch of 1 would be repeated; places beyond the last step are not there"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, index = inputs
        alike(inputs, 1)
        if x.shape[1] is not None and index.classes is not None and index.classes > x.shape[1]:
            mismatch(f"places below {x.shape[1]}", f"places up to {index.classes - 1}", "Link another index.")
        return (TensorSpec((x.shape[0], index.shape[1], x.shape[2])),)

    def example(self) -> tuple[TensorSpec, ...]:
        return TensorSpec((None, 8, 4)), TensorSpec((None, 3), DType.INT, 8)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pick(_Moved):
    """Keeps some entries of an axis, in an order of your own.

    Input (N, ...); output with as many entries along dim as there are indices; negative ones count from the end.
    """

    target: ClassVar[str] = "engine.compiler.modules.Pick"
    caption: ClassVar[str] = "Pick entries"
    formula: ClassVar[str] = "yᵢ = x[indicesᵢ]"
    when: ClassVar[str] = "To choose columns of a table or channels of a picture."
    synonyms: ClassVar[tuple[str, ...]] = ("index select", "columns", "reorder", "choose")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pick")
    dim: int = _dim(1)
    indices: tuple[int, ...] = attribute(
        (0,), minimum=-1_000_000, maximum=1_000_000, help="Which entries: 0 is the first, -1 the last."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = known(x, axis, f"entries along dim {axis}")
        if not self.indices or not all(-size <= index < size for index in self.indices):
            mismatch(f"indices from {-size} to {size - 1}", ", ".join(map(str, self.indices)) or "none")
        return (TensorSpec(with_sizes(x, {axis: len(self.indices)}).shape, x.dtype, x.classes),)

    def arguments(self, *inputs: TensorSpec) -> dict[str, Any]:
        size = inputs[0].shape[self.dim] or 1
        return {"dim": self.dim, "indices": tuple(index % size for index in self.indices)}


@dataclass(frozen=True, kw_only=True, slots=True)
class LastStep(_Moved):
    """Takes the last step of a sequence, where each sequence may end elsewhere.

    Inputs (N, time, features) and lengths (N,) of whole numbers; output (N, features); without lengths the very
    last step.
    """

    target: ClassVar[str] = "engine.compiler.modules.LastStep"
    caption: ClassVar[str] = "Last step"
    formula: ClassVar[str] = "y = x[length − 1]"
    when: ClassVar[str] = "Behind a recurrent layer over sequences of different length."
    synonyms: ClassVar[tuple[str, ...]] = ("final state", "end", "many to one", "packed")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="last_step")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=SEQUENCE),
        InputPort(name="lengths", axes=("N",), dtype=DType.INT, optional=True),
    )
    stricter: ClassVar[str] = "there must be a length for each sample"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x, *_) = inputs
        alike(inputs, 1)
        return (TensorSpec((x.shape[0], x.shape[2])),)


@dataclass(frozen=True, kw_only=True, slots=True)
class EveryNth(_Moved):
    """Keeps every second, third, ... entry of an axis.

    Input (N, ...); output with the entries start, start + step, ... along dim.
    """

    target: ClassVar[str] = "engine.compiler.modules.EveryNth"
    caption: ClassVar[str] = "Every n-th"
    formula: ClassVar[str] = "yᵢ = x[start + step · i]"
    when: ClassVar[str] = "To look at a fast series less often."
    synonyms: ClassVar[tuple[str, ...]] = ("stride", "decimate", "subsample", "skip")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="every_nth")
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; an empty tensor helps nobody"
    dim: int = _dim(1)
    step: int = attribute(2, minimum=1, maximum=1_000_000, help="Distance between those that are kept.")
    start: int = attribute(0, minimum=0, maximum=1_000_000, help="The first that is kept.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        size = x.shape[axis]
        if size is not None and self.start >= size:
            mismatch(f"a start below {size}", str(self.start), "Nothing would be left.")
        kept = None if size is None else -(-(size - self.start) // self.step)
        return (TensorSpec(with_sizes(x, {axis: kept}).shape, x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Frames(_Moved):
    """Cuts an axis into windows that may overlap, and lays the windows along it.

    Input (N, ...); output with (length − size) // step + 1 windows along dim and a last axis of the window's
    values.
    """

    target: ClassVar[str] = "engine.compiler.modules.Frames"
    formula: ClassVar[str] = "y[w, …, i] = x[step · w + i]"
    when: ClassVar[str] = "To cut a long series into pieces for one network."
    synonyms: ClassVar[tuple[str, ...]] = ("sliding window", "unfold", "chunks of time", "rolling")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="frames")
    stricter: ClassVar[str] = f"{NOT_THE_BATCH}; a window longer than the axis fits nowhere"
    dim: int = _dim(1)
    size: int = attribute(4, minimum=1, maximum=1_000_000, help="Length of a window.")
    step: int = attribute(2, minimum=1, maximum=1_000_000, help="Distance from one window to the next.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        axis = normal_axis(self.dim, x.rank)
        count = window(x.shape[axis], f"dim {axis}", kernel=self.size, stride=self.step)
        return (TensorSpec((*with_sizes(x, {axis: count}).shape, self.size), x.dtype, x.classes),)


@dataclass(frozen=True, kw_only=True, slots=True)
class OneHot(_Moved):
    """Turns class numbers into a 1 at the place of the class and 0 elsewhere.

    Input (N, ...) of whole numbers of a known range; output (N, ..., classes).
    """

    target: ClassVar[str] = "engine.compiler.modules.OneHot"
    caption: ClassVar[str] = "One-hot numbers"
    formula: ClassVar[str] = "y[…, k] = 1 where x = k, else 0"
    when: ClassVar[str] = "When a category has few values and needs no Embedding."
    synonyms: ClassVar[tuple[str, ...]] = ("dummy", "indicator", "category", "encode")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="one_hot")
    family: ClassVar[Family] = Family.EMBEDDING
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=DType.INT),)
    stricter: ClassVar[str] = ""

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.classes is None:
            mismatch("whole numbers of a known range", "numbers of which the range is not known", "Link a category.")
        return (TensorSpec((*x.shape, x.classes)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"num_classes": inputs[0].classes}


@dataclass(frozen=True, kw_only=True, slots=True)
class Positions(_Moved):
    """Numbers the steps of a sequence: 0, 1, 2, ...

    Input (N, time, ...); output (N, time) of whole numbers.
    """

    target: ClassVar[str] = "engine.compiler.modules.Positions"
    formula: ClassVar[str] = "yᵢ = i"
    when: ClassVar[str] = "With an Embedding, learned positions as in BERT and GPT-2."
    synonyms: ClassVar[tuple[str, ...]] = ("arange", "index", "range", "order")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="positions")
    family: ClassVar[Family] = Family.EMBEDDING
    stricter: ClassVar[str] = "there must be steps to number"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank < 2:
            mismatch("2 or more dimensions (N, time, ...)", x, "Link a sequence.")
        return (TensorSpec(x.shape[:2], DType.INT, x.shape[1]),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant(_Moved):
    """Gives a tensor that holds one number everywhere.

    Input (N, ...), of which only the count of samples is used; output (N, *shape).
    """

    target: ClassVar[str] = "engine.compiler.modules.Constant"
    formula: ClassVar[str] = "y = value"
    when: ClassVar[str] = "For zeros or ones that another layer wants."
    synonyms: ClassVar[tuple[str, ...]] = ("fill", "full", "zeros", "ones", "number")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="constant")
    stricter: ClassVar[str] = ""
    value: float = attribute(0.0, minimum=-1e9, maximum=1e9, help="The number.")
    shape: tuple[int, ...] = attribute((1,), minimum=1, maximum=1e6, help="The sizes without the batch.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec((inputs[0].shape[0], *self.shape)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class AddCoordinates(_Moved):
    """Adds two channels that say how far down and how far right each pixel stands.

    Input (N, channels, height, width); output (N, channels + 2, height, width). Source: Liu et al. 2018, CoordConv.
    """

    target: ClassVar[str] = "engine.compiler.modules.AddCoordinates"
    caption: ClassVar[str] = "Add coordinates"
    formula: ClassVar[str] = "y = x, and two channels from −1 to 1"
    when: ClassVar[str] = "When a network has to know where in the picture something is."
    synonyms: ClassVar[tuple[str, ...]] = ("coordconv", "position", "location", "grid")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="add_coordinates")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    stricter: ClassVar[str] = ""

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        return (with_sizes(x, {1: None if x.shape[1] is None else x.shape[1] + 2}),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucketize(_Moved):
    """Sorts numbers into ranges, and gives the number of the range.

    Input (N, ...); output of the same shape, whole numbers from 0 to the count of boundaries.
    """

    target: ClassVar[str] = "engine.compiler.modules.Bucketize"
    formula: ClassVar[str] = "y = number of boundaries < x"
    when: ClassVar[str] = "With an Embedding, when small and large numbers mean different things."
    synonyms: ClassVar[tuple[str, ...]] = ("bins", "ranges", "discretize", "category")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="bucketize")
    family: ClassVar[Family] = Family.LOGIC
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(),)
    boundaries: tuple[float, ...] = attribute(
        (0.0,), minimum=-1e9, maximum=1e9, help="Where one range ends and the next begins, the smallest first."
    )
    stricter: ClassVar[str] = "boundaries out of order would name ranges that are none"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if not self.boundaries or sorted(set(self.boundaries)) != list(self.boundaries):
            mismatch("boundaries in order, each once", ", ".join(f"{b:g}" for b in self.boundaries) or "none")
        return (TensorSpec(inputs[0].shape, DType.INT, len(self.boundaries) + 1),)
