"""Losses for numbers, pictures and series that torch.nn lacks."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.modules.losses.precise import Precise


class GaussianNLLLoss(Precise):
    """torch's, which stops at a variance below 0; here it counts as `eps`."""

    def __init__(self, full: bool = False, eps: float = 1e-6) -> None:
        super().__init__()
        self.full = full
        self.eps = eps

    def forward(self, prediction: Tensor, target: Tensor, variance: Tensor) -> Tensor:
        kept = variance + (self.eps - variance).clamp(min=0).detach()  # the slope is torch's
        loss = ((prediction - target).square() / kept + kept.log()).mean() / 2
        return loss + 0.9189385332046727 if self.full else loss


class LogCoshLoss(Precise):
    """log cosh of the difference: squared when small, straight when large, smooth everywhere."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        gap = prediction - target
        return (gap + F.softplus(-2 * gap) - 0.6931471805599453).mean()


class CharbonnierLoss(Precise):
    """sqrt(difference² + eps²): the absolute error with a round bottom. Charbonnier et al. 1994."""

    def __init__(self, eps: float = 1e-3) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return ((prediction - target).square() + self.eps**2).sqrt().mean()


class MeanSquaredLogError(Precise):
    """The mean squared difference of log(1 + x); what is below 0 counts by itself, with slope 1 there."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return (self._log(prediction) - self._log(target)).square().mean()

    def _log(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, torch.log1p(x.clamp(min=0)), x)


class RelativeErrorLoss(Precise):
    """|difference| / max(|target|, floor), averaged."""

    def __init__(self, floor: float = 1e-2) -> None:
        super().__init__()
        self.floor = floor

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return ((prediction - target).abs() / target.abs().clamp(min=self.floor)).mean()


class QuantileLoss(Precise):
    """Too low costs q for each unit, too high 1 - q: smallest at the q-quantile. Koenker and Bassett 1978."""

    def __init__(self, quantile: float = 0.5) -> None:
        super().__init__()
        self.quantile = quantile

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        gap = target - prediction
        return torch.maximum(self.quantile * gap, (self.quantile - 1) * gap).mean()


class TweedieLoss(Precise):
    """Deviance of a Tweedie distribution with power p, 1 < p < 2, of a logarithm; up to terms of the target alone."""

    def __init__(self, power: float = 1.5) -> None:
        super().__init__()
        self.power = power

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        p = self.power
        return (((2 - p) * prediction).exp() / (2 - p) - target * ((1 - p) * prediction).exp() / (1 - p)).mean()


class CosineLoss(Precise):
    """1 - cosine of the angle between the rows (N, F) of prediction and target."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return (1 - F.cosine_similarity(prediction, target, dim=1, eps=1e-6)).mean()


class SSIMLoss(Precise):
    """1 - structural similarity of pictures (N, channels, height, width). Wang et al. 2004."""

    def __init__(self, data_range: float = 1.0, kernel_size: int = 11, sigma: float = 1.5) -> None:
        super().__init__()
        self.data_range = data_range
        self.kernel_size = kernel_size
        at = torch.arange(kernel_size) - (kernel_size - 1) / 2
        bell = torch.exp(-at.square() / (2 * sigma**2))
        bell = bell / bell.sum()
        self.register_buffer("window", bell[:, None] * bell[None, :], persistent=False)
        self.window: Tensor

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        channels = prediction.shape[1]
        window = self.window.to(prediction.dtype).expand(channels, 1, -1, -1)

        def around(x: Tensor) -> Tensor:
            return F.conv2d(x, window, groups=channels)

        mean_a, mean_b = around(prediction), around(target)
        var_a = around(prediction * prediction) - mean_a.square()
        var_b = around(target * target) - mean_b.square()
        both = around(prediction * target) - mean_a * mean_b
        c1, c2 = (0.01 * self.data_range) ** 2, (0.03 * self.data_range) ** 2
        light = (2 * mean_a * mean_b + c1) / (mean_a.square() + mean_b.square() + c1)
        return 1 - (light * (2 * both + c2) / (var_a + var_b + c2)).mean()


class TotalVariationLoss(Precise):
    """Mean absolute difference of neighbouring points of (N, channels, height, width): large in a noisy picture."""

    def forward(self, prediction: Tensor) -> Tensor:
        down = (prediction[:, :, 1:] - prediction[:, :, :-1]).abs().sum()
        across = (prediction[:, :, :, 1:] - prediction[:, :, :, :-1]).abs().sum()
        return (down + across) / max(1, prediction.numel())


class BoxIoULoss(Precise):
    """1 - overlap of boxes (..., 4) as left, top, right, bottom, with what `kind` adds where they do not meet.

    "giou": the empty share of the box around both (Rezatofighi et al. 2019). "diou": the distance of the centres.
    "ciou": that and the difference of the proportions (both Zheng et al. 2020).
    """

    def __init__(self, kind: str = "giou", eps: float = 1e-7) -> None:
        super().__init__()
        self.kind = kind
        self.eps = eps

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        low = torch.maximum(prediction[..., :2], target[..., :2])
        high = torch.minimum(prediction[..., 2:], target[..., 2:])
        meet = (high - low).clamp(min=0).prod(-1)
        size_a, size_b = prediction[..., 2:] - prediction[..., :2], target[..., 2:] - target[..., :2]
        union = size_a.prod(-1) + size_b.prod(-1) - meet
        iou = meet / (union.abs() + self.eps)
        if self.kind == "iou":
            return (1 - iou).mean()
        around = torch.maximum(prediction[..., 2:], target[..., 2:]) - torch.minimum(
            prediction[..., :2], target[..., :2]
        )
        if self.kind == "giou":
            whole = around.prod(-1).abs() + self.eps
            return (1 - iou + (whole - union) / whole).mean()
        centres = (prediction[..., :2] + prediction[..., 2:] - target[..., :2] - target[..., 2:]) / 2
        loss = 1 - iou + centres.square().sum(-1) / (around.square().sum(-1) + self.eps)
        if self.kind == "ciou":
            tilt_a = torch.atan2(size_a[..., 0], size_a[..., 1].abs() + self.eps)
            tilt_b = torch.atan2(size_b[..., 0], size_b[..., 1].abs() + self.eps)
            shape = 4 / torch.pi**2 * (tilt_b - tilt_a).square()
            weight = (shape / (1 - iou + shape + self.eps)).detach()
            loss = loss + weight * shape
        return loss.mean()
