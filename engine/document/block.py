"""Blocks: a drawn sub-graph with a name, of which the network holds any number of instances."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from engine.document.graph import Edge, Frame, Graph, Node, Note

BLOCK: Final = "Block"
"""Type of a node that is an instance. Its attribute `block` names the definition."""
BLOCK_INPUT: Final = "BlockInput"
"""Type of a node inside a definition that is an input port of its instances; its id is the port's name."""
BLOCK_OUTPUT: Final = "BlockOutput"
"""Type of a node inside a definition that is an output port of its instances; its id is the port's name."""


class Exposed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attribute of an inner node that each instance sets for itself, under `name`; several may have one name."""

    name: str
    node: str
    attribute: str


class DrawnBlock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A definition as a value, for project files, the journal and the clipboard."""

    id: str
    title: str = ""
    exposed: tuple[Exposed, ...] = ()
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    frames: tuple[Frame, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(kw_only=True)
class BlockDefinition:
    """A definition in a project. `graph` changes through `engine.document.edits.apply` alone."""

    id: str
    title: str = ""
    exposed: tuple[Exposed, ...] = ()
    graph: Graph = field(default_factory=Graph)

    @classmethod
    def of(cls, drawn: DrawnBlock) -> "BlockDefinition":
        """The definition of a value. Raises GraphError when it makes no sense."""
        graph = Graph(drawn.nodes, drawn.edges, (*drawn.frames, *drawn.notes))
        return cls(id=drawn.id, title=drawn.title, exposed=drawn.exposed, graph=graph)

    def drawn(self) -> DrawnBlock:
        """The definition as a value."""
        graph = self.graph
        return DrawnBlock(
            id=self.id,
            title=self.title,
            exposed=self.exposed,
            nodes=tuple(graph.sorted_nodes()),
            edges=tuple(graph.sorted_edges()),
            frames=tuple(graph.frames),
            notes=tuple(graph.notes),
        )

    def copy(self) -> "BlockDefinition":
        """A snapshot that later edits do not touch."""
        return BlockDefinition(id=self.id, title=self.title, exposed=self.exposed, graph=self.graph.copy())

    def ports(self, node_type: str) -> tuple[str, ...]:
        """Names of the input ports (BLOCK_INPUT) or output ports (BLOCK_OUTPUT), in order."""
        return tuple(node.id for node in self.graph.sorted_nodes() if node.type == node_type)


def definition_id(node: Node) -> str:
    """The definition an instance names; empty when it names none."""
    name = node.attributes.get("block")
    return name if node.type == BLOCK and isinstance(name, str) else ""
