"""From the tensor at an Output to what a person reads: label and scores, or a number in its own unit.

Once in torch and once in ONNX.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from onnx import TensorProto
from torch import Tensor

from engine.catalog.tensors import Shape
from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind
from engine.onnx_writer import OnnxWriter

_ONNX = {"sigmoid": "Sigmoid", "exp": "Exp"}


def _applied(function: str, x: Tensor) -> Tensor:
    match function:
        case "softmax":
            return torch.softmax(x, 1)
        case "sigmoid":
            return torch.sigmoid(x)
        case "exp":
            return torch.exp(x)
        case _:
            return x


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How one Output answers. `function` is softmax, sigmoid, exp or none; `label`, `scores`, `value` name outputs.

    `shape` is that of the tensor at the Output.
    """

    node_id: str
    field: Field
    function: str
    shape: Shape
    label: str = ""
    scores: str = ""
    value: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, in the order of the scores; empty for anything but a category."""
        return self.field.statistics.classes if self.field.kind is FieldKind.CATEGORY else ()

    def of(self, prediction: Tensor) -> Tensor:
        """Scores (N, classes) of a category, (N,) numbers in their own unit, or the tensor as it is."""
        shown = _applied(self.function, prediction)
        if self.field.kind is FieldKind.NUMBER:
            return Preparation(self.field).invert(shown).reshape(-1)
        return shown

    def write(self, writer: OnnxWriter, value: str) -> None:
        """Add the same to a graph, and the graph's outputs."""
        if self.function == "softmax":
            value = writer.add("Softmax", [value], axis=1)
        elif self.function in _ONNX:
            value = writer.add(_ONNX[self.function], [value])
        if self.classes:
            best = writer.add("ArgMax", [value], axis=1, keepdims=0)
            labels = writer.constant(np.array(self.classes, dtype=object), stem="labels")
            writer.output(writer.add("Gather", [labels, best]), self.label, TensorProto.STRING, ["N"])
            writer.output(value, self.scores, TensorProto.FLOAT, ["N", len(self.classes)])
            return
        if self.field.kind is FieldKind.NUMBER:
            value = Preparation(self.field).write_answer_inverse(writer, value)
            value = writer.add("Reshape", [value, writer.constant([-1], np.int64)])
            writer.output(value, self.value, TensorProto.FLOAT, ["N"])
            return
        sizes = [f"size_{axis}" if size is None else size for axis, size in enumerate(self.shape)]
        writer.output(value, self.value, TensorProto.FLOAT, ["N", *sizes[1:]])


def describe_answers(outputs: list[tuple[str, Field, str, Shape]], taken: set[str]) -> list[Answer]:
    """Name the file's outputs: `label` and `scores` when the network has one output, else with the field in front.

    `outputs` are node id, field, function and shape of each Output; names in `taken` belong to the file's inputs.
    """
    alone = len(outputs) == 1
    used = set(taken)

    def free(name: str) -> str:
        candidate, number = name, 2
        while candidate in used:
            candidate, number = f"{name}_{number}", number + 1
        used.add(candidate)
        return candidate

    answers = []
    for node_id, field, function, shape in outputs:
        common: dict[str, Any] = {"node_id": node_id, "field": field, "function": function, "shape": shape}
        if field.kind is FieldKind.CATEGORY and field.statistics.classes:
            prefix = "" if alone else f"{field.name}_"
            label, scores = free(f"{prefix}label"), free(f"{prefix}scores")
            answers.append(Answer(**common, label=label, scores=scores))
        else:
            answers.append(Answer(**common, value=free(field.name)))
    return answers
