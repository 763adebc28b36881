"""Pooling: makes signals and pictures smaller by keeping the largest or the mean of each window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import PICTURE, SIGNAL, mismatch, pair, volume, window
from engine.catalog.tensors import TensorSpec

_SIGNAL = (InputPort(axes=SIGNAL),)
_PICTURE = (InputPort(axes=PICTURE),)
_STRIDE = "Distance between windows; empty is the size of the window."
_CEIL = "Let a last window stand over the edge."


def _pooled(
    x: TensorSpec,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    ceil: bool,
) -> tuple[TensorSpec, ...]:
    """Shared rule: a window an axis, a border of at most half a window."""
    names = PICTURE[2:] if x.rank == 4 else SIGNAL[2:]
    sizes = []
    for size, name, k, s, p, d in zip(x.shape[2:], names, kernel, stride, padding, dilation, strict=True):
        if 2 * p > k:
            mismatch(f"a padding of at most half the window, {k // 2}", str(p), "Lower the padding.")
        sizes.append(window(size, name, kernel=k, stride=s, padding=p, dilation=d, ceil=ceil))
    return (TensorSpec((*x.shape[:2], *sizes)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxPool1d(Layer):
    """Keeps the largest value of each stretch of a signal, and so makes it shorter.

    Input (N, channels, length); output (N, channels, length') with length' = (length + 2 padding - dilation
    (kernel_size - 1) - 1) // stride + 1. Source: torch.nn.MaxPool1d.
    """

    target: ClassVar[str] = "torch.nn.MaxPool1d"
    synonyms: ClassVar[tuple[str, ...]] = ("maximum", "downsample", "subsampling", "shrink")
    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="max_pool")
    kernel_size: int = attribute(2, minimum=1, maximum=10_000, help="Length of the window; 2 halves the length.")
    stride: int | None = attribute(None, minimum=1, maximum=10_000, help=_STRIDE)
    padding: int = attribute(0, minimum=0, maximum=10_000, advanced=True, help="Values added at each end.")
    dilation: int = attribute(1, minimum=1, maximum=10_000, advanced=True, help="Distance between a window's values.")
    ceil_mode: bool = attribute(False, advanced=True, help=_CEIL)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        kernel = (self.kernel_size,)
        stride = kernel if self.stride is None else (self.stride,)
        return _pooled(inputs[0], kernel, stride, (self.padding,), (self.dilation,), self.ceil_mode)


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxPool2d(Layer):
    """Keeps the largest value of each window of a picture, and so makes it smaller.

    Input (N, channels, height, width); output (N, channels, height', width') with height' = (height + 2 padding
    - dilation (kernel_size - 1) - 1) // stride + 1, width' likewise. Source: torch.nn.MaxPool2d.
    """

    target: ClassVar[str] = "torch.nn.MaxPool2d"
    synonyms: ClassVar[tuple[str, ...]] = ("maximum", "downsample", "subsampling", "shrink")
    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="max_pool")
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
    ceil_mode: bool = attribute(False, advanced=True, help=_CEIL)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        kernel = pair(self.kernel_size)
        stride = kernel if self.stride is None else pair(self.stride)
        return _pooled(inputs[0], kernel, stride, pair(self.padding), pair(self.dilation), self.ceil_mode)


@dataclass(frozen=True, kw_only=True, slots=True)
class AvgPool1d(Layer):
    """Takes the mean of each stretch of a signal, and so makes it shorter and smoother.

    Input (N, channels, length); output (N, channels, length') with length' = (length + 2 padding - kernel_size)
    // stride + 1. Source: torch.nn.AvgPool1d.
    """

    target: ClassVar[str] = "torch.nn.AvgPool1d"
    synonyms: ClassVar[tuple[str, ...]] = ("average", "mean", "downsample", "smooth")
    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="avg_pool")
    kernel_size: int = attribute(2, minimum=1, maximum=10_000, help="Length of the window; 2 halves the length.")
    stride: int | None = attribute(None, minimum=1, maximum=10_000, help=_STRIDE)
    padding: int = attribute(0, minimum=0, maximum=10_000, advanced=True, help="Values added at each end.")
    ceil_mode: bool = attribute(False, advanced=True, help=_CEIL)
    count_include_pad: bool = attribute(True, advanced=True, help="Count added values in the mean.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        kernel = (self.kernel_size,)
        stride = kernel if self.stride is None else (self.stride,)
        return _pooled(inputs[0], kernel, stride, (self.padding,), (1,), self.ceil_mode)


@dataclass(frozen=True, kw_only=True, slots=True)
class AvgPool2d(Layer):
    """Takes the mean of each window of a picture, and so makes it smaller and smoother.

    Input (N, channels, height, width); output (N, channels, height', width') with height' = (height + 2 padding
    - kernel_size) // stride + 1, width' likewise. Source: torch.nn.AvgPool2d.
    """

    target: ClassVar[str] = "torch.nn.AvgPool2d"
    synonyms: ClassVar[tuple[str, ...]] = ("average", "mean", "downsample", "smooth")
    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="avg_pool")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "divisor_override": "a sum in disguise; a scale is easier to understand"
    }
    kernel_size: int | tuple[int, int] = attribute(
        2, minimum=1, maximum=1_000, help="Size of the window; 2 halves height and width."
    )
    stride: int | tuple[int, int] | None = attribute(None, minimum=1, maximum=1_000, help=_STRIDE)
    padding: int | tuple[int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="Border added on each side."
    )
    ceil_mode: bool = attribute(False, advanced=True, help=_CEIL)
    count_include_pad: bool = attribute(True, advanced=True, help="Count the border in the mean.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        kernel = pair(self.kernel_size)
        stride = kernel if self.stride is None else pair(self.stride)
        return _pooled(inputs[0], kernel, stride, pair(self.padding), (1, 1), self.ceil_mode)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Adaptive1d(Layer):
    """Base: any length to a fixed one."""

    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL
    output_size: int = attribute(1, minimum=1, maximum=10_000, help="The length that comes out, whatever came in.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        return (TensorSpec((*x.shape[:2], self.output_size)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Adaptive2d(Layer):
    """Base: any height and width to fixed ones."""

    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    output_size: int | tuple[int, int] = attribute(
        1, minimum=1, maximum=1_000, help="Height and width that come out, whatever came in."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        return (TensorSpec((*x.shape[:2], *pair(self.output_size))),)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveAvgPool1d(_Adaptive1d):
    """Brings a signal of any length to a fixed one by taking means.

    Input (N, channels, length); output (N, channels, output_size). Source: torch.nn.AdaptiveAvgPool1d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveAvgPool1d"
    synonyms: ClassVar[tuple[str, ...]] = ("average", "global", "fixed length")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="adaptive_avg_pool")


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveAvgPool2d(_Adaptive2d):
    """Brings a picture of any size to a fixed one by taking means.

    Input (N, channels, height, width); output (N, channels, *output_size). Source: torch.nn.AdaptiveAvgPool2d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveAvgPool2d"
    synonyms: ClassVar[tuple[str, ...]] = ("average", "global", "fixed size")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="adaptive_avg_pool")


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveMaxPool1d(_Adaptive1d):
    """Brings a signal of any length to a fixed one by keeping the largest values.

    Input (N, channels, length); output (N, channels, output_size). Source: torch.nn.AdaptiveMaxPool1d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveMaxPool1d"
    synonyms: ClassVar[tuple[str, ...]] = ("maximum", "global", "fixed length")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="adaptive_max_pool")


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptiveMaxPool2d(_Adaptive2d):
    """Brings a picture of any size to a fixed one by keeping the largest values.

    Input (N, channels, height, width); output (N, channels, *output_size). Source: torch.nn.AdaptiveMaxPool2d.
    """

    target: ClassVar[str] = "torch.nn.AdaptiveMaxPool2d"
    synonyms: ClassVar[tuple[str, ...]] = ("maximum", "global", "fixed size")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="adaptive_max_pool")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Global(Layer):
    """Base: one value a channel."""

    family: ClassVar[Family] = Family.POOLING

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape[:2]),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalAveragePool1d(_Global):
    """Reduces each channel of a signal to its mean.

    Input (N, channels, length); output (N, channels).
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalAveragePool1d"
    synonyms: ClassVar[tuple[str, ...]] = ("gap", "mean", "average")
    inputs: ClassVar[tuple[InputPort, ...]] = _SIGNAL
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="global_average_pool")


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalAveragePool2d(_Global):
    """Reduces each channel of a picture to its mean, so that a Linear can follow.

    Input (N, channels, height, width); output (N, channels). Source: Lin et al. 2013.
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalAveragePool2d"
    synonyms: ClassVar[tuple[str, ...]] = ("gap", "mean", "average")
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="global_average_pool")


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalMaxPool2d(_Global):
    """Reduces each channel of a picture to its largest value, so that a Linear can follow.

    Input (N, channels, height, width); output (N, channels).
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalMaxPool2d"
    synonyms: ClassVar[tuple[str, ...]] = ("maximum",)
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="global_max_pool")
