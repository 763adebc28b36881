"""Preparation of dates and of cells that hold several labels."""

import dataclasses
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.preparation_step import PreparationStep
from engine.catalog.tensors import DType, TensorSpec
from engine.document.data_spec import FieldKind, Statistics
from engine.errors import AttributeOutOfRange, ShapeMismatch

CYCLES = ("year", "month", "day", "weekday", "hour")
"""What comes round again in a date, in the order of the columns."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class DateParts(PreparationStep):
    """Turns a date into numbers: how late it is, and its place in the year, the month, the week and the day.

    The trend is the time since the mean of the train split in units of its spread. Every place becomes two numbers,
    sine and cosine of the way round, so that December lies beside January. N x columns; a missing date is all zeros.
    """

    formula: ClassVar[str] = "sin(2π place), cos(2π place); (t − mean) / std"
    when: ClassVar[str] = "Use it for every date; choose the places that may matter."
    caption: ClassVar[str] = "Parts of the date"
    target: ClassVar[str] = "engine.data.preparation.dates.DatePartsRule"
    synonyms: ClassVar[tuple[str, ...]] = ("time", "calendar", "season", "cyclic", "weekday", "month", "datetime")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.DATE,)
    inputs_only: ClassVar[bool] = True
    trend: bool = attribute(True, help="How late it is, for what grows or falls over the years.")
    year: bool = attribute(True, help="The place in the year: seasons.", label="Time of year")
    month: bool = attribute(False, help="The month, the same on each of its days.")
    day: bool = attribute(False, help="The place in the month: pay days.", label="Day of the month")
    weekday: bool = attribute(True, help="The day of the week.", label="Day of the week")
    hour: bool = attribute(False, help="The time of day.", label="Time of day")

    @property
    def width(self) -> int:
        """How many columns come out."""
        return int(self.trend) + 2 * sum(bool(getattr(self, name)) for name in CYCLES)

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        if raw.rank != 1 or raw.dtype is not DType.FLOAT:
            raise ShapeMismatch(
                f"{self.label()} needs one date a sample.",
                expected="N (dates)",
                found=f"{raw} ({raw.dtype.value})",
                hint="Put it first.",
            )
        if not self.width:
            raise AttributeOutOfRange(
                f"{self.label()} has nothing to give.",
                expected="at least one part",
                hint="Switch on a part of the date.",
            )
        return TensorSpec((raw.shape[0], self.width), DType.FLOAT)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class MultiHot(PreparationStep):
    """Turns several labels into a row of zeros with a one for each of them.

    N x labels, in the order of the list of labels. A label that is not in the list is passed over.
    """

    formula: ClassVar[str] = "1 at the place of each label, else 0"
    when: ClassVar[str] = "Use it for cells with several labels, as input and as what is to be learned."
    caption: ClassVar[str] = "One column a label"
    target: ClassVar[str] = "engine.data.preparation.labels.MultiHotRule"
    synonyms: ClassVar[tuple[str, ...]] = ("multi-label", "tags", "k-hot", "indicator", "dummy")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.LABELS,)

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        if raw.rank != 1 or raw.dtype is not DType.INT:
            raise ShapeMismatch(
                f"{self.label()} needs labels.", expected="N (labels)", found=str(raw), hint="Put it first."
            )
        return TensorSpec((raw.shape[0], max(1, len(statistics.classes))), DType.FLOAT)


COLUMN_STEPS: tuple[type[PreparationStep], ...] = (DateParts, MultiHot)
"""In the order of the menu."""
