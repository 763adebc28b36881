"""The edits behind blocks: fold, unpack, repeat, link, expose, ports. Each is a value; nothing changes here.

Functions that take `project` work on the graph that is shown (a Project whose `graph` is that of a definition, when a
block is open) and give edits of it; those that take `document` reach into every graph and give edits of the document.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from engine.catalog.layer import Family
from engine.catalog.registry import layer_type
from engine.checks.knowledge import Checks
from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition, DrawnBlock, Exposed, definition_id
from engine.document.block_files import free_block_id
from engine.document.block_places import block_title, instances, placed, places, refusal_to_hold
from engine.document.edits import (
    AddBlock,
    AddNode,
    Batch,
    Connect,
    Disconnect,
    Edit,
    Inside,
    MoveNodes,
    PutFrame,
    PutNote,
    RemoveBlock,
    RemoveMark,
    RemoveNode,
    SetAttributes,
    SetBlock,
    SetRecipe,
    SetShares,
)
from engine.document.flat import MOST_REPEATS, SEPARATOR
from engine.document.graph import Edge, Frame, Graph, Mark, Node, Point, Value, natural
from engine.document.node_weights import spelled_out, weights_of
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe, Target
from engine.errors import GraphError
from gui.design.flow import COLUMN
from gui.design.graph_edits import input_ports, output_ports

CARD: Final = (168.0, 64.0)
SNAP: Final = 8.0
RESERVED: Final = frozenset({"block", "repeat", "tied"})
"""Attributes of every instance; no exposed one may be called so."""

_PORT: Final = {BLOCK_INPUT: "input", BLOCK_OUTPUT: "output"}


# Fold.


@dataclass(frozen=True, slots=True)
class Folded:
    """The step that folds, the instance it leaves, and what was selected and stays outside, in words."""

    edit: Edit
    node: str
    definition: str
    left_out: str = ""


def fold(project: Project, checker: Checks, ids: Iterable[str], document: Project, holder: str = "") -> Folded:
    """Put nodes into a new definition and an instance of it in their place.

    Links that cross become ports, one for each distinct outer source and one for each inner source; required inputs
    that are free become ports too. Data, answers, losses and ports stay outside. Raises GraphError with the reason when
    nothing is left, when a node between two chosen ones is not chosen, or when shared weights would be torn apart.
    """
    graph = project.graph
    wanted = [node_id for node_id in dict.fromkeys(ids) if node_id in graph.nodes]
    chosen = [node_id for node_id in sorted(wanted, key=natural) if not _stays_outside(graph.nodes[node_id])]
    left_out = [node_id for node_id in wanted if _stays_outside(graph.nodes[node_id])]
    if not chosen:
        raise GraphError(
            "There is nothing to fold." if not left_out else f"{_listed(left_out)} cannot stand inside a block.",
            expected="layers",
            hint="Select the layers that shall become one block. Inputs, outputs and losses stay outside.",
        )
    inside = set(chosen)
    between = _between(graph, inside)
    if between:
        raise GraphError(
            f"{_listed(between)} {'lies' if len(between) == 1 else 'lie'} between the selected layers.",
            where=between[0],
            hint=f"Select {'it' if len(between) == 1 else 'them'} too, or fold each side for itself.",
        )
    for node in graph.nodes.values():
        if node.shares and node.shares in graph.nodes and (node.id in inside) != (node.shares in inside):
            raise GraphError(
                f"{node.id} uses the weights of {node.shares}, and only one of them is selected.",
                where=node.id,
                hint="Select both, or give the node its own weights.",
            )
    taken = set(inside)
    ports_in, ports_out = _crossing(project, checker, chosen)
    names_in = _port_names("input", len(ports_in), taken)
    names_out = _port_names("output", len(ports_out), taken)
    left, top, right, bottom = extent(graph, chosen)
    nodes = [graph.nodes[node_id] for node_id in chosen]
    inner: list[Edge] = [edge for edge in graph.sorted_edges() if edge.source in inside and edge.target in inside]
    ys: list[float] = []
    for name, port in zip(names_in, ports_in, strict=True):
        ys.append(_free_height(ys, graph.nodes[port.ends[0][0]].y))
        nodes.append(Node(id=name, type=BLOCK_INPUT, x=left - COLUMN, y=ys[-1]))
        inner += [Edge(source=name, target=target, input=entry) for target, entry in port.ends]
    ys = []
    for name, (source, output) in zip(names_out, ports_out, strict=True):
        ys.append(_free_height(ys, graph.nodes[source].y))
        nodes.append(Node(id=name, type=BLOCK_OUTPUT, x=right - CARD[0] + COLUMN, y=ys[-1]))
        inner.append(Edge(source=source, output=output, target=name))
    marks = _marks_inside(graph, inside)
    title = _title_for(document, marks)
    name = free_block_id(document.blocks, "block1")
    node_name = graph.free_id(BLOCK, inside)
    exposed, around = _exposed_through(document, holder, inside, node_name)
    definition = DrawnBlock(
        id=name,
        title=title,
        exposed=exposed,
        nodes=tuple(sorted(nodes, key=lambda node: natural(node.id))),
        edges=tuple(sorted(inner, key=lambda edge: (natural(edge.target), natural(edge.input)))),
        frames=tuple(mark for mark in marks if isinstance(mark, Frame)),
        notes=tuple(mark for mark in marks if not isinstance(mark, Frame)),
    )
    instance = Node(
        id=node_name,
        type=BLOCK,
        attributes={"block": definition.id},
        x=_middle(left, right, CARD[0]),
        y=_middle(top, bottom, CARD[1]),
    )
    edits: list[Edit] = [AddBlock(block=definition)]
    edits += [RemoveNode(id=node_id) for node_id in chosen]
    edits += [RemoveMark(id=mark.id) for mark in marks]
    edits.append(AddNode(node=instance))
    for name, port in zip(names_in, ports_in, strict=True):
        if port.source:
            edits.append(Connect(edge=Edge(source=port.source, output=port.output, target=instance.id, input=name)))
    for name, (source, output) in zip(names_out, ports_out, strict=True):
        for edge in sorted(graph.consumers_of(source), key=lambda edge: (natural(edge.target), natural(edge.input))):
            if edge.output == output and edge.target not in inside:
                edits.append(Connect(edge=Edge(source=instance.id, output=name, target=edge.target, input=edge.input)))
    edits += around
    trained = {node_id for node_id in chosen if checker.cost_of(node_id).parameters} or inside
    edits += _recipe_after_fold(document.recipe, places(document, holder), inside, trained, instance.id)
    names = f"Fold {chosen[0]}" if len(chosen) == 1 else f"Fold {len(chosen)} nodes"
    told = f"{_listed(left_out)} stayed outside." if left_out else ""
    return Folded(Batch(title=f"{names} into {title}", edits=tuple(edits)), instance.id, definition.id, told)


def _exposed_through(
    document: Project, holder: str, inside: set[str], instance: str
) -> tuple[tuple[Exposed, ...], list[Edit]]:
    """What instances of the block around set of folded nodes: exposed by the new definition, and through it again."""
    if not holder:
        return (), []
    block = document.blocks[holder]
    inner: list[Exposed] = []
    outer: list[Exposed] = []
    for item in block.exposed:
        if item.node not in inside:
            outer.append(item)
            continue
        if item.name not in {other.name for other in inner}:
            outer.append(Exposed(name=item.name, node=instance, attribute=item.name))
        inner.append(item)
    if not inner:
        return (), []
    return tuple(inner), [SetBlock(id=holder, title=block.title, exposed=tuple(outer))]


@dataclass(slots=True)
class _PortIn:
    """A crossing link into the fold: where it comes from (empty: from nowhere yet), and where it goes."""

    source: str
    output: str
    ends: list[tuple[str, str]]


def _stays_outside(node: Node) -> bool:
    kind = layer_type(node.type)
    return node.type in ("Input", "Output", BLOCK_INPUT, BLOCK_OUTPUT) or (
        kind is not None and kind.family is Family.LOSS
    )


def _listed(ids: Sequence[str]) -> str:
    if len(ids) > 4:
        return f"{', '.join(ids[:3])} and {len(ids) - 3} more"
    return ids[0] if len(ids) == 1 else f"{', '.join(ids[:-1])} and {ids[-1]}"


def _between(graph: Graph, inside: set[str]) -> list[str]:
    """Nodes outside that are fed by the inside and feed it: the block would feed itself through them."""

    def reached(forward: bool) -> set[str]:
        seen: set[str] = set()
        waiting = list(inside)
        while waiting:
            name = waiting.pop()
            near = (
                [edge.target for edge in graph.consumers_of(name)]
                if forward
                else [edge.source for edge in graph.inputs_of(name).values()]
            )
            for other in near:
                if other not in seen and other not in inside:
                    seen.add(other)
                    waiting.append(other)
        return seen

    return sorted(reached(True) & reached(False), key=natural)


def _crossing(project: Project, checker: Checks, chosen: Sequence[str]) -> tuple[list[_PortIn], list[tuple[str, str]]]:
    """The links that come in, by outer source, and the inner outputs that something outside reads; top to bottom."""
    graph = project.graph
    inside = set(chosen)
    by_source: dict[tuple[str, str], _PortIn] = {}
    free: list[_PortIn] = []
    outputs: list[tuple[str, str]] = []
    ends: list[tuple[str, str]] = []
    for node_id in sorted(chosen, key=lambda name: (graph.nodes[name].x, graph.nodes[name].y, natural(name))):
        node, edges = graph.nodes[node_id], graph.inputs_of(node_id)
        known = input_ports(node, checker)
        for name in dict.fromkeys([*(port.name for port in known), *sorted(edges, key=natural)]):
            edge = edges.get(name)
            if edge is None:
                if not any(port.name == name and port.optional for port in known):
                    free.append(_PortIn("", "output", [(node_id, name)]))
            elif edge.source not in inside:
                key = (edge.source, edge.output)
                by_source.setdefault(key, _PortIn(*key, [])).ends.append((node_id, name))
        read = {edge.output for edge in graph.consumers_of(node_id) if edge.target not in inside}
        outputs += [
            (node_id, name) for name in dict.fromkeys((*output_ports(node, checker), *sorted(read))) if name in read
        ]
        if not list(graph.consumers_of(node_id)):
            ends += [(node_id, name) for name in output_ports(node, checker)]
    outputs = outputs or ends  # nothing reads them yet; they are what it gives all the same

    def height(name: str) -> tuple[float, float]:
        return graph.nodes[name].y, graph.nodes[name].x

    ports = sorted([*by_source.values(), *free], key=lambda port: height(port.ends[0][0]))
    return ports, sorted(outputs, key=lambda item: height(item[0]))


def _port_names(stem: str, count: int, taken: set[str]) -> list[str]:
    """`input` for one port, input1, input2, ... for several: in their natural order."""
    if count == 1 and stem not in taken:
        taken.add(stem)
        return [stem]
    found: list[str] = []
    number = 1
    while len(found) < count:
        if f"{stem}{number}" not in taken:
            found.append(f"{stem}{number}")
        number += 1
    taken.update(found)
    return found


def _free_height(taken: Sequence[float], y: float) -> float:
    while any(abs(y - other) < CARD[1] + 16 for other in taken):
        y += SNAP
    return y


def extent(graph: Graph, ids: Iterable[str]) -> tuple[float, float, float, float]:
    """left, top, right, bottom of the cards of these nodes, as wide and high as the least card is."""
    nodes = [graph.nodes[node_id] for node_id in ids]
    if not nodes:
        return 0.0, 0.0, CARD[0], CARD[1]
    return (
        min(node.x for node in nodes),
        min(node.y for node in nodes),
        max(node.x for node in nodes) + CARD[0],
        max(node.y for node in nodes) + CARD[1],
    )


def _middle(low: float, high: float, size: float) -> float:
    """Where a card begins that lies in the middle; fold and unpack agree on it."""
    return round(((low + high) - size) / 2 / SNAP) * SNAP


def _marks_inside(graph: Graph, inside: set[str]) -> list[Mark]:
    """Frames all of whose nodes are folded, and notes that lie among the folded nodes."""
    left, top, right, bottom = extent(graph, inside)
    found: list[Mark] = []
    for mark in graph.sorted_marks():
        if isinstance(mark, Frame):
            held = [
                node.id
                for node in graph.nodes.values()
                if mark.x <= node.x + CARD[0] / 2 <= mark.x + mark.width
                and mark.y <= node.y + CARD[1] / 2 <= mark.y + mark.height
            ]
            if held and set(held) <= inside:
                found.append(mark)
    for mark in graph.sorted_marks():
        if isinstance(mark, Frame):
            continue
        boxes = [(left, top, right, bottom), *((f.x, f.y, f.x + f.width, f.y + f.height) for f in found)]
        x, y = mark.x + mark.width / 2, mark.y + mark.height / 2
        if any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in boxes):
            found.append(mark)
    return found


def _title_for(document: Project, marks: Sequence[Mark]) -> str:
    titles = {block.title for block in document.blocks.values()}
    frames = [mark.title for mark in marks if isinstance(mark, Frame) and mark.title]
    if len(frames) == 1 and frames[0] not in titles:
        return frames[0]
    return free_title(titles, "Block")


def free_title(taken: Iterable[str], stem: str) -> str:
    """The first of "Block 1", "Block 2", ... that no definition is called."""
    used = set(taken)
    number = 1
    while f"{stem} {number}" in used:
        number += 1
    return f"{stem} {number}"


# The recipe names the nodes a player trains; they keep being trained.


def _recipe_after_fold(
    recipe: Recipe, before: Sequence[str], inside: set[str], trained: set[str], instance: str
) -> list[Edit]:
    def renamed(player: Player) -> Player:
        names, targets = list(player.nodes), player.targets
        for prefix in before:
            whole = prefix + instance
            moved = {prefix + name: f"{whole}{SEPARATOR}{name}" for name in inside}
            targets = tuple(
                msgspec.structs.replace(
                    target, node=moved.get(target.node, target.node), of=moved.get(target.of, target.of)
                )
                for target in targets
            )
            if {prefix + name for name in trained} <= set(names):
                first = min(names.index(prefix + name) for name in trained)
                names[first] = whole
                names = [name for name in names if name not in {prefix + other for other in inside}]
            else:
                names = [moved.get(name, name) for name in names]
        return msgspec.structs.replace(player, nodes=tuple(names), targets=targets)

    return _with_players(recipe, renamed)


def _recipe_after_unpack(recipe: Recipe, before: Sequence[str], new: Mapping[str, Mapping[str, str]]) -> list[Edit]:
    """`new` gives for each unpacked instance the ids by what they were in it ("conv1", "2__conv1")."""

    def new_names(name: str) -> list[str]:
        replaced = [name]
        for prefix in before:
            for instance, made in new.items():
                whole = prefix + instance
                if name == whole:
                    replaced = [prefix + other for other in made.values()]
                elif name.startswith(whole + SEPARATOR):
                    rest = name.removeprefix(whole + SEPARATOR)
                    # What lies deeper keeps its way from the unpacked node on.
                    for old, other in made.items():
                        if rest == old or rest.startswith(old + SEPARATOR):
                            replaced = [prefix + other + rest.removeprefix(old)]
        return replaced

    def pairs(target: Target) -> Iterator[Target]:
        """A copy of an instance, or one that follows an instance, does so node by node once that is unpacked."""
        opened = [made for prefix in before for name, made in new.items() if prefix + name in (target.node, target.of)]
        inner = [SEPARATOR + name for name in opened[0]] if opened else [""]
        for name in inner:
            (node,), (of,) = new_names(target.node + name), new_names(target.of + name)
            yield msgspec.structs.replace(target, node=node, of=of)

    def renamed(player: Player) -> Player:
        names = dict.fromkeys(new for name in player.nodes for new in new_names(name))
        targets = tuple(pair for target in player.targets for pair in pairs(target))
        return msgspec.structs.replace(player, nodes=tuple(names), targets=targets)

    return _with_players(recipe, renamed)


def _with_players(recipe: Recipe, change: Callable[[Player], Player]) -> list[Edit]:
    def of_phase(phase: Phase) -> Phase:
        players = tuple(change(player) if player.nodes or player.targets else player for player in phase.players)
        return msgspec.structs.replace(phase, players=players)

    changed = msgspec.structs.replace(recipe, phases=tuple(map(of_phase, recipe.phases)))
    return [SetRecipe(recipe=changed)] if changed != recipe else []


# Unpack.


def unpack(project: Project, ids: Iterable[str], document: Project, holder: str = "") -> tuple[Edit, list[str]]:
    """Put what instances hold in their place, once for each repetition; returns the edit and the new ids.

    A definition of which this was the last instance goes with it: all it held is in the graph now. Raises GraphError
    for what is no instance, is bypassed, or shares weights with an instance that stays.
    """
    graph = project.graph
    chosen = [node_id for node_id in dict.fromkeys(ids) if node_id in graph.nodes]
    chosen = [node_id for node_id in chosen if graph.nodes[node_id].type == BLOCK]
    if not chosen:
        raise GraphError("There is no block to unpack.", hint="Select a block first.")
    _refuse_to_unpack(project, chosen)
    copies = _Copies(project)
    for node_id in chosen:
        copies.take(graph.nodes[node_id])
    edits: list[Edit] = [RemoveNode(id=node_id) for node_id in chosen]
    edits += copies.making_room()
    edits += [AddNode(node=node) for node in copies.nodes]
    edits += [Connect(edge=edge) for edge in copies.edges()]
    edits += [PutFrame(frame=mark) if isinstance(mark, Frame) else PutNote(note=mark) for mark in copies.marks]
    edits += _exposed_after_unpack(document, holder, copies.names)
    edits += _recipe_after_unpack(document.recipe, places(document, holder), copies.names)
    for name in dict.fromkeys(definition_id(graph.nodes[node_id]) for node_id in chosen):
        left = [(where, node.id) for where, node in instances(document, name)]
        if all(where == holder and node_id in chosen for where, node_id in left):
            edits.append(RemoveBlock(id=name))
    title = f"Unpack {chosen[0]}" if len(chosen) == 1 else f"Unpack {len(chosen)} blocks"
    return Batch(title=title, edits=tuple(edits)), [node.id for node in copies.nodes]


def _exposed_after_unpack(document: Project, holder: str, new: Mapping[str, Mapping[str, str]]) -> list[Edit]:
    """What instances of the block around set of the unpacked ones goes to the nodes it meant."""
    if not holder:
        return []
    block = document.blocks[holder]
    exposed: list[Exposed] = []
    for item in block.exposed:
        if item.node not in new:
            exposed.append(item)
            continue
        inner = document.blocks[definition_id(block.graph.nodes[item.node])]
        meant = [i for i in inner.exposed if i.name == item.attribute]
        exposed += [
            Exposed(name=item.name, node=made, attribute=i.attribute)
            for i in meant
            for old, made in new[item.node].items()
            if old.rpartition(SEPARATOR)[2] == i.node
        ]
    return [] if tuple(exposed) == block.exposed else [SetBlock(id=holder, title=block.title, exposed=tuple(exposed))]


def _refuse_to_unpack(project: Project, chosen: Sequence[str]) -> None:
    graph = project.graph
    for node_id in chosen:
        node = graph.nodes[node_id]
        if definition_id(node) not in project.blocks:
            raise GraphError(f"What {node_id} holds is not in this project.", where=node_id, hint="Delete it instead.")
        if node.bypassed:
            raise GraphError(f"{node_id} is bypassed.", where=node_id, hint="Stop bypassing it first (Ctrl+B).")
        tied = [node.shares] if node.shares else []
        tied += [other.id for other in graph.nodes.values() if other.shares == node_id]
        outside = [name for name in tied if name not in chosen and name in graph.nodes]
        if outside:
            raise GraphError(
                f"{node_id} shares its weights with {_listed(outside)}.",
                where=node_id,
                hint=f"Unpack {'them' if len(outside) > 1 else 'it'} too, or give each its own weights.",
            )


class _Copies:
    """What instances hold, under free ids and at its place in the graph around them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._graph = project.graph
        self.nodes: list[Node] = []
        self.marks: list[Mark] = []
        self.names: dict[str, dict[str, str]] = {}
        """Instance -> what a node was called in it ("conv1", "2__conv1") -> its new id."""
        self._gone: set[str] = set()
        self._used: set[str] = set()
        self._shift: dict[tuple[str, int], Point] = {}

    def take(self, instance: Node) -> None:
        """Copy what an instance holds, once for each repetition."""
        definition = self._project.blocks[definition_id(instance)]
        graph = definition.graph
        inner = [node for node in graph.sorted_nodes() if node.type not in _PORT]
        left, top, right, bottom = extent(graph, (node.id for node in inner))
        dx = instance.x - _middle(left, right, CARD[0])
        dy = instance.y - _middle(top, bottom, CARD[1])
        step = right - left - CARD[0] + COLUMN
        overrides: dict[str, dict[str, object]] = {}
        for item in definition.exposed:
            if item.name in instance.attributes:
                overrides.setdefault(item.node, {})[item.attribute] = instance.attributes[item.name]
        names = self.names[instance.id] = {}
        self._gone.add(instance.id)
        for number in range(repeats(instance)):
            before = _step(number)
            self._shift[instance.id, number] = (dx + number * step, dy)
            for node in inner:
                names[before + node.id] = self._free(node.id, node.type)
            for node in inner:
                shares = names.get(before + node.shares, "") if node.shares else ""
                if number and instance.attributes.get("tied") is True:
                    shares = names[node.id]
                elif instance.shares in self.names:
                    shares = self.names[instance.shares].get(before + node.id, shares)
                self.nodes.append(
                    msgspec.structs.replace(
                        node,
                        id=names[before + node.id],
                        attributes={**node.attributes, **overrides.get(node.id, {})},
                        x=node.x + dx + number * step,
                        y=node.y + dy,
                        frozen=node.frozen or instance.frozen,
                        shares=shares,
                        weights=_weights_unpacked(instance, node, number),
                    )
                )
            for mark in graph.sorted_marks():
                name = self._free(mark.id, type(mark).__name__)
                self.marks.append(msgspec.structs.replace(mark, id=name, x=mark.x + dx + number * step, y=mark.y + dy))

    def _free(self, name: str, type_name: str) -> str:
        """The id itself where the graph around has none such."""
        taken = name in self._used or (name in self._graph.nodes or name in self._graph.marks)
        made = self._graph.free_id(type_name, self._used) if taken else name
        self._used.add(made)
        return made

    def edges(self) -> list[Edge]:
        """The links inside, and those to the graph around, led to what they meant."""
        found: list[Edge] = []
        for instance in self.names:
            node = self._graph.nodes[instance]
            definition = self._project.blocks[definition_id(node)]
            for number in range(repeats(node)):
                before = _step(number)
                for edge in definition.graph.sorted_edges():
                    if definition.graph.nodes[edge.target].type in _PORT:
                        continue
                    source = self._source(instance, number, edge.source, edge.output)
                    if source is None:
                        continue
                    dx, dy = self._shift[instance, number]
                    within = definition.graph.nodes[edge.source].type not in _PORT
                    found.append(
                        Edge(
                            source=source[0],
                            output=source[1],
                            target=self.names[instance][before + edge.target],
                            input=edge.input,
                            via=tuple((x + dx, y + dy) for x, y in edge.via) if within else (),
                        )
                    )
            for edge in sorted(self._graph.consumers_of(instance), key=lambda e: (natural(e.target), natural(e.input))):
                source = self._outcome(instance, repeats(node) - 1, edge.output)
                if source is not None and edge.target not in self._gone:
                    found.append(Edge(source=source[0], output=source[1], target=edge.target, input=edge.input))
        return found

    def _source(self, instance: str, number: int, source: str, output: str) -> tuple[str, str] | None:
        """What an inner node, or an input port, of a repetition is out here."""
        node = self._graph.nodes[instance]
        definition = self._project.blocks[definition_id(node)]
        seen: set[tuple[str, int, str]] = set()
        while definition.graph.nodes[source].type == BLOCK_INPUT:
            if (instance, number, source) in seen:
                return None
            seen.add((instance, number, source))
            inputs, outputs = definition.ports(BLOCK_INPUT), definition.ports(BLOCK_OUTPUT)
            place = inputs.index(source)
            if number and place < len(outputs):
                edge = definition.graph.inputs_of(outputs[place]).get("input")
                number -= 1
            else:
                edge = self._graph.inputs_of(instance).get(source)
                if edge is None:
                    return None
                if edge.source not in self._gone:
                    return edge.source, edge.output
                instance = edge.source
                node = self._graph.nodes[instance]
                definition = self._project.blocks[definition_id(node)]
                number = repeats(node) - 1
                if edge.output not in definition.graph.nodes:
                    return None
                edge = definition.graph.inputs_of(edge.output).get("input")
            if edge is None:
                return None
            source, output = edge.source, edge.output
        return self.names[instance][_step(number) + source], output

    def _outcome(self, instance: str, number: int, port: str) -> tuple[str, str] | None:
        """What comes out of a port in a repetition."""
        definition = self._project.blocks[definition_id(self._graph.nodes[instance])]
        edge = definition.graph.inputs_of(port).get("input") if port in definition.graph.nodes else None
        return self._source(instance, number, edge.source, edge.output) if edge is not None else None

    def making_room(self) -> list[Edit]:
        """Move what stands at the right away, where the copies would lie on it."""
        boxes = [(node.x, node.y) for node in self.nodes]
        others = [node for node in self._graph.nodes.values() if node.id not in self._gone]
        covered = [
            node for node in others if any(abs(node.x - x) < CARD[0] and abs(node.y - y) < CARD[1] for x, y in boxes)
        ]
        if not covered or not boxes:
            return []
        right = max(x for x, _y in boxes) + COLUMN
        low, high = min(y for _x, y in boxes) - CARD[1], max(y for _x, y in boxes) + CARD[1]
        left = min(self._graph.nodes[name].x for name in self._gone)
        behind = [node for node in others if node.x >= left and low < node.y < high]
        if not behind:
            return []
        by = right - min(node.x for node in behind)
        return [MoveNodes(positions={node.id: (node.x + by, node.y) for node in behind})] if by > 0 else []


def _weights_unpacked(instance: Node, node: Node, number: int) -> str:
    """What an inner node begins with once it stands by itself."""
    outer = weights_of(instance)
    if outer is None:
        return spelled_out(node)
    return str((outer.inside(str(number + 1)) if number else outer).inside(node.id))


def _step(number: int) -> str:
    return f"{number + 1}{SEPARATOR}" if number else ""


def repeats(instance: Node) -> int:
    """How often an instance runs what it holds."""
    count = instance.attributes.get("repeat", 1)
    return min(count, MOST_REPEATS) if type(count) is int and count >= 1 else 1


# One instance.


def make_independent(project: Project, node_id: str) -> Edit:
    """Give an instance a definition of its own, so that others do not change with it. Raises GraphError."""
    node = project.graph.node(node_id)
    definition = project.blocks.get(definition_id(node))
    if definition is None:
        raise GraphError(f"{node_id} is no block.", where=node_id)
    titles = {block_title(block) for block in project.blocks.values()}
    stem = block_title(definition).rstrip("0123456789 ") or block_title(definition)
    number = 2
    while f"{stem} {number}" in titles:
        number += 1
    own = msgspec.structs.replace(
        definition.drawn(), id=free_block_id(project.blocks, definition.id), title=f"{stem} {number}"
    )
    edits: list[Edit] = [AddBlock(block=own), SetAttributes(id=node_id, attributes={"block": own.id})]
    edits += [SetShares(id=other, shares="") for other in _sharing(project.graph, node_id)]
    return Batch(title=f"Make {node_id} independent", edits=tuple(edits))


def _sharing(graph: Graph, node_id: str) -> list[str]:
    """The node itself if it uses another's weights, and all that use its."""
    own = [node_id] if graph.nodes[node_id].shares else []
    return own + [node.id for node in graph.sorted_nodes() if node.shares == node_id]


def link(project: Project, node_id: str, block_id: str, holder: str = "") -> Edit:
    """Make a node an instance of another definition; links go to the ports of the same rank. Raises GraphError."""
    node = project.graph.node(node_id)
    reason = refusal_to_hold(project.blocks, holder, block_id)
    if reason:
        raise GraphError(reason, where=node_id)
    new = project.blocks[block_id]
    known = {"repeat", "tied", *(item.name for item in new.exposed)}
    edits: list[Edit] = [
        SetAttributes(
            id=node_id,
            attributes={"block": block_id},
            unset=tuple(sorted(name for name in node.attributes if name not in known | {"block"})),
        )
    ]
    old = project.blocks.get(definition_id(node))
    edits += [SetShares(id=other, shares="") for other in _sharing(project.graph, node_id)]
    if old is not None:
        edits += _led_to(project.graph, node_id, old, new)
    return Batch(title=f"Make {node_id} a {block_title(new)}", edits=tuple(edits))


def _led_to(graph: Graph, node_id: str, old: BlockDefinition, new: BlockDefinition) -> Iterator[Edit]:
    """Lead the links of an instance to the ports of another definition, by rank."""
    inputs = dict(zip(old.ports(BLOCK_INPUT), new.ports(BLOCK_INPUT), strict=False))
    outputs = dict(zip(old.ports(BLOCK_OUTPUT), new.ports(BLOCK_OUTPUT), strict=False))
    edges = sorted(graph.inputs_of(node_id).values(), key=lambda edge: natural(edge.input))
    yield from (Disconnect(target=node_id, input=edge.input) for edge in edges)
    for edge in edges:
        if edge.input in inputs:
            yield Connect(edge=msgspec.structs.replace(edge, input=inputs[edge.input]))
    for edge in sorted(graph.consumers_of(node_id), key=lambda edge: (natural(edge.target), natural(edge.input))):
        if edge.output in outputs:
            yield Connect(edge=msgspec.structs.replace(edge, output=outputs[edge.output]))
        else:
            yield Disconnect(target=edge.target, input=edge.input)


def set_repeat(project: Project, node_id: str, count: int) -> Edit:
    """Run what an instance holds so often, one behind the other. Raises GraphError."""
    project.graph.node(node_id)
    if not 1 <= count <= MOST_REPEATS:
        raise GraphError(f"A block is repeated 1 to {MOST_REPEATS} times.", where=node_id, found=str(count))
    if count == 1:
        return SetAttributes(id=node_id, unset=("repeat",))
    return SetAttributes(id=node_id, attributes={"repeat": count})


def may_share_with(project: Project, node_id: str) -> list[Node]:
    """Instances whose weights this one could use: of the same definition, repeated as often, not sharing themselves."""
    node = project.graph.nodes[node_id]
    return [
        other
        for other in project.graph.sorted_nodes()
        if other.id != node_id
        and other.type == BLOCK
        and definition_id(other) == definition_id(node)
        and repeats(other) >= repeats(node)
        and not other.shares
        and not other.bypassed
    ]


# Exposed attributes.


def is_exposed(block: BlockDefinition, node_id: str, attribute: str) -> bool:
    """Whether instances set this attribute of an inner node for themselves."""
    return any(item.node == node_id and item.attribute == attribute for item in block.exposed)


def expose(document: Project, block_id: str, node_id: str, attribute: str, name: str = "") -> Edit:
    """Let each instance set an attribute of an inner node. Raises GraphError for a name that cannot be."""
    block = _definition(document, block_id)
    if is_exposed(block, node_id, attribute):
        raise GraphError(f"{attribute} of {node_id} is exposed already.", where=node_id)
    taken = {item.name for item in block.exposed} | RESERVED
    if not name:
        name = next(
            wish
            for wish in (attribute, f"{node_id}_{attribute}", *(f"{attribute}_{n}" for n in range(2, len(taken) + 4)))
            if wish not in taken
        )
    elif name in RESERVED:
        raise GraphError(f"'{name}' is taken: every block has such a setting.", where=node_id)
    exposed = (*block.exposed, Exposed(name=name, node=node_id, attribute=attribute))
    return Batch(
        title=f"Expose {attribute} of {node_id}",
        edits=(SetBlock(id=block_id, title=block.title, exposed=exposed),),
    )


def unexpose(document: Project, block_id: str, node_id: str, attribute: str) -> Edit:
    """Let the inner node decide again; what instances had set under that name goes. Raises GraphError."""
    block = _definition(document, block_id)
    kept = tuple(item for item in block.exposed if (item.node, item.attribute) != (node_id, attribute))
    lost = {item.name for item in block.exposed} - {item.name for item in kept}
    edits: list[Edit] = [SetBlock(id=block_id, title=block.title, exposed=kept)]
    for name in sorted(lost):
        edits += _in_instances(document, block_id, name, lambda _value: {})
    return Batch(title=f"Stop exposing {attribute} of {node_id}", edits=tuple(edits))


def rename_exposed(document: Project, block_id: str, node_id: str, attribute: str, name: str) -> Edit:
    """Call an exposed attribute otherwise; under the name of another one both are set at once. Raises GraphError."""
    block = _definition(document, block_id)
    item = next((i for i in block.exposed if (i.node, i.attribute) == (node_id, attribute)), None)
    if item is None:
        raise GraphError(f"{attribute} of {node_id} is not exposed.", where=node_id)
    new = name.strip()
    if not new or len(new) > 64:
        raise GraphError("An exposed setting needs a name.", where=node_id, expected="1 to 64 letters")
    if new in RESERVED:
        raise GraphError(f"'{new}' is taken: every block has such a setting.", where=node_id)
    exposed = tuple(Exposed(name=new, node=i.node, attribute=i.attribute) if i is item else i for i in block.exposed)
    edits: list[Edit] = [SetBlock(id=block_id, title=block.title, exposed=exposed)]
    if item.name not in {i.name for i in exposed}:
        joined = new in {i.name for i in block.exposed}
        edits += _in_instances(document, block_id, item.name, lambda value: {} if joined else {new: value})
    return Batch(title=f"Rename {item.name} to {new}", edits=tuple(edits))


def _in_instances(
    document: Project, block_id: str, name: str, new: Callable[[Value], dict[str, Value]]
) -> Iterator[Edit]:
    """Take an attribute away from every instance and set what `new` makes of its value."""
    for holder, node in instances(document, block_id):
        if name in node.attributes:
            edit = SetAttributes(id=node.id, attributes=new(node.attributes[name]), unset=(name,))
            yield placed(edit, holder)


# Definitions.


def _definition(document: Project, block_id: str) -> BlockDefinition:
    try:
        return document.blocks[block_id]
    except KeyError:
        raise GraphError(f"There is no block '{block_id[:80]}'.", where=block_id[:80]) from None


def rename(document: Project, block_id: str, title: str) -> Edit:
    """Call a definition otherwise. Raises GraphError."""
    block = _definition(document, block_id)
    return SetBlock(id=block_id, title=title.strip()[:120], exposed=block.exposed)


def remove(document: Project, block_id: str) -> Edit:
    """Remove a definition that nothing uses any more. Raises GraphError, which says where it is used."""
    block = _definition(document, block_id)
    used = instances(document, block_id)
    if used:
        where = _listed([node.id for _holder, node in used])
        raise GraphError(
            f"{block_title(block)} is in use: {where}.", where=used[0][1].id, hint="Delete or unpack these first."
        )
    return RemoveBlock(id=block_id)


def swap_ports(document: Project, block_id: str, first: str, second: str) -> Edit:
    """Let two ports of one side change places; every link stays with what it means. Raises GraphError."""
    block = _definition(document, block_id)
    graph = block.graph
    a, b = graph.node(first), graph.node(second)
    if a.type != b.type or a.type not in _PORT:
        raise GraphError(f"{first} and {second} are not ports of one side.", where=first)
    names = {first: second, second: first}
    edges = [*graph.consumers_of(first), *graph.consumers_of(second)]
    edges += [*graph.inputs_of(first).values(), *graph.inputs_of(second).values()]
    inner: list[Edit] = [RemoveNode(id=first), RemoveNode(id=second)]
    inner += [AddNode(node=msgspec.structs.replace(a, id=second)), AddNode(node=msgspec.structs.replace(b, id=first))]
    inner += [
        Connect(
            edge=msgspec.structs.replace(
                edge, source=names.get(edge.source, edge.source), target=names.get(edge.target, edge.target)
            )
        )
        for edge in sorted(edges, key=lambda edge: (natural(edge.target), natural(edge.input)))
    ]
    title = f"Order the ports of {block_title(block)}"
    edits: list[Edit] = [Inside(block=block_id, inner=Batch(title=title, edits=tuple(inner)))]
    for holder, node in instances(document, block_id):
        around = document.graph if not holder else document.blocks[holder].graph
        edits += [placed(edit, holder) for edit in _swapped(around, node.id, names, a.type == BLOCK_INPUT)]
    return Batch(title=title, edits=tuple(edits))


def _swapped(graph: Graph, node_id: str, names: Mapping[str, str], inputs: bool) -> list[Edit]:
    if not inputs:
        return [
            Connect(edge=msgspec.structs.replace(edge, output=names[edge.output]))
            for edge in sorted(graph.consumers_of(node_id), key=lambda e: (natural(e.target), natural(e.input)))
            if edge.output in names
        ]
    edges = [edge for name, edge in sorted(graph.inputs_of(node_id).items()) if name in names]
    gone: list[Edit] = [Disconnect(target=node_id, input=edge.input) for edge in edges]
    return gone + [Connect(edge=msgspec.structs.replace(edge, input=names[edge.input])) for edge in edges]
