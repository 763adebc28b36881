"""Tidies the graph or the selection: worked out on a thread, done as one step of the history, shown as a movement."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.catalog.tensors import TensorSpec, edge_text
from engine.document.edits import Batch, Change, Edit, MoveNodes
from engine.document.graph import Edge, natural
from engine.document.tidying.layout import Card, Wire, tidy
from engine.document.tidying.rows import SNAP
from gui.design import mark_edits
from gui.design.canvas.face import NodeFace
from gui.design.canvas.glide import Glide
from gui.design.canvas.sprites import pill_width
from gui.models.background import Background

if TYPE_CHECKING:
    from gui.design.canvas.canvas import GraphCanvas

Places = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is laid out: values only, for the thread."""

    faces: tuple[NodeFace, ...]
    edges: tuple[Edge, ...]
    specs: Mapping[tuple[str, str], TensorSpec | None]
    corner: tuple[float, float]


class Tidier(QObject):
    """One tidying at a time. When the graph changes while it is worked out, it is worked out again."""

    finished = Signal(bool)
    """Whether anything was moved."""

    def __init__(self, canvas: "GraphCanvas") -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.glide = Glide(canvas)
        self._worker: Background | None = None
        self._ids: frozenset[str] | None = None  # what is to be tidied, None for all
        self._downwards = False
        self._outdated = False  # set by edits while a layout is worked out
        canvas.project.changed.connect(self._on_changed)
        canvas.project.opened.connect(self._on_opened)

    @property
    def busy(self) -> bool:
        """Whether a layout is being worked out, or shown on its way."""
        return self._worker is not None or self.glide.going_on

    def start(self, *, downwards: bool) -> None:
        """Tidy the selected nodes if there are several, else all."""
        chosen = self._canvas.selection.nodes
        self._ids = chosen if len(chosen) > 1 else None
        self._downwards = downwards
        self._begin()

    def wait(self) -> None:
        """Be done with it, now."""
        while self._worker is not None:
            self._worker.wait()
        self.glide.end()

    def _begin(self) -> None:
        self._outdated = False
        if self._worker is None:
            self._worker = Background("netwright-tidy", self)
        drawn, downwards = self._drawn(), self._downwards
        self._worker.run(lambda: laid_out(drawn, downwards=downwards), self._on_laid_out, self._on_failed)

    def _drawn(self) -> _Drawn:
        geometry, project = self._canvas.geometry_store, self._canvas.project
        ids = self._ids
        faces = tuple(face for face in geometry.faces if ids is None or face.id in ids)
        edges = tuple(edge for edge in geometry.edges if ids is None or (edge.source in ids and edge.target in ids))
        corner = geometry.boxes[geometry.rows(face.id for face in faces), :2].min(axis=0) if faces else (0.0, 0.0)
        specs = project.checker.specs
        known = {key: specs.get(key) for key in {(edge.source, edge.output) for edge in edges}}
        return _Drawn(faces, edges, known, (float(corner[0]), float(corner[1])))

    def _on_changed(self, change: Change) -> None:
        if self._worker is not None and (change.nodes or change.moved or change.marks):
            self._outdated = True

    def _on_opened(self) -> None:
        self._outdated = True
        self._ids = frozenset()  # nothing of what was asked for is there any more

    def _on_failed(self, _error: Exception) -> None:
        self._let_go()  # sys.excepthook has told the user
        self.finished.emit(False)

    def _on_laid_out(self, places: Places) -> None:
        if self._outdated and self._ids != frozenset():
            self._begin()
            return
        self._let_go()
        self.finished.emit(bool(places) and self._show(places))

    def _let_go(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
            worker.deleteLater()

    def _show(self, places: Places) -> bool:
        canvas = self._canvas
        graph = canvas.project.project.graph
        canvas.cancel_gesture()
        self.glide.end()
        moved = {
            node_id: place
            for node_id, place in places.items()
            if node_id in graph.nodes and place != (graph.nodes[node_id].x, graph.nodes[node_id].y)
        }
        edits: list[Edit] = [MoveNodes(positions=moved)] if moved else []
        # The canvas leads links round cards by itself; ways made by hand lead nowhere now.
        edits += mark_edits.straightened(canvas.geometry_store, places)
        if canvas.marks:
            edits += mark_edits.refitted(canvas.marks, canvas.geometry_store, places)
        if not edits:
            return False
        what = "the network" if self._ids is None else f"{len(places)} nodes"
        before = {node_id: (graph.nodes[node_id].x, graph.nodes[node_id].y) for node_id in moved}
        view = canvas.view.state()
        if not canvas.do(Batch(title=f"Tidy {what}", edits=tuple(edits))):
            return False
        if self._ids is None:
            canvas.fit()
        self.glide.start(before, view)
        return True


def laid_out(drawn: _Drawn, *, downwards: bool) -> Places:
    """Where cards go; the top left corner of them all stays. On any thread."""
    faces = sorted(drawn.faces, key=lambda face: natural(face.id))
    by_id = {face.id: replace(face, downwards=downwards) for face in faces}
    across = 0 if downwards else 1
    cards = [
        Card(face.id, face.width, face.height, face.width / 2) if downwards else Card(face.id, face.width, face.height)
        for face in faces
    ]
    wires = []
    for edge in sorted(drawn.edges, key=lambda edge: (natural(edge.target), natural(edge.input))):
        spec = drawn.specs.get((edge.source, edge.output))
        label = pill_width(edge_text(spec.shape)) if spec is not None and spec.rank > 1 and not downwards else 0.0
        source, target = by_id[edge.source], by_id[edge.target]
        output, port = source.output_place(edge.output)[across], target.input_place(edge.input)[across]
        wires.append(Wire(edge.source, edge.target, output, port, label))
    places = tidy(cards, wires, downwards=downwards)
    dx, dy = (round(value / SNAP) * SNAP for value in drawn.corner)
    return {node_id: (x + dx, y + dy) for node_id, (x, y) in places.items()}
