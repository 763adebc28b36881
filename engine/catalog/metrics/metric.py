"""What every metric declares, and what it is fed with."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from engine.catalog.entry import Entry
from engine.document.data_spec import FieldKind

CLASSES = (FieldKind.CATEGORY, FieldKind.MASK)
"""Kinds of field whose answers are classes."""


class Feed(StrEnum):
    """What a metric looks at."""

    COUNTS = "counts"  # sums that are kept for every output of its kind
    LABELS = "labels"  # answered and true classes (N,)
    SCORES = "scores"  # probabilities (N, classes) and true classes (N,)
    SETS = "sets"  # probabilities (N, labels) and true labels as zeros and ones of the same shape
    VALUES = "values"  # answered and true numbers (N,), in the unit of the field
    TENSORS = "tensors"  # what stands at the output, and the prepared target
    TOKENS = "tokens"  # answered and true texts, signs as words
    EMBEDDINGS = "embeddings"  # places in a space (N, features) and the classes (N,) of what lies there
    SPLIT = "split"  # a whole split at once, in Evaluate
    EPISODES = "episodes"  # games that the network plays; of no field


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric(Entry):
    """Base of metrics. `key` names it in JSON and recipes; `kinds` are the kinds of field it scores.

    `percent` says whether 1 means perfect and people read it as 100 %; otherwise it is in the unit of the field.
    `target` is the class that computes it batch by batch, with `options`; `feed` is what that is given, and
    `at_least` the number of classes below which it says nothing.
    """

    key: ClassVar[str] = ""
    kinds: ClassVar[tuple[FieldKind, ...]] = ()
    larger_is_better: ClassVar[bool] = True
    percent: ClassVar[bool] = False
    feed: ClassVar[Feed] = Feed.COUNTS
    options: ClassVar[Mapping[str, Any]] = {}
    at_least: ClassVar[int] = 0
