"""Preparation of masks beyond their size, which Resize brings to that of the picture."""

import dataclasses
from typing import ClassVar

from engine.catalog.entry import attribute
from engine.catalog.preparation_step import PreparationStep
from engine.catalog.tensors import DType, TensorSpec, axes_text
from engine.document.data_spec import FieldKind, Statistics
from engine.errors import ShapeMismatch


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Region(PreparationStep):
    """Makes of a mask the region of one class: 1 where it is, 0 elsewhere.

    N × height × width class numbers become N × 1 × height × width decimal numbers, which losses for one region want.
    """

    formula: ClassVar[str] = "1 where the class is that number, else 0"
    when: ClassVar[str] = "Use it for a mask with one kind of region and a loss such as Binary Dice."
    caption: ClassVar[str] = "One region"
    target: ClassVar[str] = "engine.data.preparation.mask.RegionRule"
    synonyms: ClassVar[tuple[str, ...]] = ("binary mask", "foreground", "segmentation")
    kinds: ClassVar[tuple[FieldKind, ...]] = (FieldKind.MASK,)
    number: int = attribute(1, minimum=0, maximum=255, help="The class, counted from 0; 0 is often the background.")

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        if raw.rank != 3 or raw.dtype is not DType.INT:
            raise ShapeMismatch(
                f"{self.label()} needs a mask.",
                expected="3 dimensions (N, height, width), class numbers",
                found=axes_text(raw.shape, ()),
                hint="Remove the step before it.",
            )
        return TensorSpec((raw.shape[0], 1, raw.shape[1], raw.shape[2]), DType.FLOAT)


MASK_STEPS: tuple[type[PreparationStep], ...] = (Region,)
"""In the order of the menu."""
