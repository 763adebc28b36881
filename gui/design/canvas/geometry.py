"""Where every node and link lies, in numpy arrays that the painter and the hit test read whole.

Rows are dense: removing one moves the last into its place. Ids never change, rows do; nothing outside this room keeps
a row across an edit. Canvas units throughout; links are addressed by (target id, input port), since an input takes one.
"""

from collections.abc import Iterable, Iterator
from enum import IntFlag
from typing import Final

import numpy as np

from engine.document.graph import Edge, InputKey
from gui.design.canvas.arrays import Floats, Ints, Mask
from gui.design.canvas.curves import bulge, direct_curves, lane_curves, overshoot
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
    "loss",
)
_COLOR_INDEX: Final = {name: index for index, name in enumerate(COLORS)}

# How a link runs. Long ones are looked at only when they come into view: see `resolve`.
UNKNOWN, DIRECT, BACK, LANE = range(4)

_NEAR = 200.0  # a forward link shorter than this cannot run under another card
_CLEARANCE = 18.0
_STEPS = 16


class Flag(IntFlag):
    """State of a node that changes how it is drawn."""

    SELECTED = 1
    ERROR = 2
    WARNING = 4
    BYPASSED = 8
    HIDDEN = 16  # drawn by a gesture instead


class Geometry:
    """Boxes of nodes, ends and routes of links."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.faces: list[NodeFace] = []
        self.row_of: dict[str, int] = {}
        self.edges: list[Edge] = []
        self.link_of: dict[InputKey, int] = {}
        self._links_at: list[set[int]] = []
        self._box = np.zeros((64, 4))
        self._color = np.zeros(64, np.uint8)
        self._flags = np.zeros(64, np.uint8)
        self._ends = np.zeros((64, 2), np.int64)
        self._offsets = np.zeros((64, 2))
        self._route = np.zeros(64, np.uint8)
        self._lane = np.zeros(64)
        self._bounds = np.zeros((64, 4))
        self._stale: set[int] = set()

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
        """(link,): UNKNOWN, DIRECT, BACK or LANE."""
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
        x, y = self._box[row, :2]
        return float(x), float(y) + self.faces[row].input_offset(port)

    def output_point(self, node_id: str, port: str) -> tuple[float, float]:
        """Where an output port lies."""
        row = self.row_of[node_id]
        x, y, width, _height = self._box[row]
        return float(x + width), float(y) + self.faces[row].output_offset(port)

    # Changes.

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]

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
        if (old.width, old.height, old.inputs, old.outputs) != (face.width, face.height, face.inputs, face.outputs):
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
                self._ends, self._offsets, self._route, self._lane, self._bounds = (
                    _grown(part) for part in (self._ends, self._offsets, self._route, self._lane, self._bounds)
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
        for row in rows:
            self._stale |= self._links_at[row]

    def reroute(self, boxes: Floats) -> None:
        """Look again at the links that pass one of these boxes (left, top, right, bottom): cards came or went there."""
        if len(boxes) > 64:
            self.reroute_all()
            return
        bounds = self.bounds
        routes = self._route[: len(self.edges)]
        forward = routes != BACK
        for left, top, right, bottom in boxes:
            margin = 2 * _CLEARANCE
            near = (bounds[:, 0] < right) & (bounds[:, 2] > left)
            near &= (bounds[:, 1] < bottom + margin) & (bounds[:, 3] > top - margin)
            routes[near & forward & (bounds[:, 2] - bounds[:, 0] > _NEAR)] = UNKNOWN

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
        source, target = self._ends[links, 0], self._ends[links, 1]
        points = np.empty((len(links), 4))
        points[:, 0] = self._box[source, 0] + self._box[source, 2]
        points[:, 1] = self._box[source, 1] + self._offsets[links, 0]
        points[:, 2] = self._box[target, 0]
        points[:, 3] = self._box[target, 1] + self._offsets[links, 1]
        return points

    def resolve(self, links: Ints, at_most: int = 1 << 30) -> bool:
        """Find how the long links among these run round the cards in their way; True when none is left to look at."""
        self._refresh()
        waiting = links[self._route[links] == UNKNOWN]
        for link in waiting[:at_most]:
            self._find_lane(int(link))
        return len(waiting) <= at_most

    def curves(self, links: Ints, steps: int = _STEPS) -> Iterator[tuple[Ints, Floats]]:
        """Groups of links with their curves as (link, point, 2); straight ones have two points."""
        self._refresh()
        ends = self.end_points(links)
        routes = self._route[links]
        direct = (routes == DIRECT) | (routes == UNKNOWN)
        flat = direct & (np.abs(ends[:, 1] - ends[:, 3]) < 0.25) & (ends[:, 2] >= ends[:, 0])
        if flat.any():
            yield links[flat], ends[flat].reshape(-1, 2, 2)
        bent = direct & ~flat
        if bent.any():
            yield links[bent], direct_curves(ends[bent], steps)
        round_about = ~direct
        if round_about.any():
            chosen = links[round_about]
            yield chosen, lane_curves(ends[round_about], self._lane[chosen], self._route[chosen] == BACK, steps)

    def middles(self, links: Ints) -> Floats:
        """(link, 2): where the shape of each link is written: its middle, or nearer to its end where it is steep."""
        self._refresh()
        ends = self.end_points(links)
        points = (ends[:, :2] + ends[:, 2:]) / 2
        # Links that fan out from one port, or come together, would write over each other in the middle.
        steep = (np.abs(ends[:, 3] - ends[:, 1]) > 28) & (self._route[links] < BACK)
        points[steep] = ends[steep, :2] * 0.24 + ends[steep, 2:] * 0.76
        points[steep, 1] = ends[steep, 1] * 0.12 + ends[steep, 3] * 0.88
        lanes = self._route[links] >= BACK
        points[lanes, 1] = self._lane[links[lanes]]
        return points

    # Inside.

    def _dress(self, row: int, face: NodeFace) -> None:
        self._color[row] = _COLOR_INDEX.get(face.color, _COLOR_INDEX["shape"])
        kept = int(self._flags[row]) & int(Flag.SELECTED | Flag.HIDDEN)
        if face.badge:
            kept |= int(Flag.ERROR if face.badge == "error" else Flag.WARNING)
        if face.bypassed:
            kept |= int(Flag.BYPASSED)
        self._flags[row] = kept

    def _aim(self, link: int) -> None:
        edge = self.edges[link]
        source, target = self._ends[link]
        self._offsets[link, 0] = self.faces[source].output_offset(edge.output)
        self._offsets[link, 1] = self.faces[target].input_offset(edge.input)
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
            for part in (self._ends, self._offsets, self._route, self._lane, self._bounds):
                part[link] = part[last]
            for end in self._ends[link]:
                self._links_at[end].discard(last)
                self._links_at[end].add(link)
            if last in self._stale:
                self._stale.discard(last)
                self._stale.add(link)
        del self.edges[last]

    def _refresh(self) -> None:
        """Bring route and bounds of the links that moved up to date, all in one go."""
        if not self._stale:
            return
        links = np.fromiter(self._stale, dtype=np.int64, count=len(self._stale))
        self._stale.clear()
        ends = self.end_points(links)
        x1, y1, x2, y2 = ends.T
        across = x2 - x1
        route = np.where(across < -24, BACK, np.where(across < _NEAR, DIRECT, UNKNOWN))
        self._route[links] = route
        source, target = self._box[self._ends[links, 0]], self._box[self._ends[links, 1]]
        source_bottom, target_bottom = source[:, 1] + source[:, 3], target[:, 1] + target[:, 3]
        below = target[:, 1] - source_bottom
        above = source[:, 1] - target_bottom
        lane = np.where(
            below >= 16,
            source_bottom + below / 2,
            np.where(above >= 16, target_bottom + above / 2, np.maximum(source_bottom, target_bottom) + 28),
        )
        self._lane[links] = lane
        back = route == BACK
        reach = np.where(back, bulge(lane, y1, y2), overshoot(across, y2 - y1))
        lanes = np.where(back, lane, y1)
        slack = np.where(route == UNKNOWN, 3 * _CLEARANCE, 2.0)
        self._bounds[links, 0] = np.minimum(x1, x2) - reach
        self._bounds[links, 1] = np.minimum(np.minimum(y1, y2), lanes) - slack
        self._bounds[links, 2] = np.maximum(x1, x2) + reach
        self._bounds[links, 3] = np.maximum(np.maximum(y1, y2), lanes) + slack

    def _find_lane(self, link: int) -> None:
        rows = np.array([link])
        ends = self.end_points(rows)
        x1, y1, x2, y2 = (float(value) for value in ends[0])
        route, lane = DIRECT, 0.0
        span = (x1 + 4, min(y1, y2) - 4, x2 - 4, max(y1, y2) + 4)
        source, target = (int(row) for row in self._ends[link])
        others = self._others(span, source, target)
        if len(others):
            curve = direct_curves(ends, 32)[0][1:-1]
            cards = self._box[others]
            inside = (curve[:, None, 0] > cards[:, 0] - 6) & (curve[:, None, 0] < cards[:, 0] + cards[:, 2] + 6)
            inside &= (curve[:, None, 1] > cards[:, 1] - 4) & (curve[:, None, 1] < cards[:, 1] + cards[:, 3] + 4)
            hit = inside.any(axis=0)
            if hit.any():
                route, lane = LANE, self._free_lane(cards[hit], (x1, y1, x2, y2), source, target)
        self._route[link] = route
        self._lane[link] = lane
        levels = (y1, y2, lane) if route == LANE else (y1, y2)
        reach = float(overshoot(np.array(x2 - x1), np.array(y2 - y1)))
        self._bounds[link] = (x1 - reach, min(levels) - 2, x2 + reach, max(levels) + 2)

    def _others(self, span: Box, source: int, target: int) -> Ints:
        found = self.nodes_in(span)
        others: Ints = found[(found != source) & (found != target)]
        return others

    def _free_lane(self, cards: Floats, ends: Box, source: int, target: int) -> float:
        """The height of a free way past the cards, below or above them, whichever is nearer."""
        x1, y1, x2, y2 = ends
        # Longer links run further out, so that nested skips do not lie on each other.
        spread = _CLEARANCE + 7 * min(5, int((x2 - x1) / 500))
        best = 0.0
        best_cost = float("inf")
        for below in (True, False):
            lane = float((cards[:, 1] + cards[:, 3]).max()) + spread if below else float(cards[:, 1].min()) - spread
            for _attempt in range(12):
                blocking = self._others((x1 + 24, lane - 8, x2 - 24, lane + 8), source, target)
                if not len(blocking):
                    break
                boxes = self._box[blocking]
                lane = float((boxes[:, 1] + boxes[:, 3]).max() if below else boxes[:, 1].min())
                lane += spread if below else -spread
            cost = abs(lane - y1) + abs(lane - y2)
            if cost < best_cost - 0.5:
                best, best_cost = lane, cost
        return best


def _grown(part: np.ndarray) -> np.ndarray:
    """Twice the room, same content."""
    larger = np.zeros((len(part) * 2, *part.shape[1:]), part.dtype)
    larger[: len(part)] = part
    return larger
