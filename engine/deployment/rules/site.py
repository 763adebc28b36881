"""What a rule gets: the layer, its trained module, the values that come in, and short ways to write operators.

Operators whose arguments moved from attributes to inputs between opsets 17 and 22 are written here, once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from engine.catalog.layer import Layer
from engine.catalog.tensors import TensorSpec
from engine.onnx_writer import OnnxWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One node of the drawing being written. `inputs` are ONNX values, `specs` what is known of them."""

    writer: OnnxWriter
    node_id: str
    layer: Layer
    module: nn.Module
    inputs: tuple[str, ...]
    specs: tuple[TensorSpec, ...]

    @property
    def x(self) -> str:
        """The first input."""
        return self.inputs[0]

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Shape of the first input."""
        return self.specs[0].shape

    @property
    def opset(self) -> int:
        """Version of ai.onnx being written."""
        return self.writer.opset

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """An operator with one output."""
        value: str = self.writer.add(op, inputs, **attributes)
        return value

    def ints(self, *values: int) -> str:
        """A one-dimensional int64 constant."""
        return self.writer.constant(list(values), np.int64)

    def scalar(self, value: float) -> str:
        """A float constant without dimensions."""
        return self.writer.constant(value, np.float32)

    def array(self, value: Any, name: str = "") -> str:
        """A float constant, named after the node: `conv1.weight`."""
        array = value.detach().cpu().float().numpy() if isinstance(value, Tensor) else np.asarray(value, np.float32)
        return self.writer.constant(array, stem=f"{self.node_id}.{name}" if name else "constant")

    def parameter(self, name: str, module: nn.Module | None = None) -> str:
        """A parameter or buffer of the module, written once however many nodes use it."""
        holder = module or self.module
        # Others are computed when they are asked for, and are no longer there when the next one is.
        kept = holder._parameters.get(name) if name in holder._parameters else holder._buffers.get(name)
        if kept is None:
            return self.array(getattr(holder, name), name)
        written = self.writer.shared.get(id(kept))
        if written is None:
            written = self.writer.shared[id(kept)] = self.array(kept, name)
        return written

    def reshape(self, x: str, *shape: int) -> str:
        """0 keeps the size at that place, -1 takes what is left."""
        return self.add("Reshape", x, self.ints(*shape))

    def transpose(self, x: str, *order: int) -> str:
        """Reorder dimensions."""
        return self.add("Transpose", x, perm=list(order))

    def unsqueeze(self, x: str, *axes: int) -> str:
        """Insert dimensions of size 1."""
        return self.add("Unsqueeze", x, self.ints(*axes))

    def squeeze(self, x: str, *axes: int) -> str:
        """Remove dimensions of size 1."""
        return self.add("Squeeze", x, self.ints(*axes))

    def reduce(self, op: str, x: str, axes: Sequence[int], *, keepdims: bool = True) -> str:
        """ReduceMean and its like; the axes became an input with opset 18 (ReduceSum: 13)."""
        if self.opset >= 18 or op == "ReduceSum":
            return self.add(op, x, self.ints(*axes), keepdims=int(keepdims))
        return self.add(op, x, axes=list(axes), keepdims=int(keepdims))

    def slice(self, x: str, axis: int, start: int, end: int, step: int = 1) -> str:
        """x[start:end:step] along one axis."""
        return self.add("Slice", x, self.ints(start), self.ints(end), self.ints(axis), self.ints(step))

    def split(self, x: str, axis: int, sizes: Sequence[int]) -> tuple[str, ...]:
        """Cut into pieces of these sizes."""
        if len(sizes) == 1:
            return (x,)
        values: tuple[str, ...] = self.writer.add("Split", [x, self.ints(*sizes)], outputs=len(sizes), axis=axis)
        return values

    def pad(
        self, x: str, before: Sequence[int], after: Sequence[int], *, mode: str = "constant", value: float = 0
    ) -> str:
        """Add a border to the last len(before) dimensions. Mode as in ONNX: constant, reflect, edge, wrap."""
        if not any((*before, *after)):
            return x
        free = len(self.shape) - len(before)
        pads = self.ints(*[0] * free, *before, *[0] * free, *after)
        if mode == "constant":
            return self.add("Pad", x, pads, self.scalar(value), mode=mode)
        return self.add("Pad", x, pads, mode=mode)

    def size(self, x: str, axis: int) -> str:
        """The size of an axis at run time, int64 without dimensions."""
        return self.add("Gather", self.add("Shape", x), self.writer.constant(axis, np.int64))


Written = str | tuple[str, ...]
"""The ONNX value of each output port, or the one."""

Rule = Callable[[Site], Written]

RULES: dict[str, Rule] = {}
"""Rules by the name that OnnxForm.rule gives."""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule under the names the catalog uses."""

    def register(function: Rule) -> Rule:
        for name in names:
            assert name not in RULES, name
            RULES[name] = function
        return function

    return register


def pair(value: Any, count: int = 2) -> tuple[int, ...]:
    """A setting as one number a dimension: 3 -> (3, 3)."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * count
