"""Requests about how good a run is, and what they are answered with."""

import msgspec

from engine.protocol.messages.base import Event, Request
from engine.protocol.messages.plots import PictureGrid, Plot


class Evaluate(Request, frozen=True, kw_only=True):
    """Score a run on a split. `run`: number, "best" or "last". -> EvaluationFinished"""

    project_dir: str
    run: str = "best"
    split: str = "test"


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A sample answered wrongly (or furthest off), surest first. `score` is the answer's probability or error."""

    index: int
    true: str
    predicted: str
    score: float


class ClassScore(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of one class."""

    name: str
    precision: float
    recall: float
    f1: float
    samples: int
    overlap: float | None = None
    """Intersection over union, of the classes of a mask; `samples` are then points."""
    auroc: float | None = None
    """Area under the ROC curve of this class against the rest."""
    average_precision: float | None = None


class EpisodeScore(msgspec.Struct, frozen=True, kw_only=True):
    """A game that a network played: the seed it begins with, the sum of its rewards, how many steps it took.

    `cut`: it was ended while it was still going on.
    """

    seed: int
    total: float
    steps: int
    cut: bool = False


class FieldEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of one output. `matrix[true][predicted]` counts samples, for categories.

    `kind` is that of the field. `averages` are precision, recall and F1 of all classes together: macro, micro and
    weighted by samples. `interval` belongs to the main metric, `intervals` to each metric by name; both hold the truth
    with 95 % confidence. `plots` and `pictures` name the view they stand in. `episodes` are there where the output acts
    in an environment; `kind` is then "episodes".
    """

    field: str
    metrics: dict[str, float]
    classes: list[str] = []
    matrix: list[list[int]] = []
    per_class: list[ClassScore] = []
    mistakes: list[Mistake] = []
    interval: list[float] = []
    kind: str = ""
    averages: list[ClassScore] = []
    intervals: dict[str, list[float]] = {}
    plots: list[Plot] = []
    pictures: list[PictureGrid] = []
    episodes: list[EpisodeScore] = []
    measured: list[str] = []
    """Those of `metrics` that stand in the network as nodes that only measure."""
    from_noise: bool = False
    """Made of random numbers: no sample has an answer of its own that could be right or wrong."""


class MapSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A self-organising map on a split. `heights` are float32 (2 rows - 1, 2 columns - 1), little endian: between two
    units their distance, at a unit the mean of those beside it. `hits` int32 (rows, columns) are the samples each unit
    holds, `votes` uint8 the number of most of their classes, 255 for a unit that holds none; empty without classes."""

    node: str
    title: str
    rows: int
    columns: int
    heights: bytes
    hits: bytes
    classes: list[str] = []
    votes: bytes = b""


class EvaluationFinished(Event, frozen=True, kw_only=True):
    """Scores of a run on a split, an entry an output of the network, the first is the main one. `samples` are episodes
    where the main output acts.

    `data` is the same for runs whose data is: only there does a number stand for the same sample. `losses` are those of
    a network with several by the id of their node, `maps` the sheets of its self-organising maps.
    """

    run: int
    split: str
    samples: int
    seconds: float
    outputs: list[FieldEvaluation]
    data: str = ""
    losses: dict[str, float] = {}
    maps: list[MapSheet] = []
