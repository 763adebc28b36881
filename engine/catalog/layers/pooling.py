"""Pooling: makes signals, pictures and volumes smaller by keeping the largest or the mean of each window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import PICTURE, SIGNAL, VOLUME, mismatch, same_sizes, sides, spatial, volume, window
from engine.catalog.tensors import DType, TensorSpec

_SIGNAL = (InputPort(axes=SIGNAL),)
_PICTURE = (InputPort(axes=PICTURE),)
_VOLUME = (InputPort(axes=VOLUME),)
_STRIDE = "Distance between windows; empty is the size of the window."
_CEIL = "Let a last window stand over the edge."
_PLACES = "Also give the place of each value, counted through the whole channel, for a MaxUnpool."
_DIVISOR = {"divisor_override": "a sum in disguise; a scale is easier to understand"}
_SHRINK = "Between convolutions, so that the next ones see more of the whole and have less to compute."


class _Windows(NamedTuple):
    """The window of a pooling along each of its axes."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pool(Layer):
    """Base: a window an axis, a border of at most half a window. Subclasses declare the attributes by their axes."""

    family: ClassVar[Family] = Family.POOLING
    when: ClassVar[str] = _SHRINK

    def windows(self, count: int) -> _Windows:
        """The attributes, one number an axis."""
        values = self.values()
        kernel = sides(values["kernel_size"], count)
        stride = kernel if values["stride"] is None else sides(values["stride"], count)
        return _Windows(kernel, stride, sides(values.get("padding", 0), count), sides(values.get("dilation", 1), count))

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        chosen, values = self.windows(x.rank - 2), self.values()
        sizes = []
        for size, name, kernel, stride, padding, dilation in zip(x.shape[2:], spatial(x.rank), *chosen, strict=True):
            if 2 * padding > kernel:
                mismatch(f"a padding of at most half the window, {kernel // 2}", str(padding), "Lower the padding.")
            places = window(
                size,
                name,
                kernel=kernel,
                stride=stride,
                padding=padding,
                dilation=dilation,
                ceil=values["ceil_mode"],
            )
            sizes.append(places)
        shape = (*x.shape[:2], *sizes)
        places_too = (TensorSpec(shape, DType.INT),) if values.get("return_indices") else ()
        return (TensorSpec(shape), *places_too)

    def output_ports(self) -> tuple[str, ...]:
        return ("output", "indices") if self.values().get("return_indices") else ("output",)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        """One for each value a window looks at, as for a sum."""
        (x,) = inputs
        return volume(self.output_specs(x)[0].shape[1:]) * volume(self.windows(x.rank - 2).kernel)


@dataclass(frozen=True, kw_only=True, slots=True)
class _MaxPool(_Pool):
    """Base of the three."""

    synonyms: ClassVar[tuple[str, ...]] = ("maximum", "downsample", "subsampling", "shrink")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="max_pool")
    formula: ClassVar[str] = "y[place] = max over k of x[stride · place + dilation · k - padding]"

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        """Comparing multiplies nothing."""
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxPool1d(_MaxPool):
    """Keeps the largest value of each stretch of a signal, and so makes it shorter.

    Input (N, channels, length); output (N, channels, length') with
    length' = (length + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1.
    Source: torch.nn.MaxPool1d.
    """

    target: ClassVar[str] = "torch.nn.MaxPool1d"
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL
    kernel_size: int = attribute(2, minimum=1, maximum=10_000, help="Length of the window; 2 halves the length.")
    stride: int | None = attribute(None, minimum=1, maximum=10_000, help=_STRIDE)
    padding: int = attribute(0, minimum=0, maximum=10_000, advanced=True, help="Values added at each end.")
    dilation: int = attribute(1, minimum=1, maximum=10_000, advanced=True, help="Distance between a window's values.")
    return_indices: bool = attribute(False, advanced=True, label="Give places", help=_PLACES)
    ceil_mode: bool = attribute(False, advanced=True, label="Round up", help=_CEIL)


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxPool2d(_MaxPool):
    """Keeps the largest value of each window of a picture, and so makes it smaller.

    Input (N, channels, height, width); output (N, channels, height', width') with
    height' = (height + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, width' likewise.
    Source: torch.nn.MaxPool2d.
    """

    target: ClassVar[str] = "torch.nn.MaxPool2d"
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    kernel_size: int | tuple[int, int] = attribute(
        2, minimum=1, maximum=1_000, help="Size of the window; 2 halves height and width."
    )
    stride: int | tuple[int, int] | None = attribute(None, minimum=1, maximum=1_000, help=_STRIDE)
    padding: int | tuple[int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="Border added on each side."
    )
    dilation: int | tuple[int, int] = attribute(
        1, minimum=1, maximum=1_000, advanced=True, help="Distance between a window's values."
    )
    return_indices: bool = attribute(False, advanced=True, label="Give places", help=_PLACES)
    ceil_mode: bool = attribute(False, advanced=True, label="Round up", help=_CEIL)


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxPool3d(_MaxPool):
    """Keeps the largest value of each window of a volume, and so makes it smaller.

    Input (N, channels, depth, height, width); output (N, channels, depth', height', width') with
    depth' = (depth + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, the others likewise.
    Source: torch.nn.MaxPool3d.
    """

    target: ClassVar[str] = "torch.nn.MaxPool3d"
    inputs: ClassVar[tuple[InputPort, ...]] = _VOLUME
    kernel_size: int | tuple[int, int, int] = attribute(
        2, minimum=1, maximum=1_000, help="Size of the window; 2 halves depth, height and width."
    )
    stride: int | tuple[int, int, int] | None = attribute(None, minimum=1, maximum=1_000, help=_STRIDE)
    padding: int | tuple[int, int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="Border added on each side."
    )
    dilation: int | tuple[int, int, int] = attribute(
        1, minimum=1, maximum=1_000, advanced=True, help="Distance between a window's values."
    )
    return_indices: bool = attribute(False, advanced=True, label="Give places", help=_PLACES)
    ceil_mode: bool = attribute(False, advanced=True, label="Round up", help=_CEIL)


@dataclass(frozen=True, kw_only=True, slots=True)
class _AvgPool(_Pool):
    """Base of the three."""

    synonyms: ClassVar[tuple[str, ...]] = ("average", "mean", "downsample", "smooth")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="avg_pool")
    formula: ClassVar[str] = "y[place] = mean over k of x[stride · place + k - padding]"


@dataclass(frozen=True, kw_only=True, slots=True)
class AvgPool1d(_AvgPool):
    """Takes the mean of each stretch of a signal, and so makes it shorter and smoother.

    Input (N, channels, length); output (N, channels, length') with
    length' = (length + 2 padding - kernel_size) // stride + 1.
    Source: torch.nn.AvgPool1d.
    """

    target: ClassVar[str] = "torch.nn.AvgPool1d"
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL
    kernel_size: int = attribute(2, minimum=1, maximum=10_000, help="Length of the window; 2 halves the length.")
    stride: int | None = attribute(None, minimum=1, maximum=10_000, help=_STRIDE)
    padding: int = attribute(0, minimum=0, maximum=10_000, advanced=True, help="Values added at each end.")
    ceil_mode: bool = attribute(False, advanced=True, label="Round up", help=_CEIL)
    count_include_pad: bool = attribute(
        True, advanced=True, label="Count the border", help="Count added values in the mean."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AvgPool2d(_AvgPool):
    """Takes the mean of each window of a picture, and so makes it smaller and smoother.

    Input (N, channels, height, width); output (N, channels, height', width') with
    height' = (height + 2 padding - kernel_size) // stride + 1, width' likewise.
    Source: torch.nn.AvgPool2d.
    """

    target: ClassVar[str] = "torch.nn.AvgPool2d"
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    unlike_torch: ClassVar[Mapping[str, str]] = _DIVISOR
    kernel_size: int | tuple[int, int] = attribute(
        2, minimum=1, maximum=1_000, help="Size of the window; 2 halves height and width."
    )
    stride: int | tuple[int, int] | None = attribute(None, minimum=1, maximum=1_000, help=_STRIDE)
    padding: int | tuple[int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="Border added on each side."
    )
    ceil_mode: bool = attribute(False, advanced=True, label="Round up", help=_CEIL)
    count_include_pad: bool = attribute(
        True, advanced=True, label="Count the border", help="Count added values in the mean."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AvgPool3d(_AvgPool):
    """Takes the mean of each window of a volume, and so makes it smaller and smoother.

    Input (N, channels, depth, height, width); output (N, channels, depth', height', width') with
    depth' = (depth + 2 padding - kernel_size) // stride + 1, the others likewise.
    Source: torch.nn.AvgPool3d.
    """

    target: ClassVar[str] = "torch.nn.AvgPool3d"
    inputs: ClassVar[tuple[InputPort, ...]] = _VOLUME
    unlike_torch: ClassVar[Mapping[str, str]] = _DIVISOR
    kernel_size: int | tuple[int, int, int] = attribute(
        2, minimum=1, maximum=1_000, help="Size of the window; 2 halves depth, height and width."
    )
    stride: int | tuple[int, int, int] | None = attribute(None, minimum=1, maximum=1_000, help=_STRIDE)
    padding: int | tuple[int, int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="Border added on each side."
    )
    ceil_mode: bool = attribute(False, advanced=True, label="Round up", help=_CEIL)
    count_include_pad: bool = attribute(
        True, advanced=True, label="Count the border", help="Count added values in the mean."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _LPPool(_Pool):
    """Base of the three."""

    synonyms: ClassVar[tuple[str, ...]] = ("power average", "norm", "root mean square", "downsample")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="lp_pool")
    formula: ClassVar[str] = "y[place] = (Σ_k x[stride · place + k]^p)^(1/p)"
    when: ClassVar[str] = (
        "To blend mean and maximum: 1 adds a window up, 2 measures its energy, more comes near the largest."
    )
    unlike_torch: ClassVar[Mapping[str, str]] = {"norm_type": "torch has no default; 2 is the usual power"}
    norm_type: int = attribute(2, minimum=1, maximum=16, label="Power", help="The power p values are raised to.")


@dataclass(frozen=True, kw_only=True, slots=True)
class LPPool1d(_LPPool):
    """Takes the power average of each stretch of a signal, between its sum and its largest value.

    Input (N, channels, length); output (N, channels, length') with
    length' = (length - kernel_size) // stride + 1.
    An odd power suits values from 0 on. Source: torch.nn.LPPool1d.
    """

    target: ClassVar[str] = "torch.nn.LPPool1d"
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL
    kernel_size: int = attribute(2, minimum=1, maximum=10_000, help="Length of the window; 2 halves the length.")
    stride: int | None = attribute(None, minimum=1, maximum=10_000, help=_STRIDE)
    ceil_mode: bool = attribute(False, advanced=True, label="Round up", help=_CEIL)


@dataclass(frozen=True, kw_only=True, slots=True)
class LPPool2d(_LPPool):
    """Takes the power average of each window of a picture, between its sum and its largest value.

    Input (N, channels, height, width); output (N, channels, height', width') with
    height' = (height - kernel_size) // stride + 1, width' likewise.
    An odd power suits values from 0 on. Source: torch.nn.LPPool2d.
    """

    target: ClassVar[str] = "torch.nn.LPPool2d"
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    kernel_size: int | tuple[int, int] = attribute(
        2, minimum=1, maximum=1_000, help="Size of the window; 2 halves height and width."
    )
    stride: int | tuple[int, int] | None = attribute(None, minimum=1, maximum=1_000, help=_STRIDE)
    ceil_mode: bool = attribute(False, advanced=True, label="Round up", help=_CEIL)


@dataclass(frozen=True, kw_only=True, slots=True)
class LPPool3d(_LPPool):
    """Takes the power average of each window of a volume, between its sum and its largest value.

    Input (N, channels, depth, height, width); output (N, channels, depth', height', width') with
    depth' = (depth - kernel_size) // stride + 1, the others likewise.
    An odd power suits values from 0 on. Source: torch.nn.LPPool3d.
    """

    target: ClassVar[str] = "torch.nn.LPPool3d"
    inputs: ClassVar[tuple[InputPort, ...]] = _VOLUME
    kernel_size: int | tuple[int, int, int] = attribute(
        2, minimum=1, maximum=1_000, help="Size of the window; 2 halves depth, height and width."
    )
    stride: int | tuple[int, int, int] | None = attribute(None, minimum=1, maximum=1_000, help=_STRIDE)
    ceil_mode: bool = attribute(False, advanced=True, label="Round up", help=_CEIL)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fractional(Layer):
    """Base of both: the window is fixed, the places it stands at are drawn."""

    family: ClassVar[Family] = Family.POOLING
    synonyms: ClassVar[tuple[str, ...]] = ("random pooling", "downsample", "regularization")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="fractional_max_pool")
    formula: ClassVar[str] = "y[i] = max over k of x[a(i) + k], where a(i) = ⌊α (i + u)⌋ - ⌊α u⌋ and u is drawn"
    when: ClassVar[str] = "To shrink by less than half at a time, in deep networks that have too few samples."
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "kernel_size": "torch has no default; 2 is the usual window",
        "output_ratio": "torch wants one of ratio and size; half the size is what other pooling gives",
    }
    stricter: ClassVar[str] = "an empty tensor helps nobody"

    def arguments(self, *inputs: TensorSpec) -> dict[str, Any]:
        found = super(_Fractional, self).arguments(*inputs)
        return found if found["output_size"] is None else {**found, "output_ratio": None}

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        values, count = self.values(), x.rank - 2
        wanted = (None,) * count if values["output_size"] is None else sides(values["output_size"], count)
        sizes: list[int | None] = []
        for size, name, kernel, fixed in zip(
            x.shape[2:], spatial(x.rank), sides(values["kernel_size"], count), wanted, strict=True
        ):
            if size is None:
                sizes.append(fixed)
                continue
            places = int(size * values["output_ratio"]) if fixed is None else fixed
            if places < 1 or places + kernel - 1 > size:
                mismatch(
                    f"from 1 to {size - kernel + 1} places along {name}",
                    f"{places}",
                    "Change the size that comes out, or the window.",
                )
            sizes.append(places)
        shape = (*x.shape[:2], *sizes)
        places_too = (TensorSpec(shape, DType.INT),) if values["return_indices"] else ()
        return (TensorSpec(shape), *places_too)

    def output_ports(self) -> tuple[str, ...]:
        return ("output", "indices") if self.values()["return_indices"] else ("output",)

    def export_refusal(self, *inputs: TensorSpec) -> str:
        if all(size is not None for size in inputs[0].shape[2:]):
            return ""
        return (
            "Where its windows stand follows from the size of what comes in, which is free here: give it a fixed size."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FractionalMaxPool2d(_Fractional):
    """Keeps the largest value of windows that stand at random places, so that any size can come out.

    Input (N, channels, height, width); output (N, channels, height', width'), each side ⌊output_ratio side⌋ or as
    output_size says. After training the windows stand still. Source: Graham 2014, torch.nn.FractionalMaxPool2d.
    """

    target: ClassVar[str] = "engine.compiler.modules.FractionalMaxPool2d"
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    kernel_size: int | tuple[int, int] = attribute(2, minimum=1, maximum=1_000, help="Size of the window.")
    output_size: int | tuple[int, int] | None = attribute(
        None, minimum=1, maximum=10_000, help="The size that comes out; empty follows the ratio."
    )
    output_ratio: float = attribute(
        0.5, above=0, below=1, label="Ratio", help="How much of each side is left where no size is set."
    )
    return_indices: bool = attribute(False, advanced=True, label="Give places", help=_PLACES)


@dataclass(frozen=True, kw_only=True, slots=True)
class FractionalMaxPool3d(_Fractional):
    """Keeps the largest value of windows that stand at random places, so that any size can come out.

    Input (N, channels, depth, height, width); output (N, channels, depth', height', width'), each side
    ⌊output_ratio side⌋ or as output_size says. After training the windows stand still. Source: Graham 2014,
    torch.nn.FractionalMaxPool3d.
    """

    target: ClassVar[str] = "engine.compiler.modules.FractionalMaxPool3d"
    inputs: ClassVar[tuple[InputPort, ...]] = _VOLUME
    kernel_size: int | tuple[int, int, int] = attribute(2, minimum=1, maximum=1_000, help="Size of the window.")
    output_size: int | tuple[int, int, int] | None = attribute(
        None, minimum=1, maximum=10_000, help="The size that comes out; empty follows the ratio."
    )
    output_ratio: float = attribute(
        0.5, above=0, below=1, label="Ratio", help="How much of each side is left where no size is set."
    )
    return_indices: bool = attribute(False, advanced=True, label="Give places", help=_PLACES)


@dataclass(frozen=True, kw_only=True, slots=True)
class _AdaptiveAvg(Layer):
    """Base of the three: any size to a fixed one."""

    family: ClassVar[Family] = Family.POOLING
    synonyms: ClassVar[tuple[str, ...]] = ("average", "global", "fixed size", "fixed length")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="adaptive_avg_pool")
    formula: ClassVar[str] = "y[i] = mean of x from ⌊i · size / output_size⌋ to ⌈(i + 1) · size / output_size⌉"
    when: ClassVar[str] = "Before a Linear, where samples differ in size or only a few values a channel are wanted."

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        return (TensorSpec((*x.shape[:2], *sides(self.values()["output_size"], x.rank - 2))),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveAvgPool1d(_AdaptiveAvg):
    """Brings a signal of any length to a fixed one by taking means.

    Input (N, channels, length); output (N, channels, *output_size). Source: torch.nn.AdaptiveAvgPool1d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveAvgPool1d"
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL
    output_size: int = attribute(1, minimum=1, maximum=10_000, help="The length that comes out, whatever came in.")


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveAvgPool2d(_AdaptiveAvg):
    """Brings a picture of any size to a fixed one by taking means.

    Input (N, channels, height, width); output (N, channels, *output_size). Source: torch.nn.AdaptiveAvgPool2d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveAvgPool2d"
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    output_size: int | tuple[int, int] = attribute(
        1, minimum=1, maximum=1_000, help="Height and width that come out, whatever came in."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveAvgPool3d(_AdaptiveAvg):
    """Brings a volume of any size to a fixed one by taking means.

    Input (N, channels, depth, height, width); output (N, channels, *output_size). Source: torch.nn.AdaptiveAvgPool3d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveAvgPool3d"
    inputs: ClassVar[tuple[InputPort, ...]] = _VOLUME
    output_size: int | tuple[int, int, int] = attribute(
        1, minimum=1, maximum=1_000, help="Depth, height and width that come out, whatever came in."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _AdaptiveMax(Layer):
    """Base of the three: any size to a fixed one."""

    family: ClassVar[Family] = Family.POOLING
    synonyms: ClassVar[tuple[str, ...]] = ("maximum", "global", "fixed size", "fixed length")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="adaptive_max_pool")
    formula: ClassVar[str] = "y[i] = max of x from ⌊i · size / output_size⌋ to ⌈(i + 1) · size / output_size⌉"
    when: ClassVar[str] = "Before a Linear, where samples differ in size or only a few values a channel are wanted."

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        values = self.values()
        shape = (*x.shape[:2], *sides(values["output_size"], x.rank - 2))
        return (TensorSpec(shape), TensorSpec(shape, DType.INT)) if values["return_indices"] else (TensorSpec(shape),)

    def output_ports(self) -> tuple[str, ...]:
        return ("output", "indices") if self.values()["return_indices"] else ("output",)

    def export_refusal(self, *inputs: TensorSpec) -> str:
        if not self.values()["return_indices"] or all(size is not None for size in inputs[0].shape[2:]):
            return ""
        return (
            "Its places cannot be given in the file where the size is free: give it a fixed size, or switch places off."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveMaxPool1d(_AdaptiveMax):
    """Brings a signal of any length to a fixed one by keeping the largest values.

    Input (N, channels, length); output (N, channels, *output_size). Source: torch.nn.AdaptiveMaxPool1d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveMaxPool1d"
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL
    output_size: int = attribute(1, minimum=1, maximum=10_000, help="The length that comes out, whatever came in.")
    return_indices: bool = attribute(False, advanced=True, label="Give places", help=_PLACES)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveMaxPool2d(_AdaptiveMax):
    """Brings a picture of any size to a fixed one by keeping the largest values.

    Input (N, channels, height, width); output (N, channels, *output_size). Source: torch.nn.AdaptiveMaxPool2d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveMaxPool2d"
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    output_size: int | tuple[int, int] = attribute(
        1, minimum=1, maximum=1_000, help="Height and width that come out, whatever came in."
    )
    return_indices: bool = attribute(False, advanced=True, label="Give places", help=_PLACES)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveMaxPool3d(_AdaptiveMax):
    """Brings a volume of any size to a fixed one by keeping the largest values.

    Input (N, channels, depth, height, width); output (N, channels, *output_size). Source: torch.nn.AdaptiveMaxPool3d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveMaxPool3d"
    inputs: ClassVar[tuple[InputPort, ...]] = _VOLUME
    output_size: int | tuple[int, int, int] = attribute(
        1, minimum=1, maximum=1_000, help="Depth, height and width that come out, whatever came in."
    )
    return_indices: bool = attribute(False, advanced=True, label="Give places", help=_PLACES)


@dataclass(frozen=True, kw_only=True, slots=True)
class _MaxUnpool(Layer):
    """Base of the three: values go back to the places a max pooling took them from."""

    family: ClassVar[Family] = Family.POOLING
    synonyms: ClassVar[tuple[str, ...]] = ("unpooling", "upsample", "enlarge", "decoder", "segmentation")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="max_unpool")
    formula: ClassVar[str] = "y[indices[i]] = x[i], and 0 elsewhere"
    when: ClassVar[str] = "In a decoder, opposite a max pooling whose places are switched on; link its input to 'like'."
    unlike_torch: ClassVar[Mapping[str, str]] = {"kernel_size": "torch has no default; that of a MaxPool here is 2"}
    stricter: ClassVar[str] = "sizes that lie outside of what the pooling can have come from"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, indices, *rest = inputs
        if not all(map(same_sizes, x.shape, indices.shape)):
            mismatch("places for each value", str(indices), "Link the places of the pooling that made this size.")
        values, count = self.values(), x.rank - 2
        kernel = sides(values["kernel_size"], count)
        stride = kernel if values["stride"] is None else sides(values["stride"], count)
        padding = sides(values["padding"], count)
        sizes: list[int | None] = []
        for axis, name in enumerate(spatial(x.rank)):
            size = x.shape[2 + axis]
            usual = None if size is None else (size - 1) * stride[axis] - 2 * padding[axis] + kernel[axis]
            if usual is not None and usual < 1:
                mismatch(f"a {name} that leaves something", str(usual), "Lower the padding.")
            wanted = rest[0].shape[2 + axis] if rest else usual
            if usual is not None and wanted is not None and not abs(wanted - usual) < stride[axis]:
                mismatch(
                    f"{name} from {usual - stride[axis] + 1} to {usual + stride[axis] - 1} at 'like'",
                    str(wanted),
                    "Link the input of the pooling, and use its window here.",
                )
            sizes.append(wanted)
        return (TensorSpec((*x.shape[:2], *sizes)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxUnpool1d(_MaxUnpool):
    """Puts values back where a max pooling found them, and zeros elsewhere.

    Inputs (N, channels, length), places of the same shape, and, if wanted, the pooling's own input, whose
    size then comes out; else each side is (side - 1) stride - 2 padding + kernel_size. Source: torch.nn.MaxUnpool1d.
    """

    target: ClassVar[str] = "engine.compiler.modules.MaxUnpool1d"
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=SIGNAL),
        InputPort(name="indices", axes=SIGNAL, dtype=DType.INT),
        InputPort(name="like", axes=SIGNAL, optional=True),
    )
    kernel_size: int = attribute(2, minimum=1, maximum=10_000, help="The window of the pooling.")
    stride: int | None = attribute(None, minimum=1, maximum=10_000, help=_STRIDE)
    padding: int = attribute(0, minimum=0, maximum=10_000, advanced=True, help="The border of the pooling.")


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxUnpool2d(_MaxUnpool):
    """Puts values back where a max pooling found them, and zeros elsewhere.

    Inputs (N, channels, height, width), places of the same shape, and, if wanted, the pooling's own input, whose
    size then comes out; else each side is (side - 1) stride - 2 padding + kernel_size. Source: torch.nn.MaxUnpool2d.
    """

    target: ClassVar[str] = "engine.compiler.modules.MaxUnpool2d"
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=PICTURE),
        InputPort(name="indices", axes=PICTURE, dtype=DType.INT),
        InputPort(name="like", axes=PICTURE, optional=True),
    )
    kernel_size: int | tuple[int, int] = attribute(2, minimum=1, maximum=1_000, help="The window of the pooling.")
    stride: int | tuple[int, int] | None = attribute(None, minimum=1, maximum=1_000, help=_STRIDE)
    padding: int | tuple[int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="The border of the pooling."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxUnpool3d(_MaxUnpool):
    """Puts values back where a max pooling found them, and zeros elsewhere.

    Inputs (N, channels, depth, height, width), places of the same shape, and, if wanted, the pooling's own input, whose
    size then comes out; else each side is (side - 1) stride - 2 padding + kernel_size. Source: torch.nn.MaxUnpool3d.
    """

    target: ClassVar[str] = "engine.compiler.modules.MaxUnpool3d"
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=VOLUME),
        InputPort(name="indices", axes=VOLUME, dtype=DType.INT),
        InputPort(name="like", axes=VOLUME, optional=True),
    )
    kernel_size: int | tuple[int, int, int] = attribute(2, minimum=1, maximum=1_000, help="The window of the pooling.")
    stride: int | tuple[int, int, int] | None = attribute(None, minimum=1, maximum=1_000, help=_STRIDE)
    padding: int | tuple[int, int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="The border of the pooling."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Global(Layer):
    """Base: one value a channel."""

    family: ClassVar[Family] = Family.POOLING

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape[:2]),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class _GlobalAverage(_Global):
    """Base of the three."""

    synonyms: ClassVar[tuple[str, ...]] = ("gap", "mean", "average")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="global_average_pool")
    formula: ClassVar[str] = "y[c] = mean of x[c]"
    when: ClassVar[str] = "Between the last convolution and the Linear that answers; it leaves no weights to overfit."


@dataclass(frozen=True, kw_only=True, slots=True)
class _GlobalMax(_Global):
    """Base of the three."""

    synonyms: ClassVar[tuple[str, ...]] = ("maximum",)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="global_max_pool")
    formula: ClassVar[str] = "y[c] = max of x[c]"
    when: ClassVar[str] = "Before the Linear that answers, where it counts that a pattern occurs, not how often."


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalAveragePool1d(_GlobalAverage):
    """Reduces each channel of a signal to its mean, so that a Linear can follow.

    Input (N, channels, length); output (N, channels).
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalAveragePool1d"
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalAveragePool2d(_GlobalAverage):
    """Reduces each channel of a picture to its mean, so that a Linear can follow.

    Input (N, channels, height, width); output (N, channels). Source: Lin et al. 2013.
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalAveragePool2d"
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalAveragePool3d(_GlobalAverage):
    """Reduces each channel of a volume to its mean, so that a Linear can follow.

    Input (N, channels, depth, height, width); output (N, channels).
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalAveragePool3d"
    inputs: ClassVar[tuple[InputPort, ...]] = _VOLUME


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalMaxPool1d(_GlobalMax):
    """Reduces each channel of a signal to its largest value, so that a Linear can follow.

    Input (N, channels, length); output (N, channels).
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalMaxPool1d"
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalMaxPool2d(_GlobalMax):
    """Reduces each channel of a picture to its largest value, so that a Linear can follow.

    Input (N, channels, height, width); output (N, channels).
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalMaxPool2d"
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalMaxPool3d(_GlobalMax):
    """Reduces each channel of a volume to its largest value, so that a Linear can follow.

    Input (N, channels, depth, height, width); output (N, channels).
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalMaxPool3d"
    inputs: ClassVar[tuple[InputPort, ...]] = _VOLUME
