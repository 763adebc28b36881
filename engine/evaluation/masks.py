"""Scores of masks: how far answered and true regions overlap, class by class and sample by sample.

Axes: N samples, C classes, H height, W width.
"""

from typing import Final

import torch
from torch import Tensor

from engine.document.data_spec import Field
from engine.protocol.messages.evaluation import ClassScore, FieldEvaluation, Mistake

MOST_MISTAKES: Final = 60


def mask_of(raw: Tensor, answer: str) -> Tensor:
    """Class numbers int64 (N, H, W) of what stands at an output, (N, C, H, W); one score alone says yes or no."""
    if raw.shape[1] > 1:
        return raw.argmax(1)
    threshold = 0.0 if answer in ("softmax", "sigmoid") else 0.5
    return (raw[:, 0] > threshold).to(torch.int64)


def class_areas(answer_nhw: Tensor, true_nhw: Tensor, classes: int) -> Tensor:
    """int64 (N, 3, C): for each sample and class the points found rightly, answered, and true."""
    count = len(answer_nhw)
    offset = torch.arange(count, dtype=torch.int64)[:, None] * classes
    answer, true = answer_nhw.reshape(count, -1) + offset, true_nhw.reshape(count, -1) + offset
    size = count * classes
    right = torch.bincount(true[answer == true], minlength=size)
    found = [
        right,
        torch.bincount(answer.reshape(-1), minlength=size),
        torch.bincount(true.reshape(-1), minlength=size),
    ]
    return torch.stack([item.reshape(count, classes) for item in found], 1)


def is_mask(field: Field, raw: Tensor) -> bool:
    """Whether what stands at the output, (N, C, H, W), can be read as a mask of the field's classes."""
    classes = len(field.statistics.classes)
    return raw.dim() == 4 and classes > 0 and raw.shape[1] in (1, classes)


def true_mask(target: Tensor) -> Tensor:
    """Class numbers int64 (N, H, W) of prepared targets; a region is (N, 1, H, W)."""
    return target[:, 0].round().to(torch.int64) if target.is_floating_point() else target


def score_mask(field: Field, areas: Tensor, indices: Tensor) -> FieldEvaluation:
    """Scores of masks, counted in points; the mistakes are the samples with the least overlap, which is their score.

    `areas` are those of `class_areas`. Of two classes the score is the overlap of the second, the object.
    """
    names = list(field.statistics.classes)
    right, named, true = areas.sum(0).tolist()
    per_class = [
        ClassScore(
            name=name,
            precision=right[number] / named[number] if named[number] else 0.0,
            recall=right[number] / true[number] if true[number] else 0.0,
            f1=2 * right[number] / (named[number] + true[number]) if named[number] + true[number] else 0.0,
            samples=true[number],
            overlap=_overlap(right[number], named[number], true[number]),
        )
        for number, name in enumerate(names)
    ]
    seen = [item for item in per_class if item.overlap is not None]
    metrics = {
        "accuracy": sum(right) / max(1, sum(true)),
        "jaccard_macro": sum(item.overlap or 0.0 for item in seen) / max(1, len(seen)),
        "dice": sum(item.f1 for item in seen) / max(1, len(seen)),
    }
    return FieldEvaluation(
        field=field.name, metrics=metrics, classes=names, per_class=per_class, mistakes=_worst(areas, names, indices)
    )


def _overlap(right: int, named: int, true: int) -> float | None:
    """Intersection over union; None of a class that is nowhere."""
    union = named + true - right
    return right / union if union else None


def _worst(areas: Tensor, names: list[str], indices: Tensor) -> list[Mistake]:
    """The samples whose regions overlap least, averaged over the classes that they hold (of two: the second alone)."""
    first = 1 if len(names) == 2 else 0
    right, named, true = areas[:, :, first:].double().unbind(1)
    union = named + true - right
    there = union > 0
    overlap = torch.where(there, right / union.clamp(min=1), torch.zeros(()).double()).sum(1)
    counted = there.sum(1)
    score = torch.where(counted > 0, overlap / counted.clamp(min=1), torch.ones(()).double())
    total = areas[:, 2].sum(1).clamp(min=1).double()
    found = []
    for row in score.argsort(stable=True)[:MOST_MISTAKES].tolist():
        if float(score[row]) == 1.0:
            break
        share = areas[row].double() / total[row]
        found.append(
            Mistake(
                index=int(indices[row]),
                true=_covered(share[2], names),
                predicted=_covered(share[1], names),
                score=float(score[row]),
            )
        )
    return found


def _covered(shares: Tensor, names: list[str]) -> str:
    """The largest classes but the first, which is the background: "object 12.0%"."""
    order = [number for number in shares.argsort(descending=True).tolist() if number > 0 and shares[number] > 0]
    return ", ".join(f"{names[number]} {float(shares[number]):.1%}" for number in order[:2]) or names[0]
