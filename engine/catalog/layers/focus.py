"""Attention in its parts, and gates on channels and places: what a network looks at."""

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import (
    PICTURE,
    SEQUENCE,
    VECTOR,
    alike,
    found_text,
    known,
    mismatch,
    same_sizes,
    volume,
)
from engine.catalog.tensors import DType, TensorSpec

_QKV = (
    InputPort(name="query", axes=SEQUENCE),
    InputPort(name="key", axes=SEQUENCE),
    InputPort(name="value", axes=SEQUENCE),
)
_LINED_UP = "with another batch or length, samples would be lined up with something else"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Attention(Layer):
    """Base: weighs what it is given."""

    family: ClassVar[Family] = Family.ATTENTION


def _fitting(query: TensorSpec, key: TensorSpec, value: TensorSpec) -> None:
    """Refuse what cannot be compared."""
    known(query, 2, "features")
    if not same_sizes(query.shape[0], key.shape[0]) or not same_sizes(query.shape[2], key.shape[2]):
        mismatch(f"a key with the batch and features of the query, {found_text(query.shape)}", key)
    alike((key, value), 2)


def _looks(query: TensorSpec, key: TensorSpec, value: TensorSpec) -> int:
    steps, other = query.shape[1] or 1, key.shape[1] or 1
    return steps * other * ((query.shape[2] or 0) + (value.shape[2] or 0))


def _places(x: TensorSpec) -> None:
    """Refuse what has no channels or nothing behind them."""
    if x.rank < 3:
        mismatch("3 or more dimensions (N, channels, ...)", x, "Link a picture or a signal.")
    known(x, 1, "channels")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaledDotProductAttention(_Attention):
    """Lets each step of a query look at keys and mix the values of those that fit; nothing is learned.

    Inputs query (N, time, features), key (N, other time, features), value (N, other time, value features), and mask
    (N, time, other time) of yes, where a step may look; output (N, time, value features). Source: Vaswani et al.
    2017, torch.nn.functional.scaled_dot_product_attention.
    """

    target: ClassVar[str] = "engine.compiler.modules.ScaledDotProductAttention"
    caption: ClassVar[str] = "Scaled dot-product attention"
    formula: ClassVar[str] = "y = softmax(Q · Kᵀ / √d + mask) · V"
    when: ClassVar[str] = "To draw attention of your own: Linear layers before it, one behind it."
    synonyms: ClassVar[tuple[str, ...]] = ("attention", "sdpa", "softmax", "lookup")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="scaled_dot_product_attention")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        *_QKV,
        InputPort(name="mask", axes=("N", "time", "other time"), dtype=DType.BOOL, optional=True),
    )
    stricter: ClassVar[str] = _LINED_UP
    dropout_p: float = attribute(0.0, minimum=0, below=1, label="Dropout", help="Share of looks dropped in training.")
    is_causal: bool = attribute(False, label="Causal", help="No step looks at a later one.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        query, key, value, *rest = inputs
        _fitting(query, key, value)
        for mask in rest:
            wanted = (query.shape[0], query.shape[1], key.shape[1])
            if not all(map(same_sizes, mask.shape, wanted)):
                mismatch(f"a mask {found_text(wanted)}", mask, "A CausalMask has the right sizes.")
        return (TensorSpec((*query.shape[:2], value.shape[2])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return _looks(*inputs[:3])


@dataclass(frozen=True, kw_only=True, slots=True)
class LinearAttention(_Attention):
    """Attention whose cost grows with the length of a sequence, not with its square; nothing is learned.

    Inputs query (N, time, features), key (N, other time, features), value (N, other time, value features); output
    (N, time, value features). Source: Katharopoulos et al. 2020.
    """

    target: ClassVar[str] = "engine.compiler.modules.LinearAttention"
    caption: ClassVar[str] = "Linear attention"
    formula: ClassVar[str] = "y = φ(Q) · (φ(K)ᵀ · V) / (φ(Q) · Σ φ(K)),  φ = ELU + 1"
    when: ClassVar[str] = "For sequences of many thousand steps."
    synonyms: ClassVar[tuple[str, ...]] = ("efficient attention", "long sequence", "kernel")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="linear_attention")
    inputs: ClassVar[tuple[InputPort, ...]] = _QKV

    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        query, key, value = inputs
        _fitting(query, key, value)
        return (TensorSpec((*query.shape[:2], value.shape[2])),)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        query, key, value = inputs
        return volume((query.shape[2], value.shape[2])) * ((query.shape[1] or 1) + (key.shape[1] or 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class AdditiveAttention(_Attention):
    """Lets one state look at all steps of a sequence and mix in those that fit, by a small network.

    Inputs query (N, query features), keys (N, time, features) and mask (N, time) of yes where there is a step;
    outputs output (N, features) and weights (N, time). Source: Bahdanau et al. 2015, section 3.1.
    """

    target: ClassVar[str] = "engine.compiler.modules.AdditiveAttention"
    caption: ClassVar[str] = "Additive attention"
    formula: ClassVar[str] = "weights = softmax(v · tanh(W q + U kᵢ)),  y = Σᵢ weightsᵢ · kᵢ"
    when: ClassVar[str] = "In a decoder that writes word by word and looks back at what it translates."
    synonyms: ClassVar[tuple[str, ...]] = ("bahdanau", "seq2seq", "translation", "alignment")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="additive_attention")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="query", axes=VECTOR),
        InputPort(name="keys", axes=SEQUENCE),
        InputPort(name="mask", axes=("N", "time"), dtype=DType.BOOL, optional=True),
    )
    outputs: ClassVar[tuple[str, ...]] = ("output", "weights")
    stricter: ClassVar[str] = _LINED_UP
    hidden_features: int = attribute(64, minimum=1, maximum=100_000, help="Width of the small network.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        query, keys, *rest = inputs
        known(query, 1, "features")
        known(keys, 2, "features")
        alike((query, keys), 1)
        for mask in rest:
            alike((keys, mask), 2)
        return TensorSpec((keys.shape[0], keys.shape[2])), TensorSpec(keys.shape[:2])

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"query_features": inputs[0].shape[1], "features": inputs[1].shape[2]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return ((inputs[0].shape[1] or 0) + (inputs[1].shape[2] or 0) + 2) * self.hidden_features

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        query, keys = inputs[:2]
        steps, width = keys.shape[1] or 1, keys.shape[2] or 0
        return self.hidden_features * ((query.shape[1] or 0) + steps * (width + 1)) + steps * width


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupedQueryAttention(_Attention):
    """Self-attention in which several heads share keys and values, which saves weights and memory.

    Input and output (N, time, features); mask (N, time, time) of yes, where a step may look. Source: Ainslie et al.
    2023; rotary: Su et al. 2021.
    """

    target: ClassVar[str] = "engine.compiler.modules.GroupedQueryAttention"
    caption: ClassVar[str] = "Grouped-query attention"
    formula: ClassVar[str] = "y = W_o · concat over heads of softmax(Q · Kᵀ / √d) · V, keys and values shared by groups"
    when: ClassVar[str] = "In language models of today; with 1 key head it is multi-query attention."
    synonyms: ClassVar[tuple[str, ...]] = ("gqa", "multi-query", "llama", "self-attention", "transformer")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="grouped_query_attention")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=SEQUENCE),
        InputPort(name="mask", axes=("N", "time", "other time"), dtype=DType.BOOL, optional=True),
    )
    stricter: ClassVar[str] = _LINED_UP
    num_heads: int = attribute(4, minimum=1, maximum=1_000, label="Heads", help="How many looks, side by side.")
    num_kv_heads: int = attribute(
        2, minimum=1, maximum=1_000, label="Key heads", help="How many heads there are of keys and values."
    )
    is_causal: bool = attribute(True, label="Causal", help="No step looks at a later one.")
    rotary: bool = attribute(True, help="Turn queries and keys by their place, so that attention knows the order.")
    bias: bool = attribute(False, advanced=True, help="Add learned constants.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, *rest = inputs
        width = known(x, 2, "features")
        if width % self.num_heads or self.num_heads % self.num_kv_heads:
            mismatch(
                f"features dividable by {self.num_heads} heads, and heads by {self.num_kv_heads} key heads",
                f"{width} features, {self.num_heads} heads",
                "Change the heads.",
            )
        if self.rotary and width // self.num_heads % 2:
            mismatch("an even number of features a head", str(width // self.num_heads), "Change the heads.")
        for mask in rest:
            wanted = (x.shape[0], x.shape[1], x.shape[1])
            if not all(map(same_sizes, mask.shape, wanted)):
                mismatch(f"a mask {found_text(wanted)}", mask, "A CausalMask has the right sizes.")
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[2]}

    def _widths(self, x: TensorSpec) -> tuple[int, int]:
        width = x.shape[2] or 0
        return width, width // self.num_heads * self.num_kv_heads

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width, shared = self._widths(inputs[0])
        return (width + self.bias) * (2 * width + 2 * shared)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        width, shared = self._widths(inputs[0])
        steps = inputs[0].shape[1] or 1
        return steps * width * (2 * width + 2 * shared) + 2 * steps * steps * width


@dataclass(frozen=True, kw_only=True, slots=True)
class AttentionPooling(_Attention):
    """Takes a mean over the steps of a sequence, in which each step weighs as much as it deserves.

    Input (N, time, features) and mask (N, time) of yes where there is a step; output (N, features).
    """

    target: ClassVar[str] = "engine.compiler.modules.AttentionPooling"
    caption: ClassVar[str] = "Attention pooling"
    formula: ClassVar[str] = "weights = softmax(w · xᵢ + b),  y = Σᵢ weightsᵢ · xᵢ"
    when: ClassVar[str] = "In place of the mean, when a few steps decide."
    synonyms: ClassVar[tuple[str, ...]] = ("weighted mean", "pool over time", "squeeze", "sentence")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="attention_pooling")
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(axes=SEQUENCE),
        InputPort(name="mask", axes=("N", "time"), dtype=DType.BOOL, optional=True),
    )
    stricter: ClassVar[str] = _LINED_UP

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        x, *rest = inputs
        known(x, 2, "features")
        for mask in rest:
            alike((x, mask), 2)
        return (TensorSpec((x.shape[0], x.shape[2])),)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"features": inputs[0].shape[2]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return (inputs[0].shape[2] or 0) + 1

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:])


@dataclass(frozen=True, kw_only=True, slots=True)
class SqueezeExcite(_Attention):
    """Makes some channels louder and others quieter, after a look at the whole picture.

    Input and output (N, channels, ...). Source: Hu et al. 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.SqueezeExcite"
    caption: ClassVar[str] = "Squeeze and excite"
    formula: ClassVar[str] = "y = x · σ(W₂ · relu(W₁ · mean(x)))"
    when: ClassVar[str] = "Behind the convolutions of a block; it costs little."
    synonyms: ClassVar[tuple[str, ...]] = ("se", "channel attention", "gate", "senet", "efficientnet")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="squeeze_excite")
    stricter: ClassVar[str] = "channels are weighed by what they hold at places, and there are none"

    reduction: int = attribute(16, minimum=1, maximum=1_024, help="How many times fewer features there are inside.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        _places(inputs[0])
        return (inputs[0],)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"channels": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        channels = inputs[0].shape[1] or 0
        inside = max(1, channels // self.reduction)
        return 2 * channels * inside + channels + inside

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        channels = inputs[0].shape[1] or 0
        return 2 * volume(inputs[0].shape[1:]) + 2 * channels * max(1, channels // self.reduction)


@dataclass(frozen=True, kw_only=True, slots=True)
class EfficientChannelAttention(_Attention):
    """Makes some channels louder and others quieter, each by a look at its neighbours.

    Input and output (N, channels, ...). Source: Wang et al. 2020, ECA-Net.
    """

    target: ClassVar[str] = "engine.compiler.modules.EfficientChannelAttention"
    caption: ClassVar[str] = "Efficient channel attention"
    formula: ClassVar[str] = "y = x · σ(conv over channels of mean(x))"
    when: ClassVar[str] = "Like SqueezeExcite, with next to no weights."
    synonyms: ClassVar[tuple[str, ...]] = ("eca", "channel attention", "gate")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="efficient_channel_attention")
    stricter: ClassVar[str] = "an even window has no middle; without places there is nothing to weigh channels by"

    kernel_size: int = attribute(3, minimum=1, maximum=99, help="How many channels are looked at; an odd number.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        _places(inputs[0])
        if self.kernel_size % 2 == 0:
            mismatch("an odd size of the window", str(self.kernel_size), "Make it one larger or smaller.")
        return (inputs[0],)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self.kernel_size

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return 2 * volume(inputs[0].shape[1:]) + (inputs[0].shape[1] or 0) * self.kernel_size


@dataclass(frozen=True, kw_only=True, slots=True)
class CBAM(_Attention):
    """Weighs first the channels of a picture, then its places.

    Input and output (N, channels, height, width). Source: Woo et al. 2018.
    """

    target: ClassVar[str] = "engine.compiler.modules.CBAM"
    caption: ClassVar[str] = "Channel and place attention"
    formula: ClassVar[str] = "y = x · channel gate · place gate"
    when: ClassVar[str] = "Behind the convolutions of a block, when places matter too."
    synonyms: ClassVar[tuple[str, ...]] = ("block attention", "spatial attention", "channel attention", "gate")
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="cbam")
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=PICTURE),)
    stricter: ClassVar[str] = "an even window has no middle"
    reduction: int = attribute(16, minimum=1, maximum=1_024, help="How many times fewer features there are inside.")
    kernel_size: int = attribute(7, minimum=1, maximum=99, help="Side of the window for places; an odd number.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        known(inputs[0], 1, "channels")
        if self.kernel_size % 2 == 0:
            mismatch("an odd size of the window", str(self.kernel_size), "Make it one larger or smaller.")
        return (inputs[0],)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"channels": inputs[0].shape[1]}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        channels = inputs[0].shape[1] or 0
        inside = max(1, channels // self.reduction)
        return 2 * channels * inside + channels + inside + 2 * self.kernel_size**2

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        _, channels, height, width = inputs[0].shape
        inside = max(1, (channels or 0) // self.reduction)
        return 4 * (channels or 0) * inside + volume((height, width)) * (2 * self.kernel_size**2 + 3 * (channels or 0))
