"""The values of every node for one sample, one of them in full.

Axes: C channels, H and W places, L places of a sequence, F features.
"""

from typing import Final

import torch
from msgspec.structs import replace
from torch import Tensor
from torch.nn import functional

from engine.catalog.layer import Family
from engine.compiler.plan import Plan, Value
from engine.data.progress import IsCancelled, never
from engine.document.data_spec import DataSpec, FieldKind
from engine.errors import Cancelled, DataError
from engine.evaluation.insides.opened import Opened
from engine.protocol.messages.insides import InsidesRead, NodeSeen

LARGEST_MAP: Final = 96
"""Places a side of one map; larger ones are averaged down."""
MOST_MAPS: Final = 64
_MOST_PLACES: Final = 400
_MOST_FEATURES: Final = 256
_MOST_NUMBERS: Final = 2000


@torch.no_grad()
def look_inside(
    opened: Opened, index: int, node: str = "", first: int = 0, limit: int = 32, *, cancelled: IsCancelled = never
) -> InsidesRead:
    """What each node gives for sample `index` of the split, and the values of `node`.

    Raises DataError (no such sample or node), Cancelled.
    """
    inputs = opened.inputs(torch.tensor([opened.place(index)]))
    wanted = node or _first_worth(opened)
    nodes: list[NodeSeen] = []
    found: Tensor | None = None
    for value, tensor in opened.values(inputs):
        if cancelled():
            raise Cancelled
        name = _name(opened, value)
        nodes.append(_seen(opened, value, name, tensor))
        if name == wanted:
            found = tensor
    if found is None:
        raise DataError(
            f"The network has no node '{wanted[:80]}' whose values could be shown.",
            where=wanted[:80],
            hint="The drawing may have changed since this run. Choose another node.",
        )
    words = opened.input_words(inputs)
    return _drawn(opened, InsidesRead(index=index, node=wanted, nodes=nodes), found[0], first, limit, words)


def _name(opened: Opened, value: Value) -> str:
    """The node's id; with the port behind it where a node gives several tensors and this is not the first."""
    return value[0] if value[1] == "output" else f"{value[0]}.{value[1]}"


def _first_worth(opened: Opened) -> str:
    """The first node with maps to look at; else the first that computes anything."""
    calls = opened.steps.prediction_calls
    for family in (Family.CONVOLUTION, Family.ATTENTION, Family.RECURRENT, Family.LINEAR):
        for call in calls:
            if call.layer.family is family:
                return _name(opened, call.outputs[0])
    return _name(opened, calls[0].outputs[0]) if calls else opened.steps.input_ids[0]


def _seen(opened: Opened, value: Value, name: str, tensor: Tensor) -> NodeSeen:
    node = opened.project.graph.node(value[0])
    layer = next((call.layer for call in opened.steps.prediction_calls if call.node.id == value[0]), None)
    numbers = tensor[0].double().flatten()
    known: dict[str, object] = {
        "node": name,
        "title": opened.title(value[0]) if value[1] == "output" else f"{opened.title(value[0])} · {value[1]}",
        "type": node.type,
        "family": (layer.family if layer is not None else Family.DATA).value,
        "shape": list(tensor.shape[1:]),
    }
    if not len(numbers):
        return NodeSeen(**known)  # type: ignore[arg-type]
    finite = bool(torch.isfinite(numbers).all())
    if not finite:
        return NodeSeen(**known, finite=False)  # type: ignore[arg-type]
    return NodeSeen(
        **known,  # type: ignore[arg-type]
        mean=float(numbers.mean()),
        std=float(numbers.std(correction=0)),
        low=float(numbers.min()),
        high=float(numbers.max()),
        zeros=float((numbers == 0).double().mean()),
    )


def _drawn(
    opened: Opened, read: InsidesRead, tensor: Tensor, first: int, limit: int, words: dict[str, list[str]]
) -> InsidesRead:
    """`tensor` without the batch, in the form in which it is best looked at."""
    value = tensor.float()
    if value.dim() == 3:  # C × H × W
        return _maps(read, value, first, limit)
    if value.dim() == 2:
        return _rows(opened, read, value, words)
    if value.dim() <= 1:
        numbers = value.reshape(-1)
        note = ""
        if len(numbers) > _MOST_NUMBERS:
            note = f"The first {_MOST_NUMBERS:,} of {len(numbers):,} values."
        shown = numbers[:_MOST_NUMBERS]
        return replace(
            read,
            form="numbers",
            values=_bytes(shown),
            width=len(shown),
            total=len(numbers),
            names=names_of(opened, read.node, len(numbers)),
            note=note,
        )
    if value.dim() == 4:  # C × D × H × W: the middle of the depth
        return replace(
            _maps(read, value[:, value.shape[1] // 2], first, limit), note="The middle slice of each channel is shown."
        )
    return replace(read, note=f"Values with {value.dim()} axes are not drawn.")


def _maps(read: InsidesRead, value: Tensor, first: int, limit: int) -> InsidesRead:
    total, height, width = value.shape
    first = min(max(0, first), max(0, total - 1))
    shown = value[first : first + max(1, min(limit, MOST_MAPS))]
    note = ""
    if max(height, width) > LARGEST_MAP:
        size = (min(height, LARGEST_MAP), min(width, LARGEST_MAP))
        shown = functional.adaptive_avg_pool2d(shown[None], size)[0]
        note = f"Averaged down from {height} × {width}."
    return replace(
        read,
        form="maps",
        values=_bytes(shown),
        channels=len(shown),
        height=shown.shape[1],
        width=shown.shape[2],
        first=first,
        total=total,
        note=note,
    )


def _rows(opened: Opened, read: InsidesRead, value: Tensor, words: dict[str, list[str]]) -> InsidesRead:
    """(L, F) as sequences and embeddings have it, or (C, L) as convolutions over time: a column a place."""
    call = next((call for call in opened.steps.prediction_calls if read.node.startswith(call.node.id)), None)
    channels_first = call is not None and call.layer.family in (Family.CONVOLUTION, Family.POOLING)
    rows = value if channels_first else value.T
    notes = []
    features, places = rows.shape
    if features > _MOST_FEATURES:
        notes.append(f"the first {_MOST_FEATURES} of {features:,} channels")
        rows = rows[:_MOST_FEATURES]
    if places > _MOST_PLACES:
        notes.append(f"{places:,} places averaged down to {_MOST_PLACES}")
        rows = functional.adaptive_avg_pool1d(rows[None], _MOST_PLACES)[0]
    columns = next((list(said) for said in words.values() if len(said) == rows.shape[1]), [])
    return replace(
        read,
        form="rows",
        values=_bytes(rows),
        channels=1,
        height=rows.shape[0],
        width=rows.shape[1],
        total=features,
        columns=columns,
        note=f"Shown: {', '.join(notes)}." if notes else "",
    )


def names_of(opened: Opened, node: str, count: int) -> list[str]:
    """What the values of a node stand for: classes before an Output, columns behind an Input."""
    return names_in(opened.project.data, opened.steps, node, count)


def names_in(data: DataSpec, steps: Plan, node: str, count: int) -> list[str]:
    """The same of a network that is not a run's."""
    for output_id, (source, port) in steps.predictions.items():
        if (source if port == "output" else f"{source}.{port}") == node:
            field = data.field(steps.output_fields.get(output_id, ""))
            if field is not None and len(field.statistics.classes) == count:
                return list(field.statistics.classes)
            if field is not None and count == 1:
                return [field.name]
    fields = [data.field(name) for name in steps.input_fields.get(node, ())]
    names: list[str] = []
    for field in fields:
        if field is None:
            return []
        if field.kind is FieldKind.CATEGORY and any(step.type == "OneHot" for step in field.preparation):
            names += [f"{field.name} = {name}" for name in field.statistics.classes]
        else:
            names.append(field.name)
    return names if len(names) == count else []


def _bytes(tensor: Tensor) -> bytes:
    return tensor.detach().contiguous().numpy().astype("<f4").tobytes()
