"""Operators that draw random numbers, from torch's own generator unless the file names a seed."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.compiler.onnx_operators import dtypes
from engine.compiler.onnx_operators.shaping import bounded
from engine.compiler.onnx_operators.table import operator


def _generator(seed: float | None) -> torch.Generator | None:
    return None if seed is None else torch.Generator().manual_seed(int(seed))


@operator("RandomNormal")
def random_normal(
    *, shape: Sequence[int], dtype: int = 1, mean: float = 0.0, scale: float = 1.0, seed: float | None = None
) -> Tensor:
    """Numbers of a bell curve."""
    return (torch.randn(bounded(shape), generator=_generator(seed)) * scale + mean).to(dtypes.TORCH[dtype])


@operator("RandomUniform")
def random_uniform(
    *, shape: Sequence[int], dtype: int = 1, low: float = 0.0, high: float = 1.0, seed: float | None = None
) -> Tensor:
    """Numbers between two bounds."""
    return (torch.rand(bounded(shape), generator=_generator(seed)) * (high - low) + low).to(dtypes.TORCH[dtype])


@operator("RandomNormalLike")
def random_normal_like(
    x: Tensor, *, dtype: int | None = None, mean: float = 0.0, scale: float = 1.0, seed: float | None = None
) -> Tensor:
    """Numbers of a bell curve, as many as another tensor has."""
    kind = dtypes.TORCH[dtype] if dtype is not None else x.dtype
    return (torch.randn(x.shape, generator=_generator(seed)) * scale + mean).to(kind).to(x.device)


@operator("RandomUniformLike")
def random_uniform_like(
    x: Tensor, *, dtype: int | None = None, low: float = 0.0, high: float = 1.0, seed: float | None = None
) -> Tensor:
    """Numbers between two bounds, as many as another tensor has."""
    kind = dtypes.TORCH[dtype] if dtype is not None else x.dtype
    return (torch.rand(x.shape, generator=_generator(seed)) * (high - low) + low).to(kind).to(x.device)


@operator("Bernoulli")
def bernoulli(x: Tensor, *, dtype: int | None = None, seed: float | None = None) -> Tensor:
    """1 as often as each value says, else 0."""
    kind = dtypes.TORCH[dtype] if dtype is not None else x.dtype
    return (torch.rand(x.shape, generator=_generator(seed)).to(x.device) < x).to(kind)


@operator("Multinomial")
def multinomial(x: Tensor, *, dtype: int = 6, sample_size: int = 1, seed: float | None = None) -> Tensor:
    """Classes drawn as often as their scores say."""
    found = torch.multinomial(x.softmax(-1), sample_size, replacement=True, generator=_generator(seed))
    return found.to(dtypes.TORCH[dtype])
