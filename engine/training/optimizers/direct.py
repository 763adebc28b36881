"""SGD, Adam, AdamW and Adagrad by torch's own kernels, called directly.

A step of torch.optim spends most of a small network's time on bookkeeping in Python (AdamW on six tensors: 49 us, the
kernel itself 10), and making the first torch.optim object imports torch's compiler, which delays the first step by
one to two seconds. The numbers are those of torch.optim with fused=True, to the last bit
(tests/unit/training/test_optimizers.py).
"""

from typing import Any

import torch
from torch import Tensor

from engine.catalog.optimizers import SGD, Adagrad, Adam, AdamW
from engine.training.optimizers.mover import Again, Named, Tables


class AdamMover(Tables):
    """Adam and AdamW by torch's fused kernel."""

    def __init__(self, optimizer: Adam | AdamW, parameters: Named) -> None:
        super().__init__(parameters)
        self._table("exp_avg")
        self._table("exp_avg_sq")
        if optimizer.amsgrad:
            self._table("max_exp_avg_sq")
        self._kernel = torch._fused_adamw_ if isinstance(optimizer, AdamW) else torch._fused_adam_
        self._settings: dict[str, Any] = {
            "beta1": optimizer.beta1,
            "beta2": optimizer.beta2,
            "weight_decay": optimizer.weight_decay,
            "eps": optimizer.eps,
            "amsgrad": optimizer.amsgrad,
            "maximize": False,
        }

    def step(self, lr: float, again: Again | None = None) -> None:
        gradients = self._gradients()
        lists = self._lists
        with torch.no_grad():
            self._count.add_(1)
            self._kernel(
                self._moved,
                gradients,
                lists["exp_avg"],
                lists["exp_avg_sq"],
                lists.get("max_exp_avg_sq", []),
                lists["steps"],
                lr=lr,
                **self._settings,
            )
        self._drop_gradients()


class SGDMover(Tables):
    """SGD by torch's fused kernel."""

    def __init__(self, optimizer: SGD, parameters: Named) -> None:
        super().__init__(parameters)
        self._with_momentum = optimizer.momentum > 0
        if self._with_momentum:
            self._table("momentum_buffer")
        self._first = True
        named = optimizer.arguments()
        self._settings: dict[str, Any] = {
            "weight_decay": named["weight_decay"],
            "momentum": named["momentum"],
            "dampening": named["dampening"],
            "nesterov": named["nesterov"],
            "maximize": False,
        }

    def step(self, lr: float, again: Again | None = None) -> None:
        gradients = self._gradients()
        buffers = self._lists["momentum_buffer"] if self._with_momentum else []
        first = self._first and self._with_momentum
        with torch.no_grad():
            if first:
                self._count.add_(1)
            torch._fused_sgd_(self._moved, gradients, buffers, lr=lr, is_first_step=first, **self._settings)
        self._first = False
        self._drop_gradients()

    def load(self, state: dict[str, Tensor]) -> None:
        super().load(state)
        self._first = not bool(self._count)


class AdagradMover(Tables):
    """Adagrad by torch's fused kernel."""

    def __init__(self, optimizer: Adagrad, parameters: Named) -> None:
        super().__init__(parameters)
        self._table("sum", optimizer.initial_accumulator_value)
        self._settings: dict[str, Any] = {
            "lr_decay": optimizer.lr_decay,
            "weight_decay": optimizer.weight_decay,
            "eps": optimizer.eps,
            "maximize": False,
        }

    def step(self, lr: float, again: Again | None = None) -> None:
        gradients = self._gradients()
        with torch.no_grad():
            self._count.add_(1)
            torch._fused_adagrad_(
                self._moved, gradients, self._lists["sum"], self._lists["steps"], lr=lr, **self._settings
            )
        self._drop_gradients()
