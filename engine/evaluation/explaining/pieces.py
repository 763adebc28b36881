"""A sample cut into parts that can be left out: columns, words, patches of a picture, stretches of time and tones."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from engine.checks.explaining import COLUMNS
from engine.document.data_spec import FieldKind
from engine.evaluation.explaining.question import Question
from engine.evaluation.explaining.sample import Sample, Slot
from engine.evaluation.explaining.spelling import spelling_of

_MOST_WORDS: Final = 64
_STRETCHES: Final = 16
_CHANNELS: Final = 8
_TONES: Final = 4
_ROUNDS: Final = 6
_COLOUR: Final = 2.0
"""How much more a whole picture's spread of colour counts than the width of a patch."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """`of` numbers the parts, from 0, in the shape of each prepared Input without rows; -1 is never left out."""

    count: int
    of: Mapping[str, Tensor]

    def mixed(self, kept_mp: Tensor, sample: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """M variants: of the sample what is kept (bool, M × parts), of the other (1 or M rows) the rest."""
        always = torch.ones((len(kept_mp), 1), dtype=torch.bool)
        kept = torch.cat([kept_mp, always], 1)  # the last stands for -1
        found = {}
        for name, own in sample.items():
            chosen = kept[:, self.of[name].reshape(-1)].reshape(-1, *own.shape[1:]).to(own.device)
            found[name] = torch.where(chosen, own, other[name].to(own.dtype))
        return found

    def spread(self, relevance_p: Tensor) -> dict[str, Tensor]:
        """The relevance of each part dealt out evenly to its numbers, so that sums stay."""
        sizes = torch.zeros(self.count + 1)
        for numbers in self.of.values():
            sizes += torch.bincount(numbers.reshape(-1) % (self.count + 1), minlength=self.count + 1)
        each = torch.cat([relevance_p.double() / sizes[: self.count].clamp(min=1), torch.zeros(1)])
        return {name: each[numbers.reshape(-1)].reshape(numbers.shape).float() for name, numbers in self.of.items()}


def pieces_of(question: Question, parts: int = 40) -> Pieces:
    """Every part of the sample; a picture is cut into about `parts` patches of like colour."""
    found: dict[str, Tensor] = {}
    count = 0
    for input_id, slots in question.sample.slots.items():
        rows = []
        for slot in slots:
            cut = _cut(slot, question.sample, input_id, parts)
            used = int(cut.max()) + 1 if cut.numel() else 0
            rows.append(torch.where(cut >= 0, cut + count, cut))
            count += used
        found[input_id] = rows[0] if len(rows) == 1 else torch.cat(rows)
    return Pieces(count, found)


def has_parts_of_its_own(sample: Sample) -> bool:
    """Whether the sample is cut into columns and words, which mean something by themselves."""
    return all(slot.field.kind in (*COLUMNS, FieldKind.TEXT) for slots in sample.slots.values() for slot in slots)


def _cut(slot: Slot, sample: Sample, input_id: str, parts: int) -> Tensor:
    """Numbers from 0 in the shape of one prepared value."""
    value = slot.of(sample.inputs[input_id])[0].cpu()
    kind = slot.field.kind
    if kind is FieldKind.TEXT and value.dim() == 1:
        return _words(slot, str(sample.raw[slot.field.name]), value)
    if kind in (FieldKind.IMAGE, FieldKind.MASK) and value.dim() >= 2:
        picture = value if value.dim() == 3 else value[None]
        return patches(picture.float(), parts).expand(value.shape[-3:]).reshape(value.shape)
    if kind is FieldKind.AUDIO and value.dim() == 3:
        rows, frames = value.shape[1:]
        tones = _stretches(rows, _TONES)[:, None] * min(frames, _STRETCHES) + _stretches(frames, _STRETCHES)[None]
        return tones.expand(value.shape)
    if kind is FieldKind.AUDIO and value.dim() >= 1:
        return _stretches(value.shape[-1], 2 * _STRETCHES).expand(value.shape)
    if kind is FieldKind.SERIES and value.dim() == 2:
        time, channels = value.shape
        bands = torch.arange(channels) if channels <= _CHANNELS else _stretches(channels, _CHANNELS)
        return bands[None] * min(time, _STRETCHES) + _stretches(time, _STRETCHES)[:, None]
    return torch.zeros(value.shape, dtype=torch.long)


def _stretches(length: int, count: int) -> Tensor:
    """`length` places in at most `count` equal stretches."""
    return torch.arange(length) * min(count, length) // max(1, length)


def _words(slot: Slot, text: str, value: Tensor) -> Tensor:
    """The word that each place belongs to; places that hold no word are never left out."""
    places = spelling_of(slot.field, text)
    found = torch.full(value.shape, -1, dtype=torch.long)
    words = sorted({place.word for place in places if place.position < len(value)})
    number = {word: at * min(len(words), _MOST_WORDS) // len(words) for at, word in enumerate(words)}
    for place in places:
        if place.position < len(value):
            found[place.position] = number[place.word]
    return found


def patches(picture_chw: Tensor, parts: int) -> Tensor:
    """(H, W) numbers of about `parts` patches of like colour that hang together in place.

    Places and colours are gathered around points of a grid, a few rounds, each point looking at its neighbourhood
    alone. Source: Achanta et al. 2012, SLIC.
    """
    _, height, width = picture_chw.shape
    down = max(1, math.isqrt(height * width // 4096))
    small = torch.nn.functional.avg_pool2d(picture_chw[None], down, ceil_mode=True)[0]
    tall, wide = small.shape[1:]
    side = max(1.0, math.sqrt(tall * wide / max(1, parts)))
    rows, columns = max(1, round(tall / side)), max(1, round(wide / side))
    y, x = torch.meshgrid(torch.arange(tall), torch.arange(wide), indexing="ij")
    spread = small.std().clamp(min=1e-6) if small.numel() > 1 else torch.tensor(1.0)
    points = torch.cat([y[None] / side, x[None] / side, _COLOUR * small / spread / math.sqrt(len(small))])
    flat = points.reshape(len(points), -1).T.contiguous()
    cell_y, cell_x = y * rows // tall, x * columns // wide
    home = (cell_y * columns + cell_x).reshape(-1)
    belongs = home
    count = rows * columns
    for _ in range(_ROUNDS):
        sums = torch.zeros(count, flat.shape[1]).index_add_(0, belongs, flat)
        sizes = torch.bincount(belongs, minlength=count)[:, None]
        centres = torch.where(sizes > 0, sums / sizes.clamp(min=1), torch.inf)
        best = torch.full((len(flat),), torch.inf)
        for step_y in (-1, 0, 1):
            for step_x in (-1, 0, 1):
                near_y, near_x = cell_y + step_y, cell_x + step_x
                inside = (near_y >= 0) & (near_y < rows) & (near_x >= 0) & (near_x < columns)
                near = (near_y.clamp(0, rows - 1) * columns + near_x.clamp(0, columns - 1)).reshape(-1)
                far = (flat - centres[near]).square().sum(1)
                far[~inside.reshape(-1)] = torch.inf
                closer = far < best
                best = torch.where(closer, far, best)
                belongs = torch.where(closer, near, belongs)
    there = torch.bincount(belongs, minlength=count) > 0
    numbers = (there.cumsum(0) - 1)[belongs]  # without gaps
    grid = numbers.reshape(tall, wide)
    return grid.repeat_interleave(down, 0).repeat_interleave(down, 1)[:height, :width]
