"""Positions, times, coordinates and patches as vectors, and vectors that are learned."""

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    NO_FEATURES,
    PICTURE,
    at_least_2,
    known,
    mismatch,
    volume,
)
from engine.catalog.tensors import TensorSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class RotaryEncoding(Layer):
    """Turns the vector of each step by its place, so that attention sees how far apart steps are.

    Input and output (N, ..., time, features) with an even number of features; value i is turned with value i +
    features / 2. Source: Su et al. 2021.
    """

    target: ClassVar[str] = "engine.compiler.modules.RotaryEncoding"
    caption: ClassVar[str] = "Rotary encoding"
    formula: ClassVar[str] = "y = x turned by the angle place · base^(−2i / features) in each pair of values"
    when: ClassVar[str] = "On queries and keys before ScaledDotProductAttention."
    synonyms: ClassVar[tuple[str, ...]] = ("rope", "rotary", "position", "order", "llama")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="rotary_encoding")
    family: ClassVar[Family] = Family.EMBEDDING

    stricter: ClassVar[str] = "an odd value would have none to be turned with"
    base: float = attribute(10_000.0, above=1, maximum=1e9, advanced=True, help="Slowest turn; more for long texts.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        if x.rank < 3:
            mismatch("3 or more dimensions (N, ..., time, features)", x, "Link a sequence.")
        if known(x, -1, "features") % 2:
            mismatch("an even number of features", str(x.shape[-1]), "Change the layer before.")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[-1]}

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeEmbedding(Layer):
    """Writes one number a sample as many waves, from slow to fast, for a network to read.

    Input (N,); output (N, features), an even number. Source: Ho et al. 2020, as in Vaswani et al. 2017.
    """

    target: ClassVar[str] = "engine.compiler.modules.TimeEmbedding"
    caption: ClassVar[str] = "Time embedding"
    formula: ClassVar[str] = "y = [cos(t · fᵢ), sin(t · fᵢ)],  fᵢ = max_period^(−i / half)"
    when: ClassVar[str] = "To tell a diffusion network how noisy its picture is."
    synonyms: ClassVar[tuple[str, ...]] = ("diffusion", "timestep", "noise level", "sinusoidal")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="time_embedding")
    family: ClassVar[Family] = Family.EMBEDDING

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=("N",), dtype=None),)
    stricter: ClassVar[str] = "every wave comes as cosine and sine"
    features: int = attribute(64, minimum=2, maximum=100_000, help="How many values come out; an even number.")
    max_period: float = attribute(10_000.0, above=1, maximum=1e9, advanced=True, help="Length of the slowest wave.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        if self.features % 2:
            mismatch("an even number of features", str(self.features), "Make it one more.")
        return (TensorSpec((inputs[0].shape[0], self.features)),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return self.features


@dataclass(frozen=True, kw_only=True, slots=True)
class FourierFeatures(Layer):
    """Writes a few coordinates as many random waves, so that a network can draw fine detail.

    Input (N, ..., features); output (N, ..., 2 · waves). Source: Tancik et al. 2020.
    """

    target: ClassVar[str] = "engine.compiler.modules.FourierFeatures"
    caption: ClassVar[str] = "Fourier features"
    formula: ClassVar[str] = "y = [cos(2π B x), sin(2π B x)], B random and fixed"
    when: ClassVar[str] = "Before linear layers that learn a picture or a field from coordinates."
    synonyms: ClassVar[tuple[str, ...]] = ("nerf", "coordinates", "random features", "implicit")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="fourier_features")
    family: ClassVar[Family] = Family.EMBEDDING

    stricter: ClassVar[str] = NO_FEATURES
    waves: int = attribute(64, minimum=1, maximum=100_000, label="Waves", help="How many random waves there are.")
    scale: float = attribute(1.0, above=0, maximum=1_000, help="The larger, the finer the detail.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        at_least_2(x)
        known(x, -1, "features")
        return (TensorSpec((*x.shape[:-1], 2 * self.waves)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[-1]}

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return volume(inputs[0].shape[1:]) * self.waves


@dataclass(frozen=True, kw_only=True, slots=True)
class PatchEmbedding(Layer):
    """Cuts a picture into squares and makes each one step of a sequence.

    Input (N, channels, height, width); output (N, patches, embed_dim), rows first; what is left at the border is
    dropped. Source: Dosovitskiy et al. 2020, section 3.1.
    """

    target: ClassVar[str] = "engine.compiler.modules.PatchEmbedding"
    caption: ClassVar[str] = "Patch embedding"
    formula: ClassVar[str] = "y[patch] = W · pixels of the patch + b"
    when: ClassVar[str] = "At the beginning of a vision transformer."
    synonyms: ClassVar[tuple[str, ...]] = ("vit", "patches", "tokens", "transformer", "tiles")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="patch_embedding")
    family: ClassVar[Family] = Family.EMBEDDING

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    embed_dim: int = attribute(128, minimum=1, maximum=100_000, label="Features", help="How many values a patch gets.")
    patch_size: int = attribute(4, minimum=1, maximum=1_000, help="Side of a square in pixels.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        known(x, 1, "channels")
        counts = []
        for name, size in zip(("height", "width"), x.shape[2:], strict=True):
            if size is not None and size < self.patch_size:
                mismatch(f"{name} {self.patch_size} or more", str(size), "Make the patches smaller.")
            counts.append(None if size is None else size // self.patch_size)
        rows, columns = counts
        return (TensorSpec((x.shape[0], None if rows is None or columns is None else rows * columns, self.embed_dim)),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"in_channels": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return ((inputs[0].shape[1] or 0) * self.patch_size**2 + 1) * self.embed_dim

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        (y,) = self.output_specs(*inputs)
        return volume(y.shape[1:]) * (inputs[0].shape[1] or 0) * self.patch_size**2


@dataclass(frozen=True, kw_only=True, slots=True)
class LearnedTensor(Layer):
    """Gives learned values that do not depend on the input.

    Input (N, ...), of which only the count of samples is used; output (N, *shape).
    """

    target: ClassVar[str] = "engine.compiler.modules.LearnedTensor"
    caption: ClassVar[str] = "Learned tensor"
    formula: ClassVar[str] = "y = learned values, the same for each sample"
    when: ClassVar[str] = "As queries of a decoder (DETR, Perceiver), or any weight of your own."
    synonyms: ClassVar[tuple[str, ...]] = ("parameter", "query", "constant", "bias", "weights")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="learned_tensor")
    family: ClassVar[Family] = Family.EMBEDDING

    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)
    shape: tuple[int, ...] = attribute((8, 64), minimum=1, maximum=1e6, help="The sizes without the batch.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return (TensorSpec((inputs[0].shape[0], *self.shape)),)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return volume(self.shape)
