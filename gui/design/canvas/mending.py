"""Repairs on the canvas: the menu with what is wrong at a node, and what a repair would do, drawn before it is done."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from engine.checks.problem import Repair
from gui.design.canvas.ghosts import GhostPainter
from gui.design.canvas.repairs_menu import RepairsMenu
from gui.design.ghost import Ghost, ghost_of

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas


class Mending:
    """Menus and panels tell it which repair is pointed at; one at a time is previewed."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        self._canvas = canvas
        self._ghost: GhostPainter | None = None

    def open_menu(self, node_id: str = "") -> None:
        """Open the menu with what is wrong at a node, the selected one when none is named, and its repairs."""
        canvas = self._canvas
        chosen = [node_id] if node_id else sorted(canvas.selection.nodes)
        wrong = [node for node in chosen if canvas.project.checker.problems_of(node)]
        row = canvas.geometry_store.row_of.get(wrong[0]) if wrong else None
        if row is None:
            return
        canvas.show_rows(np.array([row]))
        x, y, width, _height = canvas.geometry_store.boxes[row].tolist()
        at = QPointF(*canvas.view.to_screen(x + width + 8, y + 12)).toPoint()
        RepairsMenu(canvas, wrong[0]).open_at(canvas.mapToGlobal(at))

    def do(self, repair: Repair) -> bool:
        """Do what a repair proposes."""
        return self._canvas.project.do_whole(repair.edit)

    def preview(self, repair: Repair | None) -> None:
        """Show what a repair would do; None ends that."""
        if repair is None and self._ghost is None:
            return
        scope = self._canvas.project
        self._ghost = None
        if repair is not None:
            ghost = ghost_of(scope.project, repair.edit, repair.title, scope.block)
            self._ghost = GhostPainter(ghost, scope.project.data)
        self._canvas.update()

    @property
    def previewed(self) -> Ghost | None:
        """What is shown before it is done."""
        return self._ghost.ghost if self._ghost is not None else None

    def paint(self, painter: QPainter) -> None:
        """Draw the preview in widget pixels."""
        if self._ghost is not None:
            canvas = self._canvas
            self._ghost.paint(painter, canvas.view, canvas.geometry_store, canvas.graph_painter, canvas.frame())
