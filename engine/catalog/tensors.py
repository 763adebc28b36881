"""The shape and number type of a tensor on a link, and its reading for people."""

from dataclasses import dataclass
from enum import StrEnum

Shape = tuple[int | None, ...]
"""Sizes, batch first; None for a free dimension."""


class DType(StrEnum):
    """The kind of number in a tensor."""

    FLOAT = "float"
    INT = "int"
    BOOL = "bool"


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What is known of a tensor before anything runs. `shape` includes the batch dimension (None).

    `classes` is the number of different values of an int tensor (0 to classes - 1), where it is known.
    """

    shape: Shape
    dtype: DType = DType.FLOAT
    classes: int | None = None

    @property
    def rank(self) -> int:
        """Number of dimensions, batch included."""
        return len(self.shape)

    @property
    def linked(self) -> bool:
        """False for ABSENT alone."""
        return bool(self.shape)

    def __str__(self) -> str:
        return shape_text(self.shape)


ABSENT = TensorSpec(())
"""Stands for a free optional input that has a linked one behind it; free ones at the end are left out."""


def shape_text(shape: Shape) -> str:
    """(None, 3, 28, 28) as "N × 3 × 28 × 28"; other free dimensions as "?"."""
    if not shape:
        return "scalar"
    return " × ".join(
        "N" if i == 0 and size is None else "?" if size is None else str(size) for i, size in enumerate(shape)
    )


def edge_text(shape: Shape) -> str:
    """The short form on a link, without the batch: "3×28×28"; "·" for one value a sample."""
    return "×".join("?" if size is None else str(size) for size in shape[1:]) or "·"


def axes_text(shape: Shape, axes: tuple[str, ...]) -> str:
    """A shape with its axes named: "4 dimensions (N, channels 3, height 28, width 28)"."""
    if len(axes) != len(shape):
        return f"{len(shape)} dimensions ({shape_text(shape)})"
    named = [axis if size is None else f"{axis} {size}" for axis, size in zip(axes, shape, strict=True)]
    return f"{len(shape)} dimensions ({', '.join(named)})"
