"""Changes to text, on the numbers of its tokens. Axes: N text, L place.

Each works on texts that begin at the left without their end mark; `_whole` puts the mark and the padding back.
"""

import torch
from torch import Tensor

from engine.catalog.preparation_text import END, UNKNOWN, TextStep, text_step
from engine.data.augmentation.change import Change
from engine.errors import DataError


def _step(change: Change, x: Tensor) -> TextStep:
    step = text_step(change.field)
    if step is None or x.dim() != 2 or x.is_floating_point():
        raise DataError(
            f"The text of '{change.field.name}' cannot be varied, since it is not prepared as numbers.",
            where=change.field.name,
            expected="Characters, Words or Byte pairs in the preparation",
        )
    return step


def _closed_up(x: Tensor, kept: Tensor) -> Tensor:
    """The tokens that are kept, side by side from the left, zeros behind."""
    order = torch.argsort((~kept).to(torch.int8), dim=1, stable=True)
    return (x * kept).gather(1, order)


def _opened(x: Tensor, step: TextStep) -> Tensor:
    """The texts from the left, without marks."""
    inside = x > 0
    if step.ends:
        inside &= x != END
    return _closed_up(x, inside)


def _whole(tokens: Tensor, x: Tensor, step: TextStep) -> Tensor:
    """Texts with mark and padding as the preparation leaves them. One that lost everything stays as it was."""
    length = x.shape[1]
    room = length - int(step.ends)
    tokens = tokens[:, :room]
    count = (tokens > 0).sum(1, keepdim=True)
    place = torch.arange(length, device=x.device)[None]
    if step.ends:
        tokens = torch.nn.functional.pad(tokens, (0, length - tokens.shape[1]))
        tokens = torch.where(place == count, END, tokens)
        count = count + 1
    if step.pad == "left":
        source = place - (length - count)
        tokens = torch.where(source >= 0, tokens.gather(1, source.clamp(min=0)), 0)
    return torch.where(count > int(step.ends), tokens, x)


def _there(tokens: Tensor, change: Change) -> tuple[Tensor, Tensor]:
    """Where tokens are, and which of them are chosen: each with the probability `share`."""
    there = tokens > 0
    return there, there & (change.draw(tokens.shape[1]) < change.settings.share)


def drop(x: Tensor, change: Change) -> Tensor:
    """Leave tokens out."""
    step = _step(change, x)
    tokens = _opened(x, step)
    there, chosen = _there(tokens, change)
    return _whole(_closed_up(tokens, there & ~chosen), x, step)


def mask(x: Tensor, change: Change) -> Tensor:
    """Make tokens unknown."""
    step = _step(change, x)
    tokens = _opened(x, step)
    _, chosen = _there(tokens, change)
    return _whole(torch.where(chosen, UNKNOWN, tokens), x, step)


def swap(x: Tensor, change: Change) -> Tensor:
    """Let neighbours change places: pairs that begin at even places or at odd ones, so that none is in two."""
    step = _step(change, x)
    tokens = _opened(x, step)
    length = tokens.shape[1]
    if length < 2:
        return x
    u = change.draw(length + 1)
    place = torch.arange(length - 1, device=x.device)[None]
    first = (place % 2 == (u[:, :1] < 0.5).long()) & (u[:, 1:length] < change.settings.share) & (tokens[:, 1:] > 0)
    moved = torch.arange(length, device=x.device).expand_as(tokens).clone()
    moved[:, :-1] += first.long()
    moved[:, 1:] -= first.long()
    return _whole(tokens.gather(1, moved), x, step)


def cut_span(x: Tensor, change: Change) -> Tensor:
    """Cut a run out of some of the texts."""
    step = _step(change, x)
    tokens = _opened(x, step)
    u = change.draw(3)
    count = (tokens > 0).sum(1)
    longest = (change.settings.share * count).floor()
    span = (u[:, 1] * (longest + 1)).floor().clamp(max=longest) * (u[:, 0] < change.settings.probability)
    begin = (u[:, 2] * (count - span + 1)).floor()
    place = torch.arange(tokens.shape[1], device=x.device)[None]
    inside = (place >= begin[:, None]) & (place < (begin + span)[:, None])
    return _whole(_closed_up(tokens, (tokens > 0) & ~inside), x, step)


def crop(x: Tensor, change: Change) -> Tensor:
    """Keep one run of each text."""
    step = _step(change, x)
    tokens = _opened(x, step)
    u = change.draw(2)
    count = (tokens > 0).sum(1)
    size = change.settings.smallest + (1 - change.settings.smallest) * u[:, 0]
    kept = (size * count).ceil().clamp(min=1)
    begin = (u[:, 1] * (count - kept + 1)).floor()
    place = torch.arange(tokens.shape[1], device=x.device)[None]
    inside = (place >= begin[:, None]) & (place < (begin + kept)[:, None])
    return _whole(_closed_up(tokens, (tokens > 0) & inside), x, step)


def replace(x: Tensor, change: Change) -> Tensor:
    """Put others of the vocabulary in the place of tokens."""
    step = _step(change, x)
    tokens = _opened(x, step)
    length = tokens.shape[1]
    u = change.draw(2 * length)
    chosen = (tokens > 0) & (u[:, :length] < change.settings.share)
    entries = step.index_count(change.field.statistics) - step.first_token
    if entries < 1:
        return x
    other = (u[:, length:] * entries).long().clamp(max=entries - 1) + step.first_token
    return _whole(torch.where(chosen, other, tokens), x, step)


def repeat(x: Tensor, change: Change) -> Tensor:
    """Write tokens twice."""
    step = _step(change, x)
    tokens = _opened(x, step)
    there, chosen = _there(tokens, change)
    place = (there.long() + chosen.long()).cumsum(1) - 1 - chosen.long()
    wide = torch.zeros((len(x), 2 * x.shape[1]), dtype=x.dtype, device=x.device)
    for offset, which in ((0, there), (1, chosen)):
        wide.scatter_add_(1, (place + offset).clamp(min=0), tokens * which)
    return _whole(wide[:, : x.shape[1]], x, step)
