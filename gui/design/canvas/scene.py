"""Keeps the geometry equal to the document: listens to the project and refreshes only what an edit touched."""

import dataclasses
import math
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetricsF

from engine.catalog.layer import Layer
from engine.catalog.registry import layer_type
from engine.catalog.tensors import TensorSpec, edge_text
from engine.checks.problem import Severity
from engine.document.edits import Change
from engine.document.graph import Edge, Node
from gui.design.canvas.block_face import BLOCK_TYPES, block_face
from gui.design.canvas.face import CARD_WIDEST, CARD_WIDTH, NodeFace
from gui.design.canvas.flow import runs_down
from gui.design.canvas.geometry import Flag, Geometry
from gui.design.canvas.marks import Marks, drawn_box
from gui.design.canvas.viewport import Box
from gui.design.families import color_name
from gui.design.node_text import caption, is_loss, line_fields, line_of, main_parts
from gui.models.runs import RunsModel
from gui.models.scope import Scope
from gui.models.selection import Selection
from gui.widgets.fonts import mono_font, text_font

if TYPE_CHECKING:
    from engine.checks.knowledge import Checks

_MOST_BOXES = 40
_MOST_AT_ONCE = 150
_MOST_GONE = 50_000
_MOST_WITH_PROBLEMS = 1000
_SLICE_S = 0.004
_LATER_MS = 60


class Scene(QObject):
    """The graph as it is drawn. Whatever is shown follows from the document, the checks, the selection and the runs."""

    refreshed = Signal(object)
    """list of boxes (left, top, right, bottom) that look different now, or None for everything."""
    reloaded = Signal()
    """Another project is shown."""

    def __init__(
        self, project: Scope, selection: Selection, runs: RunsModel | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._selection = selection
        self._runs = runs
        self.geometry = Geometry()
        self.marks = Marks()
        self._drawn: dict[str, Node] = {}  # the nodes as they were drawn last
        self._gone: dict[str, tuple[Node, NodeFace]] = {}  # how deleted nodes looked: undo brings many back at once
        self._losses: dict[str, str] = {}  # node id -> what its card says; set by _on_run_news
        self._shapes: dict[
            tuple[str, str], str
        ] = {}  # what is written on links, by output; refilled as it is asked for
        self._up_to_date: set[str] = (
            set()
        )  # faces made for `changed`, so that `checked` after it need not make them again
        self.zoom: Callable[[], float] = lambda: 1.0
        """How large the canvas shows it; titles of frames reach further when it is small."""
        self.in_view: Callable[[], Box] = lambda: (0.0, 0.0, 0.0, 0.0)
        """What the canvas shows; those nodes are brought up to date first."""
        self._waiting: set[str] = set()  # nodes whose cards are brought up to date a few at a time
        self.at_hand: Callable[[], bool] = lambda: False
        """Whether a gesture is going on, during which cards out of view wait."""
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._on_slice)
        self._title_width = _Widths(text_font(13, QFont.Weight.DemiBold))
        self._id_width = _Widths(text_font(12))
        self._line_width = _Widths(mono_font(12))
        project.opened.connect(self.reload)
        project.changed.connect(self._on_changed)
        project.checked.connect(self._on_checked)
        selection.changed.connect(self._on_selected)
        if runs is not None:
            runs.events_arrived.connect(self._on_run_news)
            runs.current_changed.connect(self._on_run_news)
        self.reload()

    def reload(self) -> None:
        """Take over the whole document."""
        self._read_losses()
        self._up_to_date = set()
        self._waiting = set()
        self._gone = {}
        self._build({})
        self.marks.fill(self._project.project.graph.marks.values())
        self.reloaded.emit()
        self.refreshed.emit(None)

    def put_back(self) -> None:
        """Draw everything where the document has it: a gesture that showed it elsewhere was interrupted."""
        self._build({face.id: face for face in self.geometry.faces})
        self.marks.hidden = frozenset()
        self.marks.fill(self._project.project.graph.marks.values())
        self.marks.selected = self._selection.marks
        self.refreshed.emit(None)

    def settle(self) -> None:
        """Cards have arrived where the document has them: an edit on their way saw them elsewhere."""
        if self._follow_flow():
            self.refreshed.emit(None)

    def link_text(self, edge: Edge) -> str:
        """The shape on a link; empty while it is unknown."""
        key = (edge.source, edge.output)
        text = self._shapes.get(key)
        if text is None:
            text = self._shapes[key] = link_words(self._project.checker.specs.get(key))
        return text

    def _build(self, faces: dict[str, NodeFace]) -> None:
        """Lay the whole document out, with the faces that are known already."""
        graph = self._project.project.graph
        geometry = self.geometry
        geometry.clear()
        self._shapes.clear()
        nodes = list(graph.nodes.values())
        new = [node.id for node in nodes if node.id not in faces]
        if len(new) > _MOST_WITH_PROBLEMS:
            # What is wrong with them is asked when they can be seen: a file of ten thousand nodes comes up sooner.
            self._waiting.update(new)
            self._slices.start()
        checker = self._project.checker
        at_once = not self._waiting
        made = [faces.get(node.id) or self._face(node, checker, problems=at_once) for node in nodes]
        geometry.fill(made, [(node.x, node.y) for node in nodes], graph.edges)
        self._follow_flow()
        self._drawn = dict(graph.nodes)
        self._mark_selected()

    def _build_anew(self, touched: set[str]) -> None:
        """Lay out a document of which most has changed. Faces from before are brought up to date a few at a time."""
        nodes = self._project.project.graph.nodes
        kept: dict[str, NodeFace] = {}
        for face in self.geometry.faces:
            if face.id not in nodes:
                self._gone[face.id] = (self._drawn[face.id], face)
            elif face.id not in touched:
                kept[face.id] = face
        for node_id in touched:
            found = self._gone.pop(node_id, None) if node_id in nodes else None
            if found is not None and found[0] is nodes[node_id]:
                kept[node_id] = found[1]
                self._up_to_date.discard(node_id)
        if len(self._gone) > _MOST_GONE:
            self._gone.clear()
        self._build(kept)

    def _follow_flow(self) -> bool:
        """Put the ports where the graph runs; whether they were elsewhere."""
        geometry = self.geometry
        downwards = runs_down(geometry)
        if downwards == geometry.downwards:
            return False
        geometry.turn(downwards)
        for row, face in enumerate(geometry.faces):
            geometry.set_face(row, dataclasses.replace(face, downwards=downwards))
        return True

    # What happens elsewhere.

    def _on_changed(self, change: Change) -> None:
        if change.data:
            self._refresh_faces(list(self.geometry.row_of), [])
        boxes_of_marks = self._follow_marks(change)
        if not change.nodes and not change.moved:
            if boxes_of_marks:
                self.refreshed.emit(boxes_of_marks)
            return
        graph = self._project.project.graph
        geometry = self.geometry
        self._shapes.clear()
        self._up_to_date = {*change.nodes, *change.moved}
        if len(change.nodes) > 200 and len(change.nodes) * 2 > len(graph.nodes):
            # One by one would cost more than from the start.
            self._build_anew(set(self._up_to_date))
            self.refreshed.emit(None)
            return
        touched = [*change.nodes, *change.moved]
        many = len(touched) > _MOST_BOXES
        boxes: list[Box] = [] if many else self._boxes(touched)
        cards = self._cards(touched)
        for node_id in change.nodes:
            if node_id not in graph.nodes and node_id in geometry.row_of:
                geometry.remove(node_id)
        for node_id in change.nodes:
            node = graph.nodes.get(node_id)
            if node is None:
                continue
            row = geometry.row_of.get(node_id)
            if row is None:
                geometry.add(self._face(node), node.x, node.y)
            else:
                geometry.set_face(row, self._face(node))
        for node_id in change.nodes:
            if node_id in graph.nodes:
                self._follow_links(node_id)
        self._follow_points(change.moved)
        moved = [graph.nodes[node_id] for node_id in {*change.moved, *change.nodes} if node_id in graph.nodes]
        if moved:
            rows = geometry.rows(node.id for node in moved)
            geometry.place(rows, np.array([(node.x, node.y) for node in moved]))
            for node in moved:
                if node.id in change.moved and not _only_moved(self._drawn.get(node.id), node):
                    geometry.set_face(geometry.row_of[node.id], self._face(node))
        for node_id in touched:
            if node_id in graph.nodes:
                self._drawn[node_id] = graph.nodes[node_id]
            else:
                self._drawn.pop(node_id, None)
        many = self._follow_flow() or many
        cards = np.concatenate((cards, self._cards(touched)))
        geometry.reroute(cards)
        self._mark_selected()
        if not many:
            boxes += self._boxes(touched) + boxes_of_marks
        self.refreshed.emit(None if many else boxes)

    def _follow_marks(self, change: Change) -> list[Box]:
        """Take over the frames and notes that were touched; returns what looks different."""
        graph, zoom = self._project.project.graph, self.zoom()
        boxes: list[Box] = []
        for mark_id in {*change.marks, *change.moved}:
            known, mark = self.marks.get(mark_id), graph.marks.get(mark_id)
            if known == mark:
                continue
            boxes += [drawn_box(shown, zoom) for shown in (known, mark) if shown is not None]
            if mark is None:
                self.marks.take(mark_id)
            else:
                self.marks.put(mark)
        if boxes:
            self.marks.selected = self._selection.marks
        return boxes

    def _follow_points(self, moved: Iterable[str]) -> None:
        """Lead the links of these nodes through the points of the document."""
        graph, geometry = self._project.project.graph, self.geometry
        for node_id in moved:
            for edge in graph.inputs_of(node_id).values():
                link = geometry.link_of.get((edge.target, edge.input))
                if link is not None and geometry.edges[link].via != edge.via:
                    geometry.link(edge)

    def _follow_links(self, node_id: str) -> None:
        """Make the links that end at a node equal to the document's."""
        geometry = self.geometry
        wanted = self._project.project.graph.inputs_of(node_id)
        row = geometry.row_of[node_id]
        for link in geometry.links_of((row,)).tolist():
            edge = geometry.edges[link] if link < len(geometry.edges) else None
            if edge is not None and edge.target == node_id and edge.input not in wanted:
                geometry.unlink((edge.target, edge.input))
                self._follow_links(node_id)  # rows have moved
                return
        for edge in wanted.values():
            link_row = geometry.link_of.get((edge.target, edge.input))
            if link_row is None or geometry.edges[link_row] != edge:
                geometry.link(edge)

    def _on_checked(self, ids: Iterable[str]) -> None:
        self._shapes.clear()
        done, self._up_to_date = self._up_to_date, set()
        left = {node_id for node_id in ids if node_id not in done} | self._waiting
        if len(left) > _MOST_AT_ONCE:
            # What is in view now, the rest a little at a time: an edit near the input can touch thousands.
            rows = self.geometry.nodes_in(self.in_view())[:_MOST_AT_ONCE]
            now = left & {self.geometry.ids[row] for row in rows.tolist()}
            self._waiting = left - now
            self._slices.start()
            self._refresh_faces(sorted(now), [])
            self.refreshed.emit(None)  # shapes on links may have changed anywhere
        else:
            self._waiting = set()
            self._refresh_faces(sorted(left), [])

    def _on_slice(self) -> None:
        if self.at_hand():
            self._slices.setInterval(_LATER_MS)  # the hand comes first
            return
        self._slices.setInterval(0)
        until = time.perf_counter() + _SLICE_S
        while self._waiting and time.perf_counter() < until:
            some = [self._waiting.pop() for _ in range(min(20, len(self._waiting)))]
            self._refresh_faces(some, [], only_changed=True)
        if not self._waiting:
            self._slices.stop()

    def _on_selected(self, _nodes: object) -> None:
        rows = self.geometry.flagged(Flag.SELECTED)
        before = {self.geometry.ids[row] for row in rows.tolist()}
        self._mark_selected()
        differing = list(before ^ set(self._selection.nodes))
        marks = [self.marks.get(mark_id) for mark_id in self.marks.selected ^ self._selection.marks]
        self.marks.selected = self._selection.marks
        if len(differing) > _MOST_BOXES:
            self.refreshed.emit(None)
        else:
            of_marks = [drawn_box(mark, self.zoom()) for mark in marks if mark is not None]
            self.refreshed.emit(self._boxes(differing) + of_marks)

    def _on_run_news(self, *_news: object) -> None:
        before = dict(self._losses)
        self._read_losses()
        self._refresh_faces(
            [node for node in {*before, *self._losses} if before.get(node) != self._losses.get(node)], []
        )

    # Inside.

    def _mark_selected(self) -> None:
        geometry = self.geometry
        geometry.mark(geometry.flagged(Flag.SELECTED), Flag.SELECTED, False)
        geometry.mark(geometry.rows(self._selection.nodes), Flag.SELECTED, True)

    def _refresh_faces(self, ids: list[str], boxes: list[Box], *, only_changed: bool = False) -> None:
        graph = self._project.project.graph
        geometry = self.geometry
        known = [node_id for node_id in ids if node_id in geometry.row_of and node_id in graph.nodes]
        changed: list[str] = []
        for node_id in known:
            row = geometry.row_of[node_id]
            face = self._face(graph.nodes[node_id])
            if face != geometry.faces[row]:
                geometry.set_face(row, face)
                changed.append(node_id)
        if only_changed:
            known = changed  # what stands on links was drawn anew already
        if len(known) > _MOST_BOXES:
            self.refreshed.emit(None)
        elif known:
            self.refreshed.emit([*boxes, *self._boxes(known)])

    def _boxes(self, ids: Iterable[str]) -> list[Box]:
        """Everything that shows a node: its card and its links."""
        geometry = self.geometry
        found: list[Box] = []
        for node_id in ids:
            row = geometry.row_of.get(node_id)
            if row is None:
                continue
            x, y, width, height = geometry.boxes[row].tolist()
            found.append((x - 14, y - 14, x + width + 14, y + height + 14))
            links = geometry.links_of((row,))
            if len(links):
                bounds = geometry.bounds[links]
                left, top = bounds[:, :2].min(axis=0).tolist()
                right, bottom = bounds[:, 2:].max(axis=0).tolist()
                found.append((left - 40, top - 12, right + 40, bottom + 12))
        return found

    def _cards(self, ids: Iterable[str]) -> np.ndarray:
        """(card, 4): left, top, right, bottom of the cards of these nodes."""
        boxes = self.geometry.boxes[self.geometry.rows(ids)].copy()
        boxes[:, 2:] += boxes[:, :2]
        return boxes

    def _face(self, node: Node, checker: "Checks | None" = None, *, problems: bool = True) -> NodeFace:
        project = self._project.project
        checker = checker or self._project.checker
        kind = layer_type(node.type)
        layer: Layer | None = checker.layers.get(node.id)
        ports = layer.input_ports() if layer is not None else kind.inputs if kind is not None else ()
        outputs = layer.output_ports() if layer is not None else kind.outputs if kind is not None else ("output",)
        inputs = tuple(port.name for port in ports)
        # A link to a port the layer lacks is shown all the same: it is in the file, and the badge says what is wrong.
        extra = tuple(port for port in project.graph.inputs_of(node.id) if port not in inputs)
        output = checker.specs.get((node.id, outputs[0])) if outputs else None
        line = self._losses.get(node.id, "") if is_loss(kind) else ""
        parts = () if line else main_parts(node, layer, checker.input_specs(node.id), output, project.data)
        line = line or line_of(parts)
        found = checker.problems_of(node.id) if problems else ()
        badge = ""
        if found:
            badge = "error" if any(problem.severity is Severity.ERROR for problem in found) else "warning"
        title = caption(node, kind, project.data)
        face = NodeFace(
            id=node.id,
            title=title,
            line=line,
            fields=line_fields(parts),
            color=color_name(kind.family) if kind is not None else "shape",
            inputs=inputs + extra,
            outputs=outputs,
            downwards=self.geometry.downwards,
            badge=badge,
            bypassed=node.bypassed,
            resting=checker.rests(node.id),
            chosen=layer.handed_on() if layer is not None and len(ports) > 1 else "",
            frozen=node.frozen,
            width=self._width(title, node.id, line, node.frozen),
        )
        return self._block_face(face, node) if node.type in BLOCK_TYPES else face

    def _block_face(self, face: NodeFace, node: Node) -> NodeFace:
        """The face of an instance of a block, or of a port in one."""
        face = block_face(face, node, self._project.project)
        width = self._width(face.title, node.id, face.line, node.frozen)
        sides = [max(map(self._line_width, names), default=0.0) for names in (face.input_names, face.output_names)]
        return dataclasses.replace(face, width=min(CARD_WIDEST, max(width, math.ceil((sum(sides) + 44) / 16) * 16)))

    def _width(self, title: str, node_id: str, line: str, frozen: bool) -> float:
        """Wide enough for caption and id, in steps, so that columns stay even."""
        if len(title) + len(node_id) <= 16 and len(line) <= 19 and not frozen:
            return CARD_WIDTH  # fits whatever the letters are; measuring costs
        header = 14 + self._title_width(title) + 12 + min(90.0, self._id_width(node_id)) + 11 + (18 if frozen else 0)
        needed = max(header, 14 + self._line_width(line) + 12)
        return min(CARD_WIDEST, CARD_WIDTH + max(0, math.ceil((needed - CARD_WIDTH) / 16)) * 16)

    def _read_losses(self) -> None:
        """The last loss of the run that is shown, for the loss nodes of a network with one; else by name."""
        self._losses = {}
        runs = self._runs
        if runs is None or runs.current is None:
            return
        losses = [node.id for node in self._project.project.graph.nodes.values() if is_loss(layer_type(node.type))]
        if len(losses) != 1:
            return
        curves = runs.curves(runs.current)
        values = curves.step_loss
        if len(values):
            self._losses[losses[0]] = f"loss {float(values[-1]):.3f}"
        elif curves.train.get("loss"):
            self._losses[losses[0]] = f"loss {curves.train['loss'][-1]:.3f}"


def _only_moved(old: Node | None, new: Node) -> bool:
    """Whether a node looks as before, elsewhere. An instance of a block looks as its definition does."""
    if old is None or new.type in BLOCK_TYPES:
        return False
    return msgspec.structs.replace(old, x=new.x, y=new.y) == new


def link_words(spec: TensorSpec | None) -> str:
    """What stands on a link through which a tensor flows; empty while it is unknown."""
    return "" if spec is None else edge_text(spec.shape) if spec.rank > 1 else "1"


class _Widths:
    """Widths of texts in one font, remembered: most captions come many times."""

    def __init__(self, font: QFont) -> None:
        self._metrics = QFontMetricsF(font)
        self._known: dict[str, float] = {}

    def __call__(self, text: str) -> float:
        width = self._known.get(text)
        if width is None:
            if len(self._known) > 5000:
                self._known.clear()
            width = self._known[text] = self._metrics.horizontalAdvance(text[:80])
        return width
