"""Requests about data and what they are answered with."""

from enum import StrEnum

import msgspec

from engine.document.data_spec import Field
from engine.document.graph import Value
from engine.protocol.messages.base import Event, Request


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
    """The recording in a field of a sample, to be listened to. -> SoundRead

    `index` is the sample's number in the data as saved, or with `run` as that run knows it.
    """

    project_dir: str
    index: int
    field: str
    run: str = ""


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
