"""Selecting with a rubber band: what it touches is selected, with Shift added to what was."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPen

from gui.design.canvas.gestures.gesture import Gesture, Pointer, Surface, on_screen
from gui.design.canvas.viewport import Box
from gui.widgets.theme import current_theme


class Band(Gesture):
    """Begins on empty canvas. The selection follows while the band grows."""

    auto_pans = True

    def __init__(self, surface: Surface, pointer: Pointer) -> None:
        super().__init__(surface, pointer)
        self._before = surface.selection.nodes
        self._marks_before = surface.selection.marks
        self._kept = self._before if pointer.shift else frozenset()
        self._kept_marks = self._marks_before if pointer.shift else frozenset()
        self._box: Box = (pointer.x, pointer.y, pointer.x, pointer.y)
        if not pointer.shift:
            surface.selection.set_nodes(())

    def move(self, pointer: Pointer) -> None:
        old = on_screen(self.surface.view, self._box)
        x, y = self.start.x, self.start.y
        self._box = (min(x, pointer.x), min(y, pointer.y), max(x, pointer.x), max(y, pointer.y))
        geometry = self.surface.geometry_store
        touched = geometry.nodes_in(self._box).tolist()
        nodes = self._kept | {geometry.ids[row] for row in touched}
        self.surface.selection.set_both(nodes, self._kept_marks | self.surface.marks.touched_by(self._box))
        self.surface.redraw_overlay(old.united(on_screen(self.surface.view, self._box)))

    def commit(self, pointer: Pointer) -> None:
        self.surface.redraw_overlay(on_screen(self.surface.view, self._box))

    def cancel(self) -> None:
        self.surface.selection.set_both(self._before, self._marks_before)
        self.surface.redraw_overlay(None)

    def paint(self, painter: QPainter) -> None:
        theme = current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(theme.color("accent"), 1))
        inside = theme.color("accent")
        inside.setAlphaF(0.1)
        painter.setBrush(inside)
        rect: QRectF = on_screen(self.surface.view, self._box, margin=0)
        painter.drawRect(QRectF(rect.toRect()))
