"""Layers that rearrange, reduce or enlarge; the batch stays free, and every length that the drawing leaves free."""

from typing import Any, cast

import numpy as np
from torch import nn

from engine.compiler import modules
from engine.deployment.rules.site import Site, Written, rule


def _axis(site: Site, extra: int = 0) -> int:
    """The module's `dim`, counted from the front."""
    dim = int(site.module.dim)  # type: ignore[arg-type]
    return dim + len(site.shape) + extra if dim < 0 else dim


@rule("flatten")
def flatten(site: Site) -> Written:
    """Flatten for the usual case, else Reshape; sizes before are copied by 0, a free size is left to -1."""
    module = cast(nn.Flatten, site.module)
    rank = len(site.shape)
    start, end = module.start_dim % rank, module.end_dim % rank
    if start == end:
        return site.x
    if start == 1 and end == rank - 1:
        return site.add("Flatten", site.x, axis=1)
    return _reshape(site, [(axis, axis + 1) for axis in range(start)] + [(start, end + 1)], end + 1)


def _reshape(site: Site, pieces: list[tuple[int, int]], rest: int) -> str:
    """Join ranges of axes; those from `rest` on stay."""
    rank = len(site.shape)
    wanted: list[int | None] = []
    for start, end in pieces + [(axis, axis + 1) for axis in range(rest, rank)]:
        sizes = site.shape[start:end]
        known = [size for size in sizes if size is not None]
        wanted.append(int(np.prod(known, dtype=np.int64)) if len(known) == len(sizes) else None)
    copied = [
        0 if size is None and place < len(pieces) - 1 else -1 if size is None else size
        for place, size in enumerate(wanted)
    ]
    if copied.count(-1) <= 1:
        return site.reshape(site.x, *copied)
    return _reshape_at_run_time(site, pieces + [(axis, axis + 1) for axis in range(rest, rank)])


def _reshape_at_run_time(site: Site, ranges: list[tuple[int, int]]) -> str:
    """Join ranges of axes where several sizes are known only at run time."""
    sizes = site.add("Shape", site.x)
    joined = [
        site.reduce("ReduceProd", site.slice(sizes, 0, start, end), [0])
        if end - start > 1
        else site.slice(sizes, 0, start, end)
        for start, end in ranges
    ]
    return site.add("Reshape", site.x, site.add("Concat", *joined, axis=0))


@rule("unflatten")
def unflatten(site: Site) -> Written:
    """One axis becomes several."""
    module = cast(nn.Unflatten, site.module)
    axis = int(module.dim) % len(site.shape)
    sizes = [int(size) for size in module.unflattened_size]
    after = list(site.shape[axis + 1 :])
    if all(size is not None for size in after):
        return site.reshape(site.x, *[0] * axis, *sizes, *cast(list[int], after))
    if -1 in sizes and site.shape[axis] is not None:
        rest = -int(np.prod(sizes))
        sizes = [size if size != -1 else cast(int, site.shape[axis]) // rest for size in sizes]
    shape = site.add("Shape", site.x)
    parts = [site.slice(shape, 0, 0, axis), site.ints(*sizes), site.slice(shape, 0, axis + 1, len(site.shape))]
    return site.add("Reshape", site.x, site.add("Concat", *parts, axis=0))


@rule("reshape")
def reshape(site: Site) -> Written:
    """The batch is copied, the rest given."""
    return site.reshape(site.x, 0, *cast(modules.Reshape, site.module).shape)


@rule("permute")
def permute(site: Site) -> Written:
    """Transpose."""
    return site.transpose(site.x, 0, *cast(modules.Permute, site.module).dims)


@rule("squeeze")
def squeeze(site: Site) -> Written:
    """Squeeze."""
    return site.squeeze(site.x, _axis(site))


@rule("unsqueeze")
def unsqueeze(site: Site) -> Written:
    """Unsqueeze."""
    return site.unsqueeze(site.x, _axis(site, extra=1))


def _reduce(op: str) -> Any:
    def written(site: Site) -> Written:
        return site.reduce(op, site.x, [_axis(site)], keepdims=bool(site.module.keepdim))

    return written


rule("mean")(_reduce("ReduceMean"))
rule("sum")(_reduce("ReduceSum"))
rule("max")(_reduce("ReduceMax"))


@rule("global_average_pool")
def global_average_pool(site: Site) -> Written:
    """ReduceMean over all axes after the channels."""
    return site.reduce("ReduceMean", site.x, list(range(2, len(site.shape))), keepdims=False)


@rule("global_max_pool")
def global_max_pool(site: Site) -> Written:
    """ReduceMax over all axes after the channels."""
    return site.reduce("ReduceMax", site.x, list(range(2, len(site.shape))), keepdims=False)


@rule("select")
def select(site: Site) -> Written:
    """Gather of one place, counted from the end where negative."""
    index = site.writer.constant(cast(modules.Select, site.module).index, np.int64)
    return site.add("Gather", site.x, index, axis=_axis(site))


@rule("slice")
def slice_(site: Site) -> Written:
    """Slice."""
    module = cast(modules.Slice, site.module)
    end = module.end if module.end is not None else 2**62
    return site.slice(site.x, _axis(site), module.start, end)
