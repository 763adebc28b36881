"""Requests to the engine (imperative) and events from it (past tense), each one frozen value.

The first event is EngineReady with the protocol version. Every event but Heartbeat names the request it answers; every
request ends in exactly one final event, its result or RequestFailed.
Progress may come before. New fields have defaults.
"""

from enum import StrEnum
from typing import Union

import msgspec

from engine.document.data_spec import Field
from engine.document.graph import Value

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
    layout: str = ""
    """A `SourceKind`: read the files so; empty takes the layout that fits best."""
    options: dict[str, Value] = {}
    """The reader's, over what was found out."""


class DescribeData(Request, frozen=True, kw_only=True):
    """Open the project's data (building its cache where needed) and describe it. -> DataDescribed"""

    project_dir: str


class GetSamples(Request, frozen=True, kw_only=True):
    """Small pictures or cards of samples for the grid. -> SamplesRead"""

    project_dir: str
    indices: list[int]
    size: int = 96


class GetDetail(Request, frozen=True, kw_only=True):
    """A sample large: each field as it is, after each preparation step, and varied anew. -> SampleDetail

    `fields` are those of the project as the window has them, so that steps can be tried before they are saved; empty
    takes the saved ones. `variants` of each field with augmentation are drawn with `seed`.
    """

    project_dir: str
    index: int
    fields: list[Field] = []
    variants: int = 4
    seed: int = 0
    size: int = 320


class GetSound(Request, frozen=True, kw_only=True):
    """The recording in a field of a sample, to be listened to. -> SoundRead"""

    project_dir: str
    index: int
    field: str


class ValueRange(msgspec.Struct, frozen=True, kw_only=True):
    """Samples whose measure `of` of a field (see Distribution) lies from `low` to `high`, both included."""

    field: str
    low: float
    high: float
    of: str = "value"


class FieldValue(msgspec.Struct, frozen=True, kw_only=True):
    """Samples that have this value in a field, as written in the data; an empty one stands for missing."""

    field: str
    value: str


class FindSamples(Request, frozen=True, kw_only=True):
    """Numbers of the samples that fit everything asked, in the order asked for. -> SamplesFound

    `text` is part of a sample's name, of a text or of a category. `split`: train, val, test, pool or "". `sort`: "" (as
    read), "name", "size" (pixels, seconds or characters of the first input that has a size), or a field, which goes
    before both.
    """

    project_dir: str
    text: str = ""
    split: str = ""
    ranges: list[ValueRange] = []
    values: list[FieldValue] = []
    sort: str = ""
    descending: bool = False


class GetNames(Request, frozen=True, kw_only=True):
    """The names by which samples are known in the data spec (labels given by hand, left out). -> NamesRead

    `indices` are int32, little end first.
    """

    project_dir: str
    indices: bytes


class RefreshData(Request, frozen=True, kw_only=True):
    """Measure classes, spread, vocabulary and so on anew, on the project as saved. -> DataRefreshed"""

    project_dir: str


class CheckData(Request, frozen=True, kw_only=True):
    """Make the checks that take longer: near copies, labels that look wrong to a trained network. -> DataChecked

    `kinds` names the checks; none stands for all that can be made. `run` is whose network is asked.
    """

    project_dir: str
    kinds: list[str] = []
    run: str = "best"


class StartTraining(Request, frozen=True, kw_only=True):
    """Start a run process on the project as saved, or put runs into the queue. -> TrainingStarted

    `resume` goes on with that run; with `epochs` its last phase has so many from then on, also when it had finished.
    `from_run` begins with the weights of its checkpoint `which` ("best" or "last"), on the project as that run had it
    when `as_it_was`. `settings` are changes for this run alone, PATH=VALUE as in `netwright train --set`. `seeds`
    starts so many runs that differ in their seed alone. `device` may name several ("cuda:0,1"), over which a queue
    spreads. Several runs always go through the queue; `queue` sends a single one there too.
    """

    project_dir: str
    name: str = ""
    device: str = ""
    epochs: int = 0
    resume: int = 0
    pictures: bool = True
    settings: list[str] = []
    from_run: int = 0
    which: str = "best"
    as_it_was: bool = False
    seeds: int = 1
    queue: bool = False
    notes: str = ""
    tags: list[str] = []


class EditRun(Request, frozen=True, kw_only=True):
    """Change what is written beside a run; None leaves it as it is. -> RunEdited"""

    project_dir: str
    run: int
    name: str | None = None
    notes: str | None = None
    tags: list[str] | None = None
    baseline: bool | None = None


class ArrangeQueue(Request, frozen=True, kw_only=True):
    """Change the queue and see that somebody works it off; without changes it only does the latter. -> QueueArranged

    `order`: these runs come first, in this order. `remove`: these are taken out and stay as runs that never started.
    `held` stops (True) starting further runs. `at_once` is how many may train on one device at the same time.
    """

    project_dir: str
    order: list[int] = []
    remove: list[int] = []
    held: bool | None = None
    at_once: int = 0


class FindLearningRate(Request, frozen=True, kw_only=True):
    """Train a fresh network for some steps with a rising learning rate. -> LearningRateFound, Progress before

    `phase` and `player` say whose (by place); the project is taken as saved, and nothing of it is changed.
    """

    project_dir: str
    phase: int = 0
    player: int = 0
    device: str = ""


class FindBatchSize(Request, frozen=True, kw_only=True):
    """Measure the largest batch of a phase that fits. -> BatchSizeFound, Progress before"""

    project_dir: str
    phase: int = 0
    device: str = ""


class Evaluate(Request, frozen=True, kw_only=True):
    """Score a run on a split. `run`: number, "best" or "last". -> EvaluationFinished"""

    project_dir: str
    run: str = "best"
    split: str = "test"


class Predict(Request, frozen=True, kw_only=True):
    """Answer for new inputs, through the exported file in onnxruntime. -> PredictionMade

    Each input is {field: value}; a picture's value is a path, or {"pixels": bytes, "height", "width", "channels"}.

    `which` weights of the run: those of its best epoch, or the last ones, as of a run that is paused.
    """

    project_dir: str
    inputs: list[dict[str, object]]
    run: str = "best"
    which: str = "best"


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
    ImportData,
    DescribeData,
    GetSamples,
    GetDetail,
    GetSound,
    FindSamples,
    GetNames,
    RefreshData,
    CheckData,
    StartTraining,
    EditRun,
    ArrangeQueue,
    FindLearningRate,
    FindBatchSize,
    Evaluate,
    Predict,
    Export,
    CheckCode,
    Cancel,
    Shutdown,
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


class LayoutChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A way to read the files: its `SourceKind`, what it is called, and in a line what comes of it."""

    kind: str
    caption: str
    preview: str = ""


class DataImported(Event, frozen=True, kw_only=True):
    """What was found. `project` is a whole proposed project, as project.json; the window applies it as an edit.

    `layout` is how the files were read, `layouts` are all ways in which they can be, best first.
    """

    project: dict[str, object]
    found: str
    samples: int
    left_out: list[LeftOut] = []
    left_out_count: int = 0
    layout: str = ""
    layouts: list[LayoutChoice] = []


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """A way out of what a check found, in one click.

    `edits` are document edits as JSON (`engine.document.edits.Edit`), done as one step of the history under `title`.
    Without any the remedy is to look: the window shows the check's samples.
    """

    title: str
    edits: list[dict[str, object]] = []


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # training would fail, or the score would lie
    WARNING = "warning"  # worth a look before training
    NOTE = "note"  # good to know


class DataCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth knowing about the data before training.

    `kind` names the check ("duplicates", "class_imbalance"), `where` the field or sample it concerns, `message` a short
    sentence, then details after a blank where there are any. `count` is how many samples (or cells) are concerned and
    `samples` the numbers of the first thousand of them.
    """

    kind: str
    severity: Severity = Severity.WARNING
    where: str = ""
    message: str
    count: int = 0
    samples: list[int] = []
    remedies: list[Remedy] = []


class SplitCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Number of samples in each split."""

    train: int = 0
    val: int = 0
    test: int = 0
    pool: int = 0


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

    `labels`: int32, little end first, index into `classes` of `label_field`, the first category target (-1: none).
    `splits`: int8, 0 train, 1 val, 2 test, 3 the pool of samples that have no label.
    """

    samples: int
    counts: SplitCounts
    label_field: str = ""
    classes: list[str] = []
    labels: bytes = b""
    splits: bytes = b""
    class_counts: list[int] = []
    checks: list[DataCheck] = []
    left_out: list[LeftOut] = []
    left_out_count: int = 0
    fields: list[FieldSummary] = []


class SampleCard(msgspec.Struct, frozen=True, kw_only=True):
    """One sample for the grid, small: a picture as raw RGB, curves, or lines of text.

    `mask` are the class numbers (uint8) of the pixels of the picture. `curve` is float32, little end first: for each of
    `channels` curves the least and the largest value of each stretch, one pair after the other. `cells` are the values
    of all fields that are not ignored, in their order, for the table. `note` says how large it is: "640 × 480".
    """

    index: int
    label: str = ""
    name: str = ""
    width: int = 0
    height: int = 0
    rgb: bytes = b""
    mask: bytes = b""
    curve: bytes = b""
    channels: int = 0
    lines: list[str] = []
    cells: list[str] = []
    note: str = ""
    problem: str = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A value at one point of its way: a picture, curves (both as in SampleCard) or words.

    `caption` names the step, "" for the value as it is; `facts` says shape and range.
    """

    caption: str = ""
    facts: str = ""
    text: str = ""
    width: int = 0
    height: int = 0
    rgb: bytes = b""
    mask: bytes = b""
    curve: bytes = b""
    channels: int = 0
    problem: str = ""


class FieldDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a sample: as it is, after each step of its preparation, and varied by its augmentation."""

    name: str
    kind: str
    role: str
    raw: Shown
    steps: list[Shown] = []
    variants: list[Shown] = []


class SampleDetail(Event, frozen=True, kw_only=True):
    """A sample, large. `split` is train, val, test or pool."""

    index: int
    name: str = ""
    split: str = ""
    label: str = ""
    fields: list[FieldDetail] = []


class SoundRead(Event, frozen=True, kw_only=True):
    """A recording as a WAV file of 16 bits, one channel; a long one is cut after `seconds`."""

    index: int
    wav: bytes
    seconds: float


class SamplesFound(Event, frozen=True, kw_only=True):
    """`indices` are int32, little end first, in the asked order."""

    indices: bytes


class NamesRead(Event, frozen=True, kw_only=True):
    """The names in the order of the question, written as runs (`engine.document.sample_names`): as edits take them."""

    names: list[str]


class DataRefreshed(Event, frozen=True, kw_only=True):
    """What has changed since it was measured last: `edits` as JSON, none when nothing has.

    They follow from the data and are no step of the history.
    """

    edits: list[dict[str, object]] = []


class DataChecked(Event, frozen=True, kw_only=True):
    """What the checks that were made (`kinds`) found, worst first."""

    kinds: list[str]
    checks: list[DataCheck]


class SamplesRead(Event, frozen=True, kw_only=True):
    """The asked samples, in the asked order."""

    cards: list[SampleCard]


class TrainingStarted(Event, frozen=True, kw_only=True):
    """A run process is alive; everything else stands in the run folder's log.

    `queued`: it waits in the queue instead. `runs` are all that were made, `group` what they have in common where they
    differ in their seed alone.
    """

    run: int
    run_dir: str
    queued: bool = False
    runs: list[int] = []
    group: str = ""


class RunEdited(Event, frozen=True, kw_only=True):
    """It is written."""

    run: int


class QueueArranged(Event, frozen=True, kw_only=True):
    """The runs that wait, in order. `working`: somebody is there to start them."""

    runs: list[int]
    held: bool
    at_once: int
    working: bool


class LearningRateFound(Event, frozen=True, kw_only=True):
    """The curve of the range test: the loss (debiased running mean) at each learning rate, rising.

    `suggestion` is where the loss falls steepest on a logarithmic axis, `highest` the last rate before it rises again;
    both 0 when the curve says nothing, and `note` says why.
    """

    rates: list[float]
    losses: list[float]
    smooth: list[float]
    suggestion: float
    highest: float
    present: float
    note: str = ""


class BatchSizeFound(Event, frozen=True, kw_only=True):
    """The largest batch that was tried and fits, and what set the limit, in words."""

    batch_size: int
    reason: str
    memory_bytes: int
    free_bytes: int


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
    """The answer for one output: `value` a label or a number; `scores` by class, best first, for categories.

    For a mask `value` says in words what is seen, `scores` is the share of the points that each class has, and `mask`
    holds a class number (0 to 255) for each point, row by row, `height` × `width`. For a series `series` holds the
    values of each moment to come, whose `names` it says, `value` the first of them in words. For a picture that was
    made `pixels` holds a byte for each channel of each point, row by row, `height` × `width` × `channels`.
    """

    value: str | float
    scores: dict[str, float] = {}
    mask: bytes = b""
    height: int = 0
    width: int = 0
    series: list[list[float]] = []
    names: list[str] = []
    pixels: bytes = b""
    channels: int = 0


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
    SampleDetail,
    SoundRead,
    SamplesFound,
    NamesRead,
    DataRefreshed,
    DataChecked,
    TrainingStarted,
    RunEdited,
    QueueArranged,
    LearningRateFound,
    BatchSizeFound,
    EvaluationFinished,
    CodeChecked,
    PredictionMade,
    ModelExported,
    Cancelled,
    RequestFailed,
]
