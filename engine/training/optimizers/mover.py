"""What moves parameters, and the base of those that remember something for each of them."""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

Named = Sequence[tuple[str, nn.Parameter]]
"""Parameters with their names in the network."""

Again = Callable[[], Tensor]
"""Computes loss and gradients of the same batch once more, with the weights as they are now; answers the loss."""


class Mover(Protocol):
    """What moves the parameters of one player. Gradients are read from `.grad` and let go afterwards.

    `asks_again`: a step needs the gradients at other places too, and is given a way to compute them.
    """

    parameters: list[Tensor]
    asks_again: bool

    def step(self, lr: float, again: Again | None = None) -> None:
        """Move the parameters once and drop their gradients."""

    def state(self) -> dict[str, Tensor]:
        """What it remembers, by "<parameter>/<name>" or "/<name>": the tensors themselves, not copies."""

    def load(self, state: dict[str, Tensor]) -> None:
        """Remember what `state` gave; raises KeyError when something is missing."""

    def for_use(self) -> dict[str, Tensor]:
        """The parameters to answer with, by name, where they are others than those that are trained; else none."""


class Tables:
    """Base of movers that keep tables: a tensor for each parameter. All parameters that ever get a gradient get one
    each step."""

    asks_again = False
    counts_on_cpu = False
    """Set where a rule reads the number of steps, for which a graphics card would have to wait."""

    def __init__(self, parameters: Named) -> None:
        self.names = [name for name, _ in parameters]
        self.parameters: list[Tensor] = [parameter for _, parameter in parameters]
        self._tables: dict[str, list[Tensor]] = {}
        self._count = torch.zeros((), device="cpu" if self.counts_on_cpu else self.parameters[0].device)
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

    def _next(self) -> int:
        """Count a step; the number of steps with it."""
        self._count.add_(1)
        return int(self._count)

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

    def for_use(self) -> dict[str, Tensor]:
        return {}
