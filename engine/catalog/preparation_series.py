"""The preparation steps of series: what is missing, what changes, what jitters. Axes: N × time × channels."""

import dataclasses
from typing import ClassVar, Literal

from engine.catalog.entry import attribute
from engine.catalog.preparation_step import PreparationStep
from engine.catalog.tensors import DType, TensorSpec, axes_text
from engine.document.data_spec import FieldKind, Statistics
from engine.errors import ShapeMismatch


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _SeriesStep(PreparationStep):
    """Base of steps that look along the time of a series."""

    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.SERIES,)

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        if raw.rank != 3 or raw.dtype is not DType.FLOAT:
            raise ShapeMismatch(
                f"{self.label()} needs a series.",
                expected="3 dimensions (N, time, channels)",
                found=axes_text(raw.shape, ("N", "time", "channels")),
                hint="Remove this step.",
            )
        return raw


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Interpolate(_SeriesStep):
    """Fills the gaps of a series from their neighbours, each channel by itself.

    By a straight line, or by repeating the last value that is known. At an end the nearest value is repeated; a channel
    without any value is filled with its mean in the train split.
    """

    formula: ClassVar[str] = "x between a and b: a + (b − a) · way"
    when: ClassVar[str] = "Use it first for any series that has gaps."
    caption: ClassVar[str] = "Fill gaps"
    target: ClassVar[str] = "engine.data.preparation.series.InterpolateRule"
    synonyms: ClassVar[tuple[str, ...]] = ("missing", "nan", "impute", "forward fill", "interpolation")
    between: Literal["line", "last"] = attribute(
        "line", help="A straight line between the neighbours, or the last value again."
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Difference(_SeriesStep):
    """Turns values into their changes from one moment to the next.

    The first change is 0, so the length stays.
    """

    formula: ClassVar[str] = "x[t] − x[t − 1]"
    when: ClassVar[str] = "Use it for series whose level drifts, where only the ups and downs tell something."
    target: ClassVar[str] = "engine.data.preparation.series.DifferenceRule"
    synonyms: ClassVar[tuple[str, ...]] = ("change", "delta", "derivative", "detrend")
    inputs_only: ClassVar[bool] = True


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Smooth(_SeriesStep):
    """Averages each value with those just before it.

    Never with later ones, so nothing is told of the future. At the beginning fewer are averaged.
    """

    formula: ClassVar[str] = "mean of x[t − width + 1] … x[t]"
    when: ClassVar[str] = "Use it for noisy measurements."
    target: ClassVar[str] = "engine.data.preparation.series.SmoothRule"
    synonyms: ClassVar[tuple[str, ...]] = ("moving average", "rolling mean", "low pass")
    inputs_only: ClassVar[bool] = True
    width: int = attribute(3, minimum=2, maximum=1000, help="How many values are averaged.")


SERIES_STEPS: tuple[type[PreparationStep], ...] = (Interpolate, Difference, Smooth)
"""In the order of the menu."""
