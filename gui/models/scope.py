"""Which graph the tab Design shows: the project's own, or that of a block seen through one of its instances."""

from pathlib import Path as FolderPath
from typing import TYPE_CHECKING, Union

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QUndoStack

from engine.document.block import BLOCK_INPUT, BLOCK_OUTPUT, BlockDefinition, definition_id
from engine.document.block_places import paths_to, placed
from engine.document.edits import Change, Edit
from engine.document.flat import SEPARATOR
from engine.document.graph import Graph, natural
from engine.document.project import Project, View
from engine.errors import NetwrightError
from gui.models.project import ProjectModel

if TYPE_CHECKING:
    from engine.checks.knowledge import Checks

Path = tuple[str, ...]
"""Ids of instances, from the project's own graph inwards; empty for that graph."""


class Scope(QObject):
    """Has the face of a ProjectModel for whoever works on one graph, and leads edits to where it is drawn.

    When the instance that is open vanishes, the graph around it is shown. Undo and redo go to the graph they change.
    """

    opened = Signal()
    """Another graph is shown; everything has changed."""
    changed = Signal(object)
    """Change in the shown graph; an instance whose definition has changed counts as moved."""
    checked = Signal(object)
    """set[str]: nodes of the shown graph whose shapes, problems or cost changed."""
    leaving = Signal()
    """Another graph is about to be shown."""

    def __init__(self, model: ProjectModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self._path: Path = ()
        self._shell: Project | None = None  # the project with the open block's graph; made when asked for
        self._views: dict[Path, View] = {}
        self._last_path: dict[str, Path] = {}  # definition -> how it was reached last
        model.opened.connect(self._on_opened)
        model.changed.connect(self._on_changed)
        model.checked.connect(self._on_checked)

    @staticmethod
    def of(project: Union[ProjectModel, "Scope"]) -> "Scope":
        """The scope itself, or one that begins with the project's own graph."""
        return project if isinstance(project, Scope) else Scope(project)

    # Where we are.

    @property
    def path(self) -> Path:
        """The instances that are open, outermost first."""
        return self._path

    @property
    def block(self) -> str:
        """Id of the definition that is shown; empty for the project's own graph."""
        definition = self.definition
        return definition.id if definition is not None else ""

    @property
    def definition(self) -> BlockDefinition | None:
        """The definition that is shown; None for the project's own graph."""
        if not self._path:
            return None
        found = self._definitions(self._path)
        return found[-1] if found else None

    @property
    def path_titles(self) -> tuple[str, ...]:
        """What the graphs on the way are called, the project first."""
        titles = [self.model.project.name or "Model"]
        graph = self.model.project.graph
        for name, definition in zip(self._path, self._definitions(self._path) or (), strict=True):
            titles.append(graph.nodes[name].title or definition.title or definition.id)
            graph = definition.graph
        return tuple(titles)

    def there(self) -> bool:
        """Whether the way to the shown graph still leads there; not while `leaving` is told of one that vanished."""
        return self._definitions(self._path) is not None

    def enter(self, instance: str) -> bool:
        """Open an instance of the shown graph; False when there is nothing to open."""
        return self.go((*self._path, instance))

    def leave(self) -> bool:
        """Show the graph around; False at the outermost."""
        return self.go(self._path[:-1]) if self._path else False

    def go(self, path: Path) -> bool:
        """Show the graph at the end of a way; False when there is no such way."""
        if self._definitions(path) is None:
            return False
        if path != self._path:
            self.leaving.emit()
            self._keep_view()
            self._show(path)
        return True

    def go_to_flat(self, flat_id: str) -> str:
        """Show the graph in which a node of the flat form is drawn; returns its id there, empty for none.

        A port is seen at the instance it belongs to: what is linked to it is drawn there.
        """
        project = self.model.project
        path: list[str] = []
        graph = project.graph
        for part in flat_id.split(SEPARATOR):
            if part.isdigit():
                continue  # which repetition: they are drawn once
            node = graph.nodes.get(part)
            if node is None:
                return ""
            if node.type in (BLOCK_INPUT, BLOCK_OUTPUT) and path:
                break
            path.append(part)
            inner = project.blocks.get(definition_id(node))
            graph = inner.graph if inner is not None else Graph()
        self.go(tuple(path[:-1]))
        return path[-1]

    def _definitions(self, path: Path) -> list[BlockDefinition] | None:
        """The definitions along a way; None when it leads nowhere."""
        project = self.model.project
        graph = project.graph
        found: list[BlockDefinition] = []
        for name in path:
            node = graph.nodes.get(name)
            definition = project.blocks.get(definition_id(node)) if node is not None else None
            if definition is None or definition in found:
                return None
            found.append(definition)
            graph = definition.graph
        return found

    def _keep_view(self) -> None:
        if self._shell is not None:
            self._views[self._path] = self._shell.view

    def _show(self, path: Path) -> None:
        self._path = path
        self._shell = None
        if path:
            self._last_path[self.block] = path
        self.opened.emit()

    # The face of a ProjectModel.

    @property
    def document(self) -> Project:
        """The whole project, whatever is shown of it."""
        return self.model.project

    @property
    def project(self) -> Project:
        """The project with the shown graph as its `graph`; at the outermost the project itself."""
        project = self.model.project
        definition = self.definition
        if definition is None:
            return project
        shell = self._shell
        if shell is None or shell.graph is not definition.graph:
            shell = self._shell = Project(
                name=project.name, graph=definition.graph, view=self._views.get(self._path, View())
            )
        shell.name, shell.data, shell.recipe, shell.blocks = project.name, project.data, project.recipe, project.blocks
        return shell

    @property
    def checker(self) -> "Checks":
        """Shapes, problems and cost by the ids of the shown graph; of a repeated block those of its first copy."""
        checker = self.model.checker
        if not self._path and checker.flattening.project is checker.flattening.source:
            return checker  # asked for every card that is drawn: no detour
        from engine.checks.scoped import scoped

        return scoped(checker, "".join(name + SEPARATOR for name in self._path), self.block)

    @property
    def history(self) -> QUndoStack:
        """The steps of the whole project."""
        return self.model.history

    @property
    def read_only(self) -> bool:
        """Whether nothing can be edited."""
        return self.model.read_only

    @property
    def directory(self) -> FolderPath | None:
        """The project's folder; None while none is open."""
        return self.model.directory

    @property
    def refused(self) -> SignalInstance:
        """NetwrightError: why an edit was not done."""
        return self.model.refused

    def refuse(self, error: NetwrightError) -> None:
        """Tell why something cannot be done."""
        self.model.refused.emit(error)

    def do(self, edit: Edit, merge: str = "") -> bool:
        """Apply an edit of the shown graph; False (and `refused`) when it makes no sense."""
        block = self.block
        return self.model.do(placed(edit, block), f"{block} {merge}" if block and merge else merge)

    def do_whole(self, edit: Edit, merge: str = "") -> bool:
        """Apply an edit of the document, as repairs are; False (and `refused`) when it makes no sense."""
        return self.model.do(edit, merge)

    # What happens in the project.

    def _on_opened(self) -> None:
        self._path, self._shell = (), None
        self._views.clear()
        self._last_path.clear()
        self.opened.emit()

    def _on_changed(self, change: Change) -> None:
        shown = self._path
        while self._definitions(shown) is None:
            shown = shown[:-1]
        if self.model.replaying and shown == self._path:
            shown = self._where(change)
        if shown != self._path or (self._shell is not None and self._shell.graph is not self.project.graph):
            if shown != self._path:
                self.leaving.emit()
                self._keep_view()
            self._show(shown)
            return
        self.changed.emit(self._seen(change))

    def _where(self, change: Change) -> Path:
        """The graph in which a step of the history can be seen; the present one when it can be seen there."""
        here = change.blocks.get(self.block) if self._path else change
        if here is not None and (here.nodes or here.moved or here.marks):
            return self._path
        if change.nodes or change.moved or change.marks:
            return ()
        for name in sorted(change.blocks, key=natural):
            inner = change.blocks[name]
            if name in self.model.project.blocks and (inner.nodes or inner.moved or inner.marks):
                last = self._last_path.get(name, ())
                found = self._definitions(last) if last else None
                if found and found[-1].id == name:
                    return last
                ways = paths_to(self.model.project, name, 1)
                if ways:
                    return ways[0]
        return self._path

    def _seen(self, change: Change) -> Change:
        """A change of the project as one of the shown graph."""
        here = change.blocks.get(self.block, Change()) if self._path else change
        moved = here.moved
        if change.blocks:
            nodes = self.project.graph.nodes.values()
            moved |= {node.id for node in nodes if definition_id(node) in change.blocks}
        return Change(
            nodes=here.nodes,
            moved=moved,
            marks=here.marks,
            blocks=change.blocks,
            data=change.data,
            samples=change.samples,
            recipe=change.recipe,
            name=change.name,
        )

    def _on_checked(self, ids: set[str]) -> None:
        prefix = "".join(name + SEPARATOR for name in self._path)
        nodes = self.project.graph.nodes
        if not prefix and not self.model.project.blocks:
            self.checked.emit(ids)
            return
        seen = {name[len(prefix) :].partition(SEPARATOR)[0] for name in ids if name.startswith(prefix)}
        self.checked.emit({name for name in seen if name in nodes})
