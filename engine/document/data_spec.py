"""What a project learns from: sources, typed fields with their preparation, and the split."""

from enum import StrEnum

import msgspec

from engine.document.graph import Value


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the values in a data spec: immutable, strict, defaults left out of the file."""


class FieldKind(StrEnum):
    """What a field of a sample is."""

    IMAGE = "image"
    MASK = "mask"
    NUMBER = "number"
    CATEGORY = "category"
    TEXT = "text"
    AUDIO = "audio"
    SERIES = "series"
    ARRAY = "array"


class Role(StrEnum):
    """What a field is used for."""

    INPUT = "input"
    TARGET = "target"
    IGNORED = "ignored"


class SourceKind(StrEnum):
    """How samples lie in a source."""

    IMAGE_FOLDER = "image_folder"  # a folder a class, also below train/ val/ test/
    TABLE = "table"  # CSV or TSV
    IDX = "idx"  # MNIST's format: pairs of images and labels
    NPZ = "npz"  # NumPy arrays
    TEXT_LINES = "text_lines"  # a file a class, a sample a line


class SplitMethod(StrEnum):
    """How samples are dealt to train, val and test."""

    RANDOM = "random"
    STRATIFIED = "stratified"
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
    """

    classes: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    vocabulary: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    minimum: tuple[float, ...] = ()
    maximum: tuple[float, ...] = ()
    fill: float = 0.0
    missing: int = 0
    shape: tuple[int | None, ...] = ()
    longest: int = 0


class Field(Part, frozen=True):
    """A named, typed part of every sample."""

    name: str
    kind: FieldKind
    role: Role = Role.INPUT
    preparation: tuple[Step, ...] = ()
    augmentation: tuple[Step, ...] = ()
    statistics: Statistics = Statistics()


class Split(Part, frozen=True):
    """How samples are dealt out; the same seed deals the same way. Duplicates never cross."""

    method: SplitMethod = SplitMethod.STRATIFIED
    train: float = 0.8
    val: float = 0.1
    test: float = 0.1
    seed: int = 7


class DataSpec(Part, frozen=True):
    """Everything about the data but the data."""

    sources: tuple[Source, ...] = ()
    fields: tuple[Field, ...] = ()
    split: Split = Split()

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    def targets(self) -> tuple[Field, ...]:
        """The fields to be learned."""
        return tuple(field for field in self.fields if field.role is Role.TARGET)

    def inputs(self) -> tuple[Field, ...]:
        """The fields that are learned from."""
        return tuple(field for field in self.fields if field.role is Role.INPUT)
