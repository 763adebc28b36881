"""What is selected on the canvas, shared by canvas, inspector and problems: nodes, and frames and notes beside them."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from engine.document.edits import Change
from gui.models.project import ProjectModel
from gui.models.scope import Scope


class Selection(QObject):
    """A set of node ids and a set of ids of marks (frames, notes); what is deleted leaves them by itself."""

    changed = Signal(object)
    """frozenset[str]: the selected nodes, sent when nodes or marks are others than before."""

    def __init__(self, project: ProjectModel | Scope | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._nodes: frozenset[str] = frozenset()
        self._marks: frozenset[str] = frozenset()
        self._project: ProjectModel | Scope | None = None
        if project is not None:
            self.follow(project)

    def follow(self, project: ProjectModel | Scope) -> None:
        """Select among the nodes of this graph from now on."""
        if self._project is project:
            return
        if self._project is not None:
            self._project.changed.disconnect(self._on_changed)
            self._project.opened.disconnect(self._on_opened)
        self._project = project
        project.changed.connect(self._on_changed)
        project.opened.connect(self._on_opened)

    @property
    def nodes(self) -> frozenset[str]:
        """The ids of the selected nodes."""
        return self._nodes

    @property
    def marks(self) -> frozenset[str]:
        """The ids of the selected frames and notes."""
        return self._marks

    @property
    def everything(self) -> frozenset[str]:
        """The ids of all that is selected."""
        return self._nodes | self._marks

    def set_nodes(self, ids: Iterable[str]) -> None:
        """Select exactly these nodes, and no frames and notes."""
        self.set_both(ids, ())

    def set_both(self, nodes: Iterable[str], marks: Iterable[str]) -> None:
        """Select exactly these nodes and these frames and notes."""
        before = self._nodes, self._marks
        self._nodes, self._marks = frozenset(nodes), frozenset(marks)
        if before != (self._nodes, self._marks):
            self.changed.emit(self._nodes)

    def set_mixed(self, ids: Iterable[str]) -> None:
        """Select exactly these ids, which may be of nodes, frames and notes."""
        wanted = frozenset(ids)
        marks = wanted & self._project.project.graph.marks.keys() if self._project is not None else frozenset[str]()
        self.set_both(wanted - marks, marks)

    def _on_changed(self, change: Change) -> None:
        assert self._project is not None
        if self._nodes & change.nodes or self._marks & change.marks:
            graph = self._project.project.graph
            self.set_both(self._nodes & graph.nodes.keys(), self._marks & graph.marks.keys())

    def _on_opened(self) -> None:
        self.set_nodes(())
