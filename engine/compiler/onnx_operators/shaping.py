"""Operators that move values about: shapes, axes, pieces, places, and the making of tensors."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators import dtypes
from engine.compiler.onnx_operators.table import ints, number, operator, widened

_MOST = 1 << 31
"""A tensor of more values than this is not made from what a file says alone."""


def bounded(shape: Sequence[int]) -> list[int]:
    """A shape that is not absurdly large."""
    if math.prod(shape) > _MOST or any(size < 0 for size in shape):
        raise ValueError(f"a tensor of shape {list(shape)} would be too large")
    return list(shape)


def shape_of(x: Any) -> list[int]:
    """Shape of a tensor or an array."""
    return list(x.shape)


@operator("Shape")
def shape(x: Any, *, start: int = 0, end: int | None = None) -> Tensor:
    """The shape of a tensor."""
    return torch.tensor(shape_of(x)[start:end], dtype=torch.int64)


@operator("Size")
def size(x: Any) -> Tensor:
    """How many values a tensor has."""
    return torch.tensor(math.prod(shape_of(x)), dtype=torch.int64)


@operator("Reshape", host=(1,))
def reshape(x: Any, target: Any, *, allowzero: int = 0) -> Any:
    """Another shape, values in the same order; 0 keeps a size unless `allowzero` says it is one."""
    sizes = ints(target)
    if not allowzero:
        sizes = [x.shape[i] if size == 0 else size for i, size in enumerate(sizes)]
    return x.reshape(sizes)


@operator("Flatten")
def flatten(x: Any, *, axis: int = 1) -> Any:
    """Two axes: what is before `axis`, and what is from there on."""
    sizes = shape_of(x)
    axis = axis + len(sizes) if axis < 0 else axis
    return x.reshape(math.prod(sizes[:axis]), math.prod(sizes[axis:]))


@operator("Squeeze", host=(1,))
def squeeze(x: Any, axes: Any = None) -> Any:
    """Without axes of size 1."""
    sizes = shape_of(x)
    gone = (
        {axis % len(sizes) for axis in ints(axes)} if axes is not None else {i for i, n in enumerate(sizes) if n == 1}
    )
    if any(sizes[axis] != 1 for axis in gone):
        raise ValueError(f"only an axis of size 1 can be taken out of {sizes}")
    return x.reshape([size for i, size in enumerate(sizes) if i not in gone])


@operator("Unsqueeze", host=(1,))
def unsqueeze(x: Any, axes: Any) -> Any:
    """With axes of size 1 put in."""
    places = ints(axes)
    rank = len(x.shape) + len(places)
    found = {place % rank for place in places}
    rest = iter(shape_of(x))
    return x.reshape([1 if i in found else next(rest) for i in range(rank)])


@operator("Transpose")
def transpose(x: Any, *, perm: Sequence[int] | None = None) -> Any:
    """Axes in another order, turned around where none is given."""
    order = list(perm) if perm is not None else list(range(len(x.shape)))[::-1]
    return x.permute(order) if isinstance(x, Tensor) else x.transpose(order)


@operator("Concat")
def concat(*inputs: Any, axis: int = 1) -> Any:
    """Tensors one after the other."""
    if not isinstance(inputs[0], Tensor):
        return np.concatenate(inputs, axis)
    kind = inputs[0].dtype
    if kind in dtypes.EIGHT:
        return torch.cat([item.view(torch.uint8) for item in inputs], axis).view(kind)
    return torch.cat(inputs, axis)


@operator("Split", host=(1,))
def split(
    x: Tensor, sizes: Any = None, *, axis: int = 0, num_outputs: int | None = None, outputs: int = 1
) -> tuple[Tensor, ...]:
    """Pieces along an axis."""
    if sizes is None:
        count = num_outputs or outputs
        piece = -(-x.shape[axis] // count)
        parts = [piece] * (count - 1) + [x.shape[axis] - piece * (count - 1)]
    else:
        parts = ints(sizes)
    return torch.split(x, parts, axis)


@operator("Slice", host=(1, 2, 3, 4))
def slice_(x: Any, starts: Any, ends: Any, axes: Any = None, steps: Any = None) -> Any:
    """Stretches of axes; a step below 0 goes backwards."""
    begin, stop = ints(starts), ints(ends)
    places = ints(axes) if axes is not None else list(range(len(begin)))
    by = ints(steps) if steps is not None else [1] * len(begin)
    for first, last, axis, step in zip(begin, stop, places, by, strict=True):
        count = x.shape[axis]
        chosen = range(count)[slice(first if first >= -count or step > 0 else None, last, step)] if step > 0 else None
        if chosen is None:
            first = min(first + count if first < 0 else first, count - 1)
            last = max(last + count if last < 0 else last, -1)
            chosen = range(first, last, step) if first >= 0 else range(0)
        if isinstance(x, Tensor):
            if step == 1:
                x = x.narrow(axis, chosen.start if len(chosen) else 0, len(chosen))
            else:
                x = x.index_select(axis, torch.tensor(list(chosen), dtype=torch.int64, device=x.device))
        else:
            x = np.take(x, list(chosen), axis)
    return x


@operator("Expand", host=(1,))
def expand(x: Any, target: Any) -> Any:
    """Axes of size 1 repeated, as two tensors are brought together."""
    shape = bounded(list(np.broadcast_shapes(tuple(x.shape), tuple(ints(target)))))
    return x.expand(shape) if isinstance(x, Tensor) else np.broadcast_to(x, shape)


@operator("Tile", host=(1,))
def tile(x: Tensor, repeats: Any) -> Tensor:
    """Copies side by side."""
    times = ints(repeats)
    bounded([a * b for a, b in zip(x.shape, times, strict=True)])
    return x.repeat(times) if times else x


@operator("Pad", host=(1, 2, 3))
def pad(x: Tensor, pads: Any, value: Any = None, axes: Any = None, *, mode: str = "constant") -> Tensor:
    """A border around; below 0 it is cut away."""
    given = ints(pads)
    rank = x.dim()
    places = [axis % rank for axis in ints(axes)] if axes is not None else list(range(rank))
    before, after = [0] * rank, [0] * rank
    for i, axis in enumerate(places):
        before[axis], after[axis] = given[i], given[i + len(places)]
    for axis in range(rank):
        low, high = max(-before[axis], 0), max(-after[axis], 0)
        if low or high:
            x = x.narrow(axis, low, x.shape[axis] - low - high)
    before, after = [max(n, 0) for n in before], [max(n, 0) for n in after]
    bounded([n + a + b for n, a, b in zip(x.shape, before, after, strict=True)])
    if mode == "constant":
        border = [n for axis in reversed(range(rank)) for n in (before[axis], after[axis])]
        fill = number(value) if value is not None else 0
        return F.pad(x, border, value=bool(fill) if x.dtype is torch.bool else fill)
    for axis in range(rank):
        if before[axis] or after[axis]:
            count = x.shape[axis]
            at = torch.arange(-before[axis], count + after[axis], device=x.device)
            if mode == "edge":
                at = at.clamp(0, count - 1)
            elif mode == "wrap":
                at = at % count
            else:
                period = max(2 * (count - 1), 1)
                at = at % period
                at = torch.where(at >= count, period - at, at)
            x = x.index_select(axis, at)
    return x


@operator("Gather")
def gather(x: Any, places: Tensor, *, axis: int = 0) -> Any:
    """Entries of an axis at places; below 0 they count from the end."""
    if not isinstance(x, Tensor):
        return np.take(x, places.numpy() if isinstance(places, Tensor) else places, axis)
    count = x.shape[axis]
    at = places.long()
    at = torch.where(at < 0, at + count, at)
    found = x.index_select(axis, at.reshape(-1))
    axis %= x.dim()
    return found.reshape([*x.shape[:axis], *places.shape, *x.shape[axis + 1 :]])


def _at(x: Tensor, places: Tensor, axis: int) -> Tensor:
    at = places.long()
    return torch.where(at < 0, at + x.shape[axis], at)


@operator("GatherElements")
def gather_elements(x: Tensor, places: Tensor, *, axis: int = 0) -> Tensor:
    """For each place a value of that axis."""
    return torch.gather(x, axis, _at(x, places, axis))


@operator("GatherND")
def gather_nd(x: Tensor, places: Tensor, *, batch_dims: int = 0) -> Tensor:
    """Entries that several axes name together."""
    depth = places.shape[-1]
    lead = x.shape[:batch_dims]
    rows = math.prod(lead)
    inner = x.reshape(rows, *x.shape[batch_dims:])
    at = places.reshape(rows, -1, depth).long()
    sizes = torch.tensor(inner.shape[1 : 1 + depth], device=x.device)
    at = torch.where(at < 0, at + sizes, at)
    row = torch.arange(rows, device=x.device)[:, None].expand(rows, at.shape[1])
    found = inner[(row, *at.unbind(-1))]
    return found.reshape([*lead, *places.shape[batch_dims:-1], *x.shape[batch_dims + depth :]])


_REDUCED = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


@operator("ScatterElements", "Scatter")
def scatter_elements(x: Tensor, places: Tensor, new: Tensor, *, axis: int = 0, reduction: str = "none") -> Tensor:
    """A copy in which values at places are replaced, or have others added to them and so on."""
    at = _at(x, places, axis)
    if reduction == "none":
        return x.scatter(axis, at, new)
    return x.scatter_reduce(axis, at, new, _REDUCED[reduction], include_self=True)


@operator("ScatterND")
def scatter_nd(x: Tensor, places: Tensor, new: Tensor, *, reduction: str = "none") -> Tensor:
    """A copy in which entries that several axes name together are replaced, or have others added and so on."""
    depth = places.shape[-1]
    sizes = list(x.shape[:depth])
    at = places.reshape(-1, depth).long()
    at = torch.where(at < 0, at + torch.tensor(sizes, device=x.device), at)
    strides = torch.tensor([math.prod(sizes[i + 1 :]) for i in range(depth)], device=x.device)
    rows = (at * strides).sum(-1)
    flat = x.reshape(math.prod(sizes), -1)
    given = new.reshape(rows.shape[0], -1)
    at_all = rows[:, None].expand(-1, flat.shape[1])
    if reduction == "none":
        return flat.scatter(0, at_all, given).reshape(x.shape)
    return flat.scatter_reduce(0, at_all, given, _REDUCED[reduction], include_self=True).reshape(x.shape)


@operator("TensorScatter")
def tensor_scatter(
    past: Tensor, new: Tensor, places: Tensor | None = None, *, axis: int = -2, mode: str = "linear"
) -> Tensor:
    """A copy of a store in which each sample has a stretch replaced, around its end when `mode` is circular."""
    axis %= past.dim()
    count, length = past.shape[axis], new.shape[axis]
    begin = places.long() if places is not None else torch.zeros(past.shape[0], dtype=torch.long, device=past.device)
    at = begin[:, None] + torch.arange(length, device=past.device)
    at = at % count if mode == "circular" else at
    shape = [1] * past.dim()
    shape[0], shape[axis] = past.shape[0], length
    return past.scatter(axis, at.reshape(shape).expand(new.shape), new)


@operator("Compress")
def compress(x: Tensor, condition: Tensor, *, axis: int | None = None) -> Tensor:
    """The entries for which the condition holds."""
    if axis is None:
        x, axis = x.reshape(-1), 0
    keep = condition.nonzero().reshape(-1)
    return x.index_select(axis, keep)


@operator("OneHot", host=(1,))
def one_hot(places: Tensor, depth: Any, values: Tensor, *, axis: int = -1) -> Tensor:
    """A new axis that says on where the place is, off elsewhere."""
    count = int(number(depth))
    bounded([*places.shape, count])
    at = places.long()
    at = torch.where(at < 0, at + count, at)
    hot = (at.unsqueeze(-1) == torch.arange(count, device=at.device)).movedim(-1, axis)
    return torch.where(hot, values[1], values[0])


@operator("Range")
def range_(start: Any, limit: Any, delta: Any) -> Tensor:
    """Numbers from start up to before limit."""
    kind = start.dtype if isinstance(start, Tensor) else None
    first, last, step = (number(item) for item in (start, limit, delta))
    bounded([max(0, math.ceil((last - first) / step))])
    if kind is not None and kind.is_floating_point:
        count = max(0, math.ceil((last - first) / step))
        made: Tensor = first + torch.arange(count, dtype=torch.float64) * step
        return made.to(kind)
    found: Tensor = torch.arange(first, last, step, dtype=kind)
    return found


@operator("Constant")
def constant(*, value: Any) -> Any:
    """A tensor as the file holds it."""
    return dtypes.as_tensor(value)


@operator("ConstantOfShape", host=(0,))
def constant_of_shape(target: Any, *, value: Any = None) -> Any:
    """One number everywhere."""
    sizes = bounded(ints(target))
    if value is None:
        return torch.zeros(sizes)
    one = dtypes.as_tensor(value).reshape(-1)
    return one.expand(math.prod(sizes)).reshape(sizes).clone() if sizes else one.reshape(())


@operator("EyeLike")
def eye_like(x: Tensor, *, dtype: int | None = None, k: int = 0) -> Tensor:
    """Ones on a diagonal."""
    rows, columns = x.shape
    kind = dtypes.TORCH[dtype] if dtype is not None else x.dtype
    found = torch.arange(columns)[None] == torch.arange(rows)[:, None] + k
    return found.to(kind).to(x.device)


@operator("Trilu", host=(1,))
def trilu(x: Tensor, k: Any = None, *, upper: int = 1) -> Tensor:
    """The upper or the lower half of matrices."""
    diagonal = int(number(k)) if k is not None else 0
    rows, columns = x.shape[-2:]
    offset = torch.arange(columns, device=x.device)[None] - torch.arange(rows, device=x.device)[:, None]
    keep = offset >= diagonal if upper else offset <= diagonal
    return torch.where(keep, x, torch.zeros_like(x))


@operator("NonZero")
def non_zero(x: Tensor) -> Tensor:
    """Where values are not 0, a column each."""
    return x.nonzero().t() if x.dim() else torch.zeros(0, int(bool(x)), dtype=torch.int64)


@operator("DepthToSpace")
def depth_to_space(x: Tensor, *, blocksize: int, mode: str = "DCR") -> Tensor:
    """Channels laid side by side."""
    n, c, h, w = x.shape
    b, kept = blocksize, c // blocksize**2
    if mode == "DCR":
        return x.reshape(n, b, b, kept, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, kept, h * b, w * b)
    return x.reshape(n, kept, b, b, h, w).permute(0, 1, 4, 2, 5, 3).reshape(n, kept, h * b, w * b)


@operator("SpaceToDepth")
def space_to_depth(x: Tensor, *, blocksize: int, mode: str = "DCR") -> Tensor:
    """Pixels laid behind each other."""
    n, c, h, w = x.shape
    b = blocksize
    cut = x.reshape(n, c, h // b, b, w // b, b)
    order = (0, 3, 5, 1, 2, 4) if mode == "DCR" else (0, 1, 3, 5, 2, 4)
    return cut.permute(order).reshape(n, c * b * b, h // b, w // b)


@operator("ReverseSequence")
def reverse_sequence(x: Tensor, lengths: Tensor, *, batch_axis: int = 1, time_axis: int = 0) -> Tensor:
    """Each sequence turned around up to its length."""
    moved = x.movedim((batch_axis, time_axis), (0, 1))
    steps = torch.arange(moved.shape[1], device=x.device)[None]
    ends = lengths.reshape(-1, 1).to(x.device)
    at = torch.where(steps < ends, ends - 1 - steps, steps)
    rows = torch.arange(moved.shape[0], device=x.device)[:, None]
    return moved[rows, at].movedim((0, 1), (batch_axis, time_axis))


@operator("CenterCropPad", host=(1,))
def center_crop_pad(x: Tensor, target: Any, *, axes: Sequence[int] | None = None) -> Tensor:
    """The middle of axes, or a border of zeros where they are too short."""
    for axis, wanted in zip(axes if axes is not None else range(x.dim()), ints(target), strict=True):
        have = x.shape[axis]
        if have > wanted:
            x = x.narrow(axis, (have - wanted) // 2, wanted)
        elif have < wanted:
            before = (wanted - have) // 2
            sizes = list(x.shape)
            sizes[axis] = before
            after = list(x.shape)
            after[axis] = wanted - have - before
            bounded(sizes)
            x = torch.cat([x.new_zeros(sizes), x, x.new_zeros(after)], axis)
    return x


@operator("Unique")
def unique(x: Any, *, axis: int | None = None, sorted: int = 1) -> tuple[Any, ...]:
    """The different values, where each was first, which each became, and how often it came."""
    array = dtypes.as_array(x)
    values, first, inverse, counts = np.unique(
        array, return_index=True, return_inverse=True, return_counts=True, axis=axis
    )
    inverse = inverse.reshape(-1)
    if not sorted:
        order = np.argsort(first, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        values = values[order] if axis is None else np.take(values, order, axis)
        first, counts, inverse = first[order], counts[order], rank[inverse]
    found = (values, first.astype(np.int64), inverse.astype(np.int64), counts.astype(np.int64))
    return tuple(dtypes.as_tensor(item) for item in found)


@operator("TopK", host=(1,))
@widened
def top_k(x: Tensor, k: Any, *, axis: int = -1, largest: int = 1, sorted: int = 1) -> tuple[Tensor, ...]:
    """The largest or smallest values of an axis, and where they stood; of equal ones the first."""
    values, places = torch.sort(x, dim=axis, descending=bool(largest), stable=True)
    count = ints(k)[0]
    return values.narrow(axis, 0, count), places.narrow(axis, 0, count)


def cast_to(x: Any, kind: int, *, saturate: bool = True) -> Any:
    """Values in another type, as ONNX says: towards 0, texts as numbers, too large ones cut or made infinite."""
    if kind == dtypes.STRING:
        array = dtypes.as_array(x)
        texts = [_text(item) for item in np.asarray(array).ravel()]
        return np.array(texts, dtype=object).reshape(array.shape)
    if not isinstance(x, Tensor):
        array = np.asarray(x)
        if array.dtype.kind in "OUS":
            wanted = dtypes.TORCH[kind]
            parse: Any = float if wanted.is_floating_point else int
            numbers = [parse(item) for item in array.ravel()]
            base = torch.float64 if wanted.is_floating_point else torch.int64
            return cast_to(torch.tensor(numbers, dtype=base).reshape(array.shape), kind)
        x = torch.from_numpy(array.astype(np.float32))
    if kind not in dtypes.TORCH:
        return _small(x, kind)
    wanted = dtypes.TORCH[kind]
    if wanted in dtypes.EIGHT:
        if wanted is torch.float8_e8m0fnu:
            raise ValueError("numbers of eight bits without a mantissa are not written")
        import ml_dtypes

        name = str(wanted).removeprefix("torch.")
        small = getattr(ml_dtypes, name)
        numbers = x.float()
        bounds: Any = ml_dtypes.finfo  # it has no types
        largest = float(bounds(small).max)
        found = dtypes.as_tensor(numbers.detach().cpu().numpy().astype(small))
        if saturate:
            wide = numbers.detach().cpu().numpy()
            cut = np.where(np.isnan(wide), wide, np.clip(wide, -largest, largest)).astype(small)
            if "fnuz" in name:
                cut = np.where(np.isinf(wide), np.where(wide > 0, largest, -largest).astype(small), cut)
            found = dtypes.as_tensor(cut)
        return found
    if x.dtype in dtypes.EIGHT:
        x = x.float()
    if wanted in dtypes.WIDE and x.is_floating_point():
        return x.to(torch.int64).to(wanted)
    return x.to(wanted)


def _small(x: Tensor, kind: int) -> Any:
    """Types of less than eight bits live in NumPy."""
    import ml_dtypes

    names = {
        dtypes.UINT4: ("uint4", 0, 15),
        dtypes.INT4: ("int4", -8, 7),
        dtypes.UINT2: ("uint2", 0, 3),
        dtypes.INT2: ("int2", -2, 1),
        dtypes.FLOAT4E2M1: ("float4_e2m1fn", -6, 6),
    }
    name, low, high = names[kind]
    numbers = dtypes.as_array(x.float() if x.dtype in dtypes.EIGHT or x.dtype is torch.bfloat16 else x)
    if name.startswith("float"):
        return numbers.astype(np.float32).clip(low, high).astype(getattr(ml_dtypes, name))
    if numbers.dtype.kind == "f":
        numbers = np.trunc(numbers).clip(-(2**31), 2**31).astype(np.int64)
    wrapped = (numbers.astype(np.int64) - low) % (high - low + 1) + low
    return wrapped.astype(getattr(ml_dtypes, name))


def _text(item: Any) -> str:
    if isinstance(item, bytes):
        return item.decode()
    if isinstance(item, float | np.floating):
        wide = float(item)
        if math.isnan(wide):
            return "NaN"
        if math.isinf(wide):
            return "INF" if wide > 0 else "-INF"
        return np.format_float_positional(item, trim="-", unique=True)
    return str(item)


@operator("Cast")
def cast(x: Any, *, to: int, saturate: int = 1, round_mode: str = "up") -> Any:
    """Values in another type."""
    return cast_to(x, to, saturate=bool(saturate))


@operator("CastLike")
def cast_like(x: Any, like: Any, *, saturate: int = 1, round_mode: str = "up") -> Any:
    """Values in the type of another tensor."""
    return cast_to(x, kind_of(like), saturate=bool(saturate))


def kind_of(x: Any) -> int:
    """ONNX's number for the type of a value."""
    if isinstance(x, Tensor):
        return dtypes.NUMBERS[x.dtype]
    array = np.asarray(x)
    if array.dtype.kind in "OUS":
        return dtypes.STRING
    return {
        "uint4": dtypes.UINT4,
        "int4": dtypes.INT4,
        "uint2": dtypes.UINT2,
        "int2": dtypes.INT2,
        "float4_e2m1fn": dtypes.FLOAT4E2M1,
    }[array.dtype.name]
