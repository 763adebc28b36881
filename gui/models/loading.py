"""Project folders for the window: reading one away from the window's thread, and failures in words."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.document import files
from engine.document.edits import apply
from engine.document.journal import Journal
from engine.document.lock import ProjectLock
from engine.document.project import Project
from engine.errors import NetwrightError, ProjectError
from gui.models.garbage import garbage_waits

if TYPE_CHECKING:
    from engine.checks.inference import ShapeChecker


@dataclass(kw_only=True)
class Loaded:
    """All there is to know of a project folder before it is shown."""

    directory: Path
    project: Project
    checker: "ShapeChecker"
    base: bytes
    """What project.json holds."""
    journal: Journal | None
    lock: ProjectLock
    read_only_reason: str
    recovered: int
    """How many edits of the journal are in `project` and not in project.json."""
    notes: tuple[str, ...]
    """What the user should be told of the opening."""

    def discard(self) -> None:
        """Let go of a folder that is not shown after all."""
        if self.journal is not None:
            self.journal.close()
        self.lock.release()


def new_checker(project: Project, folder: Path | None = None) -> "ShapeChecker":
    """A shape checker. The catalog is imported with it, and that is why it is imported here: the window shows first."""
    from engine.checks.inference import ShapeChecker

    return ShapeChecker(project, folder)


@garbage_waits()
def load(directory: Path) -> Loaded:
    """Read a project with the edits its journal holds. Raises ProjectError naming the place of damage. Any thread."""
    folder = files.project_folder(directory)
    lock = ProjectLock(folder)
    mine = lock.acquire()
    journal: Journal | None = None
    try:
        base = files.read_bytes(folder)
        project = files.load(folder)
        notes: list[str] = []
        recovered = 0
        if mine:
            journal = Journal(folder, base)
            recovered = _replay(journal, project, notes)
        checker = new_checker(project, folder)
    except BaseException:  # raised again: the lock may not outlive a project that did not open
        if journal is not None:
            journal.close()
        lock.release()
        raise
    reason = ""
    if not mine:
        reason = lock.holder.sentence() if lock.holder is not None else "You may not write in this folder."
    return Loaded(
        directory=folder,
        project=project,
        checker=checker,
        base=base,
        journal=journal,
        lock=lock,
        read_only_reason=reason,
        recovered=recovered,
        notes=tuple(notes),
    )


def _replay(journal: Journal, project: Project, notes: list[str]) -> int:
    """Do again what was edited before the window was killed; returns the number of edits."""
    done = 0
    edits = journal.recover()
    for edit in edits:
        try:
            apply(project, edit)
        except NetwrightError as error:
            notes.append(f"{len(edits) - done} of your last changes could not be brought back: {error.message}")
            break
        done += 1
    if done:
        notes.append(f"Netwright ended before it could save. Your last {_changes(done)} came back from its record.")
    if journal.kept is not None:
        notes.append(
            "The project was changed elsewhere after your last changes here. "
            f"Those changes are kept in {journal.kept.name} and were not applied."
        )
    return done


def _changes(count: int) -> str:
    return "change" if count == 1 else f"{count} changes"


_WORDS: Final = {
    errno.ENOSPC: "The disk is full.",
    errno.EDQUOT: "Your share of the disk is used up.",
    errno.EFBIG: "The system does not allow files that large.",
    errno.EROFS: "The disk can only be read.",
    errno.EACCES: "You may not write there.",
    errno.EPERM: "You may not write there.",
    errno.EIO: "The disk reports an error; it may be failing.",
    errno.ENOENT: "The folder is gone.",
    errno.ENOTDIR: "The folder is gone.",
    errno.ENAMETOOLONG: "The name is too long.",
}


def reason_of(error: Exception, directory: Path) -> NetwrightError:
    """A failure to read or write a project as an error in words."""
    if isinstance(error, NetwrightError):
        return error
    number = error.errno if isinstance(error, OSError) and error.errno is not None else 0
    return ProjectError(
        _WORDS.get(number) or (os.strerror(number) + "." if number else "Something went wrong inside Netwright."),
        where=str(directory),
        hint="Make room or save a copy elsewhere." if number in (errno.ENOSPC, errno.EDQUOT) else "",
    )
