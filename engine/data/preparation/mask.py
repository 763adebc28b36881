"""Masks: class numbers of every point. Axes: N sample, H height, W width.

Resize cuts and frames a mask as it does the picture, but takes the nearest point: class numbers must not be mixed.
"""

from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor

from engine.data.preparation.picture import ResizeRule
from engine.data.preparation.rule import Rule

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter


class MaskResizeRule(ResizeRule):
    """One size for all, by the nearest point."""

    nearest = True


class RegionRule(Rule):
    """1 where a class is, 0 elsewhere."""

    def apply(self, batch: Tensor) -> Tensor:
        """uint8 (N, H, W, 1) to float32 (N, 1, H, W)."""
        here = torch.eq(batch, int(self.step.number))
        return here.to(torch.float32).permute(0, 3, 1, 2).contiguous()

    def write(self, writer: "OnnxWriter", value: str) -> str:
        from onnx import TensorProto

        same = writer.add("Equal", [value, writer.constant(np.array(self.step.number, np.uint8))])
        value = writer.add("Cast", [same], to=TensorProto.FLOAT)
        return cast(str, writer.add("Transpose", [value], perm=[0, 3, 1, 2]))


def class_numbers(batch: Tensor) -> Tensor:
    """uint8 (N, H, W, 1) to int64 (N, H, W): what a mask becomes where no step makes something else of it."""
    return batch[..., 0].to(torch.int64)


def write_class_numbers(writer: "OnnxWriter", value: str) -> str:
    """Write `class_numbers`."""
    from onnx import TensorProto

    value = writer.add("Squeeze", [value, writer.constant(np.array([3], np.int64))])
    return cast(str, writer.add("Cast", [value], to=TensorProto.INT64))
