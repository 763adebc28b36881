"""Normalization: keeps values near mean 0 and spread 1, so that training is fast and steady."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import NO_FEATURES, PICTURE, SIGNAL, VOLUME, at_least_2, known, mismatch, volume
from engine.catalog.tensors import TensorSpec

_EPS = "Keeps the division from dividing by 0."
_NO_BIAS = {"bias": "older releases of torch do not have it, and leaving the offset out saves nothing"}
_LAST = {
    "last_dimensions": "says over how many axes normalized_shape, which is computed, reaches",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Normalization(Layer):
    """Base: the shape stays; a scale and an offset a channel."""

    family: ClassVar[Family] = Family.NORMALIZATION

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        known(inputs[0], 1, "channels")
        return (inputs[0],)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class _BatchNorm(_Normalization):
    """Base of the three."""

    formula: ClassVar[str] = "y = (x - mean over the batch) / √(variance over the batch + ε) · γ + β"
    when: ClassVar[str] = "Behind a convolution or Linear, before the activation, with 16 or more samples a step."
    synonyms: ClassVar[tuple[str, ...]] = ("batch normalization", "standardize")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="batch_norm")
    unlike_torch: ClassVar[Mapping[str, str]] = _NO_BIAS
    eps: float = attribute(1e-5, above=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    momentum: float | None = attribute(
        0.1, minimum=0, maximum=1, advanced=True, help="How fast the running mean follows; empty takes the plain mean."
    )
    affine: bool = attribute(True, advanced=True, help="Learn a scale and an offset for each channel.")
    track_running_stats: bool = attribute(
        True, advanced=True, label="Running statistics", help="Remember mean and spread for use after training."
    )

    def export_refusal(self, *inputs: TensorSpec) -> str:
        if self.track_running_stats:
            return ""
        return (
            "It keeps no running statistics, so its answer for one input would depend on what else is asked at the "
            "same time: switch them on, or use GroupNorm."
        )

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"num_features": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return 2 * (inputs[0].shape[1] or 0) * self.affine


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchNorm1d(_BatchNorm):
    """Brings each feature or channel to mean 0 and spread 1 over the batch.

    Input and output (N, features) or (N, channels, length). Source: Ioffe and Szegedy 2015, torch.nn.BatchNorm1d.
    """

    target: ClassVar[str] = "torch.nn.BatchNorm1d"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank not in (2, 3):
            hint = "BatchNorm2d takes pictures." if x.rank == 4 else ""
            mismatch("2 or 3 dimensions (N, features) or (N, channels, length)", x, hint)
        known(x, 1, "channels")
        return (x,)


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchNorm2d(_BatchNorm):
    """Brings each channel of a picture to mean 0 and spread 1 over the batch.

    Input and output (N, channels, height, width). Source: Ioffe and Szegedy 2015, torch.nn.BatchNorm2d.
    """

    target: ClassVar[str] = "torch.nn.BatchNorm2d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchNorm3d(_BatchNorm):
    """Brings each channel of a volume to mean 0 and spread 1 over the batch.

    Input and output (N, channels, depth, height, width). Source: Ioffe and Szegedy 2015, torch.nn.BatchNorm3d.
    """

    target: ClassVar[str] = "torch.nn.BatchNorm3d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)


@dataclass(frozen=True, kw_only=True, slots=True)
class _InstanceNorm(_Normalization):
    """Base of the three."""

    synonyms: ClassVar[tuple[str, ...]] = ("instance normalization", "style")
    formula: ClassVar[str] = "y = (x - mean of the channel) / √(variance of the channel + ε) · γ + β"
    when: ClassVar[str] = "Where contrast says nothing: style transfer, generators, scans from different machines."
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="instance_norm")
    unlike_torch: ClassVar[Mapping[str, str]] = _NO_BIAS
    eps: float = attribute(1e-5, above=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    momentum: float | None = attribute(
        0.1, minimum=0, maximum=1, advanced=True, help="How fast the running mean follows; empty takes the plain mean."
    )
    affine: bool = attribute(False, help="Learn a scale and an offset for each channel.")
    track_running_stats: bool = attribute(
        False, advanced=True, label="Running statistics", help="Remember mean and spread for use after training."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        known(x, 1, "channels")
        if volume(x.shape[2:]) == 1 and None not in x.shape[2:]:
            mismatch("more than one value a channel", x, "Normalize before a channel is reduced to one value.")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"num_features": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return 2 * (inputs[0].shape[1] or 0) * self.affine


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceNorm1d(_InstanceNorm):
    """Brings each channel of each signal to mean 0 and spread 1.

    Input and output (N, channels, length) with a length above 1. Source: Ulyanov et al. 2016, torch.nn.InstanceNorm1d.
    """

    target: ClassVar[str] = "torch.nn.InstanceNorm1d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SIGNAL),)


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceNorm2d(_InstanceNorm):
    """Brings each channel of each picture to mean 0 and spread 1; usual in style transfer.

    Input and output (N, channels, height, width) with more than one pixel. Source: Ulyanov et al. 2016,
    torch.nn.InstanceNorm2d.
    """

    target: ClassVar[str] = "torch.nn.InstanceNorm2d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceNorm3d(_InstanceNorm):
    """Brings each channel of each volume to mean 0 and spread 1.

    Input and output (N, channels, depth, height, width) with more than one value a channel. Source: Ulyanov et al.
    2016, torch.nn.InstanceNorm3d.
    """

    target: ClassVar[str] = "torch.nn.InstanceNorm3d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=VOLUME),)


@dataclass(frozen=True, kw_only=True, slots=True)
class _AcrossChannels(_Normalization):
    """Base of both: each value is divided by the energy of its neighbours in the next channels."""

    synonyms: ClassVar[tuple[str, ...]] = ("lateral inhibition", "alexnet", "lrn")
    formula: ClassVar[str] = "y[c] = x[c] / (k + α · mean of x² over the nearest channels)^β"
    when: ClassVar[str] = "To rebuild AlexNet and networks of its time; batch normalization has replaced it."
    unlike_torch: ClassVar[Mapping[str, str]] = {"size": "torch has no default; 5 is that of AlexNet"}
    size: int = attribute(5, minimum=1, maximum=1_000, label="Channels", help="How many neighbouring channels count.")
    alpha: float = attribute(1e-4, minimum=0, maximum=1_000, help="How strongly neighbours count.")
    beta: float = attribute(0.75, minimum=0, maximum=10, help="The power of the divisor.")
    k: float = attribute(1.0, above=0, maximum=1_000, label="Offset", help="Keeps the divisor away from 0.")

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return (self.size + 2) * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalResponseNorm(_AcrossChannels):
    """Divides each value by the energy of its neighbours in the next channels.

    Input and output (N, channels, ...) of 3 to 5 dimensions. Source: Krizhevsky et al. 2012,
    torch.nn.LocalResponseNorm.
    """

    target: ClassVar[str] = "torch.nn.LocalResponseNorm"
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="local_response_norm")
    stricter: ClassVar[str] = "torch takes more axes, which it lays in one, and then counts neighbours in the wrong one"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank not in (3, 4, 5):
            mismatch("3 to 5 dimensions (N, channels, ...)", x)
        return (x,)


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossMapLRN2d(_AcrossChannels):
    """Divides each pixel by the energy of the same pixel in the next channels, as Lua Torch and Caffe did.

    Input and output (N, channels, height, width). As torch computes it, the first channel counts as a neighbour of all
    that follow. Source: torch.nn.CrossMapLRN2d.
    """

    target: ClassVar[str] = "torch.nn.CrossMapLRN2d"
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cross_map_lrn")
    size: int = attribute(5, minimum=2, maximum=1_000, label="Channels", help="How many neighbouring channels count.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (inputs[0],)


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupNorm(_Normalization):
    """Brings groups of channels of each sample to mean 0 and spread 1; does not depend on the batch.

    Input and output (N, channels, ...), channels dividable by num_groups. Source: Wu and He 2018, torch.nn.GroupNorm.
    """

    target: ClassVar[str] = "torch.nn.GroupNorm"
    formula: ClassVar[str] = "y = (x - mean of the group) / √(variance of the group + ε) · γ + β"
    when: ClassVar[str] = "Instead of batch normalization where batches are small."
    synonyms: ClassVar[tuple[str, ...]] = ("group normalization",)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="group_norm")
    unlike_torch: ClassVar[Mapping[str, str]] = _NO_BIAS
    num_groups: int = attribute(8, minimum=1, maximum=100_000, label="Groups", help="How many groups of channels.")
    eps: float = attribute(1e-5, above=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    affine: bool = attribute(True, advanced=True, help="Learn a scale and an offset for each channel.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank < 2:
            mismatch("2 or more dimensions (N, channels, ...)", x)
        channels = known(x, 1, "channels")
        if channels % self.num_groups:
            mismatch(f"channels dividable by {self.num_groups} groups", str(channels), "Change the groups.")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"num_channels": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return 2 * (inputs[0].shape[1] or 0) * self.affine


@dataclass(frozen=True, kw_only=True, slots=True)
class _LastAxes(_Normalization):
    """Base: normalizes over the last axes of each sample."""

    unlike_torch: ClassVar[Mapping[str, str]] = _LAST
    stricter: ClassVar[str] = NO_FEATURES
    not_arguments: ClassVar[frozenset[str]] = frozenset({"last_dimensions"})
    last_dimensions: int = attribute(
        1, minimum=1, maximum=8, label="Axes", help="Over how many of the last axes mean and spread are taken."
    )

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        at_least_2(x)
        if self.last_dimensions > x.rank - 1:
            mismatch(f"{self.last_dimensions + 1} or more dimensions", x, "Normalize over fewer axes.")
        for axis in range(-self.last_dimensions, 0):
            known(x, axis, "features")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"normalized_shape": inputs[0].shape[-self.last_dimensions :]}


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerNorm(_LastAxes):
    """Brings the features of each sample, or each step, to mean 0 and spread 1; usual in transformers.

    Input and output (N, ..., features). Source: Ba et al. 2016, torch.nn.LayerNorm.
    """

    target: ClassVar[str] = "torch.nn.LayerNorm"
    formula: ClassVar[str] = "y = (x - mean) / √(variance + ε) · γ + β, over the last axes of each sample"
    when: ClassVar[str] = "In transformers and recurrent networks."
    synonyms: ClassVar[tuple[str, ...]] = ("layer normalization", "transformer")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="layer_norm")
    eps: float = attribute(1e-5, above=0, maximum=1, advanced=True, label="Epsilon", help=_EPS)
    elementwise_affine: bool = attribute(True, advanced=True, label="Affine", help="Learn a scale for each feature.")
    bias: bool = attribute(True, advanced=True, help="Learn an offset too.")

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[-self.last_dimensions :]) * (1 + self.bias) * self.elementwise_affine


@dataclass(frozen=True, kw_only=True, slots=True)
class RMSNorm(_LastAxes):
    """Scales the features of each sample, or each step, to size 1; a simpler LayerNorm.

    Input and output (N, ..., features); x / sqrt(mean of x squared + eps). Source: Zhang and Sennrich 2019,
    torch.nn.RMSNorm.
    """

    target: ClassVar[str] = "torch.nn.RMSNorm"
    formula: ClassVar[str] = "y = x / √(mean of x² + ε) · γ"
    when: ClassVar[str] = "Instead of LayerNorm in large transformers; it is cheaper."
    synonyms: ClassVar[tuple[str, ...]] = ("root mean square", "transformer")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="rms_norm")
    eps: float | None = attribute(
        None, above=0, maximum=1, advanced=True, label="Epsilon", help=f"{_EPS} Empty takes the smallest sensible."
    )
    elementwise_affine: bool = attribute(True, advanced=True, label="Affine", help="Learn a scale for each feature.")

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[-self.last_dimensions :]) * self.elementwise_affine
