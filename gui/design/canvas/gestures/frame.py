"""Moving and sizing frames and notes; a frame takes along all that lies in it."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from engine.document.edits import Batch
from engine.document.graph import Mark
from gui.design.canvas.arrays import Floats
from gui.design.canvas.geometry import Flag
from gui.design.canvas.gestures.gesture import Gesture, Pointer, Surface, moved_far
from gui.design.canvas.gestures.led import LedLinks
from gui.design.canvas.gestures.move import SNAP
from gui.design.canvas.guides import Catcher
from gui.design.canvas.marks import resized, with_contents
from gui.design.canvas.marks_paint import draw_hidden
from gui.design.mark_edits import moving, put

_CURSORS: Final = {
    "n": Qt.CursorShape.SizeVerCursor,
    "s": Qt.CursorShape.SizeVerCursor,
    "w": Qt.CursorShape.SizeHorCursor,
    "e": Qt.CursorShape.SizeHorCursor,
    "nw": Qt.CursorShape.SizeFDiagCursor,
    "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor,
    "sw": Qt.CursorShape.SizeBDiagCursor,
}


def cursor_for(side: str) -> Qt.CursorShape:
    """The cursor over an edge or a corner."""
    return _CURSORS[side]


class MoveMarks(Gesture):
    """Begins with a press on the title of a frame, on a note, or on a selected card beside selected marks.

    What is selected moves, and with each frame all that lies in it. Released before the pointer has gone some pixels it
    is a click, as on a card.
    """

    cursor = Qt.CursorShape.SizeAllCursor
    auto_pans = True

    def __init__(self, surface: Surface, pointer: Pointer, pressed: str) -> None:
        super().__init__(surface, pointer)
        self._pressed = pressed
        selection = surface.selection
        self._before = selection.nodes, selection.marks
        self._was_selected = pressed in selection.everything
        self._dragging = False  # set once the pointer has gone far enough
        if not self._was_selected:
            selection.set_mixed(selection.everything | {pressed} if pointer.shift else {pressed})
        geometry, marks = surface.geometry_store, surface.marks
        moving_ids = with_contents(marks, geometry, selection.everything | {pressed})
        self._rows = geometry.rows(sorted(moving_ids))
        self._links = geometry.links_of(self._rows.tolist())
        self._from: Floats = geometry.boxes[self._rows, :2].copy()
        self._marks: dict[str, Mark] = {item: marks.by_id[item] for item in moving_ids if item in marks}
        self._led = LedLinks(geometry, moving_ids)
        self._by: Floats = np.zeros(2)
        self._catcher = Catcher(surface, marks=True, but=self._marks)

    def move(self, pointer: Pointer) -> None:
        surface = self.surface
        if not self._dragging:
            if not moved_far(self.start, pointer) or surface.project.read_only:
                return
            self._dragging = True
            surface.geometry_store.mark(self._rows, Flag.HIDDEN, True)
            surface.marks.hidden = frozenset(self._marks)
            surface.redraw(None)
        by = np.array((pointer.x - self.start.x, pointer.y - self.start.y))
        self._catcher.let_go()
        if not pointer.alt:
            by = self._snapped(by)
        self._show(by)
        surface.redraw_overlay(None)

    def commit(self, pointer: Pointer) -> None:
        if not self._dragging:
            self._click(pointer)
            return
        surface, geometry = self.surface, self.surface.geometry_store
        by_x, by_y = self._by.tolist()
        positions = {
            geometry.ids[row]: (x + by_x, y + by_y)
            for row, (x, y) in zip(self._rows.tolist(), self._from.tolist(), strict=True)
        }
        positions |= {item: (mark.x + by_x, mark.y + by_y) for item, mark in self._marks.items()}
        self._put_back()
        if by_x or by_y:
            surface.do(moving(surface.project.project.graph, geometry, positions, f"Move {self._pressed}"))

    def cancel(self) -> None:
        if self._dragging:
            self._put_back()
        self.surface.selection.set_both(*self._before)

    def paint(self, painter: QPainter) -> None:
        if not self._dragging:
            return
        surface, view = self.surface, self.surface.view
        draw_hidden(painter, surface.marks, view)
        surface.graph_painter.draw_links(painter, view, self._links, resolve=False)
        frame = surface.frame()
        left, top, right, bottom = view.visible(frame.width(), frame.height())
        geometry = surface.geometry_store
        rows = geometry.nodes_in((left - 14, top - 14, right + 14, bottom + 14))
        rows = rows[(geometry.flags[rows] & int(Flag.HIDDEN)) != 0]
        surface.graph_painter.draw_nodes(painter, view, rows, budget_ms=8)
        self._catcher.paint(painter)

    def _snapped(self, by: Floats) -> Floats:
        """The way to go: to the nearest guide of what is held on each axis, else to the grid."""
        anchor = self._anchor()
        by_grid: Floats = np.round((anchor + by) / SNAP) * SNAP - anchor
        mark = self._marks.get(self._pressed)
        geometry = self.surface.geometry_store
        size = geometry.boxes[geometry.row_of[self._pressed], 2:] if mark is None else (mark.width, mark.height)
        (left, top), (width, height) = (anchor + by).tolist(), size
        dx, dy = self._catcher.catch((left, top, left + float(width), top + float(height)))
        result: Floats = np.array(
            (by[0] + dx if dx is not None else by_grid[0], by[1] + dy if dy is not None else by_grid[1])
        )
        return result

    def _anchor(self) -> Floats:
        mark = self._marks.get(self._pressed)
        if mark is not None:
            return np.array((mark.x, mark.y))
        geometry = self.surface.geometry_store
        index = self._rows.tolist().index(geometry.row_of[self._pressed])
        anchor: Floats = self._from[index]
        return anchor

    def _show(self, by: Floats) -> None:
        geometry, marks = self.surface.geometry_store, self.surface.marks
        self._by = by
        geometry.place(self._rows, self._from + by)
        by_x, by_y = by.tolist()
        for item, mark in self._marks.items():
            marks.place(item, mark.x + by_x, mark.y + by_y)
        self._led.shift(by)

    def _put_back(self) -> None:
        surface = self.surface
        self._catcher.let_go()
        self._show(np.zeros(2))
        surface.geometry_store.mark(self._rows, Flag.HIDDEN, False)
        surface.marks.hidden = frozenset()
        surface.redraw(None)

    def _click(self, pointer: Pointer) -> None:
        selection = self.surface.selection
        if pointer.shift:
            if self._was_selected:
                selection.set_mixed(selection.everything - {self._pressed})
        elif self._was_selected:
            selection.set_mixed({self._pressed})


class SizeMark(Gesture):
    """Begins on an edge or a corner of a frame or a note; what lies in a frame stays where it is."""

    def __init__(self, surface: Surface, pointer: Pointer, mark_id: str, side: str) -> None:
        super().__init__(surface, pointer)
        self.cursor = cursor_for(side)
        mark = surface.marks.get(mark_id)
        assert mark is not None
        self._before = mark
        self._side = side
        self._dragging = False  # set once the pointer has gone far enough
        selection = surface.selection
        if mark_id not in selection.marks:
            selection.set_mixed(selection.everything | {mark_id} if pointer.shift else {mark_id})

    def move(self, pointer: Pointer) -> None:
        surface, mark = self.surface, self._before
        if not self._dragging:
            if not moved_far(self.start, pointer, 2.0) or surface.project.read_only:
                return
            self._dragging = True
            surface.marks.hidden = frozenset({mark.id})
            surface.redraw(None)
        # The edge keeps its distance to the pointer.
        x = (mark.x if "w" in self._side else mark.x + mark.width) + pointer.x - self.start.x
        y = (mark.y if "n" in self._side else mark.y + mark.height) + pointer.y - self.start.y
        if not pointer.alt:
            x, y = round(x / SNAP) * SNAP, round(y / SNAP) * SNAP
        surface.marks.put(resized(mark, self._side, x, y))
        surface.redraw_overlay(None)

    def commit(self, pointer: Pointer) -> None:
        if not self._dragging:
            return
        sized = self.surface.marks.by_id[self._before.id]
        self._put_back()
        if sized != self._before:
            self.surface.do(Batch(title=f"Resize {sized.id}", edits=(put(sized),)))

    def cancel(self) -> None:
        if self._dragging:
            self._put_back()

    def paint(self, painter: QPainter) -> None:
        if self._dragging:
            draw_hidden(painter, self.surface.marks, self.surface.view)

    def _put_back(self) -> None:
        self.surface.marks.hidden = frozenset()
        self.surface.marks.put(self._before)
        self.surface.redraw(None)
