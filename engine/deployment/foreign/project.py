"""Puts what was mapped into a document: nodes, links, fields without data, places on the canvas, and the weights."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import torch

from engine.catalog.layer import Layer
from engine.catalog.registry import layer_type
from engine.catalog.tensors import DType, TensorSpec
from engine.checks.field_specs import prepared_spec
from engine.compiler.onnx_operators.dtypes import BOOL, FLOAT, INT64
from engine.data.made_up import TRIED
from engine.deployment.foreign.layers.site import Drawn
from engine.deployment.foreign.mapping import Mapped, Mapper, kind_of
from engine.deployment.foreign.probing import Facts
from engine.deployment.foreign.reading import ForeignModel, ForeignValue
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Statistics, Step
from engine.document.graph import Edge, Graph, Node, Value
from engine.document.project import Project
from engine.document.tidying.layout import Card, Wire, tidy

WEIGHTS = "imported"
"""The name of the file in the project's folder of weights."""
_ANSWER = " (answer)"
_AS_IT_CAME = " (as it came)"


@dataclass(slots=True, kw_only=True)
class Imported:
    """A project made of a file. `tensors` are its weights under the names of its state dict; `mapped` and `opaque`
    count its layers and its foreign operators by name."""

    project: Project
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    mapped: dict[str, int] = field(default_factory=dict)
    opaque: dict[str, int] = field(default_factory=dict)
    recognised: int = 0
    notes: list[str] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    """The Input node of each foreign input."""
    outputs: dict[str, str] = field(default_factory=dict)
    """The Output node of each foreign output."""


def input_field(item: ForeignValue, facts: Facts, bound: int | None, name: str) -> Field:
    """The field that an input stands for: a picture where its sizes say so, whole numbers, or an array of numbers."""
    shape = facts.shape(item.name) or (None,)
    sizes = tuple(shape[1:])
    if item.element == FLOAT and len(sizes) == 3 and sizes[0] in (1, 3) and _picture(sizes[1:]):
        height, width = sizes[1:]
        steps = [Step(type="Channels", attributes={"mode": "rgb" if sizes[0] == 3 else "gray"})]
        if height is not None and width is not None:
            steps.append(Step(type="Resize", attributes={"height": height, "width": width}))
        steps.append(Step(type="Scale"))
        return Field(name=name, kind=FieldKind.IMAGE, preparation=tuple(steps))
    steps = []
    if item.element == INT64:
        steps = [Step(type="WholeNumbers", attributes={} if bound is None else {"count": bound})]
    # Free sizes that the network is known to take: random samples for a proof are made of them.
    tried = facts.shapes.get(item.name) or [(0,)]
    options: dict[str, Value] = {TRIED: list(tried[0][1:])} if None in sizes else {}
    return Field(
        name=name,
        kind=FieldKind.ARRAY,
        options=options,
        preparation=tuple(steps),
        statistics=Statistics(shape=sizes),
    )


def _picture(sizes: tuple[int | None, ...]) -> bool:
    return all(size is None or size >= 16 for size in sizes)


class Drawer:
    """Draws one file. With `borders` off nothing is put between the file's own values and the fields: what comes in
    and goes out has the types of the file, and nothing can be learned."""

    def __init__(
        self, model: ForeignModel, facts: Facts, bounds: Mapping[str, int | None], *, borders: bool = True
    ) -> None:
        self.model = model
        self.facts = facts
        self.borders = borders
        self.graph = Graph()
        self.ports: dict[str, tuple[str, str]] = {}
        self.result = Imported(project=Project(name=""))
        self._numbers: dict[str, int] = {}
        self._layers: dict[str, Layer] = {}
        self._taken = set()  # type: ignore[var-annotated]
        self.fields: list[Field] = []
        self.input_fields = {
            item.name: input_field(item, facts, bounds.get(item.name), self._name(item.name)) for item in model.inputs
        }

    def input_specs(self) -> dict[str, TensorSpec]:
        """What the checks will know of the values that come in."""
        found = {}
        for item in self.model.inputs:
            own = self.input_fields[item.name]
            spec = prepared_spec(own)
            if self._plain(item):
                found[item.name] = spec
            else:
                shape = self.facts.shape(item.name) or (None,)
                found[item.name] = TensorSpec(shape, kind_of(self.facts.dtypes.get(item.name)))
        return found

    def _plain(self, item: ForeignValue) -> bool:
        """Whether an Input gives the value in the file's own type."""
        return not self.borders or item.element in (FLOAT, INT64, 0)

    def draw(self, name: str, mapper: Mapper, mapped: Mapped) -> Imported:
        """The project."""
        for item in self.model.inputs:
            self._input(item)
        for choice in mapped.choices:
            for drawn in choice.drawn:
                self._node(drawn)
            if choice.opaque:
                self.result.opaque[choice.opaque] = self.result.opaque.get(choice.opaque, 0) + 1
            self.result.recognised += choice.recognised
        for item in self.model.outputs:
            self._output(item, mapper)
        self._place()
        self.result.project = Project(name=name, data=DataSpec(fields=tuple(self.fields)), graph=self.graph)
        return self.result

    def _name(self, stem: str) -> str:
        stem = "".join(c if c.isprintable() else " " for c in stem).strip()[:80] or "value"
        name, number = stem, 2
        while name in self._taken:
            name, number = f"{stem} {number}", number + 1
        self._taken.add(name)
        return name

    def _id(self, type_name: str) -> str:
        stem = re.sub(r"[^a-z]", "", re.sub(r"\d+d?$", "", type_name).lower())[:40] or "node"
        number = self._numbers.get(stem, 0) + 1
        while f"{stem}{number}" in self.graph.nodes:
            number += 1
        self._numbers[stem] = number
        return f"{stem}{number}"

    def _add(self, type_name: str, attributes: Mapping[str, Value], title: str = "", stem: str = "") -> str:
        node_id = self._id(stem or type_name)
        kind = layer_type(type_name)
        assert kind is not None, type_name
        layer = kind.from_attributes(attributes)
        presets = {info.name: info.default for info in kind.attributes()}
        kept = {key: value for key, value in attributes.items() if presets.get(key) != _tupled(value)}
        self.graph.add(Node(id=node_id, type=type_name, attributes=kept, title=title))
        self._layers[node_id] = layer
        return node_id

    def _input(self, item: ForeignValue) -> None:
        own = self.input_fields[item.name]
        self.fields.append(own)
        node_id = self._add("Input", {"fields": [own.name]}, own.name[:60])
        self.result.inputs[item.name] = node_id
        self.ports[item.name] = (node_id, "output")
        if self._plain(item):
            return
        raw = f"{item.name}{_AS_IT_CAME}"
        self.ports[raw] = self.ports[item.name]
        spec = self.input_specs()[item.name]
        if item.element == BOOL:
            self._node(Drawn(type="ToBool", inputs=(raw,), outputs=(item.name,)))
            return
        gives = msgspec.json.encode([{"shape": list(spec.shape), "type": spec.dtype.value}]).decode()
        settings = msgspec.json.encode({"to": item.element}).decode()
        attributes: dict[str, Value] = {"operator": "Cast", "settings": settings, "gives": gives}
        self._node(Drawn(type="OnnxOperator", inputs=(raw,), outputs=(item.name,), attributes=attributes, title="Cast"))

    def _node(self, drawn: Drawn) -> None:
        stem = drawn.title if drawn.type == "OnnxOperator" else ""
        node_id = self._add(drawn.type, drawn.attributes, drawn.title, stem)
        layer = self._layers[node_id]
        if drawn.type != "OnnxOperator":
            self.result.mapped[drawn.type] = self.result.mapped.get(drawn.type, 0) + 1
        for name, port in zip(drawn.inputs, layer.input_ports(), strict=False):
            if name:
                source, output = self.ports[name]
                self.graph.connect(Edge(source=source, output=output, target=node_id, input=port.name))
        for name, output in zip(drawn.outputs, layer.output_ports(), strict=True):
            self.ports[name] = (node_id, output)
        if drawn.weights:
            self.graph.replace(msgspec.structs.replace(self.graph.node(node_id), weights=WEIGHTS))
            for name, array in drawn.weights.items():
                self.result.tensors[f"{node_id}.{name}"] = array

    def _output(self, item: ForeignValue, mapper: Mapper) -> None:
        name = mapper.real(item.name)
        if name in self.facts.held:
            constant = mapper.constant(name)
            self._node(constant)
            name = constant.outputs[0]
        spec = mapper.specs[name]
        shape = list(spec.shape)
        if self.borders and (spec.dtype is not DType.FLOAT or self.facts.dtypes.get(name) not in (None, torch.float32)):
            answer = f"{name}{_ANSWER}"
            if self.facts.dtypes.get(name) in (torch.int64, torch.bool) and layer_type("ToFloat") is not None:
                self._node(Drawn(type="ToFloat", inputs=(name,), outputs=(answer,)))
            else:
                gives = msgspec.json.encode([{"shape": shape, "type": "float"}]).decode()
                settings = msgspec.json.encode({"to": FLOAT}).decode()
                attributes: dict[str, Value] = {"operator": "Cast", "settings": settings, "gives": gives}
                self._node(
                    Drawn(type="OnnxOperator", inputs=(name,), outputs=(answer,), attributes=attributes, title="Cast")
                )
            name = answer
        elif not self.borders and (spec.dtype is not DType.FLOAT or len(shape) < 1):
            answer = f"{name}{_ANSWER}"
            gives = msgspec.json.encode([{"shape": shape, "type": "float"}]).decode()
            self._node(
                Drawn(
                    type="OnnxOperator",
                    inputs=(name,),
                    outputs=(answer,),
                    attributes={"operator": "Identity", "gives": gives},
                    title="Identity",
                )
            )
            name = answer
        own = Field(
            name=self._name(item.name),
            kind=FieldKind.ARRAY,
            role=Role.TARGET,
            statistics=Statistics(shape=tuple(shape[1:])),
        )
        self.fields.append(own)
        node_id = self._add("Output", {"field": own.name}, own.name[:60])
        source, output = self.ports[name]
        self.graph.connect(Edge(source=source, output=output, target=node_id, input="prediction"))
        self.result.outputs[item.name] = node_id
        if self.borders:
            loss = self._add("MSELoss", {})
            target = self._add("Input", {"fields": [own.name]}, f"{own.name[:50]} (wanted)")
            self.graph.connect(Edge(source=source, output=output, target=loss, input="prediction"))
            self.graph.connect(Edge(source=target, target=loss, input="target"))

    def _place(self) -> None:
        """Lay the cards out as Tidy does."""
        cards, wires = [], []
        for node in self.graph.sorted_nodes():
            layer = self._layers[node.id]
            inputs, outputs = [port.name for port in layer.input_ports()], list(layer.output_ports())
            height = max(64.0, _PORT + (max(len(inputs), len(outputs), 1) - 1) * 16.0 + 20.0)
            cards.append(Card(node.id, 168.0, height))
            for port, edge in self.graph.inputs_of(node.id).items():
                given = self._layers[edge.source].output_ports()
                wires.append(
                    Wire(
                        edge.source,
                        node.id,
                        _PORT + 16.0 * (given.index(edge.output) if edge.output in given else 0),
                        _PORT + 16.0 * (inputs.index(port) if port in inputs else 0),
                        72.0,
                    )
                )
        places = tidy(cards, wires)
        for node_id, (x, y) in places.items():
            self.graph.replace(msgspec.structs.replace(self.graph.node(node_id), x=x, y=y))


_PORT = 32.0


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
