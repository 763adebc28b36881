"""Positions, times, coordinates and patches as vectors, and vectors that are learned."""

import math
from typing import cast as typed

from torch import nn

from engine.catalog.tensors import DType
from engine.compiler.modules.encoding import FourierFeatures, LearnedTensor, RotaryEncoding, TimeEmbedding
from engine.deployment.rules.comparison import cast
from engine.deployment.rules.focus import turned
from engine.deployment.rules.indexing import like_batch
from engine.deployment.rules.site import Site, Written, rule


@rule("rotary_encoding")
def rotary_encoding(site: Site) -> Written:
    """Halves of the last axis, turned by the place."""
    turns = typed(RotaryEncoding, site.module).turns
    return turned(site, site.x, len(site.shape) - 2, turns.numel(), turns.cpu().numpy())


def _waves(site: Site, angles: str, axis: int) -> str:
    return site.add("Concat", site.add("Cos", angles), site.add("Sin", angles), axis=axis)


@rule("time_embedding")
def time_embedding(site: Site) -> Written:
    """Cos and Sin of the number times the speeds."""
    x = site.x if site.specs[0].dtype is DType.FLOAT else cast(site, site.x, DType.FLOAT)
    speeds = site.array(typed(TimeEmbedding, site.module).speeds, "speeds")
    return _waves(site, site.add("Mul", site.unsqueeze(x, 1), speeds), 1)


@rule("fourier_features")
def fourier_features(site: Site) -> Written:
    """Cos and Sin along the directions."""
    x = site.add("Mul", site.x, site.scalar(2 * math.pi))
    angles = site.add("MatMul", x, site.array(typed(FourierFeatures, site.module).directions, "directions"))
    return _waves(site, angles, -1)


@rule("patch_embedding")
def patch_embedding(site: Site) -> Written:
    """Conv, then places as one axis."""
    conv = typed(nn.Conv2d, site.module.projection)
    weight, bias = site.array(conv.weight, "projection.weight"), site.array(conv.bias, "projection.bias")
    patches = site.add("Conv", site.x, weight, bias, strides=list(conv.stride))
    return site.transpose(site.reshape(patches, 0, 0, -1), 0, 2, 1)


@rule("learned_tensor")
def learned_tensor(site: Site) -> Written:
    """The values, repeated for each sample."""
    values = typed(LearnedTensor, site.module).values
    return like_batch(site, site.array(values, "values"), *values.shape)
