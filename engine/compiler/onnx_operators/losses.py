"""Losses and the steps of training that a file may hold."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from engine.compiler.onnx_operators.table import operator

_TRAINING = "ai.onnx.preview.training"


@operator("NegativeLogLikelihoodLoss")
def nll_loss(
    x: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int | None = None,
    reduction: str = "mean",
) -> Tensor:
    """What is missing of the logarithm of the right class."""
    left_out = -100 if ignore_index is None else ignore_index
    return F.nll_loss(x, target.long(), weight, ignore_index=left_out, reduction=reduction)


@operator("SoftmaxCrossEntropyLoss")
def softmax_cross_entropy_loss(
    x: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int | None = None,
    reduction: str = "mean",
    outputs: int = 1,
) -> tuple[Tensor, ...]:
    """The same of scores, and the logarithms of their shares."""
    logs = F.log_softmax(x, 1)
    found = nll_loss(logs, target, weight, ignore_index=ignore_index, reduction=reduction)
    return (found, logs)[:outputs]


def _apart(inputs: tuple[Any, ...], kinds: int) -> list[list[Tensor]]:
    count = (len(inputs) - 2) // kinds
    return [list(inputs[2 + i * count : 2 + (i + 1) * count]) for i in range(kinds)]


@operator("Adagrad", domain=_TRAINING)
def adagrad(
    *inputs: Any, decay_factor: float = 0.0, epsilon: float = 1e-6, norm_coefficient: float = 0.0
) -> tuple[Tensor, ...]:
    """One step of Adagrad."""
    rate = inputs[0] / (1 + inputs[1].to(inputs[0].dtype) * decay_factor)
    xs, gs, hs = _apart(inputs, 3)
    new_x, new_h = [], []
    for x, g, h in zip(xs, gs, hs, strict=True):
        g = norm_coefficient * x + g
        h = h + g * g
        new_x.append(x - rate * g / (h.sqrt() + epsilon))
        new_h.append(h)
    return (*new_x, *new_h)


@operator("Adam", domain=_TRAINING)
def adam(
    *inputs: Any,
    alpha: float = 0.9,
    beta: float = 0.999,
    epsilon: float = 1e-6,
    norm_coefficient: float = 0.0,
    norm_coefficient_post: float = 0.0,
) -> tuple[Tensor, ...]:
    """One step of Adam."""
    step = inputs[1].double()
    rate = inputs[0]
    if bool(step > 0):
        rate = (inputs[0].double() * torch.sqrt(1 - beta**step) / (1 - alpha**step)).to(inputs[0].dtype)
    xs, gs, vs, hs = _apart(inputs, 4)
    new: list[list[Tensor]] = [[], [], []]
    for x, g, v, h in zip(xs, gs, vs, hs, strict=True):
        g = norm_coefficient * x + g
        v = alpha * v + (1 - alpha) * g
        h = beta * h + (1 - beta) * g * g
        moved = x - rate * v / (h.sqrt() + epsilon)
        new[0].append((1 - norm_coefficient_post) * moved)
        new[1].append(v)
        new[2].append(h)
    return (*new[0], *new[1], *new[2])


@operator("Momentum", domain=_TRAINING)
def momentum(*inputs: Any, alpha: float, beta: float, mode: str, norm_coefficient: float) -> tuple[Tensor, ...]:
    """One step with momentum, plain or after Nesterov."""
    xs, gs, vs = _apart(inputs, 3)
    new_x, new_v = [], []
    for x, g, v in zip(xs, gs, vs, strict=True):
        g = norm_coefficient * x + g
        v = alpha * v + (beta if bool(inputs[1] > 0) else 1.0) * g
        new_x.append(x - inputs[0] * (g + alpha * v if mode == "nesterov" else v))
        new_v.append(v)
    return (*new_x, *new_v)
