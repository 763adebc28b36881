"""Numbers and arrays: missing values, standard units, ranges; one statistic for all or for each of the last axis."""

from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.preparation.rule import Rule

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter

Floats = npt.NDArray[np.float32]


def finite(values: tuple[float, ...], otherwise: float) -> Floats:
    """Statistics as float32; what was never measured or does not fit is replaced."""
    numbers = np.asarray(values or (otherwise,), np.float64)
    with np.errstate(over="ignore"):
        small = numbers.astype(np.float32)
    return np.where(np.isfinite(small), small, np.float32(otherwise)).astype(np.float32)


class FillMissingRule(Rule):
    """A number where NaN stands."""

    @property
    def fill(self) -> Floats:
        """What is put in: one number, or one for each of the last axis."""
        if self.step.strategy == "value":
            return finite((self.step.value,), 0.0)
        # The median was measured over all channels together, which says nothing of one of several.
        together = self.step.strategy == "median" and len(self.statistics.mean) <= 1
        return finite((self.statistics.fill,) if together else self.statistics.mean, 0.0)

    def apply(self, batch: Tensor) -> Tensor:
        """float32 of any shape to the same without NaN."""
        return torch.where(batch.isnan(), torch.from_numpy(self.fill), batch)

    def write(self, writer: "OnnxWriter", value: str) -> str:
        missing = writer.add("IsNaN", [value])
        return cast(str, writer.add("Where", [missing, writer.constant(self.fill, stem="fill"), value]))


class _Affine(Rule):
    """(x - offset) / scale and back."""

    offset: Floats
    scale: Floats

    def apply(self, batch: Tensor) -> Tensor:
        """float32 (..., K) to the same."""
        return batch.sub(torch.from_numpy(self.offset)).div_(torch.from_numpy(self.scale))

    def write(self, writer: "OnnxWriter", value: str) -> str:
        value = writer.add("Sub", [value, writer.constant(self.offset, stem="offset")])
        return cast(str, writer.add("Div", [value, writer.constant(self.scale, stem="scale")]))

    def invert(self, answer: Tensor) -> Tensor:
        return answer * torch.from_numpy(self.scale).to(answer.device) + torch.from_numpy(self.offset).to(answer.device)

    def write_inverse(self, writer: "OnnxWriter", value: str) -> str:
        value = writer.add("Mul", [value, writer.constant(self.scale, stem="scale")])
        return cast(str, writer.add("Add", [value, writer.constant(self.offset, stem="offset")]))


class StandardizeRule(_Affine):
    """Mean 0, spread 1."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.offset = finite(self.statistics.mean, 0.0)
        self.scale = finite(self.statistics.std, 1.0)
        self.scale[self.scale <= 0] = 1.0  # a constant column has no spread to divide by


class MinMaxScaleRule(_Affine):
    """Smallest 0, largest 1."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.offset = finite(self.statistics.minimum, 0.0)
        self.scale = finite(self.statistics.maximum, 1.0) - self.offset
        self.scale[~(self.scale > 0) | ~np.isfinite(self.scale)] = 1.0
