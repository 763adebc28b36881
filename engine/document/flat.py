"""A project with blocks as one without: every instance is replaced by what its definition holds.

Inner node `conv1` of instance `block1` becomes `block1__conv1`, in the second repetition `block1__2__conv1`. Ports stay
as nodes that pass their tensor on. Checks, compiler and export know nothing of blocks but this. A project without
instances is its own flat project.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from engine.document.block import BLOCK, BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition, definition_id
from engine.document.edits import Change
from engine.document.graph import Edge, Graph, Node, Value
from engine.document.node_weights import WeightsOf, spelled_out, weights_of
from engine.document.project import Project
from engine.document.recipe import Phase, Player, Recipe, Target

SEPARATOR: Final = "__"
_BETWEEN: Final = " › "
MOST_REPEATS: Final = 1000
MOST_NODES: Final = 50_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node of the flat graph is drawn: node `node` in the graph of `block` (empty: the project's own).

    `prefix` is that of the instance it was reached through ("block1__"), empty at the top.
    """

    prefix: str
    block: str
    node: str


@dataclass(frozen=True, slots=True)
class BlockFault:
    """Why an instance could not be replaced as it is drawn; `instance` is its flat id."""

    instance: str
    message: str
    hint: str = ""


@dataclass(slots=True)
class Flat:
    """A flat graph, where its nodes and (by the prefix of their inner nodes) instances are drawn, and what is wrong."""

    graph: Graph
    places: dict[str, Place] = field(default_factory=dict)
    instances: dict[str, Place] = field(default_factory=dict)
    faults: list[BlockFault] = field(default_factory=list)


def in_words(flat_id: str) -> str:
    """A flat id as it is read: the instances on the way and the node, "encoder › conv1"."""
    return flat_id.replace(SEPARATOR, _BETWEEN)


def has_blocks(project: Project) -> bool:
    """Whether the project's own graph holds an instance."""
    return any(node.type == BLOCK for node in project.graph.nodes.values())


def flattened(project: Project) -> Project:
    """The project with every instance replaced; itself when there is none."""
    return _with(project, flatten(project).graph) if has_blocks(project) else project


def _with(project: Project, graph: Graph) -> Project:
    return Project(
        name=project.name,
        data=project.data,
        graph=graph,
        recipe=_recipe(project.recipe, graph),
        view=project.view,
    )


def _recipe(recipe: Recipe, graph: Graph) -> Recipe:
    """The recipe with the inner nodes in the place of each instance a player trains or lets follow another."""
    if not any(player.nodes or player.targets for phase in recipe.phases for player in phase.players):
        return recipe

    def inside(name: str) -> list[str]:
        return [] if name in graph.nodes else [i for i in graph.nodes if i.startswith(name + SEPARATOR)]

    def following(target: Target) -> list[Target]:
        """A pair for each inner node with weights of its own on both sides; the target itself where it is no pair."""
        pairs = [(node, target.of + node.removeprefix(target.node)) for node in inside(target.node)]
        pairs = [(node, of) for node, of in pairs if of in graph.nodes]
        return [msgspec.structs.replace(target, node=node, of=of) for node, of in pairs] or [target]

    def opened(player: Player) -> Player:
        nodes = [node for name in player.nodes for node in inside(name) or [name]]
        targets = [pair for target in player.targets for pair in following(target)]
        return msgspec.structs.replace(player, nodes=tuple(nodes), targets=tuple(targets))

    def with_players(phase: Phase) -> Phase:
        return msgspec.structs.replace(phase, players=tuple(map(opened, phase.players)))

    return msgspec.structs.replace(recipe, phases=tuple(map(with_players, recipe.phases)))


def prefixes(prefix: str, instance: Node) -> list[str]:
    """The prefixes of an instance's inner nodes, one for each repetition."""
    count = _repeats(instance)
    own = f"{prefix}{instance.id}{SEPARATOR}"
    return [own, *(f"{own}{number}{SEPARATOR}" for number in range(2, count + 1))]


def _repeats(instance: Node) -> int:
    count = instance.attributes.get("repeat", 1)
    return min(count, MOST_REPEATS) if type(count) is int and count >= 1 else 1


@dataclass(slots=True)
class _Part:
    """One graph to be copied into the flat one."""

    graph: Graph
    prefix: str
    block: str
    overrides: Mapping[str, Mapping[str, Value]]
    frozen: bool
    owner: str | None  # prefix of the part whose parameters this one uses
    chain: tuple[str, ...]
    weights: WeightsOf | None = None  # of the instance it was reached through: what all inside begins with


def flatten(project: Project) -> Flat:
    """Replace every instance. A definition that is missing, or holds itself, stays a node and is told in `faults`."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    flat = Flat(Graph())
    waiting = [_Part(project.graph, "", "", {}, False, None, ())]
    while waiting:
        part = waiting.pop()
        opened: dict[str, BlockDefinition] = {}
        for node in part.graph.nodes.values():
            changed = part.overrides.get(node.id)
            own = msgspec.structs.replace(node, attributes={**node.attributes, **changed}) if changed else node
            definition = _definition(project, part, own, flat.faults)
            if definition is not None and len(nodes) >= MOST_NODES:
                told = f"Opened, the network would have more than {MOST_NODES:,} nodes."
                flat.faults.append(BlockFault(part.prefix + node.id, told, "Repeat it less often."))
                definition = None
            if definition is not None:
                opened[node.id] = definition
                for inner in _parts(project, part, own, definition, edges, flat.faults):
                    flat.instances[inner.prefix] = Place(part.prefix, part.block, node.id)
                    waiting.append(inner)
            else:
                copied = _copied(part, own)
                nodes.append(copied)
                flat.places[copied.id] = Place(part.prefix, part.block, node.id)
        edges.extend(_edges(part, opened, flat.faults))
    flat.graph = Graph.of_parts(nodes, edges)
    return flat


def _definition(project: Project, part: _Part, node: Node, faults: list[BlockFault]) -> BlockDefinition | None:
    if node.type != BLOCK:
        return None
    name = definition_id(node)
    found = project.blocks.get(name)
    if found is None:
        told = f"There is no block '{name[:80]}' in this project." if name else "It names no block."
        faults.append(BlockFault(part.prefix + node.id, told, "Remove it, or add the block again."))
    elif name in part.chain:
        faults.append(BlockFault(part.prefix + node.id, f"Block '{name}' holds itself.", "Remove it from the block."))
        return None
    return found


def _copied(part: _Part, node: Node) -> Node:
    """A node as it stands in the flat graph; the node itself at the top."""
    if not part.prefix:
        return node
    shares = ""
    if part.owner is not None:
        shares = part.owner + node.id
    elif node.shares:
        shares = part.prefix + node.shares
    return msgspec.structs.replace(
        node,
        id=part.prefix + node.id,
        frozen=node.frozen or part.frozen,
        bypassed=node.bypassed,
        shares=shares,
        weights=str(part.weights.inside(node.id)) if part.weights is not None else spelled_out(node),
    )


def _parts(
    project: Project,
    part: _Part,
    node: Node,
    definition: BlockDefinition,
    edges: list[Edge],
    faults: list[BlockFault],
) -> Iterator[_Part]:
    """The copies an instance stands for, linked one behind the other."""
    overrides: dict[str, dict[str, Value]] = {}
    for item in definition.exposed:
        if item.name in node.attributes:
            overrides.setdefault(item.node, {})[item.attribute] = node.attributes[item.name]
    graph = _passing(definition) if node.bypassed else definition.graph
    inputs, outputs = definition.ports(BLOCK_INPUT), definition.ports(BLOCK_OUTPUT)
    places = prefixes(part.prefix, node)[: 1 if node.bypassed else None]
    owners = _owners(project, part, node, places, faults)
    weights = part.weights.inside(node.id) if part.weights is not None else weights_of(node)
    for number, place in enumerate(places):
        yield _Part(
            graph=graph,
            prefix=place,
            block=definition.id,
            overrides=overrides,
            frozen=node.frozen or part.frozen,
            owner=owners[number],
            chain=(*part.chain, definition.id),
            weights=_repeated(weights, number),
        )
        if number:
            # What comes out goes in again; inputs beyond the outputs (a memory, a mask) are the same each time.
            for source, target in zip(outputs, inputs, strict=False):
                edges.append(Edge(source=places[number - 1] + source, target=place + target))
            for target in inputs[len(outputs) :]:
                edges.append(Edge(source=places[0] + target, target=place + target))


def _repeated(weights: WeightsOf | None, number: int) -> WeightsOf | None:
    """Of the copies of a repeated instance, what each begins with: that of the second is found under 2."""
    return weights.inside(str(number + 1)) if weights is not None and number else weights


def _owners(project: Project, part: _Part, node: Node, places: list[str], faults: list[BlockFault]) -> list[str | None]:
    """For each copy, the prefix of the one whose parameters it uses."""
    if part.owner is not None:
        return list(prefixes(part.owner, node)[: len(places)])
    if node.shares:
        other = part.graph.nodes.get(node.shares)
        if other is not None and other.id != node.id and definition_id(other) == definition_id(node):
            theirs = prefixes(part.prefix, other)
            if len(theirs) >= len(places) and not other.bypassed:
                return list(theirs[: len(places)])
        faults.append(
            BlockFault(
                part.prefix + node.id,
                f"It should use the weights of '{node.shares[:80]}', which is not the same block repeated as often.",
                "Give it its own weights, or choose another instance of the same block.",
            )
        )
    if node.attributes.get("tied") is True:
        return [None, *([places[0]] * (len(places) - 1))]
    return [None] * len(places)


def _passing(definition: BlockDefinition) -> Graph:
    """What is left of a bypassed instance: each output passes on the input of its rank."""
    graph = definition.graph
    inputs, outputs = definition.ports(BLOCK_INPUT), definition.ports(BLOCK_OUTPUT)
    edges = [
        Edge(source=inputs[min(number, len(inputs) - 1)], target=name) for number, name in enumerate(outputs) if inputs
    ]
    return Graph.of_parts([graph.node(name) for name in (*inputs, *outputs)], edges)


def _edges(part: _Part, opened: Mapping[str, BlockDefinition], faults: list[BlockFault]) -> Iterator[Edge]:
    """The links of a graph, those of instances led to the ports inside."""
    for edge in part.graph.edges:
        source, output = part.prefix + edge.source, edge.output
        target, port = part.prefix + edge.target, edge.input
        giving, taking = opened.get(edge.source), opened.get(edge.target)
        if part.prefix and part.graph.node(edge.target).type == BLOCK_INPUT:
            told = f"Inside, a link ends at '{edge.target}', which is filled from outside."
            faults.append(BlockFault(part.prefix.removesuffix(SEPARATOR), told, "Remove the link."))
            continue
        if giving is not None:
            if output not in giving.ports(BLOCK_OUTPUT):
                faults.append(_lost(part.prefix + edge.source, "output", output))
                continue
            node = part.graph.node(edge.source)
            last = prefixes(part.prefix, node)[0 if node.bypassed else -1]
            source, output = last + output, "output"
        if taking is not None:
            if port not in taking.ports(BLOCK_INPUT):
                faults.append(_lost(part.prefix + edge.target, "input", port))
                continue
            target, port = f"{target}{SEPARATOR}{port}", "input"
        if giving is None and taking is None and not part.prefix:
            yield edge
        else:
            yield Edge(source=source, target=target, output=output, input=port)


def _lost(instance: str, side: str, port: str) -> BlockFault:
    return BlockFault(
        instance,
        f"A link is at {side} '{port[:80]}', which the block does not have any more.",
        "Remove the link, or add the port to the block again.",
    )


class Flattening:
    """The flat form of a project, kept up to date edit by edit."""

    def __init__(self, project: Project) -> None:
        self._source = project
        self.project = project
        """The flat project; another object after an edit that brings in the first instance or takes out the last."""
        self.places: dict[str, Place] = {}
        self.instances: dict[str, Place] = {}
        self.faults: tuple[BlockFault, ...] = ()
        self.refresh()

    @property
    def source(self) -> Project:
        """The project as it is drawn."""
        return self._source

    def refresh(self) -> None:
        """Start over."""
        self.project, self.places, self.instances, self.faults = self._source, {}, {}, ()
        if has_blocks(self._source):
            flat = flatten(self._source)
            self.project = _with(self._source, flat.graph)
            self.places, self.instances, self.faults = flat.places, flat.instances, tuple(flat.faults)

    def update(self, change: Change) -> Change | None:
        """Take in an applied edit of the project; returns what it touched in the flat one, None for everything."""
        if self.project is self._source and not self._brings_blocks(change.nodes):
            return change
        before = self.project.graph
        if self.project is not self._source and _is_only_looks(change):
            return self._looks(change)
        if self.project is self._source or not has_blocks(self._source):
            self.refresh()
            return None
        flat = flatten(self._source)
        touched, moved = _differing(before, flat.graph)
        self.project.name, self.project.data, self.project.view = (
            self._source.name,
            self._source.data,
            self._source.view,
        )
        self.project.graph = flat.graph
        self.project.recipe = _recipe(self._source.recipe, flat.graph)
        told = {fault.instance for fault in (*self.faults, *flat.faults)}
        self.places, self.instances, self.faults = flat.places, flat.instances, tuple(flat.faults)
        return Change(
            nodes=frozenset(touched | (told & set(flat.graph.nodes))),
            moved=frozenset(moved),
            data=change.data,
            samples=change.samples,
            recipe=change.recipe,
            name=change.name,
        )

    def _looks(self, change: Change) -> Change:
        """Take in what moved, or was called otherwise: while nodes are dragged nothing is put together anew."""
        self.project.name, self.project.data, self.project.view = (
            self._source.name,
            self._source.data,
            self._source.view,
        )
        flat, drawn = self.project.graph, self._source.graph.nodes
        moved = frozenset(name for name in change.moved if name in flat.nodes and name in drawn)
        for name in moved:
            flat.replace(drawn[name])
        return Change(moved=moved, samples=change.samples, name=change.name)

    def _brings_blocks(self, ids: Iterable[str]) -> bool:
        nodes = self._source.graph.nodes
        return any((node := nodes.get(name)) is not None and node.type == BLOCK for name in ids)


def _is_only_looks(change: Change) -> bool:
    """Whether nothing that computes was touched, in the project's own graph or in a block."""
    return not (change.nodes or change.blocks or change.data or change.recipe)


def _differing(before: Graph, after: Graph) -> tuple[set[str], set[str]]:
    """Ids of nodes that are new, gone or changed in what they compute or take; and of those that only moved."""
    touched: set[str] = before.nodes.keys() ^ after.nodes.keys()
    moved: set[str] = set()
    for node_id, node in after.nodes.items():
        old = before.nodes.get(node_id)
        if old is node or old is None:
            pass
        elif old == node:
            after.replace(old)  # the checks know a node that has not changed by its identity
        elif msgspec.structs.replace(old, x=node.x, y=node.y, title=node.title) == node:
            moved.add(node_id)
        else:
            touched.add(node_id)
    for node_id in before.nodes.keys() | after.nodes.keys():
        ours, theirs = before.inputs_of(node_id), after.inputs_of(node_id)
        if ours is not theirs and ours != theirs:
            touched.add(node_id)
            touched.update(edge.source for edge in (*ours.values(), *theirs.values()))
    return touched, moved
