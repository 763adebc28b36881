"""The frames and notes of the drawn graph: where they lie, in which order they are drawn, what lies under a point."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPolygonF

from engine.document.graph import Frame, Graph, Mark, Note
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.hit import Hit, Kind
from gui.design.canvas.viewport import Box

TITLE_BAR: Final = 28.0
"""Canvas units at the top of a frame by which it is moved; the title stands there."""
SMALLEST_FRAME: Final = (96.0, 64.0)
SMALLEST_NOTE: Final = (80.0, 40.0)
FAR_TITLES_BELOW: Final = 0.15
"""Under this zoom titles are drawn over the nodes, as they are what can still be read."""

_TITLE_PX = 13.0
_SMALLEST_TITLE_PX = 11.0
_EDGE_PX = 5.0
_CORNER_PX = 12.0


class Marks:
    """Frames and notes by id. `hidden` ones are drawn by a gesture instead."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._marks: dict[str, Mark] = {}
        self._frames: tuple[Frame, ...] | None = None
        self._notes: tuple[Note, ...] | None = None
        self.hidden: frozenset[str] = frozenset()
        self.selected: frozenset[str] = frozenset()
        self.fill(marks)

    def fill(self, marks: Iterable[Mark]) -> None:
        """Hold exactly these."""
        self._marks = {mark.id: mark for mark in marks}
        self._frames = self._notes = None
        self.hidden = frozenset()

    def put(self, mark: Mark) -> None:
        """Add a mark or change it."""
        self._marks[mark.id] = mark
        self._frames = self._notes = None

    def take(self, mark_id: str) -> None:
        """Remove a mark."""
        self._marks.pop(mark_id, None)
        self._frames = self._notes = None

    def place(self, mark_id: str, x: float, y: float) -> None:
        """Move a mark."""
        self.put(msgspec.structs.replace(self._marks[mark_id], x=x, y=y))

    def get(self, mark_id: str) -> Mark | None:
        """The mark of that id."""
        return self._marks.get(mark_id)

    def __contains__(self, mark_id: object) -> bool:
        return mark_id in self._marks

    def __len__(self) -> int:
        return len(self._marks)

    @property
    def by_id(self) -> dict[str, Mark]:
        """All marks; for reading only."""
        return self._marks

    @property
    def frames(self) -> tuple[Frame, ...]:
        """In the order in which they are drawn: larger ones first, so that a frame in a frame is seen."""
        if self._frames is None:
            found = [mark for mark in self._marks.values() if isinstance(mark, Frame)]
            self._frames = tuple(sorted(found, key=lambda frame: (-frame.width * frame.height, frame.id)))
        return self._frames

    @property
    def notes(self) -> tuple[Note, ...]:
        """In the order in which they are drawn."""
        if self._notes is None:
            self._notes = tuple(mark for mark in self._marks.values() if isinstance(mark, Note))
        return self._notes

    @property
    def drawn(self) -> tuple[Mark, ...]:
        """All marks in the order in which they are drawn."""
        return (*self.frames, *self.notes)

    @property
    def note_ids(self) -> frozenset[str]:
        """The ids of the notes."""
        return frozenset(note.id for note in self.notes)

    def extent(self, ids: Iterable[str] | None = None) -> Box | None:
        """The box around all marks, or some; None when there are none."""
        chosen = self._marks.values() if ids is None else [self._marks[item] for item in ids if item in self._marks]
        boxes = [box_of(mark) for mark in chosen]
        return surrounding(boxes)

    def touches(self, band: Box) -> bool:
        """Whether any frame or note reaches into a box."""
        return any(_touch(box_of(mark), band) for mark in self._marks.values())

    def touched_by(self, band: Box) -> frozenset[str]:
        """What a rubber band selects: notes that it touches, frames that lie in it whole.

        A band that begins in a frame is meant for what lies there.
        """
        notes = {note.id for note in self.notes if _touch(box_of(note), band)}
        return frozenset(notes | {frame.id for frame in self.frames if encloses(band, box_of(frame))})

    def enclosed_by(self, corners: Sequence[tuple[float, float]]) -> frozenset[str]:
        """What a lasso selects: notes and frames that lie in it with all their corners."""
        line = QPolygonF([QPointF(x, y) for x, y in corners])

        def holds(mark: Mark) -> bool:
            left, top, right, bottom = box_of(mark)
            ends = ((left, top), (right, top), (left, bottom), (right, bottom))
            return all(line.containsPoint(QPointF(x, y), Qt.FillRule.OddEvenFill) for x, y in ends)

        return frozenset(mark.id for mark in self._marks.values() if holds(mark))

    def at(self, x: float, y: float, zoom: float) -> Hit | None:
        """What lies at a canvas point: a note, the title of a frame, or an edge of one of them by which it is sized."""
        for note in reversed(self.notes):
            side = side_at(box_of(note), x, y, zoom)
            if side:
                return Hit(Kind.MARK_EDGE, mark=note.id, side=side)
            if _inside(box_of(note), x, y):
                return Hit(Kind.NOTE, mark=note.id)
        for frame in reversed(self.frames):
            side = side_at(box_of(frame), x, y, zoom)
            if side:
                return Hit(Kind.MARK_EDGE, mark=frame.id, side=side)
            top = min(frame.y, title_box(frame, zoom)[1])
            if _inside((frame.x, top, frame.x + frame.width, min(frame.y + TITLE_BAR, frame.y + frame.height)), x, y):
                return Hit(Kind.FRAME, mark=frame.id)
        return None


def box_of(mark: Mark) -> Box:
    """Left, top, right, bottom."""
    return mark.x, mark.y, mark.x + mark.width, mark.y + mark.height


def surrounding(boxes: Iterable[Box]) -> Box | None:
    """The box around boxes; None for none."""
    found = list(boxes)
    if not found:
        return None
    lefts, tops, rights, bottoms = zip(*found, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def title_size(zoom: float) -> float:
    """How large a title is written, in canvas units: never under eleven pixels on the screen."""
    return max(_TITLE_PX, _SMALLEST_TITLE_PX / zoom)


def title_box(frame: Frame, zoom: float) -> Box:
    """Where the title stands: at the top of the frame, or on it where the zoom makes the title too large for that."""
    height = title_size(zoom) * 1.5
    if height > TITLE_BAR:
        return frame.x, frame.y - height, frame.x + frame.width, frame.y
    return frame.x, frame.y, frame.x + frame.width, frame.y + TITLE_BAR


def drawn_box(mark: Mark, zoom: float) -> Box:
    """All that is drawn of a mark, with its outline and title."""
    left, top, right, bottom = box_of(mark)
    margin = 6 / zoom
    if isinstance(mark, Frame):
        top = min(top, title_box(mark, zoom)[1])
        if zoom < FAR_TITLES_BELOW:
            right = max(right, left + 240 / zoom)
    return left - margin, top - margin, right + margin, bottom + margin


def side_at(box: Box, x: float, y: float, zoom: float) -> str:
    """The edge or corner of a box at a point, as compass letters ("n", "se"); empty away from all."""
    reach, corner = _EDGE_PX / zoom, _CORNER_PX / zoom
    left, top, right, bottom = box
    if not (left - reach <= x <= right + reach and top - reach <= y <= bottom + reach):
        return ""
    up, down = abs(y - top) <= reach, abs(y - bottom) <= reach
    west, east = abs(x - left) <= reach, abs(x - right) <= reach
    if not (up or down or west or east):
        return ""
    # Near a corner both sides are meant.
    if up or down:
        west, east = x - left <= corner, right - x <= corner
    if west or east:
        up, down = y - top <= corner, bottom - y <= corner
    return ("n" if up else "s" if down else "") + ("w" if west else "e" if east else "")


def resized(mark: Mark, side: str, x: float, y: float) -> Mark:
    """A mark with the edge or corner at a point, never smaller than what can be used."""
    least_width, least_height = SMALLEST_FRAME if isinstance(mark, Frame) else SMALLEST_NOTE
    left, top, right, bottom = box_of(mark)
    if "w" in side:
        left = min(x, right - least_width)
    if "e" in side:
        right = max(x, left + least_width)
    if "n" in side:
        top = min(y, bottom - least_height)
    if "s" in side:
        bottom = max(y, top + least_height)
    return msgspec.structs.replace(mark, x=left, y=top, width=right - left, height=bottom - top)


def contents(marks: Marks, geometry: Geometry, frame: Frame) -> tuple[list[str], list[str]]:
    """What lies in a frame: nodes and notes whose middle is in it, and frames that lie in it whole."""
    left, top, right, bottom = box_of(frame)
    boxes = geometry.boxes
    x, y = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3] / 2
    inside = (x > left) & (x < right) & (y > top) & (y < bottom)
    nodes = [geometry.ids[row] for row in inside.nonzero()[0].tolist()]
    found = [
        note.id
        for note in marks.notes
        if left < note.x + note.width / 2 < right and top < note.y + note.height / 2 < bottom
    ]
    found += [
        other.id
        for other in marks.frames
        if other.id != frame.id and encloses(box_of(frame), box_of(other)) and other.width * other.height < _area(frame)
    ]
    return nodes, found


def carried(marks: Marks, geometry: Geometry, ids: Iterable[str]) -> frozenset[str]:
    """All that lies in the frames among these marks, the frames themselves only where one lies in another."""
    found: set[str] = set()
    for item in ids:
        mark = marks.get(item)
        if isinstance(mark, Frame):
            nodes, inner = contents(marks, geometry, mark)
            found.update(nodes, inner)
    return frozenset(found)


def with_contents(marks: Marks, geometry: Geometry, ids: Iterable[str]) -> frozenset[str]:
    """Ids of nodes and marks, and of all that lies in the frames among them."""
    chosen = frozenset(ids)
    return chosen | carried(marks, geometry, chosen)


def marks_of(graph: Graph) -> Marks:
    """The marks of a document's graph, for drawing it elsewhere."""
    return Marks(graph.sorted_marks())


def _area(frame: Frame) -> float:
    return frame.width * frame.height


def _inside(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _touch(box: Box, other: Box) -> bool:
    return box[0] < other[2] and box[2] > other[0] and box[1] < other[3] and box[3] > other[1]


def encloses(outer: Box, inner: Box) -> bool:
    """Whether a box lies in another one whole."""
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]
