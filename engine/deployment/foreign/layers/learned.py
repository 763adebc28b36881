"""Layers with weights beside convolutions: linear, normalizations, recurrent ones, attention that was recognised."""

from typing import Any

import numpy as np

from engine.deployment.foreign.layers.site import Drawn, Site, drawn_as, float32


def _linear(site: Site, weight: np.ndarray, bias: np.ndarray | None) -> list[Drawn]:
    weights = {"weight": float32(weight)} | ({"bias": float32(bias)} if bias is not None else {})
    return site.layer("Linear", weights=weights, out_features=int(weight.shape[0]), bias=bias is not None)


@drawn_as("Gemm")
def gemm(site: Site) -> list[Drawn] | None:
    weight, bias = site.held(1), site.held(2)
    if weight is None or site.held(0) is not None or site.get("transA", 0) or (site.has(2) and bias is None):
        return None
    weight = weight if site.get("transB", 0) else weight.T
    weight = weight * np.float32(site.get("alpha", 1.0))
    if bias is not None:
        bias = np.broadcast_to(bias * np.float32(site.get("beta", 1.0)), (1, weight.shape[0])).reshape(-1)
    return _linear(site, weight, bias)


@drawn_as("MatMul")
def matmul(site: Site) -> list[Drawn] | None:
    weight = site.held(1)
    if weight is not None and weight.ndim == 2 and site.held(0) is None:
        return _linear(site, weight.T, None)
    if any(site.held(place) is not None for place in (0, 1)):
        return None
    return site.layer("MatMul", *site.inputs)


@drawn_as("Linear", domain="netwright.layer")
def linear(site: Site) -> list[Drawn] | None:
    bias = site.get("bias")
    return _linear(site, site.get("weight"), bias)


@drawn_as("LayerNorm", domain="netwright.layer")
def layer_norm_found(site: Site) -> list[Drawn] | None:
    return _layer_norm(site, site.get("weight"), site.get("bias"), -1, float(site.get("eps")))


@drawn_as("Layer", domain="netwright.layer")
def plain(site: Site) -> list[Drawn] | None:
    """A layer without weights that was recognised in several operators."""
    return site.layer(str(site.get("type")), *site.inputs, **dict(site.get("settings", {})))


@drawn_as("MultiheadAttention", domain="netwright.layer")
def multihead_attention(site: Site) -> list[Drawn] | None:
    weights = {
        "in_proj_weight": float32(site.get("in_weight")),
        "out_proj.weight": float32(site.get("out_weight")),
    }
    if site.get("in_bias") is not None:
        weights["in_proj_bias"] = float32(site.get("in_bias"))
        weights["out_proj.bias"] = float32(site.get("out_bias"))
    return site.layer(
        "MultiheadAttention",
        *site.inputs,
        weights=weights,
        num_heads=int(site.get("heads")),
        causal=bool(site.get("causal")),
        bias=site.get("in_bias") is not None,
    )


@drawn_as("BatchNormalization")
def batch_norm(site: Site) -> list[Drawn] | None:
    values = [site.held(place) for place in range(1, 5)]
    if any(value is None for value in values) or site.get("training_mode", 0) or not site.get("spatial", 1):
        return None
    kind = {2: "BatchNorm1d", 3: "BatchNorm1d", 4: "BatchNorm2d", 5: "BatchNorm3d"}.get(site.rank)
    if kind is None:
        return None
    names = ("weight", "bias", "running_mean", "running_var")
    weights = {name: float32(value) for name, value in zip(names, values, strict=True) if value is not None}
    eps = round(float(site.get("epsilon", 1e-5)), 12)
    return site.layer(kind, weights={**weights, "num_batches_tracked": np.zeros((), np.int64)}, eps=eps)


@drawn_as("InstanceNormalization")
def instance_norm(site: Site) -> list[Drawn] | None:
    scale, bias = site.held(1), site.held(2)
    if scale is None or bias is None or not 3 <= site.rank <= 5:
        return None
    weights = {"weight": float32(scale), "bias": float32(bias)}
    eps = round(float(site.get("epsilon", 1e-5)), 12)
    return site.layer(f"InstanceNorm{site.rank - 2}d", weights=weights, affine=True, eps=eps)


@drawn_as("GroupNormalization")
def group_norm(site: Site) -> list[Drawn] | None:
    scale, bias = site.held(1), site.held(2)
    groups, channels = int(site.get("num_groups")), site.shape()[1] if site.rank > 1 else None
    if scale is None or bias is None or channels is None:
        return None
    if scale.size == groups != channels:
        scale, bias = (np.repeat(item, channels // groups) for item in (scale, bias))
    weights = {"weight": float32(scale), "bias": float32(bias)}
    return site.layer("GroupNorm", weights=weights, num_groups=groups, eps=round(float(site.get("epsilon", 1e-5)), 12))


@drawn_as("LayerNormalization")
def layer_norm(site: Site) -> list[Drawn] | None:
    scale, bias = site.held(1), site.held(2)
    if scale is None or (site.has(2) and bias is None) or len([name for name in site.item.outputs if name]) > 1:
        return None
    return _layer_norm(site, scale, bias, int(site.get("axis", -1)), float(site.get("epsilon", 1e-5)))


def _layer_norm(site: Site, scale: np.ndarray, bias: np.ndarray | None, axis: int, eps: float) -> list[Drawn] | None:
    count = site.rank - (axis % site.rank)
    sizes = site.shape()[site.rank - count :]
    if None in sizes or scale.size != np.prod([item or 0 for item in sizes]):
        return None
    weights = {"weight": float32(scale.reshape([int(item or 0) for item in sizes]))}
    if bias is not None:
        weights["bias"] = float32(np.broadcast_to(bias, weights["weight"].shape))
    return site.layer("LayerNorm", weights=weights, last_dimensions=count, eps=round(eps, 15), bias=bias is not None)


@drawn_as("RMSNormalization", "SimplifiedLayerNormalization")
def rms_norm(site: Site) -> list[Drawn] | None:
    scale = site.held(1)
    if scale is None:
        return None
    count = site.rank - (int(site.get("axis", -1)) % site.rank)
    eps = round(float(site.get("epsilon", 1e-5)), 15)
    return site.layer("RMSNorm", weights={"weight": float32(scale)}, last_dimensions=count, eps=eps)


_ORDER = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""torch's gates by the places they have in ONNX: i f g o of i o f c, r z n of z r h."""
_USUAL = {"LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"]}


def _gates(kind: str, array: np.ndarray) -> np.ndarray:
    pieces = np.split(array, len(_ORDER[kind]), axis=0)
    return float32(np.concatenate([pieces[place] for place in _ORDER[kind]], axis=0))


@drawn_as("LSTM", "GRU", "RNN", domain="netwright.layer")
def recurrent(site: Site) -> list[Drawn] | None:
    """A recurrent layer, samples first, that begins with nothing in mind; its sequence of answers, or the last."""
    kind = site.item.type
    w, r = site.held(1), site.held(2)
    b = site.held(3) if site.has(3) else None
    if w is None or r is None or (site.has(3) and b is None) or site.has(4) or site.has(7) or site.get("clip"):
        return None
    if any(site.has(place) and not _nothing(site, site.inputs[place]) for place in (5, 6)):
        return None
    ways, hidden = w.shape[0], r.shape[-1]
    names = [str(name).lower() for name in site.get("activations") or []]
    more: dict[str, Any] = {}
    if kind == "RNN":
        wanted = set(names) or {"tanh"}
        if len(wanted) != 1 or not wanted <= {"tanh", "relu"}:
            return None
        more["nonlinearity"] = wanted.pop()
    elif names and names != _USUAL[kind] * ways:
        return None
    if kind == "GRU" and not site.get("linear_before_reset", 0):
        return None
    if str(site.get("direction", "forward")) == "reverse" or site.get("input_forget", 0):
        return None
    gates = w.shape[1]
    weights: dict[str, np.ndarray] = {}
    for way in range(ways):
        end = "_reverse" if way else ""
        bias = b[way] if b is not None else np.zeros(2 * gates, np.float32)
        weights[f"weight_ih_l0{end}"] = _gates(kind, w[way])
        weights[f"weight_hh_l0{end}"] = _gates(kind, r[way])
        weights[f"bias_ih_l0{end}"] = _gates(kind, bias[:gates])
        weights[f"bias_hh_l0{end}"] = _gates(kind, bias[gates:])
    return site.layer(
        kind,
        weights=weights,
        hidden_size=int(hidden),
        result=str(site.get("result")),
        bidirectional=ways == 2,
        **more,
    )


def _nothing(site: Site, name: str) -> bool:
    """Whether a first state is 0 for every sample."""
    held = site.facts.held.get(name)
    if held is not None:
        return not held.any()
    return name in site.facts.plain and all(not bool(kept[name].any()) for kept in site.facts.seen if name in kept)
