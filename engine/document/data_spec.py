"""What a project learns from: sources, typed fields with their preparation, and the split."""

from enum import StrEnum

import msgspec

from engine.document.graph import Value


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the values in a data spec: immutable, strict, defaults left out of the file."""


class FieldKind(StrEnum):
    """What a field of a sample is."""

    IMAGE = "image"
    MASK = "mask"  # a picture whose values are classes
    NUMBER = "number"
    CATEGORY = "category"
    LABELS = "labels"  # any number of classes at once
    DATE = "date"  # a moment: seconds since 1970 in UTC
    TEXT = "text"
    AUDIO = "audio"  # one channel of sound
    SERIES = "series"  # time × channels
    ARRAY = "array"


class Role(StrEnum):
    """What a field is used for."""

    INPUT = "input"
    TARGET = "target"
    IGNORED = "ignored"


class SourceKind(StrEnum):
    """How samples lie in a source."""

    IMAGE_FOLDER = "image_folder"  # a folder a class, also below train/ val/ test/
    SOUND_FOLDER = "sound_folder"  # the same with sound
    NAMED_FILES = "named_files"  # pictures or sound whose names hold the class: 7_jackson_3.wav
    SHARED_NAMES = "shared_names"  # 0001.jpg beside 0001.cls, also in tar archives: WebDataset
    LOOSE_FILES = "loose_files"  # pictures or sound side by side, not labelled yet
    MANIFEST = "manifest"  # a table that names files
    MASKS = "masks"  # pictures with a mask each
    BOXES = "boxes"  # pictures with marked objects: each object is a sample
    TABLE = "table"  # CSV, TSV, Excel, Parquet or JSON lines
    SERIES = "series"  # a table of values over time, cut into windows
    IDX = "idx"  # MNIST's format: pairs of images and labels
    NPZ = "npz"  # NumPy arrays
    TEXT_LINES = "text_lines"  # a file a class, a sample a line
    PARALLEL_TEXT = "parallel_text"  # lines and their translation
    PLAIN_TEXT = "plain_text"  # text to be continued
    POINTS = "points"  # points on a plane, computed or drawn by a person
    ENVIRONMENT = "environment"  # a Gymnasium environment: moments of episodes


class SplitMethod(StrEnum):
    """How samples are dealt to train, val and test."""

    RANDOM = "random"
    STRATIFIED = "stratified"
    GROUPED = "grouped"  # samples that are equal in a field stay together
    TIME = "time"  # the latest are the test
    GIVEN = "given"  # by folders or files; what is missing is cut from train


class Source(Part, frozen=True):
    """Where samples come from. `path` is absolute, or relative to the project folder; `options` are the reader's."""

    kind: SourceKind
    path: str
    options: dict[str, Value] = {}
    fingerprint: str = ""


class Step(Part, frozen=True):
    """A catalog entry with its attributes: a preparation step, an augmentation, an optimizer or a schedule."""

    type: str
    attributes: dict[str, Value] = {}


class Statistics(Part, frozen=True):
    """What was measured on the train split; preparation and the exported file use it. All lists may be empty.

    `shape` is that of one raw sample (height, width, channels of a picture; None where it differs between samples).
    `mean` and `std` are per channel, in the raw unit (0 to 255 for pictures); `fill` replaces a missing number.
    `merges` are the pairs that byte-pair encoding joins, in order, `rate` the samples of sound a second.
    """

    classes: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    vocabulary: tuple[str, ...] = ()
    merges: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    minimum: tuple[float, ...] = ()
    maximum: tuple[float, ...] = ()
    fill: float = 0.0
    missing: int = 0
    shape: tuple[int | None, ...] = ()
    longest: int = 0
    rate: int = 0


class Field(Part, frozen=True):
    """A named, typed part of every sample. `options` say how it is read (separator of labels, form of dates)."""

    name: str
    kind: FieldKind
    role: Role = Role.INPUT
    options: dict[str, Value] = {}
    preparation: tuple[Step, ...] = ()
    augmentation: tuple[Step, ...] = ()
    statistics: Statistics = Statistics()


class Unseen(Part, frozen=True):
    """Samples that are kept for the test, all of them, whatever the method: those with one of the values in a field.

    So it is seen what a network makes of what it has never met: of a class it was not taught, of a fault that is rare.
    """

    field: str = ""
    values: tuple[str, ...] = ()


class Split(Part, frozen=True):
    """How samples are dealt out; the same seed deals the same way. Duplicates never cross.

    `field` is what a split by group keeps together, or what a split by time goes by; it may be an ignored one, as may
    that of `unseen`.
    """

    method: SplitMethod = SplitMethod.STRATIFIED
    train: float = 0.8
    val: float = 0.1
    test: float = 0.1
    seed: int = 7
    field: str = ""
    unseen: Unseen = Unseen()


class LabelledSamples(Part, frozen=True):
    """Samples that were labelled by hand in one go: with one class, with several where the field takes them, with none.

    Those without wait in the pool. `labels` are classes as the files (or `Labelling.added`) call them, so that a class
    renamed later takes them along. `samples` are names, or runs of names (`engine.document.sample_names`).
    """

    labels: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


class Labelling(Part, frozen=True):
    """What the user changed about the classes of a field; files stay as they are.

    `renamed` says what a class of the files is called: several with one name are merged, an empty name takes the class
    away, and its samples wait in the pool. `added` are classes that no file knows. `labelled` are the samples labelled
    by hand, in the order in which that was done: the latest counts.
    """

    field: str
    renamed: dict[str, str] = {}
    added: tuple[str, ...] = ()
    labelled: tuple[LabelledSamples, ...] = ()

    def called(self, original: str) -> str:
        """What a class of the files is called now; empty when it was taken away."""
        return self.renamed.get(original, original)

    def originals(self, name: str) -> tuple[str, ...]:
        """What the files may call a class."""
        found = tuple(old for old, new in self.renamed.items() if new == name)
        return found if name in self.renamed else (name, *found)


class Exclusion(Part, frozen=True):
    """Samples (names, or runs of names) that nobody is to use, or with `undone` that are to be used again."""

    samples: tuple[str, ...] = ()
    undone: bool = False


class DataSpec(Part, frozen=True):
    """Everything about the data but the data. Of `excluded` the latest that names a sample counts."""

    sources: tuple[Source, ...] = ()
    fields: tuple[Field, ...] = ()
    split: Split = Split()
    labelling: tuple[Labelling, ...] = ()
    excluded: tuple[Exclusion, ...] = ()

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    def labelling_of(self, field: str) -> Labelling:
        """What the user changed about a field's classes."""
        return next((item for item in self.labelling if item.field == field), Labelling(field=field))

    def targets(self) -> tuple[Field, ...]:
        """The fields to be learned."""
        return tuple(field for field in self.fields if field.role is Role.TARGET)

    def inputs(self) -> tuple[Field, ...]:
        """The fields that are learned from."""
        return tuple(field for field in self.fields if field.role is Role.INPUT)
