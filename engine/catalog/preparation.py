"""The preparation steps: what turns a raw value (picture, number, category, text) into what a network takes.

Declared here, carried out on tensors and written into ONNX by the class that `target` names. Steps run in the order
of the field.
"""

import dataclasses
from typing import ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.preparation_array import ARRAY_STEPS
from engine.catalog.preparation_columns import COLUMN_STEPS
from engine.catalog.preparation_mask import MASK_STEPS
from engine.catalog.preparation_series import SERIES_STEPS
from engine.catalog.preparation_sound import SOUND_STEPS
from engine.catalog.preparation_step import PreparationStep
from engine.catalog.preparation_text import TEXT_STEPS
from engine.catalog.tensors import DType, TensorSpec, axes_text
from engine.document.data_spec import FieldKind, Statistics
from engine.errors import ShapeMismatch


def _picture(step: PreparationStep, raw: TensorSpec) -> tuple[int | None, int | None, int | None]:
    """Height, width and channels of a picture in grey levels, N × height × width × channels of whole numbers."""
    if raw.rank != 4 or raw.dtype is not DType.INT:
        axes = ("N", "height", "width", "channels")
        scaled = raw.rank == 4
        raise ShapeMismatch(
            f"{step.label()} needs a picture in grey levels.",
            expected="4 dimensions (N, height, width, channels), whole numbers 0 to 255",
            found="a picture that is scaled already" if scaled else axes_text(raw.shape, axes),
            hint="Put it before the step that scales." if scaled else "Only pictures can be prepared with it.",
        )
    return raw.shape[1], raw.shape[2], raw.shape[3]


def _scaled_picture(step: PreparationStep, raw: TensorSpec) -> int | None:
    """Channels of a picture behind Scale, N × channels × height × width."""
    if raw.rank != 4 or raw.dtype is not DType.FLOAT:
        grey = raw.rank == 4
        raise ShapeMismatch(
            f"{step.label()} needs a scaled picture.",
            expected="4 dimensions (N, channels, height, width), numbers 0 to 1",
            found="a picture in grey levels" if grey else axes_text(raw.shape, ("N", "channels", "height", "width")),
            hint="Put Scale before it." if grey else "Only pictures can be prepared with it.",
        )
    return raw.shape[1]


def _single(step: PreparationStep, raw: TensorSpec, dtype: DType, noun: str) -> None:
    """Refuse anything but one value a sample."""
    if raw.dtype is not dtype or not (raw.rank == 1 or (raw.rank == 2 and raw.shape[1] == 1)):
        raise ShapeMismatch(
            f"{step.label()} needs one {noun} a sample.",
            expected=f"N ({noun}s)",
            found=f"{raw} ({raw.dtype.value})",
            hint="Put it first, or remove the step before it.",
        )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Channels(PreparationStep):
    """Makes every picture grey or colour.

    Grey is (19595 R + 38470 G + 7471 B + 32768) >> 16, as in ITU-R 601; transparent parts are laid on white. The
    result is N × height × width × 1 or 3, whole numbers 0 to 255.
    """

    formula: ClassVar[str] = "grey = 0.299 R + 0.587 G + 0.114 B"
    when: ClassVar[str] = "Use it when pictures are partly grey and partly coloured, or colour means nothing."
    caption: ClassVar[str] = "Colour or grey"
    target: ClassVar[str] = "engine.data.preparation.picture.ChannelsRule"
    synonyms: ClassVar[tuple[str, ...]] = ("grayscale", "greyscale", "rgb", "colour", "color")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.IMAGE,)
    mode: Literal["rgb", "gray"] = attribute("rgb", help="Three colour channels, or one grey channel.", label="Colours")

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        height, width, _ = _picture(self, raw)
        return TensorSpec((raw.shape[0], height, width, 3 if self.mode == "rgb" else 1), raw.dtype)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Resize(PreparationStep):
    """Brings every picture or mask to one size.

    Bilinear with antialiasing (as Pillow's, within one grey level); of a mask the nearest point, and it needs the size
    and fit of its picture. `stretch` changes the proportions, `cover` cuts off what is too long, from the middle,
    `contain` adds black bars. A picture that has the size already is not touched.
    """

    formula: ClassVar[str] = "x[i, j] = blend of the points around it"
    when: ClassVar[str] = "Use it first: a network wants pictures of one size."
    target: ClassVar[str] = "engine.data.preparation.picture.ResizeRule"
    opset: ClassVar[int] = 18
    synonyms: ClassVar[tuple[str, ...]] = ("scale", "crop", "letterbox", "size")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.IMAGE, FieldKind.MASK)
    height: int = attribute(64, minimum=1, maximum=4096, help="Height of the result in pixels.")
    width: int = attribute(64, minimum=1, maximum=4096, help="Width of the result in pixels.")
    mode: Literal["cover", "stretch", "contain"] = attribute(
        "cover", help="What happens to a picture of other proportions: cut, stretched, or framed in black.", label="Fit"
    )

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        if raw.rank == 3 and raw.dtype is DType.INT:  # a mask
            return TensorSpec((raw.shape[0], self.height, self.width), raw.dtype, raw.classes)
        _, _, channels = _picture(self, raw)
        return TensorSpec((raw.shape[0], self.height, self.width, channels), raw.dtype)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scale(PreparationStep):
    """Turns grey levels 0 to 255 into numbers 0 to 1, channels first.

    N × height × width × channels becomes N × channels × height × width, which is the order that Conv2d takes.
    """

    formula: ClassVar[str] = "x / 255"
    when: ClassVar[str] = "Use it for every picture; it makes numbers of points."
    caption: ClassVar[str] = "Scale to 0–1"
    target: ClassVar[str] = "engine.data.preparation.picture.ScaleRule"
    synonyms: ClassVar[tuple[str, ...]] = ("to tensor", "rescale", "divide by 255")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.IMAGE,)

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        height, width, channels = _picture(self, raw)
        return TensorSpec((raw.shape[0], channels, height, width), DType.FLOAT)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Normalize(PreparationStep):
    """Subtracts the mean of each channel and divides by its spread.

    Stands behind Scale: `mean` and `std` are in units of 0 to 1. Left empty, those measured on the train split are
    used.
    """

    formula: ClassVar[str] = "(x − mean) / std of each channel"
    when: ClassVar[str] = "Use it behind Scale, nearly always."
    target: ClassVar[str] = "engine.data.preparation.picture.NormalizeRule"
    synonyms: ClassVar[tuple[str, ...]] = ("standardize", "mean", "std")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.IMAGE,)
    mean: tuple[float, ...] = attribute((), help="Mean of each channel, 0 to 1; empty: as measured.", advanced=True)
    std: tuple[float, ...] = attribute(
        (), above=0, help="Spread of each channel, 0 to 1; empty: as measured.", label="Spread", advanced=True
    )

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        channels = _scaled_picture(self, raw)
        for name, given in (("mean", self.mean), ("spread", self.std)):
            if given and channels is not None and len(given) not in (1, channels):
                raise ShapeMismatch(
                    f"Normalize has {len(given)} numbers for the {name}, the picture has {channels} channels.",
                    expected=f"1 or {channels} numbers",
                    found=str(len(given)),
                    hint="Leave it empty to use what was measured.",
                )
        return TensorSpec(raw.shape, DType.FLOAT)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FillMissing(PreparationStep):
    """Puts a number where one is missing.

    The median or the mean of the train split, or a number of your own.
    """

    formula: ClassVar[str] = "x where known, else the fill"
    when: ClassVar[str] = "Use it first for any number that is sometimes missing."
    caption: ClassVar[str] = "Fill missing"
    target: ClassVar[str] = "engine.data.preparation.number.FillMissingRule"
    synonyms: ClassVar[tuple[str, ...]] = ("impute", "nan", "empty")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.NUMBER, FieldKind.ARRAY, FieldKind.SERIES)
    strategy: Literal["median", "mean", "value"] = attribute("median", help="What stands in for a missing number.")
    value: float = attribute(0.0, help="The number used when the strategy is value.")

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        return _number_spec(self, raw)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Standardize(PreparationStep):
    """Brings numbers to mean 0 and spread 1, as measured on the train split.

    Answers of a network that learned a standardized number are turned back into its own unit.
    """

    formula: ClassVar[str] = "(x − mean) / std"
    when: ClassVar[str] = "Use it for numbers, nearly always."
    target: ClassVar[str] = "engine.data.preparation.number.StandardizeRule"
    synonyms: ClassVar[tuple[str, ...]] = ("normalize", "z-score", "scale")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.NUMBER, FieldKind.ARRAY, FieldKind.SERIES)

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        return _number_spec(self, raw)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class MinMaxScale(PreparationStep):
    """Brings numbers between 0 and 1, by the smallest and largest of the train split.

    Numbers outside that range go below 0 or above 1.
    """

    formula: ClassVar[str] = "low + (high − low) (x − min) / (max − min)"
    when: ClassVar[str] = "Use it for numbers with hard ends, such as percentages."
    caption: ClassVar[str] = "Scale to range 0–1"
    target: ClassVar[str] = "engine.data.preparation.number.MinMaxScaleRule"
    synonyms: ClassVar[tuple[str, ...]] = ("normalize", "range", "minmax")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.NUMBER, FieldKind.ARRAY, FieldKind.SERIES)

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        return _number_spec(self, raw)


def _number_spec(step: PreparationStep, raw: TensorSpec) -> TensorSpec:
    """A number becomes one column, N × 1; an array keeps its shape."""
    if raw.dtype is not DType.FLOAT:
        raise ShapeMismatch(
            f"{step.label()} needs numbers.", expected="numbers", found=raw.dtype.value, hint="Remove this step."
        )
    return TensorSpec((raw.shape[0], 1) if raw.rank == 1 else raw.shape, DType.FLOAT)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ClassIndex(PreparationStep):
    """Turns a category into the number of its class, counting from 0.

    What a classification target and an Embedding need. As an input, an unknown category counts as the most frequent
    one.
    """

    formula: ClassVar[str] = "place of the word in the list of classes"
    when: ClassVar[str] = "Use it for the class that is to be learned."
    caption: ClassVar[str] = "Class number"
    target: ClassVar[str] = "engine.data.preparation.category.ClassIndexRule"
    synonyms: ClassVar[tuple[str, ...]] = ("label encode", "ordinal", "label")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.CATEGORY,)

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        _single(self, raw, DType.INT, "category")
        return TensorSpec((raw.shape[0],), DType.INT, self.index_count(statistics))

    def index_count(self, statistics: Statistics) -> int:
        """How many different numbers come out: what an Embedding must hold."""
        return max(1, len(statistics.classes))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OneHot(PreparationStep):
    """Turns a category into a row of zeros with a one at its class.

    An unknown or missing category is all zeros.
    """

    formula: ClassVar[str] = "1 at the place of the class, else 0"
    when: ClassVar[str] = "Use it for categories that go into the network."
    caption: ClassVar[str] = "One-hot"
    target: ClassVar[str] = "engine.data.preparation.category.OneHotRule"
    synonyms: ClassVar[tuple[str, ...]] = ("dummy", "indicator")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.CATEGORY,)

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        _single(self, raw, DType.INT, "category")
        return TensorSpec((raw.shape[0], max(1, len(statistics.classes))), DType.FLOAT)


STEPS: tuple[type[PreparationStep], ...] = (
    Channels,
    Resize,
    Scale,
    Normalize,
    *MASK_STEPS,
    FillMissing,
    Standardize,
    MinMaxScale,
    ClassIndex,
    OneHot,
    *COLUMN_STEPS,
    *TEXT_STEPS,
    *SOUND_STEPS,
    *SERIES_STEPS,
    *ARRAY_STEPS,
)
"""Every preparation step, in the order of the menu."""

_BY_NAME = {step.type_name(): step for step in STEPS}


def preparation_type(name: str) -> type[PreparationStep] | None:
    """The step of that name."""
    return _BY_NAME.get(name)
