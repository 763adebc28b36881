"""Edits: small frozen values that speak of ids; applying one returns the edit that takes it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Union

import msgspec

from engine.document.data_spec import DataSpec
from engine.document.graph import Edge, Node, Value
from engine.document.project import Project
from engine.document.recipe import Recipe
from engine.errors import NetwrightError


class _Edit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="edit", tag=True):
    """Base of all edits; the class name is the tag in the journal."""


class AddNode(_Edit, frozen=True):
    """Add a node without links."""

    node: Node


class RemoveNode(_Edit, frozen=True):
    """Remove a node and its links."""

    id: str


class Connect(_Edit, frozen=True):
    """Link an output to an input; a link already at that input is replaced."""

    edge: Edge


class Disconnect(_Edit, frozen=True):
    """Remove the link at an input."""

    target: str
    input: str = "input"


class SetAttributes(_Edit, frozen=True):
    """Set attributes of a node; the names in `unset` go back to the catalog's default."""

    id: str
    attributes: dict[str, Value] = {}
    unset: tuple[str, ...] = ()


class SetType(_Edit, frozen=True):
    """Give a node another type and its attributes, keeping id and links (swap ReLU for GELU)."""

    id: str
    type: str
    attributes: dict[str, Value] = {}


class SetTitle(_Edit, frozen=True):
    """Set the caption of a node; empty shows the type's name."""

    id: str
    title: str


class SetFrozen(_Edit, frozen=True):
    """Freeze or thaw the parameters of nodes."""

    ids: tuple[str, ...]
    frozen: bool


class SetBypassed(_Edit, frozen=True):
    """Pass the input of nodes through unchanged, or stop doing so."""

    ids: tuple[str, ...]
    bypassed: bool


class MoveNodes(_Edit, frozen=True):
    """Put nodes at new positions."""

    positions: dict[str, tuple[float, float]]


class SetData(_Edit, frozen=True):
    """Replace the data spec."""

    data: DataSpec


class SetRecipe(_Edit, frozen=True):
    """Replace the recipe."""

    recipe: Recipe


class SetName(_Edit, frozen=True):
    """Rename the project."""

    name: str


class Batch(_Edit, frozen=True):
    """Several edits that are done, undone and named as one."""

    title: str
    edits: tuple["Edit", ...]


Edit = Union[
    AddNode,
    RemoveNode,
    Connect,
    Disconnect,
    SetAttributes,
    SetType,
    SetTitle,
    SetFrozen,
    SetBypassed,
    MoveNodes,
    SetData,
    SetRecipe,
    SetName,
    Batch,
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an edit touched, so that a view refreshes only that.

    `nodes`: added, removed, or changed in type, attributes or links (targets of links; sources too). `moved`: only
    position or caption changed. `data`, `recipe`, `name`: that part was replaced.
    """

    nodes: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    data: bool = False
    recipe: bool = False
    name: bool = False


def title(edit: Edit) -> str:
    """The name of an edit in the undo menu: "Add Conv2d", "Move 3 nodes"."""
    match edit:
        case AddNode(node=node):
            return f"Add {node.type}"
        case RemoveNode(id=node_id):
            return f"Delete {node_id}"
        case Connect(edge=edge):
            return f"Connect {edge.source} to {edge.target}"
        case Disconnect(target=target):
            return f"Disconnect {target}"
        case SetAttributes(id=node_id, attributes=attributes, unset=unset):
            names = [*attributes, *unset]
            return f"Set {names[0]} of {node_id}" if len(names) == 1 else f"Change {node_id}"
        case SetType(id=node_id, type=type_name):
            return f"Make {node_id} a {type_name}"
        case SetTitle(id=node_id):
            return f"Rename {node_id}"
        case SetFrozen(ids=ids, frozen=frozen):
            return f"{'Freeze' if frozen else 'Thaw'} {_some(ids)}"
        case SetBypassed(ids=ids, bypassed=bypassed):
            return f"{'Bypass' if bypassed else 'Restore'} {_some(ids)}"
        case MoveNodes(positions=positions):
            return f"Move {_some(tuple(positions))}"
        case SetData():
            return "Change data"
        case SetRecipe():
            return "Change recipe"
        case SetName():
            return "Rename project"
        case Batch(title=text):
            return text


def _some(ids: tuple[str, ...]) -> str:
    return ids[0] if len(ids) == 1 else f"{len(ids)} nodes"


def apply(project: Project, edit: Edit) -> Edit:
    """Change the project and return the inverse edit. Raises GraphError, and then nothing has changed."""
    graph = project.graph
    match edit:
        case AddNode(node=node):
            graph.add(node)
            return RemoveNode(id=node.id)
        case RemoveNode(id=node_id):
            node = graph.node(node_id)
            edges = [*graph.inputs_of(node_id).values(), *graph.consumers_of(node_id)]
            for edge in edges:
                graph.disconnect(edge.target, edge.input)
            graph.remove(node_id)
            add = AddNode(node=node)
            if not edges:
                return add
            return Batch(title=title(edit), edits=(add, *(Connect(edge=edge) for edge in edges)))
        case Connect(edge=edge):
            old = graph.connect(edge)
            return Connect(edge=old) if old is not None else Disconnect(target=edge.target, input=edge.input)
        case Disconnect(target=target, input=port):
            return Connect(edge=graph.disconnect(target, port))
        case SetAttributes(id=node_id, attributes=changed, unset=unset):
            old_node = graph.node(node_id)
            kept = {name: value for name, value in old_node.attributes.items() if name not in unset}
            graph.replace(msgspec.structs.replace(old_node, attributes={**kept, **changed}))
            touched = {*changed, *unset}
            return SetAttributes(
                id=node_id,
                attributes={name: value for name, value in old_node.attributes.items() if name in touched},
                unset=tuple(sorted(name for name in touched if name not in old_node.attributes)),
            )
        case SetType(id=node_id, type=type_name, attributes=attributes):
            old_node = graph.node(node_id)
            graph.replace(msgspec.structs.replace(old_node, type=type_name, attributes=attributes))
            return SetType(id=node_id, type=old_node.type, attributes=old_node.attributes)
        case SetTitle(id=node_id, title=text):
            old_node = graph.replace(msgspec.structs.replace(graph.node(node_id), title=text))
            return SetTitle(id=node_id, title=old_node.title)
        case SetFrozen(ids=ids, frozen=frozen):
            return _set_flag(project, edit, {i: graph.node(i).frozen for i in ids}, "frozen", frozen, SetFrozen)
        case SetBypassed(ids=ids, bypassed=bypassed):
            return _set_flag(project, edit, {i: graph.node(i).bypassed for i in ids}, "bypassed", bypassed, SetBypassed)
        case MoveNodes(positions=positions):
            before = {node_id: (graph.node(node_id).x, graph.node(node_id).y) for node_id in positions}
            for node_id, (x, y) in positions.items():
                graph.replace(msgspec.structs.replace(graph.node(node_id), x=x, y=y))
            return MoveNodes(positions=before)
        case SetData(data=data):
            inverse: Edit = SetData(data=project.data)
            project.data = data
            return inverse
        case SetRecipe(recipe=recipe):
            inverse = SetRecipe(recipe=project.recipe)
            project.recipe = recipe
            return inverse
        case SetName(name=name):
            inverse = SetName(name=project.name)
            project.name = name
            return inverse
        case Batch(title=text, edits=edits):
            inverses: list[Edit] = []
            try:
                for part in edits:
                    inverses.append(apply(project, part))
            except NetwrightError:
                for back in reversed(inverses):
                    apply(project, back)
                raise
            return Batch(title=text, edits=tuple(inverses[::-1]))


def _set_flag(
    project: Project,
    edit: Edit,
    before: dict[str, bool],
    flag: str,
    value: bool,
    kind: type[SetFrozen] | type[SetBypassed],
) -> Edit:
    """Set a flag of several nodes; nodes that had it already are left out of the inverse."""
    changed = tuple(node_id for node_id, old in before.items() if old != value)
    for node_id in changed:
        project.graph.replace(msgspec.structs.replace(project.graph.node(node_id), **{flag: value}))
    return kind(ids=changed, **{flag: not value})


def change(edit: Edit, inverse: Edit) -> Change:
    """What an applied edit touched; `inverse` is what `apply` returned for it."""
    nodes: set[str] = set()
    moved: set[str] = set()
    data = recipe = name = False
    for part in (*_flat(edit), *_flat(inverse)):
        match part:
            case AddNode(node=node):
                nodes.add(node.id)
            case RemoveNode(id=node_id) | SetAttributes(id=node_id) | SetType(id=node_id):
                nodes.add(node_id)
            case Connect(edge=edge):
                nodes.update((edge.source, edge.target))
            case Disconnect(target=target):
                nodes.add(target)
            case SetFrozen(ids=ids) | SetBypassed(ids=ids):
                nodes.update(ids)
            case SetTitle(id=node_id):
                moved.add(node_id)
            case MoveNodes(positions=positions):
                moved.update(positions)
            case SetData():
                data = True
            case SetRecipe():
                recipe = True
            case SetName():
                name = True
    return Change(nodes=frozenset(nodes), moved=frozenset(moved), data=data, recipe=recipe, name=name)


def _flat(edit: Edit) -> Iterable[Edit]:
    """The parts of an edit, batches opened, without recursion depth."""
    stack: list[Edit] = [edit]
    while stack:
        part = stack.pop()
        if isinstance(part, Batch):
            stack.extend(part.edits)
        else:
            yield part
