"""Optimizers that need no schedule: they train at one place and answer at the average of where they have been.

Defazio et al. 2024. The parameters are y, at which gradients are taken; z moves by them, and x is the weighted mean of
all z. y = (1 - beta) z + beta x, so x follows from y and z, and is computed when it is asked for.
"""

import torch
from torch import Tensor

from engine.catalog.optimizers import ScheduleFreeAdamW, ScheduleFreeSGD
from engine.training.optimizers.mover import Again, Named, Tables


class ScheduleFreeMover(Tables):
    """Both kinds; AdamW divides gradients by their recent size first. Later points count by their learning rate²."""

    counts_on_cpu = True

    def __init__(self, optimizer: ScheduleFreeAdamW | ScheduleFreeSGD, parameters: Named) -> None:
        super().__init__(parameters)
        self._rule = optimizer
        self._beta = optimizer.beta1 if isinstance(optimizer, ScheduleFreeAdamW) else optimizer.momentum
        self._tables["z"] = [parameter.detach().clone() for parameter in self.parameters]
        if isinstance(optimizer, ScheduleFreeAdamW):
            self._table("exp_avg_sq")
        self._sums = torch.zeros(2, dtype=torch.float64)
        """Weight of all points so far, and the largest learning rate."""

    @torch.no_grad()
    def step(self, lr: float, again: Again | None = None) -> None:
        rule, gradients = self._rule, self._gradients()
        points, averages = self._lists["z"], self._moved
        done = self._next()
        total, largest = self._sums.tolist()
        largest = max(largest, lr)
        weight = largest**2
        total += weight
        share = weight / total if total > 0 else 0.0
        self._sums.copy_(torch.tensor([total, largest], dtype=torch.float64))
        if isinstance(rule, ScheduleFreeAdamW):
            squares = self._lists["exp_avg_sq"]
            torch._foreach_mul_(squares, rule.beta2)
            torch._foreach_addcmul_(squares, gradients, gradients, value=1 - rule.beta2)
            size = torch._foreach_sqrt(torch._foreach_div(squares, 1 - rule.beta2**done))
            torch._foreach_add_(size, rule.eps)
            moves = torch._foreach_div(gradients, size)
        else:
            moves = torch._foreach_mul(gradients, 1.0)
        if rule.weight_decay:
            torch._foreach_add_(moves, averages, alpha=rule.weight_decay)
        torch._foreach_lerp_(averages, points, share)
        torch._foreach_add_(averages, moves, alpha=lr * (self._beta * (1 - share) - 1))
        torch._foreach_add_(points, moves, alpha=-lr)
        self._drop_gradients()

    @torch.no_grad()
    def for_use(self) -> dict[str, Tensor]:
        far = 1 - 1 / self._beta
        return {
            name: torch.lerp(y, z, far)
            for name, y, z in zip(self.names, self.parameters, self._tables["z"], strict=True)
        }

    def state(self) -> dict[str, Tensor]:
        return {"/sums": self._sums, **super().state()}

    def load(self, state: dict[str, Tensor]) -> None:
        super().load(state)
        self._sums.copy_(state["/sums"])
