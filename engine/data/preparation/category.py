"""Categories: the number of the class, or a row of zeros with a one."""

from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.preparation.rule import Rule
from engine.data.strings import Strings

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter


class _ByClass(Rule):
    """Looks each distinct string up once."""

    def _numbers(self, batch: Strings, unknown: int) -> npt.NDArray[np.int64]:
        index = {name: number for number, name in enumerate(self.statistics.classes)}
        table = np.array([index.get(text, unknown) for text in batch.values], np.int64)
        return table[batch.codes]

    def _write_numbers(self, writer: "OnnxWriter", value: str, unknown: int) -> str:
        classes = self.statistics.classes or ("",)
        return cast(
            str,
            writer.add(
                "LabelEncoder",
                [value],
                domain="ai.onnx.ml",
                keys_strings=list(classes),
                values_int64s=list(range(len(classes))),
                default_int64=unknown,
            ),
        )


class ClassIndexRule(_ByClass):
    """Strings to int64 (N,)."""

    @property
    def most_frequent(self) -> int:
        """The class that stands in for an unknown one."""
        counts = self.statistics.counts
        return int(np.argmax(counts)) if counts else 0

    def apply(self, batch: Strings) -> Tensor:
        """Strings to int64 (N,)."""
        return torch.from_numpy(self._numbers(batch, self.most_frequent))

    def write(self, writer: "OnnxWriter", value: str) -> str:
        return self._write_numbers(writer, value, self.most_frequent)


class OneHotRule(_ByClass):
    """Strings to float32 (N, classes)."""

    def apply(self, batch: Strings) -> Tensor:
        """Strings to float32 (N, classes); an unknown one is all zeros."""
        numbers = torch.from_numpy(self._numbers(batch, -1))
        return (numbers[:, None] == torch.arange(max(1, len(self.statistics.classes)))).to(torch.float32)

    def write(self, writer: "OnnxWriter", value: str) -> str:
        # Equal and Cast instead of ai.onnx.ml's OneHotEncoder, for which OpenVINO has no rule.
        from onnx import TensorProto

        classes = self.statistics.classes or ("",)
        if writer.opset < 19:  # which cannot compare strings
            numbers = writer.add(
                "Unsqueeze", [self._write_numbers(writer, value, -1), writer.constant(np.array([1], np.int64))]
            )
            same = writer.add("Equal", [numbers, writer.constant(np.arange(len(classes))[None], np.int64)])
            return cast(str, writer.add("Cast", [same], to=TensorProto.FLOAT))
        column = writer.add("Unsqueeze", [value, writer.constant(np.array([1], np.int64))])
        same = writer.add("Equal", [column, writer.constant(np.array([list(classes)], dtype=object), stem="classes")])
        return cast(str, writer.add("Cast", [same], to=TensorProto.FLOAT))
