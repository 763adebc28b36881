"""Linear layers with gates, experts and products, and activations that torch lacks."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Highway(nn.Module):
    """t relu(W x + b) + (1 - t) x with t = sigmoid(W_t x + b_t) (Srivastava et al. 2015)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.gate = nn.Linear(features, features)
        self.linear = nn.Linear(features, features)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.gate(x))
        return gate * torch.relu(self.linear(x)) + (1 - gate) * x


class GatedLinear(nn.Module):
    """(W x + b) f(V x + c) (Shazeer 2020)."""

    def __init__(self, in_features: int, out_features: int, activation: str = "silu", bias: bool = True) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features, bias)
        self.gate = nn.Linear(in_features, out_features, bias)
        kinds = {"sigmoid": nn.Sigmoid, "silu": nn.SiLU, "gelu": nn.GELU, "relu": nn.ReLU}
        self.activation = kinds[activation]()

    def forward(self, x: Tensor) -> Tensor:
        passed: Tensor = self.linear(x) * self.activation(self.gate(x))
        return passed


class FeedForward(nn.Module):
    """W₂ f(W₁ x), or gated W₂ (f(W₁ x) W₃ x), on the last axis."""

    def __init__(
        self,
        features: int,
        hidden_features: int = 256,
        activation: str = "gelu",
        gated: bool = False,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        kinds = {"sigmoid": nn.Sigmoid, "silu": nn.SiLU, "gelu": nn.GELU, "relu": nn.ReLU}
        self.linear1 = nn.Linear(features, hidden_features, bias)
        self.gate = nn.Linear(features, hidden_features, bias) if gated else None
        self.activation = kinds[activation]()
        self.dropout = nn.Dropout(dropout)
        self.linear2 = nn.Linear(hidden_features, features, bias)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.activation(self.linear1(x))
        if self.gate is not None:
            hidden = hidden * self.gate(x)
        answer: Tensor = self.linear2(self.dropout(hidden))
        return answer


class MixtureOfExperts(nn.Module):
    """(N, ..., F): the `top_k` of several feed-forward networks that a router prefers, by their shares.

    All experts are computed and most multiplied by 0 (Shazeer et al. 2017, without noise). The shares come along.
    """

    def __init__(self, features: int, experts: int = 4, top_k: int = 2, hidden_features: int = 128) -> None:
        super().__init__()
        self.top_k = top_k
        self.router = nn.Linear(features, experts)
        self.weight1 = nn.Parameter(torch.randn(experts, features, hidden_features) / features**0.5)
        self.bias1 = nn.Parameter(torch.zeros(experts, hidden_features))
        self.weight2 = nn.Parameter(torch.randn(experts, hidden_features, features) / hidden_features**0.5)
        self.bias2 = nn.Parameter(torch.zeros(experts, features))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        scores = self.router(x)
        least = scores.topk(self.top_k, -1).values[..., -1:]
        shares = torch.softmax(scores.masked_fill(scores < least, -1e9), -1)
        flat = x.reshape(-1, x.shape[-1])
        hidden = F.gelu(torch.einsum("nf,efh->neh", flat, self.weight1) + self.bias1)
        answers = torch.einsum("neh,ehf->nef", hidden, self.weight2) + self.bias2
        mixed = (answers * shares.reshape(-1, shares.shape[-1], 1)).sum(1)
        return mixed.view(x.shape), shares


class CrossLayer(nn.Module):
    """first (W x + b) + x (Wang et al. 2021)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, features)

    def forward(self, first: Tensor, x: Tensor) -> Tensor:
        crossed: Tensor = first * self.linear(x) + x
        return crossed


class FactorizationMachine(nn.Module):
    """(N, fields, F) to (N, F): the sum of products of every two vectors (Rendle 2010)."""

    def forward(self, x: Tensor) -> Tensor:
        return (x.sum(1).square() - x.square().sum(1)) / 2


class RadialBasis(nn.Module):
    """(N, ..., F) to (N, ..., centres): exp(-precision ‖x - centre‖²) (Broomhead and Lowe 1988)."""

    def __init__(self, features: int, centres: int = 32) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.randn(centres, features))
        self.log_precision = nn.Parameter(torch.full((centres,), -math.log(features)))

    def placed(self) -> None:
        """After centres were put somewhere: each as wide as its two nearest are away (Moody and Darken 1989)."""
        apart = torch.cdist(self.centres, self.centres)
        near = min(2, len(apart) - 1)
        if near:
            widths = apart.topk(near + 1, dim=1, largest=False).values[:, 1:].mean(1)
            self.log_precision.copy_(-(2 * widths.square().clamp(min=1e-6)).log())

    def forward(self, x: Tensor) -> Tensor:
        distances = (x.unsqueeze(-2) - self.centres).square().sum(-1)
        return torch.exp(-self.log_precision.exp() * distances)


class BinaryStep(nn.Module):
    """1 where x ≥ 0, else 0, or -1 when signed; the gradient is that of x between -1 and 1 (Hubara et al. 2016)."""

    def __init__(self, signed: bool = False) -> None:
        super().__init__()
        self.signed = signed

    def forward(self, x: Tensor) -> Tensor:
        step = (x >= 0).to(x.dtype)
        passed = x.clamp(-1, 1)
        return (2 * step - 1 if self.signed else step) + (passed - passed.detach())


class Maxout(nn.Module):
    """The largest of each group of `pieces` neighbours along an axis (Goodfellow et al. 2013)."""

    def __init__(self, pieces: int = 2, dim: int = 1) -> None:
        super().__init__()
        self.pieces = pieces
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        axis = self.dim % x.dim()
        grouped = x.reshape(*x.shape[:axis], -1, self.pieces, *x.shape[axis + 1 :])
        return grouped.amax(axis + 1)


class ConcatReLU(nn.Module):
    """max(x, 0) and max(-x, 0) one after the other along an axis (Shang et al. 2016)."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(torch.cat((x, -x), self.dim))


class Snake(nn.Module):
    """x + sin²(a x) / a, a learned for each channel of (N, C, ...) (Ziyin et al. 2020)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.log_speed = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        speed = self.log_speed.exp().view(-1, *[1] * (x.dim() - 2))
        return x + torch.sin(speed * x).square() / speed


class GumbelSoftmax(nn.Module):
    """A choice drawn at random through which a network can learn; without noise once trained (Jang et al. 2017)."""

    def __init__(self, tau: float = 1.0, hard: bool = False, dim: int = -1) -> None:
        super().__init__()
        self.tau = tau
        self.hard = hard
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            return F.gumbel_softmax(x, self.tau, self.hard, dim=self.dim)
        soft = torch.softmax(x / self.tau, self.dim)
        if not self.hard:
            return soft
        chosen = torch.zeros_like(soft).scatter(self.dim, soft.argmax(self.dim, keepdim=True), 1.0)
        return chosen + (soft - soft.detach())


class Squash(nn.Module):
    """Vectors along an axis shortened to ‖x‖² / (1 + ‖x‖²) (Sabour et al. 2017)."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        squared = x.square().sum(self.dim, keepdim=True)
        return x * (squared + 1e-12).sqrt() / (1 + squared)
