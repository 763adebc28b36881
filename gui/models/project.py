"""The open project: document, undo history, shape checks and files. Every change of the document goes through `do`."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from engine.document import files
from engine.document import history as document_history
from engine.document.edits import Change, Edit, apply, change
from engine.document.journal import Journal
from engine.document.lock import ProjectLock
from engine.document.project import Project, View
from engine.errors import NetwrightError, ProjectError
from gui.models.background import Background
from gui.models.garbage import garbage_waits
from gui.models.history import EditCommand
from gui.models.loading import Loaded, load, new_checker, reason_of

if TYPE_CHECKING:
    from engine.checks.inference import ShapeChecker

SAVE_AFTER_MS: Final = 1000
SAVE_AT_LEAST_EVERY_S: Final = 5.0
RETRY_AFTER_MS: Final = 5000


class ProjectModel(QObject):
    """One project at a time. All methods are called on the window's thread; saving happens on a thread of its own.

    An edit is in the journal before `changed` is emitted, so a killed window comes back as it was shown.
    """

    opened = Signal()
    """Another project is shown (or none: `directory` is None); everything has changed."""
    changed = Signal(object)
    """Change: what an edit touched."""
    checked = Signal(object)
    """set[str]: nodes whose shapes, problems or cost changed. Comes after every `changed`."""
    saved = Signal()
    save_failed = Signal(object)
    """NetwrightError: why nothing could be saved; it is tried again."""
    refused = Signal(object)
    """NetwrightError: why an edit was not done."""
    open_failed = Signal(object, object)
    """(Path, NetwrightError): why a project could not be opened; the one that was open stays."""
    state_changed = Signal()
    """`dirty`, `saving` or `read_only` changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = Project(name="")
        self.directory: Path | None = None
        self._checker: ShapeChecker | None = None
        self.history = QUndoStack(self)
        self.read_only = False
        self.read_only_reason = ""
        self.replaying = False
        """Whether what `changed` tells is a step of the history taken back or done again."""
        self.recovered_edits = 0
        self.notes: tuple[str, ...] = ()
        self.save_error: NetwrightError | None = None
        self._journal: Journal | None = None
        self._lock: ProjectLock | None = None
        self._background = Background("netwright-files", self)
        self._dirty_since: float | None = None  # set by the first edit after a save, cleared by the save that holds it
        self._base: bytes | None = None  # what we believe project.json holds; None replaces whatever it does
        self._saving = False  # set by _save_now, cleared when the thread has answered
        self._opening: Path | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.save)

    @property
    def checker(self) -> "ShapeChecker":
        """Shapes, problems and cost of the open project, up to date."""
        if self._checker is None:
            self._checker = new_checker(self.project, self.directory)
        return self._checker

    @property
    def dirty(self) -> bool:
        """Whether something is not in project.json yet (it is in the journal all the same)."""
        return self._dirty_since is not None

    @property
    def saving(self) -> bool:
        """Whether project.json is being written."""
        return self._saving

    @property
    def opening(self) -> Path | None:
        """The folder that is being opened."""
        return self._opening

    # Opening and closing.

    def open(self, directory: Path) -> None:
        """Open a project folder and show it. Raises ProjectError, and then what was open stays."""
        if not self._is_open(directory):
            self._adopt(load(directory))

    def open_soon(self, directory: Path) -> None:
        """Open a project folder without keeping the window waiting; `opened` or `open_failed` follows."""
        if self._is_open(directory):
            return  # opened anew it would meet its own lock
        self._opening = directory
        self._background.run(
            lambda: load(directory),
            lambda loaded: self._on_loaded(directory, loaded),
            lambda error: self._on_load_failed(directory, error),
        )

    def restore_soon(self, directory: Path) -> None:
        """Put the last good version in the place of a damaged project.json, which is kept, and open it."""
        self._opening = directory

        def restore() -> Loaded:
            files.restore_last_good(directory)
            return load(directory)

        self._background.run(
            restore,
            lambda loaded: self._on_loaded(directory, loaded),
            lambda error: self._on_load_failed(directory, error),
        )

    def create(self, directory: Path, project: Project) -> None:
        """Make a project folder and open it. Raises ProjectError when there is one already."""
        files.create(directory, project)
        self.open(directory)

    def close(self) -> None:
        """Save what is not saved and let go of the folder; afterwards no project is open."""
        if self.directory is None:
            return
        self._let_go()
        self._show(Project(name=""), None)

    def shut_down(self) -> None:
        """Close the project and end the thread that saves; for the end of the program."""
        self.close()
        self._background.close()

    def _is_open(self, directory: Path) -> bool:
        folder = directory.parent if directory.name == files.FILE_NAME else directory
        return self.directory is not None and folder.absolute() == self.directory

    def _on_loaded(self, directory: Path, loaded: Loaded) -> None:
        if self._opening != directory:
            loaded.discard()  # another one was asked for meanwhile
            return
        self._opening = None
        self._adopt(loaded)

    def _on_load_failed(self, directory: Path, error: Exception) -> None:
        if self._opening == directory:
            self._opening = None
        self.open_failed.emit(directory, reason_of(error, directory))

    def _adopt(self, loaded: Loaded) -> None:
        self._let_go()
        self._journal, self._lock = loaded.journal, loaded.lock
        self.read_only_reason = loaded.read_only_reason
        self.read_only = bool(loaded.read_only_reason)
        self.recovered_edits = loaded.recovered
        self.notes = loaded.notes
        self._base = loaded.base
        if loaded.recovered:
            self._dirty_since = time.monotonic()
            self._timer.start(SAVE_AFTER_MS)
        self._show(loaded.project, loaded.directory, loaded.checker)

    def _show(self, project: Project, directory: Path | None, checker: "ShapeChecker | None" = None) -> None:
        self.project, self.directory = project, directory
        self._checker = checker
        self.history.clear()
        with garbage_waits():
            self.opened.emit()
        self.state_changed.emit()

    def _let_go(self) -> None:
        self._timer.stop()
        if self.directory is not None:
            self._background.wait()
            if self.dirty and not self.read_only:
                self._save_now()
                self._background.wait()
        if self._journal is not None:
            self._journal.close()
        if self._lock is not None:
            self._lock.release()
        self._journal = self._lock = None
        self._base = None
        self._dirty_since = None
        self.save_error = None
        self.read_only, self.read_only_reason = False, ""
        self.recovered_edits, self.notes = 0, ()

    # Edits.

    def do(self, edit: Edit, merge: str = "") -> bool:
        """Apply an edit as one step of the history; False (and `refused`) when it makes no sense.

        Edits with the same `merge` key within a second of each other become one step.
        """
        if self.read_only:
            self.refused.emit(
                ProjectError(
                    "This project is open for reading only.",
                    where=str(self.directory or ""),
                    found=self.read_only_reason,
                    hint="Save a copy to go on with it there.",
                )
            )
            return False
        with garbage_waits():
            try:
                inverse = apply(self.project, edit)
            except NetwrightError as error:
                self.refused.emit(error)
                return False
            self._after(edit, inverse)
        self.history.push(EditCommand(edit, inverse, self._perform, merge))
        return True

    def take(self, edit: Edit) -> bool:
        """Apply an edit that follows from others (what was measured of the data): journaled, no step of the history."""
        if self.read_only:
            return False
        with garbage_waits():
            try:
                inverse = apply(self.project, edit)
            except NetwrightError:
                return False  # what it follows from was taken back meanwhile
            self._after(edit, inverse)
        return True

    def recheck(self, ids: Iterable[str]) -> None:
        """Look anew at what lies beside the project for these nodes, such as their files of weights."""
        self.checked.emit(self.checker.update(Change(nodes=frozenset(ids))))

    def set_view(self, view: View) -> None:
        """Remember how the project is looked at; no step of the history."""
        if view != self.project.view and not self.read_only:
            self.project.view = view
            self._mark_dirty()

    def _perform(self, edit: Edit) -> Edit:
        """Undo and redo come here."""
        with garbage_waits():
            inverse = apply(self.project, edit)
            self.replaying = True
            try:
                self._after(edit, inverse)
            finally:
                self.replaying = False
        return inverse

    def _after(self, edit: Edit, inverse: Edit) -> None:
        if self._journal is not None:
            try:
                self._journal.append(edit)
            except (NetwrightError, OSError) as error:
                self._report_save_failure(error)
        what = change(edit, inverse)
        touched = self.checker.update(what)
        self._mark_dirty()
        self.changed.emit(what)
        self.checked.emit(touched)

    def _mark_dirty(self) -> None:
        now = time.monotonic()
        first = self._dirty_since is None
        if self._dirty_since is None:
            self._dirty_since = now
        if self.directory is not None:
            left_ms = int((self._dirty_since + SAVE_AT_LEAST_EVERY_S - now) * 1000)
            self._timer.start(max(0, min(SAVE_AFTER_MS, left_ms)))
        if first:
            self.state_changed.emit()

    # Saving.

    def save(self) -> None:
        """Write project.json soon; `saved` or `save_failed` follows. Nothing to save counts as saved."""
        if self.directory is None or self.read_only:
            return
        if self._saving:
            self._timer.start(50)  # what was edited meanwhile goes into the next one
            return
        if not self.dirty:
            self.saved.emit()
            return
        self._save_now()

    def keep_mine(self) -> None:
        """Save over a project.json that another program changed meanwhile."""
        self._base = None
        self.save()

    def take_theirs(self) -> None:
        """Read project.json as another program left it; what was changed here since stays in the history folder."""
        directory = self.directory
        if directory is None or self.read_only:
            return
        mine = files.to_bytes(self.project)
        document_history.record(directory, mine)
        self._background.wait()
        self._dirty_since = None
        if self._journal is not None:
            self._journal.reset(files.read_bytes(directory))
        self._let_go()
        try:
            self._adopt(load(directory))
        except ProjectError as error:
            self._show(Project(name=""), None)
            self.open_failed.emit(directory, error)

    def save_copy(self, directory: Path) -> None:
        """Write the project as it is now into another, new folder. Raises ProjectError."""
        files.create(directory, self.project.copy())

    def _save_now(self) -> None:
        assert self.directory is not None
        self._timer.stop()
        snapshot, directory, journal, base = self.project.copy(), self.directory, self._journal, self._base
        try:
            mark = journal.mark() if journal is not None else 0
        except NetwrightError as error:
            self._report_save_failure(error)
            return
        self._saving = True
        self._dirty_since = None
        self._background.run(
            lambda: files.save(directory, snapshot, replacing=base, journal=journal, mark=mark),
            lambda data: self._on_saved(directory, data),
            lambda error: self._on_save_failed(directory, error),
        )
        self.state_changed.emit()

    def _on_saved(self, directory: Path, data: bytes) -> None:
        self._saving = False
        if directory != self.directory:
            return
        self._base = data
        self.save_error = None
        self.state_changed.emit()
        self.saved.emit()

    def _on_save_failed(self, directory: Path, error: Exception) -> None:
        self._saving = False
        if directory == self.directory:
            self._report_save_failure(error)

    def _report_save_failure(self, error: Exception) -> None:
        assert self.directory is not None
        if self._dirty_since is None:
            self._dirty_since = time.monotonic()
        self.save_error = reason_of(error, self.directory)
        self._timer.start(RETRY_AFTER_MS)
        self.state_changed.emit()
        self.save_failed.emit(self.save_error)
