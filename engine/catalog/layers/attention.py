"""Attention: every step of a sequence looks at all others and takes what it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import SEQUENCE, found_text, known, mismatch, same_sizes
from engine.catalog.tensors import TensorSpec


def _check_heads(width: int, heads: int) -> None:
    if width % heads:
        fitting = [count for count in range(1, width + 1) if width % count == 0 and count <= 64]
        mismatch(
            f"features dividable by {heads} heads",
            str(width),
            f"Use {', '.join(map(str, fitting))} heads, or change the features before.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class MultiheadAttention(Layer):
    """Lets every step of a sequence look at all others and mix in what fits.

    Inputs query (N, time, features), key (N, other time, features), value like key; key and value left free are the
    query (self-attention), value left free is the key. Output (N, time, features of the query). Each head works on
    features / num_heads values. Source: Vaswani et al. 2017, torch.nn.MultiheadAttention.
    """

    target: ClassVar[str] = "engine.compiler.modules.MultiheadAttention"
    caption: ClassVar[str] = "Multi-head attention"
    synonyms: ClassVar[tuple[str, ...]] = ("self-attention", "transformer", "cross-attention")
    family: ClassVar[Family] = Family.ATTENTION
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="query", axes=SEQUENCE),
        InputPort(name="key", axes=SEQUENCE, optional=True),
        InputPort(name="value", axes=SEQUENCE, optional=True),
    )
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="multihead_attention")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "add_bias_kv": "has no counterpart in ONNX, and nobody asks for it",
        "add_zero_attn": "has no counterpart in ONNX, and nobody asks for it",
    }
    num_heads: int = attribute(
        4, minimum=1, maximum=1_000, label="Heads", help="How many looks are taken side by side."
    )
    dropout: float = attribute(0.0, minimum=0, maximum=1, help="Share of looks dropped while training.")
    bias: bool = attribute(True, advanced=True, help="Add learned constants.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        query, key, value = _three(inputs)
        for spec in (query, key, value):
            known(spec, 2, "features")
        _check_heads(known(query, 2, "features"), self.num_heads)
        if not same_sizes(key.shape[1], value.shape[1]):
            mismatch(
                f"key and value of equal length, {found_text(key.shape, SEQUENCE)}", found_text(value.shape, SEQUENCE)
            )
        return (query,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        query, key, value = _three(inputs)
        return {
            "embed_dim": query.shape[2],
            "kdim": key.shape[2],
            "vdim": value.shape[2],
            "batch_first": True,
        }

    def parameter_count(self, *inputs: TensorSpec) -> int:
        query, key, value = (spec.shape[2] or 0 for spec in _three(inputs))
        return query * (2 * query + key + value) + 4 * query * self.bias

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        query, key, value = _three(inputs)
        width, steps, other = query.shape[2] or 0, query.shape[1] or 1, key.shape[1] or 1
        projections = width * (2 * steps * width + other * ((key.shape[2] or 0) + (value.shape[2] or 0)))
        return projections + 2 * steps * other * width


def _three(inputs: tuple[TensorSpec, ...]) -> tuple[TensorSpec, TensorSpec, TensorSpec]:
    """Query, key and value, the free ones filled."""
    query = inputs[0]
    key = inputs[1] if len(inputs) > 1 else query
    return query, key, inputs[2] if len(inputs) > 2 else key


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformerEncoderLayer(Layer):
    """One block of a transformer: attention, then two linear layers, each with a skip and a normalization.

    Input and output (N, time, features). Put PositionalEncoding before the first. Source: Vaswani et al. 2017,
    torch.nn.TransformerEncoderLayer.
    """

    target: ClassVar[str] = "torch.nn.TransformerEncoderLayer"
    caption: ClassVar[str] = "Transformer encoder"
    synonyms: ClassVar[tuple[str, ...]] = ("attention", "bert", "block", "self-attention")
    family: ClassVar[Family] = Family.ATTENTION
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(axes=SEQUENCE),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="transformer_encoder_layer")
    unlike_torch: ClassVar[Mapping[str, str]] = {"activation": "torch presets the function relu, named here in a word"}
    nhead: int = attribute(4, minimum=1, maximum=1_000, label="Heads", help="How many looks are taken side by side.")
    dim_feedforward: int = attribute(
        2048, minimum=1, maximum=1_000_000, label="Hidden features", help="Width of the inner linear layer."
    )
    dropout: float = attribute(0.1, minimum=0, maximum=1, help="Share dropped while training.")
    activation: Literal["relu", "gelu"] = attribute("relu", help="The activation between the two linear layers.")
    layer_norm_eps: float = attribute(
        1e-5, above=0, maximum=1, advanced=True, label="Epsilon", help="Keeps the normalization from dividing by 0."
    )
    norm_first: bool = attribute(
        False, advanced=True, label="Normalize first", help="Normalize before each part; steadier in deep networks."
    )
    bias: bool = attribute(True, advanced=True, help="Add learned constants.")

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        (x,) = inputs
        _check_heads(known(x, 2, "features"), self.nhead)
        return (x,)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"d_model": inputs[0].shape[2], "batch_first": True}

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width, wide = inputs[0].shape[2] or 0, self.dim_feedforward
        return 4 * width * width + 2 * width * wide + 2 * width + self.bias * (4 * width + wide + width + 2 * width)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        (x,) = inputs
        width, steps = x.shape[2] or 0, x.shape[1] or 1
        return steps * (4 * width * width + 2 * width * self.dim_feedforward) + 2 * steps * steps * width
