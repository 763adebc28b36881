"""Integrated gradients, also those that Gradient SHAP is made of. Axes: S steps."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from torch import Tensor

from engine.errors import DataError
from engine.evaluation.explaining.question import Question, Relevance, share_explained
from engine.evaluation.explaining.sample import baseline_words

_MOST_STEPS: Final = 512
_CLOSE: Final = 0.03
"""Share of the score that may be missing before the way is taken in smaller steps."""


def relevance(question: Question) -> Relevance:
    """Each number's share of the score's difference from the baseline. Raises DataError where no gradient flows."""
    kind = question.settings.baseline
    base = question.baseline(kind)
    own = question.sample.inputs
    score = float(question.scores(own)[0])
    steps = question.settings.steps
    while True:
        found, base_score = along_the_way(question, own, base, steps)
        total = sum(float(item.double().sum()) for item in found.values())
        share = share_explained(total, score, base_score)
        if share is None or abs(share - 1) <= _CLOSE or steps * 2 > _MOST_STEPS:
            break
        steps *= 2
    return Relevance(
        by_input=found,
        score=score,
        baseline_score=base_score,
        baseline=baseline_words(question.sample, kind),
        explained=share,
    )


def along_the_way(
    question: Question, own: Mapping[str, Tensor], base: Mapping[str, Tensor], steps: int
) -> tuple[dict[str, Tensor], float]:
    """Gradients summed up on the straight way from a baseline (1, ...) to the sample, by Input, on the CPU; and the
    score where the way begins.

    What is no number with a gradient, such as the lengths of texts and where they are filled up, stays the sample's.

    The points are those of Gauss and Legendre, of which fewer do than of equal steps.
    """
    taps = question.taps
    entries = {input_id: taps.entries(input_id) for input_id in own}
    values = tuple(value for found in entries.values() for value in found)
    for input_id, found in entries.items():
        if not found:
            raise DataError(
                "No gradient reaches this input: the network looks its values up or counts them.",
                where=input_id,
                hint="Choose SHAP, LIME or occlusion, which need none.",
            )
    with torch.no_grad():
        here, there = (taps.run(inputs, wanted=values) for inputs in (own, base))
        start_score = float(question.score_of(own, {value: there[value] for value in values})[0])
    points, weights = _points(steps)
    sums = {value: torch.zeros_like(here[value], dtype=torch.float64) for value in values}
    together = max(1, min(question.together, 64))
    for start in range(0, steps, together):
        question.report(start / steps)
        some = points[start : start + together]
        leaves = {value: _between(here[value], there[value], some) for value in values}
        inputs = {name: tensor.expand(len(some), *tensor.shape[1:]) for name, tensor in own.items()}
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            score = question.score_of(inputs, {value: leaf * 1 for value, leaf in leaves.items()})
            if not score.requires_grad:
                raise DataError(
                    "No gradient flows from the answer back to the sample.",
                    where=question.target.output_id,
                    hint="Choose SHAP, LIME or occlusion, which need none.",
                )
            gradients = torch.autograd.grad(score.sum(), list(leaves.values()), allow_unused=True)
        for value, gradient in zip(leaves, gradients, strict=True):
            if gradient is not None:
                scale = weights[start : start + together].to(gradient.device)
                sums[value] += (gradient.double() * _rows(scale, gradient)).sum(0, keepdim=True)
    parts = {value: (sums[value] * (here[value] - there[value]).double())[0].float().cpu() for value in values}
    by_input = {
        input_id: _at_input(question, input_id, [parts[value] for value in found], own[input_id][0])
        for input_id, found in entries.items()
    }
    return by_input, start_score


def _points(steps: int) -> tuple[Tensor, Tensor]:
    """Places on the way, 0 to 1, and what each counts for."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)


def _between(here: Tensor, there: Tensor, points: Tensor) -> Tensor:
    """(S, ...) tensors on the way, which gradients are wanted for."""
    at = _rows(points.to(here), here)
    return (there + at * (here - there)).detach().requires_grad_()


def _rows(numbers: Tensor, like: Tensor) -> Tensor:
    return numbers.reshape(-1, *[1] * (like.dim() - 1))


def _at_input(question: Question, input_id: str, parts: list[Tensor], own: Tensor) -> Tensor:
    """Relevance in the shape of the Input: features of an embedding added up, positions where they were before."""
    found = torch.zeros(own.shape)
    shift = question.taps.steps.input_shifts.get(input_id, (0, 0))[0]
    for part in parts:
        if part.shape == own.shape:
            found += part
            continue
        if own.dim() == 0 or own.numel() == 1:
            found += part.sum().reshape(own.shape)
            continue
        axis = next((place for place, size in enumerate(part.shape) if size == own.shape[0]), None)
        if axis is None:
            raise DataError(
                "The network adds up its words before anything can be told of one of them.",
                where=input_id,
                hint="Choose SHAP, LIME or occlusion.",
            )
        line = part.movedim(axis, 0).reshape(own.shape[0], -1).sum(1)
        found += torch.cat([line[shift:], torch.zeros(shift)]) if shift else line
    return found
