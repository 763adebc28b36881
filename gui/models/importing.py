"""Import of a foreign ONNX file: a project is made of it in the user's folder, opened, and its report kept."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.errors import NetwrightError, ProjectError
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.importing import ImportModel, ModelImported
from gui.models.engine import Engine, as_error, was_cancelled
from gui.models.project import ProjectModel
from gui.models.shelf import Shelf, folder_name, free_folder


class ImportingModel(QObject):
    """`state` is idle, working, failed or done; `file` is what it is about, `report` what came of it."""

    changed = Signal()
    """`state`, `report` or `error` is another one."""
    progressed = Signal(object)
    """Progress."""

    def __init__(self, project: ProjectModel, shelf: Shelf, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._shelf = shelf
        self._engine = engine
        self.state = "idle"
        self.file: Path | None = None
        self.report: ModelImported | None = None
        self.error: NetwrightError | None = None
        self._request = 0
        shelf.model_given.connect(self.start)

    def start(self, file: Path) -> None:
        """Import a file; one at a time."""
        if self.state == "working":
            return
        self.file, self.report, self.error = file, None, None
        try:
            folder = free_folder(self._shelf.home, folder_name(file.stem))
        except OSError as error:
            self.error = ProjectError(
                f"No folder can be made in {self._shelf.home}: {error.strerror}.",
                where=str(self._shelf.home),
                hint="Choose another folder for new projects, or make room.",
            )
            self._set("failed")
            return
        self._request = self._engine.ask(
            ImportModel,
            done=self._on_imported,
            failed=self._on_failed,
            progress=self.progressed.emit,
            path=str(file),
            project_dir=str(folder),
        )
        self._set("working")

    def again(self) -> None:
        """Try the same file once more."""
        if self.file is not None:
            self.start(self.file)

    def cancel(self) -> None:
        """Stop; nothing is left behind."""
        if self.state == "working":
            self._engine.cancel(self._request)

    def close(self) -> None:
        """The report has been read."""
        if self.state != "working":
            self._set("idle")

    def _set(self, state: str) -> None:
        self.state = state
        self.changed.emit()

    def _on_imported(self, event: ModelImported) -> None:
        self.report = event
        self._project.open_soon(Path(event.project))
        self._set("done")

    def _on_failed(self, event: RequestFailed) -> None:
        if was_cancelled(event):
            self._set("idle")
            return
        self.error = as_error(event)
        self._set("failed")
