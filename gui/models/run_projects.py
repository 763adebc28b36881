"""The project as each run had it, read from its folder on a thread when first asked for."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.document.project import Project
from engine.document.project_json import from_bytes
from engine.errors import NetwrightError
from engine.protocol.run_folder import RunFolder
from gui.models.background import Background
from gui.models.project import ProjectModel

if TYPE_CHECKING:
    from gui.models.runs import RunsModel


class RunProjects(QObject):
    """`project(run)` gives it when it is known, or None and `arrived` later."""

    arrived = Signal(int)

    def __init__(self, runs: "RunsModel", project_model: ProjectModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._known: dict[int, Project] = {}
        self._problems: dict[int, str] = {}
        self._asked: set[int] = set()
        self._background = Background("netwright-run-projects", self)
        project_model.opened.connect(self._on_opened)

    def project(self, run: int) -> Project | None:
        """The project as the run had it. It is for reading only."""
        found = self._known.get(run)
        folder = self._runs.folder(run)
        if found is None and folder is not None and run not in self._asked:
            self._asked.add(run)
            self._background.run(
                lambda: _read(folder), lambda project: self._on_read(run, folder, project), lambda e: self._fail(run, e)
            )
        return found

    def problem(self, run: int) -> str:
        """Why the project of a run cannot be read; empty when it can, or was not asked for."""
        return self._problems.get(run, "")

    def close(self) -> None:
        """End the thread."""
        self._background.close()

    def _on_opened(self) -> None:
        self._known.clear()
        self._problems.clear()
        self._asked.clear()

    def _on_read(self, run: int, folder: RunFolder, project: Project) -> None:
        if self._runs.folder(run) == folder:  # else another project was opened meanwhile
            self._known[run] = project
            self.arrived.emit(run)

    def _fail(self, run: int, error: Exception) -> None:
        words = error.message if isinstance(error, NetwrightError) else str(getattr(error, "strerror", "") or error)
        self._problems[run] = words or "It cannot be read."
        self.arrived.emit(run)


def _read(folder: RunFolder) -> Project:
    return from_bytes(folder.project_file.read_bytes(), f"runs/{folder.path.name}/project.json")
