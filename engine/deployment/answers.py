"""From the tensor at an Output to what a person reads: label and scores, or a number in its own unit.

Once in torch and once in ONNX.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from onnx import TensorProto
from torch import Tensor

from engine.catalog.tensors import Shape
from engine.checks.file_ports import output_names
from engine.data.preparation import Preparation
from engine.data.tokens import tokens_of
from engine.deployment.next_token import next_scores, write_next_scores
from engine.document.data_spec import Field, FieldKind
from engine.onnx_writer import OnnxWriter

THRESHOLD = 0.5
"""A label is named when its score is above this."""

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
    """How one Output answers. `function` is softmax, sigmoid, exp, embedding or none.

    `label`, `scores`, `value` name outputs, `shape` is that of the tensor at the Output.
    """

    node_id: str
    field: Field
    function: str
    shape: Shape
    label: str = ""
    scores: str = ""
    value: str = ""
    raw: str = ""
    """The one output of a file that holds the network alone: the tensor as it is; `label`, `scores` and `value` then
    name what whoever asks makes of it."""
    so_far: str = ""
    """The input with the text as far as it is written, where the answer is what comes next in it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, in the order of the scores: classes of a category, or the tokens that may come next."""
        if self.so_far:
            tokens = tokens_of(self.field)
            return tokens.spellings() if tokens is not None else ()
        kinds = (FieldKind.CATEGORY, FieldKind.LABELS)
        return self.field.statistics.classes if self.field.kind in kinds and not self.is_embedding else ()

    @property
    def is_embedding(self) -> bool:
        """Whether it answers with a place among other samples, (N, features), which is given as it is."""
        return self.function == "embedding"

    @property
    def is_labels(self) -> bool:
        """Whether it answers with any number of labels: `label` then names their list, with "" for those left out."""
        return self.field.kind is FieldKind.LABELS and bool(self.classes) and not self.is_embedding

    @property
    def is_yes_or_no(self) -> bool:
        """Whether one score answers with a class: it is that of the second of two."""
        return self.field.kind is FieldKind.CATEGORY and len(self.classes) == 2 and self.shape[1:] == (1,)

    @property
    def is_series(self) -> bool:
        """Whether it answers with values over time, (N, time, channels), in their own unit."""
        return self.field.kind is FieldKind.SERIES and len(self.shape) == 3

    @property
    def is_mask(self) -> bool:
        """Whether it answers with a class for each point: `value` then names the class numbers, `scores` the scores."""
        return self.field.kind is FieldKind.MASK and bool(self.scores)

    def of(self, prediction: Tensor, so_far: Tensor | None = None) -> Tensor:
        """Scores (N, classes) of a category, (N, classes, H, W) of a mask, (N,) numbers in their own unit, (N, tokens)
        for what comes next in the prepared texts `so_far` (N, L), or the tensor as it is.
        """
        if so_far is not None:
            prediction = next_scores(prediction, so_far, self.field)
        shown = _applied(self.function, prediction)
        if (self.is_mask or self.is_yes_or_no) and shown.shape[1] == 1:
            return torch.cat([1 - shown, shown], 1)
        if self.is_embedding:
            return shown
        if self.field.kind is FieldKind.NUMBER:
            return Preparation(self.field).invert(shown).reshape(-1)
        if self.is_series:
            return Preparation(self.field).invert(shown)
        return shown

    def write(self, writer: OnnxWriter, value: str, so_far: str = "") -> None:
        """Add the same to a graph, and the graph's outputs. `so_far`: the prepared texts as far as they are written."""
        if self.raw:
            sizes = [f"size_{axis}" if size is None else size for axis, size in enumerate(self.shape)]
            writer.output(value, self.raw, TensorProto.FLOAT, ["N", *sizes[1:]])
            return
        if self.so_far:
            value = write_next_scores(writer, value, so_far, self.field)
        if self.function == "softmax":
            value = writer.add("Softmax", [value], axis=1)
        elif self.function in _ONNX:
            value = writer.add(_ONNX[self.function], [value])
        if self.is_labels:
            labels = writer.constant(np.array([list(self.classes)], dtype=object), stem="label_names")
            named = writer.add("Greater", [value, writer.constant(np.array(THRESHOLD, np.float32))])
            nothing = writer.constant(np.array([""], dtype=object), stem="nothing")
            found = writer.add("Where", [named, labels, nothing])
            writer.output(found, self.label, TensorProto.STRING, ["N", len(self.classes)])
            writer.output(value, self.scores, TensorProto.FLOAT, ["N", len(self.classes)])
            return
        if self.is_yes_or_no:
            rest = writer.add("Sub", [writer.constant(np.array(1.0, np.float32)), value])
            value = writer.add("Concat", [rest, value], axis=1)
        if self.classes:
            best = writer.add("ArgMax", [value], axis=1, keepdims=0)
            labels = writer.constant(np.array(self.classes, dtype=object), stem="labels")
            writer.output(writer.add("Gather", [labels, best]), self.label, TensorProto.STRING, ["N"])
            writer.output(value, self.scores, TensorProto.FLOAT, ["N", len(self.classes)])
            return
        if self.is_mask:
            if self.shape[1] == 1:
                rest = writer.add("Sub", [writer.constant(np.array(1.0, np.float32)), value])
                value = writer.add("Concat", [rest, value], axis=1)
            best = writer.add("ArgMax", [value], axis=1, keepdims=0)
            sizes = ["height" if self.shape[2] is None else self.shape[2]]
            sizes += ["width" if self.shape[3] is None else self.shape[3]]
            writer.output(
                writer.add("Cast", [best], to=TensorProto.UINT8), self.value, TensorProto.UINT8, ["N", *sizes]
            )
            writer.output(value, self.scores, TensorProto.FLOAT, ["N", len(self.field.statistics.classes), *sizes])
            return
        if self.field.kind is FieldKind.NUMBER and not self.is_embedding:
            value = Preparation(self.field).write_answer_inverse(writer, value)
            value = writer.add("Reshape", [value, writer.constant([-1], np.int64)])
            writer.output(value, self.value, TensorProto.FLOAT, ["N"])
            return
        if self.is_series and not self.is_embedding:
            value = Preparation(self.field).write_answer_inverse(writer, value)
        sizes = [f"size_{axis}" if size is None else size for axis, size in enumerate(self.shape)]
        writer.output(value, self.value, TensorProto.FLOAT, ["N", *sizes[1:]])

    def read(self, tensor: npt.NDArray[np.float32], so_far: Tensor | None) -> dict[str, Any]:
        """What a whole file would answer, by name, worked out of what the network alone gives."""
        shown = self.of(torch.from_numpy(tensor), so_far).numpy()
        found: dict[str, Any] = {self.scores or self.value: shown}
        if self.is_labels:
            found[self.label] = np.where(shown > THRESHOLD, np.array([self.classes], dtype=object), "")
        elif self.classes:
            found[self.label] = [self.classes[number] for number in shown.argmax(axis=1).tolist()]
        elif self.is_mask:
            found[self.value] = shown.argmax(axis=1)
        return found


def describe_answers(
    outputs: list[tuple[str, Field, str, Shape]], taken: set[str], written: Collection[str] = (), *, raw: bool = False
) -> list[Answer]:
    """How each Output answers, given as node id, field, function and shape; named by `engine.checks.file_ports`."""
    names = output_names([item[1:] for item in outputs], taken, written, raw=raw)
    return [
        Answer(
            node_id=node_id,
            field=field,
            function=function,
            shape=shape,
            label=name.label,
            scores=name.scores,
            value=name.value,
            raw=name.raw,
            so_far=name.next_of,
        )
        for (node_id, field, function, shape), name in zip(outputs, names, strict=True)
    ]
