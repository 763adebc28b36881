"""Schedules: how the learning rate changes while training goes on.

Pure functions of the step, so that resuming needs no state.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import Entry, attribute

_WARM_UP = "Share of the steps in which the learning rate rises from near 0; calms the start."


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule(Entry):
    """Base of schedules."""

    def factor(self, step: int, total_steps: int) -> float:
        """What the learning rate is multiplied by at a step (from 0) of `total_steps`: 0 or more, finite."""
        raise NotImplementedError


def _warm_up(step: int, total_steps: int, share: float) -> tuple[float, float]:
    """Factor of the warm-up (1 after it), and how far the rest has come, 0 to 1."""
    rising = share * total_steps
    if step < rising:
        return (step + 1) / (rising + 1), 0.0
    rest = max(total_steps - rising, 1.0)
    return 1.0, min((step - rising) / rest, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant(Schedule):
    """Keeps the learning rate as it is, after a warm-up if wanted.

    factor = 1.
    """

    synonyms: ClassVar[tuple[str, ...]] = ("none", "fixed")
    warm_up: float = attribute(0.0, minimum=0, below=1, label="Warm-up", help=_WARM_UP)

    def factor(self, step: int, total_steps: int) -> float:
        return _warm_up(step, total_steps, self.warm_up)[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineAnnealing(Schedule):
    """Lowers the learning rate along half a cosine wave: slowly, then fast, then slowly.

    factor = minimum + (1 - minimum) (1 + cos(pi t)) / 2 with t from 0 to 1. Source: Loshchilov and Hutter 2017.
    """

    caption: ClassVar[str] = "Cosine"
    synonyms: ClassVar[tuple[str, ...]] = ("annealing", "decay")
    warm_up: float = attribute(0.05, minimum=0, below=1, label="Warm-up", help=_WARM_UP)
    minimum: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="The share of the learning rate at the end."
    )

    def factor(self, step: int, total_steps: int) -> float:
        rise, done = _warm_up(step, total_steps, self.warm_up)
        return rise * (self.minimum + (1 - self.minimum) * (1 + math.cos(math.pi * done)) / 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class LinearDecay(Schedule):
    """Lowers the learning rate in a straight line.

    factor = 1 - (1 - minimum) t with t from 0 to 1.
    """

    caption: ClassVar[str] = "Linear"
    synonyms: ClassVar[tuple[str, ...]] = ("decay", "straight", "polynomial")
    warm_up: float = attribute(0.05, minimum=0, below=1, label="Warm-up", help=_WARM_UP)
    minimum: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="The share of the learning rate at the end."
    )

    def factor(self, step: int, total_steps: int) -> float:
        rise, done = _warm_up(step, total_steps, self.warm_up)
        return rise * (1 - (1 - self.minimum) * done)


@dataclass(frozen=True, kw_only=True, slots=True)
class StepLR(Schedule):
    """Lowers the learning rate in stairs, several times during training.

    factor = gamma to the power of the stairs passed. Like torch.optim.lr_scheduler.StepLR, with stairs evenly spread.
    """

    caption: ClassVar[str] = "Steps"
    synonyms: ClassVar[tuple[str, ...]] = ("stairs", "drop", "decay")
    drops: int = attribute(2, minimum=1, maximum=1000, help="How many times it is lowered.")
    gamma: float = attribute(0.1, above=0, maximum=1, label="Factor", help="What it is multiplied by each time.")

    def factor(self, step: int, total_steps: int) -> float:
        passed = min(step * (self.drops + 1) // max(total_steps, 1), self.drops)
        return self.gamma**passed


@dataclass(frozen=True, kw_only=True, slots=True)
class ExponentialLR(Schedule):
    """Lowers the learning rate by the same share at each step.

    factor = final to the power of t with t from 0 to 1. Like torch.optim.lr_scheduler.ExponentialLR, told by its end.
    """

    caption: ClassVar[str] = "Exponential"
    synonyms: ClassVar[tuple[str, ...]] = ("decay",)
    final: float = attribute(0.01, above=0, maximum=1, help="The share of the learning rate at the end.")

    def factor(self, step: int, total_steps: int) -> float:
        return float(self.final ** min(step / max(total_steps - 1, 1), 1.0))


@dataclass(frozen=True, kw_only=True, slots=True)
class OneCycle(Schedule):
    """Raises the learning rate along a wave, then lowers it to near 0; trains fast with a high peak.

    The learning rate set is the peak. Source: Smith and Topin 2018, torch.optim.lr_scheduler.OneCycleLR.
    """

    caption: ClassVar[str] = "One cycle"
    synonyms: ClassVar[tuple[str, ...]] = ("super-convergence", "wave")
    peak_at: float = attribute(0.3, above=0, below=1, help="The share of the steps after which the peak is reached.")
    start: float = attribute(0.04, above=0, maximum=1, help="The share of the peak at the start.")
    final: float = attribute(4e-6, above=0, maximum=1, advanced=True, help="The share of the peak at the end.")

    def factor(self, step: int, total_steps: int) -> float:
        last = max(total_steps - 1, 1)
        peak = max(self.peak_at * total_steps - 1, 1e-9)  # where torch puts it
        if step <= peak:
            low, done = self.start, step / peak
            return low + (1 - low) * (1 - math.cos(math.pi * done)) / 2
        done = min((step - peak) / max(last - peak, 1e-9), 1.0)
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * done)) / 2
