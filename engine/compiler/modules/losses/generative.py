"""Losses for networks that make things, act, or map: priors, critics, values of actions, energies, maps."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.modules.losses.precise import Precise


class KLPriorLoss(Precise):
    """Kullback-Leibler divergence of N(mean, e^log_variance) from N(0, 1), a sample's features added up.

    Kingma and Welling 2014, appendix B. Less than `free` for a feature costs nothing (Kingma et al. 2016).
    """

    def __init__(self, free: float = 0.0) -> None:
        super().__init__()
        self.free = free

    def forward(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        each = (mean.square() + log_variance.exp() - 1 - log_variance) / 2
        return each.flatten(1).mean(0).clamp(min=self.free).sum()


class PerceptualLoss(Precise):
    """How far two tensors of a network are apart, the target's side held still. Johnson et al. 2016."""

    def __init__(self, distance: str = "squared", normalize: bool = False) -> None:
        super().__init__()
        self.distance = distance
        self.normalize = normalize

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        target = target.detach()
        if self.normalize:
            prediction, target = (F.normalize(x, dim=1, eps=1e-6) for x in (prediction, target))
        if self.distance == "cosine":
            return (1 - F.cosine_similarity(prediction.flatten(1), target.flatten(1), dim=1, eps=1e-6)).mean()
        return F.l1_loss(prediction, target) if self.distance == "absolute" else F.mse_loss(prediction, target)


class GramLoss(Precise):
    """How far two tensors (N, channels, height, width) are apart in style: in what goes together. Gatys et al. 2016."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(self._gram(prediction), self._gram(target.detach()))

    def _gram(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        return flat @ flat.transpose(1, 2) / (flat.shape[1] * flat.shape[2])


class WassersteinLoss(Precise):
    """Mean score of made samples less that of real ones: a critic makes it small. Arjovsky et al. 2017."""

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        return made.mean() - real.mean()


class HingeCriticLoss(Precise):
    """Scores of real samples above 1, of made ones below -1. Lim and Ye 2017."""

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        return F.relu(1 + made).mean() + F.relu(1 - real).mean()


class GeneratorLoss(Precise):
    """Minus the mean score a critic gives: what makes samples wants it large."""

    def forward(self, made: Tensor) -> Tensor:
        return -made.mean()


def sloped(point: Tensor) -> Tensor:
    """The same tensor, such that a loss can ask for slopes at it: gradients are recorded from here on at the latest."""
    if point.requires_grad or not torch.is_grad_enabled():
        return point
    return point.detach().requires_grad_(True)


class GradientPenaltyLoss(Precise):
    """(slope of the score at a point - target)²: keeps a critic from growing too steep. Gulrajani et al. 2017.

    The point must lead to the score and ask for gradients, for which `sloped` cares. Where none are recorded, as in
    validation, there is none to judge: 0.
    """

    def __init__(self, target: float = 1.0) -> None:
        super().__init__()
        self.target = target

    def forward(self, score: Tensor, point: Tensor) -> Tensor:
        if not (torch.is_grad_enabled() and point.requires_grad and score.requires_grad):
            return score.sum() * 0
        slope: Tensor | None = torch.autograd.grad(score.sum(), point, create_graph=True, allow_unused=True)[0]
        if slope is None:
            return score.sum() * 0
        steepness = (slope.flatten(1).square().sum(1) + 1e-12).sqrt()
        return (steepness - self.target).square().mean()


class TDLoss(Precise):
    """Huber of Q(state, action) - (reward + gamma max Q(next state)), the next state's value held still. Mnih 2015.

    A finished game has no next value. With `deciding`, the action it likes best is taken in place of the best one; van
    Hasselt 2016.
    """

    def __init__(self, gamma: float = 0.99, delta: float = 1.0) -> None:
        super().__init__()
        self.gamma = gamma
        self.delta = delta

    def forward(
        self,
        prediction: Tensor,
        action: Tensor,
        reward: Tensor,
        following: Tensor,
        finished: Tensor | None = None,
        deciding: Tensor | None = None,
    ) -> Tensor:
        told = prediction.gather(1, action.reshape(-1, 1)).squeeze(1)
        if deciding is None:
            later = following.detach().amax(1)
        else:
            later = following.detach().gather(1, deciding.detach().argmax(1, keepdim=True)).squeeze(1)
        if finished is not None:
            later = later * (1 - (finished.flatten() > 0).to(later.dtype))
        return F.huber_loss(told, reward.flatten() + self.gamma * later, delta=self.delta)


class FreeEnergyLoss(Precise):
    """Free energy of the data less that of what the machine dreams, which is held still. Hinton 2002."""

    def forward(self, data: Tensor, model: Tensor) -> Tensor:
        return data.mean() - model.mean()


class MapDistortionLoss(Precise):
    """Squared distances (N, units) to the units of a map, weighed by how near each is to the winner. Kohonen 1982.

    Units lie in `rows` lines; the weight is exp(-d² / (2 radius²)), d counted in units of the map. A radius (N, 1) that
    is given stands for the one that was set.
    """

    def __init__(self, rows: int = 10, radius: float = 1.0) -> None:
        super().__init__()
        self.rows = rows
        self.radius = radius

    def forward(self, prediction: Tensor, radius: Tensor | None = None) -> Tensor:
        place = map_places(prediction, self.rows)
        apart = (place[:, None] - place[None, :]).square().sum(2)[prediction.detach().argmin(1)]
        reach = self.radius if radius is None else radius.detach().clamp(min=1e-3)
        near = torch.exp(-apart / (2 * reach**2))
        return (near * prediction).sum(1).mean()


def map_places(distances: Tensor, rows: int) -> Tensor:
    """(units, 2): row and column of each unit of a map, from the distances (N, units) to its units."""
    units = distances.shape[1]
    columns = max(1, units // rows)
    number = torch.arange(units, device=distances.device)
    return torch.stack((number // columns, number % columns), 1).to(distances.dtype)


class QuantizationError(Precise):
    """Mean distance to the nearest unit, from squared distances (N, units); it has no slope. Kohonen 1982."""

    def forward(self, prediction: Tensor) -> Tensor:
        nearest = prediction.detach().amin(1).clamp(min=0).sqrt().mean()
        return nearest + 0 * prediction.mean()


class TopographicError(Precise):
    """Share of samples whose nearest two units are no neighbours, by squared distances (N, units). Kiviluoto 1996.

    Units lie in `rows` lines; those beside a unit, corners too, are its neighbours. It has no slope.
    """

    def __init__(self, rows: int = 10) -> None:
        super().__init__()
        self.rows = rows

    def forward(self, prediction: Tensor) -> Tensor:
        nearest = prediction.detach().topk(2, dim=1, largest=False).indices
        place = map_places(prediction, self.rows)
        apart = (place[nearest[:, 0]] - place[nearest[:, 1]]).abs().amax(1)
        return (apart > 1).to(prediction.dtype).mean() + 0 * prediction.mean()


class ActivityPenalty(Precise):
    """Mean absolute (p = 1) or squared (p = 2) value of a tensor: keeps most of it near 0."""

    def __init__(self, p: int = 1) -> None:
        super().__init__()
        self.p = p

    def forward(self, prediction: Tensor) -> Tensor:
        return prediction.abs().mean() if self.p == 1 else prediction.square().mean()


class SparsityLoss(Precise):
    """How far the mean activity of each unit is from a wanted share: KL of two coins. Ng 2011."""

    def __init__(self, share: float = 0.05) -> None:
        super().__init__()
        self.share = share

    def forward(self, prediction: Tensor) -> Tensor:
        mean = prediction.flatten(1).mean(0).clamp(1e-6, 1 - 1e-6)
        rho = torch.full_like(mean, self.share)
        return (rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()).sum()


class EntropyLoss(Precise):
    """Minus the entropy of softmax(scores): made small it keeps answers open; with a weight below 0, sure."""

    def forward(self, prediction: Tensor) -> Tensor:
        logs = F.log_softmax(prediction, 1)
        return (logs.exp() * logs).sum(1).mean()
