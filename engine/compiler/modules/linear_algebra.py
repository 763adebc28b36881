"""Products, distances and similarities of matrices and vectors; batch first, samples stay apart."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Einsum(nn.Module):
    """torch.einsum of an expression, "nij,njk->nik"."""

    def __init__(self, expression: str) -> None:
        super().__init__()
        self.expression = expression

    def forward(self, *tensors: Tensor) -> Tensor:
        return torch.einsum(self.expression, *tensors)


class Outer(nn.Module):
    """(N, P) and (N, Q) to (N, P, Q): all products."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a.unsqueeze(2) * b.unsqueeze(1)


class Dot(nn.Module):
    """The sum of products along the last axis."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return (a * b).sum(-1)


class Gram(nn.Module):
    """(N, C, ...) to (N, C, C): the products of channels, averaged over places (Gatys et al. 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]


class DistanceMatrix(nn.Module):
    """(N, P, F) and (N, R, F) to (N, P, R): the p-norm of the difference of every two rows; without b those of a.

    Differences are taken one by one: torch's faster way through a matrix product is wrong in the fourth decimal.
    """

    def __init__(self, p: float = 2.0) -> None:
        super().__init__()
        self.p = p

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        return torch.cdist(a, a if b is None else b, self.p, compute_mode="donot_use_mm_for_euclid_dist")


class CosineMatrix(nn.Module):
    """(N, P, F) and (N, R, F) to (N, P, R): the cosine between every two rows; without b those of a."""

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        other = a if b is None else b
        return F.normalize(a, dim=2) @ F.normalize(other, dim=2).transpose(1, 2)


class CrossProduct(nn.Module):
    """The cross product of vectors of three values along the last axis."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        crossed: Tensor = torch.linalg.cross(a, b, dim=-1)
        return crossed


class Determinant(nn.Module):
    """(N, ..., n, n) to (N, ...); in half precision it is worked out in full, which is all that torch has."""

    def forward(self, x: Tensor) -> Tensor:
        full = x if x.dtype in (torch.float32, torch.float64) else x.float()
        determinant: Tensor = torch.linalg.det(full)
        return determinant


class Diagonal(nn.Module):
    """(N, ..., n, n) to (N, ..., n)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.diagonal(dim1=-2, dim2=-1)
