"""A checked project as a list of calls in order, which module, source and ONNX export are all written from."""

import heapq
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from engine.catalog.layer import Layer
from engine.catalog.layers.data import Input, Noise, Output
from engine.catalog.losses import Loss
from engine.catalog.tensors import TensorSpec
from engine.checks.inference import ShapeChecker
from engine.checks.problem import Problem, Severity
from engine.checks.shapes import passed_port
from engine.checks.shifting import begin_of_shift
from engine.document.graph import Edge, Graph, Node, natural
from engine.document.project import Project
from engine.errors import GraphError, NetwrightError, ProjectError

Value = tuple[str, str]
"""(node id, output port): what identifies a tensor in a graph; for a bypassed node, that of the tensor passed on."""


@dataclass(frozen=True, slots=True)
class Call:
    """One layer at work: the tensors it takes (None at a free optional port, whose spec is ABSENT), those it gives."""

    node: Node
    layer: Layer
    inputs: tuple[Value | None, ...]
    specs: tuple[TensorSpec, ...]
    outputs: tuple[Value, ...]
    owner: str
    """The node whose module computes it: its own, or that of the one it shares weights with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a project computes, sources first. Nodes that no output and no loss needs are left out.

    `prediction_calls` are the calls the outputs need, `calls` those that outputs and losses need, both without inputs,
    noise, outputs and losses themselves. `predictions` maps each output node to the tensor it shows.
    """

    calls: tuple[Call, ...]
    prediction_calls: tuple[Call, ...]
    losses: tuple[Call, ...]
    predictions: dict[str, Value]
    input_ids: tuple[str, ...]
    training_input_ids: tuple[str, ...]
    input_fields: dict[str, tuple[str, ...]]
    output_fields: dict[str, str]
    specs: dict[Value, TensorSpec]
    input_shifts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By how much Inputs of text are moved right, and what comes to stand before; only of those that are moved."""
    noise_ids: tuple[str, ...] = ()
    """The Noise nodes that outputs need, in the order in which their numbers are drawn."""
    noises: dict[str, Noise] = field(default_factory=dict)
    """Those that outputs and losses need, in that order."""

    def stands_on(self, values: Iterable[Value | None]) -> set[str]:
        """The nodes without which these tensors cannot be computed, inputs and noise among them."""
        calls = {call.node.id: call for call in self.calls}
        found: set[str] = set()
        waiting = [value for value in values if value is not None]
        while waiting:
            node_id, _ = waiting.pop()
            if node_id not in found:
                found.add(node_id)
                if node_id in calls:
                    waiting.extend(value for value in calls[node_id].inputs if value is not None)
        return found

    def only(self, outputs: Collection[str], losses: Collection[str]) -> "Plan":
        """The part that these outputs and losses need, which takes the same inputs."""
        kept = tuple(call for call in self.losses if call.node.id in losses)
        shown = {node_id: value for node_id, value in self.predictions.items() if node_id in outputs}
        answers = self.stands_on(shown.values())
        needed = answers | self.stands_on(value for call in kept for value in call.inputs)
        return replace(
            self,
            calls=tuple(call for call in self.calls if call.node.id in needed),
            prediction_calls=tuple(call for call in self.prediction_calls if call.node.id in answers),
            losses=kept,
            predictions=shown,
            noise_ids=tuple(node_id for node_id in self.noise_ids if node_id in answers),
            noises={node_id: layer for node_id, layer in self.noises.items() if node_id in needed},
        )


def first_error(problems: Iterable[Problem]) -> NetwrightError | None:
    """The first problem that keeps the network from running, as an error in the problem's own words."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if not errors:
        return None
    first = errors[0]
    more = f" ({len(errors) - 1} more to mend after it.)" if len(errors) > 1 else ""
    kind = GraphError if first.node else ProjectError
    return kind(
        first.message + more,
        where=first.node,
        expected=first.expected,
        found=first.found,
        hint=first.repairs[0].title + "." if first.repairs else "",
    )


def plan(project: Project, checker: ShapeChecker | None = None, *, training: bool = True) -> Plan:
    """Order a project, its blocks opened. Raises GraphError or ProjectError with the first problem's words.

    Without `training` it need only answer: problems of the project as a whole (no loss, the recipe) do not count.
    """
    checker = checker or ShapeChecker(project)
    problems = checker.problems()
    error = first_error(problem for problem in problems if training or problem.node)
    if error is not None:
        raise error
    if not any(isinstance(checker.layers[sink], Output) for sink in checker.sinks):
        raise ProjectError(
            "The network has no Output, so it has no answer.", expected="an Output", found="none", hint="Add an Output."
        )
    graph, layers = checker.project.graph, checker.layers
    needed = checker.needed
    sources: dict[Value, Value] = {}
    calls: dict[str, Call] = {}
    for node_id in _order(graph):
        if node_id not in needed:
            continue
        node, layer = graph.node(node_id), layers[node_id]
        edges = graph.inputs_of(node_id)
        ports = layer.input_ports()
        outputs = tuple((node_id, port) for port in layer.output_ports())
        if (node.bypassed and not isinstance(layer, Input | Noise)) or layer.handed_on():
            passed = edges.get(passed_port(node, layer))
            if passed is not None:
                sources.update(dict.fromkeys(outputs, _source(sources, passed)))
            continue
        inputs: list[Value | None] = []
        for port in ports:
            edge = edges.get(port.name)
            inputs.append(None if edge is None else _source(sources, edge))
        while inputs and inputs[-1] is None:
            inputs.pop()
        sources.update((value, value) for value in outputs)
        specs = checker.given_specs(node_id)
        calls[node_id] = Call(
            node=node, layer=layer, inputs=tuple(inputs), specs=specs, outputs=outputs, owner=graph.owner(node_id)
        )

    output_calls = [call for call in calls.values() if isinstance(call.layer, Output)]
    output_calls.sort(key=lambda call: natural(call.node.id))
    losses = [call for call in calls.values() if isinstance(call.layer, Loss)]
    losses.sort(key=lambda call: natural(call.node.id))
    for_outputs = _needed(calls, output_calls)
    for_training = for_outputs | _needed(calls, losses)
    special = {call.node.id for call in (*output_calls, *losses)}
    work = [
        call
        for node_id, call in calls.items()
        if node_id in for_training and node_id not in special and not isinstance(call.layer, Input | Noise)
    ]
    inputs_in_order = sorted((i for i in for_training if isinstance(calls[i].layer, Input)), key=natural)
    noises = {i: layer for i in sorted(for_training, key=natural) if isinstance(layer := calls[i].layer, Noise)}
    return Plan(
        calls=tuple(work),
        prediction_calls=tuple(call for call in work if call.node.id in for_outputs),
        losses=tuple(losses),
        predictions={call.node.id: _only(call) for call in output_calls},
        input_ids=tuple(i for i in inputs_in_order if i in for_outputs),
        training_input_ids=tuple(inputs_in_order),
        input_fields={i: _fields(calls[i].layer) for i in inputs_in_order},
        input_shifts={
            i: (layer.shift, begin_of_shift(checker.project.data, layer))
            for i in inputs_in_order
            if isinstance(layer := calls[i].layer, Input) and layer.shift
        },
        output_fields={call.node.id: cast(Output, call.layer).field for call in output_calls},
        specs={value: spec for value, spec in checker.specs.items() if spec is not None},
        noise_ids=tuple(i for i in noises if i in for_outputs),
        noises=noises,
    )


def _fields(layer: Layer) -> tuple[str, ...]:
    return cast(Input, layer).fields


def _source(sources: dict[Value, Value], edge: Edge) -> Value:
    """The tensor an edge carries."""
    try:
        return sources[(edge.source, edge.output)]
    except KeyError:  # a bypassed node with nothing to pass on
        raise GraphError(
            f"'{edge.source}' is bypassed and has nothing to pass on to '{edge.target}'.", where=edge.source
        ) from None


def _only(call: Call) -> Value:
    value = call.inputs[0] if call.inputs else None
    if value is None:  # the checker reports a free required input, so this is a fault of ours
        raise GraphError(f"Nothing is linked to '{call.node.id}'.", where=call.node.id)
    return value


def _order(graph: Graph) -> list[str]:
    """Node ids, sources first; ties by id, so that the same graph runs in the same order however it was drawn.

    The order decides which random numbers a Dropout gets, so it may not depend on the history of edits.
    """
    keys = {node_id: natural(node_id) for node_id in graph.nodes}
    waiting = {node_id: len(graph.inputs_of(node_id)) for node_id in graph.nodes}
    ready = [(keys[node_id], node_id) for node_id, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        _, node_id = heapq.heappop(ready)
        order.append(node_id)
        for edge in graph.consumers_of(node_id):
            waiting[edge.target] -= 1
            if waiting[edge.target] == 0:
                heapq.heappush(ready, (keys[edge.target], edge.target))
    return order


def _needed(calls: dict[str, Call], ends: Iterable[Call]) -> set[str]:
    """Ids of the nodes that these calls stand on, themselves included."""
    found: set[str] = set()
    waiting = [call.node.id for call in ends]
    while waiting:
        node_id = waiting.pop()
        if node_id in found:
            continue
        found.add(node_id)
        waiting.extend(value[0] for value in calls[node_id].inputs if value is not None)
    return found
