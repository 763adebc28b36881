"""Arrays as whole numbers, within bounds where there are any."""

from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor

from engine.data.preparation.rule import Rule

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter


class WholeNumbersRule(Rule):
    """float32 to int64; 0 where there is no number."""

    def apply(self, batch: Tensor) -> Tensor:
        """float32 of any shape to int64 of the same."""
        numbers = torch.nan_to_num(batch, nan=0.0).trunc()
        if self.step.count is not None:
            numbers = numbers.clamp(0, self.step.count - 1)
        return numbers.to(torch.int64)

    def write(self, writer: "OnnxWriter", value: str) -> str:
        from onnx import TensorProto

        zero = writer.constant(np.array(0, np.float32))
        known = writer.add("Where", [writer.add("IsNaN", [value]), zero, value])
        whole = writer.add("Cast", [known], to=TensorProto.INT64)
        if self.step.count is None:
            return cast(str, whole)
        bounds = [writer.constant(np.array(bound, np.int64)) for bound in (0, self.step.count - 1)]
        return cast(str, writer.add("Clip", [whole, *bounds]))


ARRAY_RULES = (WholeNumbersRule,)
