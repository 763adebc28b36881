"""The projects a user can open from the start page: examples, recent ones, and new ones from data or from nothing."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from engine.document import files
from engine.document.copying import copy_files, copy_project
from engine.document.examples import examples
from engine.document.graph import Value
from engine.document.project import Project
from engine.document.sharing import is_shared_project, unpack_project
from engine.errors import NetwrightError
from gui.models.background import Background
from gui.models.data import FILES, DataModel
from gui.models.loading import reason_of
from gui.models.project import ProjectModel
from gui.models.settings import Settings

_README: Final = "README.md"
_README_CHARACTERS: Final = 200_000
MODEL_ENDING: Final = ".onnx"
_TABLES: Final = (".csv", ".tsv")


@dataclass(frozen=True, kw_only=True)
class Recent:
    """A project opened before. `missing` says why it cannot be opened; empty when it can."""

    path: Path
    name: str
    missing: str = ""


class Shelf(QObject):
    """Copies and creates folders on a thread of its own; then the project is opened."""

    failed = Signal(object)
    """NetwrightError: why a project could not be made."""
    model_given = Signal(object)
    """Path of a foreign model, which is to become a project of its own."""
    recent_checked = Signal(object)
    """list[Recent]: the answer to `check_recent`; a share that is gone may take its time."""
    about_read = Signal(str)
    """The README of the open project, markdown; empty where it has none."""
    example_opened = Signal(str)
    """Name of the folder: a copy of an example is open for the first time."""
    examples_read = Signal(object)
    """list[Example]: the answer to `read_examples`."""

    def __init__(
        self, settings: Settings, project: ProjectModel, data: DataModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._project = project
        self._data = data
        self._background = Background("netwright-shelf", self)
        # (project, data, options) while the project for it is opened
        self._import_into: tuple[Path, Path, dict[str, Value]] | None = None
        self._example: Path | None = None  # the copy of an example while it is opened
        project.opened.connect(self._on_opened)

    @property
    def home(self) -> Path:
        """Where new projects are put."""
        return self._settings.home

    def read_examples(self) -> None:
        """Read what ships; `examples_read` follows."""
        self._background.run(examples, self.examples_read.emit)

    def read_about(self) -> None:
        """Read what the open project says of itself; `about_read` follows."""
        directory = self._project.directory
        if directory is not None:
            self._background.run(lambda: _about(directory), self.about_read.emit)

    def check_recent(self) -> None:
        """Look which recent projects are still there; `recent_checked` follows."""
        paths = self._settings.recent
        self._background.run(lambda: [_look_at(path) for path in paths], self.recent_checked.emit)

    def forget_recent(self, path: Path) -> None:
        """Take a project off the list; nothing on disk changes."""
        self._settings.forget_recent(path)

    def open_example(self, example: Path) -> None:
        """Open a copy of an example in the user's folder, so that the one that ships stays as it is."""
        home = self.home

        def copy() -> Path:
            to = free_folder(home, example.name)
            copy_project(example, to)
            return to

        def copied(directory: Path) -> None:
            self._example = directory
            self._project.open_soon(directory)

        self._background.run(copy, copied, self._on_failed)

    def new_project(self, name: str = "untitled") -> None:
        """Make an empty project in the user's folder and open it."""
        self._make(name, None)

    def new_from_data(self, path: Path, options: dict[str, Value] | None = None) -> None:
        """Make a project for a folder, table or archive, open it and import the data; `options` are the source's."""
        name = path.stem if path.suffix.lower() in _TABLES or path.is_file() else path.name
        self._make(name.removeprefix("gym:"), (path, options or {}))

    def save_copy(self, to: Path) -> None:
        """Copy the open project with its data, without its runs, into a new folder and open it there."""
        directory, project = self._project.directory, self._project.project.copy()
        if directory is None:
            return

        def copy() -> Path:
            if (to / files.FILE_NAME).exists():
                files.create(to, project)  # says that there is one
            copy_files(directory, to)
            project.name = to.name
            files.create(to, project)
            return to

        self._background.run(copy, self._project.open_soon, self._on_failed)

    def take_in(self, paths: list[Path]) -> str:
        """Take what was dropped: a project is opened, a model becomes one, data is imported. Says what is wrong."""
        if not paths:
            return "Drop a folder, files or an archive."
        path = paths[0]
        if len(paths) == 1 and path.suffix.lower() == MODEL_ENDING and path.is_file():
            self.model_given.emit(path)
            return ""
        options: dict[str, Value] = {}
        if len(paths) > 1:
            if len({other.parent for other in paths}) > 1:
                return "These lie in different folders. Put them into one folder and drop that."
            path = path.parent
            options[FILES] = sorted({other.name for other in paths})
        elif path.name == files.FILE_NAME or (path / files.FILE_NAME).is_file():
            self._project.open_soon(path)
            return ""
        if len(paths) == 1 and path.suffix.lower() == ".zip" and path.is_file():
            self._background.run(lambda: is_shared_project(path), lambda shared: self._take_zip(path, shared))
            return ""
        return self._take_data(path, options)

    def open_shared(self, path: Path) -> None:
        """Unpack a project that was sent as a zip into the user's folder, and open it."""
        home = self.home

        def unpack() -> Path:
            to = free_folder(home, folder_name(path.stem))
            unpack_project(path, to)
            return to

        self._background.run(unpack, self._project.open_soon, self._on_failed)

    def _take_zip(self, path: Path, shared: bool) -> None:
        """A zip is a project, or data like any archive."""
        if shared:
            self.open_shared(path)
        elif wrong := self._take_data(path, {}):
            self.failed.emit(NetwrightError(wrong, where=str(path)))

    def _take_data(self, path: Path, options: dict[str, Value]) -> str:
        """Import data, into a project of its own where none is open. Says what is wrong."""
        if self._project.directory is None:
            self.new_from_data(path, options)
        elif self._project.read_only:
            return "This project is open for reading only."
        else:
            self._data.import_path(path, options=options)
        return ""

    def close(self) -> None:
        """End the thread."""
        self._background.close()

    def _make(self, name: str, data: tuple[Path, dict[str, Value]] | None) -> None:
        home = self.home

        def make() -> Path:
            to = free_folder(home, folder_name(name))
            files.create(to, Project(name=to.name))
            return to

        def opened(directory: Path) -> None:
            if data is not None:
                self._import_into = (directory, *data)
            self._project.open_soon(directory)

        self._background.run(make, opened, self._on_failed)

    def _on_opened(self) -> None:
        directory = self._project.directory
        if directory is None:
            return
        self._settings.add_recent(directory)
        example, self._example = self._example, None
        if example == directory:
            self.example_opened.emit(directory.name)
        if self._import_into is not None:
            (into, data, options), self._import_into = self._import_into, None
            if into == directory:
                self._data.import_path(data, options=options)

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, shutil.Error):  # copytree collects what went wrong file by file
            reasons = error.args[0] if error.args else []
            first = reasons[0][2] if reasons else str(error)
            error = NetwrightError(f"The example could not be copied: {str(first)[:160]}.", where=str(self.home))
        self.failed.emit(reason_of(error, self.home))


def _about(directory: Path) -> str:
    try:
        with (directory / _README).open(encoding="utf-8", errors="replace") as file:
            text = file.read(_README_CHARACTERS)
    except OSError:
        return ""
    return re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)


def _look_at(path: Path) -> Recent:
    missing = ""
    try:
        if not path.is_dir():
            missing = "The folder is gone." if not path.exists() else "This is no folder any more."
        elif not (path / files.FILE_NAME).is_file():
            missing = "The folder holds no project any more."
    except OSError as error:
        missing = f"{error.strerror or 'It cannot be reached'}."
    return Recent(path=path, name=path.name, missing=missing)


def folder_name(name: str) -> str:
    """A name that every system takes: plain letters, digits, -, _ and blanks."""
    plain = re.sub(r"[^A-Za-z0-9 _-]+", "-", name).strip(" -_")[:60]
    if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", plain):
        plain += "-project"
    return plain or "untitled"


def free_folder(home: Path, name: str) -> Path:
    """A folder that is not there yet, the home being made; raises OSError."""
    home.mkdir(parents=True, exist_ok=True)
    folder, number = home / name, 2
    while folder.exists():
        folder = home / f"{name}-{number}"
        number += 1
    return folder
