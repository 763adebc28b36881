"""Other forms of a layer's weight, put around the built layer; both of torch's, and the low-rank adapter."""

import math

import torch
from torch import Tensor, nn


class LowRank(nn.Module):
    """weight + alpha / rank * up @ down; `up` begins at 0, so that nothing changes at first (Hu et al. 2021)."""

    def __init__(self, shape: torch.Size, rank: int, alpha: float) -> None:
        super().__init__()
        self.scale = alpha / rank
        self.down = nn.Parameter(torch.empty(rank, math.prod(shape[1:])))
        self.up = nn.Parameter(torch.zeros(shape[0], rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + (self.scale * self.up @ self.down).reshape(weight.shape)


def low_rank(layer: nn.Module, rank: int = 4, alpha: float = 4.0) -> nn.Module:
    """The layer with its own weight and bias fixed, and a correction of that rank to be learned."""
    layer.requires_grad_(False)
    nn.utils.parametrize.register_parametrization(
        layer, "weight", LowRank(layer.get_parameter("weight").shape, rank, alpha)
    )
    return layer
