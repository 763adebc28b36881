"""What a network makes of random numbers: the same ones at each look, so that one sees how its pictures come about.

At the start facts: `field`, and `rows` and `across` of the sheet. Then `pictures` uint8 (N, height, width, channels),
row after row. Where the answer depends on an input beside, as on a word, each row of the sheet has another input, told
at the start as `row0`, `row1`, ... where it can be written; each column has its own random numbers.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

import torch
from torch import Tensor

from engine.checks.answers import is_made_of_noise
from engine.checks.walking import sources_of
from engine.data.preparation import Preparation
from engine.data.preparation.picture import NormalizeRule
from engine.data.tokens import tokens_of
from engine.document.data_spec import Field, FieldKind
from engine.training.live_views.live_view import LiveView, Seen, as_bytes
from engine.training.task import Task

ROWS: Final = 4
ACROSS: Final = 8
LONGEST_SIDE: Final = 64
_SEARCHED: Final = 2_000
"""Samples among which different inputs are looked for."""


class MadeSamples(LiveView):
    """For networks that make pictures of random numbers."""

    key: ClassVar[str] = "made_samples"
    every_s: ClassVar[float] = 2.0
    share_of_time: ClassVar[float] = 0.005

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        network = task.network
        self._place, self._field = _picture_outputs(task)[0]
        inputs, self._captions = _different_inputs(task, ROWS) if network.input_ids else ([], [])
        before = sources_of(task.project.graph, [network.output_ids[self._place]])
        told = bool(before & set(network.input_ids))  # else the inputs are for other answers, and any will do
        if inputs and not told:
            inputs, self._captions = [tensor[:1].repeat_interleave(ROWS, 0) for tensor in inputs], []
        self._rows = len(inputs[0]) if inputs else ROWS
        generator = torch.Generator().manual_seed(task.project.recipe.seed)
        noise = network.noise(ACROSS if told else ROWS * ACROSS, generator)
        self._given: list[Tensor] = [tensor.repeat_interleave(ACROSS, 0) for tensor in inputs]
        self._given += [tensor.repeat(self._rows, *(1,) * (tensor.dim() - 1)) if told else tensor for tensor in noise]

    @classmethod
    def applies(cls, task: Task) -> bool:
        return bool(task.network.noise_ids and _picture_outputs(task))

    def begin(self) -> Iterable[Seen]:
        facts: dict[str, float | str] = {"field": self._field.name, "rows": self._rows, "across": ACROSS}
        facts |= {f"row{number}": words for number, words in enumerate(self._captions)}
        yield Seen(arrays={}, facts=facts)

    def look(self) -> Iterable[Seen]:
        task = self.task
        given = [tensor.to(task.device) for tensor in self._given]
        made = task.network(*given)[self._place].detach().float().cpu()
        if made.dim() == 4 and made.shape[1] in (1, 3):
            yield Seen(arrays={"pictures": seen_pictures(self._field, made)})


def seen_pictures(field: Field, prepared_nchw: Tensor) -> Tensor:
    """Prepared pictures, or answers of that form, as an eye sees them: uint8 (N, height, width, channels), 64 points a
    side at most."""
    bright = prepared_nchw
    rules = [rule for rule in Preparation(field).tensor_rules if isinstance(rule, NormalizeRule)]
    for rule in reversed(rules):
        bright = bright * torch.from_numpy(rule.std) + torch.from_numpy(rule.mean)
    longest = max(bright.shape[2:])
    if longest > LONGEST_SIDE:
        sizes = [max(1, round(size * LONGEST_SIDE / longest)) for size in bright.shape[2:]]
        bright = torch.nn.functional.interpolate(bright, sizes, mode="area")
    return as_bytes(bright).permute(0, 2, 3, 1)


def _picture_outputs(task: Task) -> list[tuple[int, Field]]:
    """(place among the outputs, field) of each output for a picture that is made of noise."""
    network, found = task.network, []
    for place, output_id in enumerate(network.output_ids):
        field = task.project.data.field(network.output_fields[output_id])
        if field is not None and field.kind is FieldKind.IMAGE and is_made_of_noise(task.project.graph, output_id):
            found.append((place, field))
    return found


def _different_inputs(task: Task, most: int) -> tuple[list[Tensor], list[str]]:
    """Inputs of samples that differ from each other, and what they say in words where there are words."""
    network = task.network
    feed = task.val if task.val.samples else task.train  # those of the validation split are not varied
    rows = torch.arange(min(feed.samples, _SEARCHED))
    places = [network.training_input_ids.index(name) for name in network.input_ids]
    batch = next(feed.batches([0, len(rows)], rows))
    given = [batch[place].cpu() for place in places]
    seen: set[bytes] = set()
    chosen: list[int] = []
    for row in range(len(rows)):
        mark = b"".join(tensor[row].numpy().tobytes() for tensor in given)
        if mark not in seen:
            seen.add(mark)
            chosen.append(row)
        if len(chosen) == most:
            break
    inputs = [tensor[chosen] for tensor in given]
    names = [name for place in places for name in task.groups[place]]
    field = task.project.data.field(names[0]) if len(names) == 1 else None
    return inputs, in_words(field, inputs[0]) if field is not None else []


def in_words(field: Field, prepared: Tensor) -> list[str]:
    """What prepared values say; nothing where that is not words."""
    if field.kind is FieldKind.CATEGORY:
        numbers = prepared if prepared.dim() == 1 else prepared.argmax(1)
        return [field.statistics.classes[number] for number in numbers.tolist()]
    if field.kind is FieldKind.TEXT and (tokens := tokens_of(field)) is not None:
        return [tokens.text(row) for row in prepared.tolist()]
    return []
