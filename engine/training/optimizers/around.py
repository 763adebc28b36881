"""What is put around an optimizer: SAM looks from a worse place nearby, Lookahead steps back half the way."""

import torch
from torch import Tensor

from engine.catalog.wrappers import SAM, Lookahead
from engine.training.optimizers.mover import Again, Mover


class SAMMover:
    """Climbs by rho along the gradient, takes the gradient there, and moves from where it was. Foret et al. 2021."""

    asks_again = True

    def __init__(self, wrapper: SAM, inner: Mover) -> None:
        self._rule = wrapper
        self._inner = inner
        self.parameters = inner.parameters

    def step(self, lr: float, again: Again | None = None) -> None:
        if again is None:
            raise TypeError("SAM takes the gradient twice a step")
        moved = [parameter for parameter in self.parameters if parameter.grad is not None]
        with torch.no_grad():
            before = [parameter.detach().clone() for parameter in moved]
            climbs = [parameter.grad for parameter in moved if parameter.grad is not None]
            if self._rule.adaptive:
                climbs = [gradient * weight.square() for gradient, weight in zip(climbs, before, strict=True)]
                lengths = [
                    (weight.abs() * parameter.grad).norm()
                    for weight, parameter in zip(before, moved, strict=True)
                    if parameter.grad is not None
                ]
            else:
                lengths = list(torch._foreach_norm(climbs)) if climbs else []
            if lengths:
                rate = self._rule.rho / (torch.stack(lengths).norm() + 1e-12)
                torch._foreach_add_(moved, [climb * rate for climb in climbs])
        again()
        with torch.no_grad():
            if moved:
                torch._foreach_copy_(moved, before)
        self._inner.step(lr, again)

    def for_use(self) -> dict[str, Tensor]:
        return self._inner.for_use()

    def state(self) -> dict[str, Tensor]:
        return self._inner.state()

    def load(self, state: dict[str, Tensor]) -> None:
        self._inner.load(state)


class LookaheadMover:
    """After every k steps goes back to between where it was k steps ago and where it is. Zhang et al. 2019."""

    def __init__(self, wrapper: Lookahead, inner: Mover, names: list[str]) -> None:
        self._rule = wrapper
        self._inner = inner
        self.asks_again = inner.asks_again
        self.parameters = inner.parameters
        self._names = names
        self._slow = [parameter.detach().clone() for parameter in self.parameters]
        self._count = torch.zeros((), dtype=torch.int64)

    def step(self, lr: float, again: Again | None = None) -> None:
        self._inner.step(lr, again)
        self._count.add_(1)
        if int(self._count) % self._rule.k == 0:
            with torch.no_grad():
                torch._foreach_lerp_(self._slow, self.parameters, self._rule.alpha)
                torch._foreach_copy_(self.parameters, self._slow)

    def for_use(self) -> dict[str, Tensor]:
        return self._inner.for_use()

    def state(self) -> dict[str, Tensor]:
        slow = {f"{name}/lookahead": tensor for name, tensor in zip(self._names, self._slow, strict=True)}
        return {**self._inner.state(), "/lookahead": self._count, **slow}

    def load(self, state: dict[str, Tensor]) -> None:
        self._count.copy_(state["/lookahead"])
        for name, tensor in zip(self._names, self._slow, strict=True):
            tensor.copy_(state[f"{name}/lookahead"])
        self._inner.load({name: value for name, value in state.items() if name.rpartition("/")[2] != "lookahead"})
