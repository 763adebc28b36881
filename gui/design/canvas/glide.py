"""A short movement of cards and view from how they were to how they are; the document knows nothing of it."""

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation

from gui.design.canvas.arrays import Floats
from gui.widgets.motion import may_move

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

DURATION_MS: Final = 240
_MOST_CARDS: Final = 3000  # more than these would not move smoothly

View = tuple[float, float, float]


class Glide(QObject):
    """One movement at a time. Whatever else happens on the canvas ends it: then all lies where the document says."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._from: dict[str, tuple[float, float]] = {}
        self._view_from: View = (1.0, 0.0, 0.0)
        self._view_to: View = (1.0, 0.0, 0.0)
        self._steps = QVariantAnimation(self)
        self._steps.setStartValue(0.0)
        self._steps.setEndValue(1.0)
        self._steps.setDuration(DURATION_MS)
        self._steps.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._steps.valueChanged.connect(self._on_step)
        self._steps.finished.connect(self._arrive)
        canvas.project.changed.connect(self._on_changed)
        canvas.project.opened.connect(self._on_opened)

    @property
    def going_on(self) -> bool:
        """Whether cards are on their way."""
        return self._steps.state() == QVariantAnimation.State.Running

    def start(self, before: dict[str, tuple[float, float]], view_before: View) -> None:
        """Move from there to what the canvas shows now."""
        self.end()
        if not may_move() or len(before) > _MOST_CARDS or not self._canvas.isVisible():
            return
        self._from = before
        self._view_from, self._view_to = view_before, self._canvas.view.state()
        self._steps.start()
        self._on_step(0.0)

    def end(self) -> None:
        """Be there at once."""
        if self.going_on:
            self._steps.stop()
            self._arrive()

    def _on_changed(self, _change: object) -> None:
        self.end()

    def _on_opened(self) -> None:
        self._steps.stop()

    def _on_step(self, share: object) -> None:
        if not isinstance(share, float) or not self._from:
            return
        rows, start, goal = self._ways()
        self._canvas.geometry_store.place(rows, start + (goal - start) * share)
        (zoom_from, *from_at), (zoom_to, *to_at) = self._view_from, self._view_to
        # Evenly by the eye: the zoom grows by factors, and what is in the middle goes straight.
        width, height = self._canvas.width() / 2, self._canvas.height() / 2
        zoom = zoom_from * (zoom_to / zoom_from) ** share
        x, y = (
            (half - one) / zoom_from * (1 - share) + (half - other) / zoom_to * share
            for half, one, other in zip((width, height), from_at, to_at, strict=True)
        )
        self._canvas.look_at((zoom, width - x * zoom, height - y * zoom))

    def _arrive(self) -> None:
        if not self._from:
            return
        rows, _start, goal = self._ways()
        self._from = {}
        self._canvas.geometry_store.place(rows, goal)
        self._canvas.scene.settle()
        self._canvas.look_at(self._view_to, arrived=True)

    def _ways(self) -> tuple[np.ndarray, Floats, Floats]:
        nodes, rows = self._canvas.project.project.graph.nodes, self._canvas.geometry_store.row_of
        known = [node_id for node_id in self._from if node_id in nodes and node_id in rows]
        start = np.array([self._from[node_id] for node_id in known], dtype=np.float64).reshape(-1, 2)
        goal = np.array([(nodes[node_id].x, nodes[node_id].y) for node_id in known], dtype=np.float64).reshape(-1, 2)
        return np.array([rows[node_id] for node_id in known], dtype=np.int64), start, goal
