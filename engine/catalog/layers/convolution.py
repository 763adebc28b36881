"""Convolutions: small learned filters that move over a signal, picture or volume; their transposes, which enlarge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, OnnxForm
from engine.catalog.rules import PICTURE, SIGNAL, VOLUME, known, mismatch, pair, sides, spatial, volume, window
from engine.catalog.tensors import TensorSpec
from engine.catalog.weights import Weighted

_SIZES = "3, or 3 × 5 for height and width"
_SIZES_3D = "3, or 3 × 5 × 5 for depth, height and width"
_SUM = "y[o] = b[o] + Σ_c Σ_k W[o, c, k] · x[c, stride · place + dilation · k - padding]"
_SPREAD = "y[o, stride · place + dilation · k - padding] += W[c, o, k] · x[c, place]; then + b[o]"
_GROWN = "For decoders and generators, where a small tensor has to become a large one."


class _Settings(NamedTuple):
    """What a convolution does along each of its axes; `padding` None is "same"."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...] | None
    dilation: tuple[int, ...]
    groups: int
    bias: bool
    mode: str = "zeros"
    output_padding: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Convolution(Weighted):
    """Base: channels, groups and cost are alike in one, two and three dimensions."""

    family: ClassVar[Family] = Family.CONVOLUTION
    width: ClassVar[str] = "out_channels"
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="conv")
    formula: ClassVar[str] = _SUM
    out_channels: int = attribute(
        32, minimum=1, maximum=100_000, label="Filters", help="How many filters, and so channels that come out."
    )

    def _settings(self) -> _Settings:
        """The attributes, in one form for any number of dimensions."""
        raise NotImplementedError

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        chosen = self._settings()
        check_groups(x, self.out_channels, chosen.groups)
        sizes: list[int | None] = []
        for place, name in enumerate(spatial(x.rank)):
            size = x.shape[2 + place]
            kernel, stride, dilation = chosen.kernel[place], chosen.stride[place], chosen.dilation[place]
            if chosen.padding is None:
                if stride != 1:
                    mismatch("stride 1 with padding 'same'", str(stride), "Set the stride to 1, or padding to 0.")
                reach = dilation * (kernel - 1)
                _check_border(chosen.mode, size, reach - reach // 2, name)
                sizes.append(size)
                continue
            padding = chosen.padding[place]
            _check_border(chosen.mode, size, padding, name)
            sizes.append(window(size, name, kernel=kernel, stride=stride, padding=padding, dilation=dilation))
        return (TensorSpec((x.shape[0], self.out_channels, *sizes)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"in_channels": inputs[0].shape[1]}

    def weight_shape(self, *inputs: TensorSpec) -> tuple[int, ...]:
        chosen = self._settings()
        return (self.out_channels, (inputs[0].shape[1] or 0) // chosen.groups, *chosen.kernel)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self.weight_count(*inputs) + self.out_channels * self._settings().bias

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        (y,) = self.output_specs(*inputs)
        chosen = self._settings()
        inside = (inputs[0].shape[1] or 0) // chosen.groups
        return volume(y.shape[1:]) * inside * volume(chosen.kernel)


def check_groups(x: TensorSpec, out_channels: int, groups: int) -> None:
    """Channels in and out must be dividable among the groups."""
    channels = known(x, 1, "channels")
    if channels % groups:
        mismatch(f"channels dividable by {groups} groups", f"{channels}", "Change the groups, or the channels before.")
    if out_channels % groups:
        mismatch(f"filters dividable by {groups} groups", f"{out_channels}", "Change the groups, or the filters.")


def _check_border(mode: str, size: int | None, border: int, name: str) -> None:
    """A border of reflected values must be smaller than the axis, a circular one not larger."""
    if size is None or mode not in ("reflect", "circular") or border == 0:
        return
    if border > (size - 1 if mode == "reflect" else size):
        mismatch(
            f"{name} above the {mode} border of {border}", f"{name} {size}", "Use less padding, or pad with zeros."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Conv1d(_Convolution):
    """Slides small learned filters along a signal or sequence and reports where each pattern occurs.

    Input (N, channels, length); output (N, out_channels, length') with length' = (length + 2 padding - dilation
    (kernel_size - 1) - 1) // stride + 1, or length with padding "same". Source: torch.nn.Conv1d.
    """

    target: ClassVar[str] = "torch.nn.Conv1d"
    synonyms: ClassVar[tuple[str, ...]] = ("convolution", "filter", "signal", "temporal", "cnn")
    when: ClassVar[str] = "For sounds, sensors and other series, where the same pattern may occur at any time."
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)
    kernel_size: int = attribute(3, minimum=1, maximum=10_000, help="Length of each filter.")
    stride: int = attribute(1, minimum=1, maximum=10_000, help="Steps the filter moves at a time; 2 halves the length.")
    padding: int | Literal["same"] = attribute(
        0, minimum=0, maximum=10_000, help="Values added at each end; 'same' keeps the length."
    )
    dilation: int = attribute(1, minimum=1, maximum=10_000, advanced=True, help="Distance between a filter's values.")
    groups: int = attribute(
        1, minimum=1, maximum=100_000, advanced=True, help="Channels are split into this many groups."
    )
    bias: bool = attribute(True, advanced=True, help="Add a learned constant to each filter's answer.")
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = attribute(
        "zeros", advanced=True, help="What is added at the ends."
    )

    def _settings(self) -> _Settings:
        padding = None if isinstance(self.padding, str) else (self.padding,)
        return _Settings(
            (self.kernel_size,), (self.stride,), padding, (self.dilation,), self.groups, self.bias, self.padding_mode
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Conv2d(_Convolution):
    """Slides small learned filters over a picture and reports where each pattern occurs.

    Input (N, channels, height, width); output (N, out_channels, height', width') with height' = (height + 2 padding
    - dilation (kernel_size - 1) - 1) // stride + 1, width' likewise; unchanged with padding "same".
    Source: torch.nn.Conv2d.
    """

    target: ClassVar[str] = "torch.nn.Conv2d"
    synonyms: ClassVar[tuple[str, ...]] = ("convolution", "filter", "image", "cnn", "depthwise")
    when: ClassVar[str] = "For pictures and spectrograms, where the same pattern may occur at any place."
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    kernel_size: int | tuple[int, int] = attribute(3, minimum=1, maximum=1_000, help=f"Size of each filter: {_SIZES}.")
    stride: int | tuple[int, int] = attribute(
        1, minimum=1, maximum=1_000, help="Steps the filter moves at a time; 2 halves height and width."
    )
    padding: int | tuple[int, int] | Literal["same"] = attribute(
        0, minimum=0, maximum=1_000, help="Border added on each side; 'same' keeps height and width."
    )
    dilation: int | tuple[int, int] = attribute(
        1, minimum=1, maximum=1_000, advanced=True, help="Distance between a filter's values."
    )
    groups: int = attribute(
        1,
        minimum=1,
        maximum=100_000,
        advanced=True,
        help="Channels are split into this many groups; as many as channels is a depthwise convolution.",
    )
    bias: bool = attribute(True, advanced=True, help="Add a learned constant to each filter's answer.")
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = attribute(
        "zeros", advanced=True, help="What the border is filled with."
    )

    def _settings(self) -> _Settings:
        padding = None if isinstance(self.padding, str) else pair(self.padding)
        return _Settings(
            pair(self.kernel_size),
            pair(self.stride),
            padding,
            pair(self.dilation),
            self.groups,
            self.bias,
            self.padding_mode,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Conv3d(_Convolution):
    """Slides small learned filters over a volume and reports where each pattern occurs.

    Input (N, channels, depth, height, width); output (N, out_channels, depth', height', width') with
    depth' = (depth + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, the others likewise; unchanged with
    padding "same".
    Source: torch.nn.Conv3d.
    """

    target: ClassVar[str] = "torch.nn.Conv3d"
    synonyms: ClassVar[tuple[str, ...]] = ("convolution", "filter", "volume", "video", "scan", "cnn")
    when: ClassVar[str] = (
        "For scans of a body and for short films, where depth or time is an axis like height and width."
    )
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)
    kernel_size: int | tuple[int, int, int] = attribute(
        3, minimum=1, maximum=1_000, help=f"Size of each filter: {_SIZES_3D}."
    )
    stride: int | tuple[int, int, int] = attribute(
        1, minimum=1, maximum=1_000, help="Steps the filter moves at a time; 2 halves depth, height and width."
    )
    padding: int | tuple[int, int, int] | Literal["same"] = attribute(
        0, minimum=0, maximum=1_000, help="Border added on each side; 'same' keeps the sizes."
    )
    dilation: int | tuple[int, int, int] = attribute(
        1, minimum=1, maximum=1_000, advanced=True, help="Distance between a filter's values."
    )
    groups: int = attribute(
        1,
        minimum=1,
        maximum=100_000,
        advanced=True,
        help="Channels are split into this many groups; as many as channels is a depthwise convolution.",
    )
    bias: bool = attribute(True, advanced=True, help="Add a learned constant to each filter's answer.")
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = attribute(
        "zeros", advanced=True, help="What the border is filled with."
    )

    def _settings(self) -> _Settings:
        padding = None if isinstance(self.padding, str) else sides(self.padding, 3)
        return _Settings(
            sides(self.kernel_size, 3),
            sides(self.stride, 3),
            padding,
            sides(self.dilation, 3),
            self.groups,
            self.bias,
            self.padding_mode,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Transposed(Weighted):
    """Base: a convolution run backwards, so that sizes grow."""

    family: ClassVar[Family] = Family.CONVOLUTION
    width: ClassVar[str] = "out_channels"
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="conv_transpose")
    formula: ClassVar[str] = _SPREAD
    when: ClassVar[str] = _GROWN
    unlike_torch: ClassVar[Mapping[str, str]] = {"padding_mode": "torch takes zeros alone here"}
    stricter: ClassVar[str] = "an empty tensor helps nobody"
    out_channels: int = attribute(
        32, minimum=1, maximum=100_000, label="Filters", help="How many filters, and so channels that come out."
    )

    def _settings(self) -> _Settings:
        """The attributes, in one form for any number of dimensions."""
        raise NotImplementedError

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        chosen = self._settings()
        check_groups(x, self.out_channels, chosen.groups)
        sizes: list[int | None] = []
        for place, name in enumerate(spatial(x.rank)):
            size, padding = x.shape[2 + place], 0 if chosen.padding is None else chosen.padding[place]
            stride, dilation, extra = chosen.stride[place], chosen.dilation[place], chosen.output_padding[place]
            if extra >= stride and extra >= dilation:
                mismatch(
                    f"an output padding below the stride {stride} or the dilation {dilation}", str(extra), "Lower it."
                )
            if size is None:
                sizes.append(None)
                continue
            grown = (size - 1) * stride - 2 * padding + dilation * (chosen.kernel[place] - 1) + extra + 1
            if grown < 1:
                mismatch(
                    f"a {name} that leaves something after padding {padding}", f"{name} {size}", "Use less padding."
                )
            sizes.append(grown)
        return (TensorSpec((x.shape[0], self.out_channels, *sizes)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"in_channels": inputs[0].shape[1]}

    def weight_shape(self, *inputs: TensorSpec) -> tuple[int, ...]:
        chosen = self._settings()
        return (inputs[0].shape[1] or 0, self.out_channels // chosen.groups, *chosen.kernel)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self.weight_count(*inputs) + self.out_channels * self._settings().bias

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        chosen = self._settings()
        return volume(inputs[0].shape[1:]) * (self.out_channels // chosen.groups) * volume(chosen.kernel)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvTranspose1d(_Transposed):
    """Makes a signal longer with learned filters; the counterpart of Conv1d.

    Input (N, channels, length); output (N, out_channels, length') with length' = (length - 1) stride - 2 padding
    + dilation (kernel_size - 1) + output_padding + 1. Source: torch.nn.ConvTranspose1d.
    """

    target: ClassVar[str] = "torch.nn.ConvTranspose1d"
    synonyms: ClassVar[tuple[str, ...]] = ("deconvolution", "upsampling", "decoder", "generator")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)
    kernel_size: int = attribute(2, minimum=1, maximum=10_000, help="Length of each filter.")
    stride: int = attribute(1, minimum=1, maximum=10_000, help="2 doubles the length.")
    padding: int = attribute(0, minimum=0, maximum=10_000, help="Values taken off at each end.")
    output_padding: int = attribute(0, minimum=0, maximum=10_000, advanced=True, help="Values added at one end.")
    groups: int = attribute(
        1, minimum=1, maximum=100_000, advanced=True, help="Channels are split into this many groups."
    )
    bias: bool = attribute(True, advanced=True, help="Add a learned constant to each filter's answer.")
    dilation: int = attribute(1, minimum=1, maximum=10_000, advanced=True, help="Distance between a filter's values.")

    def _settings(self) -> _Settings:
        return _Settings(
            (self.kernel_size,),
            (self.stride,),
            (self.padding,),
            (self.dilation,),
            self.groups,
            self.bias,
            output_padding=(self.output_padding,),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvTranspose2d(_Transposed):
    """Makes a picture larger with learned filters; the counterpart of Conv2d.

    Input (N, channels, height, width); output (N, out_channels, height', width') with height' = (height - 1) stride
    - 2 padding + dilation (kernel_size - 1) + output_padding + 1, width' likewise. Source: torch.nn.ConvTranspose2d.
    """

    target: ClassVar[str] = "torch.nn.ConvTranspose2d"
    synonyms: ClassVar[tuple[str, ...]] = ("deconvolution", "upsampling", "decoder", "generator")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    kernel_size: int | tuple[int, int] = attribute(2, minimum=1, maximum=1_000, help=f"Size of each filter: {_SIZES}.")
    stride: int | tuple[int, int] = attribute(1, minimum=1, maximum=1_000, help="2 doubles height and width.")
    padding: int | tuple[int, int] = attribute(0, minimum=0, maximum=1_000, help="Border taken off on each side.")
    output_padding: int | tuple[int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="Border added at the bottom and the right."
    )
    groups: int = attribute(
        1, minimum=1, maximum=100_000, advanced=True, help="Channels are split into this many groups."
    )
    bias: bool = attribute(True, advanced=True, help="Add a learned constant to each filter's answer.")
    dilation: int | tuple[int, int] = attribute(
        1, minimum=1, maximum=1_000, advanced=True, help="Distance between a filter's values."
    )

    def _settings(self) -> _Settings:
        return _Settings(
            pair(self.kernel_size),
            pair(self.stride),
            pair(self.padding),
            pair(self.dilation),
            self.groups,
            self.bias,
            output_padding=pair(self.output_padding),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvTranspose3d(_Transposed):
    """Makes a volume larger with learned filters; the counterpart of Conv3d.

    Input (N, channels, depth, height, width); output (N, out_channels, depth', height', width') with depth' =
    (depth - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1, the others likewise.
    Source: torch.nn.ConvTranspose3d.
    """

    target: ClassVar[str] = "torch.nn.ConvTranspose3d"
    synonyms: ClassVar[tuple[str, ...]] = ("deconvolution", "upsampling", "decoder", "generator")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)
    kernel_size: int | tuple[int, int, int] = attribute(
        2, minimum=1, maximum=1_000, help=f"Size of each filter: {_SIZES_3D}."
    )
    stride: int | tuple[int, int, int] = attribute(
        1, minimum=1, maximum=1_000, help="2 doubles depth, height and width."
    )
    padding: int | tuple[int, int, int] = attribute(0, minimum=0, maximum=1_000, help="Border taken off on each side.")
    output_padding: int | tuple[int, int, int] = attribute(
        0, minimum=0, maximum=1_000, advanced=True, help="Border added at the back, the bottom and the right."
    )
    groups: int = attribute(
        1, minimum=1, maximum=100_000, advanced=True, help="Channels are split into this many groups."
    )
    bias: bool = attribute(True, advanced=True, help="Add a learned constant to each filter's answer.")
    dilation: int | tuple[int, int, int] = attribute(
        1, minimum=1, maximum=1_000, advanced=True, help="Distance between a filter's values."
    )

    def _settings(self) -> _Settings:
        return _Settings(
            sides(self.kernel_size, 3),
            sides(self.stride, 3),
            sides(self.padding, 3),
            sides(self.dilation, 3),
            self.groups,
            self.bias,
            output_padding=sides(self.output_padding, 3),
        )
