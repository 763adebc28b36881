"""Lays points of many dimensions out on a plane: PCA, t-SNE and UMAP, for some thousand points.

Axes: N points, D dimensions, K neighbours. All is exact and on torch: the libraries that do this bring SciPy and a
compiler along, one of which takes longer to load than a map of 2,000 points takes here. Held in tests to scikit-learn's
measures of how well neighbours are kept.
"""

import math
from typing import Final

import torch
from torch import Tensor

from engine.data.progress import IsCancelled, Progress, never, silent
from engine.errors import Cancelled

_FIRST: Final = 50
"""Dimensions kept by PCA before neighbours are looked for: the rest is mostly noise (van der Maaten 2008)."""
_TELL_EVERY: Final = 10


def pca(points_nd: Tensor, dimensions: int = 2) -> tuple[Tensor, list[float]]:
    """(N, dimensions) and the share of the spread that each accounts for, largest first.

    Signs are fixed, so that the same points give the same picture: the largest weight of each axis is positive.
    """
    centered = points_nd.double() - points_nd.double().mean(0)
    rows, columns = centered.shape
    if columns > rows:  # the smaller of the two square matrices has the same axes
        values, left = torch.linalg.eigh(centered @ centered.T)
        values, left = values.flip(0).clamp(min=0), left.flip(1)
        placed = left * values.sqrt()
        axes = centered.T @ left
    else:
        values, axes = torch.linalg.eigh(centered.T @ centered)
        values, axes = values.flip(0).clamp(min=0), axes.flip(1)
        placed = centered @ axes
    kept = min(dimensions, placed.shape[1])
    placed, axes = placed[:, :kept], axes[:, :kept]
    largest = axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
    placed = placed * torch.where(largest == 0, 1.0, largest)
    if kept < dimensions:
        placed = torch.nn.functional.pad(placed, (0, dimensions - kept))
    total = float(values.sum())
    shares = [float(value) / total if total > 0 else 0.0 for value in values[:dimensions]]
    return placed.float(), shares + [0.0] * (dimensions - len(shares))


def tsne(
    points_nd: Tensor,
    *,
    perplexity: float = 30.0,
    steps: int = 500,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Tensor:
    """(N, 2) in which near points stay near. Source: van der Maaten & Hinton 2008; begins with PCA (Kobak & Berens
    2019), so the same points give the same map. `perplexity` is about how many neighbours count. Raises Cancelled."""
    count = len(points_nd)
    if count < 4:
        return pca(points_nd)[0]
    near = _near_nn(_reduced(points_nd), min(perplexity, (count - 1) / 3))
    joint = ((near + near.T) / (2 * count)).clamp(min=1e-12)
    placed = pca(points_nd)[0]
    placed = placed / placed[:, 0].std().clamp(min=1e-12) * 1e-4
    rate = max(count / 12 / 4, 50.0)
    speed, gains = torch.zeros_like(placed), torch.ones_like(placed)
    early = steps // 4
    for step in range(steps):
        if cancelled():
            raise Cancelled
        weight = joint * 12 if step < early else joint
        close = 1 / (1 + torch.cdist(placed, placed, compute_mode="donot_use_mm_for_euclid_dist").square())
        close.fill_diagonal_(0)
        pull = (weight - close / close.sum()) * close
        gradient = 4 * (pull.sum(1, keepdim=True) * placed - pull @ placed)
        same = gradient.sign() == speed.sign()
        gains = torch.where(same, gains * 0.8, gains + 0.2).clamp(min=0.01)
        speed = (0.5 if step < early else 0.8) * speed - rate * gains * gradient
        placed = placed + speed
        placed = placed - placed.mean(0)
        if step % _TELL_EVERY == 0:
            progress(step / steps, "Drawing the map")
    return placed


def umap(
    points_nd: Tensor,
    *,
    neighbours: int = 15,
    steps: int = 300,
    seed: int = 0,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Tensor:
    """(N, 2) that keeps neighbours together and groups apart. Source: McInnes, Healy & Melville 2018, with its usual
    settings (15 neighbours, least distance 0.1) and PCA to begin with. Raises Cancelled."""
    count = len(points_nd)
    if count < 4:
        return pca(points_nd)[0]
    heads, tails, weights = _edges(_reduced(points_nd), min(neighbours, count - 1))
    generator = torch.Generator().manual_seed(seed)
    placed = pca(points_nd)[0]
    placed = placed / placed.abs().max().clamp(min=1e-12) * 10
    placed = placed + 1e-4 * torch.randn(placed.shape, generator=generator)
    chance = weights / weights.max()
    a, b = 1.577, 0.8951  # the curve 1 / (1 + a d^2b) that fits a least distance of 0.1
    for step in range(steps):
        if cancelled():
            raise Cancelled
        rate = 1 - step / steps
        chosen = torch.rand(len(chance), generator=generator) < chance
        head, tail = heads[chosen], tails[chosen]
        away = placed[head] - placed[tail]
        square = away.square().sum(1, keepdim=True).clamp(min=1e-12)
        pull = (-2 * a * b * square ** (b - 1) / (1 + a * square**b) * away).clamp(-4, 4)
        move = torch.zeros_like(placed)
        move.index_add_(0, head, pull)
        move.index_add_(0, tail, -pull)
        others = torch.randint(count, (5, len(head)), generator=generator)
        for other in others:
            away = placed[head] - placed[other]
            square = away.square().sum(1, keepdim=True)
            push = (2 * b / ((0.001 + square) * (1 + a * square**b)) * away).clamp(-4, 4)
            move.index_add_(0, head, torch.where((head == other)[:, None], 0.0, push))
        placed = placed + rate * move.clamp(-8, 8)
        if step % _TELL_EVERY == 0:
            progress(step / steps, "Drawing the map")
    return placed - placed.mean(0)


def _reduced(points_nd: Tensor) -> Tensor:
    return pca(points_nd, _FIRST)[0] if points_nd.shape[1] > _FIRST else points_nd.float()


def _squares_nn(points_nd: Tensor) -> Tensor:
    return torch.cdist(points_nd, points_nd).square()


def _near_nn(points_nd: Tensor, perplexity: float) -> Tensor:
    """(N, N): how near each point thinks each other one is; rows sum to 1 and have the perplexity asked for."""
    squares = _squares_nn(points_nd)
    squares.fill_diagonal_(math.inf)
    squares = squares - squares.min(1, keepdim=True).values
    low = torch.zeros(len(squares), 1)
    high = torch.full((len(squares), 1), math.inf)
    beta = 1 / squares[torch.isfinite(squares)].mean().clamp(min=1e-12).expand(len(squares), 1).clone()
    wanted = math.log(perplexity)
    for _ in range(64):
        near = torch.exp(-squares * beta)
        near = near / near.sum(1, keepdim=True)
        entropy = -torch.special.xlogy(near, near).sum(1, keepdim=True)
        wide = entropy > wanted
        low = torch.where(wide, beta, low)
        high = torch.where(wide, high, beta)
        beta = torch.where(torch.isinf(high), beta * 2, (low + high) / 2)
        if bool((entropy - wanted).abs().max() < 1e-4):
            break
    return near


def _edges(points_nd: Tensor, neighbours: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs of neighbours and how surely they are: int64 (E,), int64 (E,), float (E,)."""
    count = len(points_nd)
    squares = _squares_nn(points_nd)
    squares.fill_diagonal_(-1)
    distances, places = squares.topk(neighbours + 1, largest=False)
    distances, places = distances[:, 1:].clamp(min=0).sqrt(), places[:, 1:]
    nearest = distances[:, :1]
    wanted = math.log2(max(2, neighbours))
    low, high = torch.zeros(count, 1), torch.full((count, 1), math.inf)
    sigma = torch.ones(count, 1)
    for _ in range(64):
        total = torch.exp(-(distances - nearest).clamp(min=0) / sigma).sum(1, keepdim=True)
        large = total > wanted
        high = torch.where(large, sigma, high)
        low = torch.where(large, low, sigma)
        sigma = torch.where(torch.isinf(high), sigma * 2, (low + high) / 2)
        if bool((total - wanted).abs().max() < 1e-5):
            break
    sigma = sigma.clamp(min=float(1e-3 * distances.mean()) + 1e-12)
    sure = torch.exp(-(distances - nearest).clamp(min=0) / sigma)
    whole = torch.zeros(count, count)
    whole.scatter_(1, places, sure)
    whole = whole + whole.T - whole * whole.T
    heads, tails = whole.triu(1).nonzero(as_tuple=True)
    return heads, tails, whole[heads, tails]
