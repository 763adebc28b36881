"""Modules that rearrange or reduce an axis; batch first, it always stays as it is."""

from torch import Tensor, nn


class Reshape(nn.Module):
    """(N, ...) to (N, *shape)."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], *self.shape)


class Permute(nn.Module):
    """The axes after the batch in the order of `dims`, which counts them from 1."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = tuple(dims)

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, *self.dims)


class _Axis(nn.Module):
    """Base: works on the axis `dim`."""

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim


class Squeeze(_Axis):
    """Without the axis `dim`, which has size 1."""

    def forward(self, x: Tensor) -> Tensor:
        return x.squeeze(self.dim)


class Unsqueeze(_Axis):
    """With a new axis of size 1 at `dim`."""

    def forward(self, x: Tensor) -> Tensor:
        return x.unsqueeze(self.dim)


class _Reduce(_Axis):
    """Base: one value instead of an axis."""

    def __init__(self, dim: int = 1, keepdim: bool = False) -> None:
        super().__init__(dim)
        self.keepdim = keepdim


class Mean(_Reduce):
    """The mean along an axis."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(self.dim, self.keepdim)


class Sum(_Reduce):
    """The sum along an axis."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum(self.dim, self.keepdim)


class Max(_Reduce):
    """The largest value along an axis."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax(self.dim, self.keepdim)


class Select(_Axis):
    """One entry of an axis; a negative index counts from the end."""

    def __init__(self, dim: int = 1, index: int = -1) -> None:
        super().__init__(dim)
        self.index = index

    def forward(self, x: Tensor) -> Tensor:
        return x.select(self.dim, self.index)


class Slice(_Axis):
    """A stretch of an axis, from `start` to before `end` (None: to its end)."""

    def __init__(self, dim: int = 1, start: int = 0, end: int | None = None) -> None:
        super().__init__(dim)
        self.start = start
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        axes = [slice(None)] * x.dim()
        axes[self.dim] = slice(self.start, self.end)
        return x[tuple(axes)]
