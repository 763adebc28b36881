"""Requests to the engine (imperative) and events from it (past tense), each one frozen value.

The first event is EngineReady with the protocol version. Every event but Heartbeat names the request it answers; every
request ends in exactly one final event, its result or RequestFailed.
Progress may come before. New fields have defaults.
"""

from typing import Union

import msgspec

PROTOCOL_VERSION = 1


class Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base of requests; `id` is chosen by the window and rises."""

    id: int


class ImportData(Request, frozen=True, kw_only=True):
    """Read a folder, table or archive, find out what it holds and propose network and recipe. -> DataImported"""

    path: str
    project_dir: str = ""
    target: str = ""
    task: str = ""


class DescribeData(Request, frozen=True, kw_only=True):
    """Open the project's data (building its cache where needed) and describe it. -> DataDescribed"""

    project_dir: str


class GetSamples(Request, frozen=True, kw_only=True):
    """Small pictures or cards of samples for the grid. -> SamplesRead"""

    project_dir: str
    indices: list[int]
    size: int = 96


class StartTraining(Request, frozen=True, kw_only=True):
    """Start a run process on the project as saved. -> TrainingStarted"""

    project_dir: str
    name: str = ""
    device: str = ""
    epochs: int = 0
    resume: int = 0
    pictures: bool = True


class Evaluate(Request, frozen=True, kw_only=True):
    """Score a run on a split. `run`: number, "best" or "last". -> EvaluationFinished"""

    project_dir: str
    run: str = "best"
    split: str = "test"


class Predict(Request, frozen=True, kw_only=True):
    """Answer for new inputs, through the exported file in onnxruntime. -> PredictionMade

    Each input is {field: value}; a picture's value is a path, or {"pixels": bytes, "height", "width", "channels"}.
    """

    project_dir: str
    inputs: list[dict[str, object]]
    run: str = "best"


class Export(Request, frozen=True, kw_only=True):
    """Write an ONNX file and prove it. -> ModelExported"""

    project_dir: str
    to: str
    run: str = "best"
    precision: str = "float32"
    opset: int = 20


class CheckCode(Request, frozen=True, kw_only=True):
    """Look over a node with code of the user's own, as the project on disk holds it. -> CodeChecked

    `node` is its id in the flat form (`gate1`, inside a block `block1__gate1`).
    """

    project_dir: str
    node: str


class Cancel(Request, frozen=True, kw_only=True):
    """Stop working on another request; that one then fails with kind "cancelled". -> Cancelled"""

    request: int


class Shutdown(Request, frozen=True, kw_only=True):
    """End the engine; runs go on. -> no answer"""


AnyRequest = Union[
    ImportData, DescribeData, GetSamples, StartTraining, Evaluate, Predict, Export, CheckCode, Cancel, Shutdown
]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base of events; `request` is the id of the request answered, 0 for none."""

    request: int = 0


class EngineReady(Event, frozen=True, kw_only=True):
    """The engine can take requests."""

    protocol: int = PROTOCOL_VERSION
    version: str = ""
    torch: str = ""
    devices: list[str] = []


class Heartbeat(Event, frozen=True, kw_only=True):
    """A sign of life, each second. `cpu` and `memory_bytes` are the engine's own."""

    memory_bytes: int = 0


class Progress(Event, frozen=True, kw_only=True):
    """How far a request is. `fraction` 0 to 1, or -1 when unknown."""

    fraction: float
    message: str = ""
    left_s: float | None = None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Something among the data that cannot be used: where (file, row, column) and why."""

    where: str
    reason: str


class DataImported(Event, frozen=True, kw_only=True):
    """What was found. `project` is a whole proposed project, as project.json; the window applies it as an edit."""

    project: dict[str, object]
    found: str
    samples: int
    left_out: list[LeftOut] = []
    left_out_count: int = 0


class SplitCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Number of samples in each split."""

    train: int = 0
    val: int = 0
    test: int = 0


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """How something measured of a field is spread over the samples that have it.

    `of` says what was measured: "value", "characters", "labels" a sample, "width", "height", "seconds", "steps". Dates
    are seconds since 1970 with the unit "date". `quantiles` are those at 5, 25, 50, 75 and 95 %; `counts[i]` samples
    lie between `edges[i]` and `edges[i + 1]`, the last edge included. All are empty when there is nothing to count.
    """

    of: str = "value"
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 0.0
    mean: float = 0.0
    std: float = 0.0
    quantiles: list[float] = []
    edges: list[float] = []
    counts: list[int] = []


class ValueCount(msgspec.Struct, frozen=True, kw_only=True):
    """A value and how many samples have it."""

    value: str
    count: int


class FieldSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a field holds, over all samples: its statistics, histograms and most frequent values.

    `reason` says why it was taken for its kind, `kinds` what it can be changed to. `count` samples have a value,
    `missing` have none. `distinct` is -1 where nobody counted. `distributions` is empty for categories; pictures have
    two (width and height). `top` are the most frequent values first, all classes of a category up to a hundred.
    """

    name: str
    kind: str
    role: str
    reason: str = ""
    kinds: list[str] = []
    count: int = 0
    missing: int = 0
    distinct: int = -1
    distributions: list[Distribution] = []
    top: list[ValueCount] = []


class DataDescribed(Event, frozen=True, kw_only=True):
    """Counts and warnings of the project's data. `splits` and `labels` have one entry a sample, in sample order.

    `labels`: index into `classes` of the first category target (-1: none). `splits`: 0 train, 1 val, 2 test.
    """

    samples: int
    counts: SplitCounts
    classes: list[str] = []
    labels: list[int] = []
    splits: list[int] = []
    class_counts: list[int] = []
    checks: list[LeftOut] = []
    left_out: list[LeftOut] = []
    left_out_count: int = 0


class SampleCard(msgspec.Struct, frozen=True, kw_only=True):
    """One sample for the grid: a picture as raw RGB, or lines of text."""

    index: int
    label: str = ""
    name: str = ""
    width: int = 0
    height: int = 0
    rgb: bytes = b""
    lines: list[str] = []
    problem: str = ""


class SamplesRead(Event, frozen=True, kw_only=True):
    """The asked samples, in the asked order."""

    cards: list[SampleCard]


class TrainingStarted(Event, frozen=True, kw_only=True):
    """A run process is alive; everything else stands in the run folder's log."""

    run: int
    run_dir: str


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


class FieldEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of one output. `matrix[true][predicted]` counts samples, for categories."""

    field: str
    metrics: dict[str, float]
    classes: list[str] = []
    matrix: list[list[int]] = []
    per_class: list[ClassScore] = []
    mistakes: list[Mistake] = []
    interval: list[float] = []


class CodeFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at in a layer of the user's own. `failed` is empty when all is well; `warns` marks what
    does not stop training."""

    subject: str
    failed: str = ""
    warns: bool = False


class CodeChecked(Event, frozen=True, kw_only=True):
    """What was found in a layer of the user's own. `output_shape` is that of a sample, 0 for a size that is free."""

    node: str
    findings: list[CodeFinding]
    output_shape: list[int]
    parameters: int

    @property
    def usable(self) -> bool:
        """Whether a network can be trained with it."""
        return all(not item.failed or item.warns for item in self.findings)


class EvaluationFinished(Event, frozen=True, kw_only=True):
    """Scores of a run on a split, an entry an output of the network, the first is the main one."""

    run: int
    split: str
    samples: int
    seconds: float
    outputs: list[FieldEvaluation]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for one output: `value` a label or a number; `scores` by class, best first, for categories."""

    value: str | float
    scores: dict[str, float] = {}


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """Answers for one input, by output field; `problem` instead when the input could not be used."""

    input: str
    outputs: dict[str, Answer] = {}
    problem: str = ""


class PredictionMade(Event, frozen=True, kw_only=True):
    """Answers in the order of the inputs. `milliseconds` is onnxruntime's time a sample."""

    run: int
    predictions: list[Prediction]
    milliseconds: float


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The proof of an export: samples compared through the whole path, same answers among them, largest difference."""

    samples: int
    same_answers: int
    max_abs_difference: float
    batch_sizes: list[int] = []
    any_size: bool = False


class ModelExported(Event, frozen=True, kw_only=True):
    """An ONNX file was written and proved."""

    file: str
    bytes: int
    opset: int
    inputs: list[dict[str, object]]
    outputs: list[dict[str, object]]
    verified: Verified
    run: int = 0


class Cancelled(Event, frozen=True, kw_only=True):
    """The Cancel request was taken."""


class RequestFailed(Event, frozen=True, kw_only=True):
    """The request could not be done. `error` as in the command line; `details` is a trace, only for our own faults."""

    error: dict[str, str]
    details: str = ""


AnyEvent = Union[
    EngineReady,
    Heartbeat,
    Progress,
    DataImported,
    DataDescribed,
    SamplesRead,
    TrainingStarted,
    EvaluationFinished,
    CodeChecked,
    PredictionMade,
    ModelExported,
    Cancelled,
    RequestFailed,
]
