"""Partners within a batch, chosen by their classes, always the next one that fits, round the batch.

All rows (N, N) are compared at once, without a loop over samples or sizes that depend on values.
"""

import torch
from torch import Tensor, nn


class _Round(nn.Module):
    """What both have in common."""

    def _ahead(self, classes: Tensor) -> tuple[Tensor, Tensor]:
        """(N, N): how far ahead of each row another lies, 0 for itself; and whether they are of one class."""
        count = classes.shape[0]
        places = torch.arange(count, device=classes.device)
        return (places[None, :] - places[:, None]) % count, classes[None, :] == classes[:, None]


class Pairs(_Round):
    """Of samples (N, ...) with classes (N,) a partner of each, and whether it is alike.

    Rows at even places get one of their class, the others one of another class; the next at all where there is none.
    """

    def forward(self, x: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        ahead, same = self._ahead(classes)
        count = classes.shape[0]
        wanted = torch.arange(count, device=classes.device)[:, None] % 2 == 0
        cost = ahead + count * (same != wanted) + 2 * count * (ahead == 0)
        chosen = cost.float().argmin(1)
        return x[chosen], (classes[chosen] == classes).to(torch.int64)


class Triplets(_Round):
    """Of samples (N, ...) with classes (N,) another of the same class, and one of another class.

    Themselves where there is none.
    """

    def forward(self, x: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        ahead, same = self._ahead(classes)
        count = classes.shape[0]
        itself = count * (ahead == 0)
        friend = (ahead + itself + 2 * count * ~same).float().argmin(1)
        stranger = (ahead + itself + 2 * count * (same & (ahead != 0))).float().argmin(1)
        return x[friend], x[stranger]
