"""Dropping a layer from the palette: its ghost follows the pointer, and a link under it takes it in."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from engine.document.block import BLOCK
from engine.document.graph import Edge
from gui.design.block_stock import Brought
from gui.design.canvas import guides
from gui.design.canvas.face import NodeFace
from gui.design.canvas.gestures.gesture import Gesture, Pointer, Surface
from gui.design.canvas.gestures.move import SNAP
from gui.design.canvas.hit import link_at
from gui.design.canvas.new_card import new_card
from gui.design.canvas.sprites import paint_card
from gui.design.graph_edits import add, kind_named, new_node, outputs_of, ports_of, splice_dropped
from gui.widgets.theme import current_theme


class DropLayer(Gesture):
    """Begins when a layer is dragged over the canvas."""

    cursor = Qt.CursorShape.DragCopyCursor

    def __init__(self, surface: Surface, pointer: Pointer, brought: Brought) -> None:
        super().__init__(surface, pointer)
        kind = kind_named(brought.project, brought.name)
        assert kind is not None
        self._kind = kind
        self._brought = brought
        self._type = brought.name
        if kind.type_name() == BLOCK:
            ports = tuple(port.name for port in ports_of(kind))
            self._face = NodeFace(id="", title=kind.label(), color="block", inputs=ports, outputs=outputs_of(kind))
        else:
            node = new_node(brought.project, brought.name, 0.0, 0.0)
            self._face = new_card(node, brought.project.data)
        self._catcher = guides.Catcher(surface)
        self._place = (0.0, 0.0)
        self._target: Edge | None = None
        self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        x, y = pointer.x - self._face.width / 2, pointer.y - self._face.height / 2
        self._catcher.let_go()
        self._place = (x, y) if pointer.alt else self._snapped(x, y)
        self._target = None
        if ports_of(self._kind) and outputs_of(self._kind):
            geometry = self.surface.geometry_store
            key = link_at(geometry, pointer.x, pointer.y, self._face.height / 2)
            if key is not None:
                self._target = geometry.edges[geometry.link_of[key]]
        self.surface.redraw_overlay(None)

    def _snapped(self, x: float, y: float) -> tuple[float, float]:
        """At the nearest guide on each axis, else on the grid."""
        dx, dy = self._catcher.catch((x, y, x + self._face.width, y + self._face.height))
        return (
            x + dx if dx is not None else round(x / SNAP) * SNAP,
            y + dy if dy is not None else round(y / SNAP) * SNAP,
        )

    def commit(self, pointer: Pointer) -> None:
        self.move(pointer)
        project, checker = self._brought.project, self.surface.project.checker
        x, y = self._place
        made = None
        if self._target is not None:
            made = splice_dropped(project, checker, self._type, self._target, x, y)
        edit, node = made or add(project, self._type, x, y)
        if self.surface.do(self._brought.with_added(edit)):
            self.surface.layers_added(self._type)
            self.surface.selection.set_nodes({node.id})
        self.surface.redraw_overlay(None)

    def cancel(self) -> None:
        self.surface.redraw_overlay(None)

    def paint(self, painter: QPainter) -> None:
        view, geometry = self.surface.view, self.surface.geometry_store
        if self._target is not None:
            link = geometry.link_of.get((self._target.target, self._target.input))
            if link is not None:
                self.surface.graph_painter.stroke(painter, view, np.array([link]), current_theme().color("accent"), 3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(*view.to_screen(*self._place))
        painter.scale(view.zoom, view.zoom)
        painter.setOpacity(0.8)
        paint_card(painter, self._face, view.zoom)
        painter.restore()
        self._catcher.paint(painter)
