"""What moves values about: shapes, axes, pieces, places."""

from typing import Any

from engine.deployment.foreign.layers.site import Drawn, Site, drawn_as, float32
from engine.document.graph import Value


@drawn_as("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def reshape(site: Site) -> list[Drawn] | None:
    """Any other shape that keeps the batch; the plainest layer that gives it."""
    old, new = site.shape(), site.made
    if not old or not new or old[0] is not None or new[0] is not None:
        return None
    if old == new:
        return site.layer("Identity")
    if len(new) == 2 and site.item.type in ("Reshape", "Flatten") and None not in old[1:] and len(old) > 2:
        return site.layer("Flatten")
    gone = [axis for axis in range(1, len(old)) if old[:axis] + old[axis + 1 :] == new]
    if gone and old[gone[-1]] == 1:
        return site.layer("Squeeze", dim=gone[-1] - len(old) if site.item.type == "Squeeze" else gone[-1])
    more = [axis for axis in range(1, len(new)) if new[:axis] + new[axis + 1 :] == old]
    if more and new[more[-1]] == 1:
        return site.layer("Unsqueeze", dim=more[0])
    free = [axis for axis, count in enumerate(new[1:], 1) if count is None]
    if len(free) > 1:
        return None
    sizes: Value = [-1 if count is None else count for count in new[1:]]
    return site.layer("Reshape", shape=sizes)


@drawn_as("Transpose")
def transpose(site: Site) -> list[Drawn] | None:
    order = list(site.get("perm") or range(site.rank)[::-1])
    if order[0] != 0:
        return None
    moved = [axis for axis, place in enumerate(order) if axis != place]
    if len(moved) == 2:
        return site.layer("Transpose", dim0=moved[0], dim1=moved[1])
    return site.layer("Permute", dims=[int(place) for place in order[1:]])


@drawn_as("Concat")
def concat(site: Site) -> list[Drawn] | None:
    axis = int(site.get("axis", 1))
    axis = axis + len(site.made) if axis < 0 else axis
    names = list(site.inputs)
    first: list[Drawn] = []
    if any(name in site.facts.held or site.facts.per_sample(name) is not None for name in names):
        tokens = site.facts.per_sample(names[0])
        if len(names) == 2 and axis == 1 and tokens is not None and tokens.ndim == 2 and len(site.made) == 3:
            return site.layer("ClassToken", names[1], weights={"token": float32(tokens)}, count=int(tokens.shape[0]))
        linked = next((name for name in names if name not in site.facts.plain), "")
        for number, name in enumerate(names):
            values = site.facts.per_sample(name)
            if values is None and name in site.facts.held:
                return None
            if values is not None and linked:
                made = f"{site.item.outputs[0]}.learned{number}"
                shape: Value = [int(count) for count in values.shape]
                first.append(
                    Drawn(
                        type="LearnedTensor",
                        inputs=(linked,),
                        outputs=(made,),
                        attributes={"shape": shape},
                        weights={"values": float32(values)},
                    )
                )
                names[number] = made
    if len(names) < 2:
        return site.layer("Identity")
    return first + site.layer("Concatenate", *names, count=len(names), dim=axis)


@drawn_as("Split")
def split(site: Site) -> list[Drawn] | None:
    axis = int(site.get("axis", 0))
    axis = axis + site.rank if axis < 0 else axis
    sizes = [(site.facts.shape(name) or ())[axis : axis + 1] for name in site.item.outputs]
    if any(len(count) != 1 or count[0] is None for count in sizes):
        return None
    return site.layer("Split", dim=axis, sizes=[int(count[0] or 0) for count in sizes], outputs=site.item.outputs)


@drawn_as("Slice")
def slice_(site: Site) -> list[Drawn] | None:
    starts, ends = site.ints(1), site.ints(2)
    axes = site.ints(3) if site.has(3) else list(range(len(starts or [])))
    steps = site.ints(4) if site.has(4) else [1] * len(starts or [])
    if starts is None or ends is None or axes is None or steps is None:
        return None
    found: list[Drawn] = []
    source = site.inputs[0]
    count = len(axes)
    for place, (start, end, axis, step) in enumerate(zip(starts, ends, axes, steps, strict=True)):
        dim = axis + site.rank if axis < 0 else axis
        size = site.shape()[dim]
        made = site.item.outputs[0] if place == count - 1 else f"{site.item.outputs[0]}.part{place}"
        stop: Value = None if end >= 2**31 - 1 or (size is not None and end >= size) else end
        if step == -1 and start in (-1, (size or 0) - 1, 2**31 - 1) and end <= -(size or 2**31):
            found += site.layer("Flip", source, outputs=[made], dim=dim)
        elif step == 1:
            found += site.layer("Slice", source, outputs=[made], dim=dim, start=start, end=stop)
        elif step > 1 and stop is None and start >= 0:
            found += site.layer("EveryNth", source, outputs=[made], dim=dim, step=step, start=start)
        else:
            return None
        source = made
    return found or None


@drawn_as("Gather")
def gather(site: Site) -> list[Drawn] | None:
    table, places = site.held(0), site.held(1)
    axis = int(site.get("axis", 0))
    if table is not None and places is None:
        if table.ndim != 2 or axis not in (0, -2) or table.dtype.kind != "f":
            return None
        return site.layer(
            "Embedding", site.inputs[1], weights={"weight": float32(table)}, embedding_dim=int(table.shape[1])
        )
    if places is None or table is not None:
        return None
    axis = axis + site.rank if axis < 0 else axis
    if places.ndim == 0:
        return site.layer("Select", dim=axis, index=int(places))
    if places.ndim == 1 and places.size <= 64:
        size = site.shape()[axis]
        indices = [int(place) + (size or 0 if place < 0 else 0) for place in places]
        return site.layer("Pick", dim=axis, indices=indices)
    return None


@drawn_as("GatherElements")
def gather_elements(site: Site) -> list[Drawn] | None:
    if site.held(0) is not None or site.held(1) is not None:
        return None
    return site.layer("Gather", *site.inputs, dim=int(site.get("axis", 0)))


@drawn_as("Tile")
def tile(site: Site) -> list[Drawn] | None:
    times = site.ints(1)
    if times is None:
        return None
    wide = [axis for axis, count in enumerate(times) if count != 1]
    return site.layer("Tile", dim=wide[0], times=times[wide[0]]) if len(wide) == 1 else None


@drawn_as("Trilu")
def trilu(site: Site) -> list[Drawn] | None:
    diagonal = site.number(1) if site.has(1) else 0
    if diagonal is None:
        return None
    return site.layer("Triu" if site.get("upper", 1) else "Tril", diagonal=int(diagonal))


_REDUCED = {
    "ReduceMean": "Mean",
    "ReduceSum": "Sum",
    "ReduceMax": "Max",
    "ReduceMin": "Min",
    "ReduceProd": "Prod",
    "ReduceL2": "Norm",
    "ReduceL1": "Norm",
    "ReduceLogSumExp": "LogSumExp",
}


@drawn_as(*_REDUCED)
def reduce(site: Site) -> list[Drawn] | None:
    axes = site.ints(1) if site.has(1) else list(range(site.rank))
    if axes is None or not site.decimal():
        return None
    dims = sorted(axis + site.rank if axis < 0 else axis for axis in axes)
    keep = bool(site.get("keepdims", 1))
    kind = _REDUCED[site.item.type]
    inner = site.rank - 2
    if not dims or dims[0] == 0:
        return None
    if dims == list(range(2, site.rank)) and kind in ("Mean", "Max") and 1 <= inner <= 3 and len(dims) > 1:
        word = "Average" if kind == "Mean" else "Max"
        if not keep:
            return site.layer(f"Global{word}Pool{inner}d")
        return site.layer(f"Adaptive{'Avg' if kind == 'Mean' else 'Max'}Pool{inner}d", output_size=1)
    if len(dims) > 2 or (len(dims) > 1 and kind in ("Norm",)):
        return None
    more: dict[str, Any] = {"ord": 1.0 if site.item.type == "ReduceL1" else 2.0} if kind == "Norm" else {}
    found: list[Drawn] = []
    source = site.inputs[0]
    for place, dim in enumerate(reversed(dims)):
        made = site.item.outputs[0] if place == len(dims) - 1 else f"{site.item.outputs[0]}.over{dim}"
        found += site.layer(kind, source, outputs=[made], dim=dim, keepdim=keep, **more)
        source = made
    return found


@drawn_as("ArgMax", "ArgMin")
def place_of(site: Site) -> list[Drawn] | None:
    if site.get("select_last_index", 0):
        return None
    axis = int(site.get("axis", 0))
    return site.layer(site.item.type, dim=axis, keepdim=bool(site.get("keepdims", 1)))


@drawn_as("CumSum")
def cum_sum(site: Site) -> list[Drawn] | None:
    axis = site.number(1)
    if axis is None or site.get("exclusive", 0) or site.get("reverse", 0) or not site.decimal():
        return None
    return site.layer("CumSum", dim=int(axis))


@drawn_as("TopK")
def top_k(site: Site) -> list[Drawn] | None:
    count = site.number(1)
    if count is None or not site.decimal() or len(site.item.outputs) != 2:
        return None
    return site.layer(
        "TopK", k=int(count), dim=int(site.get("axis", -1)), largest=bool(site.get("largest", 1)),
        outputs=site.item.outputs,
    )  # fmt: skip
