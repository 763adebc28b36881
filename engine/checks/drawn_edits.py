"""Takes an edit of a flat graph back to the drawing: into the definition that holds the node, or to the instance."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from engine.document.block import BLOCK_INPUT, BLOCK_OUTPUT
from engine.document.edit import DataEdit
from engine.document.edits import (
    AddNode,
    Batch,
    Connect,
    Disconnect,
    Edit,
    Inside,
    RemoveNode,
    SetAttributes,
    SetBypassed,
    SetFrozen,
    SetShares,
    SetTitle,
    SetType,
    SetWeights,
    title,
)
from engine.document.flat import Flattening, Place
from engine.document.graph import Edge, Graph, Value


class _Untranslatable(Exception):
    """The edit joins what is drawn in different graphs."""


def drawn_edit(edit: Edit, flattening: Flattening) -> Edit | None:
    """The edit of the drawing that does the same; None when there is none (it would join two blocks)."""
    if flattening.project is flattening.source or isinstance(edit, DataEdit):
        return edit
    parts = edit.edits if isinstance(edit, Batch) else (edit,)
    try:
        # Many nodes of an instance may come to one and the same edit of it.
        translated = [part for part, _ in itertools.groupby(_Translation(flattening, parts).edits())]
        return Batch(title=title(edit), edits=tuple(translated))
    except _Untranslatable:
        return None


@dataclass(frozen=True, slots=True)
class _Scope:
    """A drawn graph, seen from one instance."""

    prefix: str
    block: str


_TOP = _Scope("", "")


class _Translation:
    """The parts of one edit, and the new nodes among them."""

    def __init__(self, flattening: Flattening, parts: tuple[Edit, ...]) -> None:
        self._flat = flattening
        self._parts = parts
        self._new: dict[str, tuple[_Scope, str]] = {}
        self._place_new_nodes()

    def edits(self) -> Iterator[Edit]:
        for part in self._parts:
            for scope, local in self._all_translated(part):
                yield Inside(block=scope.block, inner=local) if scope.block else local

    def _place_new_nodes(self) -> None:
        """A new node is drawn where those are drawn that it is linked to."""
        added = {part.node.id: part.node for part in self._parts if isinstance(part, AddNode)}
        edges = [part.edge for part in self._parts if isinstance(part, Connect)]
        scopes: dict[str, _Scope] = {}
        for _ in added:
            for edge in edges:
                for new, other in ((edge.source, edge.target), (edge.target, edge.source)):
                    if new in added and new not in scopes:
                        if other in scopes:
                            scopes[new] = scopes[other]
                        elif other not in added:
                            scopes[new] = self._end(edge, source=other == edge.source)[0]
        taken: dict[str, list[str]] = {}
        for node_id, node in added.items():
            scope = scopes.get(node_id, _TOP)
            names = taken.setdefault(scope.block, [])
            names.append(self._graph(scope).free_id(node.type, names))
            self._new[node_id] = (scope, names[-1])

    def _graph(self, scope: _Scope) -> Graph:
        project = self._flat.source
        return project.blocks[scope.block].graph if scope.block else project.graph

    def _place(self, node_id: str) -> tuple[_Scope, str]:
        new = self._new.get(node_id)
        if new is not None:
            return new
        place = self._flat.places.get(node_id)
        if place is None:
            raise _Untranslatable
        return _Scope(place.prefix, place.block), place.node

    def _end(self, edge: Edge, *, source: bool) -> tuple[_Scope, str, str]:
        """Where an end of a link is drawn: scope, node, port. The ports of an instance are drawn at its box."""
        node_id = edge.source if source else edge.target
        port = edge.output if source else edge.input
        node = self._flat.project.graph.nodes.get(node_id)
        place = self._flat.places.get(node_id)
        at_box = BLOCK_OUTPUT if source else BLOCK_INPUT
        if node is not None and place is not None and place.prefix and node.type == at_box:
            instance = self._flat.instances[place.prefix]
            return _Scope(instance.prefix, instance.block), instance.node, place.node
        scope, local = self._place(node_id)
        return scope, local, port

    def _translated(self, part: Edit) -> tuple[_Scope, Edit]:
        match part:
            case AddNode(node=node):
                scope, local = self._place(node.id)
                return scope, AddNode(node=msgspec.structs.replace(node, id=local))
            case Connect(edge=edge):
                scope, source, output = self._end(edge, source=True)
                other, target, port = self._end(edge, source=False)
                if scope != other or source == target:
                    raise _Untranslatable
                return scope, Connect(edge=Edge(source=source, target=target, output=output, input=port))
            case Disconnect(target=target, input=port):
                scope, target, port = self._end(Edge(source="", target=target, input=port), source=False)
                return scope, Disconnect(target=target, input=port)
            case SetAttributes(id=node_id):
                return self._attributes(part, node_id)
            case RemoveNode(id=node_id) | SetType(id=node_id) | SetTitle(id=node_id) | SetShares(id=node_id):
                scope, local = self._place(node_id)
                return scope, msgspec.structs.replace(part, id=local)
            case SetWeights(id=node_id):
                scope, local = self._holder_of_weights(node_id)
                return scope, msgspec.structs.replace(part, id=local)
            case SetFrozen(ids=(node_id,)) | SetBypassed(ids=(node_id,)):
                scope, local = self._place(node_id)
                return scope, msgspec.structs.replace(part, ids=(local,))
            case _:
                raise _Untranslatable

    def _all_translated(self, part: Edit) -> list[tuple[_Scope, Edit]]:
        match part:
            case SetFrozen(ids=(node_id,), frozen=False):
                return self._thawed(node_id)
            case _:
                return [self._translated(part)]

    def _thawed(self, node_id: str) -> list[tuple[_Scope, Edit]]:
        """A node learns again when it and all instances around it do: each that is frozen is told."""
        scope, local = self._place(node_id)
        way = [(scope, local)]
        while scope.prefix:
            instance = self._flat.instances[scope.prefix]
            scope = _Scope(instance.prefix, instance.block)
            way.append((scope, instance.node))
        frozen = [place for place in way if self._graph(place[0]).node(place[1]).frozen]
        return [(scope, SetFrozen(ids=(local,), frozen=False)) for scope, local in frozen or way[:1]]

    def _holder_of_weights(self, node_id: str) -> tuple[_Scope, str]:
        """Where it is drawn what a node begins with: the outermost instance around it that says so, or the node."""
        found = self._place(node_id)
        scope = found[0]
        while scope.prefix:
            instance = self._flat.instances[scope.prefix]
            scope = _Scope(instance.prefix, instance.block)
            if self._graph(scope).node(instance.node).weights:
                found = scope, instance.node
        return found

    def _attributes(self, part: SetAttributes, node_id: str) -> tuple[_Scope, Edit]:
        """An attribute that instances set for themselves is set at the instance."""
        scope, local = self._place(node_id)
        place = self._flat.places.get(node_id)
        if place is None or not place.prefix:
            return scope, msgspec.structs.replace(part, id=local)
        exposed = {
            item.attribute: item.name
            for item in self._flat.source.blocks[place.block].exposed
            if item.node == place.node
        }
        touched = {*part.attributes, *part.unset}
        if not touched & exposed.keys():
            return scope, msgspec.structs.replace(part, id=local)
        if not touched <= exposed.keys():
            raise _Untranslatable
        instance: Place = self._flat.instances[place.prefix]
        values: dict[str, Value] = {exposed[name]: value for name, value in part.attributes.items()}
        return _Scope(instance.prefix, instance.block), SetAttributes(
            id=instance.node, attributes=values, unset=tuple(exposed[name] for name in part.unset)
        )
