"""Modules that work along one axis and are no single function of torch."""

import torch
from torch import Tensor, nn


class Median(nn.Module):
    """The middle value along an axis, the lower one of two."""

    def __init__(self, dim: int = 1, keepdim: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.keepdim = keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.median(self.dim, self.keepdim).values


class CumMax(nn.Module):
    """The largest value so far along an axis."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return torch.cummax(x, self.dim).values


class CumMin(nn.Module):
    """The smallest value so far along an axis."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return torch.cummin(x, self.dim).values


class MaskedMean(nn.Module):
    """(N, L, features) and a mask (N, L) to (N, features): the mean over the steps that count, 0 where none does."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        weights = mask.unsqueeze(2).to(x.dtype)
        return (x * weights).sum(1) / weights.sum(1).clamp(min=1)


class MaskedMax(nn.Module):
    """(N, L, features) and a mask (N, L) to (N, features): the largest of the steps that count, 0 where none does."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        largest = x.masked_fill(~mask.unsqueeze(2), torch.finfo(x.dtype).min).amax(1)
        return largest.where(mask.any(1, keepdim=True), 0)


class Standardize(nn.Module):
    """Mean 0 and spread 1 along an axis, sample by sample."""

    def __init__(self, dim: int = -1, eps: float = 1e-5) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(self.dim, keepdim=True)
        return centred * torch.rsqrt(centred.square().mean(self.dim, keepdim=True) + self.eps)
