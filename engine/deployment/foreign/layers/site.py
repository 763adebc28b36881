"""What a rule gets, an operator with all that is known of its values, and what it gives: layers to be drawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from engine.catalog.tensors import Shape
from engine.compiler.onnx_operators.program import Operator
from engine.deployment.foreign.probing import Facts
from engine.document.graph import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A layer to be drawn. `inputs` are foreign values at its ports in order ("" leaves one free), `outputs` those it
    gives. `weights` are its parameters and buffers by torch's names. `places` name the ports where not all in order
    are linked."""

    type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Value] = field(default_factory=dict)
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One operator. Names of values are the real ones: what only passes on is seen through."""

    item: Operator
    facts: Facts
    inputs: tuple[str, ...]

    def held(self, place: int) -> np.ndarray | None:
        """The constant at an input; None where it is none or left out."""
        name = self.inputs[place] if place < len(self.inputs) else ""
        return self.facts.held.get(name) if name else None

    def has(self, place: int) -> bool:
        """Whether an input is given."""
        return place < len(self.inputs) and bool(self.inputs[place])

    def shape(self, place: int = 0) -> Shape:
        """The sizes of an input; () where there are none."""
        return self.facts.shape(self.inputs[place]) or () if place < len(self.inputs) else ()

    @property
    def made(self) -> Shape:
        """The sizes of the first output."""
        return self.facts.shape(self.item.outputs[0]) or ()

    @property
    def rank(self) -> int:
        """Number of axes of the first input."""
        return len(self.shape())

    def get(self, name: str, preset: Any = None) -> Any:
        """A setting."""
        return self.item.attributes.get(name, preset)

    def ints(self, place: int) -> list[int] | None:
        """Whole numbers of a constant input."""
        array = self.held(place)
        return None if array is None else [int(item) for item in array.ravel()]

    def number(self, place: int) -> float | None:
        """The one number of a constant input."""
        array = self.held(place)
        return float(array.ravel()[0]) if array is not None and array.size == 1 and array.dtype.kind in "fiu" else None

    def decimal(self, place: int = 0) -> bool:
        """Whether an input holds float32."""
        name = self.inputs[place]
        return self.facts.dtypes.get(name) is torch.float32 or (
            name in self.facts.held and self.facts.held[name].dtype == np.float32
        )

    def layer(
        self,
        type: str,
        *inputs: str,
        weights: Mapping[str, np.ndarray] | None = None,
        outputs: Sequence[str] | None = None,
        **attributes: Any,
    ) -> list[Drawn]:
        """One layer that gives the operator's outputs; `attributes` are its settings."""
        return [
            Drawn(
                type=type,
                inputs=inputs or (self.inputs[0],),
                outputs=tuple(outputs if outputs is not None else self.item.outputs[:1]),
                attributes=attributes,
                weights=weights or {},
            )
        ]


Rule = Callable[[Site], list[Drawn] | None]

RULES: dict[tuple[str, str], Rule] = {}


def drawn_as(*types: str, domain: str = "") -> Callable[[Rule], Rule]:
    """Declare how operators are drawn."""

    def declare(rule: Rule) -> Rule:
        for name in types:
            assert (domain, name) not in RULES, name
            RULES[(domain, name)] = rule
        return rule

    return declare


def size(values: Sequence[int]) -> Value:
    """Equal sides as one number, others one a side."""
    return int(values[0]) if len(set(values)) == 1 else [int(item) for item in values]


def float32(array: np.ndarray) -> np.ndarray:
    """Weights as they are kept."""
    return np.ascontiguousarray(array, dtype=np.float32)
