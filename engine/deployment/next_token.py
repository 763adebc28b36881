"""What comes next in a text: the scores at the first place that is not written yet, in torch and in ONNX."""

from typing import cast

import numpy as np
from onnx import TensorProto
from torch import Tensor

from engine.catalog.preparation_text import text_step
from engine.document.data_spec import Field
from engine.errors import ExportError
from engine.onnx_writer import OnnxWriter


def _ends(field: Field) -> int:
    """How many marks stand behind what is written. Raises ExportError for text that cannot be gone on with."""
    step = text_step(field)
    if step is None or (step.pad == "left" and not step.ends):
        raise ExportError(
            f"The text '{field.name}' cannot be written on: it is filled up on the left.",
            where=field.name,
            expected="text that is filled up on the right",
            hint="Set Fill up to right in the preparation of the field, and train again.",
        )
    return int(step.ends)


def next_scores(prediction_ncl: Tensor, prepared_nl: Tensor, field: Field) -> Tensor:
    """(N, C) of scores (N, C, L): those at the place behind the text that is written so far, of prepared (N, L)."""
    step, marks = text_step(field), _ends(field)
    last = prepared_nl.shape[1] - 1
    if step is not None and step.pad == "left":
        return prediction_ncl[:, :, last]
    place = ((prepared_nl > 0).sum(1) - marks).clamp(max=last)
    return prediction_ncl.gather(2, place[:, None, None].expand(-1, prediction_ncl.shape[1], 1)).squeeze(2)


def write_next_scores(writer: OnnxWriter, value: str, prepared: str, field: Field) -> str:
    """The same in a graph."""
    step, marks = text_step(field), _ends(field)
    assert step is not None  # `_ends` asks for it
    last = step.token_length - 1

    def ints(*items: int) -> str:
        return writer.constant(np.array(items, np.int64))

    if step.pad == "left":
        return cast(str, writer.add("Gather", [value, writer.constant(np.array(last, np.int64))], axis=2))
    used = writer.add("Cast", [writer.add("Greater", [prepared, ints(0)])], to=TensorProto.INT64)
    place = writer.add("Sub", [writer.add("ReduceSum", [used, ints(1)], keepdims=1), ints(marks)])
    place = writer.add("Min", [place, ints(last)])  # (N, 1)
    by_place = writer.add("Transpose", [value], perm=[0, 2, 1])
    return cast(str, writer.add("GatherND", [by_place, place], batch_dims=1))
