"""Pooling with what torch's lacks: windows that stand still after training, the size of another tensor, one value."""

import torch
from torch import Tensor, nn


class FractionalMaxPool2d(nn.FractionalMaxPool2d):
    """nn.FractionalMaxPool2d; in evaluation its windows stand still, so that one question has one answer."""

    def forward(self, x: Tensor) -> Tensor:
        still = None if self.training else torch.full((*x.shape[:2], 2), 0.5, dtype=x.dtype, device=x.device)
        settings = (self.kernel_size, self.output_size, self.output_ratio, self.return_indices)
        pooled: Tensor = nn.functional.fractional_max_pool2d(x, *settings, _random_samples=still)  # type: ignore
        return pooled


class FractionalMaxPool3d(nn.FractionalMaxPool3d):
    """nn.FractionalMaxPool3d; in evaluation its windows stand still, so that one question has one answer."""

    def forward(self, x: Tensor) -> Tensor:
        still = None if self.training else torch.full((*x.shape[:2], 3), 0.5, dtype=x.dtype, device=x.device)
        settings = (self.kernel_size, self.output_size, self.output_ratio, self.return_indices)
        pooled: Tensor = nn.functional.fractional_max_pool3d(x, *settings, _random_samples=still)  # type: ignore
        return pooled


class MaxUnpool1d(nn.MaxUnpool1d):
    """nn.MaxUnpool1d that gives the size of `like`, where there is one."""

    def forward(self, x: Tensor, indices: Tensor, like: Tensor | None = None) -> Tensor:  # type: ignore[override]
        return super().forward(x, indices, None if like is None else list(like.shape[2:]))


class MaxUnpool2d(nn.MaxUnpool2d):
    """nn.MaxUnpool2d that gives the size of `like`, where there is one."""

    def forward(self, x: Tensor, indices: Tensor, like: Tensor | None = None) -> Tensor:  # type: ignore[override]
        return super().forward(x, indices, None if like is None else list(like.shape[2:]))


class MaxUnpool3d(nn.MaxUnpool3d):
    """nn.MaxUnpool3d that gives the size of `like`, where there is one."""

    def forward(self, x: Tensor, indices: Tensor, like: Tensor | None = None) -> Tensor:  # type: ignore[override]
        return super().forward(x, indices, None if like is None else list(like.shape[2:]))


class GlobalAveragePool1d(nn.Module):
    """(N, channels, length) to (N, channels): the mean."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(2)


class GlobalAveragePool2d(nn.Module):
    """(N, channels, height, width) to (N, channels): the mean."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class GlobalAveragePool3d(nn.Module):
    """(N, channels, depth, height, width) to (N, channels): the mean."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3, 4))


class GlobalMaxPool1d(nn.Module):
    """(N, channels, length) to (N, channels): the largest value."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax(2)


class GlobalMaxPool2d(nn.Module):
    """(N, channels, height, width) to (N, channels): the largest value."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax((2, 3))


class GlobalMaxPool3d(nn.Module):
    """(N, channels, depth, height, width) to (N, channels): the largest value."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax((2, 3, 4))
