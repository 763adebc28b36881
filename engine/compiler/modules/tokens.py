"""Learned vectors put into a sequence."""

import torch
from torch import Tensor, nn


class ClassToken(nn.Module):
    """Puts `count` learned vectors before (N, L, features), as Dosovitskiy et al. 2020, section 3.1, do with one."""

    def __init__(self, features: int, count: int = 1) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.randn(count, features) * 0.02)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1)
