"""What can be done to the selected nodes, from keys, menus and bars alike; each is one step of the history."""

from typing import Final

from engine.document.edits import Batch, Edit, MoveNodes, SetBypassed, SetFrozen
from engine.document.graph import InputKey
from engine.errors import GraphError, NetwrightError
from gui.design import arrange, graph_edits, mark_edits
from gui.design.canvas.geometry import Geometry
from gui.design.canvas.marks import carried, marks_of, with_contents
from gui.design.paste_text import read_paste
from gui.models.scope import Scope
from gui.models.selection import Selection

NUDGE: Final = 8.0


class GraphCommands:
    """Edits the document of one project for one selection."""

    def __init__(self, project: Scope, selection: Selection, geometry: Geometry) -> None:
        self._project = project
        self._selection = selection
        self._geometry = geometry

    def do(self, edit: Edit | None, merge: str = "") -> bool:
        """Apply an edit; False for none or a refused one."""
        return edit is not None and self._project.do(edit, merge)

    def select_all(self) -> None:
        """Select every node, frame and note."""
        graph = self._project.project.graph
        self._selection.set_both(graph.nodes, graph.marks)

    def select_connected(self) -> None:
        """Add everything that is linked to the selection, near or far."""
        graph = self._project.project.graph
        found = set(self._selection.nodes)
        waiting = list(found)
        while waiting:
            node_id = waiting.pop()
            near = [edge.source for edge in graph.inputs_of(node_id).values()]
            near += [edge.target for edge in graph.consumers_of(node_id)]
            for other in near:
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        self._selection.set_nodes(found)

    def select_same_type(self) -> None:
        """Add all nodes of the types that are selected."""
        nodes = self._project.project.graph.nodes
        types = {nodes[node_id].type for node_id in self._selection.nodes}
        self._selection.set_nodes(node.id for node in nodes.values() if node.type in types)

    def cards(self) -> dict[str, arrange.Card]:
        """The selected cards, frames and notes as they lie now; what lies in a selected frame goes with that."""
        geometry, graph = self._geometry, self._project.project.graph
        chosen = self._selection.everything - carried(marks_of(graph), geometry, self._selection.marks)
        found: dict[str, arrange.Card] = {}
        for item in sorted(chosen):
            mark, row = graph.marks.get(item), geometry.row_of.get(item)
            if mark is not None:
                found[item] = (mark.x, mark.y, mark.width, mark.height)
            elif row is not None:
                x, y, width, height = geometry.boxes[row].tolist()
                found[item] = (x, y, width, height)
        return found

    def align(self, side: arrange.Side) -> bool:
        """Bring the selected cards in line."""
        return self._arrange(arrange.align(self.cards(), side))

    def distribute(self, direction: arrange.Direction) -> bool:
        """Make the gaps between the selected cards equal."""
        return self._arrange(arrange.distribute(self.cards(), direction))

    def _arrange(self, edit: Batch | None) -> bool:
        """Do an arrangement; frames take along what lies in them, and links their points."""
        if edit is None:
            return False
        graph, geometry = self._project.project.graph, self._geometry
        positions: dict[str, tuple[float, float]] = {}
        for part in edit.edits:
            if isinstance(part, MoveNodes):
                positions |= mark_edits.with_carried(graph, geometry, part.positions)
        return self.do(mark_edits.moving(graph, geometry, positions, edit.title))

    def delete(self, *, heal: bool = True, contents: bool = False) -> bool:
        """Delete the selection; what fed it is joined to what it fed, where that fits.

        What lies in a deleted frame stays, or goes with it when `contents` says so.
        """
        project, selection = self._project, self._selection
        ids = self._with_contents() if contents else selection.everything
        marks = ids & project.project.graph.marks.keys()
        nodes = graph_edits.delete(project.project, project.checker, sorted(ids - marks), heal=heal)
        gone = mark_edits.removing(marks)
        if not gone:
            return self.do(nodes)
        if nodes is None:
            return self.do(graph_edits.batch(f"Delete {len(gone)} frames and notes", gone))
        return self.do(graph_edits.batch(f"Delete {len(ids)} nodes and frames", [nodes, *gone]))

    def _with_contents(self) -> frozenset[str]:
        """All that is selected, and what lies in the frames among it."""
        return with_contents(marks_of(self._project.project.graph), self._geometry, self._selection.everything)

    def delete_link(self, link: InputKey) -> bool:
        """Remove one link."""
        return self.do(graph_edits.delete_link(self._project.project, *link))

    def duplicate(self) -> bool:
        """Copies beside the selection, which are selected then."""
        made = graph_edits.duplicate(self._project.project, self._with_contents(), 32.0, 96.0)
        if made is None or not self.do(made[0]):
            return False
        self._selection.set_mixed(made[1])
        return True

    def copy(self) -> str:
        """The selection as text; empty when nothing is selected."""
        chosen = self._with_contents()
        return graph_edits.copy_text(self._project.project, chosen) if chosen else ""

    def paste(self, text: str, x: float, y: float) -> bool:
        """Add what the text holds at a place and select it; says why when it holds no nodes."""
        try:
            pasted = read_paste(text, self._project.project, self._project.checker, x, y)
        except GraphError as error:
            self._refuse(error)
            return False
        if not self.do(pasted.edit):
            return False
        self._selection.set_mixed(pasted.made)
        if pasted.note:
            self._refuse(GraphError(pasted.note, hint="The rest is pasted."))
        return True

    def toggle_bypassed(self) -> bool:
        """Bypass the selection, or stop that when all of it is bypassed."""
        nodes = self._project.project.graph.nodes
        ids = tuple(sorted(self._selection.nodes))
        if not ids:
            return False
        return self.do(SetBypassed(ids=ids, bypassed=not all(nodes[node_id].bypassed for node_id in ids)))

    def toggle_frozen(self) -> bool:
        """Freeze the parameters of the selection, or thaw them when all are frozen."""
        nodes = self._project.project.graph.nodes
        ids = tuple(sorted(self._selection.nodes))
        if not ids:
            return False
        return self.do(SetFrozen(ids=ids, frozen=not all(nodes[node_id].frozen for node_id in ids)))

    def nudge(self, dx: float, dy: float) -> bool:
        """Move the selection a little; several in a row are one step."""
        graph = self._project.project.graph
        ids = sorted(self._with_contents())
        if not ids:
            return False
        places = {item: graph.marks.get(item) or graph.nodes[item] for item in ids}
        positions = {item: (place.x + dx, place.y + dy) for item, place in places.items()}
        return self.do(mark_edits.moving(graph, self._geometry, positions), merge=f"nudge {' '.join(ids)}")

    def _refuse(self, error: NetwrightError) -> None:
        self._project.refused.emit(error)
