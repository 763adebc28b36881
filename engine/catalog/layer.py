"""What every layer declares: ports, shape rule, what torch computes it with, its cost and its ONNX form."""

import dataclasses
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from engine.catalog.entry import Entry
from engine.catalog.tensors import DType, TensorSpec
from engine.errors import ShapeMismatch

NEVER_OFFERED: Mapping[str, str] = {
    "device": "the recipe chooses it for the whole network",
    "dtype": "the recipe's precision chooses it for the whole network",
    "inplace": "saves memory now and then, and breaks gradients when a tensor is used twice",
}
"""Arguments of torch's that no layer offers, and why."""

NOT_THE_BATCH = "the first axis is the batch: samples are never mixed or reordered"
"""The reason most rules share for being stricter than torch."""


class Family(StrEnum):
    """Where a layer stands in the palette; each has one colour wherever it appears."""

    DATA = "data"
    CONVOLUTION = "convolution"
    POOLING = "pooling"
    LINEAR = "linear"
    RECURRENT = "recurrent"
    EMBEDDING = "embedding"
    ATTENTION = "attention"
    NORMALIZATION = "normalization"
    ACTIVATION = "activation"
    DROPOUT = "dropout"
    PADDING = "padding"
    SHAPE = "shape"
    MERGE = "merge"
    MATH = "math"
    LOGIC = "logic"
    REDUCTION = "reduction"
    SIGNAL = "signal"
    SPECIAL = "special"
    LOSS = "loss"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class InputPort:
    """A place where a link can end.

    `axes` are the axes it expects, batch first ("N", "channels", "height", "width"); empty for any shape. `dtype` None
    takes any number type. An `optional` port may stay free.
    """

    name: str = "input"
    axes: tuple[str, ...] = ()
    dtype: DType | None = DType.FLOAT
    optional: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OnnxForm:
    """How the layer is written in ONNX: an operator that needs nothing but renamed attributes, or a named rule.

    `op` alone: the operator takes the layer's inputs as they are. `rule` names a rule of `engine.deployment`. An empty
    form cannot be exported, and `why` says so in the user's words.
    """

    op: str = ""
    rule: str = ""
    why: str = ""


_USUAL_SIZES: Mapping[str, int] = {"time": 6, "length": 12, "depth": 6, "height": 8, "width": 8}
_ANY_AXES = ("channels", "features")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Layer(Entry):
    """Base of all layers. A subclass declares ClassVars and attributes, and the shape rule.

    `not_arguments` are attributes the torch target is not given. `unlike_torch` says why a name or a default is not
    that of the torch class (an attribute of ours, or an argument of torch's that is not offered), and `stricter` why
    the rule refuses something that torch would take; law tests read both. `domain` are the values that the function is
    made for: beyond it, it answers with what is not a number.
    `curve` is what a layer that works value by value does to `x`, as a formula of `engine.catalog.formulas` that may
    name the attributes; it is drawn. `width` is the attribute that alone sets how many features come out, if one does;
    `changes_width` says of a layer among activations and normalizations that it gives more or fewer than it takes.
    `points` is the parameter whose rows are points among what comes in, such as centres, which can be put among data.
    """

    family: ClassVar[Family]
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(),)
    outputs: ClassVar[tuple[str, ...]] = ("output",)
    onnx: ClassVar[OnnxForm] = OnnxForm(why="It has no ONNX form.")
    not_arguments: ClassVar[frozenset[str]] = frozenset()
    unlike_torch: ClassVar[Mapping[str, str]] = {}
    stricter: ClassVar[str] = ""
    width: ClassVar[str] = ""
    changes_width: ClassVar[bool] = False
    points: ClassVar[str] = ""
    curve: ClassVar[str] = ""
    domain: ClassVar[tuple[float, float]] = (-math.inf, math.inf)

    def input_ports(self) -> tuple[InputPort, ...]:
        """The input ports; a layer with a variable number of inputs overrides this."""
        return self.inputs

    def output_ports(self) -> tuple[str, ...]:
        """Names of the output ports."""
        return self.outputs

    def handed_on(self) -> str:
        """The input port whose tensor it gives as it is, so that nothing is computed; empty for all that compute."""
        return ""

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        """The outputs for these inputs, in port order. Raises ShapeMismatch with expected and found in named axes.

        Optional ports that are free are left out at the end, and ABSENT before a linked one. Rank and dtype were
        checked against the ports before.
        """
        raise NotImplementedError

    def computed(self, *inputs: TensorSpec) -> dict[str, Any]:
        """Arguments of the torch target that follow from the inputs (in_features, num_features, ...)."""
        return {}

    def arguments(self, *inputs: TensorSpec) -> dict[str, Any]:
        """All keyword arguments for the torch target: computed ones first, then the attributes under torch's names."""
        named = {
            info.torch_name or info.name: getattr(self, info.name)
            for info in self.attributes()
            if info.name not in self.not_arguments
        }
        return {**self.computed(*inputs), **named}

    def export_refusal(self, *inputs: TensorSpec) -> str:
        """Why it cannot be written in ONNX with these settings and inputs, in the user's words; empty where it can."""
        return "" if self.onnx.op or self.onnx.rule else self.onnx.why

    def example(self) -> tuple[TensorSpec, ...]:
        """Inputs that suit the settings as they come: for its help, and for the laws that every layer is held to."""
        return tuple(
            TensorSpec(
                (None, *(_USUAL_SIZES.get(axis, 8) for axis in (port.axes[1:] if port.axes else _ANY_AXES))),
                port.dtype or DType.FLOAT,
                8 if port.dtype is DType.INT else None,
            )
            for port in self.input_ports()
            if not port.optional
        )

    def example_text(self) -> str:
        """What it makes of its example: "N × 8 × 8 × 8 gives N × 32 × 6 × 6"; empty where that cannot be said."""
        inputs = self.example()
        try:
            outputs = self.output_specs(*inputs) if inputs else ()
        except ShapeMismatch:  # settings that have no preset have to be chosen first
            return ""
        gives = " gives " if len(inputs) == 1 else " give "
        return " and ".join(map(str, inputs)) + gives + " and ".join(map(str, outputs)) if outputs else ""

    def weight_form(self) -> tuple[str, dict[str, Any]] | None:
        """What the built module is passed through, by name and with arguments, to keep its weight in another form."""
        return None

    def parameter_count(self, *inputs: TensorSpec) -> int:
        """Numbers in its weights, also those that stay fixed (the weight behind a low-rank adapter)."""
        return 0

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        """Multiply-adds for one sample."""
        return 0
