"""Pooling. Adaptive pooling is exact for any size: window matrices where the output does not divide the input."""

from typing import cast

import numpy as np
from torch import nn

from engine.catalog.rules import window
from engine.deployment.rules.site import Site, Written, pair, rule


def _windows_over_the_edge(
    site: Site, kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...], dilation: tuple[int, ...]
) -> list[int] | None:
    """With ceil_mode: how far the last window of each axis stands over the padded end; None where a size is free.

    torch drops a window that would begin in the padding at the end. onnxruntime does so too, but the shape inference of
    the standard's checker does not, so ceil_mode is only written where both agree.
    """
    over = []
    for size, k, s, p, d in zip(site.shape[2:], kernel, stride, padding, dilation, strict=True):
        places = window(size, "length", kernel=k, stride=s, padding=p, dilation=d, ceil=True)
        if size is None or places is None:
            return None
        over.append(max(0, (places - 1) * s + d * (k - 1) + 1 - (size + 2 * p)))
    return over


@rule("max_pool")
def max_pool(site: Site) -> Written:
    """MaxPool; where ceil_mode lets a window stand over the edge, the padding at the end is made larger instead."""
    module = cast(nn.MaxPool2d, site.module)
    count = len(site.shape) - 2
    kernel, stride = pair(module.kernel_size, count), pair(module.stride, count)
    padding, dilation = pair(module.padding, count), pair(module.dilation, count)
    over = _windows_over_the_edge(site, kernel, stride, padding, dilation) if module.ceil_mode else [0] * count
    return site.add(
        "MaxPool",
        site.x,
        kernel_shape=list(kernel),
        strides=list(stride),
        dilations=list(dilation),
        pads=[*padding, *(p + more for p, more in zip(padding, over or [0] * count, strict=True))],
        ceil_mode=int(over is None),
    )


@rule("avg_pool")
def avg_pool(site: Site) -> Written:
    """AveragePool."""
    module = cast(nn.AvgPool2d, site.module)
    count = len(site.shape) - 2
    kernel, stride, padding = (pair(item, count) for item in (module.kernel_size, module.stride, module.padding))
    over = _windows_over_the_edge(site, kernel, stride, padding, (1,) * count) if module.ceil_mode else [0]
    return site.add(
        "AveragePool",
        site.x,
        kernel_shape=list(kernel),
        strides=list(stride),
        pads=[*padding, *padding],
        ceil_mode=int(over is None or any(over)),
        count_include_pad=int(module.count_include_pad),
    )


def _output_size(site: Site, count: int) -> list[int | None]:
    """The asked size of each axis; None keeps the input's."""
    size = site.module.output_size
    return list(size) if isinstance(size, tuple | list) else [size] * count  # type: ignore[list-item]


@rule("adaptive_avg_pool")
def adaptive_avg_pool(site: Site) -> Written:
    """ReduceMean to 1, AveragePool to a divisor, else a matrix of windows an axis."""
    sizes = site.shape[2:]
    wanted = [size if size is not None else -1 for size in _output_size(site, len(sizes))]
    axes = list(range(2, len(site.shape)))
    if all(size == 1 for size in wanted):
        return site.reduce("ReduceMean", site.x, axes)
    if all(size is not None and (w == -1 or size % w == 0) for size, w in zip(sizes, wanted, strict=True)):
        kernel = [1 if w == -1 else cast(int, size) // w for size, w in zip(sizes, wanted, strict=True)]
        return site.add("AveragePool", site.x, kernel_shape=kernel, strides=kernel)
    x = site.x
    for axis, size, w in zip(axes, sizes, wanted, strict=True):
        if w == -1 or w == size:
            continue
        if w == 1:
            x = site.reduce("ReduceMean", x, [axis])
            continue
        last = axis == len(site.shape) - 1
        if not last:  # a matrix multiplies the last two dimensions
            x = _swap(site, x, axis)
        x = site.add("MatMul", x, _mean_windows(site, x, size, w))
        if not last:
            x = _swap(site, x, axis)
    return x


def _swap(site: Site, x: str, axis: int) -> str:
    order = list(range(len(site.shape)))
    order[axis], order[-1] = order[-1], order[axis]
    return site.transpose(x, *order)


def _bounds(size: int, count: int) -> list[tuple[int, int]]:
    """Where torch's adaptive windows begin and end: floor(i * size / count), ceil((i + 1) * size / count)."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def _mean_windows(site: Site, x: str, size: int | None, count: int) -> str:
    """The (size, count) matrix whose columns average the windows."""
    if size is not None:
        matrix = np.zeros((size, count), np.float32)
        for column, (start, end) in enumerate(_bounds(size, count)):
            matrix[start:end, column] = 1.0 / (end - start)
        return site.array(matrix, "windows")
    inside, lengths = _free_windows(site, x, count)
    return site.add("Div", site.add("Cast", inside, to=1), site.add("Cast", lengths, to=1))


def _free_windows(site: Site, x: str, count: int) -> tuple[str, str]:
    """For a last axis of free length: which (position, window) pairs belong together, and the windows' lengths."""
    w = site.writer
    size = site.size(x, -1)
    many = w.constant(count, np.int64)
    starts = site.add("Div", site.add("Mul", w.constant(np.arange(count), np.int64), size), many)
    after = site.add("Mul", w.constant(np.arange(1, count + 1), np.int64), size)
    ends = site.add("Div", site.add("Add", after, w.constant(count - 1, np.int64)), many)
    places = site.add("Range", w.constant(0, np.int64), size, w.constant(1, np.int64))
    places = site.unsqueeze(places, 1)
    inside = site.add("And", site.add("GreaterOrEqual", places, starts), site.add("Less", places, ends))
    return inside, site.add("Sub", ends, starts)


@rule("adaptive_max_pool")
def adaptive_max_pool(site: Site) -> Written:
    """ReduceMax to 1, MaxPool to a divisor, else the largest of the gathered windows, an axis at a time."""
    sizes = site.shape[2:]
    wanted = [size if size is not None else -1 for size in _output_size(site, len(sizes))]
    axes = list(range(2, len(site.shape)))
    if all(size == 1 for size in wanted):
        return site.reduce("ReduceMax", site.x, axes)
    if all(size is not None and (w == -1 or size % w == 0) for size, w in zip(sizes, wanted, strict=True)):
        kernel = [1 if w == -1 else cast(int, size) // w for size, w in zip(sizes, wanted, strict=True)]
        return site.add("MaxPool", site.x, kernel_shape=kernel, strides=kernel)
    x = site.x
    for axis, size, w in zip(axes, sizes, wanted, strict=True):
        if w == -1 or w == size:
            continue
        if w == 1:
            x = site.reduce("ReduceMax", x, [axis])
        elif size is not None:
            bounds = _bounds(size, w)
            longest = max(end - start for start, end in bounds)
            # Short windows name their last place twice; that does not change the largest value.
            places = [[min(start + k, end - 1) for k in range(longest)] for start, end in bounds]
            windows = site.add("Gather", x, site.writer.constant(places, np.int64), axis=axis)
            x = site.reduce("ReduceMax", windows, [axis + 1], keepdims=False)
        else:
            last = axis == len(site.shape) - 1
            x = x if last else _swap(site, x, axis)
            inside, _ = _free_windows(site, x, w)
            spread = site.unsqueeze(x, -1)
            shown = site.add("Where", inside, spread, site.scalar(float("-inf")))
            x = site.reduce("ReduceMax", shown, [-2], keepdims=False)
            x = x if last else _swap(site, x, axis)
    return x
