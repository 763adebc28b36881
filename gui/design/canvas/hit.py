"""What lies under a point of the canvas: port before badge before card before link."""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from engine.document.graph import InputKey
from gui.design.canvas.face import PORT_PITCH
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.sprites import BADGE_RADIUS, badge_center

LINK_REACH_PX = 6.0
PORT_REACH_PX = 10.0


class Kind(Enum):
    """What was hit."""

    NOTHING = "nothing"
    INPUT = "input"
    OUTPUT = "output"
    BADGE = "badge"
    NODE = "node"
    LINK = "link"
    POINT = "point"
    """A point a link is led through."""
    FRAME = "frame"
    """The title of a frame."""
    NOTE = "note"
    MARK_EDGE = "mark edge"
    """An edge or a corner of a frame or a note."""


@dataclass(frozen=True, slots=True)
class Hit:
    """`node` and `port` where there are; `link` is (target id, input port), `point` the number of a point on it.

    `mark` is a frame or a note, `side` its edge as compass letters.
    """

    kind: Kind = Kind.NOTHING
    node: str = ""
    port: str = ""
    link: InputKey | None = None
    point: int = -1
    mark: str = ""
    side: str = ""


NOTHING = Hit()


def hit(geometry: Geometry, x: float, y: float, zoom: float, *, links: bool = True) -> Hit:
    """What lies at a canvas point at this zoom."""
    reach = min(max(PORT_REACH_PX / zoom, PORT_PITCH / 2), 30.0)
    near = geometry.nodes_in((x - reach, y - reach, x + reach, y + reach))
    if len(near):
        found = _port(geometry, near, x, y, reach) or _badge(geometry, near, x, y) or _card(geometry, near, x, y)
        if found is not None:
            return found
    if not links:
        return NOTHING
    link = link_at(geometry, x, y, LINK_REACH_PX / zoom)
    return Hit(Kind.LINK, link=link) if link is not None else NOTHING


def _port(geometry: Geometry, near: np.ndarray, x: float, y: float, reach: float) -> Hit | None:
    best: Hit | None = None
    best_distance = reach
    for row in near.tolist():
        left, top = geometry.boxes[row, :2].tolist()
        face = geometry.faces[row]
        for ports, place, kind in (
            (face.inputs, face.input_place, Kind.INPUT),
            (face.outputs, face.output_place, Kind.OUTPUT),
        ):
            for port in ports:
                dx, dy = place(port)
                distance = math.hypot(x - left - dx, y - top - dy)
                if distance <= best_distance:
                    best, best_distance = Hit(kind, node=face.id, port=port), distance
    return best


def _badge(geometry: Geometry, near: np.ndarray, x: float, y: float) -> Hit | None:
    for row in near.tolist()[::-1]:
        face = geometry.faces[row]
        if face.badge:
            dx, dy = badge_center(face)
            left, top = geometry.boxes[row, :2].tolist()
            if np.hypot(x - left - dx, y - top - dy) <= BADGE_RADIUS + 2:
                return Hit(Kind.BADGE, node=face.id)
    return None


def _card(geometry: Geometry, near: np.ndarray, x: float, y: float) -> Hit | None:
    boxes = geometry.boxes[near]
    inside = (
        (boxes[:, 0] <= x) & (x <= boxes[:, 0] + boxes[:, 2]) & (boxes[:, 1] <= y) & (y <= boxes[:, 1] + boxes[:, 3])
    )
    rows = near[inside]
    # Later rows are drawn on top.
    return Hit(Kind.NODE, node=geometry.ids[int(rows[-1])]) if len(rows) else None


def link_at(
    geometry: Geometry, x: float, y: float, reach: float, *, but: frozenset[int] = frozenset()
) -> InputKey | None:
    """The link that passes nearest to a point, within `reach` canvas units; rows in `but` are passed over."""
    near = geometry.links_in((x - reach, y - reach, x + reach, y + reach))
    if but:
        near = near[~np.isin(near, list(but))]
    if not len(near):
        return None
    geometry.resolve(near)
    best: InputKey | None = None
    best_distance = reach
    for links, points in geometry.curves(near):
        distances = _distance(points, x, y)
        index = int(distances.argmin())
        if distances[index] < best_distance:
            best_distance = float(distances[index])
            edge = geometry.edges[int(links[index])]
            best = (edge.target, edge.input)
    return best


def _distance(points: np.ndarray, x: float, y: float) -> np.ndarray:
    """The distance of a point from each polyline of (curve, point, 2)."""
    start, end = points[:, :-1], points[:, 1:]
    along = end - start
    length = np.maximum((along * along).sum(axis=2), 1e-12)
    share = np.clip((((x, y) - start) * along).sum(axis=2) / length, 0.0, 1.0)
    nearest = start + along * share[:, :, None]
    distance: np.ndarray = np.hypot(nearest[:, :, 0] - x, nearest[:, :, 1] - y).min(axis=1)
    return distance
