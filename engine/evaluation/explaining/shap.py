"""SHAP: Kernel SHAP for columns and words, Gradient SHAP for pictures, sound and series.

Kernel SHAP asks for every way of putting the parts together where there are few of them, which gives the very Shapley
values; else for the ways that weigh most, and solves for the values that fit them best and add up to the score.
Axes: M ways, P parts, B background samples.
"""

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Final

import torch
from torch import Tensor

from engine.document.data_spec import FieldKind
from engine.errors import DataError
from engine.evaluation.explaining.integrated_gradients import along_the_way
from engine.evaluation.explaining.pieces import Pieces, has_parts_of_its_own, pieces_of
from engine.evaluation.explaining.question import Question, Relevance, share_explained
from engine.evaluation.explaining.sample import Sample, baseline_words

_ALL_UP_TO: Final = 11
_STEPS: Final = 8
_WAYS: Final = 16
_VARIANTS: Final = 40_000


def relevance(question: Question) -> Relevance:
    """Shapley values, exact or estimated, against training samples (or, for words, against an empty text)."""
    if has_parts_of_its_own(question.sample):
        return _kernel(question, pieces_of(question), _usual(question, question.settings.background))
    try:
        return _gradient(question)
    except DataError:  # no gradient flows; what is asked is the same without one
        base = question.baseline("average")
        return _kernel(question, pieces_of(question, 24), dict(base))


def _usual(question: Question, most: int) -> dict[str, Tensor]:
    """Background samples, (B, ...) by Input, with no words in their texts; only texts need no more than one."""
    only_text = all(s.field.kind is FieldKind.TEXT for slots in question.sample.slots.values() for s in slots)
    if only_text:
        return dict(question.baseline("average"))
    samples = question.background(most) or ()
    if not samples:
        return dict(question.baseline("average"))
    blank = question.baseline("average")
    return {
        name: blank[name] if _is_text(question.sample, name) else torch.cat([s.inputs[name] for s in samples])
        for name in question.sample.inputs
    }


def _is_text(sample: Sample, input_id: str) -> bool:
    return any(slot.field.kind is FieldKind.TEXT for slot in sample.slots[input_id])


# Gradient SHAP


def _gradient(question: Question) -> Relevance:
    own = question.sample.inputs
    ways = question.affordable(_WAYS * _STEPS, 4 * _STEPS, gradients=True) // _STEPS
    usual = _usual(question, min(question.settings.background, ways))
    count = max(len(tensor) for tensor in usual.values())
    score = float(question.scores(own)[0])
    base_score = 0.0
    sums = {name: torch.zeros(tensor.shape[1:], dtype=torch.float64) for name, tensor in own.items()}
    for row in range(count):
        question.report(row / count)
        base = {name: _all_rows(tensor, count)[row : row + 1] for name, tensor in usual.items()}
        parts, start = along_the_way(question, own, base, _STEPS)
        base_score += start / count
        for name, part in parts.items():
            sums[name] += part.double() / count
    total = sum(float(part.sum()) for part in sums.values())
    return Relevance(
        by_input={name: part.float() for name, part in sums.items()},
        score=score,
        baseline_score=base_score,
        baseline=f"{count} training samples",
        explained=share_explained(total, score, base_score),
    )


def _all_rows(tensor: Tensor, count: int) -> Tensor:
    return tensor.expand(count, *tensor.shape[1:]) if len(tensor) == 1 else tensor


# Kernel SHAP


def _kernel(question: Question, pieces: Pieces, usual: Mapping[str, Tensor]) -> Relevance:
    count = pieces.count
    background = max(len(tensor) for tensor in usual.values())
    everything = torch.ones((1, count), dtype=torch.bool)
    score = float(question.scores(question.sample.inputs)[0])
    base_score = float(_worth(question, pieces, usual, ~everything)[0])
    if count <= _ALL_UP_TO:
        values = _exact(question, pieces, usual)
    else:
        values = _fitted(question, pieces, usual, score, base_score, background)
    alone = background == 1
    words = baseline_words(question.sample, "average") if alone else f"{background} training samples"
    return Relevance(
        by_input=pieces.spread(values),
        score=score,
        baseline_score=base_score,
        baseline=words,
        explained=share_explained(float(values.sum()), score, base_score),
    )


def _worth(question: Question, pieces: Pieces, usual: Mapping[str, Tensor], kept_mp: Tensor) -> Tensor:
    """(M,) mean score over the background, with only the parts kept that are."""
    background = max(len(tensor) for tensor in usual.values())
    found = []
    together = max(1, question.together // background)
    for start in range(0, len(kept_mp), together):
        question.report(min(0.99, start / len(kept_mp)))
        some = kept_mp[start : start + together]
        rows = some.repeat_interleave(background, 0)
        other = {
            name: _all_rows(tensor, background).repeat(len(some), *[1] * (tensor.dim() - 1))
            for name, tensor in usual.items()
        }
        scores = question.scores(pieces.mixed(rows, question.sample.inputs, other))
        found.append(scores.reshape(len(some), background).mean(1))
    return torch.cat(found)


def _exact(question: Question, pieces: Pieces, usual: Mapping[str, Tensor]) -> Tensor:
    """The Shapley values themselves, of all 2^P ways."""
    count = pieces.count
    numbers = torch.arange(2**count)
    kept = (numbers[:, None] >> torch.arange(count)) & 1 > 0
    worth = _worth(question, pieces, usual, kept)
    sizes = kept.sum(1)
    weights = torch.tensor(
        [math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count) for size in range(count)],
        dtype=torch.float64,
    )
    values = torch.zeros(count, dtype=torch.float64)
    for part in range(count):
        without = numbers[~kept[:, part]]
        gain = worth[without | (1 << part)] - worth[without]
        values[part] = (weights[sizes[without]] * gain).sum()
    return values


def _fitted(
    question: Question,
    pieces: Pieces,
    usual: Mapping[str, Tensor],
    score: float,
    base_score: float,
    background: int,
) -> Tensor:
    """Values that fit the ways tried best, with the weights of Lundberg and Lee, and add up exactly."""
    budget = max(2 * pieces.count, question.affordable(min(question.settings.samples, _VARIANTS // background), 128))
    kept, weights = _ways(pieces.count, budget, question.generator())
    worth = _worth(question, pieces, usual, kept) - base_score
    design = kept.double()
    total = score - base_score
    # The last value is what the others leave of the total; so the sum holds, whatever the fit.
    left = design[:, :-1] - design[:, -1:]
    goal = worth - design[:, -1] * total
    square = left.T @ (left * weights[:, None])
    square += torch.eye(len(square), dtype=torch.float64) * 1e-9 * float(square.diagonal().mean())
    solved = torch.linalg.solve(square, left.T @ (weights * goal))
    return torch.cat([solved, (total - solved.sum())[None]])


def _ways(count: int, budget: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """bool (M, P) ways and their weights: sizes from both ends in full while they fit, the rest drawn in pairs."""
    mass = [(count - 1) / (size * (count - size)) for size in range(1, count)]
    rows: list[Tensor] = []
    weights: list[float] = []
    left = budget
    size = 1
    while size <= count // 2:
        mirrored = size != count - size
        many = math.comb(count, size) * (2 if mirrored else 1)
        if many > left:
            break
        for chosen in combinations(range(count), size):
            row = torch.zeros(count, dtype=torch.bool)
            row[list(chosen)] = True
            rows += [row, ~row] if mirrored else [row]
            weights += [mass[size - 1] / math.comb(count, size)] * (2 if mirrored else 1)
        left -= many
        size += 1
    open_sizes = torch.tensor(list(range(size, count - size + 1)))
    if left >= 2 and len(open_sizes):
        chances = torch.tensor([mass[int(item) - 1] for item in open_sizes], dtype=torch.float64)
        pairs = left // 2
        drawn = open_sizes[torch.multinomial(chances, pairs, replacement=True, generator=generator)]
        for item in drawn.tolist():
            row = torch.zeros(count, dtype=torch.bool)
            row[torch.randperm(count, generator=generator)[:item]] = True
            rows += [row, ~row]
        weights += [float(chances.sum()) / (2 * pairs)] * (2 * pairs)
    return torch.stack(rows), torch.tensor(weights, dtype=torch.float64)
