"""LIME: a weighted ridge regression on which parts were left out. Axes: M variants, P parts."""

from typing import Final

import torch
from torch import Tensor

from engine.evaluation.explaining.pieces import pieces_of
from engine.evaluation.explaining.question import Question, Relevance
from engine.evaluation.explaining.sample import baseline_words

_WIDTH: Final = 0.5
"""How far from the sample an answer still counts: at this share of parts left out, e^-1."""
_RIDGE: Final = 0.01


def relevance(question: Question) -> Relevance:
    """The weight of each part, and how well the straight line fits (as `explained`)."""
    kind = question.settings.baseline
    base = question.baseline(kind)
    count = question.affordable(question.settings.samples, 100)
    pieces = pieces_of(question, min(question.settings.parts, count // 4))
    generator = question.generator()
    count = max(count, 2 * pieces.count)
    share = torch.rand((count, 1), generator=generator)  # from hardly anything to nearly all is left out
    kept = torch.rand((count, pieces.count), generator=generator) >= share
    kept[0], kept[1] = True, False
    scores = []
    for start in range(0, count, question.together):
        question.report(start / count)
        some = kept[start : start + question.together]
        scores.append(question.scores(pieces.mixed(some, question.sample.inputs, base)))
    score_m = torch.cat(scores)
    gone = 1 - kept.double().mean(1)
    weight_m = torch.exp(-(gone / _WIDTH).square())
    slopes, fit = fitted_line(kept.double(), score_m, weight_m)
    return Relevance(
        by_input=pieces.spread(slopes),
        score=float(score_m[0]),
        baseline_score=float(score_m[1]),
        baseline=baseline_words(question.sample, kind),
        explained=fit,
    )


def fitted_line(design_mp: Tensor, goal_m: Tensor, weight_m: Tensor) -> tuple[Tensor, float | None]:
    """Slopes of the weighted ridge regression, and the share of the weighted variation that it accounts for."""
    weight = weight_m / weight_m.sum()
    centred = design_mp - (weight[:, None] * design_mp).sum(0)
    goal = goal_m - (weight * goal_m).sum()
    square = centred.T @ (centred * weight[:, None])
    scale = float(square.diagonal().mean())
    square += torch.eye(len(square), dtype=torch.float64) * max(_RIDGE * scale, 1e-12)
    slopes = torch.linalg.solve(square, centred.T @ (weight * goal))
    variation = float((weight * goal.square()).sum())
    if variation < 1e-12:
        return slopes, None
    missed = float((weight * (goal - centred @ slopes).square()).sum())
    return slopes, max(0.0, 1 - missed / variation)
