"""Enlarging, shrinking and regrouping: pixels to channels and back, windows to columns and back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import PICTURE, found_text, known, mismatch, pair, spatial, volume, window
from engine.catalog.tensors import DType, TensorSpec

_PICTURE = (InputPort(axes=PICTURE),)
_TIMES = "How many times larger."
_RANKS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
_FITTING = {3: "linear", 4: "bilinear", 5: "trilinear"}


def _resized(x: TensorSpec, size: tuple[int, ...], factor: float) -> tuple[TensorSpec, ...]:
    """To `size`, one number for all axes or one each; or `factor` times the size where that is empty."""
    axes = x.rank - 2
    if len(size) not in (0, 1, axes):
        mismatch(f"no size, one, or {axes}", f"{len(size)} of them", "Set one for each axis, or leave it empty.")
    sizes: list[int | None] = []
    for place, name in enumerate(spatial(x.rank)):
        old = x.shape[2 + place]
        if size:
            sizes.append(size[place % len(size)])
            continue
        new = None if old is None else math.floor(old * factor)
        if new == 0:
            mismatch(f"a {name} that leaves something at × {factor:g}", f"{name} {old}", "Raise the factor.")
        sizes.append(new)
    return (TensorSpec((*x.shape[:2], *sizes)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Upsampling(Layer):
    """Base: a factor, or the size that comes out."""

    family: ClassVar[Family] = Family.SHAPE
    synonyms: ClassVar[tuple[str, ...]] = ("resize", "enlarge", "interpolate", "decoder", "zoom")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="upsample")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "size": "torch's None is empty here, and then the factor holds",
        "scale_factor": "torch's None would need a size; doubling is usual",
    }
    scale_factor: float = attribute(
        2.0, above=0, maximum=64, label="Times", help="How many times larger, where no size is set."
    )
    size: tuple[int, ...] = attribute(
        (),
        minimum=1,
        maximum=100_000,
        help="The size that comes out, for all axes or one each; empty: the factor holds.",
    )

    def arguments(self, *inputs: TensorSpec) -> dict[str, Any]:
        found = super(_Upsampling, self).arguments(*inputs)
        size = self.size * (inputs[0].rank - 2) if len(self.size) == 1 else self.size
        return {**found, "size": size or None, "scale_factor": None if size else self.scale_factor}

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return _resized(inputs[0], self.size, self.scale_factor)


@dataclass(frozen=True, kw_only=True, slots=True)
class Upsample(_Upsampling):
    """Makes a signal, picture or volume larger by repeating or blending its values.

    Input (N, channels, ...) of 3 to 5 dimensions; output with each size floor(size · scale_factor), or as `size` says.
    Source: torch.nn.Upsample.
    """

    target: ClassVar[str] = "torch.nn.Upsample"
    formula: ClassVar[str] = "y[i] = x at place i / factor, the nearest or a blend of those around it"
    when: ClassVar[str] = "In decoders, before a convolution, where ConvTranspose2d would leave a chequered pattern."
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "align_corners": "torch's None means off, and warns where it matters",
        "recompute_scale_factor": "torch keeps it for files of old releases",
    }
    mode: Literal["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear"] = attribute(
        "nearest",
        help="'nearest' repeats; 'linear' blends a signal, 'bilinear' and 'bicubic' a picture, 'trilinear' a volume.",
    )
    align_corners: bool = attribute(
        False, advanced=True, help="Keep the values at the corners where they are; off suits pictures."
    )

    def arguments(self, *inputs: TensorSpec) -> dict[str, Any]:
        aligned = self.align_corners if self.mode in _RANKS else None
        return {**super(Upsample, self).arguments(*inputs), "align_corners": aligned}

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank not in _FITTING:
            mismatch("3 to 5 dimensions (N, channels, ...)", x)
        if _RANKS.get(self.mode, x.rank) != x.rank:
            fitting = _FITTING[x.rank]
            mismatch(f"'nearest' or '{fitting}' for {x.rank} dimensions", f"'{self.mode}'", f"Choose '{fitting}'.")
        return _resized(x, self.size, self.scale_factor)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        taps = {"linear": 2, "bilinear": 4, "bicubic": 16, "trilinear": 8}.get(self.mode, 0)
        return taps * volume(self.output_specs(*inputs)[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class UpsamplingNearest2d(_Upsampling):
    """Makes a picture larger by repeating its pixels.

    Input (N, channels, height, width); output with each side floor(side · scale_factor), or as `size` says.
    Source: torch.nn.UpsamplingNearest2d.
    """

    target: ClassVar[str] = "torch.nn.UpsamplingNearest2d"
    formula: ClassVar[str] = "y[i] = x[⌊i / factor⌋]"
    when: ClassVar[str] = "In decoders of pictures, where edges should stay sharp."
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE


@dataclass(frozen=True, kw_only=True, slots=True)
class UpsamplingBilinear2d(_Upsampling):
    """Makes a picture larger by blending its pixels; the pixels at the corners stay where they are.

    Input (N, channels, height, width); output with each side floor(side · scale_factor), or as `size` says.
    Source: torch.nn.UpsamplingBilinear2d.
    """

    target: ClassVar[str] = "torch.nn.UpsamplingBilinear2d"
    formula: ClassVar[str] = "y[i] = blend of the 4 pixels around place i · (size - 1) / (size' - 1)"
    when: ClassVar[str] = "In decoders of pictures made with older networks, which expect corners to be aligned."
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 4 * volume(self.output_specs(*inputs)[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelShuffle(Layer):
    """Makes a picture larger by laying groups of channels side by side as pixels.

    Input (N, channels factor squared, height, width); output (N, channels, height factor, width factor).
    Source: Shi et al. 2016, torch.nn.PixelShuffle.
    """

    target: ClassVar[str] = "torch.nn.PixelShuffle"
    synonyms: ClassVar[tuple[str, ...]] = ("super-resolution", "depth to space", "enlarge")
    formula: ClassVar[str] = "y[c, r h + i, r w + j] = x[c r² + i r + j, h, w]"
    when: ClassVar[str] = "At the end of super-resolution, behind a convolution with factor² times the channels."
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pixel_shuffle")
    upscale_factor: int = attribute(2, minimum=1, maximum=64, label="Times", help=_TIMES)

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


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelUnshuffle(Layer):
    """Makes a picture smaller by laying its pixels behind each other as channels; nothing is lost.

    Input (N, channels, height, width); output (N, channels factor squared, height / factor, width / factor).
    Source: Shi et al. 2016, torch.nn.PixelUnshuffle.
    """

    target: ClassVar[str] = "torch.nn.PixelUnshuffle"
    synonyms: ClassVar[tuple[str, ...]] = ("space to depth", "shrink", "patches")
    formula: ClassVar[str] = "y[c r² + i r + j, h, w] = x[c, r h + i, r w + j]"
    when: ClassVar[str] = "To work on a large picture at a smaller size without losing pixels."
    family: ClassVar[Family] = Family.SHAPE
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pixel_unshuffle")
    downscale_factor: int = attribute(2, minimum=1, maximum=64, label="Times", help="How many times smaller.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        factor = self.downscale_factor
        for size, name in zip(x.shape[2:], PICTURE[2:], strict=True):
            if size is not None and size % factor:
                mismatch(f"a {name} dividable by {factor}", f"{name} {size}", "Pad or resize the picture before.")
        channels = None if x.shape[1] is None else x.shape[1] * factor**2
        shrunk = [None if size is None else size // factor for size in x.shape[2:]]
        return (TensorSpec((x.shape[0], channels, *shrunk)),)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelShuffle(Layer):
    """Mixes the order of channels, so that groups of a grouped convolution learn from each other.

    Input and output (N, channels, ...), channels dividable by groups. Source: Zhang et al. 2018,
    torch.nn.ChannelShuffle.
    """

    target: ClassVar[str] = "torch.nn.ChannelShuffle"
    synonyms: ClassVar[tuple[str, ...]] = ("shufflenet", "groups", "mobile")
    formula: ClassVar[str] = "y[j] = x[(j mod groups) · channels / groups + ⌊j / groups⌋]"
    when: ClassVar[str] = "Between two grouped convolutions, as in ShuffleNet."
    family: ClassVar[Family] = Family.SHAPE
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="channel_shuffle")
    unlike_torch: ClassVar[Mapping[str, str]] = {"groups": "torch has no default; 2 is the least that does something"}
    groups: int = attribute(2, minimum=1, maximum=100_000, help="How many groups the channels stand in.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank < 3:
            mismatch("3 or more dimensions (N, channels, ...)", x)
        channels = known(x, 1, "channels")
        if channels % self.groups:
            mismatch(f"channels dividable by {self.groups} groups", str(channels), "Change the groups.")
        return (x,)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Windows(Layer):
    """Base of Unfold and Fold: the window and how it moves."""

    family: ClassVar[Family] = Family.SHAPE
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "kernel_size": "torch has no default; 2 is the smallest window",
    }
    kernel_size: int | tuple[int, int] = attribute(2, minimum=1, maximum=1_000, help="Size of the window.")
    dilation: int | tuple[int, int] = attribute(
        1, minimum=1, maximum=1_000, advanced=True, help="Distance between a window's values."
    )
    padding: int | tuple[int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="Border added on each side."
    )
    stride: int | tuple[int, int] = attribute(1, minimum=1, maximum=1_000, help="Distance between windows.")

    def _places(self, height: int | None, width: int | None) -> int | None:
        """How many windows there are."""
        counts = [
            window(size, name, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
            for size, name, kernel, stride, padding, dilation in zip(
                (height, width),
                PICTURE[2:],
                pair(self.kernel_size),
                pair(self.stride),
                pair(self.padding),
                pair(self.dilation),
                strict=True,
            )
        ]
        return None if counts[0] is None or counts[1] is None else counts[0] * counts[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfold(_Windows):
    """Cuts a picture into windows and gives each as a column, so that other layers can work on patches.

    Input (N, channels, height, width); output (N, channels times the window's pixels, windows).
    Source: torch.nn.Unfold.
    """

    target: ClassVar[str] = "torch.nn.Unfold"
    synonyms: ClassVar[tuple[str, ...]] = ("patches", "im2col", "sliding window", "vit")
    formula: ClassVar[str] = "y[c k² + i k + j, place] = x[c, stride · place + (i, j)]"
    when: ClassVar[str] = "To make patches of a picture for attention, or a layer of your own that looks at windows."
    inputs: ClassVar[tuple[InputPort, ...]] = _PICTURE
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="unfold")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        channels = known(x, 1, "channels")
        return (TensorSpec((x.shape[0], channels * volume(pair(self.kernel_size)), self._places(*x.shape[2:]))),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fold(_Windows):
    """Lays windows back into a picture and adds them up where they overlap; the opposite of Unfold.

    Input (N, channels times the window's pixels, windows); output (N, channels, *output_size). Source: torch.nn.Fold.
    """

    target: ClassVar[str] = "torch.nn.Fold"
    synonyms: ClassVar[tuple[str, ...]] = ("patches", "col2im", "overlap add")
    formula: ClassVar[str] = "y[c, stride · place + (i, j)] += x[c k² + i k + j, place]"
    when: ClassVar[str] = "To put patches together again after work on each of them."
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=("N", "channels", "windows")),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="fold")
    unlike_torch: ClassVar[Mapping[str, str]] = {"output_size": "torch has no default"}
    output_size: int | tuple[int, int] = attribute(
        8, minimum=1, maximum=100_000, help="Height and width of the picture that comes out."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        channels, pixels = known(x, 1, "channels"), volume(pair(self.kernel_size))
        if channels % pixels:
            mismatch(f"channels dividable by the window's {pixels} pixels", str(channels), "Use the window of Unfold.")
        height, width = pair(self.output_size)
        places = self._places(height, width)
        if x.shape[2] not in (None, places):
            mismatch(f"{places} windows for that size", str(x.shape[2]), "Use the settings of the Unfold before it.")
        return (TensorSpec((x.shape[0], channels // pixels, height, width)),)

    def example(self) -> tuple[TensorSpec, ...]:
        places = self._places(*pair(self.output_size))
        return (TensorSpec((None, 3 * volume(pair(self.kernel_size)), places), DType.FLOAT),)
