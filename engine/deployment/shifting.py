"""A text moved right, in ONNX: what `shift_right` does in torch."""

from typing import cast

import numpy as np
from onnx import TensorProto

from engine.onnx_writer import OnnxWriter


def write_shift(writer: OnnxWriter, value: str, steps: int, begin: int) -> str:
    """Whole numbers (N, length) moved right by `steps`, with `begin` before the first that is not 0."""

    def ints(*items: int) -> str:
        return writer.constant(np.array(items, np.int64))

    zero = writer.constant(np.array(0, np.int64))
    wide = writer.add("Pad", [value, ints(0, steps, 0, 0), zero])
    moved = cast(str, writer.add("Slice", [wide, ints(0), ints(-steps), ints(1)]))
    if begin == 0:
        return moved
    there = writer.add("Cast", [writer.add("Greater", [value, ints(0)])], to=TensorProto.INT64)
    first = writer.add("ArgMax", [there], axis=1, keepdims=1)
    length = writer.add("Gather", [writer.add("Shape", [value]), writer.constant(np.array(1, np.int64))])
    place = writer.add("Range", [zero, length, writer.constant(np.array(1, np.int64))])
    after = writer.add("GreaterOrEqual", [place, first])
    before = writer.add("Less", [place, writer.add("Add", [first, ints(steps)])])
    return cast(str, writer.add("Where", [writer.add("And", [after, before]), ints(begin), moved]))
