"""Keeps the small gradients of float16 from becoming 0: the loss is multiplied, the gradients divided again."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import nn

FIRST: Final = 65536.0
GROW_AFTER: Final = 2000
HIGHEST: Final = 2.0**24


class LossScale:
    """As torch.amp.GradScaler does it, for optimizers of any kind: halved when a gradient overflows, doubled after
    2,000 steps in which none did.

    `factor` and `good` (steps since it was changed) are all there is to remember.
    """

    def __init__(self, factor: float = FIRST, good: int = 0) -> None:
        self.factor = factor
        self.good = good

    @torch.no_grad()
    def unscale(self, parameters: Sequence[nn.Parameter]) -> bool:
        """Bring gradients to their true size; whether all are finite, else the step is to be left out.

        Reads one number from the device.
        """
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if not gradients:
            return True
        device = gradients[0].device
        found = torch.zeros(1, device=device)
        inverse = torch.full((1,), 1.0 / self.factor, device=device)
        torch._amp_foreach_non_finite_check_and_unscale_(gradients, found, inverse)
        if found.item():
            self.factor, self.good = max(self.factor / 2, 2.0**-14), 0
            return False
        self.good += 1
        if self.good >= GROW_AFTER:
            self.factor, self.good = min(self.factor * 2, HIGHEST), 0
        return True
