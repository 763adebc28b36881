"""Modules that bring several tensors together."""

import torch
from torch import Tensor, nn


class Add(nn.Module):
    """a + b + ..."""

    def forward(self, *tensors: Tensor) -> Tensor:
        result = tensors[0] + tensors[1]
        for tensor in tensors[2:]:
            result = result + tensor
        return result


class Subtract(nn.Module):
    """a - b."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a - b


class Multiply(nn.Module):
    """a * b * ..."""

    def forward(self, *tensors: Tensor) -> Tensor:
        result = tensors[0] * tensors[1]
        for tensor in tensors[2:]:
            result = result * tensor
        return result


class Divide(nn.Module):
    """a / b."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a / b


class Maximum(nn.Module):
    """The largest of the tensors, value by value."""

    def forward(self, *tensors: Tensor) -> Tensor:
        result = torch.maximum(tensors[0], tensors[1])
        for tensor in tensors[2:]:
            result = torch.maximum(result, tensor)
        return result


class Minimum(nn.Module):
    """The smallest of the tensors, value by value."""

    def forward(self, *tensors: Tensor) -> Tensor:
        result = torch.minimum(tensors[0], tensors[1])
        for tensor in tensors[2:]:
            result = torch.minimum(result, tensor)
        return result


class Average(nn.Module):
    """The mean of the tensors, value by value."""

    def forward(self, *tensors: Tensor) -> Tensor:
        result = tensors[0] + tensors[1]
        for tensor in tensors[2:]:
            result = result + tensor
        return result / len(tensors)


class MatMul(nn.Module):
    """The product of the matrices in the last two dimensions."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a @ b


class Concatenate(nn.Module):
    """Tensors one after the other along `dim`."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *tensors: Tensor) -> Tensor:
        return torch.cat(tensors, self.dim)


class Stack(nn.Module):
    """Tensors beside each other along a new axis at `dim`."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *tensors: Tensor) -> Tensor:
        return torch.stack(tensors, self.dim)
