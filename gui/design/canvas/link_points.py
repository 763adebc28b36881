"""The points a link is led through, as the user handles them: shown, selected, moved by keys, removed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter

from engine.document.edits import Route
from engine.document.graph import Edge, InputKey, Point
from gui.design.canvas.commands import NUDGE
from gui.design.canvas.gestures.gesture import Pointer
from gui.design.canvas.gestures.reroute import Reroute, paint_points, place_for
from gui.design.canvas.hit import Hit, Kind

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

REACH_PX: Final = 9.0

_Key = Qt.Key
_ARROWS: Final = {
    int(_Key.Key_Left): (-NUDGE, 0.0),
    int(_Key.Key_Right): (NUDGE, 0.0),
    int(_Key.Key_Up): (0.0, -NUDGE),
    int(_Key.Key_Down): (0.0, NUDGE),
}


class LinkPoints:
    """Points of one link at a time can be taken hold of: of the one under the pointer, or the selected one."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        self._canvas = canvas
        self._selected: tuple[InputKey, int] | None = None

    @property
    def selected(self) -> int | None:
        """The number of the point that keys move, on the selected link; None for none."""
        if self._selected is None:
            return None
        link, point = self._selected
        edge = self._edge(link)
        return point if edge is not None and link == self._canvas.selected_link and point < len(edge.via) else None

    def select(self, link: InputKey | None, point: int | None) -> None:
        """Select a point of a link, and the link."""
        self._selected = (link, point) if link is not None and point is not None else None
        if link is not None:
            self._canvas.select_link(link)
        self._canvas.update()

    def at(self, under: Hit, pointer: Pointer) -> Hit:
        """The point that lies under the pointer, else what was found there."""
        if under.kind not in (Kind.NOTHING, Kind.LINK, Kind.FRAME, Kind.NOTE, Kind.MARK_EDGE):
            return under
        reach = REACH_PX / self._canvas.view.zoom
        for link in dict.fromkeys((under.link, self._canvas.selected_link, self._canvas.hovered_link)):
            edge = self._edge(link)
            if edge is None or not edge.via:
                continue
            points = np.array(edge.via)
            distances = np.hypot(points[:, 0] - pointer.x, points[:, 1] - pointer.y)
            if distances.min() <= reach:
                return Hit(Kind.POINT, link=link, point=int(distances.argmin()))
        return under

    def press(self, pointer: Pointer, under: Hit) -> Reroute | None:
        """The gesture that begins on a link or on a point of it."""
        if under.link is None:
            return None
        self._canvas.selection.set_nodes(())
        if under.kind is Kind.POINT:
            self.select(under.link, under.point)
            return Reroute(self._canvas, pointer, under.link, under.point)
        self.select(under.link, None)
        return Reroute(self._canvas, pointer, under.link, now=pointer.alt)

    def released(self, gesture: Reroute) -> None:
        """What was dragged stays selected."""
        if gesture.shown is not None:
            self.select(*gesture.shown)

    def add(self, link: InputKey, x: float, y: float) -> None:
        """Put a point into a link, near a place on it."""
        edge = self._edge(link)
        if edge is None:
            return
        place = place_for(self._canvas.geometry_store, link, x, y)
        point = (round(x / NUDGE) * NUDGE, round(y / NUDGE) * NUDGE)
        if self._route(link, (*edge.via[:place], point, *edge.via[place:])):
            self.select(link, place)

    def add_in_the_middle(self, link: InputKey) -> None:
        """Put a point into the middle of a link."""
        row = self._canvas.geometry_store.link_of.get(link)
        if row is not None:
            x, y = self._canvas.geometry_store.middles(np.array([row]))[0].tolist()
            self.add(link, x, y)

    def remove(self, link: InputKey, point: int) -> None:
        """Take a point out of a link."""
        edge = self._edge(link)
        if edge is not None and point < len(edge.via):
            self._route(link, (*edge.via[:point], *edge.via[point + 1 :]))
            self.select(link, None)

    def remove_all(self, link: InputKey) -> None:
        """Let a link run as it would by itself."""
        self._route(link, ())
        self.select(link, None)

    def remove_selected(self) -> bool:
        """Take out the selected point; False when there is none."""
        point, link = self.selected, self._canvas.selected_link
        if point is None or link is None:
            return False
        self.remove(link, point)
        return True

    def place(self, found: Hit) -> Point:
        """Where a link, or a point of it, lies on the canvas."""
        geometry = self._canvas.geometry_store
        if found.link is None:
            return 0.0, 0.0
        row = geometry.link_of[found.link]
        if found.point >= 0:
            return geometry.edges[row].via[found.point]
        x, y = geometry.middles(np.array([row]))[0].tolist()
        return x, y

    def fill_menu(self, entry: Callable[..., object], under: Hit) -> None:
        """What can be done to a point of a link, and to all of them."""
        link = under.link
        edge = self._edge(link)
        if link is None or edge is None:
            return
        if under.kind is Kind.POINT:
            entry("Remove the point", "trash", lambda: self.remove(link, under.point), "Del")
        if len(edge.via) > 1 or (edge.via and under.kind is Kind.LINK):
            entry("Remove all its points", "minus", lambda: self.remove_all(link))

    def command_for(self, event: QKeyEvent) -> Callable[[], object] | None:
        """What a key does to links and their points.

        Alt and left or right select a link of the selected node, one after the other. With a link selected, up and down
        go from point to point while Alt is held; arrows move the selected point; Insert or A puts one in.
        """
        canvas = self._canvas
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        step = _ARROWS.get(event.key())
        alt = modifiers == Qt.KeyboardModifier.AltModifier
        link = canvas.selected_link
        edge = self._edge(link)
        if canvas.selection.marks:
            return None
        if alt and step is not None and step[0] and (edge is not None or len(canvas.selection.nodes) == 1):
            return lambda: self._walk(forward=step[0] > 0)
        if link is None or edge is None or canvas.selection.nodes:
            return None
        if event.key() == _Key.Key_Insert and not modifiers:
            return lambda: self.add_in_the_middle(link)
        if step is None:
            return None
        if alt:
            return lambda: self._step(edge, link, forward=step[1] > 0)
        point = self.selected
        if modifiers == Qt.KeyboardModifier.NoModifier and point is None:
            # From a link an arrow goes on to the node at that end.
            node = edge.target if step[0] > 0 or step[1] > 0 else edge.source
            return lambda: self._leave(node)
        if point is None or modifiers not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier):
            return None
        x, y = edge.via[point]
        via = (*edge.via[:point], (x + step[0], y + step[1]), *edge.via[point + 1 :])
        return lambda: self._route(link, via, merge=f"nudge {link} {point}")

    def _leave(self, node: str) -> None:
        self._canvas.select_link(None)
        self._canvas.reveal(node)

    def _walk(self, *, forward: bool) -> None:
        """Select a link that leaves the node, or one that comes in; again the next one."""
        canvas = self._canvas
        graph = canvas.project.project.graph
        present = self._edge(canvas.selected_link)
        if present is not None and not canvas.selection.nodes:
            node = present.source if forward else present.target
        else:
            node = next(iter(canvas.selection.nodes))
            present = None
        edges = list(graph.consumers_of(node)) if forward else list(graph.inputs_of(node).values())
        if not edges:
            return
        edges.sort(key=lambda edge: (graph.node(edge.target if forward else edge.source).y, edge.target, edge.input))
        place = (edges.index(present) + 1) % len(edges) if present in edges else 0
        canvas.selection.set_nodes(())
        self.select((edges[place].target, edges[place].input), None)

    def paint(self, painter: QPainter, link: InputKey | None) -> None:
        """The points of a link; the gesture that drags one paints them itself."""
        edge = self._edge(link)
        if edge is not None and edge.via and not isinstance(self._canvas.gesture, Reroute):
            chosen = self.selected if link == self._canvas.selected_link else None
            paint_points(painter, self._canvas.view, edge.via, chosen)

    def _step(self, edge: Edge, link: InputKey, *, forward: bool) -> None:
        if not edge.via:
            return
        point = self.selected
        if point is None:
            point = 0 if forward else len(edge.via) - 1
        else:
            point = (point + (1 if forward else -1)) % len(edge.via)
        self.select(link, point)

    def _edge(self, link: InputKey | None) -> Edge | None:
        if link is None:
            return None
        return self._canvas.project.project.graph.inputs_of(link[0]).get(link[1])

    def _route(self, link: InputKey, via: tuple[Point, ...], merge: str = "") -> bool:
        return self._canvas.commands.do(Route(target=link[0], input=link[1], via=via), merge)
