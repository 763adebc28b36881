"""What a network has to be given to answer, read off its drawing."""

from dataclasses import dataclass

from engine.document.data_spec import Field, Role
from engine.document.flat import flattened, has_blocks
from engine.document.graph import Graph, Node
from engine.document.project import Project


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`fields` of the data and `noises` (nodes) that lead to an answer; `written` are texts the network writes itself.

    A text that is only gone on with stands among `fields` and in `written`.
    """

    fields: tuple[Field, ...] = ()
    noises: tuple[Node, ...] = ()
    written: frozenset[str] = frozenset()


def asked_for(project: Project) -> Asked:
    """What the answers of this project need."""
    graph = flattened(project).graph if has_blocks(project) else project.graph
    leading = _leading(graph)
    inputs = [node for node in leading if node.type == "Input"]
    noises = tuple(node for node in leading if node.type == "Noise")
    written = frozenset(name for node in inputs if node.attributes.get("shift") for name in _names(node))
    used = {name for node in inputs for name in _names(node)} - written
    given = [field for field in project.data.fields if field.role is Role.INPUT]
    flowing = tuple(field for field in project.data.fields if field.name in used)
    if not flowing and not noises:
        flowing = tuple(given)
    begun = tuple(field for field in project.data.fields if field.name in written)
    return Asked(fields=flowing or (() if noises else begun), noises=noises, written=written)


def input_fields(project: Project) -> tuple[Field, ...]:
    """The fields an answer needs: those that flow into the network and are not what it has to learn.

    A network that goes on with a text needs the text's beginning.
    """
    return asked_for(project).fields


def _leading(graph: Graph) -> list[Node]:
    """The nodes from which a path leads to an Output, in the order of the graph; all of them without any Output."""
    waiting = [node.id for node in graph.nodes.values() if node.type == "Output"]
    if not waiting:
        return list(graph.nodes.values())
    seen = set(waiting)
    while waiting:
        for edge in graph.inputs_of(waiting.pop()).values():
            if edge.source not in seen:
                seen.add(edge.source)
                waiting.append(edge.source)
    return [node for node in graph.nodes.values() if node.id in seen]


def _names(node: Node) -> tuple[str, ...]:
    value = node.attributes.get("fields", ())
    return tuple(str(name) for name in value) if isinstance(value, list | tuple) else ()
