"""Arithmetic value by value that is no single function of torch."""

import torch
from torch import Tensor, nn


class Scale(nn.Module):
    """factor * x + shift."""

    def __init__(self, factor: float = 1.0, shift: float = 0.0) -> None:
        super().__init__()
        self.factor = factor
        self.shift = shift

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor + self.shift


class Power(nn.Module):
    """x to the power of a number."""

    def __init__(self, exponent: float = 2.0) -> None:
        super().__init__()
        self.exponent = exponent

    def forward(self, x: Tensor) -> Tensor:
        return x**self.exponent


class Blend(nn.Module):
    """a + weight * (b - a); the weight is a number, or a third tensor."""

    def __init__(self, weight: float = 0.5) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, a: Tensor, b: Tensor, weight: Tensor | None = None) -> Tensor:
        share = self.weight if weight is None else weight
        return a + share * (b - a)


class FloorDivide(nn.Module):
    """a / b, rounded down; torch.floor_divide has no gradient at all, this one is 0."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return (a / b).floor()


class Hypot(nn.Module):
    """sqrt(a² + b²) whose gradient is 0 where both are 0; that of torch.hypot is none there."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        squared = a.square() + b.square()
        some = squared > 0
        return torch.where(some, torch.where(some, squared, 1.0).sqrt(), 0.0)
