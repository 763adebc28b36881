"""Normalization and global pooling that torch lacks; batch first, channels second."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class LayerScale(nn.Module):
    """Each channel times a learned number; `axes_behind` of the channels' axis stand further axes."""

    def __init__(self, channels: int, axes_behind: int = 0, init_value: float = 1e-4) -> None:
        super().__init__()
        self.axes_behind = axes_behind
        self.gamma = nn.Parameter(torch.full((channels,), init_value))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma.view(-1, *[1] * self.axes_behind)


class FiLM(nn.Module):
    """(N, C, ...) with each channel scaled and moved as a vector (N, F) says (Perez et al. 2018)."""

    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, 2 * channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        gamma, beta = self.linear(condition).chunk(2, 1)
        shape = (*gamma.shape, *[1] * (x.dim() - 2))
        answer: Tensor = x * (1 + gamma.view(shape)) + beta.view(shape)
        return answer


class AdaIN(nn.Module):
    """(N, C, H, W) with the mean and spread of the channels of another picture (Huang and Belongie 2017)."""

    def __init__(self, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps

    def spread(self, x: Tensor) -> Tensor:
        """Standard deviation over places."""
        return (x.var((2, 3), correction=0, keepdim=True) + self.eps).sqrt()

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        plain = (x - x.mean((2, 3), keepdim=True)) / self.spread(x)
        return self.spread(style) * plain + style.mean((2, 3), keepdim=True)


class GlobalResponseNorm(nn.Module):
    """(N, C, ...): channels that answer strongly anywhere become stronger (Woo et al. 2023)."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.zeros(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        strength = (flat.square().sum(2, keepdim=True) + 1e-12).sqrt()
        relative = strength / (strength.mean(1, keepdim=True) + self.eps)
        scaled = self.gamma.view(-1, 1) * flat * relative + self.beta.view(-1, 1) + flat
        return scaled.view(x.shape)


class ChannelNorm(nn.Module):
    """(N, C, ...): mean 0 and spread 1 over the channels at each place, then a learned scale (Liu et al. 2022)."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        normal = F.layer_norm(x.movedim(1, -1), self.weight.shape, self.weight, self.bias, self.eps)
        return normal.movedim(-1, 1)


class PixelNorm(nn.Module):
    """(N, C, ...): the channels at each place brought to one size (Karras et al. 2018)."""

    def __init__(self, eps: float = 1e-8) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + self.eps)


class GeMPool2d(nn.Module):
    """(N, C, H, W) to (N, C): the mean of powers, the power learned (Radenović et al. 2019)."""

    def __init__(self, p: float = 3.0, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.p = nn.Parameter(torch.tensor(p))

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(min=self.eps).pow(self.p).mean((2, 3)).pow(1 / self.p)


class SpatialPyramidPool(nn.Module):
    """(N, C, H, W) to one row: the largest values in the fields of several grids (He et al. 2014)."""

    def __init__(self, levels: tuple[int, ...] = (1, 2, 4)) -> None:
        super().__init__()
        self.levels = tuple(levels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([F.adaptive_max_pool2d(x, level).flatten(1) for level in self.levels], 1)


class SpatialSoftmax(nn.Module):
    """(N, C, H, W) to (N, 2 C): where each channel answers, from -1 to 1, x before y (Finn et al. 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        shares = torch.softmax(x.flatten(2), 2).view(x.shape)
        rows = (torch.arange(height, device=x.device, dtype=x.dtype) * 2 + 1) / height - 1
        columns = (torch.arange(width, device=x.device, dtype=x.dtype) * 2 + 1) / width - 1
        return torch.cat(((shares.sum(2) * columns).sum(2), (shares.sum(3) * rows).sum(2)), 1)


class StatisticsPool(nn.Module):
    """(N, L, F) to (N, 2 F): mean and spread over the steps (Snyder et al. 2018)."""

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1)
        spread = ((x - mean.unsqueeze(1)).square().mean(1) + 1e-8).sqrt()
        return torch.cat((mean, spread), 1)
