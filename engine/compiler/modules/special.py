"""Gradients bent on purpose, chance while training, and layers that learn without labels."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class StopGradient(nn.Module):
    """x, through which nothing is learned."""

    def forward(self, x: Tensor) -> Tensor:
        return x.detach()


class GradientReversal(nn.Module):
    """x, with its gradient turned around and times `strength` (Ganin and Lempitsky 2015)."""

    def __init__(self, strength: float = 1.0) -> None:
        super().__init__()
        self.strength = strength

    def forward(self, x: Tensor) -> Tensor:
        return x.detach() - self.strength * (x - x.detach())


class StraightThrough(nn.Module):
    """The values of a with the gradient of b (Bengio et al. 2013)."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a.detach() + (b - b.detach())


class Reparameterize(nn.Module):
    """A random point of a bell curve while training, its mean after (Kingma and Welling 2014)."""

    def forward(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        if not self.training:
            return mean
        return mean + torch.exp(log_variance / 2) * torch.randn_like(mean)


class VectorQuantize(nn.Module):
    """The nearest of learned vectors for each vector along an axis (van den Oord et al. 2017).

    Gives it three times: with the gradient of the input, with that of the book, and as its number.
    """

    def __init__(self, features: int, vectors: int = 512, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim
        self.book = nn.Parameter(torch.randn(vectors, features))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        last = x.movedim(self.dim, -1)
        indices = (self.book.square().sum(1) - 2 * last @ self.book.T).argmin(-1)
        codes = F.embedding(indices, self.book).movedim(-1, self.dim)
        return codes.detach() + (x - x.detach()), codes, indices


class SelfOrganizingMap(nn.Module):
    """(N, F) to squared distances (N, rows * columns) from the units of a map, and the nearest (N,) (Kohonen 1982)."""

    def __init__(self, features: int, rows: int = 10, columns: int = 10) -> None:
        super().__init__()
        self.units = nn.Parameter(torch.randn(rows * columns, features) * 0.1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        distances = (x.unsqueeze(1) - self.units).square().sum(2)
        return distances, distances.argmin(1)


class RestrictedBoltzmann(nn.Module):
    """(N, F) to hidden units (N, H), energy of the data (N,) and of a dream from them (N,), and the dream (N, F).

    While training, units answer by chance; after, by their probability (Hinton 2002).
    """

    def __init__(self, features: int, hidden_features: int = 128, steps: int = 1) -> None:
        super().__init__()
        self.steps = steps
        self.weight = nn.Parameter(torch.randn(hidden_features, features) * 0.01)
        self.visible_bias = nn.Parameter(torch.zeros(features))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden_features))

    def hidden(self, x: Tensor) -> Tensor:
        """Inputs of the hidden units."""
        return F.linear(x, self.weight, self.hidden_bias)

    def energy(self, x: Tensor) -> Tensor:
        """Free energy of each sample."""
        return -(x * self.visible_bias).sum(1) - F.softplus(self.hidden(x)).sum(1)

    def drawn(self, chance: Tensor) -> Tensor:
        """Yes or no by chance while training."""
        return torch.bernoulli(chance) if self.training else chance

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        dream = chance = x.detach()
        for _ in range(self.steps):
            hidden = self.drawn(torch.sigmoid(self.hidden(dream)))
            chance = torch.sigmoid(F.linear(hidden, self.weight.T, self.visible_bias)).detach()
            dream = self.drawn(chance)
        return torch.sigmoid(self.hidden(x)), self.energy(x), self.energy(dream), chance


class MovingValue(nn.Module):
    """(N, ...) to (N, *shape): a number that whoever trains moves from `start` to `end`; it is kept in `now`."""

    now: Tensor

    def __init__(
        self,
        start: float = 1.0,
        end: float = 0.1,
        course: str = "linear",
        share: float = 1.0,
        shape: tuple[int, ...] = (1,),
    ) -> None:
        super().__init__()
        self.start, self.end, self.course, self.share = start, end, course, share
        self.shape = tuple(shape)
        self.register_buffer("now", torch.tensor(float(start)))

    def move(self, done: float) -> None:
        """Set the number that belongs to a share of the training that is done, 0 to 1."""
        way = min(done / self.share, 1.0)
        if self.course == "geometric":
            now = self.start ** (1 - way) * self.end**way
        else:
            way = way if self.course == "linear" else (1 - math.cos(math.pi * way)) / 2
            now = self.start + (self.end - self.start) * way
        self.now.fill_(now)

    def forward(self, x: Tensor) -> Tensor:
        return self.now.expand(x.shape[0], *self.shape)


class StochasticDepth(nn.Module):
    """0 for a share `p` of the samples while training, the rest scaled up (Huang et al. 2016)."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(x.shape[0], *[1] * (x.dim() - 1), dtype=x.dtype, device=x.device) >= self.p
        return x * kept / (1 - self.p)


class GaussianNoise(nn.Module):
    """x plus noise of spread `std` while training."""

    def __init__(self, std: float = 0.1) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x


class GaussianDropout(nn.Module):
    """x times noise around 1 of spread sqrt(p / (1 - p)) while training (Srivastava et al. 2014)."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        spread = (self.p / (1 - self.p)) ** 0.5
        return x * (1 + spread * torch.randn_like(x)) if self.training else x


class DropBlock2d(nn.Module):
    """(N, C, H, W) with random squares made 0 while training, the rest scaled up (Ghiasi et al. 2018)."""

    def __init__(self, p: float = 0.1, block_size: int = 5) -> None:
        super().__init__()
        self.p = p
        self.block_size = block_size

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        middles = (torch.rand_like(x) < self.p / self.block_size**2).to(x.dtype)
        kept = 1 - F.max_pool2d(middles, self.block_size, 1, self.block_size // 2)
        return x * kept * (kept.numel() / kept.sum().clamp(min=1))
