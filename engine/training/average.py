"""The average of a network's weights over its steps or epochs, which answers in place of the weights themselves."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from engine.catalog.averages import EMA, Average

_PREFIX = "average/"


class WeightsAverage:
    """Averages all decimal parameters and buffers of a network, on its device.

    `epochs` is the length of the whole run, of which SWA takes the last part. Before anything was taken in, there is
    no average.
    """

    def __init__(self, rule: Average, network: nn.Module, epochs: int) -> None:
        self._rule = rule
        self._epochs = epochs
        held = network.state_dict(keep_vars=True)
        self._live = {name: tensor.detach() for name, tensor in held.items() if tensor.is_floating_point()}
        self._means = {name: tensor.clone() for name, tensor in self._live.items()}
        self._taken = 0

    @torch.no_grad()
    def after_step(self) -> None:
        """Take in the weights after an update."""
        if not isinstance(self._rule, EMA):
            return
        keep = min(self._rule.decay, (1 + self._taken) / (10 + self._taken))
        torch._foreach_lerp_(list(self._means.values()), list(self._live.values()), 1 - keep)
        self._taken += 1

    @torch.no_grad()
    def after_epoch(self, epoch: int) -> None:
        """Take in the weights at the end of an epoch, counted from 1."""
        if isinstance(self._rule, EMA) or epoch <= getattr(self._rule, "start", 0.0) * self._epochs:
            return
        torch._foreach_lerp_(list(self._means.values()), list(self._live.values()), 1 / (self._taken + 1))
        self._taken += 1

    def for_use(self) -> dict[str, Tensor]:
        """The averaged tensors by name; none before anything was taken in."""
        return self._means if self._taken else {}

    def state(self) -> dict[str, Tensor]:
        """How many were taken in; the average itself is what a checkpoint holds as its weights."""
        return {f"{_PREFIX}taken": torch.tensor(self._taken)}

    @torch.no_grad()
    def load(self, tensors: dict[str, Tensor], weights: dict[str, Tensor]) -> None:
        """Go on from a checkpoint's tensors and weights."""
        self._taken = int(tensors.get(f"{_PREFIX}taken", torch.tensor(0)))
        if self._taken:
            for name, mean in self._means.items():
                mean.copy_(weights[name])


@contextmanager
def replaced(network: nn.Module, tensors: dict[str, Tensor]) -> Iterator[None]:
    """A network with other weights for a while; afterwards it has its own again, to the last bit."""
    if not tensors:
        yield
        return
    held = network.state_dict(keep_vars=True)
    places = [held[name].detach() for name in tensors]
    own = [place.clone() for place in places]
    with torch.no_grad():
        torch._foreach_copy_(places, list(tensors.values()))
    try:
        yield
    finally:
        with torch.no_grad():
            torch._foreach_copy_(places, own)
