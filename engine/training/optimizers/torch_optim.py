"""Optimizers through their classes in torch.optim."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from engine.catalog.optimizers import LBFGS, Optimizer
from engine.training.optimizers.mover import Again, Named, Tables


class TorchMover:
    """Any optimizer through its class in torch.optim, on lists of tensors at once where it can (`foreach`)."""

    asks_again = False

    def __init__(self, optimizer: Optimizer, parameters: Named, *, foreach: bool = True) -> None:
        self.names = [name for name, _ in parameters]
        self.parameters: list[Tensor] = [parameter for _, parameter in parameters]
        kind = getattr(torch.optim, optimizer.target.rpartition(".")[2])
        options: dict[str, Any] = {"foreach": True} if foreach else {}
        self._optimizer = kind(self.parameters, **options, **optimizer.arguments()) if self.parameters else None

    def step(self, lr: float, again: Again | None = None) -> None:
        if self._optimizer is None:
            return
        self._optimizer.param_groups[0]["lr"] = lr
        self._optimizer.step()
        for parameter in self.parameters:
            parameter.grad = None

    def for_use(self) -> dict[str, Tensor]:
        return {}

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
                else torch.empty(value.shape, dtype=value.dtype, device=parameter.device if value.dim() else "cpu")
            )
            self._optimizer.state[parameter][key] = held.detach().copy_(value)


class LBFGSMover:
    """torch's LBFGS, its history kept as tensors so that it can be saved.

    It moves all parameters as one vector and looks at the loss several times a step.
    """

    asks_again = True
    _LISTS = ("old_dirs", "old_stps")
    _NUMBERS = ("func_evals", "n_iter", "t", "prev_loss")
    _TENSORS = ("d", "prev_flat_grad", "H_diag")

    def __init__(self, optimizer: LBFGS, parameters: Named) -> None:
        self.parameters: list[Tensor] = [parameter for _, parameter in parameters]
        self._optimizer = torch.optim.LBFGS(self.parameters, **optimizer.arguments()) if self.parameters else None

    def step(self, lr: float, again: Again | None = None) -> None:
        if self._optimizer is None:
            return
        if again is None:
            raise TypeError("LBFGS looks at the loss several times a step")
        self._optimizer.param_groups[0]["lr"] = lr
        closure: Callable[[], Any] = again
        self._optimizer.step(closure)  # type: ignore[no-untyped-call]
        for parameter in self.parameters:
            parameter.grad = None

    def for_use(self) -> dict[str, Tensor]:
        return {}

    def state(self) -> dict[str, Tensor]:
        if self._optimizer is None:
            return {}
        held = self._optimizer.state.get(self.parameters[0], {})
        found: dict[str, Tensor] = {}
        for key in self._NUMBERS:
            if held.get(key) is not None:
                found[f"/{key}"] = torch.tensor(float(held[key]), dtype=torch.float64)
        for key in self._TENSORS:
            if held.get(key) is not None:
                found[f"/{key}"] = torch.as_tensor(held[key])
        for key in self._LISTS:
            if held.get(key):
                found[f"/{key}"] = torch.stack(held[key])
        if held.get("ro"):
            found["/ro"] = torch.stack([torch.as_tensor(item) for item in held["ro"]])
        return found

    def load(self, state: dict[str, Tensor]) -> None:
        if self._optimizer is None or not state:
            return
        like = self.parameters[0]
        held: dict[str, Any] = {"al": [None] * int(self._optimizer.param_groups[0]["history_size"])}
        for key in self._NUMBERS:
            if f"/{key}" in state:
                number = state[f"/{key}"].item()
                held[key] = int(number) if key in ("func_evals", "n_iter") else number
        for key in self._TENSORS:
            if f"/{key}" in state:
                tensor = state[f"/{key}"].clone().to(like.device)
                held[key] = tensor if tensor.is_floating_point() else tensor.item()  # H_diag begins as the number 1
        for key in (*self._LISTS, "ro"):
            held[key] = [item.clone() for item in state[f"/{key}"].to(like.device)] if f"/{key}" in state else []
        self._optimizer.state[like].update(held)


class SplitMover:
    """Several movers, each with parameters of its own: a rule for matrices and another one for the rest."""

    asks_again = False

    def __init__(self, movers: list[tuple[Any, list[str]]]) -> None:
        self._movers = movers
        self.parameters = [parameter for mover, _ in movers for parameter in mover.parameters]

    def step(self, lr: float, again: Again | None = None) -> None:
        for mover, _ in self._movers:
            mover.step(lr)

    def for_use(self) -> dict[str, Tensor]:
        return {}

    def state(self) -> dict[str, Tensor]:
        return {name: tensor for mover, _ in self._movers for name, tensor in mover.state().items()}

    def load(self, state: dict[str, Tensor]) -> None:
        for mover, names in self._movers:
            known = {*names, ""} if isinstance(mover, Tables) else {*names}
            mover.load({name: tensor for name, tensor in state.items() if name.rpartition("/")[0] in known})


def matrices(parameters: Named) -> tuple[list[tuple[str, nn.Parameter]], list[tuple[str, nn.Parameter]]]:
    """Those with two axes, and the others."""
    return [item for item in parameters if item[1].dim() == 2], [item for item in parameters if item[1].dim() != 2]
