"""Scores of answers against the truth, and what they can be trusted for.

Axes: N samples, C classes.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.protocol.messages.evaluation import ClassScore
from engine.training.metrics import count_by_class, macro_averages, number_metrics

Z_95: Final = 1.959963984540054
CALIBRATION_BINS: Final = 15


def wilson_interval(right: int, samples: int) -> list[float]:
    """Between what shares the true share lies with 95 % confidence. Source: Wilson 1927.

    Unlike the textbook's plus or minus it is right for few samples and for shares near 0 and 1.
    """
    if samples == 0:
        return []
    share, z2 = right / samples, Z_95 * Z_95
    center = share + z2 / (2 * samples)
    spread = Z_95 * math.sqrt(share * (1 - share) / samples + z2 / (4 * samples * samples))
    scale = 1 + z2 / samples
    low = 0.0 if right == 0 else (center - spread) / scale
    high = 1.0 if right == samples else (center + spread) / scale
    return [low, high]


def calibration_error(confidence_n: Tensor, right_n: Tensor) -> float:
    """How far the network's own confidence is from its share of right answers, on average, 0 to 1.

    Expected calibration error over 15 bins of equal width. Source: Guo et al. 2017.
    """
    if len(confidence_n) == 0:
        return 0.0
    confidence = confidence_n.double().clamp(0, 1)
    bins = (confidence * CALIBRATION_BINS).ceil().long().sub(1).clamp(0, CALIBRATION_BINS - 1)
    gap = torch.zeros(CALIBRATION_BINS, dtype=torch.float64)
    gap.index_add_(0, bins, right_n.double() - confidence)
    return float(gap.abs().sum() / len(confidence))


def confusion(true_n: Tensor, answer_n: Tensor, classes: int) -> list[list[int]]:
    """matrix[true][answer] counts samples."""
    counts = torch.bincount(true_n * classes + answer_n, minlength=classes * classes)
    matrix: list[list[int]] = counts.reshape(classes, classes).tolist()
    return matrix


def class_scores(true_n: Tensor, answer_n: Tensor, names: list[str]) -> list[ClassScore]:
    """Precision, recall and F1 of each class; 0 where there is nothing to divide by."""
    found = []
    for name, (right, named, samples) in zip(
        names, count_by_class(answer_n, true_n, len(names)).T.tolist(), strict=True
    ):
        found.append(
            ClassScore(
                name=name,
                precision=right / named if named else 0.0,
                recall=right / samples if samples else 0.0,
                f1=2 * right / (named + samples) if named + samples else 0.0,
                samples=samples,
            )
        )
    return found


def category_metrics(scores_nc: Tensor, true_n: Tensor) -> dict[str, float]:
    """Metrics of answers with a class: accuracy first. Top-2 and top-k only where there are more classes than that."""
    samples, classes = scores_nc.shape
    if samples == 0:
        return {}
    confidence_n, answer_n = scores_nc.max(1)
    right_n = answer_n == true_n
    found = {"accuracy": float(right_n.double().mean())}
    found.update(macro_averages(count_by_class(answer_n, true_n, classes)))
    for k, name in ((2, "top_2_accuracy"), (3, "top_3_accuracy"), (5, "top_5_accuracy")):
        if classes > k:
            among = (scores_nc.topk(k, dim=1).indices == true_n[:, None]).any(1)
            found[name] = float(among.double().mean())
    found["calibration_error"] = calibration_error(confidence_n, right_n)
    return found


def overlap_of(areas: npt.NDArray[np.float64], classes: int) -> npt.NDArray[np.float64]:
    """(D,) intersection over union, averaged over the classes that are there, of (D, 3 · C) points found rightly,
    answered and true."""
    right, named, true = areas.reshape(-1, 3, classes).transpose(1, 0, 2)
    union = named + true - right
    there = union > 0
    each = np.where(there, right / np.maximum(1, union), 0.0)
    return np.asarray(each.sum(1) / np.maximum(1, there.sum(1)))


def regression_metrics(answer_n: Tensor, true_n: Tensor) -> dict[str, float]:
    """Metrics of numbers, in their own unit."""
    answer, true = answer_n.double(), true_n.double()
    error, centered = answer - true, true - (true.mean() if len(true) else 0.0)
    found = number_metrics(
        float(len(true)),
        float(error.abs().sum()),
        float(error.square().sum()),
        float(centered.sum()),
        float(centered.square().sum()),
    )
    if len(true):
        found["median_absolute_error"] = float(error.abs().median())
    return {name: value for name, value in found.items() if math.isfinite(value)}
