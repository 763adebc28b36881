"""Modules that cut apart, pick, repeat and fit tensors to each other; batch first, it always stays as it is."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Split(nn.Module):
    """Pieces of an axis of the given sizes; -1 is what is left."""

    def __init__(self, sizes: tuple[int, ...], dim: int = 1) -> None:
        super().__init__()
        self.sizes = list(sizes)
        self.dim = dim

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        rest = x.shape[self.dim] - sum(size for size in self.sizes if size != -1)
        return tuple(torch.split(x, [rest if size == -1 else size for size in self.sizes], self.dim))


class Flip(nn.Module):
    """The order along an axis turned around."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return x.flip(self.dim)


class Tile(nn.Module):
    """Copies one after the other along an axis: a b a b."""

    def __init__(self, times: int = 2, dim: int = 1) -> None:
        super().__init__()
        self.times = times
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x] * self.times, self.dim)


class ExpandAs(nn.Module):
    """Axes of size 1 repeated to the shape of another tensor."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        return x.expand_as(like)


class ReshapeAs(nn.Module):
    """The values in the shape of another tensor."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        return x.reshape(like.shape)


class CropLike(nn.Module):
    """The middle of (N, channels, ...), with the sizes of another tensor after the channels."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        for axis in range(2, x.dim()):
            x = x.narrow(axis, (x.shape[axis] - like.shape[axis]) // 2, like.shape[axis])
        return x


class PadAxis(nn.Module):
    """Entries of one value before and behind an axis."""

    def __init__(self, dim: int = 1, before: int = 0, after: int = 1, value: float = 0.0) -> None:
        super().__init__()
        self.dim = dim
        self.before = before
        self.after = after
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        behind = x.dim() - 1 - self.dim if self.dim >= 0 else -1 - self.dim
        return F.pad(x, [0] * (2 * behind) + [self.before, self.after], value=self.value)


class ResizeLike(nn.Module):
    """(N, C, H, W) with height and width of another tensor."""

    def __init__(self, mode: str = "nearest") -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        return F.interpolate(x, size=like.shape[2:], mode=self.mode)


class Gather(nn.Module):
    """Values along an axis at the places of `index`."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor, index: Tensor) -> Tensor:
        return x.gather(self.dim, index)


class TakeSteps(nn.Module):
    """(N, L, features) and places (N, K) to (N, K, features)."""

    def forward(self, x: Tensor, index: Tensor) -> Tensor:
        return x.gather(1, index.unsqueeze(2).expand(-1, -1, x.shape[2]))


class Pick(nn.Module):
    """Some entries of an axis, in the order of `indices`."""

    indices: Tensor

    def __init__(self, indices: tuple[int, ...], dim: int = 1) -> None:
        super().__init__()
        self.dim = dim
        self.register_buffer("indices", torch.tensor(indices), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x.index_select(self.dim, self.indices)


class LastStep(nn.Module):
    """(N, L, features) to (N, features): the last step, or the last one before the length of each sequence."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        if lengths is None:
            return x[:, -1]
        last = (lengths - 1).clamp(min=0).view(-1, 1, 1).expand(-1, 1, x.shape[2])
        return x.gather(1, last).squeeze(1)


class EveryNth(nn.Module):
    """The entries start, start + step, ... of an axis."""

    def __init__(self, dim: int = 1, step: int = 2, start: int = 0) -> None:
        super().__init__()
        self.dim = dim
        self.step = step
        self.start = start

    def forward(self, x: Tensor) -> Tensor:
        axes = [slice(None)] * x.dim()
        axes[self.dim] = slice(self.start, None, self.step)
        return x[tuple(axes)]


class Frames(nn.Module):
    """Windows of `size` along an axis, each `step` from the last; their values stand along a new last axis."""

    def __init__(self, dim: int = 1, size: int = 4, step: int = 2) -> None:
        super().__init__()
        self.dim = dim
        self.size = size
        self.step = step

    def forward(self, x: Tensor) -> Tensor:
        return x.unfold(self.dim, self.size, self.step)


class OneHot(nn.Module):
    """(N, ...) of class numbers to (N, ..., num_classes): 1 at the class, 0 elsewhere."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes

    def forward(self, x: Tensor) -> Tensor:
        return (x.unsqueeze(-1) == torch.arange(self.num_classes, device=x.device)).float()


class Positions(nn.Module):
    """(N, L, ...) to (N, L): 0, 1, 2, ..."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.arange(x.shape[1], device=x.device).expand(x.shape[0], -1)


class Constant(nn.Module):
    """(N, ...) to (N, *shape): one number everywhere."""

    def __init__(self, shape: tuple[int, ...] = (1,), value: float = 0.0) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return torch.full((x.shape[0], *self.shape), self.value, dtype=torch.get_default_dtype(), device=x.device)


class AddCoordinates(nn.Module):
    """(N, C, H, W) to (N, C + 2, H, W): rows and columns from -1 to 1 behind the channels (Liu et al. 2018)."""

    def forward(self, x: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        rows = torch.linspace(-1, 1, height, device=x.device, dtype=x.dtype).view(1, 1, -1, 1)
        columns = torch.linspace(-1, 1, width, device=x.device, dtype=x.dtype).view(1, 1, 1, -1)
        size = (batch, 1, height, width)
        return torch.cat((x, rows.expand(size), columns.expand(size)), 1)


class Bucketize(nn.Module):
    """How many of the boundaries lie below each value."""

    boundaries: Tensor

    def __init__(self, boundaries: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("boundaries", torch.tensor(boundaries), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x.unsqueeze(-1) > self.boundaries).sum(-1)
