"""The drawn network: nodes with ids, edges from an output port to an input port."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from engine.errors import GraphError

Value = bool | int | float | str | None | list[bool | int | float | str]
"""What an attribute may hold in a project file."""

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One node. `id` is stable and names its parameters (`conv1.weight`); `type` is a name in the catalog.

    `attributes` holds only what differs from the catalog's defaults. `x`, `y` are canvas units (a node is 180 wide).
    """

    id: str
    type: str
    attributes: dict[str, Value] = {}
    x: float = 0.0
    y: float = 0.0
    title: str = ""
    frozen: bool = False
    bypassed: bool = False


class Edge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A link from the `output` port of `source` to the `input` port of `target`. An input takes one edge."""

    source: str
    target: str
    output: str = "output"
    input: str = "input"


InputKey = tuple[str, str]
"""(node id, input port): what identifies an edge, since an input takes one."""


def natural(name: str) -> list[tuple[int, int, str]]:
    """A sort key that puts conv2 before conv10; no two names have the same, so that an order by it is the only one."""
    parts = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"\d+|\D+", name)]
    return [*parts, (-1, 0, name)]


class Graph:
    """Nodes and edges with look-ups in both directions; changed only through edits.

    Every mutator raises GraphError and changes nothing when the change makes no sense. Cycles are not refused here
    (a file may hold one); `engine.checks` refuses them on connecting and reports them otherwise.
    """

    def __init__(self, nodes: Iterable[Node] = (), edges: Iterable[Edge] = ()) -> None:
        self._nodes: dict[str, Node] = {}
        self._edges: dict[str, dict[str, Edge]] = {}
        self._consumers: dict[str, dict[InputKey, Edge]] = {}
        for node in nodes:
            self.add(node)
        for edge in edges:
            self.connect(edge)

    @property
    def nodes(self) -> dict[str, Node]:
        """Nodes by id; for reading only."""
        return self._nodes

    @property
    def edges(self) -> Iterator[Edge]:
        """Every edge, grouped by target."""
        for by_input in self._edges.values():
            yield from by_input.values()

    def node(self, node_id: str) -> Node:
        """The node; raises GraphError if there is none."""
        try:
            return self._nodes[node_id]
        except KeyError:
            raise GraphError(f"There is no node '{node_id}'.", where=node_id) from None

    def inputs_of(self, node_id: str) -> dict[str, Edge]:
        """The edges that end at the node, by input port; for reading only."""
        return self._edges.get(node_id, {})

    def consumers_of(self, node_id: str) -> Iterable[Edge]:
        """The edges that start at the node."""
        return self._consumers.get(node_id, {}).values()

    def add(self, node: Node) -> None:
        """Add a node without edges."""
        if not _ID.match(node.id):
            raise GraphError(
                f"'{node.id[:80]}' cannot be a node's id.",
                where=node.id[:80],
                expected="a lower-case letter, then letters, digits and _ (64 at most)",
                found=node.id[:80],
            )
        if node.id in self._nodes:
            raise GraphError(f"There are two nodes '{node.id}'.", where=node.id, hint="Give one of them another id.")
        self._nodes[node.id] = node

    def replace(self, node: Node) -> Node:
        """Put `node` in the place of the node with its id; returns the old one."""
        old = self.node(node.id)
        self._nodes[node.id] = node
        return old

    def remove(self, node_id: str) -> Node:
        """Remove a node that has no edges left."""
        node = self.node(node_id)
        if self._edges.get(node_id) or self._consumers.get(node_id):
            raise GraphError(f"Node '{node_id}' still has links.", where=node_id)
        del self._nodes[node_id]
        self._edges.pop(node_id, None)
        self._consumers.pop(node_id, None)
        return node

    def connect(self, edge: Edge) -> Edge | None:
        """Add an edge; returns the one it replaced at that input, if any."""
        for end in (edge.source, edge.target):
            if end not in self._nodes:
                raise GraphError(f"A link names node '{end[:80]}', which does not exist.", where=end[:80])
        if edge.source == edge.target:
            raise GraphError(f"Node '{edge.source}' cannot feed itself.", where=edge.source)
        old = self._edges.get(edge.target, {}).get(edge.input)
        if old is not None:
            self.disconnect(edge.target, edge.input)
        self._edges.setdefault(edge.target, {})[edge.input] = edge
        self._consumers.setdefault(edge.source, {})[(edge.target, edge.input)] = edge
        return old

    def disconnect(self, target: str, input_port: str) -> Edge:
        """Remove the edge at an input."""
        edge = self._edges.get(target, {}).pop(input_port, None)
        if edge is None:
            raise GraphError(f"Nothing is linked to '{input_port}' of node '{target}'.", where=target)
        del self._consumers[edge.source][(target, input_port)]
        return edge

    def free_id(self, type_name: str, taken: Iterable[str] = ()) -> str:
        """An id for a new node of this type that is free here and not in `taken`: conv1, conv2, ..."""
        stem = re.sub(r"[^a-z_]", "", re.sub(r"\d+d?$", "", type_name).lower()) or "node"
        used = set(taken)
        number = 1
        while (name := f"{stem}{number}") in self._nodes or name in used:
            number += 1
        return name

    def topological(self) -> tuple[list[str], list[str]]:
        """Node ids in an order where sources come first, and the ids left over since they lie on or behind a cycle."""
        waiting = {node_id: len(self._edges.get(node_id, {})) for node_id in self._nodes}
        ready = [node_id for node_id, count in waiting.items() if count == 0]
        order: list[str] = []
        while ready:
            node_id = ready.pop()
            order.append(node_id)
            for edge in self._consumers.get(node_id, {}).values():
                waiting[edge.target] -= 1
                if waiting[edge.target] == 0:
                    ready.append(edge.target)
        done = set(order)
        return order, [node_id for node_id in self._nodes if node_id not in done]

    def copy(self) -> "Graph":
        """A snapshot that later edits do not touch; nodes and edges are shared, since they never change."""
        twin = Graph()
        twin._nodes = dict(self._nodes)
        twin._edges = {target: dict(by_input) for target, by_input in self._edges.items()}
        twin._consumers = {source: dict(edges) for source, edges in self._consumers.items()}
        return twin

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        return self.sorted_nodes() == other.sorted_nodes() and self.sorted_edges() == other.sorted_edges()

    __hash__ = None  # type: ignore[assignment]

    def sorted_nodes(self) -> list[Node]:
        """Nodes in the order of the project file: by id, numbers as numbers, so that undo gives back the same bytes."""
        return sorted(self._nodes.values(), key=lambda node: natural(node.id))

    def sorted_edges(self) -> list[Edge]:
        """Edges in the order of the project file."""
        return sorted(self.edges, key=lambda edge: (natural(edge.target), natural(edge.input)))
