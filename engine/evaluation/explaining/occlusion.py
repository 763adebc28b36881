"""Occlusion: how far the score falls when a part is covered. Axes: M covered variants."""

import math
from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor

from engine.document.data_spec import FieldKind
from engine.evaluation.explaining.pieces import Pieces, pieces_of
from engine.evaluation.explaining.question import Question, Relevance
from engine.evaluation.explaining.sample import Slot, baseline_words

_OVERLAP: Final = 2
"""Windows that lie over each point, each way."""


def relevance(question: Question) -> Relevance:
    """The fall of the score at each point, as a mean over all windows that cover it; of a column or word, its own."""
    kind = question.settings.baseline
    own, base = question.sample.inputs, question.baseline(kind)
    score, base_score = float(question.scores(own)[0]), float(question.scores(base)[0])
    pieces = pieces_of(question)
    covers = [cover for input_id in own for cover in _covers(question, pieces, input_id)]
    falls: dict[str, Tensor] = {name: torch.zeros(tensor.shape[1:]) for name, tensor in own.items()}
    times = {name: torch.zeros(tensor.shape[1:]) for name, tensor in own.items()}
    for start in range(0, len(covers), question.together):
        question.report(start / len(covers))
        some = covers[start : start + question.together]
        inputs = {name: tensor.repeat(len(some), *[1] * (tensor.dim() - 1)) for name, tensor in own.items()}
        for row, (name, covered) in enumerate(some):
            inputs[name][row] = torch.where(covered.to(own[name].device), base[name][0], own[name][0])
        scores = question.scores(inputs)
        for (name, covered), after in zip(some, scores.tolist(), strict=True):
            falls[name][covered] += (score - after) / int(covered.sum())
            times[name][covered] += 1
    found = {name: falls[name] / times[name].clamp(min=1) for name in own}
    return Relevance(
        by_input=found, score=score, baseline_score=base_score, baseline=baseline_words(question.sample, kind)
    )


def _covers(question: Question, pieces: Pieces, input_id: str) -> Iterator[tuple[str, Tensor]]:
    """What is covered at a time: bool in the shape of the prepared Input."""
    slots = question.sample.slots[input_id]
    value = question.sample.inputs[input_id][0]
    window = question.settings.window
    if len(slots) == 1:
        axes = _window_axes(slots[0], value)
        if axes:
            for places in _windows([value.shape[axis] for axis in axes], window):
                cover = torch.zeros(value.shape, dtype=torch.bool)
                index: list[slice] = [slice(None)] * value.dim()
                for axis, place in zip(axes, places, strict=True):
                    index[axis] = place
                cover[tuple(index)] = True
                yield input_id, cover
            return
    numbers = pieces.of[input_id]
    for number in sorted(set(numbers.reshape(-1).tolist()) - {-1}):
        yield input_id, numbers == number


def _window_axes(slot: Slot, value: Tensor) -> tuple[int, ...]:
    """The axes along which a window is moved; none for columns and words, which are covered one by one."""
    kind = slot.field.kind
    if kind in (FieldKind.IMAGE, FieldKind.MASK, FieldKind.AUDIO) and value.dim() == 3:
        return (1, 2)
    if kind is FieldKind.MASK and value.dim() == 2:
        return (0, 1)
    if kind is FieldKind.AUDIO:
        return (value.dim() - 1,)
    if kind is FieldKind.SERIES and value.dim() == 2:
        return (0, 1) if value.shape[1] > 1 else (0,)
    return ()


def _windows(sizes: list[int], share: float) -> Iterator[tuple[slice, ...]]:
    """Windows that overlap by half; an axis of a few channels is covered channel by channel."""
    ranges = []
    for axis, size in enumerate(sizes):
        side = 1 if axis == 1 and size <= 8 else max(1, round(size * share))
        step = max(1, side // _OVERLAP)
        starts = range(0, max(1, size - side + step), step)
        ranges.append([slice(min(start, size - side), min(start, size - side) + side) for start in starts])
    total = math.prod(len(places) for places in ranges)
    for number in range(total):
        chosen = []
        for places in reversed(ranges):
            number, at = divmod(number, len(places))
            chosen.append(places[at])
        yield tuple(reversed(chosen))
