"""Linking by keyboard: a box that lists what a node can be linked to, and one that lists the links it has."""

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint

from engine.checks.connection import beyond, reaches, refusal
from engine.document.edits import Connect, Disconnect, Edit
from engine.document.graph import Edge
from engine.errors import GraphError
from gui.design import graph_edits
from gui.design.canvas.finder import Finder, Offer

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

_MOST: Final = 40
_ALL: Final = "all links"


class LinkFinder:
    """Opens the finder beside the selected node."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        self._canvas = canvas
        self._edges: dict[str, Edge] = {}  # what the offers stand for; refilled whenever the list is
        self._removing = False  # set on opening: the list shows links to remove, not to make
        self.finder = Finder("design.link", "Link a node", canvas)
        self.finder.picked.connect(self._on_picked)

    def connect(self) -> None:
        """Link the selected nodes in their order from left to right; with one, ask what it shall be linked to."""
        chosen = self._chosen()
        if len(chosen) > 1:
            self._join(chosen)
        elif chosen:
            self._removing = False
            self._ask(chosen[0], f"Link {chosen[0]} to", "Nothing else is called that.")

    def disconnect(self) -> None:
        """Ask which link of the selected node to remove; with several nodes remove all links at them."""
        chosen = self._chosen()
        if len(chosen) > 1:
            self._remove(self._links_at(chosen))
        elif chosen:
            self._removing = True
            self._ask(chosen[0], f"Remove a link of {chosen[0]}", "It has no such link.")

    # Inside.

    def _chosen(self) -> list[str]:
        geometry = self._canvas.geometry_store
        found = [node for node in self._canvas.selection.nodes if node in geometry.row_of]
        return sorted(found, key=lambda node: (*geometry.boxes[geometry.row_of[node], :2].tolist(), node))

    def _ask(self, node: str, prompt: str, nothing: str) -> None:
        canvas = self._canvas
        x, y, width, _height = canvas.geometry_store.boxes[canvas.geometry_store.row_of[node]].tolist()
        at = canvas.view.to_screen(x + width + 16, y)
        offers = self._links if self._removing else self._partners
        self.finder.ask(
            lambda text: offers(node, text),
            QPoint(round(at[0]), round(at[1])),
            prompt=prompt,
            nothing=lambda _: nothing,
        )

    def _partners(self, node: str, text: str) -> Sequence[Offer]:
        """Nodes whose name has the words, nearest first; what fits before what does not, which says why."""
        canvas = self._canvas
        project, checker = canvas.project.project, canvas.project.checker
        geometry = canvas.geometry_store
        words = text.lower().split()
        row = geometry.row_of.get(node)
        if row is None:
            return ()
        far = abs(geometry.boxes[:, :2] - geometry.boxes[row, :2]).sum(axis=1)
        ahead = beyond(project.graph, node, forward=True)
        behind = beyond(project.graph, node, forward=False)
        fitting: list[Offer] = []
        refused: list[Offer] = []
        self._edges = {}
        for other_row in far.argsort(kind="stable").tolist():
            face = geometry.faces[other_row]
            whole = f"{face.id} {face.title}".lower()
            if face.id == node or not all(word in whole for word in words):
                continue
            for edge in self._both_ways(node, face.id):
                forward = edge.source == node
                circle = edge.target in behind if forward else edge.source in ahead
                reason = refusal(project, checker, edge, circle=circle) or ""
                key = f"{edge.source} {edge.output} {edge.target} {edge.input}"
                port = edge.input if forward else edge.output
                caption = f"{'→' if forward else '←'} {face.id}" + (f" · {port}" if port not in _PLAIN else "")
                taken = edge.input in project.graph.inputs_of(edge.target)
                says = reason or (f"Replaces the link from {self._feeder(edge)}." if taken else face.title)
                note = "does not fit" if reason else "replaces" if taken else ""
                self._edges[key] = edge
                (refused if reason else fitting).append(Offer(key, caption, note, f"family.{face.color}", says))
            if len(fitting) + len(refused) >= _MOST:
                break
        free = [offer for offer in fitting if not offer.note]
        return [*free, *(offer for offer in fitting if offer.note), *refused]

    def _both_ways(self, node: str, other: str) -> Iterable[Edge]:
        """The links that could be made between two nodes: to the input that suits best, and from the first output."""
        project, checker = self._canvas.project.project, self._canvas.project.checker
        graph = project.graph
        for source, target in ((node, other), (other, node)):
            outputs = graph_edits.output_ports(graph.node(source), checker)
            ports = graph_edits.input_ports(graph.node(target), checker)
            if not outputs or not ports:
                continue
            wanted = graph_edits.free_input(project, checker, target, source, outputs[0]) or ports[0]
            edge = Edge(source=source, output=outputs[0], target=target, input=wanted.name)
            if graph.inputs_of(target).get(wanted.name) != edge:
                yield edge

    def _feeder(self, edge: Edge) -> str:
        return self._canvas.project.project.graph.inputs_of(edge.target)[edge.input].source

    def _links(self, node: str, text: str) -> Sequence[Offer]:
        words = text.lower().split()
        self._edges = {}
        found = []
        for edge in self._links_at([node]):
            other = edge.target if edge.source == node else edge.source
            key = f"{edge.target} {edge.input}"
            caption = f"{'→' if edge.source == node else '←'} {other}"
            port = edge.input if edge.input not in _PLAIN else ""
            if all(word in f"{other} {port}".lower() for word in words):
                self._edges[key] = edge
                found.append(Offer(key, caption, port, "edge", f"The link from {edge.source} to {edge.target}."))
        if len(found) > 1 and not words:
            found.append(Offer(_ALL, "All of them", str(len(found)), "error", f"All links of {node}, as one step."))
        return found

    def _links_at(self, nodes: Iterable[str]) -> list[Edge]:
        graph = self._canvas.project.project.graph
        found: dict[tuple[str, str], Edge] = {}
        for node in nodes:
            for edge in (*graph.inputs_of(node).values(), *graph.consumers_of(node)):
                found[edge.target, edge.input] = edge
        return list(found.values())

    def _on_picked(self, key: str) -> None:
        if self._removing:
            self._remove(list(self._edges.values()) if key == _ALL else [self._edges[key]])
            return
        edge = self._edges[key]
        model = self._canvas.project
        reason = refusal(model.project, model.checker, edge)
        if reason:
            model.refused.emit(GraphError(reason, where=edge.target))
        else:
            self._canvas.do(Connect(edge=edge))

    def _remove(self, edges: Sequence[Edge]) -> None:
        edits: list[Edit] = [Disconnect(target=edge.target, input=edge.input) for edge in edges]
        if edits:
            self._canvas.do(graph_edits.batch(f"Remove {len(edits)} links", edits))

    def _join(self, chosen: Sequence[str]) -> None:
        """Link each node to the next one, where it fits; says why when nothing does."""
        model = self._canvas.project
        project, checker = model.project, model.checker
        edits: list[Edit] = []
        reasons: list[str] = []
        for source, target in itertools.pairwise(chosen):
            outputs = graph_edits.output_ports(project.graph.node(source), checker)
            ports = graph_edits.input_ports(project.graph.node(target), checker)
            if not outputs or not ports:
                empty = f"{source} gives nothing on" if not outputs else f"{target} takes no link"
                reasons.append(f"{empty}.")
                continue
            wanted = graph_edits.free_input(project, checker, target, source, outputs[0]) or ports[0]
            edge = Edge(source=source, output=outputs[0], target=target, input=wanted.name)
            reason = refusal(project, checker, edge)
            back = next((node for node in chosen if node != target and reaches(checker, target, node)), "")
            if reason or (back and chosen.index(back) < chosen.index(target)):
                reasons.append(reason or f"{target} leads to {back} already; this would make a circle.")
            elif edge not in project.graph.inputs_of(target).values():
                edits.append(Connect(edge=edge))
        if edits:
            self._canvas.do(graph_edits.batch(f"Connect {len(chosen)} nodes", edits))
        elif reasons:
            model.refused.emit(GraphError(reasons[0], where=chosen[0]))


_PLAIN: Final = frozenset({"input", "output"})
"""Ports that are the only ones of most layers; naming them says nothing."""
