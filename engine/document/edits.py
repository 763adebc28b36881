"""Edits: small frozen values that speak of ids; applying one returns the edit that takes it back."""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Union

import msgspec

from engine.document.block import BlockDefinition, DrawnBlock, Exposed
from engine.document.data_edits import OF_SAMPLES, AnyDataEdit, data_title, edited
from engine.document.data_spec import DataSpec
from engine.document.edit import DataEdit, EditValue
from engine.document.graph import Edge, Frame, Graph, Initial, Mark, Node, Note, Point, Value, is_id
from engine.document.project import Project
from engine.document.recipe import Recipe
from engine.errors import GraphError, NetwrightError


class AddNode(EditValue, frozen=True):
    """Add a node without links."""

    node: Node


class RemoveNode(EditValue, frozen=True):
    """Remove a node and its links."""

    id: str


class Connect(EditValue, frozen=True):
    """Link an output to an input; a link already at that input is replaced."""

    edge: Edge


class Disconnect(EditValue, frozen=True):
    """Remove the link at an input."""

    target: str
    input: str = "input"


class SetAttributes(EditValue, frozen=True):
    """Set attributes of a node; the names in `unset` go back to the catalog's default."""

    id: str
    attributes: dict[str, Value] = {}  # noqa: RUF012 (msgspec makes a new one each time)
    unset: tuple[str, ...] = ()


class SetType(EditValue, frozen=True):
    """Give a node another type and its attributes, keeping id and links (swap ReLU for GELU)."""

    id: str
    type: str
    attributes: dict[str, Value] = {}  # noqa: RUF012 (msgspec makes a new one each time)


class SetTitle(EditValue, frozen=True):
    """Set the caption of a node; empty shows the type's name."""

    id: str
    title: str


class SetFrozen(EditValue, frozen=True):
    """Freeze or thaw the parameters of nodes."""

    ids: tuple[str, ...]
    frozen: bool


class SetInitial(EditValue, frozen=True):
    """Choose what the weights and biases of a node begin with; None leaves it to the recipe."""

    id: str
    weight: Initial | None = None
    bias: Initial | None = None


class SetWeights(EditValue, frozen=True):
    """Choose the file a node takes its first weights from; empty lets it begin anew."""

    id: str
    weights: str = ""


class SetBypassed(EditValue, frozen=True):
    """Pass the input of nodes through unchanged, or stop doing so."""

    ids: tuple[str, ...]
    bypassed: bool


class SetShares(EditValue, frozen=True):
    """Let a node use the parameters of another; empty `shares` gives it its own."""

    id: str
    shares: str = ""


class MoveNodes(EditValue, frozen=True):
    """Put nodes, frames and notes at new positions."""

    positions: dict[str, Point]


class Route(EditValue, frozen=True):
    """Lead the link at an input through these points."""

    target: str
    input: str = "input"
    via: tuple[Point, ...] = ()


class PutFrame(EditValue, frozen=True):
    """Add a frame, or change the one with its id."""

    frame: Frame


class PutNote(EditValue, frozen=True):
    """Add a note, or change the one with its id."""

    note: Note


class RemoveMark(EditValue, frozen=True):
    """Remove a frame or a note; what lies in it stays."""

    id: str


class AddBlock(EditValue, frozen=True):
    """Add the definition of a block."""

    block: DrawnBlock


class RemoveBlock(EditValue, frozen=True):
    """Remove the definition of a block."""

    id: str


class SetBlock(EditValue, frozen=True):
    """Set title and exposed attributes of a definition."""

    id: str
    title: str
    exposed: tuple[Exposed, ...] = ()


class Inside(EditValue, frozen=True):
    """Apply an edit to the graph of a block's definition, and so to all its instances."""

    block: str
    inner: "Edit"


class SetData(EditValue, frozen=True):
    """Replace the data spec."""

    data: DataSpec


class SetRecipe(EditValue, frozen=True):
    """Replace the recipe."""

    recipe: Recipe


class SetClassWeights(EditValue, frozen=True):
    """Let rare classes count more in the loss, or all alike."""

    on: bool


class SetName(EditValue, frozen=True):
    """Rename the project."""

    name: str


class Batch(EditValue, frozen=True):
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
    SetInitial,
    SetWeights,
    SetBypassed,
    SetShares,
    MoveNodes,
    Route,
    PutFrame,
    PutNote,
    RemoveMark,
    AddBlock,
    RemoveBlock,
    SetBlock,
    Inside,
    SetData,
    SetRecipe,
    SetClassWeights,
    SetName,
    AnyDataEdit,
    Batch,
]

msgspec.json.Decoder(Edit)  # met before threads are there: see project_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an edit touched, so that a view refreshes only that.

    `nodes`: added, removed, or changed in type, attributes or links (targets of links; sources too). `moved`: only
    position, caption or the way of a link changed. `marks`: frames and notes added, removed or changed. `blocks`: what
    was touched in definitions, by their id. `data`, `recipe`, `name`: that part was replaced. `samples`: labels given
    by hand or samples left out, so that nothing in the network changes.
    """

    nodes: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    blocks: "dict[str, Change]" = field(default_factory=dict)
    data: bool = False
    samples: bool = False
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
        case SetInitial(id=node_id):
            return f"Begin {node_id} otherwise"
        case SetWeights(id=node_id, weights=weights):
            return (
                f"Take the weights of {node_id} from {weights.partition('#')[0]}"
                if weights
                else f"Start {node_id} fresh"
            )
        case SetBypassed(ids=ids, bypassed=bypassed):
            return f"{'Bypass' if bypassed else 'Restore'} {_some(ids)}"
        case SetShares(id=node_id, shares=owner):
            return f"Share weights of {owner}" if owner else f"Give {node_id} its own weights"
        case MoveNodes(positions=positions):
            return f"Move {_some(tuple(positions))}"
        case Route(target=target):
            return f"Lead the link to {target}"
        case PutFrame(frame=frame):
            return f"Frame {frame.title or frame.id}"
        case PutNote(note=note):
            return f"Note {note.id}"
        case RemoveMark(id=mark_id):
            return f"Delete {mark_id}"
        case AddBlock(block=block):
            return f"Add block {block.title or block.id}"
        case RemoveBlock(id=block_id):
            return f"Delete block {block_id}"
        case SetBlock(id=block_id, title=text):
            return f"Change block {text or block_id}"
        case Inside(inner=inner):
            return title(inner)
        case SetData():
            return "Change data"
        case SetRecipe():
            return "Change recipe"
        case SetClassWeights(on=on):
            return "Weight the classes" if on else "Let all classes count alike"
        case SetName():
            return "Rename project"
        case DataEdit():
            return data_title(edit)
        case Batch(title=text):
            return text


def _some(ids: tuple[str, ...]) -> str:
    return ids[0] if len(ids) == 1 else f"{len(ids)} nodes"


def apply(project: Project, edit: Edit) -> Edit:
    """Change the project and return the inverse edit. Raises GraphError or DataError, and then nothing has changed."""
    if type(edit) in _MOST_COMMON:
        return _apply_to(project.graph, edit)
    match edit:
        case SetData(data=data):
            inverse: Edit = SetData(data=project.data)
            project.data = data
            return inverse
        case SetRecipe(recipe=recipe):
            inverse = SetRecipe(recipe=project.recipe)
            project.recipe = recipe
            return inverse
        case SetClassWeights(on=on):
            inverse = SetClassWeights(on=project.recipe.class_weights)
            project.recipe = msgspec.structs.replace(project.recipe, class_weights=on)
            return inverse
        case DataEdit():
            project.data, inverse = edited(project.data, edit)
            return inverse
        case SetName(name=name):
            inverse = SetName(name=project.name)
            project.name = name
            return inverse
        case AddBlock(block=drawn):
            if not is_id(drawn.id):
                raise GraphError(f"'{drawn.id[:80]}' cannot be a block's id.", where=drawn.id[:80])
            if drawn.id in project.blocks:
                raise GraphError(f"There is a block '{drawn.id}' already.", where=drawn.id)
            project.blocks[drawn.id] = BlockDefinition.of(drawn)
            return RemoveBlock(id=drawn.id)
        case RemoveBlock(id=block_id):
            removed = _block(project, block_id).drawn()
            del project.blocks[block_id]
            return AddBlock(block=removed)
        case SetBlock(id=block_id, title=text, exposed=exposed):
            block = _block(project, block_id)
            inverse = SetBlock(id=block_id, title=block.title, exposed=block.exposed)
            block.title, block.exposed = text, exposed
            return inverse
        case Inside(block=block_id, inner=inner):
            return Inside(block=block_id, inner=_apply_to(_block(project, block_id).graph, inner))
        case Batch(title=text, edits=edits):
            if all(type(part) in _MOST_COMMON for part in edits):
                return _apply_to(project.graph, edit)
            return Batch(title=text, edits=_all_or_none(edits, lambda part: apply(project, part)))
        case _:
            return _apply_to(project.graph, edit)


_MOST_COMMON = frozenset({AddNode, RemoveNode, Connect, Disconnect, MoveNodes})
"""Edits of the graph that come by the thousand; looked up before the kinds are tried in turn."""


def _block(project: Project, block_id: str) -> BlockDefinition:
    try:
        return project.blocks[block_id]
    except KeyError:
        raise GraphError(f"There is no block '{block_id[:80]}'.", where=block_id[:80]) from None


def _all_or_none(edits: tuple[Edit, ...], do: Callable[[Edit], Edit]) -> tuple[Edit, ...]:
    """Do all edits and return their inverses, last first; when one is refused, take the others back and raise."""
    inverses: list[Edit] = []
    try:
        for part in edits:
            inverses.append(do(part))
    except NetwrightError:
        for back in reversed(inverses):
            do(back)
        raise
    found: list[Edit] = []
    for inverse in reversed(inverses):
        if isinstance(inverse, Batch):
            found.extend(inverse.edits)  # one list, however many nodes are deleted: undo need not open ten thousand
        else:
            found.append(inverse)
    return tuple(found)


def _apply_to(graph: Graph, edit: Edit) -> Edit:
    """Change a graph and return the inverse edit."""
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
        case Route(target=target, input=port, via=via):
            return Route(target=target, input=port, via=graph.route(target, port, via).via)
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
        case SetShares(id=node_id, shares=owner):
            old_node = graph.replace(msgspec.structs.replace(graph.node(node_id), shares=owner))
            return SetShares(id=node_id, shares=old_node.shares)
        case SetInitial(id=node_id, weight=weight, bias=bias):
            old_node = graph.replace(msgspec.structs.replace(graph.node(node_id), weight_init=weight, bias_init=bias))
            return SetInitial(id=node_id, weight=old_node.weight_init, bias=old_node.bias_init)
        case SetWeights(id=node_id, weights=weights):
            old_node = graph.replace(msgspec.structs.replace(graph.node(node_id), weights=weights))
            return SetWeights(id=node_id, weights=old_node.weights)
        case SetFrozen(ids=ids, frozen=frozen):
            return _set_flag(graph, {i: graph.node(i).frozen for i in ids}, "frozen", frozen, SetFrozen)
        case SetBypassed(ids=ids, bypassed=bypassed):
            return _set_flag(graph, {i: graph.node(i).bypassed for i in ids}, "bypassed", bypassed, SetBypassed)
        case MoveNodes(positions=positions):
            before = {item_id: _place(graph, item_id) for item_id in positions}
            for item_id, (x, y) in positions.items():
                mark = graph.marks.get(item_id)
                if mark is None:
                    graph.replace(msgspec.structs.replace(graph.node(item_id), x=x, y=y))
                else:
                    graph.put(msgspec.structs.replace(mark, x=x, y=y))
            return MoveNodes(positions=before)
        case PutFrame(frame=mark) | PutNote(note=mark):
            earlier = graph.put(mark)
            return RemoveMark(id=mark.id) if earlier is None else _putting(earlier)
        case RemoveMark(id=mark_id):
            return _putting(graph.take(mark_id))
        case Batch(title=text, edits=edits):
            return Batch(title=text, edits=_all_or_none(edits, functools.partial(_apply_to, graph)))
        case _:
            raise GraphError(f"'{title(edit)}' changes the project as a whole; it cannot be done inside a block.")


def _place(graph: Graph, item_id: str) -> Point:
    item = graph.marks.get(item_id) or graph.node(item_id)
    return item.x, item.y


def _putting(mark: Mark) -> Edit:
    return PutFrame(frame=mark) if isinstance(mark, Frame) else PutNote(note=mark)


def _set_flag(
    graph: Graph, before: dict[str, bool], flag: str, value: bool, kind: type[SetFrozen] | type[SetBypassed]
) -> Edit:
    """Set a flag of several nodes; nodes that had it already are left out of the inverse."""
    changed = tuple(node_id for node_id, old in before.items() if old != value)
    for node_id in changed:
        graph.replace(msgspec.structs.replace(graph.node(node_id), **{flag: value}))
    return kind(ids=changed, **{flag: not value})


_TAKEN_BACK = frozenset({RemoveNode, Disconnect})


def change(edit: Edit, inverse: Edit) -> Change:
    """What an applied edit touched; `inverse` is what `apply` returned for it."""
    touched = _Touched()
    inside: dict[str, _Touched] = {}
    nodes = touched.nodes
    others: list[Edit] = []
    for whole in (edit, inverse):
        parts = whole.edits if isinstance(whole, Batch) else (whole,)
        if whole is inverse and _TAKEN_BACK.issuperset(map(type, parts)):
            continue  # what is taken back by these alone was named by the edit
        # These come by the ten thousand when much is deleted; a match over all kinds would cost more than the rest.
        for part in parts:
            if isinstance(part, Connect):
                nodes.add(part.edge.source)
                nodes.add(part.edge.target)
            elif isinstance(part, Disconnect):
                nodes.add(part.target)
            elif isinstance(part, AddNode):
                nodes.add(part.node.id)
            elif isinstance(part, RemoveNode):
                nodes.add(part.id)
            else:
                others.append(part)
    for block_id, part in _flat(others):
        match part:
            case SetData():
                touched.data = True
            case DataEdit():
                if isinstance(part, OF_SAMPLES):
                    touched.samples = True
                else:
                    touched.data = True
            case SetRecipe() | SetClassWeights():
                touched.recipe = True
            case SetName():
                touched.name = True
            case AddBlock(block=drawn):
                inside.setdefault(drawn.id, _Touched()).nodes.update(node.id for node in drawn.nodes)
            case RemoveBlock(id=name) | SetBlock(id=name):
                inside.setdefault(name, _Touched())
            case _:
                (touched if block_id is None else inside.setdefault(block_id, _Touched())).add(part)
    return touched.change(blocks={name: item.change() for name, item in inside.items()})


@dataclass(slots=True)
class _Touched:
    """A Change while it is put together."""

    nodes: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)
    data: bool = False
    samples: bool = False
    recipe: bool = False
    name: bool = False

    def add(self, part: Edit) -> None:
        """Take in one edit of a graph."""
        match part:
            case AddNode(node=node):
                self.nodes.add(node.id)
            case (
                RemoveNode(id=node_id)
                | SetAttributes(id=node_id)
                | SetType(id=node_id)
                | SetShares(id=node_id)
                | SetInitial(id=node_id)
                | SetWeights(id=node_id)
            ):
                self.nodes.add(node_id)
            case Connect(edge=edge):
                self.nodes.update((edge.source, edge.target))
            case Disconnect(target=target):
                self.nodes.add(target)
            case SetFrozen(ids=ids) | SetBypassed(ids=ids):
                self.nodes.update(ids)
            case SetTitle(id=node_id):
                self.moved.add(node_id)
            case Route(target=target):
                self.moved.add(target)
            case MoveNodes(positions=positions):
                self.moved.update(positions)
            case PutFrame(frame=mark) | PutNote(note=mark):
                self.marks.add(mark.id)
            case RemoveMark(id=mark_id):
                self.marks.add(mark_id)

    def change(self, blocks: dict[str, Change] | None = None) -> Change:
        """The finished value."""
        return Change(
            nodes=frozenset(self.nodes),
            moved=frozenset(self.moved),
            marks=frozenset(self.marks),
            blocks=blocks or {},
            data=self.data,
            samples=self.samples,
            recipe=self.recipe,
            name=self.name,
        )


def _flat(edits: Iterable[Edit]) -> Iterator[tuple[str | None, Edit]]:
    """The parts of edits with the block they are done in, batches opened, without recursion depth."""
    stack: list[tuple[str | None, Edit]] = [(None, edit) for edit in edits]
    while stack:
        block_id, part = stack.pop()
        if isinstance(part, Batch):
            stack.extend((block_id, inner) for inner in part.edits)
        elif isinstance(part, Inside):
            stack.append((part.block, part.inner))
        else:
            yield block_id, part
