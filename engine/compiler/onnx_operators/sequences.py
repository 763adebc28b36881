"""Sequences of tensors, as lists, and values that may be missing."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from engine.compiler.onnx_operators.program import Program
from engine.compiler.onnx_operators.table import Function, ints, number, operator


@operator("SequenceConstruct")
def construct(*inputs: Any) -> list[Any]:
    """A list of the inputs; in a tuple, since a list alone is one value."""
    return list(inputs)


@operator("SequenceEmpty")
def empty(*, dtype: int = 1) -> list[Any]:
    """A list of nothing."""
    return []


@operator("SequenceAt", host=(1,))
def at(items: list[Any], place: Any) -> Any:
    """One entry."""
    return items[int(number(place))]


@operator("SequenceLength")
def length(items: list[Any]) -> Tensor:
    """How many entries there are."""
    return torch.tensor(len(items), dtype=torch.int64)


@operator("SequenceInsert", host=(2,))
def insert(items: list[Any], item: Any, place: Any = None) -> list[Any]:
    """A list with one more entry."""
    at = int(number(place)) if place is not None else len(items)
    at = at + len(items) if at < 0 else at
    return [*items[:at], item, *items[at:]]


@operator("SequenceErase", host=(1,))
def erase(items: list[Any], place: Any = None) -> list[Any]:
    """A list with one entry less."""
    at = (int(number(place)) if place is not None else -1) % len(items)
    return [*items[:at], *items[at + 1 :]]


@operator("SplitToSequence", host=(1,))
def split_to_sequence(x: Tensor, sizes: Any = None, *, axis: int = 0, keepdims: int = 1) -> list[Tensor]:
    """A list of pieces of a tensor."""
    if sizes is None:
        pieces = torch.split(x, 1, axis)
        return list(pieces) if keepdims else [piece.squeeze(axis) for piece in pieces]
    if (isinstance(sizes, Tensor) and sizes.dim() == 0) or isinstance(sizes, int):
        return list(torch.split(x, int(number(sizes)), axis))
    return list(torch.split(x, ints(sizes), axis))


@operator("ConcatFromSequence")
def concat_from_sequence(items: Sequence[Tensor], *, axis: int, new_axis: int = 0) -> Tensor:
    """The entries one after the other, or on an axis of their own."""
    return torch.stack(list(items), axis) if new_axis else torch.cat(list(items), axis)


@operator("SequenceMap")
def sequence_map(
    items: list[Any], *more: Any, body: Program, run: Function | None = None, outputs: int = 1
) -> tuple[list[Any], ...]:
    """What a program makes of each entry."""
    assert run is not None
    free = len(body.inputs) - 1
    beside, captured = more[:free], more[free:]
    rows = []
    for i, item in enumerate(items):
        given = [other[i] if isinstance(other, list) else other for other in beside]
        rows.append(run(body, [item, *given, *captured]))
    return tuple([row[k] for row in rows] for k in range(outputs))


@operator("Optional")
def optional(x: Any = None, *, type: Any = None) -> Any:
    """A value that may be missing."""
    return x


@operator("OptionalHasElement")
def has_element(x: Any = None) -> Tensor:
    """Whether it is there."""
    return torch.tensor(x is not None)


@operator("OptionalGetElement")
def get_element(x: Any) -> Any:
    """The value."""
    return x
