"""Averages of weights over the steps of a run, with which evaluation, checkpoints and export answer."""

from dataclasses import dataclass
from typing import ClassVar

from engine.catalog.entry import Entry, attribute


@dataclass(frozen=True, kw_only=True, slots=True)
class Average(Entry):
    """Base of averages. Training itself goes on with the weights as they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EMA(Average):
    """Answers with a moving average of the weights, in which old ones fade.

    In the first steps the average forgets faster, so that it does not hold on to the first weights. Running statistics
    of normalizations are averaged alike. Source: Polyak and Juditsky 1992.
    """

    target: ClassVar[str] = "engine.training.average.WeightsAverage"
    formula: ClassVar[str] = "a ← d · a + (1 − d) · p,  d = min(decay, (1 + n) / (10 + n))"
    when: ClassVar[str] = "Use it nearly always in long runs: answers get calmer and mostly better."
    caption: ClassVar[str] = "Moving average (EMA)"
    synonyms: ClassVar[tuple[str, ...]] = ("exponential", "polyak", "smooth")
    decay: float = attribute(0.999, above=0, below=1, help="How much of the average is kept at each step.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SWA(Average):
    """Answers with the plain average of the weights after each of the last epochs.

    Before it starts, the weights themselves answer. Running statistics of normalizations are averaged alike. Source:
    Izmailov et al. 2018.
    """

    target: ClassVar[str] = "engine.training.average.WeightsAverage"
    formula: ClassVar[str] = "a ← a + (p − a) / (n + 1) after each epoch"
    when: ClassVar[str] = "Use it for the last quarter of a run, with a learning rate that does not fall to 0."
    caption: ClassVar[str] = "Average of epochs (SWA)"
    synonyms: ClassVar[tuple[str, ...]] = ("stochastic weight averaging", "epochs")
    start: float = attribute(0.75, minimum=0, below=1, help="The share of the epochs after which averaging begins.")
