"""Whether a drawing can be exported to ONNX and to what, told while one draws; imports neither torch nor onnx."""

from dataclasses import dataclass
from typing import Final

from engine.catalog.layer import Layer
from engine.catalog.layers.data import Input, Noise, Output
from engine.catalog.losses import Loss
from engine.catalog.preparation import preparation_type
from engine.checks.answers import answer_of
from engine.checks.field_specs import prepared_spec
from engine.checks.file_ports import (
    USUAL_OPSET,
    OutputNames,
    RawInput,
    needed_opset,
    output_names,
    prepared_input,
    raw_input,
)
from engine.checks.inference import ShapeChecker
from engine.checks.problem import Severity
from engine.checks.walking import sources_of
from engine.document.data_spec import Field
from engine.document.graph import natural
from engine.errors import NetwrightError

_FEW: Final = 3
"""Inputs that are named one by one; of more their number is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What keeps a drawing from being exported: a node, and why."""

    node: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOutlook:
    """`unknown` says why nothing can be told yet. `notes` are what to know of a file that can be written."""

    opset: int
    inputs: tuple[RawInput, ...] = ()
    outputs: tuple[OutputNames, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: str = ""

    @property
    def can_export(self) -> bool:
        """Whether a file can be written."""
        return not self.unknown and not self.obstacles

    @property
    def sentence(self) -> str:
        """One line: what goes in and comes out, or what stands in the way."""
        if self.unknown:
            return self.unknown
        if self.obstacles:
            first, more = self.obstacles[0], len(self.obstacles) - 1
            others = f" So do {more} more." if more > 1 else " So does one more." if more else ""
            return f"Cannot be exported to ONNX: {first.message}{others}"
        if len(self.inputs) > _FEW:
            kinds = sorted({item.dtype for item in self.inputs})
            given = f"{len(self.inputs)} inputs ({', '.join(kinds)})"
        else:
            given = ", ".join(map(str, self.inputs)) or "nothing"
        answers = ", ".join(name for item in self.outputs for name in item.shown)
        return f"Exports to ONNX opset {self.opset}: {given} → {answers}."


def export_outlook(checker: ShapeChecker, opset: int = USUAL_OPSET, contents: str = "whole") -> ExportOutlook:
    """What would be written now, in this opset, with everything inside ("whole") or the "network" alone.

    The same inputs and outputs as `engine.deployment` writes; a test holds both to it.
    """
    graph, data = checker.project.graph, checker.project.data
    ends = sorted((i for i in checker.sinks if isinstance(checker.layers.get(i), Output)), key=natural)
    if not ends:
        return ExportOutlook(opset=opset, unknown="Add an Output, and it says here what file the network becomes.")
    upstream = sources_of(graph, ends) - set(ends)
    if any(problem.severity is Severity.ERROR and problem.node in upstream for problem in checker.problems()):
        return ExportOutlook(opset=opset, unknown="Once its problems are mended, it says here what file it becomes.")
    layers = checker.layers
    plain = {kind for kind in {type(layer) for layer in layers.values()} if _always_written(kind)}
    doubtful = [node_id for node_id in upstream if node_id in layers and type(layers[node_id]) not in plain]
    obstacles = tuple(
        Obstacle(node=node_id, message=f"{layers[node_id].label()} '{node_id}': {refusal}")
        for node_id in sorted(doubtful, key=natural)
        if (refusal := _refusal(checker, node_id, layers[node_id]))
    )
    if obstacles:
        return ExportOutlook(opset=opset, obstacles=obstacles)
    alone = contents == "network"
    inputs: dict[str, RawInput] = {}
    notes: dict[str, None] = {}
    beyond: dict[str, dict[str, None]] = {}
    moved: set[str] = set()
    try:
        for node_id in sorted((i for i in doubtful if isinstance(layers[i], Input | Noise)), key=natural):
            layer = layers[node_id]
            if isinstance(layer, Input):
                fields = [field for name in layer.fields if (field := data.field(name)) is not None]
                moved |= set(layer.fields) if layer.shift else set()
                if alone:
                    (spec,) = checker.output_specs(node_id)
                    if spec is not None:
                        inputs[node_id] = prepared_input(node_id, spec)
                    continue
                for field in fields:
                    inputs[field.name], told = _input(field, opset)
                    notes |= dict.fromkeys(told)
                    for what in _beyond_standard(field) if not told else ():
                        beyond.setdefault(what, {})[field.name] = None
            elif isinstance(layer, Noise):
                inputs[f"noise {node_id}"] = RawInput(name=node_id, dtype="float", shape=("N", *layer.size))
        outputs = []
        for node_id in ends:
            field = data.field(getattr(checker.layers[node_id], "field", ""))
            edge = graph.inputs_of(node_id).get("prediction")
            spec = checker.given_specs(node_id)[0] if edge is not None and checker.given_specs(node_id) else None
            if field is not None and spec is not None:
                outputs.append((field, answer_of(graph, node_id), spec.shape))
    except NetwrightError as error:  # a preparation that does not work: told with the problems of the data
        return ExportOutlook(opset=opset, unknown=error.message)
    names = output_names(outputs, {item.name for item in inputs.values()}, moved, raw=alone)
    notes |= dict.fromkeys(_prepared_by(what, list(fields)) for what, fields in beyond.items())
    return ExportOutlook(opset=opset, inputs=tuple(inputs.values()), outputs=tuple(names), notes=tuple(notes))


def _input(field: Field, opset: int) -> tuple[RawInput, list[str]]:
    """The input for a field, and what is to be known of it."""
    kinds = [kind for step in field.preparation if (kind := preparation_type(step.type)) is not None]
    if opset < needed_opset(field):
        late = next(kind for kind in kinds if kind.opset > opset)
        note = (
            f"{late.label()} needs opset {late.opset}: in opset {opset} '{field.name}' must come prepared, as the file "
            f"describes."
        )
        return prepared_input(field.name, prepared_spec(field)), [note]
    return raw_input(field), []


def _beyond_standard(field: Field) -> list[str]:
    """What prepares a field that standard ONNX does not have."""
    kinds = [kind for step in field.preparation if (kind := preparation_type(step.type)) is not None]
    return list(dict.fromkeys(kind.beyond_standard for kind in kinds if kind.beyond_standard))


def _prepared_by(what: str, fields: list[str]) -> str:
    *others, last = [f"'{name}'" for name in fields]
    who = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    return f"{who} prepared by {what}. For other programs export the network alone, which takes the prepared numbers."


def _always_written(kind: type[Layer]) -> bool:
    """Whether a layer can be written whatever its settings: decided at once for all of its kind."""
    special = issubclass(kind, Input | Noise | Output | Loss)
    return not special and kind.export_refusal is Layer.export_refusal and bool(kind.onnx.op or kind.onnx.rule)


def _refusal(checker: ShapeChecker, node_id: str, layer: Layer) -> str:
    """Why a node cannot be written; empty where it can."""
    if isinstance(layer, Input | Noise | Output | Loss) or checker.project.graph.nodes[node_id].bypassed:
        return ""
    if type(layer).export_refusal is Layer.export_refusal:
        return "" if layer.onnx.op or layer.onnx.rule else layer.onnx.why
    return layer.export_refusal(*checker.given_specs(node_id))
