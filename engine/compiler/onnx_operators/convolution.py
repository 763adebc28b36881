"""Convolutions and poolings, with ONNX's ways of saying how wide the border is."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators.shaping import bounded
from engine.compiler.onnx_operators.table import ints, operator

_CONV: dict[int, Callable[..., Tensor]] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_CONV_TRANSPOSE: dict[int, Callable[..., Tensor]] = {
    1: F.conv_transpose1d,
    2: F.conv_transpose2d,
    3: F.conv_transpose3d,
}


def borders(
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    pads: Sequence[int] | None,
    auto_pad: str,
) -> tuple[list[int], list[int]]:
    """How many places are added before and after each axis."""
    count = len(kernel)
    if auto_pad in ("NOTSET", ""):
        given = list(pads) if pads else [0] * (2 * count)
        return given[:count], given[count:]
    if auto_pad == "VALID":
        return [0] * count, [0] * count
    before, after = [], []
    for size, side, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True):
        reach = (side - 1) * dilation + 1
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        less, more = total // 2, total - total // 2
        before.append(less if auto_pad == "SAME_UPPER" else more)
        after.append(more if auto_pad == "SAME_UPPER" else less)
    return before, after


def _around(x: Tensor, before: Sequence[int], after: Sequence[int], value: float = 0.0) -> Tensor:
    border = [n for pair in reversed(list(zip(before, after, strict=True))) for n in pair]
    return F.pad(x, border, value=value)


@operator("Conv")
def conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    kernel_shape: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    group: int = 1,
    auto_pad: str = "NOTSET",
) -> Tensor:
    """Filters along 1, 2 or 3 axes."""
    count = weight.dim() - 2
    steps, wide = list(strides or [1] * count), list(dilations or [1] * count)
    before, after = borders(x.shape[2:], weight.shape[2:], steps, wide, pads, auto_pad)
    if before != after:
        x, before = _around(x, before, after), [0] * count
    return _CONV[count](x, weight, bias, steps, before, wide, group)


@operator("ConvTranspose")
def conv_transpose(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    kernel_shape: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    output_padding: Sequence[int] | None = None,
    output_shape: Sequence[int] | None = None,
    group: int = 1,
    auto_pad: str = "NOTSET",
) -> Tensor:
    """The counterpart of a convolution."""
    count = weight.dim() - 2
    steps, wide = list(strides or [1] * count), list(dilations or [1] * count)
    extra = list(output_padding or [0] * count)
    kernel = list(weight.shape[2:])
    full = [
        (n - 1) * s + (k - 1) * d + 1 + e for n, s, k, d, e in zip(x.shape[2:], steps, kernel, wide, extra, strict=True)
    ]
    if output_shape is not None or auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        wanted = (
            list(output_shape)[-count:]
            if output_shape is not None
            else [n * s for n, s in zip(x.shape[2:], steps, strict=True)]
        )
        before, after = [], []
        for have, want in zip(full, wanted, strict=True):
            total = have - want
            less, more = total // 2, total - total // 2
            before.append(less if auto_pad == "SAME_UPPER" else more)
            after.append(more if auto_pad == "SAME_UPPER" else less)
    else:
        before, after = borders(x.shape[2:], kernel, steps, wide, pads, "NOTSET" if auto_pad == "NOTSET" else "VALID")
    if (
        before == after
        and all(n >= 0 for n in before)
        and all(e < max(s, d) for e, s, d in zip(extra, steps, wide, strict=True))
    ):
        return _CONV_TRANSPOSE[count](x, weight, bias, steps, before, extra, group, wide)
    found = _CONV_TRANSPOSE[count](x, weight, bias, steps, 0, 0, group, wide)
    if any(extra):
        grown = _around(found, [0] * count, extra)
        if bias is not None:  # what is added at the end holds the bias and nothing else
            ones = _around(torch.ones_like(found), [0] * count, extra)
            grown = torch.where(ones > 0, grown, bias.reshape(1, -1, *[1] * count))
        found = grown
    return _around(found, [-n for n in before], [-n for n in after])


@operator("DeformConv")
def deform_conv(
    x: Tensor,
    weight: Tensor,
    offset: Tensor,
    bias: Tensor | None = None,
    mask: Tensor | None = None,
    *,
    kernel_shape: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    group: int = 1,
    offset_group: int = 1,
) -> Tensor:
    """Filters over a picture that look a little beside, as another tensor says. Source: Dai et al. 2017."""
    n, channels, height, width = x.shape
    rows, columns = weight.shape[2:]
    step, wide = list(strides or [1, 1]), list(dilations or [1, 1])
    edge = list(pads or [0, 0, 0, 0])
    out_h, out_w = offset.shape[2:]
    moved = offset.reshape(n, offset_group, rows * columns, 2, out_h, out_w)
    ky = torch.arange(rows, device=x.device).repeat_interleave(columns) * wide[0]
    kx = torch.arange(columns, device=x.device).repeat(rows) * wide[1]
    base_y = (torch.arange(out_h, device=x.device) * step[0] - edge[0])[None, :, None] + ky[:, None, None]
    base_x = (torch.arange(out_w, device=x.device) * step[1] - edge[1])[None, None, :] + kx[:, None, None]
    y = base_y + moved[:, :, :, 0]
    across = base_x + moved[:, :, :, 1]
    grid = torch.stack([(2 * across + 1) / width - 1, (2 * y + 1) / height - 1], -1)
    grid = grid.reshape(n * offset_group, rows * columns * out_h, out_w, 2)
    seen = F.grid_sample(
        x.reshape(n * offset_group, channels // offset_group, height, width), grid, align_corners=False
    ).reshape(n, offset_group, channels // offset_group, rows * columns, out_h, out_w)
    if mask is not None:
        seen = seen * mask.reshape(n, offset_group, 1, rows * columns, out_h, out_w)
    seen = seen.reshape(n, group, channels // group * rows * columns, out_h * out_w)
    kernel = weight.reshape(group, weight.shape[0] // group, -1)
    found = torch.einsum("goc,ngcp->ngop", kernel, seen).reshape(n, weight.shape[0], out_h, out_w)
    return found if bias is None else found + bias.reshape(1, -1, 1, 1)


def _cut(
    x: Tensor,
    kernel: Sequence[int],
    strides: Sequence[int] | None,
    pads: Sequence[int] | None,
    dilations: Sequence[int] | None,
    auto_pad: str,
    ceil_mode: int,
) -> tuple[list[int], list[int], list[int], list[int], list[int]]:
    """Strides, dilations, borders before and after, and how many windows there are, axis by axis."""
    count = len(kernel)
    steps, wide = list(strides or [1] * count), list(dilations or [1] * count)
    before, after = borders(x.shape[2:], kernel, steps, wide, pads, auto_pad)
    windows = []
    for size, side, step, dilation, low, high in zip(x.shape[2:], kernel, steps, wide, before, after, strict=True):
        room = size + low + high - ((side - 1) * dilation + 1)
        number = (math.ceil if ceil_mode else math.floor)(room / step) + 1
        if ceil_mode and (number - 1) * step >= size + low:
            number -= 1  # a window may not begin behind the end
        windows.append(number)
    bounded([*x.shape[:2], *windows])
    return steps, wide, before, after, windows


def _windows(
    x: Tensor,
    kernel: Sequence[int],
    steps: list[int],
    wide: list[int],
    before: list[int],
    windows: list[int],
    fill: Any,
) -> Tensor:
    """(N, C, windows..., kernel...), what lies outside as `fill`."""
    reach = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(windows, steps, kernel, wide, strict=True)]
    more = [r - n - b for r, n, b in zip(reach, x.shape[2:], before, strict=True)]
    x = _around(x, before, more, fill)
    for axis, (side, step, dilation) in enumerate(zip(kernel, steps, wide, strict=True)):
        x = x.unfold(2 + axis, (side - 1) * dilation + 1, step)[..., ::dilation]
    return x


@operator("MaxPool")
def max_pool(
    x: Tensor,
    *,
    kernel_shape: Sequence[int],
    strides: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    storage_order: int = 0,
    outputs: int = 1,
) -> Any:
    """The largest value of each window, and where in the tensor it stood."""
    kernel = list(kernel_shape)
    steps, wide, before, after, windows = _cut(x, kernel, strides, pads, dilations, auto_pad, ceil_mode)
    count = len(kernel)
    usual = before == after and all(2 * b <= k for b, k in zip(before, kernel, strict=True))
    if outputs == 1 and x.is_floating_point() and usual and not ceil_mode and count <= 3:
        pool: Any = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[count - 1]
        return pool(x, kernel, steps, before, wide)
    low: Any = float("-inf") if x.is_floating_point() else torch.iinfo(x.dtype).min
    cut = _windows(x, kernel, steps, wide, before, windows, low).flatten(2 + count)
    values, places = cut.max(-1)
    if outputs == 1:
        return values
    inner = torch.stack(torch.unravel_index(places, tuple(kernel)), 0)
    flat = torch.zeros_like(places)
    sizes = list(x.shape[2:])
    strides_of = [math.prod(sizes[i + 1 :]) for i in range(count)]
    if storage_order:
        strides_of = [math.prod(sizes[:i]) for i in range(count)]
    for axis in range(count):
        begin = torch.arange(windows[axis], device=x.device) * steps[axis] - before[axis]
        begin = begin.reshape([-1 if i == axis else 1 for i in range(count)])
        flat = flat + (begin + inner[axis] * wide[axis]) * strides_of[axis]
    planes = torch.arange(x.shape[0] * x.shape[1], device=x.device).reshape(*x.shape[:2], *[1] * count)
    return values, flat + planes * math.prod(sizes)


@operator("AveragePool")
def average_pool(
    x: Tensor,
    *,
    kernel_shape: Sequence[int],
    strides: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    count_include_pad: int = 0,
) -> Tensor:
    """The mean of each window."""
    kernel = list(kernel_shape)
    steps, wide, before, after, windows = _cut(x, kernel, strides, pads, dilations, auto_pad, ceil_mode)
    count = len(kernel)
    usual = before == after and all(2 * b <= k for b, k in zip(before, kernel, strict=True))
    if usual and not ceil_mode and count <= 3 and all(d == 1 for d in wide):
        pool: Callable[..., Tensor] = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[count - 1]
        return pool(x, kernel, steps, before, False, bool(count_include_pad))
    ones = torch.ones((1, 1, *x.shape[2:]), dtype=x.dtype, device=x.device)
    if count_include_pad:
        ones = _around(ones, before, after, 1.0)
        valid = _windows(ones, kernel, steps, wide, [0] * count, windows, 0.0)
    else:
        valid = _windows(ones, kernel, steps, wide, before, windows, 0.0)
    cut = _windows(x, kernel, steps, wide, before, windows, 0.0)
    return cut.flatten(2 + count).sum(-1) / valid.flatten(2 + count).sum(-1)


@operator("LpPool")
def lp_pool(
    x: Tensor,
    *,
    kernel_shape: Sequence[int],
    strides: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    p: float = 2,
) -> Tensor:
    """The length of each window as a vector."""
    kernel = list(kernel_shape)
    steps, wide, before, _, windows = _cut(x, kernel, strides, pads, dilations, auto_pad, ceil_mode)
    cut = _windows(x, kernel, steps, wide, before, windows, 0.0).flatten(2 + len(kernel))
    return cut.abs().pow(p).sum(-1).pow(1 / p)


def _all_places(x: Tensor) -> list[int]:
    return list(range(2, x.dim()))


@operator("GlobalAveragePool")
def global_average_pool(x: Tensor) -> Tensor:
    """The mean of each channel."""
    return x.mean(_all_places(x), keepdim=True)


@operator("GlobalMaxPool")
def global_max_pool(x: Tensor) -> Tensor:
    """The largest value of each channel."""
    return x.amax(_all_places(x), keepdim=True)


@operator("GlobalLpPool")
def global_lp_pool(x: Tensor, *, p: float = 2) -> Tensor:
    """The length of each channel as a vector."""
    return x.abs().pow(p).sum(_all_places(x), keepdim=True).pow(1 / p)


@operator("MaxUnpool", host=(2,))
def max_unpool(
    x: Tensor,
    places: Tensor,
    output_shape: Any = None,
    *,
    kernel_shape: Sequence[int],
    strides: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
) -> Tensor:
    """Values back where a pooling found them, zeros elsewhere."""
    count = len(kernel_shape)
    steps = list(strides or [1] * count)
    edge = list(pads or [0] * 2 * count)
    made = [
        (n - 1) * s + k - edge[i] - edge[i + count]
        for i, (n, s, k) in enumerate(zip(x.shape[2:], steps, kernel_shape, strict=True))
    ]
    sizes = ints(output_shape) if output_shape is not None else [*x.shape[:2], *made]
    flat = torch.zeros(math.prod(bounded([*x.shape[:2], *made])), dtype=x.dtype, device=x.device)
    if output_shape is not None and sizes[2:] != made:
        inner = [torch.zeros(sizes, dtype=x.dtype, device=x.device)]
        plane = math.prod(made)
        at = places % plane
        spots = torch.unravel_index(at, tuple(made))
        n = torch.arange(x.shape[0]).reshape(-1, 1, *[1] * count).expand_as(places)
        c = torch.arange(x.shape[1]).reshape(1, -1, *[1] * count).expand_as(places)
        return inner[0].index_put((n, c, *spots), x)
    return flat.scatter(0, places.reshape(-1), x.reshape(-1)).reshape(sizes)


@operator("Col2Im", host=(1, 2))
def col2im(
    x: Tensor,
    image_shape: Any,
    block_shape: Any,
    *,
    dilations: Sequence[int] | None = None,
    pads: Sequence[int] | None = None,
    strides: Sequence[int] | None = None,
) -> Tensor:
    """Windows laid back into a picture, added up where they overlap."""
    sizes, kernel = bounded(ints(image_shape)), ints(block_shape)
    count = len(sizes)
    steps, wide = list(strides or [1] * count), list(dilations or [1] * count)
    edge = list(pads or [0] * 2 * count)
    channels = x.shape[1] // math.prod(kernel)
    full = [n + edge[i] + edge[i + count] for i, n in enumerate(sizes)]
    windows = [(n - (k - 1) * d - 1) // s + 1 for n, k, d, s in zip(full, kernel, wide, steps, strict=True)]
    cut = x.reshape(x.shape[0], channels, *kernel, *windows)
    found = torch.zeros((x.shape[0], channels, *full), dtype=x.dtype, device=x.device)
    for place in itertools.product(*(range(k) for k in kernel)):
        spots: Any = tuple(
            slice(p * d, p * d + (n - 1) * s + 1, s) for p, d, n, s in zip(place, wide, windows, steps, strict=True)
        )
        piece: Any = (slice(None), slice(None), *place)
        found[(slice(None), slice(None), *spots)] += cut[piece]
    inner: Any = tuple(slice(edge[i], edge[i] + n) for i, n in enumerate(sizes))
    return found[(slice(None), slice(None), *inner)]


@operator("MaxRoiPool")
def max_roi_pool(x: Tensor, rois: Tensor, *, pooled_shape: Sequence[int], spatial_scale: float = 1.0) -> Tensor:
    """The largest values of the cells of regions. Source: Girshick 2015."""
    found = []
    for roi in rois.tolist():
        left, top, right, bottom = (round(v * spatial_scale) for v in roi[1:])
        height, width = max(bottom - top + 1, 1), max(right - left + 1, 1)
        cells = []
        for i, j in itertools.product(range(pooled_shape[0]), range(pooled_shape[1])):
            y0, y1 = (math.floor(i * height / pooled_shape[0]), math.ceil((i + 1) * height / pooled_shape[0]))
            x0, x1 = (math.floor(j * width / pooled_shape[1]), math.ceil((j + 1) * width / pooled_shape[1]))
            part = x[int(roi[0]), :, max(top + y0, 0) : max(top + y1, 0), max(left + x0, 0) : max(left + x1, 0)]
            cells.append(part.flatten(1).amax(1) if part.numel() else x.new_zeros(x.shape[1]))
        found.append(torch.stack(cells, 1).reshape(x.shape[1], *pooled_shape))
    return torch.stack(found) if found else x.new_zeros((0, x.shape[1], *pooled_shape))


@operator("CausalConvWithState")
def causal_conv(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    state: Tensor | None = None,
    *,
    activation: str = "none",
    outputs: int = 1,
) -> tuple[Tensor, ...]:
    """A convolution along time that sees the past alone, a filter a channel, and the past it leaves behind."""
    reach = weight.shape[-1] - 1
    before = state if state is not None else x.new_zeros(x.shape[0], x.shape[1], reach)
    long = torch.cat([before, x], -1)
    found = F.conv1d(long, weight, bias, groups=x.shape[1])
    if activation in ("silu", "swish"):
        found = F.silu(found)
    return (found, long[..., long.shape[-1] - reach :])[:outputs]
