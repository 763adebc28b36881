"""Operators that bring axes down to one value, sum up as they go, or make shares of them."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators.dtypes import WIDE
from engine.compiler.onnx_operators.table import ints, number, operator


def _reduced(function: Callable[[Tensor, list[int], bool], Tensor]) -> Callable[..., Any]:
    def worked(x: Tensor, axes: Any = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0) -> Tensor:
        chosen = sorted(axis % max(x.dim(), 1) for axis in ints(axes)) if axes is not None else []
        if not chosen and noop_with_empty_axes:
            return function(x.unsqueeze(-1), [x.dim()], False)
        kind = x.dtype
        if kind in WIDE:
            x = x.long()
        dims = chosen or list(range(x.dim()))
        if not x.dim():
            return function(x.reshape(1), [0], False).to(kind)
        return function(x, dims, bool(keepdims)).to(kind)

    return worked


def _product(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    for axis in reversed(axes):
        x = x.prod(axis, keepdim=keep)
    return x


def _bound(x: Tensor, axes: list[int], keep: bool, *, largest: bool) -> Tensor:
    """amax and amin of torch refuse empty axes, where ONNX gives the least number of the type."""
    if any(x.shape[axis] == 0 for axis in axes):
        shape = [1 if i in axes else n for i, n in enumerate(x.shape) if keep or i not in axes]
        if x.dtype is torch.bool:
            return torch.full(shape, not largest)
        limits: Any = torch.finfo(x.dtype) if x.is_floating_point() else torch.iinfo(x.dtype)
        edge = (float("-inf") if largest else float("inf")) if x.is_floating_point() else None
        return torch.full(shape, edge if edge is not None else limits.min if largest else limits.max, dtype=x.dtype)
    if x.dtype is torch.bool:
        found = (x.byte().amax if largest else x.byte().amin)(axes, keepdim=keep)
        return found.bool()
    return x.amax(axes, keepdim=keep) if largest else x.amin(axes, keepdim=keep)


def _decimal(x: Tensor) -> Tensor:
    return x if x.is_floating_point() else x.double()


def _mean(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    return _decimal(x).mean(axes, keepdim=keep)


def _log_sum_exp(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    if x.numel() == 0:
        return x.exp().sum(axes, keepdim=keep).log()
    return torch.logsumexp(_decimal(x), axes, keepdim=keep)


for _name, _function in {
    "ReduceSum": lambda x, axes, keep: x.sum(axes, keepdim=keep),
    "ReduceMean": _mean,
    "ReduceMax": lambda x, axes, keep: _bound(x, axes, keep, largest=True),
    "ReduceMin": lambda x, axes, keep: _bound(x, axes, keep, largest=False),
    "ReduceProd": _product,
    "ReduceL1": lambda x, axes, keep: x.abs().sum(axes, keepdim=keep),
    "ReduceL2": lambda x, axes, keep: _decimal(x).square().sum(axes, keepdim=keep).sqrt(),
    "ReduceSumSquare": lambda x, axes, keep: x.square().sum(axes, keepdim=keep),
    "ReduceLogSum": lambda x, axes, keep: _decimal(x).sum(axes, keepdim=keep).log(),
    "ReduceLogSumExp": _log_sum_exp,
}.items():  # fmt: skip
    operator(_name, host=(1,))(_reduced(_function))


def _place(largest: bool) -> Callable[..., Any]:
    def worked(x: Tensor, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Tensor:
        x = x.byte() if x.dtype is torch.bool else x.long() if x.dtype in WIDE else x
        if select_last_index:
            x = x.flip(axis)
        # Of equal values the first counts; torch's argmax does not promise which it takes.
        best = x.amax(axis, keepdim=True) if largest else x.amin(axis, keepdim=True)
        found = (x == best).to(torch.uint8).argmax(axis, keepdim=bool(keepdims))
        return x.shape[axis] - 1 - found if select_last_index else found

    return worked


operator("ArgMax")(_place(True))
operator("ArgMin")(_place(False))


def _running(function: Callable[[Tensor, int], Tensor], empty: int) -> Callable[..., Any]:
    def worked(x: Tensor, axis: Any, *, exclusive: int = 0, reverse: int = 0) -> Tensor:
        place = int(number(axis))
        kind = x.dtype
        if reverse:
            x = x.flip(place)
        found = function(x, place).to(kind)
        if exclusive:
            count = x.shape[place]
            first = torch.full_like(x.narrow(place, 0, 1), empty)
            found = torch.cat([first, found.narrow(place, 0, count - 1)], place)
        return found.flip(place) if reverse else found

    return worked


operator("CumSum", host=(1,))(_running(torch.cumsum, 0))
operator("CumProd", host=(1,))(_running(torch.cumprod, 1))


@operator("Softmax")
def softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    """Scores as shares that add up to 1."""
    return F.softmax(x, axis)


@operator("LogSoftmax")
def log_softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    """Logarithms of such shares."""
    return F.log_softmax(x, axis)


@operator("Hardmax")
def hardmax(x: Tensor, *, axis: int = -1) -> Tensor:
    """1 where the largest value is, 0 elsewhere."""
    places = _place(True)(x, axis=axis)
    return torch.zeros_like(x).scatter(axis, places, 1.0)
