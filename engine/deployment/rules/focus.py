"""Attention in its parts, and gates on channels and places."""

from typing import cast as typed

import numpy as np
from torch import nn

from engine.catalog.tensors import DType
from engine.compiler.modules.focus import CBAM, GroupedQueryAttention
from engine.deployment.rules.comparison import cast, steps
from engine.deployment.rules.site import Site, Written, rule

_NEVER = -1e9


def dense(site: Site, x: str, module: nn.Linear, name: str) -> str:
    """A linear layer inside of a module, on the last axis."""
    product = site.add("MatMul", x, site.array(module.weight.T, f"{name}.weight"))
    return product if module.bias is None else site.add("Add", product, site.array(module.bias, f"{name}.bias"))


def inner(site: Site, name: str) -> nn.Linear:
    """A linear layer of the module."""
    return typed(nn.Linear, getattr(site.module, name))


def _causal(site: Site, query: str, key: str, axis: int) -> str:
    rows, columns = steps(site, site.size(query, axis)), steps(site, site.size(key, axis))
    return site.add("LessOrEqual", site.unsqueeze(columns, 0), site.unsqueeze(rows, 1))


def _attended(
    site: Site, query: str, key: str, value: str, mask: str, *, width: int, causal: bool, lead: int = 1
) -> str:
    """softmax(Q Kᵀ / √d + mask) V, `lead` axes before the steps."""
    order = [*range(lead), lead + 1, lead]
    scores = site.add("MatMul", query, site.transpose(key, *order))
    scores = site.add("Mul", scores, site.scalar(width**-0.5))
    if mask:
        scores = site.add("Where", mask, scores, site.scalar(_NEVER))
    if causal:
        scores = site.add("Where", _causal(site, query, key, lead), scores, site.scalar(_NEVER))
    return site.add("MatMul", site.add("Softmax", scores, axis=-1), value)


@rule("scaled_dot_product_attention")
def scaled_dot_product_attention(site: Site) -> Written:
    """MatMul, Softmax, MatMul."""
    query, key, value, *rest = site.inputs
    causal: bool = site.layer.is_causal  # type: ignore[attr-defined]
    return _attended(site, query, key, value, rest[0] if rest else "", width=site.shape[2] or 1, causal=causal)


@rule("linear_attention")
def linear_attention(site: Site) -> Written:
    """Keys and values first, then queries."""
    query, key = (site.add("Add", site.add("Elu", x), site.scalar(1)) for x in site.inputs[:2])
    held = site.add("MatMul", site.transpose(key, 0, 2, 1), site.inputs[2])
    total = site.add("Mul", query, site.reduce("ReduceSum", key, [1]))
    return site.add("Div", site.add("MatMul", query, held), site.reduce("ReduceSum", total, [2]))


@rule("additive_attention")
def additive_attention(site: Site) -> Written:
    """The small network on every step, Softmax, the weighted sum."""
    query, keys, *mask = site.inputs
    asked = site.unsqueeze(dense(site, query, inner(site, "query"), "query"), 1)
    hidden = site.add("Tanh", site.add("Add", asked, dense(site, keys, inner(site, "key"), "key")))
    scores = site.squeeze(dense(site, hidden, inner(site, "score"), "score"), 2)
    if mask:
        scores = site.add("Where", mask[0], scores, site.scalar(_NEVER))
    weights = site.add("Softmax", scores, axis=1)
    mixed = site.reduce("ReduceSum", site.add("Mul", site.unsqueeze(weights, 2), keys), [1], keepdims=False)
    return mixed, weights


def turned(site: Site, x: str, axis: int, half: int, turns: np.ndarray) -> str:
    """Each step turned by its place: a cos - b sin, b cos + a sin of the two halves of the last axis."""
    places = site.unsqueeze(cast(site, steps(site, site.size(x, axis)), DType.FLOAT), 1)
    angles = site.add("Mul", places, site.array(turns, "turns"))
    cos, sin = site.add("Cos", angles), site.add("Sin", angles)
    a, b = site.split(x, -1, [half, half])
    first = site.add("Sub", site.add("Mul", a, cos), site.add("Mul", b, sin))
    second = site.add("Add", site.add("Mul", b, cos), site.add("Mul", a, sin))
    return site.add("Concat", first, second, axis=-1)


@rule("grouped_query_attention")
def grouped_query_attention(site: Site) -> Written:
    """Heads as an axis; keys and values repeated for the heads that share them."""
    module = typed(GroupedQueryAttention, site.module)
    layer = site.layer
    width, groups = module.width, module.groups
    heads, shared = layer.num_heads, layer.num_kv_heads  # type: ignore[attr-defined]

    def split(name: str, count: int) -> str:
        made = dense(site, site.x, inner(site, name), name)
        lined = site.transpose(site.add("Reshape", made, site.ints(0, 0, count, width)), 0, 2, 1, 3)
        if layer.rotary and name != "value":  # type: ignore[attr-defined]
            lined = turned(site, lined, 2, width // 2, module.turns.cpu().numpy())
        if count != heads:
            places = site.writer.constant(np.arange(count).repeat(groups), np.int64)
            lined = site.add("Gather", lined, places, axis=1)
        return lined

    query, key, value = split("query", heads), split("key", shared), split("value", shared)
    mask = site.unsqueeze(site.inputs[1], 1) if len(site.inputs) > 1 else ""
    causal: bool = layer.is_causal  # type: ignore[attr-defined]
    mixed = _attended(site, query, key, value, mask, width=width, causal=causal, lead=2)
    joined = site.add("Reshape", site.transpose(mixed, 0, 2, 1, 3), site.ints(0, 0, heads * width))
    return dense(site, joined, inner(site, "output"), "output")


@rule("attention_pooling")
def attention_pooling(site: Site) -> Written:
    """Scores, Softmax over the steps, the weighted sum."""
    scores = dense(site, site.x, inner(site, "score"), "score")
    if len(site.inputs) > 1:
        scores = site.add("Where", site.unsqueeze(site.inputs[1], 2), scores, site.scalar(_NEVER))
    weights = site.add("Softmax", scores, axis=1)
    return site.reduce("ReduceSum", site.add("Mul", weights, site.x), [1], keepdims=False)


def _gated(site: Site, gate: str) -> str:
    """Each channel times its gate (N, C)."""
    behind = range(2, len(site.shape))
    return site.add("Mul", site.x, site.unsqueeze(site.add("Sigmoid", gate), *behind))


def _means(site: Site) -> str:
    return site.reduce("ReduceMean", site.x, list(range(2, len(site.shape))), keepdims=False)


@rule("squeeze_excite")
def squeeze_excite(site: Site) -> Written:
    """Means through two linear layers."""
    hidden = site.add("Relu", dense(site, _means(site), inner(site, "squeeze"), "squeeze"))
    return _gated(site, dense(site, hidden, inner(site, "excite"), "excite"))


@rule("efficient_channel_attention")
def efficient_channel_attention(site: Site) -> Written:
    """Conv along the means."""
    weight = typed(nn.Conv1d, site.module.conv).weight
    side = weight.shape[2] // 2
    scores = site.add("Conv", site.unsqueeze(_means(site), 1), site.array(weight, "conv.weight"), pads=[side, side])
    return _gated(site, site.squeeze(scores, 1))


@rule("cbam")
def cbam(site: Site) -> Written:
    """The gate on channels, then the one on places."""
    module = typed(CBAM, site.module)

    def scores(pooled: str) -> str:
        hidden = site.add("Relu", dense(site, pooled, module.squeeze, "squeeze"))
        return dense(site, hidden, module.excite, "excite")

    largest = site.reduce("ReduceMax", site.x, [2, 3], keepdims=False)
    x = _gated(site, site.add("Add", scores(_means(site)), scores(largest)))
    seen = site.add("Concat", site.reduce("ReduceMean", x, [1]), site.reduce("ReduceMax", x, [1]), axis=1)
    weight = module.places.weight
    side = weight.shape[2] // 2
    places = site.add("Conv", seen, site.array(weight, "places.weight"), pads=[side] * 4)
    return site.add("Mul", x, site.add("Sigmoid", places))
