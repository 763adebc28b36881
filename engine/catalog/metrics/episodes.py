"""Metrics of networks that act in an environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.metrics.metric import Feed, Metric


@dataclass(frozen=True, kw_only=True, slots=True)
class MeanReturn(Metric):
    """What a game earns on average: the sum of its rewards, played without chance from fixed beginnings.

    Measured of every run that plays, on episodes it never learned from. Source: Mnih et al. 2015.
    """

    formula: ClassVar[str] = "mean over episodes of Σ reward"
    when: ClassVar[str] = "It comes by itself where the recipe plays in an environment; let early stopping watch it."
    key: ClassVar[str] = "mean_return"
    caption: ClassVar[str] = "Mean return"
    synonyms: ClassVar[tuple[str, ...]] = ("reinforcement", "reward", "score", "episode", "game")
    feed: ClassVar[Feed] = Feed.EPISODES
    options: ClassVar[Mapping[str, Any]] = {}
