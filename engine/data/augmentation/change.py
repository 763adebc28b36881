"""What a random change is given: the batch, its settings, numbers drawn by hashing, and what black and white are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.data.preparation import Preparation
from engine.data.preparation.picture import NormalizeRule, ScaleRule
from engine.document.data_spec import Field

Draw = Callable[[int], Tensor]
"""draw(k): float32 (N, k) in [0, 1), the same for the same sample."""


class Levels:
    """Black and white in prepared numbers, as (C, 1, 1): prepared = (level - mean) / std, level 0 to `top`."""

    def __init__(self, preparation: Preparation) -> None:
        rules = preparation.rules
        norm = next((rule for rule in rules if isinstance(rule, NormalizeRule)), None)
        one = torch.ones(1, 1, 1)
        self.top = 1.0 if any(isinstance(rule, ScaleRule) for rule in rules) else 255.0
        self.mean = torch.from_numpy(norm.mean) if norm else one * 0
        self.std = torch.from_numpy(norm.std) if norm else one

    def to(self, device: torch.device) -> "Levels":
        """The same on a device."""
        if self.mean.device != device:
            self.mean, self.std = self.mean.to(device), self.std.to(device)
        return self

    def clip(self, x: Tensor) -> Tensor:
        """Nothing darker than black or lighter than white."""
        return torch.minimum(torch.maximum(x, -self.mean / self.std), (self.top - self.mean) / self.std)

    def shown(self, x: Tensor) -> Tensor:
        """Prepared numbers as light: 0 black to 1 white."""
        return (x * self.std + self.mean) / self.top

    def prepared(self, light: Tensor) -> Tensor:
        """Light, kept between 0 and 1, as prepared numbers."""
        return (light.clamp(0, 1) * self.top - self.mean) / self.std


@dataclass(frozen=True, slots=True)
class Change:
    """One step at work on one batch of a field. `settings` are the attributes of the catalog's entry.

    `levels` speak of pictures alone. `nearest`: the batch holds class numbers of a mask, which must not be mixed.
    """

    field: Field
    settings: Any
    draw: Draw
    levels: Levels
    nearest: bool = False


Function = Callable[[Tensor, Change], Tensor]
"""The batch changed, pictures as (N, C, H, W); carries out one entry of the catalog."""


def signed(u: Tensor, size: float) -> Tensor:
    """Draws from 0 to 1 as numbers from -size to size."""
    return (u * 2 - 1) * size


def some(change: Change, changed: Tensor, x: Tensor, u: Tensor) -> Tensor:
    """The changed picture for the share of the samples that the settings say."""
    return torch.where((u < change.settings.probability)[:, None, None, None], changed, x)
