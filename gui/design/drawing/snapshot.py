"""The drawn graph at one moment, so that a thread can paint it while the user goes on drawing."""

import copy
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from engine.catalog.tensors import TensorSpec
from engine.document.graph import Edge, Graph, Mark
from gui.design.canvas.arrays import Ints
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.marks import Marks, contents, marks_of, surrounding
from gui.design.canvas.scene import link_words
from gui.design.canvas.viewport import Box
from gui.models.project import ProjectModel
from gui.models.scope import Scope


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What there is to paint; nobody changes it, but routes of links are found when it is painted."""

    name: str
    geometry: Geometry
    specs: dict[tuple[str, str], TensorSpec | None]
    nodes: Ints
    """Rows of the nodes that are painted."""
    links: Ints
    """Rows of the links that are painted."""
    marks: Marks
    """Frames and notes that are painted."""

    def link_text(self, edge: Edge) -> str:
        """The shape on a link; empty while it is unknown."""
        return link_words(self.specs.get((edge.source, edge.output)))

    def extent(self) -> Box:
        """The box around all that is painted. Call it after the links were resolved: routes change what they take."""
        boxes = (self.geometry.extent(self.nodes), self.marks.extent())
        box = surrounding(box for box in boxes if box is not None) or (0.0, 0.0, 1.0, 1.0)
        if not len(self.links):
            return box
        left, top, right, bottom = self.geometry.bounds[self.links].T
        return (
            min(box[0], float(left.min())),
            min(box[1], float(top.min())),
            max(box[2], float(right.max())),
            max(box[3], float(bottom.max())),
        )


def take_snapshot(project: ProjectModel | Scope, geometry: Geometry, only: Collection[str] = ()) -> Snapshot:
    """The whole graph, or these nodes and the links among them. On the window's thread; 10,000 nodes take 5 ms."""
    nodes = np.sort(geometry.rows(only)) if only else np.arange(len(geometry.ids), dtype=np.int64)
    links = np.arange(len(geometry.edges), dtype=np.int64)
    if only and len(links):
        inside = np.zeros(len(geometry.ids), dtype=bool)
        inside[nodes] = True
        links = links[inside[geometry.ends].all(axis=1)]
    specs = project.checker.specs
    return Snapshot(
        name=project.project.name or "network",
        geometry=_copy(geometry),
        specs={key: specs.get(key) for key in {(edge.source, edge.output) for edge in geometry.edges}},
        nodes=nodes,
        links=links,
        marks=_marks_with(project.project.graph, geometry, only),
    )


def _marks_with(graph: Graph, geometry: Geometry, only: Collection[str]) -> Marks:
    """All marks; of a part of the graph the frames around nothing else than it, with the notes in them."""
    marks = marks_of(graph)
    if not only:
        return marks
    chosen = frozenset(only)
    found: dict[str, Mark] = {}
    for frame in marks.frames:
        nodes, inner = contents(marks, geometry, frame)
        if nodes and chosen.issuperset(nodes):
            found |= {item: marks.by_id[item] for item in (frame.id, *inner)}
    return Marks(found.values())


def _copy(geometry: Geometry) -> Geometry:
    """Another geometry that shares nothing that changes; faces and edges are values."""
    twin = copy.copy(geometry)
    for name, part in vars(geometry).items():
        if isinstance(part, np.ndarray):
            setattr(twin, name, part.copy())
        elif isinstance(part, list):
            setattr(twin, name, [set(item) if isinstance(item, set) else item for item in part])
        elif isinstance(part, dict | set):
            setattr(twin, name, part.copy())
    return twin
