"""Where every node and link lies, in numpy arrays that the painter and the hit test read whole.

Rows are dense: removing one moves the last into its place. Ids never change, rows do; nothing outside this room keeps
a row across an edit. Canvas units throughout; links are addressed by (target id, input port), since an input takes one.
"""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from enum import IntFlag
from typing import Final

import numpy as np

from engine.document.graph import Edge, InputKey
from gui.design.canvas.arrays import Floats, Ints, Mask
from gui.design.canvas.curves import bulge, direct_curves, lane_curves, overshoot, via_curves
from gui.design.canvas.face import NodeFace
from gui.design.canvas.viewport import Box

COLORS: Final = (
    "data",
    "convolution",
    "linear",
    "recurrent",
    "attention",
    "normalization",
    "activation",
    "shape",
    "math",
    "signal",
    "loss",
    "block",
)
_COLOR_INDEX: Final = {name: index for index, name in enumerate(COLORS)}

# How a link runs: straight over, back to where the graph begins, along a height of its own, or through given points.
# Long ones are looked at only when they come into view: see `resolve`.
UNKNOWN, DIRECT, BACK, LANE, VIA = range(5)

_NEAR = 200.0  # a forward link shorter than this cannot run under another card
_CLEARANCE = 18.0
_CLEARANCE_DOWN = 44.0  # what is written on a link is wider than high
_STEPS = 16


class Flag(IntFlag):
    """State of a node that changes how it is drawn."""

    SELECTED = 1
    ERROR = 2
    WARNING = 4
    BYPASSED = 8
    HIDDEN = 16  # drawn by a gesture instead
    RESTING = 32
    CHOOSES = 64  # between its inputs


class Geometry:
    """Boxes of nodes, ends and routes of links.

    Links run from the right side of a card to the left side of the next, or from its bottom to the top of the next
    where the graph is `downwards`. Ways are found in one manner for both: a graph that runs down is looked at with x
    and y exchanged (`_turned`).
    """

    def __init__(self, downwards: bool = False) -> None:
        self.downwards = downwards
        self.ids: list[str] = []
        self.faces: list[NodeFace] = []
        self.row_of: dict[str, int] = {}
        self.edges: list[Edge] = []
        self.link_of: dict[InputKey, int] = {}
        self._links_known: list[set[int]] | None = []  # None until asked for after `fill`
        self._box = np.zeros((64, 4))
        self._color = np.zeros(64, np.uint8)
        self._flags = np.zeros(64, np.uint8)
        self._ends = np.zeros((64, 2), np.int64)
        self._offsets = np.zeros((64, 2))
        self._points = np.zeros((64, 4))
        self._route = np.zeros(64, np.uint8)
        self._looked = np.zeros(64, np.bool_)  # whether what stands in the way of a link was looked at
        self._lane = np.zeros(64)
        self._bounds = np.zeros((64, 4))
        self._stale: set[int] = set()
        self._doubted: set[InputKey] = set()  # links in whose way cards came or went
        self.ways_changed = False
        """Set when a link that is drawn already turned out to run elsewhere now; whoever draws it whole clears it."""

    # What others read. Views, for reading only.

    @property
    def boxes(self) -> Floats:
        """(node, 4): x, y, width, height."""
        return self._box[: len(self.ids)]

    @property
    def colors(self) -> Ints:
        """(node,): index into COLORS."""
        return self._color[: len(self.ids)]  # type: ignore[return-value]

    @property
    def flags(self) -> Ints:
        """(node,): `Flag` bits."""
        return self._flags[: len(self.ids)]  # type: ignore[return-value]

    @property
    def ends(self) -> Ints:
        """(link, 2): rows of source and target."""
        return self._ends[: len(self.edges)]

    @property
    def routes(self) -> Ints:
        """(link,): UNKNOWN, DIRECT, BACK, LANE or VIA."""
        self._refresh()
        return self._route[: len(self.edges)]  # type: ignore[return-value]

    @property
    def bounds(self) -> Floats:
        """(link, 4): left, top, right, bottom of each link."""
        self._refresh()
        return self._bounds[: len(self.edges)]

    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.ids)

    def extent(self, rows: Ints | None = None) -> Box | None:
        """The box around all nodes, or around some; None when there are none."""
        boxes = self.boxes if rows is None else self.boxes[rows]
        if not len(boxes):
            return None
        x, y, width, height = boxes.T  # column by column: far quicker than along the first axis
        return float(x.min()), float(y.min()), float((x + width).max()), float((y + height).max())

    def drawn_extent(self) -> Box | None:
        """The box around all nodes and links."""
        box = self.extent()
        if box is None or not self.edges:
            return box
        left, top, right, bottom = self.bounds.T
        return (
            min(box[0], float(left.min())),
            min(box[1], float(top.min())),
            max(box[2], float(right.max())),
            max(box[3], float(bottom.max())),
        )

    def rows(self, ids: Iterable[str]) -> Ints:
        """Rows of those of the ids that exist."""
        return np.array([self.row_of[item] for item in ids if item in self.row_of], dtype=np.int64)

    def links_of(self, rows: Iterable[int]) -> Ints:
        """Rows of the links that begin or end at these nodes."""
        found: set[int] = set()
        for row in rows:
            found |= self._links_at[row]
        return np.fromiter(found, dtype=np.int64, count=len(found))

    def input_point(self, node_id: str, port: str) -> tuple[float, float]:
        """Where an input port lies."""
        row = self.row_of[node_id]
        x, y = self._box[row, :2].tolist()
        dx, dy = self.faces[row].input_place(port)
        return x + dx, y + dy

    def output_point(self, node_id: str, port: str) -> tuple[float, float]:
        """Where an output port lies."""
        row = self.row_of[node_id]
        x, y = self._box[row, :2].tolist()
        dx, dy = self.faces[row].output_place(port)
        return x + dx, y + dy

    # Changes.

    def clear(self) -> None:
        """Forget everything."""
        self.__init__(self.downwards)  # type: ignore[misc]

    def fill(self, faces: Sequence[NodeFace], places: Sequence[tuple[float, float]], edges: Iterable[Edge]) -> None:
        """Hold exactly these: the same as adding one after the other, at a tenth of the cost."""
        self.clear()
        count = len(faces)
        self.ids = [face.id for face in faces]
        self.faces = list(faces)
        self.row_of = {node_id: row for row, node_id in enumerate(self.ids)}
        room = max(64, count)
        self._box, self._color, self._flags = np.zeros((room, 4)), np.zeros(room, np.uint8), np.zeros(room, np.uint8)
        if count:
            self._box[:count, :2] = places
            self._box[:count, 2:] = [(face.width, face.height) for face in faces]
            self._color[:count] = [_COLOR_INDEX.get(face.color, _COLOR_INDEX["shape"]) for face in faces]
            marked = [(row, flags) for row, face in enumerate(faces) if (flags := _flags_of(face))]
            for row, flags in marked:
                self._flags[row] = flags
        self._links_known = None
        row_of = self.row_of
        self.edges = [edge for edge in edges if edge.source in row_of and edge.target in row_of]
        ends: list[tuple[int, int]] = []
        for link, edge in enumerate(self.edges):
            source, target = row_of[edge.source], row_of[edge.target]
            ends.append((source, target))
            self.link_of[edge.target, edge.input] = link
        links = len(ends)
        room = max(64, links)
        self._ends, self._offsets, self._points = (
            np.zeros((room, 2), np.int64),
            np.zeros((room, 2)),
            np.zeros((room, 4)),
        )
        self._route, self._looked = np.zeros(room, np.uint8), np.zeros(room, np.bool_)
        self._lane, self._bounds = np.zeros(room), np.zeros((room, 4))
        if links:
            self._ends[:links] = ends
            across = 0 if self.downwards else 1
            known: dict[tuple[tuple[str, ...], str, float], float] = {}  # most cards are alike
            out: list[float] = []
            into: list[float] = []
            for edge, (source, target) in zip(self.edges, ends, strict=True):
                face = faces[source]
                key = (face.outputs, edge.output, face.width)
                offset = known.get(key)
                if offset is None:
                    offset = known[key] = face.output_place(edge.output)[across]
                out.append(offset)
                face = faces[target]
                key = (face.inputs, edge.input, -face.width)
                offset = known.get(key)
                if offset is None:
                    offset = known[key] = face.input_place(edge.input)[across]
                into.append(offset)
            self._offsets[:links, 0], self._offsets[:links, 1] = out, into
        self._stale = set(range(links))

    def turn(self, downwards: bool) -> None:
        """Let links run down, or to the right; the faces must be given anew."""
        if downwards != self.downwards:
            self.downwards = downwards
            self.reroute_all()

    def add(self, face: NodeFace, x: float, y: float) -> int:
        """Add a node; returns its row."""
        row = len(self.ids)
        if row == len(self._box):
            self._box, self._color, self._flags = (_grown(part) for part in (self._box, self._color, self._flags))
        self.ids.append(face.id)
        self.faces.append(face)
        self.row_of[face.id] = row
        self._links_at.append(set())
        self._box[row] = (x, y, face.width, face.height)
        self._flags[row] = 0
        self._dress(row, face)
        return row

    def set_face(self, row: int, face: NodeFace) -> None:
        """Change what a node shows; its links follow when ports or width differ."""
        old = self.faces[row]
        self.faces[row] = face
        self._dress(row, face)
        if _ports(old) != _ports(face):
            self._box[row, 2:] = (face.width, face.height)
            for link in self._links_at[row]:
                self._aim(link)

    def remove(self, node_id: str) -> None:
        """Remove a node and the links at it."""
        row = self.row_of.pop(node_id)
        for link in sorted(self._links_at[row], reverse=True):
            self._unlink(link)
        last = len(self.ids) - 1
        if row != last:
            moved = self.ids[last]
            self.ids[row], self.faces[row] = moved, self.faces[last]
            self.row_of[moved] = row
            self._links_at[row] = self._links_at[last]
            for part in (self._box, self._color, self._flags):
                part[row] = part[last]
            for link in self._links_at[row]:
                ends = self._ends[link]
                ends[ends == last] = row
        del self.ids[last], self.faces[last], self._links_at[last]

    def link(self, edge: Edge) -> int:
        """Add a link, or give the input's link another source; both nodes must exist."""
        key = (edge.target, edge.input)
        link = self.link_of.get(key)
        if link is not None:
            self._links_at[int(self._ends[link, 0])].discard(link)
            # A node may be linked to another one twice; the far end keeps its own mark below.
            self.edges[link] = edge
        else:
            link = len(self.edges)
            if link == len(self._ends):
                self._ends, self._offsets, self._points, self._route, self._looked, self._lane, self._bounds = (
                    _grown(part) for part in self._link_parts()
                )
            self.edges.append(edge)
            self.link_of[key] = link
        source, target = self.row_of[edge.source], self.row_of[edge.target]
        self._ends[link] = (source, target)
        self._links_at[source].add(link)
        self._links_at[target].add(link)
        self._aim(link)
        return link

    def unlink(self, key: InputKey) -> None:
        """Remove the link at an input."""
        self._unlink(self.link_of[key])

    def place(self, rows: Ints, positions: Floats) -> None:
        """Move nodes to (node, 2) positions; their links follow."""
        self._box[rows, :2] = positions
        if len(rows) * 3 > len(self.ids):
            self.reroute_all()
            return
        for row in rows.tolist():
            self._stale |= self._links_at[row]

    def reroute(self, boxes: Floats) -> None:
        """Look again at the links that pass one of these boxes (left, top, right, bottom): cards came or went there."""
        if len(boxes) > 64:
            self.reroute_all()
            return
        bounds = self.bounds
        count = len(self.edges)
        length = bounds[:, 3] - bounds[:, 1] if self.downwards else bounds[:, 2] - bounds[:, 0]
        long = (length > _NEAR) & (self._route[:count] != VIA)
        margin = 2 * (_CLEARANCE_DOWN if self.downwards else _CLEARANCE)
        for left, top, right, bottom in boxes:
            near = (bounds[:, 0] < right + margin) & (bounds[:, 2] > left - margin)
            near &= (bounds[:, 1] < bottom + margin) & (bounds[:, 3] > top - margin)
            doubted = near & long & self._looked[:count]
            self._looked[:count][doubted] = False
            for link in np.flatnonzero(doubted).tolist():
                self._doubted.add((self.edges[link].target, self.edges[link].input))

    def reroute_all(self) -> None:
        """Look again at every link when it comes into view."""
        self._stale.update(range(len(self.edges)))

    def mark(self, rows: Ints, flag: Flag, on: bool) -> None:
        """Set or clear a flag of nodes."""
        if on:
            self._flags[rows] |= int(flag)
        else:
            self._flags[rows] &= 0xFF ^ int(flag)

    def flagged(self, flag: Flag) -> Ints:
        """Rows of the nodes that have a flag."""
        return np.flatnonzero(self.flags & int(flag))

    # Looking.

    def nodes_in(self, box: Box) -> Ints:
        """Rows of the nodes that touch a box."""
        return np.flatnonzero(self._touching(box))

    def _touching(self, box: Box) -> Mask:
        b = self.boxes
        mask: Mask = (b[:, 0] < box[2]) & (b[:, 1] < box[3])
        mask &= b[:, 0] + b[:, 2] > box[0]
        mask &= b[:, 1] + b[:, 3] > box[1]
        return mask

    def links_in(self, box: Box) -> Ints:
        """Rows of the links whose bounds touch a box."""
        b = self.bounds
        mask: Mask = (b[:, 0] <= box[2]) & (b[:, 1] <= box[3]) & (b[:, 2] >= box[0]) & (b[:, 3] >= box[1])
        return np.flatnonzero(mask)

    def end_points(self, links: Ints) -> Floats:
        """(link, 4): x and y of the output, x and y of the input."""
        self._refresh()
        return self._points[links]

    def resolve(self, links: Ints, within_s: float = math.inf) -> bool:
        """Find how the long links among these run round the cards in their way; True when none is left to look at."""
        self._refresh()
        waiting = links[~self._looked[links]]
        if not len(waiting):
            return True
        until = time.perf_counter() + within_s
        for link in waiting.tolist():
            self._find_way(link)
            if time.perf_counter() > until:
                return not (~self._looked[links]).any()
        return True

    def curves(self, links: Ints, steps: int = _STEPS) -> Iterator[tuple[Ints, Floats]]:
        """Groups of links with their curves as (link, point, 2); straight ones have two points, all with one step."""
        self._refresh()
        ends = self._turned(self._points[links])
        routes = self._route[links]
        direct = (routes == DIRECT) | (routes == UNKNOWN)
        flat = direct & (np.abs(ends[:, 1] - ends[:, 3]) < 0.25) & (ends[:, 2] >= ends[:, 0])
        if flat.any():
            yield links[flat], self._points[links[flat]].reshape(-1, 2, 2)
        bent = direct & ~flat
        if bent.any():
            if steps == 1:
                yield links[bent], self._points[links[bent]].reshape(-1, 2, 2)
            else:
                yield links[bent], self._back(direct_curves(ends[bent], steps))
        round_about = (routes == BACK) | (routes == LANE)
        if round_about.any():
            chosen = links[round_about]
            yield (
                chosen,
                self._back(lane_curves(ends[round_about], self._lane[chosen], routes[round_about] == BACK, steps)),
            )
        for index in np.flatnonzero(routes == VIA).tolist():
            link = links[index : index + 1]
            yield link, self._back(via_curves(ends[index : index + 1], self._via(int(link[0])), steps))

    def middles(self, links: Ints) -> Floats:
        """(link, 2): where the shape of each link is written: its middle, or nearer to its end where it is steep."""
        self._refresh()
        ends = self._turned(self._points[links])
        routes = self._route[links]
        points = (ends[:, :2] + ends[:, 2:]) / 2
        # Links that fan out from one port, or come together, would write over each other in the middle.
        steep = (np.abs(ends[:, 3] - ends[:, 1]) > 28) & (routes < BACK)
        points[steep] = ends[steep, :2] * 0.24 + ends[steep, 2:] * 0.76
        points[steep, 1] = ends[steep, 1] * 0.12 + ends[steep, 3] * 0.88
        lanes = (routes == BACK) | (routes == LANE)
        points[lanes, 1] = self._lane[links[lanes]]
        for index in np.flatnonzero(routes == VIA).tolist():
            stops = np.concatenate(
                (ends[index : index + 1, :2], self._via(int(links[index])), ends[index : index + 1, 2:])
            )
            longest = int(np.abs(np.diff(stops, axis=0)).sum(axis=1).argmax())
            points[index] = (stops[longest] + stops[longest + 1]) / 2
        return self._back(points)

    def _via(self, link: int) -> Floats:
        """(point, 2): where a link is led through, turned."""
        return self._back(np.array(self.edges[link].via, dtype=np.float64).reshape(-1, 2))

    def _turned(self, boxes: Floats) -> Floats:
        """Rows of (x, y, x or width, y or height) as they lie when the graph runs to the right."""
        return boxes[:, (1, 0, 3, 2)] if self.downwards else boxes

    def _back(self, points: Floats) -> Floats:
        """Points turned again to how they lie on the canvas."""
        return points[..., ::-1] if self.downwards else points

    # Inside.

    @property
    def _links_at(self) -> list[set[int]]:
        """By node: the rows of its links."""
        known = self._links_known
        if known is None:
            known = self._links_known = [set() for _ in self.ids]
            for link, (source, target) in enumerate(self._ends[: len(self.edges)].tolist()):
                known[source].add(link)
                known[target].add(link)
        return known

    def _dress(self, row: int, face: NodeFace) -> None:
        self._color[row] = _color_of(face)
        self._flags[row] = int(self._flags[row]) & int(Flag.SELECTED | Flag.HIDDEN) | _flags_of(face)

    def _aim(self, link: int) -> None:
        edge = self.edges[link]
        source, target = self._ends[link]
        across = 0 if self.downwards else 1
        self._offsets[link, 0] = self.faces[source].output_place(edge.output)[across]
        self._offsets[link, 1] = self.faces[target].input_place(edge.input)[across]
        self._stale.add(link)

    def _unlink(self, link: int) -> None:
        edge = self.edges[link]
        del self.link_of[(edge.target, edge.input)]
        source, target = self._ends[link]
        self._links_at[source].discard(link)
        self._links_at[target].discard(link)
        self._stale.discard(link)
        last = len(self.edges) - 1
        if link != last:
            moved = self.edges[last]
            self.edges[link] = moved
            self.link_of[(moved.target, moved.input)] = link
            for part in self._link_parts():
                part[link] = part[last]
            for end in self._ends[link]:
                self._links_at[end].discard(last)
                self._links_at[end].add(link)
            if last in self._stale:
                self._stale.discard(last)
                self._stale.add(link)
        del self.edges[last]

    def _link_parts(self) -> tuple[np.ndarray, ...]:
        return self._ends, self._offsets, self._points, self._route, self._looked, self._lane, self._bounds

    def _refresh(self) -> None:
        """Bring ends, route and bounds of the links that moved up to date, all in one go."""
        if not self._stale:
            return
        links = np.fromiter(self._stale, dtype=np.int64, count=len(self._stale))
        self._stale.clear()
        source = self._turned(self._box[self._ends[links, 0]])
        target = self._turned(self._box[self._ends[links, 1]])
        ends = np.empty((len(links), 4))
        ends[:, 0] = source[:, 0] + source[:, 2]
        ends[:, 1] = source[:, 1] + self._offsets[links, 0]
        ends[:, 2] = target[:, 0]
        ends[:, 3] = target[:, 1] + self._offsets[links, 1]
        self._points[links] = self._turned(ends)
        x1, y1, x2, y2 = ends.T
        across = x2 - x1
        route = np.where(across < -24, BACK, np.where(across < _NEAR, DIRECT, UNKNOWN))
        lane = self._between(source, target)
        back = route == BACK
        reach = np.where(back, bulge(lane, y1, y2), overshoot(across, y2 - y1))
        lanes = np.where(back, lane, y1)
        slack = np.where(route == UNKNOWN, 3 * (_CLEARANCE_DOWN if self.downwards else _CLEARANCE), 2.0)
        bounds = np.empty((len(links), 4))
        bounds[:, 0] = np.minimum(x1, x2) - reach
        bounds[:, 1] = np.minimum(np.minimum(y1, y2), lanes) - slack
        bounds[:, 2] = np.maximum(x1, x2) + reach
        bounds[:, 3] = np.maximum(np.maximum(y1, y2), lanes) + slack
        self._route[links] = route
        self._looked[links] = route == DIRECT
        self._lane[links] = lane
        self._bounds[links] = self._turned(bounds)
        for link in [link for link in links.tolist() if self.edges[link].via]:
            self._route[link], self._looked[link] = VIA, True
            row = np.array([link])
            points = self._back(via_curves(self._turned(self._points[row]), self._via(link), _STEPS))[0]
            self._bounds[link] = (*(points.min(axis=0) - 2), *(points.max(axis=0) + 2))

    @staticmethod
    def _between(source: Floats, target: Floats) -> Floats:
        """A height between two cards, or under both where they lie side by side: for links that lead back."""
        source_bottom, target_bottom = source[:, 1] + source[:, 3], target[:, 1] + target[:, 3]
        below = target[:, 1] - source_bottom
        above = source[:, 1] - target_bottom
        lane: Floats = np.where(
            below >= 16,
            source_bottom + below / 2,
            np.where(above >= 16, target_bottom + above / 2, np.maximum(source_bottom, target_bottom) + 28),
        )
        return lane

    def _find_way(self, link: int) -> None:
        """Look at what stands in the way of one link and lead it round that."""
        before = int(self._route[link]), float(self._lane[link])
        self._look_for_way(link)
        key = (self.edges[link].target, self.edges[link].input)
        if key in self._doubted:
            self._doubted.discard(key)
            self.ways_changed |= before != (int(self._route[link]), float(self._lane[link]))

    def _look_for_way(self, link: int) -> None:
        self._looked[link] = True
        row = np.array([link])
        ends = self._turned(self._points[row])
        source, target = (int(end) for end in self._ends[link])
        x1, y1, x2, y2 = ends[0].tolist()
        if x2 - x1 < -24:
            self._find_way_back(link, ends, source, target)
            return
        route, lane = DIRECT, 0.0
        others = self._others((x1 + 4, min(y1, y2) - 4, x2 - 4, max(y1, y2) + 4), source, target)
        if len(others):
            curve = direct_curves(ends, 32)[0][1:-1]
            cards = self._turned(self._box[others])
            inside = (curve[:, None, 0] > cards[:, 0] - 6) & (curve[:, None, 0] < cards[:, 0] + cards[:, 2] + 6)
            inside &= (curve[:, None, 1] > cards[:, 1] - 4) & (curve[:, None, 1] < cards[:, 1] + cards[:, 3] + 4)
            hit = inside.any(axis=0)
            if hit.any():
                route, lane = LANE, self._free_lane(cards[hit], (x1, y1, x2, y2), source, target)
        self._route[link] = route
        self._lane[link] = lane
        levels = (y1, y2, lane) if route == LANE else (y1, y2)
        reach = float(overshoot(np.array(x2 - x1), np.array(y2 - y1)))
        self._set_bounds(row, (x1 - reach, min(levels) - 2, x2 + reach, max(levels) + 2))

    def _find_way_back(self, link: int, ends: Floats, source: int, target: int) -> None:
        """A link to the left keeps to the height between its cards unless others stand there."""
        row = np.array([link])
        x1, y1, x2, y2 = ends[0].tolist()
        lane = float(self._between(*(self._turned(self._box[[end]]) for end in (source, target)))[0])
        best, best_cost = lane, math.inf
        for step in (1, -1):
            height = lane
            for _attempt in range(24):
                blocking = self._others((x2 - 24, height - 7, x1 + 24, height + 7), -1, -1)
                if not len(blocking):
                    break
                boxes = self._turned(self._box[blocking])
                height = float((boxes[:, 1] + boxes[:, 3]).max() + 14 if step > 0 else boxes[:, 1].min() - 14)
            cost = abs(height - lane)
            if cost < best_cost - 0.5:
                best, best_cost = height, cost
        self._lane[link] = best
        reach = float(bulge(np.array(best), np.array(y1), np.array(y2)))
        levels = (y1, y2, best)
        self._set_bounds(row, (x2 - reach, min(levels) - 2, x1 + reach, max(levels) + 2))

    def _set_bounds(self, row: Ints, box: Box) -> None:
        self._bounds[row] = self._turned(np.array([box]))

    def _others(self, span: Box, source: int, target: int) -> Ints:
        """Rows of the cards that touch a turned box, but two."""
        left, top, right, bottom = span
        found = self.nodes_in((top, left, bottom, right) if self.downwards else span)
        others: Ints = found[(found != source) & (found != target)]
        return others

    def _free_lane(self, cards: Floats, ends: Box, source: int, target: int) -> float:
        """The height of a free way past the cards, below or above them, whichever is nearer."""
        x1, y1, x2, y2 = ends
        # Longer links run further out, so that nested skips do not lie on each other.
        clearance = _CLEARANCE_DOWN if self.downwards else _CLEARANCE
        spread = clearance + 7 * min(5, int((x2 - x1) / 500))
        best = 0.0
        best_cost = math.inf
        for below in (True, False):
            lane = float((cards[:, 1] + cards[:, 3]).max()) + spread if below else float(cards[:, 1].min()) - spread
            for _attempt in range(12):
                blocking = self._others((x1 + 24, lane - 8, x2 - 24, lane + 8), source, target)
                if not len(blocking):
                    break
                boxes = self._turned(self._box[blocking])
                lane = float((boxes[:, 1] + boxes[:, 3]).max() if below else boxes[:, 1].min())
                lane += spread if below else -spread
            cost = abs(lane - y1) + abs(lane - y2)
            if cost < best_cost - 0.5:
                best, best_cost = lane, cost
        return best


def _color_of(face: NodeFace) -> int:
    return _COLOR_INDEX.get(face.color, _COLOR_INDEX["shape"])


def _flags_of(face: NodeFace) -> int:
    """What a face alone says."""
    flags = int(Flag.BYPASSED) if face.bypassed else 0
    flags |= int(Flag.RESTING) if face.resting else 0
    flags |= int(Flag.CHOOSES) if face.chosen else 0
    if face.badge:
        flags |= int(Flag.ERROR if face.badge == "error" else Flag.WARNING)
    return flags


def _ports(face: NodeFace) -> tuple[object, ...]:
    """What says where its links begin and end."""
    return face.width, face.height, face.inputs, face.outputs, face.downwards


def _grown(part: np.ndarray) -> np.ndarray:
    """Twice the room, same content."""
    larger = np.zeros((len(part) * 2, *part.shape[1:]), part.dtype)
    larger[: len(part)] = part
    return larger
