"""What an edit would do to the graph, as values to be drawn before it is done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from engine.catalog.registry import layer_type
from engine.document.edits import (
    AddNode,
    Batch,
    Connect,
    Disconnect,
    Edit,
    Inside,
    MoveNodes,
    RemoveNode,
    SetAttributes,
    SetBypassed,
    SetFrozen,
    SetTitle,
    SetType,
)
from engine.document.graph import Edge, InputKey, Node
from engine.document.project import Project


@dataclass(frozen=True, kw_only=True, slots=True)
class Ghost:
    """Nodes and links that would come and go, and in words what would change at a node."""

    title: str
    added: tuple[Node, ...] = ()
    removed: tuple[str, ...] = ()
    linked: tuple[Edge, ...] = ()
    unlinked: tuple[InputKey, ...] = ()
    changed: Mapping[str, tuple[str, ...]]
    elsewhere: bool = False
    """Whether it changes what is not on the canvas: the data, the recipe."""


def ghost_of(project: Project, edit: Edit, title: str, block: str = "") -> Ghost:
    """What an edit of the document would do to the shown graph, which stays as it is.

    `block` is the definition that is shown, whose graph is `project.graph`; empty for the project's own graph.
    """
    graph = project.graph
    added: dict[str, Node] = {}
    removed: dict[str, None] = {}
    linked: dict[InputKey, Edge] = {}
    unlinked: dict[InputKey, None] = {}
    changed: dict[str, list[str]] = {}
    elsewhere = False
    for part, place in _parts(edit, ""):
        if place != block:
            elsewhere = True
            continue
        match part:
            case AddNode(node=node):
                added[node.id] = node
            case RemoveNode(id=node_id):
                removed[node_id] = None
            case Connect(edge=edge):
                linked[edge.target, edge.input] = edge
            case Disconnect(target=target, input=port):
                unlinked[target, port] = None
            case SetAttributes(id=node_id, attributes=attributes, unset=unset) if node_id in added:
                node = added[node_id]
                kept = {name: value for name, value in node.attributes.items() if name not in unset}
                added[node_id] = msgspec.structs.replace(node, attributes={**kept, **attributes})
            case SetAttributes(id=node_id, attributes=attributes, unset=unset) if node_id in graph.nodes:
                changed.setdefault(node_id, []).extend(_attribute_words(graph.nodes[node_id], attributes, unset))
            case SetType(id=node_id, type=type_name):
                kind = layer_type(type_name)
                changed.setdefault(node_id, []).append(f"becomes {kind.label() if kind is not None else type_name}")
            case SetTitle(id=node_id, title=text):
                changed.setdefault(node_id, []).append(f"name → {text or 'none'}")
            case SetBypassed(ids=ids, bypassed=bypassed):
                for node_id in ids:
                    changed.setdefault(node_id, []).append("bypassed" if bypassed else "no longer bypassed")
            case SetFrozen(ids=ids, frozen=frozen):
                for node_id in ids:
                    changed.setdefault(node_id, []).append("frozen" if frozen else "learns again")
            case MoveNodes(positions=positions):
                for node_id, (x, y) in positions.items():
                    if node_id in added:
                        added[node_id] = msgspec.structs.replace(added[node_id], x=x, y=y)
            case _:  # the data, the recipe, other blocks
                elsewhere = True
    gone = set(removed)
    for key, edge in linked.items():
        old = graph.inputs_of(key[0]).get(key[1]) if key[0] in graph.nodes else None
        if old is not None and old != edge:
            unlinked[key] = None
    return Ghost(
        title=title,
        added=tuple(added.values()),
        removed=tuple(node_id for node_id in removed if node_id in graph.nodes),
        linked=tuple(edge for edge in linked.values() if edge.source not in gone and edge.target not in gone),
        unlinked=tuple(key for key in unlinked if key[0] in graph.nodes),
        changed={node_id: tuple(words) for node_id, words in changed.items() if words},
        elsewhere=elsewhere,
    )


def _parts(edit: Edit, place: str) -> Iterator[tuple[Edit, str]]:
    """The single edits in their order, each with the block it is made in."""
    if isinstance(edit, Batch):
        for part in edit.edits:
            yield from _parts(part, place)
    elif isinstance(edit, Inside):
        yield from _parts(edit.inner, edit.block)
    else:
        yield edit, place


def _attribute_words(node: Node, attributes: Mapping[str, object], unset: tuple[str, ...]) -> Iterator[str]:
    kind = layer_type(node.type)
    declared = {info.name: info for info in kind.attributes()} if kind is not None else {}
    for name in (*attributes, *unset):
        info = declared.get(name)
        default = info.default if info is not None else None
        old = node.attributes.get(name, default)
        new = attributes.get(name, default)
        label = info.label if info is not None else name
        yield f"{label}: {_value(old)} → {_value(new)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        return " × ".join(str(item) for item in value) or "none"
    return "none" if value is None or value == "" else f"{value:g}" if isinstance(value, float) else str(value)
