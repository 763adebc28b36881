"""The edits behind frames, notes and the points of links. Each is a value; nothing changes here."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec

from engine.document.edits import Batch, Edit, MoveNodes, PutFrame, PutNote, RemoveMark, Route
from engine.document.graph import Edge, Frame, Graph, InputKey, Mark, Note, Point
from gui.design.canvas.geometry import VIA, Geometry
from gui.design.canvas.marks import Marks, box_of, carried, contents, marks_of, surrounding
from gui.design.canvas.viewport import Box

FRAME_PAD: Final = 24.0
"""Canvas units between a frame and what it is put around; the title has its bar above that."""
_TITLE_ROOM: Final = 40.0
_GRID: Final = 8.0


def put(mark: Mark) -> Edit:
    """The edit that adds a mark or changes it."""
    return PutFrame(frame=mark) if isinstance(mark, Frame) else PutNote(note=mark)


def frame_around(graph: Graph, box: Box | None, x: float, y: float, title: str = "Frame") -> Frame:
    """A new frame around a box, or an empty one at a point."""
    frame_id = graph.free_id("Frame")
    if box is None:
        return Frame(id=frame_id, title=title, x=_snap(x), y=_snap(y))
    left, top, right, bottom = (
        _snap(box[0] - FRAME_PAD),
        _snap(box[1] - _TITLE_ROOM),
        _snap(box[2] + FRAME_PAD),
        _snap(box[3] + FRAME_PAD),
    )
    return Frame(id=frame_id, title=title, x=left, y=top, width=right - left, height=bottom - top)


def note_at(graph: Graph, x: float, y: float) -> Note:
    """A new note without text."""
    return Note(id=graph.free_id("Note"), x=_snap(x), y=_snap(y))


def retitled(mark: Mark, text: str) -> Mark:
    """The mark with other words."""
    if isinstance(mark, Frame):
        return msgspec.structs.replace(mark, title=" ".join(text.split())[:120])
    return msgspec.structs.replace(mark, text=text)


def recolored(graph: Graph, ids: Iterable[str], color: str) -> Edit | None:
    """Give marks a colour, empty for the plain one; None when they have it."""
    edits = [
        put(msgspec.structs.replace(graph.marks[mark_id], color=color))
        for mark_id in sorted(ids)
        if mark_id in graph.marks and graph.marks[mark_id].color != color
    ]
    if not edits:
        return None
    return edits[0] if len(edits) == 1 else Batch(title="Change colours", edits=tuple(edits))


def removing(ids: Collection[str] | Mapping[str, Point]) -> list[Edit]:
    """Remove frames and notes; what lies in them stays."""
    return [RemoveMark(id=mark_id) for mark_id in sorted(ids)]


def moving(
    graph: Graph, geometry: Geometry, positions: Mapping[str, Point], title: str = "", *, extra: Iterable[Edit] = ()
) -> Edit | None:
    """Put nodes and marks at new places; links both ends of which go the same way take their points along."""
    moved = {item: place for item, place in positions.items() if place != _place(graph, item)}
    edits: list[Edit] = [MoveNodes(positions=moved)] if moved else []
    edits += [Route(target=key[0], input=key[1], via=via) for key, via in moved_points(graph, geometry, moved).items()]
    edits += extra
    if not edits:
        return None
    if len(edits) == 1 and not title:
        return edits[0]
    return Batch(title=title or f"Move {len(moved)} nodes", edits=tuple(edits))


def with_carried(graph: Graph, geometry: Geometry, positions: Mapping[str, Point]) -> dict[str, Point]:
    """These places, and those of all that lies in the frames among them."""
    found = dict(positions)
    marks = marks_of(graph)
    for item, (x, y) in positions.items():
        mark = marks.get(item)
        if isinstance(mark, Frame):
            for inner in carried(marks, geometry, (item,)):
                at = _place(graph, inner)
                found.setdefault(inner, (at[0] + x - mark.x, at[1] + y - mark.y))
    return found


def moved_points(graph: Graph, geometry: Geometry, positions: Mapping[str, Point]) -> dict[InputKey, tuple[Point, ...]]:
    """The points of the links whose two ends move by the same way."""
    found: dict[InputKey, tuple[Point, ...]] = {}
    for edge in led_links(geometry, positions):
        (dx, dy), other = _way(graph, positions, edge.source), _way(graph, positions, edge.target)
        if abs(other[0] - dx) < 1e-6 and abs(other[1] - dy) < 1e-6:
            found[edge.target, edge.input] = tuple((x + dx, y + dy) for x, y in edge.via)
    return found


def led_links(geometry: Geometry, ids: Collection[str] | Mapping[str, Point]) -> list[Edge]:
    """The links among these nodes that are led through points."""
    rows = (geometry.routes == VIA).nonzero()[0].tolist()
    edges = [geometry.edges[row] for row in rows]
    return [edge for edge in edges if edge.source in ids and edge.target in ids]


def straightened(geometry: Geometry, ids: Collection[str] | Mapping[str, Point]) -> list[Edit]:
    """Take the points out of the links among these nodes: they were put for another arrangement."""
    return [Route(target=edge.target, input=edge.input, via=()) for edge in led_links(geometry, ids)]


def refitted(marks: Marks, geometry: Geometry, positions: Mapping[str, Point]) -> list[Edit]:
    """Frames around the nodes they hold now, where those are put by `positions`; notes in them go along."""
    boxes: dict[str, Box] = {}
    for node_id, row in geometry.row_of.items():
        x, y, width, height = geometry.boxes[row].tolist()
        x, y = positions.get(node_id, (x, y))
        boxes[node_id] = (x, y, x + width, y + height)
    edits: list[Edit] = []
    placed: dict[str, Box] = {}
    for frame in reversed(marks.frames):  # what lies in a frame comes first
        nodes, inner = contents(marks, geometry, frame)
        if not any(node_id in positions for node_id in nodes):
            continue
        held = [boxes[node_id] for node_id in nodes] + [placed[item] for item in inner if item in placed]
        box = surrounding(held)
        if box is None:
            continue
        left, top = _snap(box[0] - FRAME_PAD), _snap(box[1] - _TITLE_ROOM)
        right, bottom = _snap(box[2] + FRAME_PAD), _snap(box[3] + FRAME_PAD)
        dx, dy = left - frame.x, top - frame.y
        for item in inner:
            note = marks.get(item)
            if isinstance(note, Note) and item not in placed:
                moved = msgspec.structs.replace(note, x=note.x + dx, y=note.y + dy)
                placed[item] = box_of(moved)
                right, bottom = max(right, moved.x + moved.width + 8), max(bottom, moved.y + moved.height + 8)
                if (dx, dy) != (0, 0):
                    edits.append(put(moved))
        fitted = msgspec.structs.replace(frame, x=left, y=top, width=right - left, height=bottom - top)
        placed[frame.id] = box_of(fitted)
        if fitted != frame:
            edits.append(put(fitted))
    return edits


def _place(graph: Graph, item_id: str) -> Point:
    item = graph.marks.get(item_id) or graph.node(item_id)
    return item.x, item.y


def _way(graph: Graph, positions: Mapping[str, Point], node_id: str) -> Point:
    x, y = _place(graph, node_id)
    return positions[node_id][0] - x, positions[node_id][1] - y


def _snap(value: float) -> float:
    return round(value / _GRID) * _GRID
