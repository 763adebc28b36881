"""Which nodes are selected, shared by canvas, inspector and problems."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from engine.document.edits import Change
from gui.models.project import ProjectModel


class Selection(QObject):
    """A set of node ids; a node that is deleted leaves it by itself."""

    changed = Signal(object)
    """frozenset[str]: the new selection."""

    def __init__(self, project: ProjectModel | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._nodes: frozenset[str] = frozenset()
        self._project = project
        if project is not None:
            project.changed.connect(self._on_changed)
            project.opened.connect(self._on_opened)

    @property
    def nodes(self) -> frozenset[str]:
        """The selected ids."""
        return self._nodes

    def set_nodes(self, ids: Iterable[str]) -> None:
        """Select exactly these."""
        nodes = frozenset(ids)
        if nodes != self._nodes:
            self._nodes = nodes
            self.changed.emit(nodes)

    def _on_changed(self, change: Change) -> None:
        assert self._project is not None
        if self._nodes & change.nodes:
            self.set_nodes(node for node in self._nodes if node in self._project.project.graph.nodes)

    def _on_opened(self) -> None:
        self.set_nodes(())
