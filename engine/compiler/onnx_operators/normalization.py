"""Operators that bring values to a common scale."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators.dtypes import TORCH
from engine.compiler.onnx_operators.table import operator


def _channels(values: Tensor, x: Tensor) -> Tensor:
    return values.reshape(1, -1, *[1] * (x.dim() - 2))


@operator("BatchNormalization")
def batch_normalization(
    x: Tensor,
    scale: Tensor,
    bias: Tensor,
    mean: Tensor,
    var: Tensor,
    *,
    epsilon: float = 1e-5,
    momentum: float = 0.9,
    training_mode: int = 0,
    spatial: int = 1,
    outputs: int = 1,
) -> tuple[Tensor, ...]:
    """Each channel with mean 0 and spread 1, then scaled."""
    if not training_mode:
        if x.dim() < 2 or not spatial:
            return ((x - mean) / torch.sqrt(var + epsilon) * scale + bias,)
        if {item.dtype for item in (scale, bias, mean, var)} == {x.dtype}:
            return (F.batch_norm(x, mean, var, scale, bias, False, 0.0, epsilon),)
        scaled = (x - _channels(mean, x)) / torch.sqrt(_channels(var, x) + epsilon)
        return ((scaled * _channels(scale, x) + _channels(bias, x)).to(x.dtype),)
    axes = [0, *range(2, x.dim())]
    now, spread = x.mean(axes), x.var(axes, unbiased=False)
    found = (x - _channels(now, x)) / torch.sqrt(_channels(spread, x) + epsilon)
    found = found * _channels(scale, x) + _channels(bias, x)
    kept = (found, mean * momentum + now * (1 - momentum), var * momentum + spread * (1 - momentum))
    return kept[:outputs]


@operator("InstanceNormalization")
def instance_normalization(x: Tensor, scale: Tensor, bias: Tensor, *, epsilon: float = 1e-5) -> Tensor:
    """Each channel of each sample with mean 0 and spread 1, then scaled."""
    axes = list(range(2, x.dim()))
    centred = x - x.mean(axes, keepdim=True)
    found = centred / torch.sqrt(centred.square().mean(axes, keepdim=True) + epsilon)
    return found * _channels(scale, x) + _channels(bias, x)


@operator("GroupNormalization")
def group_normalization(
    x: Tensor, scale: Tensor, bias: Tensor, *, num_groups: int, epsilon: float = 1e-5, stash_type: int = 1
) -> Tensor:
    """Groups of channels with mean 0 and spread 1, then scaled; old files scale by group."""
    channels = x.shape[1]
    if scale.numel() == num_groups != channels:
        scale, bias = (item.repeat_interleave(channels // num_groups) for item in (scale, bias))
    kind = TORCH[stash_type] if x.is_floating_point() else x.dtype
    found = F.group_norm(x.to(kind), num_groups, None, None, epsilon).to(x.dtype)
    return found * _channels(scale, x) + _channels(bias, x)


@operator("LayerNormalization")
def layer_normalization(
    x: Tensor,
    scale: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    axis: int = -1,
    epsilon: float = 1e-5,
    stash_type: int = 1,
    outputs: int = 1,
) -> tuple[Tensor, ...]:
    """The last axes of each sample with mean 0 and spread 1, then scaled; also the mean, and 1 over the spread."""
    axes = list(range(axis % x.dim(), x.dim()))
    wide = x.to(TORCH[stash_type]) if x.dtype in (torch.float16, torch.bfloat16) else x
    mean = wide.mean(axes, keepdim=True)
    centred = wide - mean
    inverse = 1 / torch.sqrt(centred.square().mean(axes, keepdim=True) + epsilon)
    found = (centred * inverse).to(x.dtype)
    if scale is not None:
        found = found * scale
    if bias is not None:
        found = found + bias
    return (found, mean, inverse)[:outputs]


@operator("RMSNormalization")
def rms_normalization(
    x: Tensor, scale: Tensor, *, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1
) -> Tensor:
    """The last axes of each sample with size 1, then scaled."""
    axes = list(range(axis % x.dim(), x.dim()))
    wide = x.to(TORCH[stash_type]) if x.dtype in (torch.float16, torch.bfloat16) else x
    return (wide * torch.rsqrt(wide.square().mean(axes, keepdim=True) + epsilon)).to(x.dtype) * scale


@operator("SimplifiedLayerNormalization")
def simplified_layer_normalization(
    x: Tensor, scale: Tensor, *, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1
) -> Tensor:
    """onnxruntime's name for RMSNormalization."""
    return rms_normalization(x, scale, axis=axis, epsilon=epsilon, stash_type=stash_type)


@operator("SkipLayerNormalization", domain="com.microsoft")
def skip_layer_normalization(
    x: Tensor,
    skip: Tensor,
    gamma: Tensor,
    beta: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    epsilon: float = 1e-12,
    outputs: int = 1,
) -> tuple[Any, ...]:
    """A sum, normalized, as onnxruntime's optimizer writes it."""
    total = x + skip if bias is None else x + skip + bias
    found = F.layer_norm(total, total.shape[-1:], gamma, beta, epsilon)
    return (found, None, None, total)[:outputs]


@operator("LRN")
def lrn(x: Tensor, *, size: int, alpha: float = 1e-4, beta: float = 0.75, bias: float = 1.0) -> Tensor:
    """Each value divided by the energy of its neighbours in the next channels."""
    before = (size - 1) // 2
    squares = x.square()
    border = [0, 0] * (x.dim() - 2) + [before, size - 1 - before]
    wide = F.pad(squares, border).unfold(1, size, 1).sum(-1)
    return x / (bias + alpha / size * wide) ** beta


@operator("LpNormalization")
def lp_normalization(x: Tensor, *, axis: int = -1, p: int = 2) -> Tensor:
    """Vectors along an axis made one long."""
    size = x.abs().sum(axis, keepdim=True) if p == 1 else x.square().sum(axis, keepdim=True).sqrt()
    return torch.where(size == 0, torch.zeros_like(x), x / torch.where(size == 0, torch.ones_like(size), size))


@operator("MeanVarianceNormalization")
def mean_variance_normalization(x: Tensor, *, axes: Sequence[int] = (0, 2, 3)) -> Tensor:
    """Mean 0 and spread 1 over some axes."""
    chosen = list(axes)
    centred = x - x.mean(chosen, keepdim=True)
    return centred / (torch.sqrt(centred.square().mean(chosen, keepdim=True)) + 1e-9)
