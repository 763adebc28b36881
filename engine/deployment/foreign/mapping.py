"""Decides operator by operator what is drawn: layers of the catalog where they give the same, else the operator itself.

A layer is taken only when its own shape rule gives the sizes that were seen, and the module built of it gives the
numbers that were seen.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.catalog.layer import Layer
from engine.catalog.registry import layer_type
from engine.catalog.tensors import ABSENT, DType, TensorSpec
from engine.compiler.build import built
from engine.compiler.onnx_operators.dtypes import as_tensor
from engine.compiler.onnx_operators.program import Operator, array_json, attribute_json
from engine.compiler.onnx_operators.table import TABLE
from engine.deployment.foreign.layers.site import RULES, Drawn, Site
from engine.deployment.foreign.patterns import FOUND, Patterns
from engine.deployment.foreign.probing import Facts, compared, without_echoes
from engine.errors import NetwrightError

NEAR = 1e-4
"""The largest difference, relative to the largest value, at which a layer does the same as an operator."""
_SMALL = 64
_LEARNED = {np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.float16)}
_SETTINGS_TYPES = {
    *(
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "bool",
    ),
    *("complex64", "complex128"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is drawn for an operator. `opaque` is its name where it stays one."""

    drawn: tuple[Drawn, ...]
    opaque: str = ""
    recognised: bool = False


@dataclass(slots=True, kw_only=True)
class Mapped:
    """All choices, in order; `specs` of all values as the checks will see them."""

    choices: list[Choice] = field(default_factory=list)
    specs: dict[str, TensorSpec] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)


def kind_of(dtype: torch.dtype | None) -> DType:
    """The kind of number as the catalog tells them apart."""
    if dtype is None or dtype.is_floating_point or dtype.is_complex:
        return DType.FLOAT
    return DType.BOOL if dtype is torch.bool else DType.INT


class Mapper:
    """Goes through a program once. `specs` are those of its inputs."""

    def __init__(self, facts: Facts, specs: Mapping[str, TensorSpec], *, opaque: bool = False) -> None:
        self.facts = facts
        self.same = without_echoes(facts)
        self.specs: dict[str, TensorSpec] = dict(specs)
        self.opaque = opaque
        patterns = Patterns(facts, self.same)
        self.guesses = {} if opaque or not facts.batch_free else patterns.found()
        self.operators = patterns.operators

    def real(self, name: str) -> str:
        """The value behind a name."""
        return self.same.get(name, name)

    def map(self) -> Mapped:
        """The choices that the outputs need."""
        found: list[tuple[Operator, Choice]] = []
        for item in self.operators:
            if item.outputs and item.outputs[0] in self.same:
                continue
            found.append((item, self._choose(item)))
        needed = {self.real(name) for name in self.facts.program.outputs}
        kept: list[Choice] = []
        for _item, choice in reversed(found):
            drawn = []
            for layer in reversed(choice.drawn):
                if any(name in needed for name in layer.outputs):
                    drawn.append(layer)
                    needed.update(name for name in layer.inputs if name)
            if drawn:
                kept.append(replace(choice, drawn=tuple(reversed(drawn))))
        return Mapped(choices=kept[::-1], specs=self.specs, same=self.same)

    def _choose(self, item: Operator) -> Choice:
        inputs = tuple(self.real(name) for name in item.inputs)
        for guess in self.guesses.get(item.outputs[0], []) if item.outputs else []:
            drawn = self._drawn(guess, tuple(self.real(name) for name in guess.inputs))
            if drawn is not None:
                return Choice(drawn=drawn, recognised=True)
        if not self.opaque:
            drawn = self._drawn(item, inputs)
            if drawn is not None:
                return Choice(drawn=drawn)
        if item.domain == FOUND:
            return Choice(drawn=())
        operator = self._operator(item, inputs)
        for name in operator.outputs:
            self.specs.setdefault(name, self._seen_spec(name))
        label = f"{item.domain}.{item.type}" if item.domain else item.type
        return Choice(drawn=(operator,), opaque=label)

    def _drawn(self, item: Operator, inputs: tuple[str, ...]) -> tuple[Drawn, ...] | None:
        """The layers a rule gives, if they hold what they promise."""
        rule = RULES.get((item.domain, item.type))
        if rule is None or not self.facts.batch_free:
            return None
        try:
            layers = rule(Site(item=item, facts=self.facts, inputs=inputs))
        except (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError):
            return None  # used in a way the rule does not know: it stays the operator it is
        if layers is None:
            return None
        specs = self._checked(layers)
        if specs is None or not self._proved(layers, item):
            return None
        self.specs.update(specs)
        return tuple(layers)

    def _checked(self, layers: Sequence[Drawn]) -> dict[str, TensorSpec] | None:
        """The specs of all that these layers give; None where a rule refuses, or gives other sizes than were seen."""
        found: dict[str, TensorSpec] = {}
        for drawn in layers:
            layer = _layer(drawn)
            if layer is None:
                return None
            specs: list[TensorSpec] = []
            for name, port in zip(drawn.inputs, layer.input_ports(), strict=False):
                spec = found.get(name) or self.specs.get(name)
                if not name:
                    specs.append(ABSENT)
                    continue
                if spec is None or name in self.facts.held:
                    return None
                if (port.axes and len(port.axes) != spec.rank) or (
                    port.dtype is not None and spec.dtype is not port.dtype
                ):
                    return None
                if self.facts.dtypes.get(name, torch.float32) not in (torch.float32, torch.int64, torch.bool):
                    return None
                specs.append(spec)
            if len(drawn.inputs) > len(layer.input_ports()) or len(drawn.outputs) != len(layer.output_ports()):
                return None
            try:
                given = layer.output_specs(*specs)
            except NetwrightError:
                return None
            for name, spec in zip(drawn.outputs, given, strict=True):
                seen = self.facts.shape(name)
                if seen is not None and not _alike(spec, seen, self.facts.dtypes.get(name)):
                    return None
                found[name] = spec
        return found

    def _proved(self, layers: Sequence[Drawn], item: Operator) -> bool:
        """Whether the modules of these layers hold their weights, and give what was seen."""
        modules: list[nn.Module] = []
        known = dict(self.specs)
        for drawn in layers:
            layer = _layer(drawn)
            assert layer is not None
            specs = [known[name] if name else ABSENT for name in drawn.inputs]
            try:
                module = built(layer, *specs).eval()
            except (NetwrightError, RuntimeError, TypeError, ValueError, AssertionError):
                return False
            held = module.state_dict()
            if {name: tuple(value.shape) for name, value in held.items()} != {
                name: tuple(np.shape(value)) for name, value in drawn.weights.items()
            }:
                return False
            module.load_state_dict({name: as_tensor(value) for name, value in drawn.weights.items()})
            modules.append(module)
            known.update(zip(drawn.outputs, layer.output_specs(*specs), strict=True))
        for kept in self.facts.seen:
            values: dict[str, Any] = {"": None}
            for drawn, module in zip(layers, modules, strict=True):
                given = [values.get(name, kept.get(name)) for name in drawn.inputs]
                if any(value is None and name for value, name in zip(given, drawn.inputs, strict=True)):
                    return True  # no longer in memory: the proof of the whole has the last word
                try:
                    with torch.no_grad():
                        made = module(*given)
                except (RuntimeError, IndexError, TypeError, ValueError, NetwrightError):
                    return False
                values.update(zip(drawn.outputs, made if isinstance(made, tuple) else (made,), strict=False))
            for name in layers[-1].outputs:
                ours, theirs = values.get(name), kept.get(name)
                if not isinstance(ours, Tensor) or not isinstance(theirs, Tensor):
                    continue
                if ours.dtype is not theirs.dtype or compared(theirs, ours) > NEAR:
                    return False
        return True

    def _operator(self, item: Operator, inputs: tuple[str, ...]) -> Drawn:
        """The operator as it is, with the numbers it holds itself."""
        entry = TABLE.get((item.domain, item.type))
        host = entry.host if entry is not None else frozenset()
        takes: list[Any] = []
        linked: list[str] = []
        weights: dict[str, np.ndarray] = {}
        for place, name in enumerate(inputs):
            array = self.facts.held.get(name) if name else None
            if not name:
                takes.append("")
            elif array is None:
                takes.append({"x": list(self._spec_of(name).shape)})
                linked.append(name)
            elif (
                array.size <= _SMALL and (array.dtype not in _LEARNED or array.size == 1 or place in host)
            ) or array.dtype.name not in _SETTINGS_TYPES:
                takes.append({"tensor": array_json(array)})
            else:
                kind = "weight" if array.dtype in _LEARNED and place not in host else "kept"
                takes.append({kind: [array.dtype.name, list(array.shape)]})
                weights[f"input{place + 1}"] = array
        outputs = tuple(name for name in item.outputs if name)
        gives: list[Any] = []
        for name in item.outputs:
            spec = self._seen_spec(name) if name else None
            gives.append(None if spec is None else {"shape": list(spec.shape), "type": spec.dtype.value})
        attributes: dict[str, Any] = {
            "operator": item.type,
            "takes": json.dumps(takes, separators=(",", ":")),
            "gives": json.dumps(gives, separators=(",", ":")),
        }
        if item.domain:
            attributes["op_domain"] = item.domain
        if item.attributes:
            settings = {name: attribute_json(value) for name, value in item.attributes.items()}
            attributes["settings"] = json.dumps(settings, separators=(",", ":"))
        return Drawn(
            type="OnnxOperator",
            inputs=tuple(linked),
            outputs=outputs,
            attributes=attributes,
            weights=weights,
            title=item.type[:60],
        )

    def _spec_of(self, name: str) -> TensorSpec:
        if name not in self.specs:
            self.specs[name] = self._seen_spec(name)
        return self.specs[name]

    def _seen_spec(self, name: str) -> TensorSpec:
        """A value as it was seen; (N) for what is no tensor, or one number alone."""
        shape = self.facts.shape(name)
        return TensorSpec(shape or (None,), kind_of(self.facts.dtypes.get(name)))

    def constant(self, name: str) -> Drawn:
        """A constant that the file gives as an answer."""
        item = Operator(type="Identity", inputs=(name,), outputs=(f"{name} (as it is)",))
        array = self.facts.held[name]
        made = self._operator(item, (name,))
        shape = list(array.shape) or [None]
        gives = [{"shape": shape, "type": kind_of(_dtype(array)).value}]
        self.specs[made.outputs[0]] = TensorSpec(tuple(shape), kind_of(_dtype(array)))
        return replace(made, attributes={**made.attributes, "gives": json.dumps(gives)})


def _dtype(array: np.ndarray) -> torch.dtype | None:
    value = as_tensor(array[:0] if array.ndim else array.reshape(1)[:0])
    return value.dtype if isinstance(value, Tensor) else None


def _layer(drawn: Drawn) -> Layer | None:
    """The catalog's layer with its settings; None where it refuses them."""
    kind = layer_type(drawn.type)
    if kind is None:
        return None
    try:
        return kind.from_attributes(drawn.attributes)
    except NetwrightError:
        return None


def _alike(spec: TensorSpec, seen: tuple[int | None, ...], dtype: torch.dtype | None) -> bool:
    """Whether a rule gives what was seen: sizes that it knows are those that stayed equal."""
    if spec.rank != len(seen) or spec.dtype is not kind_of(dtype):
        return False
    return all(a is None or a == b for a, b in zip(spec.shape, seen, strict=True)) and (
        (spec.shape[0] is None) == (seen[0] is None)
    )
