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
    """MaxPool; where ceil_mode lets a window stand over the edge, the padding at the end is made larger instead.

    ONNX counts places through the whole tensor, torch through each channel.
    """
    module = cast(nn.MaxPool2d, site.module)
    count = len(site.shape) - 2
    kernel, stride = pair(module.kernel_size, count), pair(module.stride, count)
    padding, dilation = pair(module.padding, count), pair(module.dilation, count)
    over = _windows_over_the_edge(site, kernel, stride, padding, dilation) if module.ceil_mode else [0] * count
    found = site.writer.add(
        "MaxPool",
        [site.x],
        outputs=2 if module.return_indices else 1,
        kernel_shape=list(kernel),
        strides=list(stride),
        dilations=list(dilation),
        pads=[*padding, *(p + more for p, more in zip(padding, over or [0] * count, strict=True))],
        ceil_mode=int(over is None),
    )
    if not module.return_indices:
        return cast(str, found)
    values, places = found
    sizes = site.slice(site.add("Shape", site.x), 0, 2, 2 + count)
    return values, site.add("Mod", places, site.reduce("ReduceProd", sizes, [0]))


@rule("max_unpool")
def max_unpool(site: Site) -> Written:
    """Scatters values into zeros, a channel laid out flat."""
    module = cast(nn.MaxUnpool2d, site.module)
    count = len(site.shape) - 2
    kernel, stride, padding = (pair(item, count) for item in (module.kernel_size, module.stride, module.padding))
    shape = site.add("Shape", site.x)
    if len(site.inputs) > 2:
        sizes = site.slice(site.add("Shape", site.inputs[2]), 0, 2, 2 + count)
    else:
        steps = site.add("Sub", site.slice(shape, 0, 2, 2 + count), site.ints(1))
        grown = [k - 2 * p for k, p in zip(kernel, padding, strict=True)]
        sizes = site.add("Add", site.add("Mul", steps, site.ints(*stride)), site.ints(*grown))
    rows = site.slice(shape, 0, 0, 2)
    flat = site.add("Concat", rows, site.reduce("ReduceProd", sizes, [0]), axis=0)
    empty = site.add("Expand", site.scalar(0), flat)
    places, values = site.reshape(site.inputs[1], 0, 0, -1), site.reshape(site.x, 0, 0, -1)
    filled = site.add("ScatterElements", empty, places, values, axis=2)
    return site.add("Reshape", filled, site.add("Concat", rows, sizes, axis=0))


@rule("lp_pool")
def lp_pool(site: Site) -> Written:
    """(window size * mean of x^p)^(1/p), the mean taken by AveragePool, as torch does it."""
    module = cast(nn.LPPool2d, site.module)
    count = len(site.shape) - 2
    kernel = pair(module.kernel_size, count)
    stride = kernel if module.stride is None else pair(module.stride, count)
    over = _windows_over_the_edge(site, kernel, stride, (0,) * count, (1,) * count) if module.ceil_mode else [0]
    mean = site.add(
        "AveragePool",
        site.add("Pow", site.x, site.scalar(module.norm_type)),
        kernel_shape=list(kernel),
        strides=list(stride),
        ceil_mode=int(over is None or any(over)),
    )
    size = site.add("Mul", site.add("Relu", mean), site.scalar(float(np.prod(kernel))))
    return site.add("Pow", size, site.scalar(1.0 / module.norm_type))


def _largest(site: Site, places: list[np.ndarray], *, indices: bool) -> Written:
    """The largest value of windows whose places are known: an array (window, place) for each axis after the channels.

    A window that is shorter than others names its last place more than once, which changes nothing.
    """
    x, first, count = site.x, 2, len(places)
    for number, windows in enumerate(places):  # (N, C, windows, places, ...) axis by axis
        x = site.add("Gather", x, site.writer.constant(windows, np.int64), axis=first + 2 * number)
    inner = [first + 2 * number + 1 for number in range(count)]
    if not indices:
        return site.reduce("ReduceMax", x, inner, keepdims=False)
    outer = [axis - 1 for axis in inner]
    spread = site.transpose(x, 0, 1, *outer, *inner)
    shape = [len(windows) for windows in places]
    joined = site.reshape(spread, 0, 0, *shape, -1)
    best = site.add("ArgMax", joined, axis=-1, keepdims=0)
    # Flat places of all the window's values, in the same order.
    sizes = [cast(int, size) for size in site.shape[2:]]
    flat = np.zeros((1,) * (2 * count), np.int64)
    for number, (windows, size) in enumerate(zip(places, sizes, strict=True)):
        shaped = [1] * (2 * count)
        shaped[number], shaped[count + number] = windows.shape
        flat = flat * size + windows.reshape(shaped)
    table = site.writer.constant(flat.reshape(*shape, -1), np.int64)
    spots = site.add("Unsqueeze", best, site.ints(-1))
    tables = site.add("Expand", table, site.add("Shape", joined))
    found = site.squeeze(site.add("GatherElements", tables, spots, axis=-1), -1)
    return site.reduce("ReduceMax", joined, [-1], keepdims=False), found


@rule("fractional_max_pool")
def fractional_max_pool(site: Site) -> Written:
    """Windows where they stand after training, with u = 1/2; worked out in float32, as torch does."""
    module = site.module
    outputs = site.layer.output_specs(*site.specs)[0].shape[2:]
    places = []
    for size, kernel, count in zip(site.shape[2:], pair(module.kernel_size, len(outputs)), outputs, strict=True):
        free = cast(int, size) - kernel
        wide = np.float32(free) / np.float32(cast(int, count) - 1) if cast(int, count) > 1 else np.float32(0)
        half = np.float32(0.5)
        starts = [int((np.float32(i) + half) * wide) - int(half * wide) for i in range(cast(int, count) - 1)]
        places.append(np.array([[start + k for k in range(kernel)] for start in [*starts, free]]))
    return _largest(site, places, indices=bool(module.return_indices))


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


def _gathered(size: int, count: int) -> np.ndarray:
    """The places of each adaptive window; short ones name their last place twice, which changes no largest value."""
    bounds = _bounds(size, count)
    longest = max(end - start for start, end in bounds)
    return np.array([[min(start + k, end - 1) for k in range(longest)] for start, end in bounds])


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
    if site.module.return_indices:
        counts = pair(site.module.output_size, len(sizes))
        return _largest(site, [_gathered(cast(int, s), c) for s, c in zip(sizes, counts, strict=True)], indices=True)
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
            windows = site.add("Gather", x, site.writer.constant(_gathered(size, w), np.int64), axis=axis)
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
