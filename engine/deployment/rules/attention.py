"""Multi-head attention and transformers, with the batch and both lengths free, and with masks."""

import math
from typing import cast

from onnx import TensorProto
from torch import nn

from engine.catalog.tensors import DType
from engine.deployment.rules.activation import gelu_of
from engine.deployment.rules.linear import affine
from engine.deployment.rules.normalization import layer_normalization
from engine.deployment.rules.site import Site, Written, rule

_HIDDEN = float("-inf")


def _input(site: Site, place: int) -> tuple[str, bool]:
    """The value at an input and whether it holds yes and no; "" where it is free."""
    if place >= len(site.inputs) or not site.inputs[place]:
        return "", False
    return site.inputs[place], site.specs[place].dtype is DType.BOOL


def _where(site: Site, seen: str) -> str:
    return site.add("Where", seen, site.scalar(0), site.scalar(_HIDDEN))


def hidden(site: Site, query: str, key: str, *, causal: bool, mask: int, present: int) -> str:
    """What is added to scores (N, heads, L, S), of the masks at these inputs; "" where nothing is hidden.

    A sample without any step present looks at all, as in training.
    """
    parts = []
    value, is_bool = _input(site, mask)
    if value:
        parts.append(site.unsqueeze(_where(site, value) if is_bool else value, 1))
    value, is_bool = _input(site, present)
    if value:
        if is_bool:
            some = site.reduce("ReduceMax", site.add("Cast", value, to=TensorProto.INT32), [1])
            none = site.add("Not", site.add("Cast", some, to=TensorProto.BOOL))
            value = _where(site, site.add("Or", value, none))
        parts.append(site.unsqueeze(value, 1, 2))
    if causal:
        nothing, one = (site.writer.constant(number, "int64") for number in (0, 1))
        steps = site.unsqueeze(site.add("Range", nothing, site.size(query, 1), one), 1)
        others = site.add("Range", nothing, site.size(key, 1), one)
        parts.append(_where(site, site.add("GreaterOrEqual", steps, others)))
    if not parts:
        return ""
    total = parts[0]
    for part in parts[1:]:
        total = site.add("Add", total, part)
    return total


def attention(
    site: Site, core: nn.MultiheadAttention, query: str, key: str, value: str, added: str = "", *, name: str = ""
) -> tuple[str, str]:
    """Write an nn.MultiheadAttention with batch_first on (N, L, features) values.

    `added` is what `hidden` gives. Returns (N, L, embed_dim) and the weights (N, heads, L, S).
    """
    size, heads = core.embed_dim, core.num_heads
    prefix = f"{name}." if name else ""
    weight: nn.Parameter | None = core.in_proj_weight
    if weight is not None:
        weights = list(weight.detach().chunk(3))
    else:  # key or value have other features than the query
        weights = [getattr(core, f"{part}_proj_weight").detach() for part in "qkv"]
    biases = core.in_proj_bias.detach().chunk(3) if core.in_proj_bias is not None else (None, None, None)
    parts = [
        affine(site, x, weight, bias, rank=3, name=f"{prefix}{part}_proj")
        for x, weight, bias, part in zip((query, key, value), weights, biases, "qkv", strict=True)
    ]
    more = [(f"{prefix}bias_{part}", getattr(core, f"bias_{part}")) for part in "kv"] if core.bias_k is not None else []
    parts[1:] = [_one_more(site, x, *item) for x, item in zip(parts[1:], more, strict=True)] if more else parts[1:]
    if core.add_zero_attn:
        parts[1:] = [_one_more(site, x, f"{prefix}nothing", None, size) for x in parts[1:]]
    extra = bool(more) + bool(core.add_zero_attn)
    if added and extra:
        added = site.add("Pad", added, site.ints(0, 0, 0, 0, 0, 0, 0, extra), site.scalar(0))
    q, k, v = (site.reshape(part, 0, 0, heads, size // heads) for part in parts)
    q, v = site.transpose(q, 0, 2, 1, 3), site.transpose(v, 0, 2, 1, 3)
    scores = site.add(
        "MatMul", site.add("Mul", q, site.scalar(1 / math.sqrt(size // heads))), site.transpose(k, 0, 2, 3, 1)
    )
    looks = site.add("Softmax", site.add("Add", scores, added) if added else scores, axis=-1)
    mixed = site.add("MatMul", looks, v)
    joined = site.reshape(site.transpose(mixed, 0, 2, 1, 3), 0, 0, size)
    out = core.out_proj
    return affine(site, joined, out.weight.detach(), out.bias, rank=3, name=f"{prefix}out_proj"), looks


def _one_more(site: Site, x: str, name: str, step: nn.Parameter | None, size: int = 0) -> str:
    """(N, S, features) with one more step at the end: learned, or zeros."""
    batch = site.slice(site.add("Shape", x), 0, 0, 1)
    row = site.array(step.detach().reshape(1, 1, -1), name) if step is not None else site.array([[[0.0] * size]])
    return site.add("Concat", x, site.add("Expand", row, site.add("Concat", batch, site.ints(1, 1), axis=0)), axis=1)


@rule("multihead_attention")
def multihead_attention(site: Site) -> Written:
    """A free key is the query, a free value the key."""
    module = site.module
    query, key, value, *_ = (*site.inputs, "", "")
    key = key or query
    added = hidden(site, query, key, causal=bool(module.causal), mask=3, present=4)
    mixed, looks = attention(site, cast(nn.MultiheadAttention, module), query, key, value or key, added)
    if not module.need_weights:
        return mixed
    return mixed, site.reduce("ReduceMean", looks, [1], keepdims=False) if module.average_attn_weights else looks


_Block = nn.TransformerEncoderLayer | nn.TransformerDecoderLayer


class _Layer:
    """Writes the parts that encoder and decoder layers are made of."""

    def __init__(self, site: Site, module: _Block, name: str) -> None:
        self.site, self.module, self.name = site, module, f"{name}." if name else ""

    def looked(self, part: str, x: str, memory: str, added: str) -> str:
        core = getattr(self.module, part)
        return attention(self.site, core, x, memory, memory, added, name=f"{self.name}{part}")[0]

    def fed(self, x: str) -> str:
        site, module = self.site, self.module
        first, second = module.linear1, module.linear2
        wide = affine(site, x, first.weight.detach(), first.bias, rank=3, name=f"{self.name}linear1")
        bent = gelu_of(site, wide) if module.activation is nn.functional.gelu else site.add("Relu", wide)
        return affine(site, bent, second.weight.detach(), second.bias, rank=3, name=f"{self.name}linear2")

    def normalized(self, x: str, which: str) -> str:
        norm = getattr(self.module, which)
        return layer_normalization(self.site, x, norm, tuple(norm.normalized_shape), name=f"{self.name}{which}")


def _encoded(site: Site, module: nn.TransformerEncoderLayer, x: str, added: str, name: str = "") -> str:
    """Attention and two linear layers, each with a skip, normalized before or after."""
    parts = _Layer(site, module, name)
    if module.norm_first:
        inner = parts.normalized(x, "norm1")
        x = site.add("Add", x, parts.looked("self_attn", inner, inner, added))
        return site.add("Add", x, parts.fed(parts.normalized(x, "norm2")))
    x = parts.normalized(site.add("Add", x, parts.looked("self_attn", x, x, added)), "norm1")
    return parts.normalized(site.add("Add", x, parts.fed(x)), "norm2")


def _decoded(
    site: Site, module: nn.TransformerDecoderLayer, x: str, memory: str, added: str, memory_added: str, name: str = ""
) -> str:
    """As an encoder layer, with attention to the memory in between."""
    parts = _Layer(site, module, name)
    if module.norm_first:
        inner = parts.normalized(x, "norm1")
        x = site.add("Add", x, parts.looked("self_attn", inner, inner, added))
        x = site.add("Add", x, parts.looked("multihead_attn", parts.normalized(x, "norm2"), memory, memory_added))
        return site.add("Add", x, parts.fed(parts.normalized(x, "norm3")))
    x = parts.normalized(site.add("Add", x, parts.looked("self_attn", x, x, added)), "norm1")
    x = parts.normalized(site.add("Add", x, parts.looked("multihead_attn", x, memory, memory_added)), "norm2")
    return parts.normalized(site.add("Add", x, parts.fed(x)), "norm3")


def _end(site: Site, module: nn.Module, x: str, name: str) -> str:
    norm = cast(nn.LayerNorm | None, module.norm)
    return x if norm is None else layer_normalization(site, x, norm, tuple(norm.normalized_shape), name=name)


def _encoder_stack(site: Site, module: nn.Module, x: str, added: str, name: str = "") -> str:
    for number, layer in enumerate(cast(nn.ModuleList, module.layers)):
        x = _encoded(site, cast(nn.TransformerEncoderLayer, layer), x, added, f"{name}layers.{number}")
    return _end(site, module, x, f"{name}norm")


def _decoder_stack(
    site: Site, module: nn.Module, x: str, memory: str, added: str, memory_added: str, name: str = ""
) -> str:
    for number, layer in enumerate(cast(nn.ModuleList, module.layers)):
        inner = cast(nn.TransformerDecoderLayer, layer)
        x = _decoded(site, inner, x, memory, added, memory_added, f"{name}layers.{number}")
    return _end(site, module, x, f"{name}norm")


def _causal(site: Site) -> bool:
    return bool(site.layer.values()["causal"])


@rule("transformer_encoder_layer", "transformer_encoder")
def transformer_encoder(site: Site) -> Written:
    """One layer or a stack, with mask and present steps."""
    added = hidden(site, site.x, site.x, causal=_causal(site), mask=1, present=2)
    if isinstance(site.module, nn.TransformerEncoderLayer):
        return _encoded(site, site.module, site.x, added)
    return _encoder_stack(site, site.module, site.x, added)


@rule("transformer_decoder_layer", "transformer_decoder")
def transformer_decoder(site: Site) -> Written:
    """One layer or a stack, with masks and present steps of both."""
    memory = site.inputs[1]
    added = hidden(site, site.x, site.x, causal=_causal(site), mask=2, present=4)
    memory_added = hidden(site, site.x, memory, causal=False, mask=3, present=5)
    if isinstance(site.module, nn.TransformerDecoderLayer):
        return _decoded(site, site.module, site.x, memory, added, memory_added)
    return _decoder_stack(site, site.module, site.x, memory, added, memory_added)


@rule("transformer")
def transformer(site: Site) -> Written:
    """An encoder stack, and a decoder stack that looks at what it gives."""
    nowhere = len(site.inputs)
    source, target = site.inputs[:2]
    source_added = hidden(site, source, source, causal=False, mask=nowhere, present=2)
    target_added = hidden(site, target, target, causal=_causal(site), mask=nowhere, present=3)
    module = site.module
    memory = _encoder_stack(site, cast(nn.Module, module.encoder), source, source_added, "encoder.")
    return _decoder_stack(site, cast(nn.Module, module.decoder), target, memory, target_added, source_added, "decoder.")
