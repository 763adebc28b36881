"""Moving nodes: they catch at guides or snap to the grid, and one can be dropped into a link."""

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from engine.document.edits import Batch, Edit
from engine.document.graph import Edge
from gui.design.canvas import guides
from gui.design.canvas.arrays import Floats
from gui.design.canvas.geometry import Flag
from gui.design.canvas.gestures.gesture import Gesture, Pointer, Surface, moved_far, on_screen
from gui.design.canvas.gestures.led import LedLinks
from gui.design.canvas.hit import link_at
from gui.design.graph_edits import splice_existing
from gui.design.mark_edits import moving
from gui.widgets.theme import current_theme

SNAP = 8.0
_MOST_LINKS = 40  # fewer are drawn without looking which are in view
_FEW = 16


class Move(Gesture):
    """Begins with a press on a card and moves the selection once the pointer has gone some pixels.

    Released before that it is a click: on a card of several selected ones it selects that one alone, with Shift it
    takes it out of the selection or adds it. A single card goes into the link it is dropped on when it has no links of
    its own; with Shift held it is taken out of its place for that, and what it stood between is joined.
    """

    cursor = Qt.CursorShape.ArrowCursor
    auto_pans = True

    def __init__(self, surface: Surface, pointer: Pointer, node: str) -> None:
        super().__init__(surface, pointer)
        self._node = node
        self._before = surface.selection.nodes
        self._was_selected = node in self._before
        self.dragging = False  # set once the pointer has gone far enough
        self._target: Edge | None = None  # the link the node would go into
        if not self._was_selected:
            surface.selection.set_nodes(self._before | {node} if pointer.shift else {node})
        geometry = surface.geometry_store
        self._rows = geometry.rows(sorted(surface.selection.nodes | {node}))
        self._links = geometry.links_of(self._rows.tolist())
        self._led = LedLinks(geometry, surface.selection.nodes | {node})
        self._from: Floats = geometry.boxes[self._rows, :2].copy()
        self._anchor = geometry.boxes[geometry.row_of[node], :2].copy()
        self._shown: QRectF = QRectF()
        self._catcher = guides.Catcher(surface)

    @property
    def lines(self) -> tuple[guides.Guide, ...]:
        """What the cards are level with now."""
        return self._catcher.lines

    def move(self, pointer: Pointer) -> None:
        surface, geometry = self.surface, self.surface.geometry_store
        if not self.dragging:
            if not moved_far(self.start, pointer) or surface.project.read_only:
                return
            self.dragging = True
            geometry.mark(self._rows, Flag.HIDDEN, True)
            surface.redraw(None)
        by = np.array((pointer.x - self.start.x, pointer.y - self.start.y))
        before = self.lines
        self._catcher.let_go()
        if not pointer.alt:
            by = self._snapped(by)
        geometry.place(self._rows, self._from + by)
        self._led.shift(by)
        self._target = self._link_under(take_out=pointer.shift)
        box = self._extent()
        surface.redraw_overlay(self._shown.united(box))
        self._shown = box
        # Apart from the rest: one box around everything would be most of the canvas.
        for line in {*before, *self.lines}:
            surface.redraw_overlay(guides.on_widget(surface.view, line))

    def commit(self, pointer: Pointer) -> None:
        surface, geometry = self.surface, self.surface.geometry_store
        if not self.dragging:
            self._click(pointer)
            return
        moved = geometry.boxes[self._rows, :2].copy()
        target = self._target
        self._catcher.let_go()
        self._put_back()
        changed = np.abs(moved - self._from).max(axis=1) > 1e-6
        positions = {
            geometry.ids[row]: (float(x), float(y))
            for row, (x, y), differs in zip(self._rows.tolist(), moved.tolist(), changed.tolist(), strict=True)
            if differs
        }
        led = moving(surface.project.project.graph, geometry, positions)
        edits: list[Edit] = [led] if led is not None else []
        if target is not None:
            spliced = splice_existing(
                surface.project.project,
                surface.project.checker,
                self._node,
                target,
                take_out=pointer.shift,
                at=positions.get(self._node),
            )
            if spliced:
                edits = [Batch(title=f"Insert {self._node}", edits=(*edits, *spliced))]
        for edit in edits:
            surface.do(edit)

    def cancel(self) -> None:
        self._catcher.let_go()
        if self.dragging:
            self._put_back()
        self.surface.selection.set_nodes(self._before)

    def paint(self, painter: QPainter) -> None:
        if not self.dragging:
            return
        surface = self.surface
        if self._target is not None:
            link = surface.geometry_store.link_of.get((self._target.target, self._target.input))
            if link is not None:
                rows = np.array([link])
                surface.graph_painter.stroke(painter, surface.view, rows, current_theme().color("accent"), 3)
        view, geometry = surface.view, surface.geometry_store
        # The flag tells them from what stands still, and the box leaves out what is not in view.
        frame = surface.frame()
        left, top, right, bottom = view.visible(frame.width(), frame.height())
        rows = self._rows
        if len(rows) > _FEW:  # all of few are drawn; of many those in view are found first
            rows = geometry.nodes_in((left - 14, top - 14, right + 14, bottom + 14))
            rows = rows[(geometry.flags[rows] & int(Flag.HIDDEN)) != 0]
        links = self._links
        if len(links) > _MOST_LINKS:
            links = geometry.links_in((left, top, right, bottom))
            links = links[(geometry.flags[geometry.ends[links]] & int(Flag.HIDDEN)).any(axis=1)]
        surface.graph_painter.draw_links(painter, view, links, resolve=False)
        surface.graph_painter.draw_nodes(painter, view, rows, budget_ms=8)
        self._catcher.paint(painter)

    def _snapped(self, by: Floats) -> Floats:
        """The way to go: to the nearest guide on each axis, else to the grid."""
        by_grid: Floats = np.round((self._anchor + by) / SNAP) * SNAP - self._anchor
        left, top = (self._from + by).min(axis=0).tolist()
        right, bottom = (self._from + by + self.surface.geometry_store.boxes[self._rows, 2:]).max(axis=0).tolist()
        dx, dy = self._catcher.catch((left, top, right, bottom))
        result: Floats = np.array(
            (by[0] + dx if dx is not None else by_grid[0], by[1] + dy if dy is not None else by_grid[1])
        )
        return result

    def _put_back(self) -> None:
        geometry = self.surface.geometry_store
        geometry.place(self._rows, self._from)
        self._led.shift(np.zeros(2))
        geometry.mark(self._rows, Flag.HIDDEN, False)
        self.surface.redraw(None)

    def _click(self, pointer: Pointer) -> None:
        selection = self.surface.selection
        if pointer.shift:
            if self._was_selected:
                selection.set_nodes(selection.nodes - {self._node})
        elif self._was_selected:
            selection.set_nodes({self._node})

    def _link_under(self, *, take_out: bool) -> Edge | None:
        """The link under a single card that has none of its own, or shall be taken out of its place."""
        if len(self._rows) != 1 or (len(self._links) and not take_out):
            return None
        geometry = self.surface.geometry_store
        x, y, width, height = geometry.boxes[int(self._rows[0])].tolist()
        key = link_at(geometry, x + width / 2, y + height / 2, height / 2, but=frozenset(self._links.tolist()))
        if key is None:
            return None
        edge = geometry.edges[geometry.link_of[key]]
        project = self.surface.project
        fits = splice_existing(project.project, project.checker, self._node, edge, take_out=take_out)
        return edge if fits else None

    def _extent(self) -> QRectF:
        geometry = self.surface.geometry_store
        box = geometry.extent(self._rows)
        assert box is not None
        left, top, right, bottom = box
        if len(self._links):
            bounds = geometry.bounds[self._links]
            left, top = min(left, bounds[:, 0].min()), min(top, bounds[:, 1].min())
            right, bottom = max(right, bounds[:, 2].max()), max(bottom, bounds[:, 3].max())
        if self._target is not None:
            link = geometry.bounds[geometry.link_of[(self._target.target, self._target.input)]]
            left, top, right, bottom = (
                min(left, link[0]),
                min(top, link[1]),
                max(right, link[2]),
                max(bottom, link[3]),
            )
        return on_screen(self.surface.view, (left - 14, top - 14, right + 14, bottom + 14), margin=4)
