"""What every layer declares: ports, shape rule, what torch computes it with, its cost and its ONNX form."""

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from engine.catalog.entry import Entry
from engine.catalog.tensors import DType, TensorSpec

NEVER_OFFERED: Mapping[str, str] = {
    "device": "the recipe chooses it for the whole network",
    "dtype": "the recipe's precision chooses it for the whole network",
    "inplace": "saves memory now and then, and breaks gradients when a tensor is used twice",
    "return_indices": "nothing in the catalog takes them",
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
    SHAPE = "shape"
    MERGE = "merge"
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


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Layer(Entry):
    """Base of all layers. A subclass declares ClassVars and attributes, and the shape rule.

    `not_arguments` are attributes the torch target is not given. `unlike_torch` says why a name or a default is not
    that of the torch class (an attribute of ours, or an argument of torch's that is not offered), and `stricter` why
    the rule refuses something that torch would take; law tests read both.
    """

    family: ClassVar[Family]
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(),)
    outputs: ClassVar[tuple[str, ...]] = ("output",)
    onnx: ClassVar[OnnxForm] = OnnxForm(why="It has no ONNX form.")
    not_arguments: ClassVar[frozenset[str]] = frozenset()
    unlike_torch: ClassVar[Mapping[str, str]] = {}
    stricter: ClassVar[str] = ""

    def input_ports(self) -> tuple[InputPort, ...]:
        """The input ports; a layer with a variable number of inputs overrides this."""
        return self.inputs

    def output_ports(self) -> tuple[str, ...]:
        """Names of the output ports."""
        return self.outputs

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        """The outputs for these inputs, in port order. Raises ShapeMismatch with expected and found in named axes.

        An optional port that is free is left out at the end. Rank and dtype were checked against the ports before.
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

    def parameter_count(self, *inputs: TensorSpec) -> int:
        """Trainable numbers."""
        return 0

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        """Multiply-adds for one sample."""
        return 0
