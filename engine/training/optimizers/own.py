"""Optimizers that torch lacks, on lists of tensors at once, and SparseAdam for gradients that are plain tensors."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.catalog.optimizers import LAMB, LARS, AdaBelief, Adan, Lion, SparseAdam
from engine.training.optimizers.mover import Again, Named, Tables


class LionMover(Tables):
    """p -= lr sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g. Chen et al. 2023, algorithm 2."""

    counts_on_cpu = True

    def __init__(self, optimizer: Lion, parameters: Named) -> None:
        super().__init__(parameters)
        self._rule = optimizer
        self._table("exp_avg")

    @torch.no_grad()
    def step(self, lr: float, again: Again | None = None) -> None:
        rule, gradients = self._rule, self._gradients()
        means = self._lists["exp_avg"]
        torch._foreach_mul_(self._moved, 1 - lr * rule.weight_decay)
        signs = torch._foreach_mul(means, rule.beta1)
        torch._foreach_add_(signs, gradients, alpha=1 - rule.beta1)
        torch._foreach_sign_(signs)
        torch._foreach_add_(self._moved, signs, alpha=-lr)
        torch._foreach_lerp_(means, gradients, 1 - rule.beta2)
        self._drop_gradients()


def _trust(weights: Sequence[Tensor], updates: Sequence[Tensor]) -> list[Tensor]:
    """The size of each parameter over that of its update; 1 where either is 0."""
    large, steps = torch._foreach_norm(list(weights)), torch._foreach_norm(list(updates))
    return [torch.where((w > 0) & (u > 0), w / u, torch.ones_like(w)) for w, u in zip(large, steps, strict=True)]


class LAMBMover(Tables):
    """Adam's direction with weight decay, as long as the parameter is large. You et al. 2020, algorithm 2."""

    counts_on_cpu = True

    def __init__(self, optimizer: LAMB, parameters: Named) -> None:
        super().__init__(parameters)
        self._rule = optimizer
        self._table("exp_avg")
        self._table("exp_avg_sq")

    @torch.no_grad()
    def step(self, lr: float, again: Again | None = None) -> None:
        rule, gradients = self._rule, self._gradients()
        means, squares = self._lists["exp_avg"], self._lists["exp_avg_sq"]
        done = self._next()
        torch._foreach_lerp_(means, gradients, 1 - rule.beta1)
        torch._foreach_mul_(squares, rule.beta2)
        torch._foreach_addcmul_(squares, gradients, gradients, value=1 - rule.beta2)
        size = torch._foreach_sqrt(torch._foreach_div(squares, 1 - rule.beta2**done))
        torch._foreach_add_(size, rule.eps)
        updates = torch._foreach_div(torch._foreach_div(means, 1 - rule.beta1**done), size)
        torch._foreach_add_(updates, self._moved, alpha=rule.weight_decay)
        for update, rate in zip(updates, _trust(self._moved, updates), strict=True):
            update.mul_(rate)
        torch._foreach_add_(self._moved, updates, alpha=-lr)
        self._drop_gradients()


class LARSMover(Tables):
    """Momentum over gradients made as long as `trust` of the parameter. You et al. 2017, algorithm 1.

    Biases and other parameters of one axis move as in SGD and do not decay, as in the records set with it.
    """

    counts_on_cpu = True

    def __init__(self, optimizer: LARS, parameters: Named) -> None:
        super().__init__(parameters)
        self._rule = optimizer
        self._table("momentum_buffer")

    @torch.no_grad()
    def step(self, lr: float, again: Again | None = None) -> None:
        rule, gradients = self._rule, self._gradients()
        for weight, gradient, buffer in zip(self._moved, gradients, self._lists["momentum_buffer"], strict=True):
            update = gradient
            if weight.dim() > 1:
                update = gradient.add(weight, alpha=rule.weight_decay)
                large, long = weight.norm(), gradient.norm()
                rate = rule.trust * large / (long + rule.weight_decay * large + 1e-12)
                update = update * torch.where((large > 0) & (long > 0), rate, torch.ones_like(rate))
            buffer.mul_(rule.momentum).add_(update)
            weight.add_(buffer, alpha=-lr)
        self._drop_gradients()


class AdanMover(Tables):
    """Adam with a mean of how gradients change, which looks ahead. Xie et al. 2024, algorithm 1."""

    counts_on_cpu = True

    def __init__(self, optimizer: Adan, parameters: Named) -> None:
        super().__init__(parameters)
        self._rule = optimizer
        for name in ("exp_avg", "exp_avg_diff", "exp_avg_sq", "previous"):
            self._table(name)

    @torch.no_grad()
    def step(self, lr: float, again: Again | None = None) -> None:
        rule, gradients = self._rule, self._gradients()
        means, changes, squares, before = (
            self._lists[name] for name in ("exp_avg", "exp_avg_diff", "exp_avg_sq", "previous")
        )
        done = self._next()
        if done == 1:
            torch._foreach_copy_(before, gradients)
        change = torch._foreach_sub(gradients, before)
        torch._foreach_copy_(before, gradients)
        ahead = torch._foreach_add(gradients, change, alpha=rule.beta2)
        torch._foreach_lerp_(means, gradients, 1 - rule.beta1)
        torch._foreach_lerp_(changes, change, 1 - rule.beta2)
        torch._foreach_mul_(squares, rule.beta3)
        torch._foreach_addcmul_(squares, ahead, ahead, value=1 - rule.beta3)
        size = torch._foreach_sqrt(torch._foreach_div(squares, 1 - rule.beta3**done))
        torch._foreach_add_(size, rule.eps)
        updates = torch._foreach_div(means, 1 - rule.beta1**done)
        torch._foreach_add_(updates, changes, alpha=rule.beta2 / (1 - rule.beta2**done))
        torch._foreach_addcdiv_(self._moved, updates, size, value=-lr)
        torch._foreach_div_(self._moved, 1 + lr * rule.weight_decay)
        self._drop_gradients()


class AdaBeliefMover(Tables):
    """Adam that divides by how far gradients are from what was expected. Zhuang et al. 2020, algorithm 2."""

    counts_on_cpu = True

    def __init__(self, optimizer: AdaBelief, parameters: Named) -> None:
        super().__init__(parameters)
        self._rule = optimizer
        self._table("exp_avg")
        self._table("exp_avg_var")

    @torch.no_grad()
    def step(self, lr: float, again: Again | None = None) -> None:
        rule, gradients = self._rule, self._gradients()
        means, spreads = self._lists["exp_avg"], self._lists["exp_avg_var"]
        done = self._next()
        torch._foreach_mul_(self._moved, 1 - lr * rule.weight_decay)
        torch._foreach_lerp_(means, gradients, 1 - rule.beta1)
        surprise = torch._foreach_sub(gradients, means)
        torch._foreach_mul_(spreads, rule.beta2)
        torch._foreach_addcmul_(spreads, surprise, surprise, value=1 - rule.beta2)
        torch._foreach_add_(spreads, rule.eps)
        size = torch._foreach_sqrt(torch._foreach_div(spreads, 1 - rule.beta2**done))
        torch._foreach_add_(size, rule.eps)
        torch._foreach_addcdiv_(self._moved, means, size, value=-lr / (1 - rule.beta1**done))
        self._drop_gradients()


class SparseAdamMover(Tables):
    """torch's SparseAdam for rows: those whose gradient is all 0 are left as they are, and so is what is known of them.

    Our gradients are ordinary tensors, of which the touched rows are looked up; made into sparse tensors for torch's
    own class they cost a hundred times as much.
    """

    counts_on_cpu = True

    def __init__(self, optimizer: SparseAdam, parameters: Named) -> None:
        super().__init__(parameters)
        self._rule = optimizer
        self._table("exp_avg")
        self._table("exp_avg_sq")

    @torch.no_grad()
    def step(self, lr: float, again: Again | None = None) -> None:
        rule, gradients = self._rule, self._gradients()
        done = self._next()
        size = lr * (1 - rule.beta2**done) ** 0.5 / (1 - rule.beta1**done)
        tables = zip(self._moved, gradients, self._lists["exp_avg"], self._lists["exp_avg_sq"], strict=True)
        for weight, gradient, mean, square in tables:
            if weight.dim() == 0:
                weight, gradient, mean, square = (x.unsqueeze(0) for x in (weight, gradient, mean, square))
            rows = gradient.reshape(len(gradient), -1).any(1).nonzero().squeeze(1)
            if not len(rows):
                continue
            told = gradient[rows]
            mean[rows] = new_mean = mean[rows].lerp(told, 1 - rule.beta1)
            square[rows] = new_square = square[rows].lerp(told.square(), 1 - rule.beta2)
            weight[rows] -= size * new_mean / (new_square.sqrt() + rule.eps)
        self._drop_gradients()
