"""Losses that place samples: alike ones near each other, others apart. Rows (N, F) stand for samples."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from engine.compiler.modules.losses.classes import yes_or_no
from engine.compiler.modules.losses.precise import Precise


def _flat(target: Tensor) -> Tensor:
    """(N,) from (N,) or (N, 1)."""
    return target.flatten()


class MarginRankingLoss(Precise, nn.MarginRankingLoss):
    """torch's, for targets that say "the first is larger" with 1 and no with 0 or -1."""

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return super().forward(_flat(input1), _flat(input2), yes_or_no(_flat(target)))


class CosineEmbeddingLoss(Precise, nn.CosineEmbeddingLoss):
    """torch's, for targets that say "alike" with 1 and no with 0 or -1."""

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return super().forward(input1, input2, yes_or_no(_flat(target)))


class TripletMarginWithDistanceLoss(Precise):
    """torch's, with the distance chosen by name: "cosine", "manhattan" or "squared"."""

    def __init__(self, distance: str = "cosine", margin: float = 1.0, swap: bool = False) -> None:
        super().__init__()
        self.distance = distance
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self._far, margin=self.margin, swap=self.swap
        )

    def _far(self, a: Tensor, b: Tensor) -> Tensor:
        if self.distance == "cosine":
            return 1 - F.cosine_similarity(a, b, dim=1, eps=1e-6)
        return (a - b).abs().sum(1) if self.distance == "manhattan" else (a - b).square().sum(1)


class ContrastiveLoss(Precise):
    """d² for pairs that are alike, max(0, margin - d)² for others. Hadsell et al. 2006."""

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, prediction: Tensor, other: Tensor, target: Tensor) -> Tensor:
        far2 = (prediction - other).square().sum(1)
        far = (far2 + 1e-12).sqrt()  # the slope of a root has no end at 0
        alike = (_flat(target) > 0).to(far.dtype)
        return (alike * far2 + (1 - alike) * (self.margin - far).clamp(min=0).square()).mean() / 2


def _cosines(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    """(N, M) scaled cosines of all rows with all rows."""
    return F.normalize(a, dim=1, eps=1e-6) @ F.normalize(b, dim=1, eps=1e-6).T / temperature


class InfoNCELoss(Precise):
    """Which of the batch belongs to this one: cross-entropy over cosines of two views, from both sides as in CLIP.

    van den Oord et al. 2018, Radford et al. 2021.
    """

    def __init__(self, temperature: float = 0.07, symmetric: bool = True) -> None:
        super().__init__()
        self.temperature = temperature
        self.symmetric = symmetric

    def forward(self, prediction: Tensor, other: Tensor) -> Tensor:
        scores = _cosines(prediction, other, self.temperature)
        own = torch.arange(len(scores), device=scores.device)
        if not self.symmetric:
            return F.cross_entropy(scores, own)
        return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


class NTXentLoss(Precise):
    """InfoNCE among all 2 N views of a batch, each but itself a candidate. Chen et al. 2020 (SimCLR)."""

    def __init__(self, temperature: float = 0.5) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, prediction: Tensor, other: Tensor) -> Tensor:
        both = torch.cat((prediction, other))
        count = len(prediction)
        scores = _cosines(both, both, self.temperature)
        itself = torch.eye(len(both), dtype=torch.bool, device=both.device)
        partner = torch.arange(len(both), device=both.device).roll(count)
        return F.cross_entropy(scores.masked_fill(itself, -1e9), partner)


class SupervisedContrastiveLoss(Precise):
    """Samples of one class attract each other. Khosla et al. 2020; samples alone in their class are left out."""

    def __init__(self, temperature: float = 0.1) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        scores = _cosines(prediction, prediction, self.temperature)
        itself = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
        logs = F.log_softmax(scores.masked_fill(itself, -1e9), 1)
        friends = ((target[:, None] == target[None, :]) & ~itself).to(scores.dtype)
        count = friends.sum(1)
        each = -(logs * friends).sum(1) / count.clamp(min=1)
        has = (count > 0).to(scores.dtype)
        return (each * has).sum() / has.sum().clamp(min=1)


class BatchHardTripletLoss(Precise):
    """For each sample its farthest friend and nearest stranger in the batch. Hermans et al. 2017."""

    def __init__(self, margin: float = 0.2) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        gap = prediction[:, None] - prediction[None, :]
        far = (gap.square().sum(2) + 1e-12).sqrt()
        same = target[:, None] == target[None, :]
        friend = far.masked_fill(~same, 0.0).amax(1)
        stranger = far.masked_fill(same, 1e9).amin(1)
        has = ((same.sum(1) > 1) & (~same).any(1)).to(far.dtype)
        return ((friend - stranger + self.margin).clamp(min=0) * has).sum() / has.sum().clamp(min=1)


class BarlowTwinsLoss(Precise):
    """The features of two views agree one by one and with no other. Zbontar et al. 2021."""

    def __init__(self, weight: float = 5e-3) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, prediction: Tensor, other: Tensor) -> Tensor:
        a, b = (self._standard(x) for x in (prediction, other))
        agree = a.T @ b / len(a)
        same = torch.eye(agree.shape[0], device=agree.device, dtype=agree.dtype)
        return (((agree - same) * same).square() + self.weight * (agree * (1 - same)).square()).sum()

    def _standard(self, x: Tensor) -> Tensor:
        centred = x - x.mean(0)
        return centred / (centred.square().mean(0) + 1e-6).sqrt()


class VICRegLoss(Precise):
    """Two views alike, every feature spread out, none a copy of another. Bardes et al. 2022."""

    def __init__(self, similarity: float = 25.0, spread: float = 25.0, covariance: float = 1.0) -> None:
        super().__init__()
        self.similarity = similarity
        self.spread = spread
        self.covariance = covariance

    def forward(self, prediction: Tensor, other: Tensor) -> Tensor:
        return (
            self.similarity * F.mse_loss(prediction, other)
            + self.spread * (self._narrow(prediction) + self._narrow(other)) / 2
            + self.covariance * (self._copies(prediction) + self._copies(other))
        )

    def _narrow(self, x: Tensor) -> Tensor:
        """How far the spread of the features is below 1."""
        variance = (x - x.mean(0)).square().sum(0) / max(1, len(x) - 1)
        return (1 - (variance + 1e-4).sqrt()).clamp(min=0).mean()

    def _copies(self, x: Tensor) -> Tensor:
        """How much features say what others say already."""
        centred = x - x.mean(0)
        shared = centred.T @ centred / max(1, len(x) - 1)
        own = torch.eye(shared.shape[0], device=shared.device, dtype=shared.dtype)
        return (shared * (1 - own)).square().sum() / x.shape[1]
