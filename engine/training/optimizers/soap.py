"""SOAP: Adam in the directions in which gradients of a matrix vary most. Vyas et al. 2024, algorithm 3.

A convolution's weight counts as a matrix of its output channels against all the rest; what has one axis is moved by
Adam itself. The first step only learns directions.
"""

import torch
from torch import Tensor

from engine.catalog.optimizers import SOAP
from engine.training.optimizers.mover import Again, Named


class SOAPMover:
    """Keeps, for each matrix, means of G Gᵀ and Gᵀ G, their directions, and Adam's two means."""

    asks_again = False

    def __init__(self, optimizer: SOAP, parameters: Named) -> None:
        self._rule = optimizer
        self.names = [name for name, _ in parameters]
        self.parameters: list[Tensor] = [parameter for _, parameter in parameters]
        self._held = [self._begin(parameter) for parameter in self.parameters]

    def _begin(self, parameter: Tensor) -> dict[str, Tensor]:
        flat = _matrix(parameter.detach())
        held = {
            "exp_avg": torch.zeros_like(flat, memory_format=torch.contiguous_format),
            "exp_avg_sq": torch.zeros_like(flat, memory_format=torch.contiguous_format),
            "steps": torch.zeros(()),
        }
        for side in (0, 1):
            size = flat.shape[side]
            if parameter.dim() > 1 and 1 < size <= self._rule.largest:
                held[f"spread{side}"] = torch.zeros(size, size, dtype=flat.dtype, device=flat.device)
                held[f"turn{side}"] = torch.eye(size, dtype=flat.dtype, device=flat.device)
        return held

    @torch.no_grad()
    def step(self, lr: float, again: Again | None = None) -> None:
        for parameter, held in zip(self.parameters, self._held, strict=True):
            if parameter.grad is None:
                continue
            gradient = _matrix(parameter.grad)
            first = not bool(held["steps"]) and any(name.startswith("spread") for name in held)
            if not first:
                move = self._direction(gradient, held)
                _matrix_add(parameter, move, -lr)
                parameter.mul_(1 - lr * self._rule.weight_decay)
            self._learn(gradient, held, first=first)
            parameter.grad = None

    def _direction(self, gradient: Tensor, held: dict[str, Tensor]) -> Tensor:
        """Adam's step, taken in the learned directions and turned back."""
        rule = self._rule
        done = float(held["steps"]) + (0 if "spread0" in held or "spread1" in held else 1)
        turned = _turn(gradient, held)
        held["exp_avg"].lerp_(gradient, 1 - rule.beta1)
        held["exp_avg_sq"].mul_(rule.beta2).addcmul_(turned, turned, value=1 - rule.beta2)
        size = held["exp_avg_sq"].sqrt().add_(rule.eps)
        length = (1 - rule.beta2**done) ** 0.5 / (1 - rule.beta1**done)
        return _turn_back(_turn(held["exp_avg"], held) / size, held).mul_(length)

    def _learn(self, gradient: Tensor, held: dict[str, Tensor], *, first: bool) -> None:
        """Take a gradient into the means, and follow their directions now and then."""
        held["steps"].add_(1)
        for side in (0, 1):
            spread = held.get(f"spread{side}")
            if spread is None:
                continue
            spread.lerp_(gradient @ gradient.T if side == 0 else gradient.T @ gradient, 1 - self._rule.beta2)
            turn = held[f"turn{side}"]
            if first:
                turn.copy_(torch.linalg.eigh(spread)[1].flip(1))
            elif (int(held["steps"]) - 1) % self._rule.every == 0:
                order = torch.argsort((turn.T @ spread @ turn).diagonal(), descending=True, stable=True)
                held["exp_avg_sq"].copy_(held["exp_avg_sq"].index_select(side, order))
                turn.copy_(torch.linalg.qr(spread @ turn[:, order])[0])

    def for_use(self) -> dict[str, Tensor]:
        return {}

    def state(self) -> dict[str, Tensor]:
        return {
            f"{name}/{key}": tensor
            for name, held in zip(self.names, self._held, strict=True)
            for key, tensor in held.items()
        }

    def load(self, state: dict[str, Tensor]) -> None:
        for name, held in zip(self.names, self._held, strict=True):
            for key, tensor in held.items():
                tensor.copy_(state[f"{name}/{key}"])


def _matrix(tensor: Tensor) -> Tensor:
    return tensor.reshape(tensor.shape[0], -1) if tensor.dim() > 1 else tensor.reshape(1, -1)


def _matrix_add(parameter: Tensor, move: Tensor, rate: float) -> None:
    parameter.add_(move.reshape(parameter.shape), alpha=rate)


def _turn(x: Tensor, held: dict[str, Tensor]) -> Tensor:
    """Into the learned directions."""
    x = held["turn0"].T @ x if "turn0" in held else x
    return x @ held["turn1"] if "turn1" in held else x


def _turn_back(x: Tensor, held: dict[str, Tensor]) -> Tensor:
    x = held["turn0"] @ x if "turn0" in held else x
    return x @ held["turn1"].T if "turn1" in held else x
