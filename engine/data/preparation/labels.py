"""Cells with several labels: a row of zeros with a one for each of them."""

import re
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor

from engine.data.preparation.rule import Rule
from engine.data.strings import Strings

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter


class MultiHotRule(Rule):
    """Strings with labels between separators to float32 (N, labels)."""

    separator = ";"
    """As in the options of the field; `Preparation` sets it."""

    def apply(self, batch: Strings) -> Tensor:
        """Strings to float32 (N, labels); each different cell is looked at once."""
        index = {name: number for number, name in enumerate(self.statistics.classes)}
        used, places = np.unique(batch.codes, return_inverse=True)
        table = np.zeros((len(used), max(1, len(index))), np.float32)
        for row, code in enumerate(used.tolist()):
            for label in batch.values[code].split(self.separator):
                if label in index:
                    table[row, index[label]] = 1.0
        return torch.from_numpy(table)[torch.from_numpy(places.reshape(-1))]

    def write(self, writer: "OnnxWriter", value: str) -> str:
        from onnx import TensorProto

        classes = self.statistics.classes or (self.separator,)  # which is never a label
        if writer.opset >= 20:
            parts: Any = writer.add("StringSplit", [value], outputs=2, delimiter=self.separator)[0]
        else:  # what onnxruntime had before the standard
            parts = writer.add(
                "Tokenizer",
                [value],
                domain="com.microsoft",
                mark=0,
                mincharnum=1,
                pad_value="",
                separators=[re.escape(self.separator)],
            )
        labels: Any
        if writer.opset < 19:  # which cannot compare strings
            parts = writer.add(
                "LabelEncoder",
                [parts],
                domain="ai.onnx.ml",
                keys_strings=list(classes),
                values_int64s=list(range(len(classes))),
                default_int64=-1,
            )
            labels = writer.constant(np.arange(len(classes))[None, None], np.int64)
        else:
            labels = writer.constant(np.array([[list(classes)]], dtype=object), stem="label_names")
        parts = writer.add("Unsqueeze", [parts, writer.constant(np.array([2], np.int64))])
        same = writer.add("Cast", [writer.add("Equal", [parts, labels])], to=TensorProto.FLOAT)
        # A sum and not a maximum: a batch in which no cell has a label has no parts, and nothing has no maximum.
        found = writer.add("ReduceSum", [same, writer.constant(np.array([1], np.int64))], keepdims=0)
        return cast(str, writer.add("Min", [found, writer.constant(np.array(1.0, np.float32))]))


LABEL_RULES: tuple[type[Rule], ...] = (MultiHotRule,)
