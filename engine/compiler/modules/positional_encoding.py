"""Marks where in a sequence each step stands."""

import math

import torch
from torch import Tensor, nn


class PositionalEncoding(nn.Module):
    """Adds a pattern to (N, L, features), L at most `max_length`: sines and cosines, or learned.

    Position p gets sin(p / 10000^(2i / features)) at 2i and the cosine at 2i + 1 (Vaswani et al. 2017, section 3.5).
    """

    def __init__(self, features: int, max_length: int = 512, learned: bool = False) -> None:
        super().__init__()
        if learned:
            self.pattern = nn.Parameter(torch.randn(max_length, features) * 0.02)
            return
        positions = torch.arange(max_length).unsqueeze(1)
        speeds = torch.exp(torch.arange(0, features, 2) * (-math.log(10000.0) / features))
        pattern = torch.zeros(max_length, features)
        pattern[:, 0::2] = torch.sin(positions * speeds)
        pattern[:, 1::2] = torch.cos(positions * speeds)[:, : features // 2]
        self.register_buffer("pattern", pattern, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.pattern[: x.shape[1]]
