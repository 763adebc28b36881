"""Layers that cut apart, pick, repeat and fit tensors to each other; free lengths are read at run time."""

from typing import Any

import numpy as np
from onnx import TensorProto

from engine.catalog.tensors import DType
from engine.deployment.rules.comparison import cast, steps
from engine.deployment.rules.reduction import axis_of
from engine.deployment.rules.site import Site, Written, rule

_END = 2**62


def length(site: Site, x: str, axis: int) -> str:
    """The size of an axis as a tensor of one number."""
    return site.slice(site.add("Shape", x), 0, axis, axis + 1)


def like_batch(site: Site, value: str, *sizes: int) -> str:
    """A value repeated to (N, *sizes)."""
    return site.add("Expand", value, site.add("Concat", length(site, site.x, 0), site.ints(*sizes), axis=0))


@rule("split")
def split(site: Site) -> Written:
    """Split, with what is left worked out at run time where it is not known."""
    axis = axis_of(site)
    sizes: tuple[int, ...] = site.layer.sizes  # type: ignore[attr-defined]
    rest = -1 in sizes
    given = [site.ints(size) for size in sizes if size != -1]
    if rest:
        total = length(site, site.x, axis)
        left = site.add("Sub", total, site.ints(sum(size for size in sizes if size != -1)))
        given.insert(sizes.index(-1), left)
    values: tuple[str, ...] = site.writer.add(
        "Split", [site.x, site.add("Concat", *given, axis=0)], outputs=len(sizes), axis=axis
    )
    return values


@rule("chunk")
def chunk(site: Site) -> Written:
    """Split into equal sizes."""
    axis, count = axis_of(site), site.layer.chunks  # type: ignore[attr-defined]
    return site.split(site.x, axis, [(site.shape[axis] or 0) // count] * count)


@rule("flip")
def flip(site: Site) -> Written:
    """Slice with a step of -1."""
    return site.slice(site.x, axis_of(site), -1, -(2**62), -1)


@rule("roll")
def roll(site: Site) -> Written:
    """The end in front of the beginning; the place of the cut is taken round the length."""
    dim, shifts = site.layer.dims, site.layer.shifts  # type: ignore[attr-defined]
    axis = dim + len(site.shape) if dim < 0 else dim
    total = length(site, site.x, axis)
    cut = site.add("Mod", site.ints(-shifts), total)
    where = site.ints(axis)
    tail = site.add("Slice", site.x, cut, site.ints(_END), where)
    head = site.add("Slice", site.x, site.ints(0), cut, where)
    return site.add("Concat", tail, head, axis=axis)


@rule("transpose")
def transpose(site: Site) -> Written:
    """Transpose of two axes."""
    rank = len(site.shape)
    a, b = site.layer.dim0 % rank, site.layer.dim1 % rank  # type: ignore[attr-defined]
    order = list(range(rank))
    order[a], order[b] = b, a
    return site.transpose(site.x, *order)


@rule("tile")
def tile(site: Site) -> Written:
    """Concat of the tensor with itself."""
    return site.add("Concat", *[site.x] * site.layer.times, axis=axis_of(site))  # type: ignore[attr-defined]


@rule("repeat_interleave")
def repeat_interleave(site: Site) -> Written:
    """Gather of the places 0, 0, 1, 1, ..."""
    axis, times = axis_of(site), site.writer.constant(np.int64(site.layer.repeats))  # type: ignore[attr-defined]
    places = steps(site, site.add("Mul", site.size(site.x, axis), times))
    return site.add("Gather", site.x, site.add("Div", places, times), axis=axis)


@rule("expand_as")
def expand_as(site: Site) -> Written:
    """Expand."""
    x, like = site.inputs
    return site.add("Expand", x, site.add("Shape", like))


@rule("reshape_as")
def reshape_as(site: Site) -> Written:
    """Reshape."""
    x, like = site.inputs
    return site.add("Reshape", x, site.add("Shape", like))


@rule("crop_like")
def crop_like(site: Site) -> Written:
    """Slice from half of the difference."""
    x, like = site.inputs
    wanted = site.slice(site.add("Shape", like), 0, 2, _END)
    there = site.slice(site.add("Shape", x), 0, 2, _END)
    start = site.add("Div", site.add("Sub", there, wanted), site.ints(2))
    axes = site.ints(*range(2, len(site.shape)))
    return site.add("Slice", x, start, site.add("Add", start, wanted), axes)


@rule("pad_axis")
def pad_axis(site: Site) -> Written:
    """Pad."""
    layer, axis, rank = site.layer, axis_of(site), len(site.shape)
    before = [layer.before if place == axis else 0 for place in range(rank)]  # type: ignore[attr-defined]
    after = [layer.after if place == axis else 0 for place in range(rank)]  # type: ignore[attr-defined]
    return site.pad(site.x, before, after, value=layer.value)  # type: ignore[attr-defined]


def resized(site: Site, x: str, sizes: str, mode: str) -> str:
    """Resize to a height and width, with the rules torch uses."""
    settings: dict[str, Any] = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    if mode == "nearest":
        settings = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    elif mode == "bicubic":
        settings |= {"mode": "cubic", "cubic_coeff_a": -0.75}
    front = site.slice(site.add("Shape", x), 0, 0, 2)
    return site.add("Resize", x, "", "", site.add("Concat", front, sizes, axis=0), **settings)


@rule("interpolate")
def interpolate(site: Site) -> Written:
    """Resize to a fixed size."""
    size = site.layer.size  # type: ignore[attr-defined]
    sides = size if isinstance(size, tuple) else (size, size)
    return resized(site, site.x, site.ints(*sides), site.layer.mode)  # type: ignore[attr-defined]


@rule("resize_like")
def resize_like(site: Site) -> Written:
    """Resize to the size of the other tensor."""
    x, like = site.inputs
    return resized(site, x, site.slice(site.add("Shape", like), 0, 2, 4), site.layer.mode)  # type: ignore[attr-defined]


@rule("gather")
def gather(site: Site) -> Written:
    """GatherElements."""
    return site.add("GatherElements", *site.inputs, axis=axis_of(site))


@rule("take_steps")
def take_steps(site: Site) -> Written:
    """GatherND within each sample."""
    x, index = site.inputs
    return site.add("GatherND", x, site.unsqueeze(index, 2), batch_dims=1)


@rule("pick")
def pick(site: Site) -> Written:
    """Gather of fixed places."""
    return site.add("Gather", site.x, site.ints(*site.layer.indices), axis=axis_of(site))  # type: ignore[attr-defined]


@rule("last_step")
def last_step(site: Site) -> Written:
    """Gather of the last place, or GatherND of the place before each length."""
    if len(site.inputs) == 1:
        return site.add("Gather", site.x, site.writer.constant(np.int64(-1)), axis=1)
    x, lengths = site.inputs
    last = site.add("Max", site.add("Sub", lengths, site.ints(1)), site.ints(0))
    return site.add("GatherND", x, site.unsqueeze(last, 1), batch_dims=1)


@rule("every_nth")
def every_nth(site: Site) -> Written:
    """Slice with a step."""
    layer = site.layer
    return site.slice(site.x, axis_of(site), layer.start, _END, layer.step)  # type: ignore[attr-defined]


@rule("frames")
def frames(site: Site) -> Written:
    """Gather of a table of places, a row a window; then its last axis to the end."""
    axis, rank, number = axis_of(site), len(site.shape), site.writer.constant
    size, step = site.layer.size, site.layer.step  # type: ignore[attr-defined]
    room = site.add("Sub", site.size(site.x, axis), number(np.int64(size)))
    count = site.add("Add", site.add("Div", room, number(np.int64(step))), number(np.int64(1)))
    starts = site.add("Mul", steps(site, count), number(np.int64(step)))
    places = site.add("Add", site.unsqueeze(starts, 1), number(np.arange(size)[None], np.int64))
    windows = site.add("Gather", site.x, places, axis=axis)
    order = [place for place in range(rank + 1) if place != axis + 1]
    return site.transpose(windows, *order, axis + 1)


@rule("one_hot")
def one_hot(site: Site) -> Written:
    """Equal to each of the class numbers."""
    classes = site.specs[0].classes or 1
    numbers = site.writer.constant(np.arange(classes), np.int64)
    return cast(site, site.add("Equal", site.unsqueeze(site.x, len(site.shape)), numbers), DType.FLOAT)


@rule("positions")
def positions(site: Site) -> Written:
    """Range, repeated for each sample."""
    sizes = site.slice(site.add("Shape", site.x), 0, 0, 2)
    return site.add("Expand", steps(site, site.size(site.x, 1)), sizes)


@rule("constant")
def constant(site: Site) -> Written:
    """One number, repeated."""
    return like_batch(site, site.scalar(site.layer.value), *site.layer.shape)  # type: ignore[attr-defined]


@rule("add_coordinates")
def add_coordinates(site: Site) -> Written:
    """2 i / (size - 1) - 1, repeated over the picture."""
    sizes = site.add("Shape", site.x)
    shape = site.add("Concat", site.slice(sizes, 0, 0, 1), site.ints(1), site.slice(sizes, 0, 2, 4), axis=0)
    maps = []
    for axis in (2, 3):
        size = site.size(site.x, axis)
        places = site.add("Cast", steps(site, size), to=TensorProto.FLOAT)
        one = site.writer.constant(np.int64(1))
        last = site.add("Cast", site.add("Max", site.add("Sub", size, one), one), to=TensorProto.FLOAT)
        line = site.add("Sub", site.add("Mul", site.add("Div", places, last), site.scalar(2)), site.scalar(1))
        maps.append(site.add("Expand", site.unsqueeze(line, 1) if axis == 2 else line, shape))
    return site.add("Concat", site.x, *maps, axis=1)


@rule("bucketize")
def bucketize(site: Site) -> Written:
    """The sum of 1 for each boundary below."""
    boundaries = site.array(np.array(site.layer.boundaries, np.float32))  # type: ignore[attr-defined]
    above = site.add("Greater", site.unsqueeze(site.x, len(site.shape)), boundaries)
    return site.reduce("ReduceSum", cast(site, above, DType.INT), [len(site.shape)], keepdims=False)
