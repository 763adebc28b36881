"""From what stands at an output to an answer: probabilities of classes, or a number in its own unit.

Axes: N samples, C classes.
"""

import torch
from torch import Tensor


def probabilities(raw: Tensor, answer: str, classes: int) -> Tensor:
    """(N, C) of what an output for a category gives. `answer` is that of `engine.checks.answers`.

    A single score for two classes stands for the second; several dimensions after the classes are told apart as
    samples.
    """
    scores = raw.float()
    if scores.dim() == 1:
        scores = scores[:, None]
    if scores.dim() > 2:
        scores = scores.movedim(1, -1).reshape(-1, scores.shape[1])
    if answer == "softmax":
        scores = scores.softmax(1)
    elif answer == "sigmoid":
        scores = scores.sigmoid()
    elif answer == "exp":
        scores = scores.exp()
    if scores.shape[1] == 1 and classes == 2:
        scores = torch.cat([1 - scores, scores], 1)
    return scores
