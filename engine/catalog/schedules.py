"""Schedules: how the learning rate changes while training goes on.

Pure functions of the step, so that resuming needs no state; the one that watches the loss tells what to remember.
`t` in formulas runs from 0 to 1 between warm-up and end.
"""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from engine.catalog.entry import Entry, attribute

_WARM_UP = "Share of the steps in which the learning rate rises from near 0; calms the start."


@dataclass(frozen=True, kw_only=True, slots=True)
class Plateau:
    """What a schedule that watches the loss remembers. `factor` is multiplied to its own."""

    factor: float = 1.0
    best: float = math.inf
    waited: int = 0
    resting: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule(Entry):
    """Base of schedules."""

    def factor(self, step: int, total_steps: int) -> float:
        """What the learning rate is multiplied by at a step (from 0) of `total_steps`: 0 or more, finite."""
        raise NotImplementedError

    def watched(self, held: Plateau, loss: float) -> Plateau:
        """What to remember after an epoch with this loss; most schedules look at no loss."""
        return held


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

    formula: ClassVar[str] = "factor = 1"
    when: ClassVar[str] = (
        "Use it for short runs, for schedule-free optimizers, and to see what the optimizer does by itself."
    )
    synonyms: ClassVar[tuple[str, ...]] = ("none", "fixed")
    warm_up: float = attribute(0.0, minimum=0, below=1, label="Warm-up", help=_WARM_UP)

    def factor(self, step: int, total_steps: int) -> float:
        return _warm_up(step, total_steps, self.warm_up)[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineAnnealing(Schedule):
    """Lowers the learning rate along half a cosine wave: slowly, then fast, then slowly.

    factor = minimum + (1 - minimum) (1 + cos(pi t)) / 2 with t from 0 to 1. Source: Loshchilov and Hutter 2017.
    """

    formula: ClassVar[str] = "factor = min + (1 − min) (1 + cos πt) / 2"
    when: ClassVar[str] = "Start here: it suits nearly everything when you know how long you will train."
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

    formula: ClassVar[str] = "factor = 1 − (1 − min) t"
    when: ClassVar[str] = "Use it for fine-tuning, and where cosine works too."
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

    formula: ClassVar[str] = "factor = γ^(stairs passed)"
    when: ClassVar[str] = "Use it for pictures with SGD, as the old records did."
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

    formula: ClassVar[str] = "factor = final^t"
    when: ClassVar[str] = "Use it when the learning rate is to fall evenly by orders of magnitude."
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

    formula: ClassVar[str] = "up from start to 1, then down to final, both along half a cosine"
    when: ClassVar[str] = "Use it with a high learning rate when time is short."
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


@dataclass(frozen=True, kw_only=True, slots=True)
class MultiStepLR(Schedule):
    """Lowers the learning rate at moments you choose.

    factor = gamma to the power of the moments passed. Like torch.optim.lr_scheduler.MultiStepLR, told by shares of the
    run.
    """

    formula: ClassVar[str] = "factor = γ^(moments passed)"
    when: ClassVar[str] = "Use it when you know from earlier runs where progress stops."
    caption: ClassVar[str] = "Steps at chosen moments"
    synonyms: ClassVar[tuple[str, ...]] = (
        "stairs",
        "milestones",
        "drop",
    )
    milestones: tuple[float, ...] = attribute(
        (0.5, 0.75), minimum=0, maximum=1, help="Moments as shares of the run: 0.5 is half way."
    )
    gamma: float = attribute(0.1, above=0, maximum=1, label="Factor", help="What it is multiplied by each time.")

    def factor(self, step: int, total_steps: int) -> float:
        done = step / max(total_steps, 1)
        return float(self.gamma ** sum(done >= moment for moment in self.milestones))


@dataclass(frozen=True, kw_only=True, slots=True)
class PolynomialLR(Schedule):
    """Lowers the learning rate along a power of what is left of the run.

    factor = (1 - t) to the power, above minimum. Like torch.optim.lr_scheduler.PolynomialLR; usual for regions in
    pictures.
    """

    formula: ClassVar[str] = "factor = min + (1 − min) (1 − t)^power"
    when: ClassVar[str] = "Use it for regions in pictures, with a power of 0.9."
    caption: ClassVar[str] = "Polynomial"
    synonyms: ClassVar[tuple[str, ...]] = (
        "decay",
        "power",
        "segmentation",
    )
    warm_up: float = attribute(0.0, minimum=0, below=1, label="Warm-up", help=_WARM_UP)
    power: float = attribute(0.9, above=0, maximum=10, help="1 is a straight line; above 1 it falls early.")
    minimum: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="The share of the learning rate at the end."
    )

    def factor(self, step: int, total_steps: int) -> float:
        rise, done = _warm_up(step, total_steps, self.warm_up)
        return rise * (self.minimum + (1 - self.minimum) * float((1 - done) ** self.power))


@dataclass(frozen=True, kw_only=True, slots=True)
class CosineAnnealingWarmRestarts(Schedule):
    """Half cosine waves one after the other: each starts high again.

    Each wave is `growth` times as long as the one before, and all of them fill the run. Source: Loshchilov and Hutter
    2017, torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.
    """

    formula: ClassVar[str] = "factor = min + (1 − min) (1 + cos πu) / 2,  u from 0 to 1 in each wave"
    when: ClassVar[str] = "Use it to stop at the end of any wave, or to jump out of bad valleys."
    caption: ClassVar[str] = "Cosine with restarts"
    synonyms: ClassVar[tuple[str, ...]] = (
        "sgdr",
        "warm restarts",
        "cycles",
    )
    cycles: int = attribute(3, minimum=1, maximum=50, label="Waves", help="How many times it falls.")
    growth: float = attribute(2.0, minimum=1, maximum=10, help="How much longer each wave is than the one before.")
    minimum: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="The share of the learning rate at the end."
    )

    def factor(self, step: int, total_steps: int) -> float:
        done = min(step / max(total_steps, 1), 1.0)
        lengths = [self.growth**number for number in range(self.cycles)]
        whole, passed = sum(lengths), 0.0
        for length in lengths:
            share = length / whole
            if done < passed + share or length is lengths[-1]:
                inside = min(max((done - passed) / share, 0.0), 1.0)
                return self.minimum + (1 - self.minimum) * (1 + math.cos(math.pi * inside)) / 2
            passed += share
        return self.minimum


@dataclass(frozen=True, kw_only=True, slots=True)
class CyclicTriangular(Schedule):
    """Rises and falls in straight lines, again and again.

    The learning rate set is the peak. Source: Smith 2017, torch.optim.lr_scheduler.CyclicLR, triangular.
    """

    formula: ClassVar[str] = "factor = base + (1 − base) · triangle"
    when: ClassVar[str] = "Use it when you do not know which learning rate is right: it passes through all of them."
    caption: ClassVar[str] = "Cyclic"
    synonyms: ClassVar[tuple[str, ...]] = (
        "triangular",
        "cycles",
        "smith",
    )
    cycles: int = attribute(4, minimum=1, maximum=1000, help="How many times it rises and falls.")
    base: float = attribute(0.1, minimum=0, maximum=1, help="The share of the learning rate at the foot.")

    def factor(self, step: int, total_steps: int) -> float:
        inside = (step / max(total_steps, 1) * self.cycles) % 1.0
        return self.base + (1 - self.base) * (1 - abs(2 * inside - 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class CyclicHalving(Schedule):
    """Rises and falls in straight lines, half as high each time.

    The learning rate set is the first peak. Source: Smith 2017, torch.optim.lr_scheduler.CyclicLR, triangular2.
    """

    formula: ClassVar[str] = "factor = base + (1 − base) · triangle / 2^(cycles passed)"
    when: ClassVar[str] = "Use it as Cyclic, for a run that should come to rest."
    caption: ClassVar[str] = "Cyclic, halving"
    synonyms: ClassVar[tuple[str, ...]] = (
        "triangular2",
        "cycles",
    )
    cycles: int = attribute(4, minimum=1, maximum=1000, help="How many times it rises and falls.")
    base: float = attribute(0.1, minimum=0, maximum=1, help="The share of the learning rate at the foot.")

    def factor(self, step: int, total_steps: int) -> float:
        whole, inside = divmod(step / max(total_steps, 1) * self.cycles, 1.0)
        return self.base + (1 - self.base) * (1 - abs(2 * inside - 1)) / 2 ** min(whole, self.cycles - 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class CyclicExponential(Schedule):
    """Rises and falls in straight lines, each time a little less high.

    The learning rate set is the first peak. Source: Smith 2017, torch.optim.lr_scheduler.CyclicLR, exp_range.
    """

    formula: ClassVar[str] = "factor = base + (1 − base) · triangle · final^t"
    when: ClassVar[str] = "Use it as Cyclic, for a run that should come to rest slowly."
    caption: ClassVar[str] = "Cyclic, fading"
    synonyms: ClassVar[tuple[str, ...]] = (
        "exp_range",
        "cycles",
    )
    cycles: int = attribute(4, minimum=1, maximum=1000, help="How many times it rises and falls.")
    base: float = attribute(0.1, minimum=0, maximum=1, help="The share of the learning rate at the foot.")
    final: float = attribute(0.1, above=0, maximum=1, help="How high the last peak is, as a share of the first.")

    def factor(self, step: int, total_steps: int) -> float:
        done = min(step / max(total_steps, 1), 1.0)
        inside = (done * self.cycles) % 1.0
        return self.base + (1 - self.base) * (1 - abs(2 * inside - 1)) * float(self.final**done)


@dataclass(frozen=True, kw_only=True, slots=True)
class InverseSquareRoot(Schedule):
    """Falls with the root of the steps after a warm-up, as the first transformers did.

    The learning rate set is reached at the end of the warm-up. Source: Vaswani et al. 2017.
    """

    formula: ClassVar[str] = "factor = √(warm-up / step) after the warm-up"
    when: ClassVar[str] = "Use it for transformers when you may train longer than planned."
    caption: ClassVar[str] = "Inverse square root"
    synonyms: ClassVar[tuple[str, ...]] = (
        "noam",
        "transformer",
        "warm-up",
    )
    warm_up: float = attribute(0.1, above=0, below=1, label="Warm-up", help=_WARM_UP)

    def factor(self, step: int, total_steps: int) -> float:
        rising = max(self.warm_up * total_steps, 1.0)
        return min((step + 1) / rising, math.sqrt(rising / (step + 1)))


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmupStableDecay(Schedule):
    """Warms up, stays as it is for long, and falls at the end.

    Stays at 1 from the warm-up to the last `decay` share, then falls in a straight line. Source: Hu et al. 2024.
    """

    formula: ClassVar[str] = "factor = 1, then a line to min in the last share of the run"
    when: ClassVar[str] = "Use it for long runs that may be prolonged: only the end has to be trained again."
    caption: ClassVar[str] = "Warm-up, stable, decay"
    synonyms: ClassVar[tuple[str, ...]] = (
        "wsd",
        "trapezoid",
        "constant",
    )
    warm_up: float = attribute(0.05, minimum=0, below=1, label="Warm-up", help=_WARM_UP)
    decay: float = attribute(0.2, above=0, maximum=1, help="Share of the run in which it falls.")
    minimum: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="The share of the learning rate at the end."
    )

    def factor(self, step: int, total_steps: int) -> float:
        rise, _ = _warm_up(step, total_steps, self.warm_up)
        left = 1 - min(step / max(total_steps, 1), 1.0)
        return rise * (self.minimum + (1 - self.minimum) * min(left / self.decay, 1.0))


@dataclass(frozen=True, kw_only=True, slots=True)
class FlatCosine(Schedule):
    """Stays as it is for most of the run, then falls along half a cosine wave.

    Source: usual with Ranger and other optimizers that need no warm-up.
    """

    formula: ClassVar[str] = "factor = 1, then min + (1 − min) (1 + cos πu) / 2"
    when: ClassVar[str] = "Use it with optimizers that start well, such as RAdam with Lookahead."
    caption: ClassVar[str] = "Flat, then cosine"
    synonyms: ClassVar[tuple[str, ...]] = (
        "flat",
        "annealing",
        "ranger",
    )
    flat: float = attribute(0.7, minimum=0, below=1, help="Share of the run before it falls.")
    minimum: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="The share of the learning rate at the end."
    )

    def factor(self, step: int, total_steps: int) -> float:
        done = min(step / max(total_steps, 1), 1.0)
        inside = max(done - self.flat, 0.0) / (1 - self.flat)
        return self.minimum + (1 - self.minimum) * (1 + math.cos(math.pi * inside)) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class ConstantLR(Schedule):
    """Begins with a share of the learning rate and jumps to all of it.

    Like torch.optim.lr_scheduler.ConstantLR, told by shares of the run.
    """

    formula: ClassVar[str] = "factor = low for the first share of the run, then 1"
    when: ClassVar[str] = "Use it to settle new layers on an old network before all of it moves."
    caption: ClassVar[str] = "Low, then full"
    synonyms: ClassVar[tuple[str, ...]] = (
        "burn-in",
        "jump",
    )
    low: float = attribute(0.33, above=0, maximum=1, help="The share of the learning rate at the start.")
    until: float = attribute(0.1, minimum=0, maximum=1, help="The share of the run after which it is full.")

    def factor(self, step: int, total_steps: int) -> float:
        return self.low if step < self.until * total_steps else 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LinearLR(Schedule):
    """Goes in a straight line from one share of the learning rate to another, then stays.

    Like torch.optim.lr_scheduler.LinearLR, told by shares of the run.
    """

    formula: ClassVar[str] = "factor = start + (end − start) · min(1, t / until)"
    when: ClassVar[str] = "Use it as a plain warm-up, or for any ramp."
    caption: ClassVar[str] = "Line between two values"
    synonyms: ClassVar[tuple[str, ...]] = (
        "ramp",
        "warm-up",
    )
    start: float = attribute(0.33, minimum=0, maximum=1, help="The share of the learning rate at the start.")
    end: float = attribute(1.0, minimum=0, maximum=1, help="The share of the learning rate at the end of the line.")
    until: float = attribute(0.2, above=0, maximum=1, help="The share of the run that the line takes.")

    def factor(self, step: int, total_steps: int) -> float:
        inside = min(step / max(self.until * total_steps, 1.0), 1.0)
        return self.start + (self.end - self.start) * inside


@dataclass(frozen=True, kw_only=True, slots=True)
class InverseTime(Schedule):
    """Falls with the steps: fast at first, then ever slower.

    factor = 1 / (1 + decay t); the condition under which plain gradient descent is proved to arrive. Source: Robbins
    and Monro 1951.
    """

    formula: ClassVar[str] = "factor = 1 / (1 + decay · t)"
    when: ClassVar[str] = "Use it with plain SGD on noisy data."
    caption: ClassVar[str] = "Inverse time"
    synonyms: ClassVar[tuple[str, ...]] = (
        "hyperbola",
        "robbins-monro",
        "decay",
    )
    warm_up: float = attribute(0.0, minimum=0, below=1, label="Warm-up", help=_WARM_UP)
    decay: float = attribute(9.0, above=0, maximum=1e6, help="9 ends at a tenth, 99 at a hundredth.")

    def factor(self, step: int, total_steps: int) -> float:
        rise, done = _warm_up(step, total_steps, self.warm_up)
        return rise / (1 + self.decay * done)


@dataclass(frozen=True, kw_only=True, slots=True)
class PiecewiseLinear(Schedule):
    """Follows a line through points you choose.

    Between two points in a straight line; before the first and after the last as there.
    """

    formula: ClassVar[str] = "factor = line through (moments, values)"
    when: ClassVar[str] = "Use it for any shape that no other schedule has."
    caption: ClassVar[str] = "Through chosen points"
    synonyms: ClassVar[tuple[str, ...]] = (
        "custom",
        "table",
        "manual",
        "lambda",
    )
    moments: tuple[float, ...] = attribute(
        (0.0, 0.1, 1.0), minimum=0, maximum=1, help="Where the points are, as shares of the run, rising."
    )
    factors: tuple[float, ...] = attribute(
        (0.1, 1.0, 0.0), minimum=0, maximum=1000, help="What the learning rate is multiplied by there."
    )

    def factor(self, step: int, total_steps: int) -> float:
        points = sorted(zip(self.moments, self.factors, strict=False))
        if not points:
            return 1.0
        done = min(step / max(total_steps - 1, 1), 1.0)
        before = [point for point in points if point[0] <= done]
        after = [point for point in points if point[0] > done]
        if not before:
            return after[0][1]
        if not after:
            return before[-1][1]
        (x0, y0), (x1, y1) = before[-1], after[0]
        return y0 + (y1 - y0) * (done - x0) / (x1 - x0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReduceLROnPlateau(Schedule):
    """Lowers the learning rate when the loss has not got better for some epochs.

    Watches the loss of the validation split, or of training where there is none. Like
    torch.optim.lr_scheduler.ReduceLROnPlateau.
    """

    formula: ClassVar[str] = "factor = γ^(times without progress)"
    when: ClassVar[str] = "Use it when you do not know how long you will train."
    caption: ClassVar[str] = "When it stops getting better"
    synonyms: ClassVar[tuple[str, ...]] = (
        "plateau",
        "patience",
        "adaptive",
    )
    gamma: float = attribute(0.1, above=0, below=1, label="Factor", help="What it is multiplied by each time.")
    patience: int = attribute(3, minimum=0, maximum=10_000, help="Epochs without progress that are waited for.")
    threshold: float = attribute(
        1e-4, minimum=0, maximum=1, advanced=True, help="The share by which the loss must fall to count as progress."
    )
    cooldown: int = attribute(0, minimum=0, maximum=10_000, advanced=True, help="Epochs after a cut that do not count.")
    minimum: float = attribute(
        0.0, minimum=0, maximum=1, advanced=True, help="The smallest share of the learning rate."
    )

    def factor(self, step: int, total_steps: int) -> float:
        return 1.0

    def watched(self, held: Plateau, loss: float) -> Plateau:
        """What to remember after an epoch with this loss."""
        if loss < held.best * (1 - self.threshold) or held.best == math.inf:
            return replace(held, best=loss, waited=0, resting=max(0, held.resting - 1))
        if held.resting > 0:
            return replace(held, waited=0, resting=held.resting - 1)
        if held.waited + 1 > self.patience:
            return replace(held, waited=0, resting=self.cooldown, factor=max(held.factor * self.gamma, self.minimum))
        return replace(held, waited=held.waited + 1)
