"""The preparation steps of arrays alone."""

import dataclasses
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.preparation_step import PreparationStep
from engine.catalog.tensors import DType, TensorSpec
from engine.document.data_spec import FieldKind, Statistics
from engine.errors import ShapeMismatch


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class WholeNumbers(PreparationStep):
    """Takes numbers as whole ones: numbers of words or of entries of a table.

    With a count they are from 0 to count - 1, as an Embedding needs; what lies beyond is taken to the nearest of them.
    """

    formula: ClassVar[str] = "y = x without its decimals, from 0 to count − 1"
    when: ClassVar[str] = "Use it for arrays of numbers that stand for something, such as tokens."
    caption: ClassVar[str] = "Whole numbers"
    target: ClassVar[str] = "engine.data.preparation.whole_numbers.WholeNumbersRule"
    synonyms: ClassVar[tuple[str, ...]] = ("integer", "int64", "tokens", "ids", "index")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.ARRAY,)
    inputs_only: ClassVar[bool] = True
    count: int | None = attribute(
        None, minimum=1, maximum=16_000_000, help="How many different numbers there are; empty: any."
    )

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        if raw.dtype is not DType.FLOAT:
            raise ShapeMismatch(
                f"{self.label()} needs an array of numbers.",
                expected="numbers",
                found="whole numbers already",
                hint="Remove this step.",
            )
        return TensorSpec(raw.shape, DType.INT, self.count)

    def index_count(self, statistics: Statistics) -> int | None:
        """How many different numbers there are, where that is known."""
        return self.count


ARRAY_STEPS: tuple[type[PreparationStep], ...] = (WholeNumbers,)
"""In the order of the menu."""
