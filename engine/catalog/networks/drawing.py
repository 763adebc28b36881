"""Draws the definition of a block in a few words: each layer is put behind what it takes; columns follow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from engine.catalog.registry import layer_type
from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, DrawnBlock, Exposed
from engine.document.graph import Edge, Graph, Node, Value

COLUMN: Final = 280.0
ROW: Final = 110.0
BAND: Final = 7
"""Columns in a band; a longer drawing goes on below, so that it can be read without a long way."""
_NAMES: Final = {BLOCK_INPUT: "in", BLOCK_OUTPUT: "out"}


@dataclass(frozen=True, slots=True)
class Wire:
    """An output of a drawn node."""

    node: str
    port: str = "output"


class Drawing:
    """One definition while it is drawn, with the definitions it uses."""

    def __init__(self, block_id: str, title: str) -> None:
        self.id = block_id
        self.title = title
        self._graph = Graph()
        self._exposed: list[Exposed] = []
        self._columns: dict[str, int] = {}
        self._places: dict[str, int] = {}
        self._rows: dict[int, int] = {}
        self._used: dict[str, tuple[DrawnBlock, ...]] = {}

    def input(self, title: str = "") -> Wire:
        """An input port."""
        return Wire(self._put(BLOCK_INPUT, (), {}, title))

    def output(self, wire: Wire, title: str = "") -> None:
        """An output port that gives this."""
        self._link(self._put(BLOCK_OUTPUT, (wire,), {}, title), (wire,), ("input",))

    def add(self, type_name: str, *wires: Wire | None, title: str = "", **attributes: Value) -> Wire:
        """A layer that takes these, by its ports in order (None leaves one free); returns its first output."""
        return self._add(type_name, wires, attributes, title)

    def _add(self, type_name: str, wires: tuple[Wire | None, ...], attributes: dict[str, Value], title: str) -> Wire:
        kind = layer_type(type_name)
        assert kind is not None, type_name
        layer = kind.from_attributes(attributes)
        linked = tuple(wire for wire in wires if wire is not None)
        node_id = self._put(type_name, linked, attributes, title)
        self._link(node_id, wires, tuple(port.name for port in layer.input_ports()))
        outputs = layer.output_ports()
        return Wire(node_id, outputs[0]) if outputs else Wire(node_id)

    def chain(self, wire: Wire, *layers: str | tuple[str, dict[str, Value]]) -> Wire:
        """Layers one behind the other."""
        for item in layers:
            name, attributes = (item, {}) if isinstance(item, str) else item
            wire = self._add(name, (wire,), attributes, "")
        return wire

    def block(
        self, blocks: tuple[DrawnBlock, ...], *wires: Wire, repeat: int = 1, title: str = "", **values: Value
    ) -> Wire:
        """An instance of the last of `blocks`, which the others are used in; returns its first output."""
        definition = blocks[-1]
        self._used[definition.id] = blocks
        attributes: dict[str, Value] = {"block": definition.id, **({"repeat": repeat} if repeat > 1 else {}), **values}
        names = {item.name for item in definition.exposed}
        assert values.keys() <= names, (definition.id, values.keys() - names)
        node_id = self._put(BLOCK, wires, attributes, title)
        ports = Graph(definition.nodes).sorted_nodes()
        inputs = tuple(node.id for node in ports if node.type == BLOCK_INPUT)
        self._link(node_id, wires, inputs)
        return Wire(node_id, next(node.id for node in ports if node.type == BLOCK_OUTPUT))

    def expose(self, name: str, *attributes: tuple[Wire, str]) -> None:
        """Let each instance set these attributes under one name."""
        self._exposed += [Exposed(name=name, node=wire.node, attribute=attribute) for wire, attribute in attributes]

    def done(self) -> tuple[DrawnBlock, ...]:
        """The definitions used, each once, and this one last."""
        found: dict[str, DrawnBlock] = {}
        for blocks in self._used.values():
            for block in blocks:
                found[block.id] = block
        graph = self._graph
        own = DrawnBlock(
            id=self.id,
            title=self.title,
            exposed=tuple(self._exposed),
            nodes=tuple(self._placed(graph.sorted_nodes())),
            edges=tuple(graph.sorted_edges()),
        )
        return (*found.values(), own)

    def _put(self, type_name: str, wires: tuple[Wire, ...], attributes: dict[str, Value], title: str) -> str:
        column = 1 + max((self._columns[wire.node] for wire in wires), default=-1)
        node_id = self._graph.free_id(_NAMES.get(type_name, type_name))
        self._columns[node_id] = column
        self._places[node_id] = self._rows.get(column, 0)
        self._rows[column] = self._places[node_id] + 1
        self._graph.add(Node(id=node_id, type=type_name, attributes=attributes, title=title))
        return node_id

    def _placed(self, nodes: list[Node]) -> Iterator[Node]:
        """The nodes in their columns, bands below each other."""
        tops = [0.0]
        for first in range(0, max(self._rows, default=0) + 1, BAND):
            rows = max((self._rows.get(column, 0) for column in range(first, first + BAND)), default=0)
            tops.append(tops[-1] + rows * ROW + ROW / 2)
        for node in nodes:
            band, column = divmod(self._columns[node.id], BAND)
            y = tops[band] + self._places[node.id] * ROW
            yield msgspec.structs.replace(node, x=column * COLUMN, y=y)

    def _link(self, node_id: str, wires: tuple[Wire | None, ...], ports: tuple[str, ...]) -> None:
        for wire, port in zip(wires, ports, strict=False):
            if wire is not None:
                self._graph.connect(Edge(source=wire.node, output=wire.port, target=node_id, input=port))
