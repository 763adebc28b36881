"""Normalization and global pooling that torch lacks."""

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import NOT_THE_BATCH, Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    NO_FEATURES,
    PICTURE,
    SEQUENCE,
    VECTOR,
    alike,
    at_least_2,
    known,
    mismatch,
    normal_axis,
    volume,
)
from engine.catalog.tensors import TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerScale(Layer):
    """Multiplies each channel by a learned number that begins small.

    Input and output (N, ...); one number for each entry of dim. Source: Touvron et al. 2021.
    """

    target: ClassVar[str] = "engine.compiler.modules.LayerScale"
    caption: ClassVar[str] = "Layer scale"
    formula: ClassVar[str] = "y = gamma · x"
    when: ClassVar[str] = "At the end of the branch of a residual block, in deep networks."
    synonyms: ClassVar[tuple[str, ...]] = ("scale", "gamma", "convnext", "vit", "residual")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="layer_scale")
    family: ClassVar[Family] = Family.NORMALIZATION
    stricter: ClassVar[str] = NOT_THE_BATCH
    dim: int = attribute(-1, minimum=-8, maximum=8, help="The axis of the channels: 1 in pictures, -1 in sequences.")
    not_arguments: ClassVar[frozenset[str]] = frozenset({"dim"})
    init_value: float = attribute(1e-4, minimum=-100, maximum=100, label="Beginning", help="What it begins with.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        known(inputs[0], normal_axis(self.dim, inputs[0].rank), "channels")
        return (inputs[0],)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        (x,) = inputs
        axis = self.dim + x.rank if self.dim < 0 else self.dim
        return {"channels": x.shape[self.dim], "axes_behind": x.rank - 1 - axis}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return inputs[0].shape[self.dim] or 0

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class FiLM(Layer):
    """Lets a vector set how loud each channel is, for example a question about a picture.

    Inputs (N, channels, ...) and condition (N, features); output like the first. Source: Perez et al. 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.FiLM"
    caption: ClassVar[str] = "Feature-wise modulation"
    formula: ClassVar[str] = "y = (1 + gamma(condition)) · x + beta(condition)"
    when: ClassVar[str] = "To tell a network of pictures a class, a time or a text."
    synonyms: ClassVar[tuple[str, ...]] = ("condition", "modulate", "adaptive", "diffusion", "class conditional")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="film")
    family: ClassVar[Family] = Family.NORMALIZATION
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(), InputPort(name="condition", axes=VECTOR))
    stricter: ClassVar[str] = "with another batch, samples would be lined up with something else"

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, condition = inputs
        at_least_2(x)
        known(x, 1, "channels")
        known(condition, 1, "features")
        alike((x, condition), 1)
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"channels": inputs[0].shape[1], "features": inputs[1].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return 2 * ((inputs[1].shape[1] or 0) + 1) * (inputs[0].shape[1] or 0)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) + 2 * (inputs[1].shape[1] or 0) * (inputs[0].shape[1] or 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaIN(Layer):
    """Gives the channels of a picture the mean and spread of another one.

    Inputs (N, channels, height, width) and style (N, channels, rows, columns); output like the first. Source: Huang
    and Belongie 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.AdaIN"
    caption: ClassVar[str] = "Adaptive instance normalization"
    formula: ClassVar[str] = "y = spread(style) · (x − mean(x)) / spread(x) + mean(style)"
    when: ClassVar[str] = "To dress a picture in the style of another one."
    synonyms: ClassVar[tuple[str, ...]] = ("style transfer", "adaptive instance normalization", "statistics")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="adain")
    family: ClassVar[Family] = Family.NORMALIZATION
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=PICTURE),
        InputPort(name="style", axes=("N", "channels", "rows", "columns")),
    )
    stricter: ClassVar[str] = "with another batch or other channels, something else would be lined up"
    eps: float = attribute(1e-5, above=0, maximum=1, advanced=True, label="Epsilon", help="Avoids dividing by 0.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        alike(inputs, 2)
        return (inputs[0],)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:]) + 2 * volume(inputs[1].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class GlobalResponseNorm(Layer):
    """Makes channels compete: those that answer strongly anywhere become stronger.

    Input and output (N, channels, ...). Source: Woo et al. 2023, ConvNeXt V2.
    """

    target: ClassVar[str] = "engine.compiler.modules.GlobalResponseNorm"
    caption: ClassVar[str] = "Global response norm"
    formula: ClassVar[str] = "g = ‖x‖ over places,  y = gamma · x · g / mean(g) + beta + x"
    when: ClassVar[str] = "In the blocks of ConvNeXt V2."
    synonyms: ClassVar[tuple[str, ...]] = ("grn", "convnext", "contrast")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="global_response_norm")
    family: ClassVar[Family] = Family.NORMALIZATION
    stricter: ClassVar[str] = "channels are compared by what they hold at places, and there are none"
    eps: float = attribute(1e-6, above=0, maximum=1, advanced=True, label="Epsilon", help="Avoids dividing by 0.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank < 3:
            mismatch("3 or more dimensions (N, channels, ...)", x, "Link a picture or a signal.")
        known(x, 1, "channels")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"channels": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return 2 * (inputs[0].shape[1] or 0)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 3 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelNorm(Layer):
    """Gives the channels at each place mean 0 and spread 1, then learns its own.

    Input and output (N, channels, ...): a LayerNorm along the channels, place by place. Source: Liu et al. 2022,
    ConvNeXt.
    """

    target: ClassVar[str] = "engine.compiler.modules.ChannelNorm"
    caption: ClassVar[str] = "Channel norm"
    formula: ClassVar[str] = "y = (x − mean) / √(var + eps) · weight + bias, over channels"
    when: ClassVar[str] = "Where a LayerNorm is meant in a network of pictures."
    synonyms: ClassVar[tuple[str, ...]] = ("layernorm2d", "channels first", "convnext", "layer norm")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="channel_norm")
    family: ClassVar[Family] = Family.NORMALIZATION
    stricter: ClassVar[str] = NO_FEATURES
    eps: float = attribute(1e-6, above=0, maximum=1, advanced=True, label="Epsilon", help="Avoids dividing by 0.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank < 2:
            mismatch("2 or more dimensions (N, channels, ...)", x, "Link a picture or a signal.")
        known(x, 1, "channels")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"channels": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return 2 * (inputs[0].shape[1] or 0)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 3 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelNorm(Layer):
    """Brings the channels at each place to one size; nothing is learned.

    Input and output (N, channels, ...). Source: Karras et al. 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.PixelNorm"
    caption: ClassVar[str] = "Pixel norm"
    formula: ClassVar[str] = "y = x / √(mean over channels of x² + eps)"
    when: ClassVar[str] = "In generators of pictures, where sizes run away."
    synonyms: ClassVar[tuple[str, ...]] = ("progressive gan", "stylegan", "rms")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="pixel_norm")
    family: ClassVar[Family] = Family.NORMALIZATION
    stricter: ClassVar[str] = NO_FEATURES
    eps: float = attribute(1e-8, above=0, maximum=1, advanced=True, label="Epsilon", help="Avoids dividing by 0.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        at_least_2(inputs[0])
        return (inputs[0],)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class GeMPool2d(Layer):
    """One value a channel between its mean and its maximum; how near to which is learned.

    Input (N, channels, height, width); output (N, channels). Source: Radenović et al. 2019.
    """

    target: ClassVar[str] = "engine.compiler.modules.GeMPool2d"
    caption: ClassVar[str] = "Generalized mean pooling"
    formula: ClassVar[str] = "y = (mean over places of max(x, eps)ᵖ)^(1/p), p learned"
    when: ClassVar[str] = "To find pictures again, in place of a global average."
    synonyms: ClassVar[tuple[str, ...]] = ("generalized mean", "retrieval", "global pooling")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="gem_pool")
    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    p: float = attribute(3.0, minimum=1, maximum=100, label="Beginning", help="Power it begins with; 1 is the mean.")
    eps: float = attribute(1e-6, above=0, maximum=1, advanced=True, label="Epsilon", help="The least value there is.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec(inputs[0].shape[:2]),)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return 1

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class SpatialPyramidPool(Layer):
    """Keeps the largest value of the whole picture, of its quarters, of its sixteenths, in one row.

    Input (N, channels, height, width) of known size; output (N, channels · sum of levels squared). Source: He et
    al. 2014.
    """

    target: ClassVar[str] = "engine.compiler.modules.SpatialPyramidPool"
    caption: ClassVar[str] = "Spatial pyramid pooling"
    formula: ClassVar[str] = "y = [largest value in each field of grids of 1 × 1, 2 × 2, …]"
    when: ClassVar[str] = "Before linear layers, when pictures come in several sizes."
    synonyms: ClassVar[tuple[str, ...]] = ("spp", "multi-scale", "any size", "pool")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="spatial_pyramid_pool")
    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    stricter: ClassVar[str] = "sizes must be known for what follows"
    levels: tuple[int, ...] = attribute((1, 2, 4), minimum=1, maximum=64, help="Fields along a side of each grid.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        known(x, 2, "rows")
        known(x, 3, "columns")
        if not self.levels:
            mismatch("one or more levels", "none", "As in 1, 2, 4.")
        return (TensorSpec((x.shape[0], known(x, 1, "channels") * sum(level**2 for level in self.levels))),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return len(self.levels) * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class SpatialSoftmax(Layer):
    """Says for each channel where in the picture it answers, as a point from -1 to 1.

    Input (N, channels, height, width); output (N, 2 · channels): x of all channels, then y. Source: Finn et al.
    2016.
    """

    target: ClassVar[str] = "engine.compiler.modules.SpatialSoftmax"
    caption: ClassVar[str] = "Spatial softmax"
    formula: ClassVar[str] = "y = Σ places softmax(x) · place"
    when: ClassVar[str] = "When an answer is a place: keypoints, grasping."
    synonyms: ClassVar[tuple[str, ...]] = ("keypoints", "soft argmax", "location", "robot")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="spatial_softmax")
    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        batch, channels = inputs[0].shape[:2]
        return (TensorSpec((batch, None if channels is None else 2 * channels)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 3 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class StatisticsPool(Layer):
    """Takes mean and spread over the steps of a sequence, side by side.

    Input (N, time, features); output (N, 2 · features). Source: Snyder et al. 2018, x-vectors.
    """

    target: ClassVar[str] = "engine.compiler.modules.StatisticsPool"
    caption: ClassVar[str] = "Statistics pooling"
    formula: ClassVar[str] = "y = [mean over time, spread over time]"
    when: ClassVar[str] = "To tell speakers and other sounds of any length apart."
    synonyms: ClassVar[tuple[str, ...]] = ("x-vector", "speaker", "pool over time", "mean and std")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="statistics_pool")
    family: ClassVar[Family] = Family.POOLING
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SEQUENCE),)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        batch, _, width = inputs[0].shape
        return (TensorSpec((batch, None if width is None else 2 * width)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])
