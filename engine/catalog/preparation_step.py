"""What every preparation step declares: the kinds of field it fits and what it makes of a sample."""

import dataclasses
from typing import ClassVar

from engine.catalog.entry import Entry
from engine.catalog.tensors import TensorSpec
from engine.document.data_spec import FieldKind, Statistics


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PreparationStep(Entry):
    """Base of preparation steps. One definition runs in training, in Try it and inside the exported file.

    `target` names the class of `engine.data.preparation` that carries it out on tensors and writes it into ONNX.
    Raw specs: picture (N, height, width, C) int, 0 to 255; number (N,) float; category and text (N,) int standing for
    strings.
    """

    kinds: ClassVar[tuple[FieldKind, ...]] = ()
    opset: ClassVar[int] = 13
    """The oldest opset of ONNX whose operators can do it; a file in an older one takes the prepared tensor instead."""
    beyond_standard: ClassVar[str] = ""
    """What its ONNX form needs that is no operator of the standard, in the user's words; empty where it needs none."""
    inputs_only: ClassVar[bool] = False
    """Whether what it does cannot be turned back, so that answers could not be given in their own unit."""

    def output_spec(self, raw: TensorSpec, statistics: Statistics) -> TensorSpec:
        """The tensor after this step. Raises ShapeMismatch when the step before does not fit."""
        raise NotImplementedError
