"""Normalizations, as they behave in evaluation."""

from typing import cast

import numpy as np
from torch import nn

from engine.deployment.rules.site import Site, Written, rule


def _channels(values: np.ndarray, rank: int) -> np.ndarray:
    """One number a channel, shaped to be broadcast over (N, C, ...)."""
    return values.reshape(-1, *[1] * (rank - 2)) if rank > 2 else values


def _stored(site: Site) -> Written:
    """With the statistics measured in training."""
    module = cast(nn.BatchNorm2d, site.module)
    count = module.num_features
    scale = module.weight if module.weight is not None else np.ones(count)
    shift = module.bias if module.bias is not None else np.zeros(count)
    return site.add(
        "BatchNormalization",
        site.x,
        site.array(scale, "weight"),
        site.array(shift, "bias"),
        site.parameter("running_mean"),
        site.parameter("running_var"),
        epsilon=module.eps,
    )


@rule("batch_norm")
def batch_norm(site: Site) -> Written:
    """BatchNormalization with the stored statistics."""
    return _stored(site)


def _over(site: Site, axes: list[int], eps: float, weight: nn.Parameter | None, bias: nn.Parameter | None) -> str:
    """Normalize over some axes, then scale and shift each channel."""
    rank = len(site.shape)
    centred = site.add("Sub", site.x, site.reduce("ReduceMean", site.x, axes))
    variance = site.reduce("ReduceMean", site.add("Mul", centred, centred), axes)
    x = site.add("Div", centred, site.add("Sqrt", site.add("Add", variance, site.scalar(eps))))
    if weight is not None:
        x = site.add("Mul", x, site.array(_channels(weight.detach().cpu().numpy(), rank), "weight"))
    if bias is not None:
        x = site.add("Add", x, site.array(_channels(bias.detach().cpu().numpy(), rank), "bias"))
    return x


@rule("instance_norm")
def instance_norm(site: Site) -> Written:
    """Each channel of each sample by itself; with stored statistics it is a BatchNormalization."""
    module = cast(nn.InstanceNorm2d, site.module)
    if module.running_mean is not None:
        return _stored(site)
    return _over(site, list(range(2, len(site.shape))), module.eps, module.weight, module.bias)


@rule("layer_norm")
def layer_norm(site: Site) -> Written:
    """LayerNormalization over the last dimensions."""
    module = cast(nn.LayerNorm, site.module)
    shape = tuple(module.normalized_shape)
    return layer_normalization(site, site.x, module, shape)


def layer_normalization(site: Site, x: str, module: nn.LayerNorm, shape: tuple[int, ...], name: str = "") -> str:
    """LayerNormalization of `module` on any value."""
    prefix = f"{name}." if name else ""
    if site.opset < 17:
        return _layer_normalization_in_parts(site, x, module, len(shape), prefix)
    weight = module.weight if module.weight is not None else np.ones(shape)
    tensors = [site.array(weight, f"{prefix}weight")]
    if module.bias is not None:
        tensors.append(site.array(module.bias, f"{prefix}bias"))
    return site.add("LayerNormalization", x, *tensors, axis=-len(shape), epsilon=module.eps)


def _layer_normalization_in_parts(site: Site, x: str, module: nn.LayerNorm, dimensions: int, prefix: str) -> str:
    """(x - mean) / sqrt(variance + eps) * weight + bias; LayerNormalization came with opset 17."""
    axes = list(range(-dimensions, 0))
    off = site.add("Sub", x, site.reduce("ReduceMean", x, axes))
    variance = site.reduce("ReduceMean", site.add("Mul", off, off), axes)
    x = site.add("Div", off, site.add("Sqrt", site.add("Add", variance, site.scalar(module.eps))))
    if module.weight is not None:
        x = site.add("Mul", x, site.array(module.weight, f"{prefix}weight"))
    if module.bias is not None:
        x = site.add("Add", x, site.array(module.bias, f"{prefix}bias"))
    return x


@rule("group_norm")
def group_norm(site: Site) -> Written:
    """A group's channels are joined into one long channel, normalized as an instance, and taken apart again.

    ONNX's GroupNormalization scaled groups instead of channels before opset 21, so it is not used.
    """
    module = cast(nn.GroupNorm, site.module)
    rank = len(site.shape)
    grouped = site.reshape(site.x, 0, module.num_groups, -1)
    ones = site.array(np.ones(module.num_groups))
    zeros = site.array(np.zeros(module.num_groups))
    flat = site.add("InstanceNormalization", grouped, ones, zeros, epsilon=module.eps)
    x = site.add("Reshape", flat, site.add("Shape", site.x))
    if module.weight is not None:
        x = site.add("Mul", x, site.array(_channels(module.weight.detach().cpu().numpy(), rank), "weight"))
    if module.bias is not None:
        x = site.add("Add", x, site.array(_channels(module.bias.detach().cpu().numpy(), rank), "bias"))
    return x


@rule("rms_norm")
def rms_norm(site: Site) -> Written:
    """x / sqrt(mean(x²) + eps) * weight over the last dimensions."""
    module = cast(nn.RMSNorm, site.module)
    axes = list(range(-len(module.normalized_shape), 0))
    eps = module.eps if module.eps is not None else float(np.finfo(np.float32).eps)
    square = site.reduce("ReduceMean", site.add("Mul", site.x, site.x), axes)
    x = site.add("Div", site.x, site.add("Sqrt", site.add("Add", square, site.scalar(eps))))
    return x if module.weight is None else site.add("Mul", x, site.parameter("weight"))


@rule("local_response_norm")
def local_response_norm(site: Site) -> Written:
    """The mean of squares over neighbouring channels is an AveragePool over a picture of (channels, all the rest).

    ONNX's LRN takes pictures alone, and onnxruntime's odd sizes alone.
    """
    module = cast(nn.LocalResponseNorm, site.module)
    size = module.size
    flat = site.unsqueeze(site.reshape(site.add("Mul", site.x, site.x), 0, 0, -1), 1)
    mean = site.add(
        "AveragePool",
        flat,
        kernel_shape=[size, 1],
        strides=[1, 1],
        pads=[size // 2, 0, (size - 1) // 2, 0],
        count_include_pad=1,
    )
    energy = site.add("Reshape", mean, site.add("Shape", site.x))
    return _divided(site, energy, module.alpha, module.beta, module.k)


def _divided(site: Site, energy: str, alpha: float, beta: float, k: float) -> str:
    """x / (alpha * energy + k)^beta."""
    scale = site.add("Add", site.add("Mul", energy, site.scalar(alpha)), site.scalar(k))
    return site.add("Div", site.x, site.add("Pow", scale, site.scalar(beta)))


@rule("cross_map_lrn")
def cross_map_lrn(site: Site) -> Written:
    """The sum of squares over neighbouring channels is a 1 x 1 convolution with ones.

    torch never takes the first channel out of its running sum (torch/nn/modules/_functions.py), so neither do we.
    """
    module = cast(nn.CrossMapLRN2d, site.module)
    channels = site.shape[1]
    if channels is None:
        raise ValueError("the number of channels is free")
    reach = int((module.size - 1) / 2 + 1)
    ones = np.zeros((channels, channels, 1, 1), np.float32)
    for channel in range(channels):
        ones[channel, max(0, channel - reach + 1) : channel + reach] = 1
        ones[channel, 0] = 1
    first = slice(0, min(reach, channels))
    ones[0] = 0
    ones[0, first] = 1
    total = site.add("Conv", site.add("Mul", site.x, site.x), site.array(ones, "neighbours"), kernel_shape=[1, 1])
    return _divided(site, total, module.alpha / module.size, module.beta, module.k)
