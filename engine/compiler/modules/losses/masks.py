"""Losses that measure the overlap of regions: Dice, Jaccard, Tversky and Lovász, over classes and over one mask."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.modules.losses.precise import Precise


def _overlap(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Found, wrongly named and missed area of each class, from scores (N, C, ...) and class numbers (N, ...)."""
    p = F.softmax(prediction, 1)
    true = torch.zeros_like(p).scatter(1, target.unsqueeze(1), 1.0)
    axes = [0, *range(2, p.dim())]
    found = (p * true).sum(axes)
    return found, p.sum(axes) - found, true.sum(axes) - found


def _overlap_of_one(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same of each sample, from scores and a mask of one shape (N, ...)."""
    p, true = (x.reshape(x.shape[0], -1) for x in (prediction.sigmoid(), target))
    found = (p * true).sum(1)
    return found, p.sum(1) - found, true.sum(1) - found


def _tversky(parts: tuple[Tensor, Tensor, Tensor], alpha: float, beta: float, smooth: float) -> Tensor:
    found, wrong, missed = parts
    return (found + smooth) / (found + alpha * wrong + beta * missed + smooth)


class DiceLoss(Precise):
    """1 - 2 overlap / (both areas), averaged over classes. Milletari et al. 2016."""

    def __init__(self, smooth: float = 1.0) -> None:
        super().__init__()
        self.smooth = smooth

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return 1 - _tversky(_overlap(prediction, target), 0.5, 0.5, self.smooth / 2).mean()


class JaccardLoss(Precise):
    """1 - overlap / union, averaged over classes. Rahman and Wang 2016."""

    def __init__(self, smooth: float = 1.0) -> None:
        super().__init__()
        self.smooth = smooth

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return 1 - _tversky(_overlap(prediction, target), 1.0, 1.0, self.smooth).mean()


class TverskyLoss(Precise):
    """(1 - overlap / (overlap + alpha wrongly named + beta missed))^gamma. Salehi 2017; gamma: Abraham 2019."""

    def __init__(self, alpha: float = 0.3, beta: float = 0.7, gamma: float = 1.0, smooth: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma
        self.smooth = smooth

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        short = 1 - _tversky(_overlap(prediction, target), self.alpha, self.beta, self.smooth)
        return (short.clamp(min=1e-7) ** self.gamma).mean()


class BinaryDiceLoss(Precise):
    """1 - 2 overlap / (both areas) of one mask, averaged over samples. Milletari et al. 2016."""

    def __init__(self, smooth: float = 1.0) -> None:
        super().__init__()
        self.smooth = smooth

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return 1 - _tversky(_overlap_of_one(prediction, target), 0.5, 0.5, self.smooth / 2).mean()


class BinaryJaccardLoss(Precise):
    """1 - overlap / union of one mask, averaged over samples. Rahman and Wang 2016."""

    def __init__(self, smooth: float = 1.0) -> None:
        super().__init__()
        self.smooth = smooth

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return 1 - _tversky(_overlap_of_one(prediction, target), 1.0, 1.0, self.smooth).mean()


class BinaryTverskyLoss(Precise):
    """Tversky's index of one mask, averaged over samples. Salehi et al. 2017; gamma: Abraham and Khan 2019."""

    def __init__(self, alpha: float = 0.3, beta: float = 0.7, gamma: float = 1.0, smooth: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma
        self.smooth = smooth

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        short = 1 - _tversky(_overlap_of_one(prediction, target), self.alpha, self.beta, self.smooth)
        return (short.clamp(min=1e-7) ** self.gamma).mean()


def _lovasz_slope(true_sorted: Tensor) -> Tensor:
    """How much each error, largest first, adds to 1 - Jaccard; along the last axis. Berman et al. 2018, algorithm 1."""
    total = true_sorted.sum(-1, keepdim=True)
    jaccard = 1 - (total - true_sorted.cumsum(-1)) / (total + (1 - true_sorted).cumsum(-1)).clamp(min=1e-12)
    return torch.cat((jaccard[..., :1], jaccard[..., 1:] - jaccard[..., :-1]), -1)


class LovaszSoftmaxLoss(Precise):
    """The Lovász extension of 1 - Jaccard, averaged over the classes that the batch holds. Berman et al. 2018."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        p = F.softmax(prediction, 1)
        true = torch.zeros_like(p).scatter(1, target.unsqueeze(1), 1.0)
        p_cm, true_cm = (x.transpose(0, 1).flatten(1) for x in (p, true))
        errors, order = (true_cm - p_cm).abs().sort(dim=1, descending=True)
        each = (errors * _lovasz_slope(true_cm.gather(1, order))).sum(1)
        present = (true_cm.sum(1) > 0).to(p.dtype)
        return (each * present).sum() / present.sum().clamp(min=1)


class LovaszHingeLoss(Precise):
    """The Lovász extension of 1 - Jaccard of one mask, averaged over samples. Berman et al. 2018."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        scores, marked = (x.reshape(x.shape[0], -1) for x in (prediction, target))
        true = (marked > 0.5).to(scores.dtype)
        errors, order = (1 - scores * (2 * true - 1)).sort(dim=1, descending=True)
        return (F.relu(errors) * _lovasz_slope(true.gather(1, order))).sum(1).mean()
