"""Multi-head attention, with the batch and both lengths free."""

import math
from typing import cast

from torch import nn

from engine.deployment.rules.activation import gelu_of
from engine.deployment.rules.linear import affine
from engine.deployment.rules.normalization import layer_normalization
from engine.deployment.rules.site import Site, Written, rule


def attention(site: Site, core: nn.MultiheadAttention, query: str, key: str, value: str, *, name: str = "") -> str:
    """Write an nn.MultiheadAttention with batch_first on (N, L, features) values; returns (N, L, embed_dim)."""
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
    q, k, v = (site.reshape(part, 0, 0, heads, size // heads) for part in parts)
    q, v = site.transpose(q, 0, 2, 1, 3), site.transpose(v, 0, 2, 1, 3)
    scores = site.add(
        "MatMul", site.add("Mul", q, site.scalar(1 / math.sqrt(size // heads))), site.transpose(k, 0, 2, 3, 1)
    )
    mixed = site.add("MatMul", site.add("Softmax", scores, axis=-1), v)
    joined = site.reshape(site.transpose(mixed, 0, 2, 1, 3), 0, 0, size)
    out = core.out_proj
    return affine(site, joined, out.weight.detach(), out.bias, rank=3, name=f"{prefix}out_proj")


@rule("multihead_attention")
def multihead_attention(site: Site) -> Written:
    """A free key is the query, a free value the key."""
    query, key, value = (*site.inputs, *[site.inputs[-1]] * 2)[:3]
    return attention(site, cast(nn.MultiheadAttention, site.module), query, key, value)


@rule("transformer_encoder_layer")
def transformer_encoder_layer(site: Site) -> Written:
    """Attention and two linear layers, each with a skip, normalized before or after."""
    module = cast(nn.TransformerEncoderLayer, site.module)
    width = (module.self_attn.embed_dim,)

    def attend(x: str) -> str:
        return attention(site, module.self_attn, x, x, x, name="self_attn")

    def feed(x: str) -> str:
        wide = affine(site, x, module.linear1.weight.detach(), module.linear1.bias, rank=3, name="linear1")
        bent = gelu_of(site, wide) if module.activation is nn.functional.gelu else site.add("Relu", wide)
        return affine(site, bent, module.linear2.weight.detach(), module.linear2.bias, rank=3, name="linear2")

    def normalized(x: str, which: str) -> str:
        return layer_normalization(site, x, getattr(module, which), width, name=which)

    x = site.x
    if module.norm_first:
        x = site.add("Add", x, attend(normalized(x, "norm1")))
        return site.add("Add", x, feed(normalized(x, "norm2")))
    x = normalized(site.add("Add", x, attend(x)), "norm1")
    return normalized(site.add("Add", x, feed(x)), "norm2")
