"""The base of what carries out a preparation step: on tensors, backwards, and as nodes of an ONNX graph."""

from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor

from engine.catalog.preparation_step import PreparationStep
from engine.document.data_spec import Statistics

if TYPE_CHECKING:  # onnx takes 0.2 s to import and is needed for exporting only
    from engine.onnx_writer import OnnxWriter


class Rule:
    """One step of a field's preparation. `channels` are those of a picture at this step, None if unknown.

    `apply` takes what the rule before gave: uint8 (N, H, W, C) or float (N, C, H, W) for pictures, float (N, 1) or
    (N, ...) for numbers, Strings for categories and text. `write` adds the same to a graph and returns the value's
    name.
    """

    on_bytes: ClassVar[bool] = False
    """Whether the rule works on single uint8 pictures (H, W, C), before they are put together."""

    def __init__(self, step: PreparationStep, statistics: Statistics, channels: int | None = None) -> None:
        self.step: Any = step
        self.statistics = statistics
        self.channels = channels

    def apply(self, batch: Any) -> Any:
        """Carry the step out."""
        raise NotImplementedError

    def write(self, writer: "OnnxWriter", value: str) -> str:
        """Add the step to a graph."""
        raise NotImplementedError

    def invert(self, answer: Tensor) -> Tensor:
        """Turn an answer back into the unit before the step; most steps leave it as it is."""
        return answer

    def write_inverse(self, writer: "OnnxWriter", value: str) -> str:
        """Add `invert` to a graph."""
        return value
