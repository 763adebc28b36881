"""Layers that the user writes: their files in the project, whether they may run, and what a check found.

Files are read, written and trusted on a thread; a check is the engine's. Nothing of a file runs in the window.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from PySide6.QtCore import QFileSystemWatcher, QObject, Signal

from engine.document.atomic import write_atomically
from engine.document.own_code import FOLDER, CodeFile, read_code, trust, trusted
from engine.errors import NetwrightError, ProjectError
from engine.protocol.messages.base import RequestFailed
from engine.protocol.messages.code import CheckCode, CodeChecked
from gui.models.background import Background
from gui.models.engine import Engine, as_error
from gui.models.project import ProjectModel

TEMPLATE: Final = '''"""A layer of this project. Netwright runs it only after you have said that you trust this file."""

import torch
from torch import Tensor, nn


class {name}(nn.Module):
    """What the layer does. Samples come first: x is (N, ...), and so is what it gives."""

    def __init__(self, strength: float = 1.0) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.tensor(strength))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.strength * x)
'''


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was read last. `error` says why it could not be."""

    file: CodeFile | None = None
    trusted: bool = False
    error: NetwrightError | None = None

    @property
    def text(self) -> str:
        """The code, to be read before it is trusted."""
        return "" if self.file is None else self.file.content.decode("utf-8", "replace")


class OwnCodeModel(QObject):
    """`changed` tells that a file was read or a check has ended."""

    changed = Signal()

    def __init__(self, project: ProjectModel, engine: Engine | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._engine = engine
        self._files: dict[str, FileState] = {}
        self._reports: dict[str, CodeChecked | NetwrightError] = {}
        self._checking: dict[str, int] = {}
        self._saved_for: list[str] = []  # nodes that are checked once the project is on disk
        self._background = Background("netwright-own-code", self)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(self._on_file_changed)
        project.opened.connect(self._on_opened)
        project.saved.connect(self._on_saved)

    def close(self) -> None:
        """End the thread."""
        self._background.close()

    # Files.

    def state(self, name: str) -> FileState | None:
        """What is known of a file; None while it is read. Asking for one that is not known begins to read it."""
        if name not in self._files:
            self.look(name)
            return None
        return self._files[name]

    def look(self, name: str) -> None:
        """Read a file again."""
        folder = self._project.directory
        if folder is None or not name:
            return

        def read() -> FileState:
            try:
                file = read_code(folder, name)
            except ProjectError as error:
                return FileState(error=error)
            return FileState(file, file.digest in trusted())

        self._background.run(read, lambda state: self._on_read(folder, name, state))

    def create(self, class_name: str) -> str:
        """Begin a file for a class of that name; returns the name it gets. One that is there stays as it is."""
        folder = self._project.directory
        name = f"{FOLDER}/{class_name.lower()}.py"
        if folder is None:
            return name

        def write() -> None:
            path = folder.joinpath(*PurePosixPath(name).parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                write_atomically(path, TEMPLATE.format(name=class_name).encode())

        self._background.run(
            write,
            lambda _done: self.look(name),
            lambda error: self._on_read(folder, name, FileState(error=_told(error, folder / name))),
        )
        return name

    def trust(self, file: CodeFile) -> None:
        """The user has read this content, and says that it may run on this machine; whatever the file holds by now."""
        folder = self._project.directory
        if folder is None:
            return
        self._background.run(
            lambda: trust([file]),
            lambda _done: self.look(file.path),
            lambda error: self._on_read(folder, file.path, FileState(file, error=_told(error, folder / file.path))),
        )

    def path_of(self, name: str) -> Path | None:
        """Where the file lies."""
        folder = self._project.directory
        return folder.joinpath(*PurePosixPath(name).parts) if folder is not None and name else None

    def _on_read(self, folder: Path, name: str, state: FileState) -> None:
        if folder != self._project.directory:
            return
        before = self._files.get(name)
        self._files[name] = state
        path = self.path_of(name)
        if path is not None and state.file is not None:
            self._watcher.addPath(str(path))
        if before is None or before.file != state.file:
            self._reports.clear()  # what was found is said of another content
        self.changed.emit()

    def _on_file_changed(self, path: str) -> None:
        folder = self._project.directory
        if folder is None:
            return
        for name in list(self._files):
            if str(self.path_of(name)) == path:
                self.look(name)

    # Checks.

    def report(self, node: str) -> CodeChecked | NetwrightError | None:
        """What was found at a node (flat id); None before a check, and after the file has changed."""
        return self._reports.get(node)

    def checking(self, node: str) -> bool:
        """Whether a check is going on."""
        return node in self._checking or node in self._saved_for

    def check(self, node: str) -> None:
        """Save what is not saved, and let the engine look the node over."""
        if self._engine is None or self._project.directory is None or self.checking(node):
            return
        self._saved_for.append(node)
        self._project.save()
        self.changed.emit()

    def _on_saved(self) -> None:
        waiting, self._saved_for = self._saved_for, []
        assert self._engine is not None or not waiting
        for node in waiting:
            if self._engine is not None:
                self._checking[node] = self._engine.ask(
                    CheckCode,
                    done=self._on_checked,
                    failed=lambda failure, node=node: self._on_failed(node, failure),
                    project_dir=str(self._project.directory),
                    node=node,
                )

    def _on_checked(self, found: CodeChecked) -> None:
        self._checking.pop(found.node, None)
        self._reports[found.node] = found
        self.changed.emit()

    def _on_failed(self, node: str, failure: RequestFailed) -> None:
        self._checking.pop(node, None)
        self._reports[node] = as_error(failure)
        self.changed.emit()

    def _on_opened(self) -> None:
        self._files.clear()
        self._reports.clear()
        self._checking.clear()
        self._saved_for = []
        if self._watcher.files():
            self._watcher.removePaths(self._watcher.files())
        self.changed.emit()


def _told(error: Exception, path: Path) -> NetwrightError:
    if isinstance(error, NetwrightError):
        return error
    return ProjectError(f"The file could not be written: {error}.", where=str(path))
