"""Moves parameters: torch's own kernels called directly for common optimizers, torch.optim for the others.

A step of torch.optim spends most of a small network's time on bookkeeping in Python (AdamW on six tensors: 49 us, the
kernel itself 10), and making the first torch.optim object imports torch's compiler, which delays the first step by
one to two seconds. The numbers are those of torch.optim with fused=True, to the last bit
(tests/unit/training/test_optimizers.py).
"""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from engine.catalog.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer


class Mover(Protocol):
    """What moves the parameters of one player. Gradients are read from `.grad` and let go afterwards."""

    parameters: list[Tensor]

    def step(self, lr: float) -> None:
        """Move the parameters once and drop their gradients."""

    def state(self) -> dict[str, Tensor]:
        """What it remembers, by "<parameter>/<name>" or "/<name>": the tensors themselves, not copies."""

    def load(self, state: dict[str, Tensor]) -> None:
        """Remember what `state` gave; raises KeyError when something is missing."""


def mover(optimizer: Optimizer, parameters: Sequence[tuple[str, nn.Parameter]]) -> Mover:
    """The quickest way to carry out a catalog's optimizer on these named parameters."""
    tensors = [parameter for _, parameter in parameters]
    plain = all(p.dtype is torch.float32 and p.device.type in ("cpu", "cuda") for p in tensors)
    one_device = len({p.device for p in tensors}) <= 1
    if plain and one_device and tensors:
        if isinstance(optimizer, Adam | AdamW):
            return _AdamMover(optimizer, parameters)
        if isinstance(optimizer, SGD):
            return _SGDMover(optimizer, parameters)
        if isinstance(optimizer, Adagrad) and tensors[0].device.type == "cpu":
            return _AdagradMover(optimizer, parameters)
    return _TorchMover(optimizer, parameters)


class _Direct:
    """Base of those that call a kernel on lists of tensors. All parameters that ever get a gradient get one each
    step."""

    def __init__(self, parameters: Sequence[tuple[str, nn.Parameter]]) -> None:
        self.names = [name for name, _ in parameters]
        self.parameters: list[Tensor] = [parameter for _, parameter in parameters]
        self._tables: dict[str, list[Tensor]] = {}
        self._count = torch.zeros((), device=self.parameters[0].device)
        """Steps done, as the kernels want it: one float tensor that all parameters share."""
        self._active: list[int] = []
        self._lists: dict[str, list[Tensor]] = {}
        self._moved: list[Tensor] = self.parameters

    def _table(self, name: str, fill: float = 0.0) -> None:
        self._tables[name] = [torch.full_like(parameter, fill).detach() for parameter in self.parameters]

    def _gradients(self) -> list[Tensor]:
        """Gradients of the parameters that have one, whose numbers are kept in `_lists`."""
        gradients = [parameter.grad for parameter in self._moved if parameter.grad is not None]
        if len(gradients) != len(self._active) or not self._lists:
            self._active = [i for i, parameter in enumerate(self.parameters) if parameter.grad is not None]
            self._moved = [self.parameters[i] for i in self._active]
            gradients = [parameter.grad for parameter in self._moved if parameter.grad is not None]
            self._lists = {name: [table[i] for i in self._active] for name, table in self._tables.items()}
            self._lists["steps"] = [self._count] * len(self._active)
        return gradients

    def _drop_gradients(self) -> None:
        for parameter in self._moved:
            parameter.grad = None

    def state(self) -> dict[str, Tensor]:
        found = {f"{name}/{key}": table[i] for key, table in self._tables.items() for i, name in enumerate(self.names)}
        return {"/steps": self._count, **found}

    def load(self, state: dict[str, Tensor]) -> None:
        self._count.copy_(state["/steps"])
        for key, table in self._tables.items():
            for name, tensor in zip(self.names, table, strict=True):
                tensor.copy_(state[f"{name}/{key}"])


class _AdamMover(_Direct):
    """Adam and AdamW by torch's fused kernel."""

    def __init__(self, optimizer: Adam | AdamW, parameters: Sequence[tuple[str, nn.Parameter]]) -> None:
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

    def step(self, lr: float) -> None:
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


class _SGDMover(_Direct):
    """SGD by torch's fused kernel."""

    def __init__(self, optimizer: SGD, parameters: Sequence[tuple[str, nn.Parameter]]) -> None:
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

    def step(self, lr: float) -> None:
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


class _AdagradMover(_Direct):
    """Adagrad by torch's fused kernel."""

    def __init__(self, optimizer: Adagrad, parameters: Sequence[tuple[str, nn.Parameter]]) -> None:
        super().__init__(parameters)
        self._table("sum", optimizer.initial_accumulator_value)
        self._settings: dict[str, Any] = {
            "lr_decay": optimizer.lr_decay,
            "weight_decay": optimizer.weight_decay,
            "eps": optimizer.eps,
            "maximize": False,
        }

    def step(self, lr: float) -> None:
        gradients = self._gradients()
        with torch.no_grad():
            self._count.add_(1)
            torch._fused_adagrad_(
                self._moved, gradients, self._lists["sum"], self._lists["steps"], lr=lr, **self._settings
            )
        self._drop_gradients()


class _TorchMover:
    """Any optimizer through its class in torch.optim, on lists of tensors at once where it can (`foreach`)."""

    def __init__(self, optimizer: Optimizer, parameters: Sequence[tuple[str, nn.Parameter]]) -> None:
        self.names = [name for name, _ in parameters]
        self.parameters: list[Tensor] = [parameter for _, parameter in parameters]
        kind = getattr(torch.optim, optimizer.target.rpartition(".")[2])
        self._optimizer = kind(self.parameters, foreach=True, **optimizer.arguments()) if self.parameters else None

    def step(self, lr: float) -> None:
        if self._optimizer is None:
            return
        self._optimizer.param_groups[0]["lr"] = lr
        self._optimizer.step()
        for parameter in self.parameters:
            parameter.grad = None

    def state(self) -> dict[str, Tensor]:
        if self._optimizer is None:
            return {}
        found: dict[str, Tensor] = {}
        for name, parameter in zip(self.names, self.parameters, strict=True):
            for key, value in self._optimizer.state.get(parameter, {}).items():
                if isinstance(value, Tensor):
                    found[f"{name}/{key}"] = value
                elif value is not None:  # none of the optimizers in the catalog keeps anything else
                    raise TypeError(f"{type(self._optimizer).__name__} keeps {key} as {type(value).__name__}")
        return found

    def load(self, state: dict[str, Tensor]) -> None:
        if self._optimizer is None:
            return
        known = dict(zip(self.names, self.parameters, strict=True))
        for full_name, value in state.items():
            name, _, key = full_name.rpartition("/")
            parameter = known[name]
            # Like its parameter in layout and place; what counts steps stays on the CPU, where torch.optim keeps it.
            held = (
                torch.empty_like(parameter)
                if value.shape == parameter.shape and value.dim()
                else torch.empty(value.shape, dtype=value.dtype)
            )
            self._optimizer.state[parameter][key] = held.detach().copy_(value)
