"""The drawn network: nodes with ids, edges from an output port to an input port, and the marks drawn around them."""

import functools
import re
from collections.abc import Iterable, Iterator

import msgspec

from engine.errors import GraphError

Value = bool | int | float | str | None | list[bool | int | float | str]
"""What an attribute may hold in a project file."""

_ID = re.compile(r"[a-z](?!.*__)[a-z0-9_]{0,63}\Z")

Point = tuple[float, float]
"""x, y in canvas units."""


class Initial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How first values are drawn: an initializer of the catalog with its attributes."""

    type: str
    attributes: dict[str, Value] = {}


class Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One node. `id` is stable and names its parameters (`conv1.weight`); `type` is a name in the catalog.

    `attributes` holds only what differs from the catalog's defaults. `x`, `y` are canvas units (a node is 180 wide).
    `weight_init` and `bias_init` say what its parameters begin with, where the recipe or torch would say otherwise.
    `shares` is the id of a node of the same type whose parameters this one uses instead of own ones.
    `weights` names the file a run takes its first weights from ("NAME" or "NAME#PREFIX"; see `node_weights`).
    """

    id: str
    type: str
    attributes: dict[str, Value] = {}
    x: float = 0.0
    y: float = 0.0
    title: str = ""
    frozen: bool = False
    bypassed: bool = False
    shares: str = ""
    weight_init: Initial | None = None
    bias_init: Initial | None = None
    weights: str = ""


class Edge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A link from the `output` port of `source` to the `input` port of `target`. An input takes one edge.

    `via` are the points it is led through, from source to target.
    """

    source: str
    target: str
    output: str = "output"
    input: str = "input"
    via: tuple[Point, ...] = ()


class Frame(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A titled rectangle behind the nodes that lie in it; `color` names a family of layers, empty for the plain one."""

    id: str
    title: str = ""
    color: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 360.0
    height: float = 220.0


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece of text on the canvas."""

    id: str
    text: str = ""
    color: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 220.0
    height: float = 96.0


Mark = Frame | Note
"""What is drawn around nodes and computes nothing; its id is unlike any node's."""


InputKey = tuple[str, str]
"""(node id, input port): what identifies an edge, since an input takes one."""


def natural(name: str) -> list[tuple[int, int, str]]:
    """A sort key that puts conv2 before conv10; no two names have the same, so that an order by it is the only one."""
    parts = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"\d+|\D+", name)]
    return [*parts, (-1, 0, name)]


@functools.lru_cache(maxsize=1 << 16)
def is_id(name: str) -> bool:
    """Whether a node, a mark or a block may be called so."""
    return _ID.match(name) is not None


class Graph:
    """Nodes, edges with look-ups in both directions, and marks; changed only through edits.

    Every mutator raises GraphError and changes nothing when the change makes no sense. Cycles are not refused here
    (a file may hold one); `engine.checks` refuses them on connecting and reports them otherwise.
    """

    def __init__(self, nodes: Iterable[Node] = (), edges: Iterable[Edge] = (), marks: Iterable[Mark] = ()) -> None:
        self._nodes: dict[str, Node] = {}
        self._marks: dict[str, Mark] = {}
        self._edges: dict[str, dict[str, Edge]] = {}
        self._consumers: dict[str, dict[InputKey, Edge]] = {}
        for node in nodes:
            self.add(node)
        for edge in edges:
            self.connect(edge)
        for mark in marks:
            self.put(mark)

    @classmethod
    def of_parts(cls, nodes: Iterable[Node], edges: Iterable[Edge]) -> "Graph":
        """A graph of parts that are known to fit, whose ids may be longer than those of a document."""
        graph = cls()
        graph._nodes = {node.id: node for node in nodes}
        for edge in edges:
            graph._edges.setdefault(edge.target, {})[edge.input] = edge
            graph._consumers.setdefault(edge.source, {})[(edge.target, edge.input)] = edge
        return graph

    @property
    def nodes(self) -> dict[str, Node]:
        """Nodes by id; for reading only."""
        return self._nodes

    @property
    def marks(self) -> dict[str, Mark]:
        """Frames and notes by id; for reading only."""
        return self._marks

    @property
    def frames(self) -> list[Frame]:
        """The frames, in the order of the project file."""
        return [mark for mark in self.sorted_marks() if isinstance(mark, Frame)]

    @property
    def notes(self) -> list[Note]:
        """The notes, in the order of the project file."""
        return [mark for mark in self.sorted_marks() if isinstance(mark, Note)]

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
        self._check_id(node.id)
        if node.id in self._nodes or node.id in self._marks:
            raise GraphError(f"There are two nodes '{node.id}'.", where=node.id, hint="Give one of them another id.")
        self._nodes[node.id] = node

    def _check_id(self, name: str) -> None:
        if not is_id(name):
            raise GraphError(
                f"'{name[:80]}' cannot be a node's id.",
                where=name[:80],
                expected="a lower-case letter, then letters, digits and single _ (64 at most)",
                found=name[:80],
            )

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

    def route(self, target: str, input_port: str, via: tuple[Point, ...]) -> Edge:
        """Lead the edge at an input through these points; returns the edge as it was."""
        old = self._edges.get(target, {}).get(input_port)
        if old is None:
            raise GraphError(f"Nothing is linked to '{input_port}' of node '{target}'.", where=target)
        edge = msgspec.structs.replace(old, via=via)
        self._edges[target][input_port] = edge
        self._consumers[edge.source][(target, input_port)] = edge
        return old

    def put(self, mark: Mark) -> Mark | None:
        """Add a frame or a note, or put it in the place of the one with its id, which is returned."""
        old = self._marks.get(mark.id)
        if old is None:
            self._check_id(mark.id)
            if mark.id in self._nodes:
                raise GraphError(f"There is a node '{mark.id}' already.", where=mark.id)
        elif type(old) is not type(mark):
            raise GraphError(f"'{mark.id}' is a {type(old).__name__.lower()}.", where=mark.id)
        self._marks[mark.id] = mark
        return old

    def take(self, mark_id: str) -> Mark:
        """Remove a frame or a note, and return it."""
        try:
            return self._marks.pop(mark_id)
        except KeyError:
            raise GraphError(f"There is no frame or note '{mark_id[:80]}'.", where=mark_id[:80]) from None

    def free_id(self, type_name: str, taken: Iterable[str] = ()) -> str:
        """An id for a new node of this type that is free here and not in `taken`: conv1, conv2, ..."""
        stem = re.sub(r"[^a-z]", "", re.sub(r"\d+d?$", "", type_name).lower())[:40] or "node"
        used = set(taken)
        number = 1
        while (name := f"{stem}{number}") in self._nodes or name in self._marks or name in used:
            number += 1
        return name

    def owner(self, node_id: str) -> str:
        """The node whose parameters a node uses: itself, or the one at the end of its `shares`."""
        seen = {node_id}
        while (other := self.node(node_id).shares) and other in self._nodes and other not in seen:
            seen.add(other)
            node_id = other
        return node_id

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
        twin._marks = dict(self._marks)
        twin._edges = {target: dict(by_input) for target, by_input in self._edges.items()}
        twin._consumers = {source: dict(edges) for source, edges in self._consumers.items()}
        return twin

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        return (
            self.sorted_nodes() == other.sorted_nodes()
            and self.sorted_edges() == other.sorted_edges()
            and self._marks == other._marks
        )

    __hash__ = None  # type: ignore[assignment]

    def sorted_nodes(self) -> list[Node]:
        """Nodes in the order of the project file: by id, numbers as numbers, so that undo gives back the same bytes."""
        return sorted(self._nodes.values(), key=lambda node: natural(node.id))

    def sorted_edges(self) -> list[Edge]:
        """Edges in the order of the project file."""
        return sorted(self.edges, key=lambda edge: (natural(edge.target), natural(edge.input)))

    def sorted_marks(self) -> list[Mark]:
        """Frames and notes in the order of the project file."""
        return sorted(self._marks.values(), key=lambda mark: natural(mark.id))
