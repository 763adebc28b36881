"""Comparison, masks, and changing the kind of numbers."""

import torch
from torch import Tensor, nn


class _Comparison(nn.Module):
    """Base: compares two tensors, or a tensor with a number."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = value


class Greater(_Comparison):
    """a > b."""

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        return a > (self.value if b is None else b)


class GreaterEqual(_Comparison):
    """a >= b."""

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        return a >= (self.value if b is None else b)


class Less(_Comparison):
    """a < b."""

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        return a < (self.value if b is None else b)


class LessEqual(_Comparison):
    """a <= b."""

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        return a <= (self.value if b is None else b)


class Equal(_Comparison):
    """a == b."""

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        return torch.eq(a, self.value if b is None else b)


class NotEqual(_Comparison):
    """a != b."""

    def forward(self, a: Tensor, b: Tensor | None = None) -> Tensor:
        return torch.ne(a, self.value if b is None else b)


class ToFloat(nn.Module):
    """Decimal numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return x.float()


class ToInt(nn.Module):
    """Whole numbers; decimals are cut off."""

    def forward(self, x: Tensor) -> Tensor:
        return x.long()


class ToBool(nn.Module):
    """Yes where a value is not 0."""

    def forward(self, x: Tensor) -> Tensor:
        return x.bool()


class CausalMask(nn.Module):
    """(N, L, features) to (N, L, L): step i may look at the steps up to i."""

    def forward(self, x: Tensor) -> Tensor:
        steps = x.shape[1]
        mask = torch.ones(steps, steps, dtype=torch.bool, device=x.device).tril()
        return mask.expand(x.shape[0], steps, steps)


class PaddingMask(nn.Module):
    """(N, L) of numbers to (N, L): yes where there is another number than `padding_idx`."""

    def __init__(self, padding_idx: int = 0) -> None:
        super().__init__()
        self.padding_idx = padding_idx

    def forward(self, x: Tensor) -> Tensor:
        return torch.ne(x, self.padding_idx)


class LengthMask(nn.Module):
    """Lengths (N,) and a tensor (N, L, ...) to (N, L): yes where a step lies before the length."""

    def forward(self, lengths: Tensor, like: Tensor) -> Tensor:
        steps = torch.arange(like.shape[1], device=like.device)
        return steps < lengths.unsqueeze(1)
