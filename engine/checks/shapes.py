"""Shapes and cost of a drawn network, kept up to date edit by edit.

Plain Python over the catalog's rules; a failing node gives unknown outputs and the rest goes on. Nothing here recurses,
since chains of thousands of nodes are normal. Runs in the window's thread.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.catalog import registry
from engine.catalog.layer import Family, InputPort, Layer
from engine.catalog.layers.data import Input, Noise, Output
from engine.catalog.layers.linear import Identity
from engine.catalog.losses import Loss
from engine.catalog.rules import expected_text, found_text
from engine.catalog.tensors import ABSENT, DType, TensorSpec
from engine.checks.field_specs import input_spec
from engine.checks.shifting import begin_of_shift
from engine.document.edits import Change
from engine.document.flat import Flattening
from engine.document.graph import Edge, Node
from engine.document.project import Project
from engine.errors import AttributeOutOfRange, GraphError, NetwrightError, ShapeMismatch

KEEPS_WIDTH = frozenset({Family.ACTIVATION, Family.DROPOUT, Family.NORMALIZATION})
"""Families whose layers leave the number of features as it is, but for those that say they do not."""


def keeps_width(layer: Layer) -> bool:
    """Whether as many features come out as go in, whatever the settings."""
    if isinstance(layer, Identity) or layer.handed_on():
        return True
    return layer.family in KEEPS_WIDTH and not layer.changes_width


def passed_port(node: Node, layer: Layer) -> str:
    """The input port whose tensor a node gives as it is, since it chooses or is bypassed; empty where it computes."""
    handed = layer.handed_on()
    if handed or not node.bypassed:
        return handed
    ports = layer.input_ports()
    return ports[0].name if ports else ""


DTYPE_WORDS = {DType.FLOAT: "decimal numbers", DType.INT: "whole numbers", DType.BOOL: "yes or no"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a node or a network costs: trainable numbers, multiply-adds and bytes of outputs for one sample."""

    parameters: int = 0
    multiply_adds: int = 0
    output_bytes: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.parameters + other.parameters,
            self.multiply_adds + other.multiply_adds,
            self.output_bytes + other.output_bytes,
        )


_FREE = Cost()
_MOST_DROPPED = 50_000
_MASSIVE = 1000
_EVERYTHING = Change()


def _count(given: Sequence[TensorSpec]) -> int:
    """How many there are without the free ones at the end."""
    count = len(given)
    while count and not given[count - 1].linked:
        count -= 1
    return count


class _State:
    """What is known of one node. `error` is what its own rule, or the check before it, refused."""

    __slots__ = ("again", "cost", "edges", "error", "fault", "handed", "inputs", "layer", "node", "outputs", "ports")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.layer: Layer | None = None
        self.fault: NetwrightError | None = None
        self.ports: tuple[InputPort, ...] = ()
        self.handed = ""
        self.edges: dict[str, Edge] = {}
        self.inputs: tuple[TensorSpec | None, ...] = ()
        self.outputs: tuple[TensorSpec | None, ...] = ()
        self.error: NetwrightError | None = None
        self.cost: Cost | None = None
        self.again = False  # set when a deleted node comes back: its outputs hold if its inputs are what they were

    def read(self) -> None:
        """Take layer and ports from the catalog."""
        self.cost = None
        try:
            self.layer, self.fault = registry.layer(self.node), None
            self.ports, self.handed = self.layer.input_ports(), self.layer.handed_on()
        except (GraphError, AttributeOutOfRange) as error:
            self.layer, self.fault, self.ports, self.handed = None, error, (), ""

    def passed(self) -> str:
        """The input port whose tensor is given on as it is; empty where something is computed."""
        return self.handed or (self.ports[0].name if self.node.bypassed and self.ports else "")


class ShapeInference:
    """Knows the tensor at every output of a project's graph, which rule refused what, and what it costs.

    The project is read, never changed; one with blocks is seen through its flat form, and ids are those of that form.
    After each applied edit call `update` with what it touched; `refresh` starts over. A node on or behind a cycle has
    unknown outputs. A bypassed node passes its first input through; a bypassed Output or loss counts as absent, a
    bypassed Input as any other.
    """

    def __init__(self, project: Project, folder: Path | None = None) -> None:
        self.folder = folder
        """The project's folder, where the files lie that nodes take their first weights from; None if not known."""
        self._flat = Flattening(project)
        self._project = self._flat.project
        self.specs: dict[tuple[str, str], TensorSpec | None] = {}
        self.layers: dict[str, Layer] = {}
        self._states: dict[str, _State] = {}
        self._dropped: dict[str, _State] = {}  # of deleted nodes, since undo brings them back as they were
        self._positions: dict[str, int] = {}
        self._next_position = 0
        self._stuck: frozenset[str] = frozenset()
        self._cycle: frozenset[str] = frozenset()
        self._sinks: set[str] = set()
        self._needed: frozenset[str] = frozenset()
        self._resting: frozenset[str] = frozenset()
        self._order: tuple[str, ...] | None = None
        self._total: Cost | None = None
        self.refresh()

    @property
    def project(self) -> Project:
        """The project that is checked, in its flat form."""
        return self._project

    @property
    def flattening(self) -> Flattening:
        """Where the nodes that are checked are drawn."""
        return self._flat

    @property
    def order(self) -> tuple[str, ...]:
        """Node ids, sources first; ids on or behind a cycle are left out."""
        if self._order is None:
            self._order = tuple(sorted(self._positions, key=self._positions.__getitem__))
        return self._order

    @property
    def cycle(self) -> frozenset[str]:
        """Ids of nodes that feed themselves through others."""
        return self._cycle

    @property
    def stuck(self) -> frozenset[str]:
        """Ids of nodes on a cycle or behind one."""
        return self._stuck

    @property
    def needed(self) -> frozenset[str]:
        """Ids of nodes that lead to an Output or a loss; only these are compiled."""
        return self._needed

    @property
    def resting(self) -> frozenset[str]:
        """Ids of nodes that would be needed if a Switch chose otherwise; nobody asks whether they fit."""
        return self._resting

    @property
    def sinks(self) -> frozenset[str]:
        """Ids of Output and loss nodes that are not bypassed."""
        return frozenset(self._sinks)

    def rests(self, node_id: str) -> bool:
        """Whether a node is one of `resting`."""
        return node_id in self._resting

    def position(self, node_id: str) -> int | None:
        """The place of a node in the order; None on or behind a cycle."""
        return self._positions.get(node_id)

    def refresh(self) -> set[str]:
        """Check everything anew; returns all node ids."""
        self._flat.refresh()
        self._project = self._flat.project
        return self._read_all()

    def _read_all(self) -> set[str]:
        graph = self._project.graph
        gone = set(self._states)
        self.specs.clear()
        self.layers.clear()
        self._states = {}
        self._dropped.clear()
        self._sinks = set()
        for node in graph.nodes.values():
            self._read(node)
            self._states[node.id].edges = dict(graph.inputs_of(node.id))
        self._reorder()
        for node_id in self._stuck:
            self._blank(node_id)
        self._settle(self.order)
        self._needed, self._resting = self._reaching()
        self._total = None
        return gone | set(self._states)

    def update(self, change: Change) -> set[str]:
        """Take in an applied edit; returns the ids of nodes whose shapes, problems or cost may have changed."""
        drawn, change = change, self._flat.update(change) or _EVERYTHING
        self._project = self._flat.project
        if change is _EVERYTHING:
            return self._read_all() | drawn.nodes
        graph = self._project.graph
        touched: set[str] = set()
        dirty: set[str] = set()
        redrawn = False
        # Of a change this large it is not asked what else it may concern: everything is said to be.
        massive = len(change.nodes) > _MASSIVE and 2 * len(change.nodes) > len(graph.nodes)
        for node_id in change.nodes:
            node = graph.nodes.get(node_id)
            state = self._states.get(node_id)
            if node is None:
                if state is not None:
                    self._drop(node_id)
                    touched.add(node_id)
                    redrawn = True
                continue
            edges = graph.inputs_of(node_id)
            if state is None or state.node is not node:
                old = None if state is None else state.node
                was_sink, had = node_id in self._sinks, None if state is None else (state.ports, state.handed)
                if old is None or old.type != node.type or old.bypassed != node.bypassed:
                    redrawn = True
                if state is None or state.node.type != node.type or state.node.attributes != node.attributes:
                    if state is not None or not self._take_back(node, edges):
                        self._read(node)
                    state = self._states[node_id]
                else:
                    state.node = node
                    self._note_sink(node_id)
                if old is None and not self._stuck:
                    self._positions[node_id] = self._next_position
                    self._next_position += 1
                    self._order = None
                redrawn = redrawn or had != (state.ports, state.handed) or was_sink != (node_id in self._sinks)
                # What a neighbour says may depend on the type of this node (a Softmax before a loss).
                if not massive:
                    touched.update(edge.target for edge in graph.consumers_of(node_id))
                    touched.update(edge.source for edge in edges.values())
            if state.edges != edges:
                if not massive:
                    touched.update(edge.source for edge in state.edges.values())
                    touched.update(edge.source for edge in edges.values())
                state.edges = dict(edges)
                redrawn = True
            dirty.add(node_id)
        if change.data:
            for node_id, state in self._states.items():
                if isinstance(state.layer, Input | Output | Loss):
                    dirty.add(node_id)
        if (redrawn and self._stuck) or any(self._late(node_id) for node_id in change.nodes):
            stuck, cycle = self._stuck, self._cycle
            self._reorder()
            touched |= (stuck ^ self._stuck) | (cycle ^ self._cycle)
            dirty |= stuck - self._stuck
            for node_id in self._stuck:
                if self._blank(node_id):
                    touched.add(node_id)
        touched |= dirty | self._settle(dirty)
        if redrawn:
            needed, resting = self._reaching()
            # Whether a node that leads nowhere is at fault depends on whether there is anywhere to lead to.
            touched |= set(self._states) if bool(needed) != bool(self._needed) else needed ^ self._needed
            touched |= resting ^ self._resting
            self._needed, self._resting = needed, resting
            touched |= self._sinks
            touched |= self._states.keys() if massive else self._behind(change.nodes)
        self._total = None
        return touched

    def ports(self, node_id: str) -> tuple[InputPort, ...]:
        """The node's input ports; none where its type or an attribute is wrong."""
        state = self._states.get(node_id)
        return () if state is None else state.ports

    def input_specs(self, node_id: str) -> tuple[TensorSpec | None, ...]:
        """What arrives at the node's input ports, in their order; None where unknown or free."""
        state = self._states.get(node_id)
        return () if state is None else state.inputs

    def output_specs(self, node_id: str) -> tuple[TensorSpec | None, ...]:
        """What leaves the node's output ports, in their order."""
        state = self._states.get(node_id)
        return () if state is None else state.outputs

    def fault_of(self, node_id: str) -> NetwrightError | None:
        """What the catalog refused: an unknown type, a wrong attribute."""
        return self._states[node_id].fault

    def error_of(self, node_id: str) -> NetwrightError | None:
        """What the shape rule, or the check of rank and number type before it, refused."""
        return self._states[node_id].error

    def cost_of(self, node_id: str) -> Cost:
        """The cost of a node; nothing where its shapes are unknown or it is bypassed."""
        state = self._states.get(node_id)
        if state is None:
            return _FREE
        if state.cost is None:
            state.cost = self._cost(state)
        return state.cost

    def total_cost(self) -> Cost:
        """The cost of all that leads to an Output or a loss; of everything while there is neither."""
        if self._total is None:
            parameters = multiply_adds = output_bytes = 0
            for node_id in self._needed or self._states:
                cost = self.cost_of(node_id)
                parameters += cost.parameters
                multiply_adds += cost.multiply_adds
                output_bytes += cost.output_bytes
            self._total = Cost(parameters, multiply_adds, output_bytes)
        return self._total

    # How it is kept up to date

    def _read(self, node: Node) -> None:
        """A new state for a node that is new or has another type or attributes."""
        old = self._states.get(node.id)
        if old is not None and old.layer is not None:
            for port in old.layer.output_ports():
                self.specs.pop((node.id, port), None)
        state = _State(node)
        if old is not None:
            state.edges = old.edges
            # Consumers are told only of what differs from before.
            state.outputs = old.outputs
        state.read()
        self._states[node.id] = state
        if state.layer is None:
            self.layers.pop(node.id, None)
        else:
            self.layers[node.id] = state.layer
            for port, spec in zip(state.layer.output_ports(), state.outputs, strict=False):
                self.specs[(node.id, port)] = spec
        self._note_sink(node.id)

    def _take_back(self, node: Node, edges: dict[str, Edge]) -> bool:
        """What was known of a deleted node that is here again, with the links it had."""
        state = self._dropped.pop(node.id, None)
        if state is None or state.node is not node or state.edges != edges:
            return False
        state.again = True
        self._states[node.id] = state
        if state.layer is not None:
            self.layers[node.id] = state.layer
            for port, spec in zip(state.layer.output_ports(), state.outputs, strict=False):
                self.specs[(node.id, port)] = spec
        self._note_sink(node.id)
        return True

    def _is_sink(self, node_id: str) -> bool:
        state = self._states[node_id]
        return isinstance(state.layer, Output | Loss) and not state.node.bypassed

    def _note_sink(self, node_id: str) -> None:
        if self._is_sink(node_id):
            self._sinks.add(node_id)
        else:
            self._sinks.discard(node_id)

    def _drop(self, node_id: str) -> None:
        state = self._states.pop(node_id)
        if len(self._dropped) >= _MOST_DROPPED:
            self._dropped.clear()
        self._dropped[node_id] = state
        if state.layer is not None:
            for port in state.layer.output_ports():
                self.specs.pop((node_id, port), None)
        self.layers.pop(node_id, None)
        self._sinks.discard(node_id)
        self._order = None
        self._positions.pop(node_id, None)

    def _late(self, node_id: str) -> bool:
        """Whether a source of the node stands behind it in the order."""
        state = self._states.get(node_id)
        if state is None or node_id not in self._positions:
            return False
        own = self._positions[node_id]
        return any(self._positions.get(edge.source, own) >= own for edge in state.edges.values())

    def _reorder(self) -> None:
        graph = self._project.graph
        order, left = graph.topological()
        self._positions = {node_id: place for place, node_id in enumerate(order)}
        self._next_position = len(order)
        self._order = tuple(order)
        self._stuck = frozenset(left)
        # What is left lies on a cycle or behind one; peel off what leads to none.
        on_cycle = set(left)
        leading = {
            node_id: sum(edge.target in on_cycle for edge in graph.consumers_of(node_id)) for node_id in on_cycle
        }
        ready = [node_id for node_id, count in leading.items() if count == 0]
        while ready:
            node_id = ready.pop()
            on_cycle.discard(node_id)
            for edge in graph.inputs_of(node_id).values():
                if edge.source in on_cycle:
                    leading[edge.source] -= 1
                    if leading[edge.source] == 0:
                        ready.append(edge.source)
        self._cycle = frozenset(on_cycle)

    def _blank(self, node_id: str) -> bool:
        """Make a node's tensors unknown; whether they were known before."""
        state = self._states[node_id]
        known = any(spec is not None for spec in state.outputs)
        count = 0 if state.layer is None else len(state.layer.output_ports())
        state.inputs = (None,) * len(state.ports)
        state.outputs = (None,) * count
        state.error, state.cost = None, None
        if state.layer is not None:
            for port in state.layer.output_ports():
                self.specs[(node_id, port)] = None
        return known

    def _settle(self, dirty: Iterable[str]) -> set[str]:
        """Evaluate the dirty nodes and whatever their outputs change, in order; returns what was evaluated."""
        positions, graph, states = self._positions, self._project.graph, self._states
        waiting = [(positions[node_id], node_id) for node_id in dirty if node_id in positions]
        for node_id in dirty:
            if node_id in self._stuck and node_id in states:
                self._blank(node_id)
        queued = {node_id for _, node_id in waiting}
        done: set[str] = set()
        if len(waiting) > _MASSIVE:
            # A walk along the whole order is cheaper than a heap of most of it.
            for node_id in self.order:
                if node_id in queued:
                    done.add(node_id)
                    if self._evaluate(node_id, states[node_id]):
                        queued.update(edge.target for edge in graph.consumers_of(node_id))
            return done
        heapq.heapify(waiting)
        while waiting:
            _, node_id = heapq.heappop(waiting)
            done.add(node_id)
            if self._evaluate(node_id, states[node_id]):
                for edge in graph.consumers_of(node_id):
                    target = edge.target
                    if target not in queued and target in positions:
                        queued.add(target)
                        heapq.heappush(waiting, (positions[target], target))
        return done

    def _evaluate(self, node_id: str, state: _State) -> bool:
        """Work out a node's outputs from what arrives; whether they differ from before."""
        layer = state.layer
        again, state.again = state.again, False
        before = state.outputs
        if layer is None:
            state.cost, state.error = None, None
            state.inputs = state.outputs = ()
            return bool(before)
        specs, edges = self.specs, state.edges
        found: list[TensorSpec | None] = []
        for port in state.ports:
            edge = edges.get(port.name)
            found.append(None if edge is None else specs.get((edge.source, edge.output)))
        inputs = tuple(found)
        state.cost = None
        if again and inputs == state.inputs and type(layer) is not Input:
            return False
        state.error = None
        state.inputs = inputs
        names = layer.output_ports()
        outputs: tuple[TensorSpec | None, ...] = (None,) * len(names)
        if type(layer) is Input:
            try:
                outputs = (input_spec(self._project.data, layer.fields),)
                begin_of_shift(self._project.data, layer)
            except NetwrightError as error:
                state.error = error
        elif state.node.bypassed and type(layer) is not Noise and not state.handed:
            if found:
                outputs = (found[0],) * len(names)
        elif state.handed:
            # Whatever arrives at the other inputs, or does not fit there, is no business of it.
            outputs = tuple(spec for port, spec in zip(state.ports, found, strict=True) if port.name == state.handed)
        else:
            try:
                given = self._given(state)
                if given is not None:
                    outputs = layer.output_specs(*given)
            except ShapeMismatch as error:
                state.error = error
        state.outputs = outputs
        for name, spec in zip(names, outputs, strict=True):
            specs[(node_id, name)] = spec
        return outputs != before

    def _given(self, state: _State) -> list[TensorSpec] | None:
        """What the shape rule is called with; None when something is missing. Raises ShapeMismatch."""
        given: list[TensorSpec] = []
        for port, spec in zip(state.ports, state.inputs, strict=True):
            if spec is None:
                if port.optional and port.name not in state.edges:
                    given.append(ABSENT)
                    continue
                return None
            if port.axes and len(spec.shape) != len(port.axes):
                raise ShapeMismatch(
                    "", expected=expected_text(port.axes), found=found_text(spec.shape), where=port.name
                )
            if port.dtype is not None and spec.dtype is not port.dtype:
                raise ShapeMismatch(
                    "", expected=DTYPE_WORDS[port.dtype], found=DTYPE_WORDS[spec.dtype], where=port.name
                )
            given.append(spec)
        return given[: _count(given)]

    def given_specs(self, node_id: str) -> tuple[TensorSpec, ...]:
        """What the rules of the node's layer are called with: ABSENT at a free input with a linked one behind it."""
        found = [ABSENT if spec is None else spec for spec in self.input_specs(node_id)]
        return tuple(found[: _count(found)])

    def _cost(self, state: _State) -> Cost:
        layer = state.layer
        if layer is None or state.node.bypassed or state.error is not None or None in state.outputs:
            return _FREE
        if state.handed:
            return _FREE  # it hands the same tensor on
        size = 0
        for spec in state.outputs:
            if spec is not None:
                count = 8 if spec.dtype is DType.INT else 4
                for length in spec.shape[1:]:
                    count *= 1 if length is None else length
                size += count
        if type(layer) is Input or type(layer) is Output:
            return Cost(0, 0, size)
        given = self.given_specs(state.node.id)
        required = sum(not port.optional for port in state.ports)
        if sum(spec.linked for spec in given) < required:
            return _FREE
        parameters = 0 if state.node.shares in self._states else layer.parameter_count(*given)
        return Cost(parameters, layer.multiply_adds(*given), size)

    def _behind(self, changed: Iterable[str]) -> set[str]:
        """Nodes whose problems are found by looking back at a changed one, through layers that keep the width."""
        seen: set[str] = set()
        stack = [node_id for node_id in changed if node_id in self._states]
        while stack:
            for edge in self._project.graph.consumers_of(stack.pop()):
                state = self._states[edge.target]
                if edge.target in seen:
                    continue
                seen.add(edge.target)
                layer = state.layer
                if layer is None or keeps_width(layer) or state.node.bypassed:
                    stack.append(edge.target)
        return seen

    def _reaching(self) -> tuple[frozenset[str], frozenset[str]]:
        """Every node that leads to an Output or a loss, and those that would if a Switch chose otherwise."""
        needed, turned_away = self._leading_to(set(self._sinks), chosen=True)
        if not turned_away:
            return needed, frozenset()
        resting, _ = self._leading_to({edge.source for edge in turned_away}, chosen=False)
        return needed, resting - needed

    def _leading_to(self, ends: set[str], *, chosen: bool) -> tuple[frozenset[str], list[Edge]]:
        """These nodes and all before them; with `chosen` what a Switch chooses alone, and the links it turns away."""
        seen = set(ends)
        stack = list(ends)
        turned_away: list[Edge] = []
        states = self._states
        while stack:
            state = states[stack.pop()]
            passed = state.passed() if chosen else ""
            if passed:
                first = state.edges.get(passed)
                edges: Iterable[Edge] = () if first is None else (first,)
                if state.handed:
                    turned_away.extend(edge for port, edge in state.edges.items() if port != passed)
            else:
                edges = state.edges.values()
            for edge in edges:
                if edge.source not in seen:
                    seen.add(edge.source)
                    stack.append(edge.source)
        return frozenset(seen), turned_away
