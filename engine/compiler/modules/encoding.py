"""Positions, times, coordinates and patches as vectors, and vectors that are learned."""

import math

import torch
from torch import Tensor, nn


class RotaryEncoding(nn.Module):
    """(N, ..., L, features): each step turned by its place, value i with value i + half (Su et al. 2021)."""

    turns: Tensor

    def __init__(self, features: int, base: float = 10_000.0) -> None:
        super().__init__()
        half = features // 2
        self.register_buffer("turns", base ** (-torch.arange(half) / half), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        angles = torch.arange(x.shape[-2], device=x.device).unsqueeze(1) * self.turns
        cos, sin = angles.cos(), angles.sin()
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class TimeEmbedding(nn.Module):
    """(N,) to (N, features): cosines and sines of t, from fast to slow (Ho et al. 2020)."""

    speeds: Tensor

    def __init__(self, features: int = 64, max_period: float = 10_000.0) -> None:
        super().__init__()
        half = features // 2
        self.register_buffer("speeds", torch.exp(-math.log(max_period) * torch.arange(half) / half), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        angles = x.unsqueeze(1) * self.speeds
        return torch.cat((angles.cos(), angles.sin()), 1)


class FourierFeatures(nn.Module):
    """(N, ..., F) to (N, ..., 2 waves): cosines and sines along random directions (Tancik et al. 2020)."""

    directions: Tensor

    def __init__(self, features: int, waves: int = 64, scale: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("directions", torch.randn(features, waves) * scale)

    def forward(self, x: Tensor) -> Tensor:
        angles = 2 * math.pi * x @ self.directions
        return torch.cat((angles.cos(), angles.sin()), -1)


class PatchEmbedding(nn.Module):
    """(N, C, H, W) to (N, patches, embed_dim), rows first (Dosovitskiy et al. 2020)."""

    def __init__(self, in_channels: int, embed_dim: int = 128, patch_size: int = 4) -> None:
        super().__init__()
        self.projection = nn.Conv2d(in_channels, embed_dim, patch_size, patch_size)

    def forward(self, x: Tensor) -> Tensor:
        patches: Tensor = self.projection(x).flatten(2).transpose(1, 2)
        return patches


class LearnedTensor(nn.Module):
    """(N, ...) to (N, *shape): the same learned values for each sample."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.randn(tuple(shape)) * 0.02)

    def forward(self, x: Tensor) -> Tensor:
        return self.values.expand(x.shape[0], *self.values.shape)
