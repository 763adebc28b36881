"""Requests for single samples of a scored split: which of them, in which order, and what was answered to each."""

from enum import StrEnum

import msgspec

from engine.protocol.messages.base import Event, Request
from engine.protocol.messages.data import FieldValue, SampleCard, Shown, ValueRange


class Among(StrEnum):
    """Which samples are wanted."""

    ALL = "all"
    WRONG = "wrong"
    RIGHT = "right"


class Order(StrEnum):
    """Which samples come first. Answers without probabilities have no sureness: there it is the same as the worst."""

    SUREST = "surest"
    LEAST_CERTAIN = "least_certain"
    WORST = "worst"
    BEST = "best"
    DATA = "data"


class Measure(StrEnum):
    """What the score of a sample says."""

    SURE = "sure"  # probability of the answer, 0 to 1
    OFF = "off"  # distance from the truth, in its own unit
    OVERLAP = "overlap"  # intersection over union of answered and true regions, 0 to 1
    DOUBT = "doubt"  # how unlikely the truth seemed, in nats a token
    NONE = "none"


class GetAnswered(Request, frozen=True, kw_only=True):
    """A page of the samples of a split with what a run answered to them. -> AnsweredRead

    `output` is the field that is answered, "" for the main one. `true` and `predicted` are classes: of a category those
    of the truth and of the answer, of labels and masks one that the truth (the answer) has. `samples` (numbers in the
    run's data, int32, little end first) are the only ones looked at where they are given, whatever their order here.
    """

    project_dir: str
    run: str = "best"
    split: str = "test"
    output: str = ""
    among: Among = Among.ALL
    true: str = ""
    predicted: str = ""
    values: list[FieldValue] = []
    ranges: list[ValueRange] = []
    samples: bytes = b""
    order: Order = Order.WORST
    offset: int = 0
    limit: int = 48
    size: int = 128


class AnsweredSample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample, what is true and what was answered, both in words and, where there is something to see, drawn.

    `index` is its number in the data as the run knows it, `name` the one by which the project knows it. `right` is None
    where an answer is never just right or wrong. `answer` and `truth` are pictures, masks of the size of the card, or
    curves; those of a forecast go on where `past` ends, all three of one column, float32, little end first. `led` says
    of a text that each piece of it was said after the true ones before it, not after those said before. `given` are the
    words that the network was given for this answer, "" where it takes none.
    """

    index: int
    name: str
    true: str
    predicted: str
    score: float
    card: SampleCard
    right: bool | None = None
    led: bool = False
    given: str = ""
    answer: Shown | None = None
    truth: Shown | None = None
    past: bytes = b""
    future: bytes = b""
    forecast: bytes = b""
    column: str = ""


class AnsweredRead(Event, frozen=True, kw_only=True):
    """`total` samples fit what was asked; `samples` are those from `offset` on. `kind` is that of the field."""

    run: int
    total: int
    offset: int
    kind: str
    measure: Measure
    samples: list[AnsweredSample]


class FindNamed(Request, frozen=True, kw_only=True):
    """Where samples are in the project's data as saved, by name or runs of names. -> SamplesFound"""

    project_dir: str
    names: list[str]


class GetCorrections(Request, frozen=True, kw_only=True):
    """What was changed in the project since a run began, as saved. -> CorrectionsFound"""

    project_dir: str
    run: str


class CorrectionsFound(Event, frozen=True, kw_only=True):
    """`labelled` counts samples labelled by hand since the run began, `excluded` those left out, less those used again.

    `data`, `network` and `recipe` say whether anything else of them is different now.
    """

    run: int
    labelled: int = 0
    excluded: int = 0
    data: bool = False
    network: bool = False
    recipe: bool = False


class MeasureLatency(Request, frozen=True, kw_only=True):
    """How long the exported file of a run takes for one sample in onnxruntime. -> LatencyMeasured"""

    project_dir: str
    run: str


class LatencyMeasured(Event, frozen=True, kw_only=True):
    """Median and 95th percentile of `times` answers to one sample each, after a few that are not counted."""

    run: int
    milliseconds: float
    slow_milliseconds: float
    times: int
