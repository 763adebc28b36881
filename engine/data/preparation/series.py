"""Series: gaps, changes, smoothing. Axes: N sample, T time, C channel."""

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d

from engine.data.preparation.number import finite
from engine.data.preparation.rule import Rule

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter


class InterpolateRule(Rule):
    """Gaps filled from both sides, or from the past alone."""

    @property
    def _mean(self) -> Any:
        return finite(self.statistics.mean, 0.0)

    def apply(self, batch: Tensor) -> Tensor:
        """float32 (N, T, C) to the same without NaN."""
        known = ~batch.isnan()
        if bool(known.all()):
            return batch
        length = batch.shape[1]
        time = torch.arange(length, device=batch.device)[None, :, None].expand(batch.shape)
        before = torch.where(known, time, -1).cummax(dim=1).values
        after = torch.where(known, time, length).flip(1).cummin(dim=1).values.flip(1)
        values = torch.where(known, batch, 0.0)
        left = values.gather(1, before.clamp_min(0))
        right = values.gather(1, after.clamp_max(length - 1))
        mean = torch.from_numpy(self._mean).to(batch.device).expand(batch.shape)
        if self.step.between == "last":
            inner = left
        else:
            way = (time - before).to(torch.float32) / (after - before).clamp_min(1).to(torch.float32)
            inner = left + (right - left) * way
        # A gap at an end takes the nearest value; where there is none at all, the mean.
        filled = torch.where(
            before < 0, torch.where(after >= length, mean, right), torch.where(after >= length, left, inner)
        )
        return torch.where(known, batch, filled)

    def write(self, writer: "OnnxWriter", value: str) -> str:
        from onnx import TensorProto

        length = int(self.statistics.shape[0] or 1)

        def number(item: float) -> str:
            return writer.constant(np.array(item, np.float32))

        def running_max(item: str, pads: list[int]) -> str:  # MaxPool over all of the time before, or after
            item = writer.add("Transpose", [item], perm=[0, 2, 1])
            item = writer.add("MaxPool", [item], kernel_shape=[length], pads=pads, strides=[1])
            return cast(str, writer.add("Transpose", [item], perm=[0, 2, 1]))

        def index(item: str) -> str:
            low, high = number(0), number(length - 1)
            return cast(str, writer.add("Cast", [writer.add("Clip", [item, low, high])], to=TensorProto.INT64))

        missing = writer.add("IsNaN", [value])
        time = writer.constant(np.arange(length, dtype=np.float32)[None, :, None], stem="time")
        values = writer.add("Where", [missing, number(0), value])
        before = running_max(writer.add("Where", [missing, number(-1), time]), [length - 1, 0])
        turned = writer.add("Where", [missing, number(-length), writer.add("Neg", [time])])
        after = writer.add("Neg", [running_max(turned, [0, length - 1])])
        left = writer.add("GatherElements", [values, index(before)], axis=1)
        right = writer.add("GatherElements", [values, index(after)], axis=1)
        if self.step.between == "last":
            inner = left
        else:
            gap = writer.add("Max", [writer.add("Sub", [after, before]), number(1)])
            way = writer.add("Div", [writer.add("Sub", [time, before]), gap])
            inner = writer.add("Add", [left, writer.add("Mul", [writer.add("Sub", [right, left]), way])])
        at_start = writer.add("Less", [before, number(0)])
        at_end = writer.add("Greater", [after, number(length - 0.5)])
        mean = writer.constant(self._mean, stem="mean")
        first = writer.add("Where", [at_end, mean, right])
        last = writer.add("Where", [at_end, left, inner])
        filled = writer.add("Where", [at_start, first, last])
        return cast(str, writer.add("Where", [missing, filled, value]))


class DifferenceRule(Rule):
    """Changes instead of values."""

    def apply(self, batch: Tensor) -> Tensor:
        """float32 (N, T, C) to the same."""
        return torch.cat([torch.zeros_like(batch[:, :1]), batch[:, 1:] - batch[:, :-1]], dim=1)

    def write(self, writer: "OnnxWriter", value: str) -> str:
        def part(start: int, end: int) -> str:
            begin, stop, axis = (writer.constant(np.array([item], np.int64)) for item in (start, end, 1))
            return cast(str, writer.add("Slice", [value, begin, stop, axis]))

        first = part(0, 1)
        zero = writer.add("Sub", [first, first])
        return cast(str, writer.add("Concat", [zero, writer.add("Sub", [part(1, 1 << 40), part(0, -1)])], axis=1))


class SmoothRule(Rule):
    """The mean of the last few values."""

    def apply(self, batch: Tensor) -> Tensor:
        """float32 (N, T, C) to the same."""
        width, length = int(self.step.width), batch.shape[1]
        padded = torch.nn.functional.pad(batch.transpose(1, 2), (width - 1, 0))
        sums = avg_pool1d(padded, width, stride=1) * width
        count = torch.arange(1, length + 1, device=batch.device).clamp_max(width).to(batch.dtype)
        return (sums / count).transpose(1, 2).contiguous()

    def write(self, writer: "OnnxWriter", value: str) -> str:
        width, length = self.step.width, int(self.statistics.shape[0] or 1)
        count = np.minimum(np.arange(1, length + 1), width).astype(np.float32) / np.float32(width)
        value = writer.add("Transpose", [value], perm=[0, 2, 1])
        pads = writer.constant(np.array([0, 0, width - 1, 0, 0, 0], np.int64))
        value = writer.add("Pad", [value, pads, writer.constant(np.array(0, np.float32))])
        value = writer.add("AveragePool", [value], kernel_shape=[width], strides=[1])
        value = writer.add("Div", [value, writer.constant(count, stem="count")])
        return cast(str, writer.add("Transpose", [value], perm=[0, 2, 1]))


SERIES_RULES: tuple[type[Rule], ...] = (InterpolateRule, DifferenceRule, SmoothRule)
