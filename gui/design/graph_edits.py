"""The edits behind the gestures: add, splice, delete and heal, duplicate, paste. Each is a value; nothing changes here.

All functions read a project and its checks and return one edit, so that each gesture is one step of the history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from engine.catalog.layer import InputPort, Layer
from engine.catalog.registry import layer_type
from engine.catalog.tensors import TensorSpec
from engine.checks.connection import refusal
from engine.checks.knowledge import Checks
from engine.checks.scoped import instance_layer
from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, DrawnBlock, definition_id
from engine.document.block_files import adopt, named_apart, parts_of, with_blocks, with_parts
from engine.document.block_places import holder_of, refusal_to_hold
from engine.document.data_spec import FieldKind
from engine.document.edits import (
    AddNode,
    Batch,
    Connect,
    Disconnect,
    Edit,
    MoveNodes,
    PutFrame,
    PutNote,
    RemoveNode,
    SetAttributes,
    SetType,
    title,
)
from engine.document.graph import Edge, Frame, Mark, Node, Note, Point, Value
from engine.document.node_weights import spelled_out
from engine.document.project import Project
from engine.errors import GraphError
from gui.design.flow import Flow, flow_of

"""From one card to the next one after it."""
_CARD: Final = (168.0, 64.0)
BLOCK_NAME: Final = "Block:"
"""Before the id of a definition: the name by which an instance of it is added, as a layer is by its type."""


@dataclass(frozen=True, slots=True)
class Loose:
    """An end of a link that waits for another: an output of a node (`forward`) or an input."""

    node: str
    port: str
    forward: bool


# What fits where.


def kind_named(project: Project, name: str) -> type[Layer] | None:
    """The layer of that name; an instance of a block, with the ports of its definition, for "Block:residual1"."""
    if not name.startswith(BLOCK_NAME):
        return layer_type(name)
    definition = project.blocks.get(name.removeprefix(BLOCK_NAME))
    return type(instance_layer(definition, Node(id="a", type=BLOCK))) if definition is not None else None


def _words(project: Project, name: str) -> str:
    kind = kind_named(project, name) if name.startswith(BLOCK_NAME) else None
    return kind.label() if kind is not None else name


def type_of(node: Node) -> type[Layer] | None:
    """The layer of a node."""
    return layer_type(node.type)


def _kind_at(node: Node, checker: Checks) -> type[Layer] | None:
    """The layer of a node that is drawn: that of an instance has the ports of its definition."""
    layer = checker.layers.get(node.id)
    return type(layer) if layer is not None else type_of(node)


def ports_of(kind: type[Layer]) -> tuple[InputPort, ...]:
    """The inputs of a layer with its settings as they come."""
    return kind().input_ports()


def outputs_of(kind: type[Layer]) -> tuple[str, ...]:
    """The outputs of a layer with its settings as they come."""
    return kind().output_ports()


def _needed(kind: type[Layer]) -> int:
    """How many inputs must be linked."""
    return sum(not port.optional for port in ports_of(kind))


def input_ports(node: Node, checker: Checks) -> tuple[InputPort, ...]:
    """The inputs of a node, as its settings make them."""
    layer = checker.layers.get(node.id)
    if layer is not None:
        return layer.input_ports()
    kind = type_of(node)
    return ports_of(kind) if kind is not None else ()


def output_ports(node: Node, checker: Checks) -> tuple[str, ...]:
    """The outputs of a node."""
    layer = checker.layers.get(node.id)
    if layer is not None:
        return layer.output_ports()
    kind = type_of(node)
    return outputs_of(kind) if kind is not None else ()


def takes(port: InputPort, spec: TensorSpec | None) -> bool:
    """Whether a tensor has the axes and the kind of number a port expects; an unknown one may."""
    if spec is None:
        return True
    if port.dtype is not None and port.dtype != spec.dtype:
        return False
    return not port.axes or len(port.axes) == spec.rank


def free_input(project: Project, checker: Checks, node_id: str, source: str, output: str) -> InputPort | None:
    """The input a link to this node should take: a free one that fits, else a taken one that fits; None for none."""
    node = project.graph.node(node_id)
    spec = checker.specs.get((source, output))
    taken = project.graph.inputs_of(node_id)
    allowed = [
        port
        for port in input_ports(node, checker)
        if refusal(project, checker, Edge(source=source, output=output, target=node_id, input=port.name)) is None
    ]
    for wanted in (
        [port for port in allowed if port.name not in taken and takes(port, spec)],
        [port for port in allowed if port.name not in taken],
        [port for port in allowed if takes(port, spec)],
        allowed,
    ):
        if wanted:
            return wanted[0]
    return None


# Adding.


def starting_attributes(project: Project, type_name: str) -> dict[str, Value]:
    """Settings of a new node that follow from the data: an Input takes what is not brought in yet."""
    if type_name == "Input":
        used = {
            str(name)
            for node in project.graph.nodes.values()
            if node.type == "Input"
            for name in _names(node.attributes.get("fields"))
        }
        free = [field for field in project.data.inputs() if field.name not in used]
        table = (FieldKind.NUMBER, FieldKind.CATEGORY, FieldKind.LABELS, FieldKind.DATE)
        if free and free[0].kind in table:
            return {"fields": [field.name for field in free if field.kind in table]}
        if free:
            return {"fields": [free[0].name]}
        targets = [field for field in project.data.targets() if field.name not in used]
        return {"fields": [targets[0].name]} if targets else {}
    if type_name == "Output":
        answered = {str(node.attributes.get("field")) for node in project.graph.nodes.values() if node.type == "Output"}
        open_fields = [field.name for field in project.data.targets() if field.name not in answered]
        return {"field": open_fields[0]} if open_fields else {}
    return {}


def _names(value: Value) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def new_node(project: Project, type_name: str, x: float, y: float, taken: Iterable[str] = ()) -> Node:
    """A node of that type with a free id."""
    if type_name.startswith(BLOCK_NAME):
        block_id = type_name.removeprefix(BLOCK_NAME)
        return Node(id=project.graph.free_id(block_id, taken), type=BLOCK, attributes={"block": block_id}, x=x, y=y)
    port = {BLOCK_INPUT: "Input", BLOCK_OUTPUT: "Output"}.get(type_name, type_name)  # its id is what it is called
    return Node(
        id=project.graph.free_id(port, taken),
        type=type_name,
        attributes=starting_attributes(project, type_name),
        x=x,
        y=y,
    )


def add(project: Project, type_name: str, x: float, y: float) -> tuple[Edit, Node]:
    """Put a new node on the canvas, without links."""
    node = new_node(project, type_name, x, y)
    return AddNode(node=node), node


def add_at_loose_end(
    project: Project, checker: Checks, type_name: str, loose: Loose, x: float, y: float
) -> tuple[Edit, Node]:
    """Put a new node where a link was dropped and connect it there with the best port."""
    node = new_node(project, type_name, x, y)
    kind = kind_named(project, type_name)
    edits: list[Edit] = [AddNode(node=node)]
    if kind is not None:
        if loose.forward:
            port = best_port(kind, checker.specs.get((loose.node, loose.port)))
            if port:
                edits.append(Connect(edge=Edge(source=loose.node, output=loose.port, target=node.id, input=port)))
        elif outputs_of(kind):
            edits.append(
                Connect(edge=Edge(source=node.id, output=outputs_of(kind)[0], target=loose.node, input=loose.port))
            )
    return _named(f"Add {_words(project, type_name)}", edits), node


def best_port(kind: type[Layer], spec: TensorSpec | None) -> str:
    """The first input of a layer that takes the tensor, else its first; empty when it has none."""
    for port in ports_of(kind):
        if takes(port, spec):
            return port.name
    return next((port.name for port in ports_of(kind)), "")


def add_after(project: Project, checker: Checks, type_name: str, after: str) -> tuple[Edit, Node] | None:
    """Put a new node after another and connect it; between the other and what follows, where there is one thing.

    None when the layer cannot stand there at all: it has no inputs, or the other no outputs.
    """
    kind = kind_named(project, type_name)
    node = project.graph.node(after)
    outputs = output_ports(node, checker)
    if kind is None or not ports_of(kind) or not outputs:
        return None
    followers = list(project.graph.consumers_of(after))
    if len(followers) == 1 and _needed(kind) == 1 and outputs_of(kind):
        return splice_new(project, checker, type_name, followers[0])
    x, y = place_behind(project, node)
    return add_at_loose_end(project, checker, type_name, Loose(after, outputs[0], True), x, y)


def place_behind(project: Project, node: Node) -> Point:
    """Where a new card goes behind a node: ahead as the graph runs, and aside where one lies there."""
    flow = flow_of(project.graph)
    return free_place(project, *flow.ahead(node.x, node.y, flow.step), flow)


def free_place(project: Project, x: float, y: float, flow: Flow | None = None) -> Point:
    """The place itself, or one aside of it where no card lies: below, or at the right where the graph runs down."""
    down = (flow or flow_of(project.graph)).downwards
    aside, along = (0, 1) if down else (1, 0)
    place = [x, y]
    others = [(node.x, node.y) for node in project.graph.nodes.values()]
    for other in sorted(others, key=lambda found: found[aside]):
        if abs(other[along] - place[along]) >= _CARD[along] + 8:
            continue
        start, end = other[aside], other[aside] + _CARD[aside]
        if place[aside] < end + 16 and place[aside] + _CARD[aside] + 16 > start:
            place[aside] = end + 24
    return place[0], place[1]


def splice_new(project: Project, checker: Checks, type_name: str, edge: Edge) -> tuple[Edit, Node] | None:
    """Put a new node into a link, and move what follows further on where there is no room."""
    source = project.graph.node(edge.source)
    flow = flow_of(project.graph)
    node = new_node(project, type_name, *flow.ahead(source.x, source.y, flow.step))
    kind = kind_named(project, type_name)
    if kind is None or not ports_of(kind) or not outputs_of(kind):
        return None
    edits: list[Edit] = [AddNode(node=node), *_into(project, checker, kind, node.id, edge, (node.x, node.y))]
    if _leads_on(project, flow, edge):
        edits += make_room(project, edge.target, flow.along(node.x, node.y) + flow.step)
    return _named(f"Add {_words(project, type_name)}", edits), node


def _leads_on(project: Project, flow: Flow, edge: Edge) -> bool:
    source, target = project.graph.node(edge.source), project.graph.node(edge.target)
    return flow.along(target.x, target.y) >= flow.along(source.x, source.y)


def splice_dropped(
    project: Project, checker: Checks, type_name: str, edge: Edge, x: float, y: float
) -> tuple[Edit, Node] | None:
    """Put a new node at a place and into the link it was dropped on."""
    kind = kind_named(project, type_name)
    if kind is None or not ports_of(kind) or not outputs_of(kind):
        return None
    node = new_node(project, type_name, x, y)
    edits: list[Edit] = [AddNode(node=node), *_into(project, checker, kind, node.id, edge, (x, y))]
    flow = flow_of(project.graph)
    if _leads_on(project, flow, edge):
        edits += make_room(project, edge.target, flow.along(x, y) + flow.step)
    return _named(f"Insert {_words(project, type_name)}", edits), node


def splice_existing(
    project: Project,
    checker: Checks,
    node_id: str,
    edge: Edge,
    *,
    take_out: bool = False,
    at: tuple[float, float] | None = None,
) -> list[Edit]:
    """Put a node that is there already into a link; empty when it cannot stand there.

    One that has links stays where it is, but with `take_out` it is taken out of its place, and what fed it is joined to
    what it fed. `at` is where it comes to lie: what follows makes room.
    """
    graph = project.graph
    node = graph.node(node_id)
    kind = _kind_at(node, checker)
    if kind is None or node_id in (edge.source, edge.target):
        return []
    before, behind = graph.inputs_of(node_id), list(graph.consumers_of(node_id))
    if (before or behind) and not take_out:
        return []
    if not input_ports(node, checker) or not output_ports(node, checker):
        return []
    edits: list[Edit] = []
    for follower in behind:
        joined = _heal(project, checker, follower, {node_id})
        if joined is not None:
            edits.append(Connect(edge=joined))
        else:
            edits.append(Disconnect(target=follower.target, input=follower.input))
    edits += [Disconnect(target=node_id, input=port) for port in before]
    edits += _into(project, checker, kind, node_id, edge, at if at is not None else (node.x, node.y))
    flow = flow_of(graph)
    if at is not None and _leads_on(project, flow, edge):
        edits += make_room(project, edge.target, flow.along(*at) + flow.step, but=node_id)
    return edits


def _into(
    project: Project, checker: Checks, kind: type[Layer], node_id: str, edge: Edge, at: tuple[float, float]
) -> list[Edit]:
    port = best_port(kind, checker.specs.get((edge.source, edge.output)))
    before, behind = _split_way(project, edge, at)
    last = Edge(source=node_id, output=outputs_of(kind)[0], target=edge.target, input=edge.input, via=behind)
    return [
        Connect(edge=Edge(source=edge.source, output=edge.output, target=node_id, input=port, via=before)),
        Connect(edge=last),
    ]


def _split_way(project: Project, edge: Edge, at: tuple[float, float]) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """The points of a link that lie before and behind a card put into it: on either side of its nearest stretch."""
    if not edge.via:
        return (), ()
    source, target = project.graph.node(edge.source), project.graph.node(edge.target)
    stops = [(source.x + _CARD[0], source.y + _CARD[1] / 2), *edge.via, (target.x, target.y + _CARD[1] / 2)]
    x, y = at[0] + _CARD[0] / 2, at[1] + _CARD[1] / 2

    def distance(number: int) -> float:
        (x1, y1), (x2, y2) = stops[number], stops[number + 1]
        length = (x2 - x1) ** 2 + (y2 - y1) ** 2
        share = min(1.0, max(0.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length)) if length else 0.0
        return (x1 + share * (x2 - x1) - x) ** 2 + (y1 + share * (y2 - y1) - y) ** 2

    nearest = min(range(len(stops) - 1), key=distance)
    return edge.via[:nearest], edge.via[nearest:]


def make_room(project: Project, first: str, along: float, *, but: str = "") -> list[Edit]:
    """Move a node, and what follows it, so far along the flow that it begins there; empty when it does already.

    The node `but` stays where it is.
    """
    graph = project.graph
    flow = flow_of(graph)
    start = flow.along(graph.node(first).x, graph.node(first).y)
    by = along - start
    if by <= 0:
        return []
    positions: dict[str, tuple[float, float]] = {}
    waiting = [first]
    while waiting:
        node_id = waiting.pop()
        node = graph.node(node_id)
        if node_id in positions or flow.along(node.x, node.y) < start or node_id == but:
            continue
        positions[node_id] = flow.ahead(node.x, node.y, by)
        waiting += [edge.target for edge in graph.consumers_of(node_id)]
    return [MoveNodes(positions=positions)]


# Activations after a layer.


def activation_after(project: Project, node_id: str) -> Node | None:
    """The activation that follows a node directly and alone."""
    followers = list(project.graph.consumers_of(node_id))
    if len(followers) != 1:
        return None
    node = project.graph.node(followers[0].target)
    kind = type_of(node)
    return node if kind is not None and kind.family.value == "activation" else None


def set_activation(project: Project, checker: Checks, node_id: str, type_name: str) -> Edit | None:
    """Give a layer this activation: add it, swap it, or take it away (empty name); None when nothing changes."""
    present = activation_after(project, node_id)
    if present is not None:
        if not type_name:
            return delete(project, checker, [present.id])
        return SetType(id=present.id, type=type_name, attributes={}) if present.type != type_name else None
    if not type_name:
        return None
    outputs = output_ports(project.graph.node(node_id), checker)
    kind = layer_type(type_name)
    followers = list(project.graph.consumers_of(node_id))
    if not outputs or kind is None:
        return None
    if not followers:
        added = add_after(project, checker, type_name, node_id)
        return added[0] if added is not None else None
    # Between the layer and everything that reads it.
    source = project.graph.node(node_id)
    flow = flow_of(project.graph)
    node = new_node(project, type_name, *flow.ahead(source.x, source.y, flow.step))
    edits: list[Edit] = [
        AddNode(node=node),
        Connect(edge=Edge(source=node_id, output=outputs[0], target=node.id, input=ports_of(kind)[0].name)),
    ]
    for edge in followers:
        edits.append(
            Connect(edge=Edge(source=node.id, output=outputs_of(kind)[0], target=edge.target, input=edge.input))
        )
    positions: dict[str, tuple[float, float]] = {}
    for edge in followers:
        if _leads_on(project, flow, Edge(source=node_id, target=edge.target)):
            for move in make_room(project, edge.target, flow.along(node.x, node.y) + flow.step):
                if isinstance(move, MoveNodes):
                    positions.update(move.positions)
    if positions:
        edits.append(MoveNodes(positions=positions))
    return _named(f"Add {type_name}", edits)


# Deleting.


def delete(project: Project, checker: Checks, ids: Iterable[str], *, heal: bool = True) -> Edit | None:
    """Delete nodes; with `heal` what fed them is joined to what they fed, where it fits. None for no nodes."""
    graph = project.graph
    doomed = [node_id for node_id in dict.fromkeys(ids) if node_id in graph.nodes]
    if not doomed:
        return None
    gone = set(doomed)
    edits: list[Edit] = [RemoveNode(id=node_id) for node_id in doomed]
    if heal:
        for node_id in doomed:
            for edge in graph.consumers_of(node_id):
                if edge.target not in gone:
                    joined = _heal(project, checker, edge, gone)
                    if joined is not None:
                        edits.append(Connect(edge=joined))
    name = f"Delete {doomed[0]}" if len(doomed) == 1 else f"Delete {len(doomed)} nodes"
    return _named(name, edits)


def _heal(project: Project, checker: Checks, edge: Edge, gone: set[str]) -> Edge | None:
    """The link that closes the gap at an input when its source is deleted."""
    graph = project.graph
    source, via = edge.source, edge.via
    seen: set[str] = set()
    while source in gone:
        if source in seen:
            return None
        seen.add(source)
        node = graph.node(source)
        before = graph.inputs_of(source)
        ports = [port.name for port in input_ports(node, checker)]
        first = next((before[name] for name in ports if name in before), None)
        # With several ways in, nobody can say which one shall go on; the first one does when it is alone.
        if first is None or len(before) > 1:
            return None
        source, output, via = first.source, first.output, (*first.via, *via)
    port = next((port for port in input_ports(graph.node(edge.target), checker) if port.name == edge.input), None)
    if port is None or not takes(port, checker.specs.get((source, output))):
        return None
    return Edge(source=source, output=output, target=edge.target, input=edge.input, via=via)


def delete_link(project: Project, target: str, port: str) -> Edit | None:
    """Remove the link at an input; None when there is none."""
    return Disconnect(target=target, input=port) if port in project.graph.inputs_of(target) else None


# Copies.


class Clipping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Nodes as text on the clipboard, with the links among them; frames, notes, and the blocks they name."""

    netwright: str
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    frames: tuple[Frame, ...] = ()
    notes: tuple[Note, ...] = ()
    blocks: tuple[DrawnBlock, ...] = ()


_MARK: Final = "nodes"
_MOST_TEXT: Final = 16 << 20


def copy_text(project: Project, ids: Iterable[str]) -> str:
    """Nodes and the links among them, frames and notes as JSON text."""
    graph = project.graph
    wanted = set(ids)
    chosen = [graph.nodes[node_id] for node_id in sorted(wanted) if node_id in graph.nodes]
    inside = {node.id for node in chosen}
    edges = [edge for edge in graph.sorted_edges() if edge.source in inside and edge.target in inside]
    clipping = Clipping(
        netwright=_MARK,
        nodes=tuple(chosen),
        edges=tuple(edges),
        frames=tuple(frame for frame in graph.frames if frame.id in wanted),
        notes=tuple(note for note in graph.notes if note.id in wanted),
        blocks=tuple(with_parts(project.blocks, [name for name in parts_of(chosen) if name in project.blocks])),
    )
    return msgspec.json.format(msgspec.json.encode(clipping), indent=2).decode()


def read_clipping(text: str) -> Clipping:
    """What `copy_text` made. Raises GraphError when the text holds no nodes."""
    if not text.strip():
        raise GraphError("There is nothing to paste.", hint="Select nodes and copy them first.")
    try:
        if len(text) > _MOST_TEXT:
            raise msgspec.DecodeError("too long")
        clipping = msgspec.json.decode(text.encode("utf-8", "replace"), type=Clipping, strict=True)
    except (msgspec.DecodeError, RecursionError):
        raise GraphError(
            "The clipboard holds no nodes.",
            expected="nodes copied from Netwright",
            found=text.strip()[:40],
            hint="Select nodes and copy them first.",
        ) from None
    if clipping.netwright != _MARK or not (clipping.nodes or clipping.frames or clipping.notes):
        raise GraphError("The clipboard holds no nodes.", hint="Select nodes and copy them first.")
    return clipping


def paste(project: Project, clipping: Clipping, x: float, y: float) -> tuple[Edit, list[str]]:
    """Add copies with new ids, the leftmost top corner at (x, y); returns the edit and the new ids.

    Blocks that come along are added unless they are there already. Raises GraphError where one would hold itself.
    """
    marks: list[Mark] = [*clipping.frames, *clipping.notes]
    corners = [(item.x, item.y) for item in clipping.nodes] + [(mark.x, mark.y) for mark in marks]
    left, top = min(x for x, _y in corners), min(y for _x, y in corners)
    definitions, names = adopt(project, clipping.blocks)
    holder = holder_of(project)
    # Ports are ports inside a block only; of what goes outside they are left behind.
    kept = [node for node in clipping.nodes if holder or node.type not in (BLOCK_INPUT, BLOCK_OUTPUT)]
    if not kept and not marks:
        raise GraphError("Ports stand inside a block only.", hint="Open a block and paste them there.")
    nodes = named_apart(kept, names)
    grown = with_blocks(project, definitions) if definitions else project
    for name in parts_of(nodes):
        reason = refusal_to_hold(grown.blocks, holder, name) if name in grown.blocks else ""
        if reason:
            raise GraphError(reason, where=name, hint="Paste it outside the block.")
    edit, made = _copies(project, nodes, clipping.edges, x - left, y - top, "Paste", marks)
    if definitions:
        edit = Batch(title=title(edit), edits=(*definitions, edit))
    return edit, made


def duplicate(project: Project, ids: Iterable[str], dx: float, dy: float) -> tuple[Edit, list[str]] | None:
    """Copies of nodes, frames and notes beside them, linked among each other and fed by what feeds the originals."""
    graph = project.graph
    wanted = set(ids)
    chosen = [graph.nodes[node_id] for node_id in sorted(wanted) if node_id in graph.nodes]
    marks = [mark for mark in graph.sorted_marks() if mark.id in wanted]
    if not chosen and not marks:
        return None
    inside = {node.id for node in chosen}
    edges = [edge for node in chosen for edge in graph.inputs_of(node.id).values()]
    return _copies(project, chosen, [edge for edge in edges if edge.target in inside], dx, dy, "Duplicate", marks)


def _copies(
    project: Project,
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    dx: float,
    dy: float,
    verb: str,
    marks: Sequence[Mark] = (),
) -> tuple[Edit, list[str]]:
    names: dict[str, str] = {}
    edits: list[Edit] = []
    for node in nodes:
        names[node.id] = project.graph.free_id(definition_id(node) or node.type, names.values())
    for node in nodes:
        # A copy of two that share weights shares them too; one alone goes on sharing those of the original.
        shares = names.get(node.shares) or (node.shares if node.shares in project.graph.nodes else "")
        copied = msgspec.structs.replace(
            node,
            id=names[node.id],
            x=node.x + dx,
            y=node.y + dy,
            shares=shares,
            weights=spelled_out(node),
        )
        edits.append(AddNode(node=copied))
    for edge in edges:
        source = names.get(edge.source, edge.source)
        if edge.target not in names or (edge.source not in names and source not in project.graph.nodes):
            continue
        via = tuple((x + dx, y + dy) for x, y in edge.via) if edge.source in names else ()
        made_edge = Edge(source=source, output=edge.output, target=names[edge.target], input=edge.input, via=via)
        edits.append(Connect(edge=made_edge))
    for mark in marks:
        names[mark.id] = project.graph.free_id(type(mark).__name__, names.values())
        moved = msgspec.structs.replace(mark, id=names[mark.id], x=mark.x + dx, y=mark.y + dy)
        edits.append(PutFrame(frame=moved) if isinstance(moved, Frame) else PutNote(note=moved))
    made = list(names.values())
    if len(nodes) == 1 and not marks:
        return _named(f"{verb} {nodes[0].type}", edits), made
    return _named(f"{verb} {len(nodes)} nodes" if nodes else f"{verb} {made[0]}", edits), made


# Small things.


def _named(title: str, edits: Sequence[Edit]) -> Edit:
    return edits[0] if len(edits) == 1 else Batch(title=title, edits=tuple(edits))


def batch(title: str, edits: Sequence[Edit]) -> Edit:
    """Several edits as one step."""
    return _named(title, edits)


def set_attribute(kind: type[Layer], name: str, value: Value) -> tuple[dict[str, Value], tuple[str, ...]]:
    """(attributes, unset) for SetAttributes: a value equal to the default is not written into the file."""
    info = next((item for item in kind.attributes() if item.name == name), None)
    if info is not None:
        default = list(info.default) if isinstance(info.default, tuple) else info.default
        if value == default and type(value) is type(default):
            return {}, (name,)
    return {name: value}, ()


def attribute_edit(node: Node, name: str, value: Value) -> Edit | None:
    """Give an attribute of a node another value; None when it has it already."""
    kind = layer_type(node.type)
    if kind is None:
        return None
    changed, unset = set_attribute(kind, name, value)
    if name in node.attributes:
        old = node.attributes[name]
        if old == value and type(old) is type(value):
            return None
    elif unset:
        return None
    return SetAttributes(id=node.id, attributes=changed, unset=unset)
