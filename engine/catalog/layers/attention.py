"""Attention: every step of a sequence looks at all others and takes what it needs; and the transformers made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import SEQUENCE, found_text, known, mismatch, same_sizes
from engine.catalog.tensors import ABSENT, DType, Shape, TensorSpec

_STEPS = ("N", "time")
_LOOKS = ("N", "time", "other time")
_HEADS = "How many looks are taken side by side."
_CAUSAL = "Let each step see itself and what came before, not what comes later."
_OURS = {"causal": "torch takes it when the layer is called; here it belongs to the layer"}


def _check_heads(width: int, heads: int) -> None:
    if width % heads:
        fitting = [count for count in range(1, width + 1) if width % count == 0 and count <= 64]
        mismatch(
            f"features dividable by {heads} heads",
            str(width),
            f"Use {', '.join(map(str, fitting))} heads, or change the features before.",
        )


def _mask(name: str = "mask") -> InputPort:
    return InputPort(name=name, axes=_LOOKS, dtype=None, optional=True)


def _present(name: str = "present") -> InputPort:
    return InputPort(name=name, axes=_STEPS, dtype=None, optional=True)


def _check_mask(mask: TensorSpec, name: str, *sizes: int | None) -> None:
    """A mask is of yes and no, or of decimal numbers, and has the sizes of what it masks."""
    if not mask.linked:
        return
    if mask.dtype is DType.INT:
        mismatch(f"yes and no, or decimal numbers, at '{name}'", "whole numbers", "Compare them with a number first.")
    if not all(map(same_sizes, mask.shape[1:], sizes)):
        wanted: Shape = (None, *sizes)
        mismatch(f"{found_text(wanted, _LOOKS[: len(wanted)])} at '{name}'", found_text(mask.shape))


def _filled(inputs: tuple[TensorSpec, ...], count: int) -> tuple[TensorSpec, ...]:
    """The inputs with ABSENT for those left out at the end."""
    return (*inputs, *(ABSENT,) * (count - len(inputs)))


@dataclass(frozen=True, kw_only=True, slots=True)
class MultiheadAttention(Layer):
    """Lets every step of a sequence look at all others and mix in what fits.

    Inputs query (N, time, features), key (N, other time, features), value like key; key and value left free are the
    query (self-attention), value left free is the key. Also mask (N, time, other time) of yes, where a step may look at
    another, and no, or of numbers that are added to the scores; and present (N, other time), yes where there is a step.
    Output (N, time, features of the query), and, if asked, the weights (N, time, other time), with a head's axis where
    they are not averaged. Each head works on features / num_heads values. Source: Vaswani et al. 2017,
    torch.nn.MultiheadAttention.
    """

    target: ClassVar[str] = "engine.compiler.modules.MultiheadAttention"
    caption: ClassVar[str] = "Multi-head attention"
    synonyms: ClassVar[tuple[str, ...]] = ("self-attention", "transformer", "cross-attention")
    formula: ClassVar[str] = "y = concat over heads of softmax(Q · Kᵀ / √d + mask) · V, times W_o"
    when: ClassVar[str] = "Where far-away steps matter to each other: text, long series, patches of a picture."
    family: ClassVar[Family] = Family.ATTENTION
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="query", axes=SEQUENCE),
        InputPort(name="key", axes=SEQUENCE, optional=True),
        InputPort(name="value", axes=SEQUENCE, optional=True),
        _mask(),
        _present(),
    )
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="multihead_attention")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_OURS,
        "need_weights": "torch takes it when the layer is called; here it decides whether there is an output for them",
        "average_attn_weights": "goes with need_weights",
    }
    num_heads: int = attribute(4, minimum=1, maximum=1_000, label="Heads", help=_HEADS)
    dropout: float = attribute(0.0, minimum=0, maximum=1, help="Share of looks dropped while training.")
    causal: bool = attribute(False, help=_CAUSAL)
    bias: bool = attribute(True, advanced=True, help="Add learned constants.")
    need_weights: bool = attribute(
        False, advanced=True, label="Give weights", help="Also give how much each step looked at each other."
    )
    average_attn_weights: bool = attribute(
        True, advanced=True, label="Average over heads", help="Give one picture of weights instead of one a head."
    )
    add_bias_kv: bool = attribute(
        False, advanced=True, label="Learned extra step", help="Add a learned step that all may look at."
    )
    add_zero_attn: bool = attribute(
        False, advanced=True, label="Empty extra step", help="Add a step of zeros that all may look at, as a way out."
    )

    def output_ports(self) -> tuple[str, ...]:
        return ("output", "weights") if self.need_weights else ("output",)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        query, key, value = _three(inputs)
        mask, present = _filled(inputs, 5)[3:]
        for spec in (query, key, value):
            known(spec, 2, "features")
        _check_heads(known(query, 2, "features"), self.num_heads)
        if not same_sizes(key.shape[1], value.shape[1]):
            mismatch(
                f"key and value of equal length, {found_text(key.shape, SEQUENCE)}", found_text(value.shape, SEQUENCE)
            )
        _check_mask(mask, "mask", query.shape[1], key.shape[1])
        _check_mask(present, "present", key.shape[1])
        if not self.need_weights:
            return (query,)
        seen = None if key.shape[1] is None else key.shape[1] + self.add_bias_kv + self.add_zero_attn
        heads = () if self.average_attn_weights else (self.num_heads,)
        return query, TensorSpec((query.shape[0], *heads, query.shape[1], seen))

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
        return query * (2 * query + key + value) + 4 * query * self.bias + 2 * query * self.add_bias_kv

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        query, key, value = _three(inputs)
        width, steps, other = query.shape[2] or 0, query.shape[1] or 1, key.shape[1] or 1
        projections = width * (2 * steps * width + other * ((key.shape[2] or 0) + (value.shape[2] or 0)))
        return projections + 2 * steps * other * width


def _three(inputs: tuple[TensorSpec, ...]) -> tuple[TensorSpec, TensorSpec, TensorSpec]:
    """Query, key and value, the free ones filled."""
    query, key, value = _filled(inputs, 3)[:3]
    key = key if key.linked else query
    return query, key, value if value.linked else key


@dataclass(frozen=True, kw_only=True, slots=True)
class _Transformer(Layer):
    """Base: what all parts of a transformer share."""

    family: ClassVar[Family] = Family.ATTENTION
    unlike_torch: ClassVar[Mapping[str, str]] = {
        **_OURS,
        "activation": "torch presets the function relu, named here in a word",
    }
    nhead: int = attribute(4, minimum=1, maximum=1_000, label="Heads", help=_HEADS)
    dim_feedforward: int = attribute(
        2048, minimum=1, maximum=1_000_000, label="Hidden features", help="Width of the inner linear layer."
    )
    dropout: float = attribute(0.1, minimum=0, maximum=1, last=True, help="Share dropped while training.")
    activation: Literal["relu", "gelu"] = attribute(
        "relu", last=True, help="The activation between the two linear layers."
    )
    layer_norm_eps: float = attribute(
        1e-5,
        above=0,
        maximum=1,
        advanced=True,
        last=True,
        label="Epsilon",
        help="Keeps the normalization from dividing by 0.",
    )
    norm_first: bool = attribute(
        False,
        advanced=True,
        last=True,
        label="Normalize first",
        help="Normalize before each part; steadier in deep networks.",
    )
    bias: bool = attribute(True, advanced=True, last=True, help="Add learned constants.")

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"d_model": inputs[0].shape[2], "batch_first": True}

    def _counts(self, width: int, attentions: int) -> int:
        """Numbers of a layer with so many attentions: they, two linear layers, and a normalization after each."""
        wide, norms = self.dim_feedforward, attentions + 1
        weights = 4 * attentions * width * width + 2 * width * wide + norms * width
        return weights + self.bias * (4 * attentions * width + wide + width + norms * width)

    def _work(self, x: TensorSpec, memory: TensorSpec | None = None) -> int:
        """Multiply-adds of a layer on x that looks at itself and, if there is one, at a memory."""
        width, steps = x.shape[2] or 0, x.shape[1] or 1
        work = steps * (4 * width * width + 2 * width * self.dim_feedforward) + 2 * steps * steps * width
        if memory is not None:
            other = memory.shape[1] or 1
            work += 2 * (steps + other) * width * width + 2 * steps * other * width
        return work


def _encoder_specs(inputs: tuple[TensorSpec, ...], heads: int) -> tuple[TensorSpec, ...]:
    x, mask, present = _filled(inputs, 3)
    _check_heads(known(x, 2, "features"), heads)
    _check_mask(mask, "mask", x.shape[1], x.shape[1])
    _check_mask(present, "present", x.shape[1])
    return (x,)


def _decoder_specs(inputs: tuple[TensorSpec, ...], heads: int) -> tuple[TensorSpec, ...]:
    x, memory, mask, memory_mask, present, memory_present = _filled(inputs, 6)
    width = known(x, 2, "features")
    _check_heads(width, heads)
    if known(memory, 2, "features") != width:
        mismatch(f"{width} features in the memory", f"{memory.shape[2]}", "A Linear on one of the ways changes them.")
    _check_mask(mask, "mask", x.shape[1], x.shape[1])
    _check_mask(memory_mask, "memory_mask", x.shape[1], memory.shape[1])
    _check_mask(present, "present", x.shape[1])
    _check_mask(memory_present, "memory_present", memory.shape[1])
    return (x,)


_ENCODER = (InputPort(axes=SEQUENCE), _mask(), _present())
_DECODER = (
    InputPort(axes=SEQUENCE),
    InputPort(name="memory", axes=SEQUENCE),
    _mask(),
    _mask("memory_mask"),
    _present(),
    _present("memory_present"),
)
_STACK = {
    "encoder_layer": "made here from the other settings, new for each layer of the stack",
    "decoder_layer": "made here from the other settings, new for each layer of the stack",
    "enable_nested_tensor": "cuts padded steps off instead of keeping the shape",
    "mask_check": "goes with enable_nested_tensor",
    "num_layers": "torch has no default; 6 is that of the paper",
    "norm": "torch takes a built module; here it is a LayerNorm or none",
    **dict.fromkeys(
        ("nhead", "dim_feedforward", "dropout", "layer_norm_eps", "norm_first", "bias"),
        "belongs to the layers of the stack",
    ),
}


def _stack(layer: str) -> dict[str, str]:
    return {name: why for name, why in _STACK.items() if name != layer}


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformerEncoderLayer(_Transformer):
    """One block of a transformer: attention, then two linear layers, each with a skip and a normalization.

    Input and output (N, time, features). Also mask (N, time, time) of yes, where a step may look at another, and no, or
    of numbers that are added to the scores; and present (N, time), yes where there is a step. Put
    PositionalEncoding before the first. Source: Vaswani et al. 2017, torch.nn.TransformerEncoderLayer.
    """

    target: ClassVar[str] = "engine.compiler.modules.TransformerEncoderLayer"
    caption: ClassVar[str] = "Transformer encoder"
    synonyms: ClassVar[tuple[str, ...]] = ("attention", "bert", "block", "self-attention")
    formula: ClassVar[str] = "h = norm(x + attention(x)); y = norm(h + W₂ · act(W₁ · h))"
    when: ClassVar[str] = "For text and other sequences of which every part is known when they are read."
    inputs: ClassVar[tuple[InputPort, ...]] = _ENCODER
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="transformer_encoder_layer")
    causal: bool = attribute(False, help=_CAUSAL)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return _encoder_specs(inputs, self.nhead)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self._counts(inputs[0].shape[2] or 0, 1)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return self._work(inputs[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformerDecoderLayer(_Transformer):
    """One block of a transformer that writes: it looks at itself, then at a memory, each with skip and normalization.

    Inputs (N, time, features) and the memory (N, other time, features), which an encoder gives; output like the first.
    Masks of both, and which of their steps are present, may be linked as in an encoder. Source: Vaswani et al. 2017,
    torch.nn.TransformerDecoderLayer.
    """

    target: ClassVar[str] = "engine.compiler.modules.TransformerDecoderLayer"
    caption: ClassVar[str] = "Transformer decoder"
    synonyms: ClassVar[tuple[str, ...]] = ("attention", "translation", "block", "cross-attention", "seq2seq")
    formula: ClassVar[str] = (
        "h = norm(x + attention(x)); g = norm(h + attention(h, memory)); y = norm(g + W₂ · act(W₁ · g))"
    )
    when: ClassVar[str] = "Behind an encoder, to write one sequence while reading another, as in translation."
    inputs: ClassVar[tuple[InputPort, ...]] = _DECODER
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="transformer_decoder_layer")
    causal: bool = attribute(True, help=_CAUSAL)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return _decoder_specs(inputs, self.nhead)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return self._counts(inputs[0].shape[2] or 0, 2)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return self._work(inputs[0], inputs[1])


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformerEncoder(_Transformer):
    """A stack of transformer encoder layers, each with weights of its own.

    Input and output (N, time, features), with mask and present as in one layer. Source: Vaswani et al. 2017,
    torch.nn.TransformerEncoder.
    """

    target: ClassVar[str] = "engine.compiler.modules.TransformerEncoder"
    caption: ClassVar[str] = "Encoder stack"
    synonyms: ClassVar[tuple[str, ...]] = ("attention", "bert", "stack", "self-attention")
    formula: ClassVar[str] = "y = layer_n(… layer_2(layer_1(x)))"
    when: ClassVar[str] = "Instead of many encoder layers in a row; with 'causal' it is the body of a GPT."
    inputs: ClassVar[tuple[InputPort, ...]] = _ENCODER
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="transformer_encoder")
    unlike_torch: ClassVar[Mapping[str, str]] = _stack("decoder_layer")
    num_layers: int = attribute(6, minimum=1, maximum=200, label="Layers", help="Layers one behind the other.")
    norm: bool = attribute(
        False, advanced=True, label="Normalize last", help="End with a LayerNorm; usual with 'Normalize first'."
    )
    causal: bool = attribute(False, help=_CAUSAL)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"d_model": inputs[0].shape[2]}

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return _encoder_specs(inputs, self.nhead)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width = inputs[0].shape[2] or 0
        return self.num_layers * self._counts(width, 1) + self.norm * width * (1 + self.bias)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return self.num_layers * self._work(inputs[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformerDecoder(_Transformer):
    """A stack of transformer decoder layers that all look at one memory.

    Inputs (N, time, features) and the memory (N, other time, features); output like the first. Masks and present
    as in one layer. Source: Vaswani et al. 2017, torch.nn.TransformerDecoder.
    """

    target: ClassVar[str] = "engine.compiler.modules.TransformerDecoder"
    caption: ClassVar[str] = "Decoder stack"
    synonyms: ClassVar[tuple[str, ...]] = ("attention", "translation", "stack", "cross-attention", "seq2seq")
    formula: ClassVar[str] = "y = layer_n(… layer_2(layer_1(x, memory), memory), memory)"
    when: ClassVar[str] = "Behind an encoder stack, to write one sequence while reading another."
    inputs: ClassVar[tuple[InputPort, ...]] = _DECODER
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="transformer_decoder")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        name: why for name, why in _stack("encoder_layer").items() if name not in ("enable_nested_tensor", "mask_check")
    }
    num_layers: int = attribute(6, minimum=1, maximum=200, label="Layers", help="Layers one behind the other.")
    norm: bool = attribute(
        False, advanced=True, label="Normalize last", help="End with a LayerNorm; usual with 'Normalize first'."
    )
    causal: bool = attribute(True, help=_CAUSAL)

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"d_model": inputs[0].shape[2]}

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        return _decoder_specs(inputs, self.nhead)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width = inputs[0].shape[2] or 0
        return self.num_layers * self._counts(width, 2) + self.norm * width * (1 + self.bias)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return self.num_layers * self._work(inputs[0], inputs[1])


@dataclass(frozen=True, kw_only=True, slots=True)
class Transformer(_Transformer):
    """Reads a source with an encoder stack and writes a target with a decoder stack that looks at it.

    Inputs source (N, other time, features), target (N, time, features), and which steps of both are present
    (yes) or only fill up; output like the target. For masks of other kinds draw both stacks. Source: Vaswani
    et al. 2017, torch.nn.Transformer.
    """

    target: ClassVar[str] = "engine.compiler.modules.Transformer"
    synonyms: ClassVar[tuple[str, ...]] = ("attention", "translation", "encoder", "decoder", "seq2seq")
    formula: ClassVar[str] = "y = decoder(target, memory = encoder(source))"
    when: ClassVar[str] = "To turn one sequence into another, as in translation and summing up."
    inputs: ClassVar[tuple[InputPort, ...]] = (
        InputPort(name="source", axes=SEQUENCE),
        InputPort(name="target", axes=SEQUENCE),
        _present("source_present"),
        _present("target_present"),
    )
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="transformer")
    unlike_torch: ClassVar[Mapping[str, str]] = {
        "custom_encoder": "draw both stacks to make one of them otherwise",
        "custom_decoder": "draw both stacks to make one of them otherwise",
        "nhead": "4, as everywhere here: 8 heads do not divide small widths",
        "batch_first": "the first axis is the batch everywhere",
    }
    num_encoder_layers: int = attribute(6, minimum=1, maximum=200, label="Encoder layers", help="Layers that read.")
    num_decoder_layers: int = attribute(6, minimum=1, maximum=200, label="Decoder layers", help="Layers that write.")
    causal: bool = attribute(True, help=f"{_CAUSAL[:-1]}, in the target.")

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        return {"d_model": inputs[0].shape[2]}

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        source, target, source_present, target_present = _filled(inputs, 4)
        _check_mask(source_present, "source_present", source.shape[1])
        _check_mask(target_present, "target_present", target.shape[1])
        return _decoder_specs((target, source), self.nhead)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        width = inputs[0].shape[2] or 0
        layers = self.num_encoder_layers * self._counts(width, 1) + self.num_decoder_layers * self._counts(width, 2)
        return layers + 2 * width * (1 + self.bias)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        source, target = inputs[:2]
        return self.num_encoder_layers * self._work(source) + self.num_decoder_layers * self._work(target, source)
