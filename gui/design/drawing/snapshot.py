"""The drawn graph at one moment, so that a thread can paint it while the user goes on drawing."""

from collections.abc import Collection
from dataclasses import dataclass

import msgspec
import numpy as np

from engine.document.graph import Edge, Frame, Graph, InputKey, Mark, Note
from gui.design.canvas.arrays import Ints
from gui.design.canvas.face import NodeFace
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.marks import Marks, contents, marks_of, surrounding
from gui.design.canvas.scene import link_words
from gui.design.canvas.viewport import Box
from gui.models.project import ProjectModel
from gui.models.scope import Scope


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to paint as values alone: quick to take, and ready to be sent to another process."""

    name: str
    faces: list[NodeFace]
    places: list[tuple[float, float]]
    edges: list[Edge]
    texts: list[str]
    """What stands on each link; empty for nothing."""
    frames: list[Frame]
    notes: list[Note]
    downwards: bool = False
    only: list[str] = []
    """The nodes that are painted; empty for all."""

    def node_count(self) -> int:
        """How many nodes are painted."""
        return len(self.only) or len(self.faces)

    def snapshot(self) -> "Snapshot":
        """The same laid out. On any thread; 10,000 nodes take 60 ms."""
        geometry = Geometry(self.downwards)
        geometry.fill(self.faces, self.places, self.edges)
        nodes = np.arange(len(geometry.ids), dtype=np.int64)
        links = np.arange(len(geometry.edges), dtype=np.int64)
        if self.only:
            nodes = np.sort(geometry.rows(self.only))
            inside = np.zeros(len(geometry.ids), dtype=bool)
            inside[nodes] = True
            links = links[inside[geometry.ends].all(axis=1)] if len(links) else links
        texts = {(edge.target, edge.input): text for edge, text in zip(self.edges, self.texts, strict=True)}
        marks = Marks([*self.frames, *self.notes])
        return Snapshot(name=self.name, geometry=geometry, texts=texts, nodes=nodes, links=links, marks=marks)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The drawn graph, apart from the canvas's; routes of links are found when it is painted."""

    name: str
    geometry: Geometry
    texts: dict[InputKey, str]
    nodes: Ints
    """Rows of the nodes that are painted."""
    links: Ints
    """Rows of the links that are painted."""
    marks: Marks
    """Frames and notes that are painted."""

    def link_text(self, edge: Edge) -> str:
        """The shape on a link; empty while it is unknown."""
        return self.texts.get((edge.target, edge.input), "")

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


def take_sketch(project: ProjectModel | Scope, geometry: Geometry, only: Collection[str] = ()) -> Sketch:
    """The whole graph, or these nodes and the links among them. On the window's thread; 10,000 nodes take 12 ms."""
    specs = project.checker.specs
    edges = list(geometry.edges)
    words: dict[tuple[str, str], str] = {}
    for edge in edges:
        key = (edge.source, edge.output)
        if key not in words:
            words[key] = link_words(specs.get(key))
    marks = _marks_with(project.project.graph, geometry, only)
    return Sketch(
        name=project.project.name or "network",
        faces=list(geometry.faces),
        places=geometry.boxes[:, :2].tolist(),
        edges=edges,
        texts=[words[edge.source, edge.output] for edge in edges],
        frames=list(marks.frames),
        notes=list(marks.notes),
        downwards=geometry.downwards,
        only=sorted(only),
    )


def take_snapshot(project: ProjectModel | Scope, geometry: Geometry, only: Collection[str] = ()) -> Snapshot:
    """Sketch and lay out in one go."""
    return take_sketch(project, geometry, only).snapshot()


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
