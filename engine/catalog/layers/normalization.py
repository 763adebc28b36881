"""Normalization: keeps values near mean 0 and spread 1, so that training is fast and steady."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import NO_FEATURES, PICTURE, at_least_2, known, mismatch, volume
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
    """Base of both batch normalizations."""

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
    synonyms: ClassVar[tuple[str, ...]] = ("batch normalization", "standardize")

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
    synonyms: ClassVar[tuple[str, ...]] = ("batch normalization", "standardize")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)


@dataclass(frozen=True, kw_only=True, slots=True)
class InstanceNorm2d(_Normalization):
    """Brings each channel of each picture to mean 0 and spread 1; usual in style transfer.

    Input and output (N, channels, height, width) with more than one pixel. Source: Ulyanov et al. 2016,
    torch.nn.InstanceNorm2d.
    """

    target: ClassVar[str] = "torch.nn.InstanceNorm2d"
    synonyms: ClassVar[tuple[str, ...]] = ("instance normalization", "style")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
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
        if x.shape[2] == 1 and x.shape[3] == 1:
            mismatch("more than one pixel a channel", x, "Normalize before the picture is reduced to one pixel.")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"num_features": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return 2 * (inputs[0].shape[1] or 0) * self.affine


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupNorm(_Normalization):
    """Brings groups of channels of each sample to mean 0 and spread 1; does not depend on the batch.

    Input and output (N, channels, ...), channels dividable by num_groups. Source: Wu and He 2018, torch.nn.GroupNorm.
    """

    target: ClassVar[str] = "torch.nn.GroupNorm"
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
    synonyms: ClassVar[tuple[str, ...]] = ("root mean square", "transformer")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="rms_norm")
    eps: float | None = attribute(
        None, above=0, maximum=1, advanced=True, label="Epsilon", help=f"{_EPS} Empty takes the smallest sensible."
    )
    elementwise_affine: bool = attribute(True, advanced=True, label="Affine", help="Learn a scale for each feature.")

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[-self.last_dimensions :]) * self.elementwise_affine
