"""Metrics of places in a space: whether what is alike lies together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.metrics.metric import Feed, Metric


@dataclass(frozen=True, kw_only=True, slots=True)
class OneShotAccuracy(Metric):
    """How often a class is recognised that was shown once: five samples of five classes, then another one of them.

    600 episodes from a fixed seed; in each, one sample of each of 5 classes (all where there are fewer) is shown, and
    another of each is given the class of the nearest. 0 to 1, guessing is 0.2. In Evaluate of the classes that are kept
    for the test, where some are. Source: Lake et al. 2011, Vinyals et al. 2016.
    """

    formula: ClassVar[str] = "share of samples whose nearest shown sample has their class"
    when: ClassVar[str] = "It comes by itself where an Output answers with an embedding, as siamese networks do."
    key: ClassVar[str] = "one_shot_accuracy"
    caption: ClassVar[str] = "One-shot accuracy"
    synonyms: ClassVar[tuple[str, ...]] = ("siamese", "few-shot", "5-way", "nearest", "metric learning")
    percent: ClassVar[bool] = True
    feed: ClassVar[Feed] = Feed.EMBEDDINGS
    options: ClassVar[Mapping[str, Any]] = {"ways": 5, "episodes": 600, "seed": 0}
