"""Losses over classes and yes-or-no answers that torch.nn lacks, or takes in a form that no data comes in."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from engine.compiler.modules.losses.precise import Precise


def yes_or_no(target: Tensor) -> Tensor:
    """+1 where a target says yes (above 0: class 1, or 1), -1 where it says no (0 or -1)."""
    return torch.where(target > 0, 1.0, -1.0)


class _Weighed(Precise):
    """Base of losses that the recipe may give a weight for each class, which is no part of what is learned."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("weight", weight, persistent=False)


class FocalLoss(_Weighed):
    """Cross-entropy in which samples that are answered well hardly count: (1 - p)^gamma times it. Lin et al. 2017."""

    def __init__(self, gamma: float = 2.0, weight: Tensor | None = None) -> None:
        super().__init__(weight)
        self.gamma = gamma

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        log_all = F.log_softmax(prediction, 1)
        log_right = log_all.gather(1, target.unsqueeze(1)).squeeze(1)
        wrong = (1 - log_right.exp()).clamp(min=1e-7)  # gamma below 1 has an endless slope at 0
        loss = -(wrong**self.gamma) * log_right
        if self.weight is None:
            return loss.mean()
        weight = self.weight[target]
        return (loss * weight).sum() / weight.sum().clamp(min=1e-12)


class PerceptronLoss(Precise):
    """(answer - truth) times the score, whose gradient is the perceptron rule; Rosenblatt 1958.

    `prediction` (N, 1) with classes 0 and 1, or (N, C); `target` (N,) numbers of classes.
    """

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        if prediction.shape[1] == 1:
            score = prediction[:, 0]
            return ((score >= 0).to(score) - target.to(score)).mul(score).mean()
        right = prediction.gather(1, target.unsqueeze(1)).squeeze(1)
        return (prediction.max(1).values - right).mean()


class PolyLoss(_Weighed):
    """Cross-entropy plus epsilon (1 - p): the first term of its series counts more or less. Leng et al. 2022."""

    def __init__(self, epsilon: float = 1.0, weight: Tensor | None = None) -> None:
        super().__init__(weight)
        self.epsilon = epsilon

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        right = F.softmax(prediction, 1).gather(1, target.unsqueeze(1)).squeeze(1)
        return F.cross_entropy(prediction, target, self.weight) + self.epsilon * (1 - right).mean()


class GeneralizedCrossEntropyLoss(Precise):
    """(1 - p^q) / q: between cross-entropy (q near 0) and the absolute error (q = 1). Zhang and Sabuncu 2018."""

    def __init__(self, q: float = 0.7) -> None:
        super().__init__()
        self.q = q

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        log_right = F.log_softmax(prediction, 1).gather(1, target.unsqueeze(1)).squeeze(1)
        return ((1 - (self.q * log_right).exp()) / self.q).mean()


class ArcFaceLoss(Precise):
    """Cross-entropy over scaled cosines, the right class's angle made wider by a margin first. Deng et al. 2019."""

    def __init__(self, margin: float = 0.5, scale: float = 64.0) -> None:
        super().__init__()
        self.margin = margin
        self.scale = scale

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        cosine = prediction.clamp(-1, 1)
        right = cosine.gather(1, target.unsqueeze(1))
        sine = (1 - right.square()).clamp(min=1e-7).sqrt()
        moved = right * math.cos(self.margin) - sine * math.sin(self.margin)
        # Beyond pi - margin the cosine would rise again; there it goes on falling in a straight line.
        moved = torch.where(
            right > math.cos(math.pi - self.margin), moved, right - self.margin * math.sin(math.pi - self.margin)
        )
        return F.cross_entropy(self.scale * cosine.scatter(1, target.unsqueeze(1), moved), target)


class CosFaceLoss(Precise):
    """Cross-entropy over scaled cosines, the right class's cosine made smaller by a margin first. Wang et al. 2018."""

    def __init__(self, margin: float = 0.35, scale: float = 64.0) -> None:
        super().__init__()
        self.margin = margin
        self.scale = scale

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        right = torch.zeros_like(prediction).scatter(1, target.unsqueeze(1), self.margin)
        return F.cross_entropy(self.scale * (prediction - right), target)


class CORALLoss(Precise):
    """Is it above class 0, above class 1, ...: each question's binary cross-entropy, added up. Cao et al. 2020."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        above = (target.unsqueeze(1) > torch.arange(prediction.shape[1], device=target.device)).to(prediction.dtype)
        return F.binary_cross_entropy_with_logits(prediction, above, reduction="none").sum(1).mean()


class CORNLoss(Precise):
    """Above class k, given that it is above class k - 1: each answered only by samples it concerns. Shi et al. 2021."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        step = torch.arange(prediction.shape[1], device=target.device)
        asked = (target.unsqueeze(1) >= step).to(prediction.dtype)
        above = (target.unsqueeze(1) > step).to(prediction.dtype)
        each = F.binary_cross_entropy_with_logits(prediction, above, weight=asked, reduction="none")
        return each.sum() / asked.sum().clamp(min=1)


class BinaryFocalLoss(Precise):
    """Binary cross-entropy in which values that are answered well hardly count. Lin et al. 2017."""

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0) -> None:
        super().__init__()
        self.alpha = alpha
        self.gamma = gamma

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        loss = F.binary_cross_entropy_with_logits(prediction, target, reduction="none")
        p = prediction.sigmoid()
        wrong = (p * (1 - target) + (1 - p) * target).clamp(min=1e-7)
        weight = self.alpha * target + (1 - self.alpha) * (1 - target)
        return (weight * wrong**self.gamma * loss).mean()


class AsymmetricLoss(Precise):
    """Binary cross-entropy that forgets easy noes faster than easy yeses. Ben-Baruch et al. 2021."""

    def __init__(self, gamma_negative: float = 4.0, gamma_positive: float = 1.0, clip: float = 0.05) -> None:
        super().__init__()
        self.gamma_negative = gamma_negative
        self.gamma_positive = gamma_positive
        self.clip = clip

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        p = prediction.sigmoid()
        no = (p - self.clip).clamp(min=0)
        yes_loss = (1 - p).clamp(min=1e-7) ** self.gamma_positive * F.logsigmoid(prediction)
        no_loss = no.clamp(min=1e-7) ** self.gamma_negative * (1 - no).clamp(min=1e-7).log()
        return -(target * yes_loss + (1 - target) * no_loss).mean()


class BCELoss(Precise, nn.BCELoss):
    """torch's, which refuses mixed precision: near 0 and 1 probabilities of 16 bits have no logarithm worth having."""


class SoftMarginLoss(Precise, nn.SoftMarginLoss):
    """torch's, for targets that say yes with 1 and no with 0 or -1."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.softplus(-yes_or_no(target) * input).mean()


class HingeEmbeddingLoss(Precise, nn.HingeEmbeddingLoss):
    """torch's, for targets that say yes with 1 and no with 0 or -1."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return super().forward(input, yes_or_no(target))


class MultiLabelMarginLoss(Precise):
    """torch's, for targets with a 1 at each right class instead of a list of their numbers."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        right = target > 0
        short = (1 - (prediction.unsqueeze(2) - prediction.unsqueeze(1))).clamp(min=0)
        pairs = right.unsqueeze(2) & ~right.unsqueeze(1)
        return (short * pairs).sum((1, 2)).mean() / prediction.shape[1]


class CTCLoss(Precise):
    """torch's on scores (N, time, C), batch first, for targets that end in zeros; 0 stands for no sign as well."""

    def __init__(self, zero_infinity: bool = False) -> None:
        super().__init__()
        self.zero_infinity = zero_infinity

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        if target.device.type == "meta":  # the kernel reads the lengths, which are not there
            return prediction.mean()
        logs = F.log_softmax(prediction, 2).transpose(0, 1)
        times = torch.full((target.shape[0],), logs.shape[0], dtype=torch.int64, device=target.device)
        lengths = (target != 0).sum(1)
        return F.ctc_loss(logs, target, times, lengths, zero_infinity=self.zero_infinity)


class DistillationLoss(Precise):
    """How far a network's softened answers are from its teacher's, times T². Hinton et al. 2015."""

    def __init__(self, temperature: float = 4.0) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        own = F.log_softmax(prediction / self.temperature, 1)
        teacher = F.log_softmax(target.detach() / self.temperature, 1)
        return F.kl_div(own, teacher, reduction="batchmean", log_target=True) * self.temperature**2


class JensenShannonLoss(Precise):
    """Half the Kullback-Leibler divergence of both sides from their mean; probabilities after softmax. Lin 1991."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        logs = F.log_softmax(prediction, 1)
        own = logs.exp()
        middle = ((own + target) / 2).clamp(min=1e-12).log()
        first = (own * (logs - middle)).sum()
        second = (torch.xlogy(target, target) - target * middle).sum()
        return (first + second) / (2 * prediction.shape[0])
