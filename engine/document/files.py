"""The project folder on disk: create, load, save, and mend a damaged project.json from an earlier version."""

import hashlib
import os
import re
from pathlib import Path

from engine.document import history
from engine.document.atomic import remove_leftovers, write_atomically
from engine.document.journal import Journal
from engine.document.json_reading import MAX_BYTES, refuse_size
from engine.document.migrations import CURRENT_VERSION
from engine.document.project import Project
from engine.document.project_json import as_document, from_bytes, from_document, to_bytes
from engine.errors import ProjectError

__all__ = [
    "FILE_NAME",
    "ChangedOnDisk",
    "as_document",
    "check_unchanged",
    "create",
    "from_bytes",
    "from_document",
    "last_good",
    "load",
    "project_folder",
    "read_bytes",
    "require_own_place",
    "restore_last_good",
    "save",
    "to_bytes",
]

FILE_NAME = "project.json"


def project_folder(path: str | Path) -> Path:
    """The project folder named by a folder or by its project.json, absolute. Raises ProjectError if it is neither."""
    try:
        given = Path(path).expanduser()
        folder = given.parent if given.name == FILE_NAME and not given.is_dir() else given
        folder = folder.absolute()
        if (folder / FILE_NAME).is_file():
            return folder
        exists, is_folder = folder.exists(), folder.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise ProjectError(f"'{path}' cannot be opened: {error}.", where=str(path)) from None
    if not exists:
        message = f"There is no folder '{path}'."
    elif not is_folder:
        message = f"'{path}' is a file, not a project."
    else:
        message = f"There is no project in '{path}': it holds no {FILE_NAME}."
    raise ProjectError(
        message,
        where=str(path),
        expected=f"a project folder, or its {FILE_NAME}",
        hint="Check the spelling, or make a project there with `netwright new`.",
    )


def load(project_dir: Path) -> Project:
    """The project in that folder. Raises ProjectError naming the place of the damage, and the last good version."""
    folder = project_folder(project_dir)
    path = folder / FILE_NAME
    data = read_bytes(folder)
    remove_leftovers(folder)
    try:
        project = from_bytes(data, str(path))
    except ProjectError as error:
        good = last_good(folder)
        if good is not None and "newer Netwright" not in error.message:
            error.hint = f"The last good version is kept in {good}; it can be put in the place of {FILE_NAME}."
        raise
    _keep_older_version(folder, data)
    return project


def read_bytes(project_dir: Path) -> bytes:
    """The bytes of project.json as they are; raises ProjectError when they cannot be read or are beyond all bounds."""
    path = project_dir / FILE_NAME
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            refuse_size(str(path), size)
        return path.read_bytes()
    except FileNotFoundError:
        project_folder(project_dir)
        raise ProjectError(f"{FILE_NAME} has just been removed.", where=str(path)) from None
    except OSError as error:
        raise ProjectError(
            f"{FILE_NAME} cannot be read: {error.strerror or error}.",
            where=str(path),
            hint="Check the permissions of the file, and the disk.",
        ) from error


def save(
    project_dir: Path,
    project: Project,
    *,
    replacing: bytes | None = None,
    journal: Journal | None = None,
    mark: int = 0,
) -> bytes:
    """Save atomically; returns the bytes written. Raises ProjectError, and the old file is intact.

    `project` must not change meanwhile (`Project.copy`). `replacing`: what is believed to be on disk; if another
    program has changed the file since, nothing is written and ChangedOnDisk is raised. `journal` and `mark` (from
    `Journal.mark`, taken together with the snapshot): its edits up to the mark are dropped once they are on disk.
    """
    data = to_bytes(project)
    path = project_dir / FILE_NAME
    if replacing is not None and replacing != data:
        check_unchanged(project_dir, replacing)
    if journal is not None:
        journal.saving(mark, data)
    _keep_first(project_dir, path)
    write_atomically(path, data)
    if journal is not None:
        journal.saved(mark, data)
    history.record(project_dir, data)
    return data


def _keep_first(project_dir: Path, path: Path) -> None:
    """Before the first save here, keep what was there: a project that came by copy or git has no history yet."""
    if not history.versions(project_dir):
        try:
            history.record(project_dir, path.read_bytes())
        except OSError:
            pass  # a new project, or nothing that could be kept


class ChangedOnDisk(ProjectError):
    """Another program changed project.json while it was open here (git, a sync tool, an editor)."""


def check_unchanged(project_dir: Path, expected: bytes) -> None:
    """Raises ChangedOnDisk when project.json no longer holds `expected`; a missing file counts as unchanged."""
    path = project_dir / FILE_NAME
    try:
        found = path.read_bytes()
    except OSError:
        return
    if found != expected:
        raise ChangedOnDisk(
            f"{FILE_NAME} was changed by another program while it was open here.",
            where=str(path),
            expected=f"the file as it was opened ({_fingerprint(expected)})",
            found=f"another one ({_fingerprint(found)})",
            hint="Keep yours, take the one on disk, or save yours under another name.",
        )


def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]


def require_own_place(folder: Path) -> None:
    """Raises ProjectError for a folder among the runs or the caches of another project, which may be deleted."""
    for parent in folder.parents:
        if parent.name in ("runs", ".netwright") and (parent.parent / FILE_NAME).is_file():
            raise ProjectError(
                f"'{parent}' belongs to another project and may be deleted with its runs or caches.",
                where=str(folder),
                hint="Choose a folder outside of it.",
            )


def create(project_dir: Path, project: Project) -> None:
    """Make the folder and save the project in it. Raises ProjectError if there already is one, or it cannot be made."""
    require_own_place(project_dir)
    try:
        if project_dir.exists() and not project_dir.is_dir():
            raise ProjectError(f"'{project_dir}' is a file.", where=str(project_dir), hint="Choose another name.")
        if (project_dir / FILE_NAME).exists():
            raise ProjectError(
                f"There already is a project in '{project_dir}'.",
                where=str(project_dir),
                hint="Choose another folder; nothing was changed.",
            )
        project_dir.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"The folder '{project_dir}' cannot be made: {getattr(error, 'strerror', None) or error}.",
            where=str(project_dir),
            hint="Choose another folder.",
        ) from None
    save(project_dir, project)


def last_good(project_dir: Path) -> Path | None:
    """The newest earlier version that opens; None when there is none."""
    for path in history.versions(project_dir):
        try:
            if path.stat().st_size <= MAX_BYTES:
                from_bytes(path.read_bytes(), str(path))
                return path
        except (OSError, ProjectError):
            continue
    return None


def restore_last_good(project_dir: Path) -> Project:
    """Put the last good version in the place of a damaged project.json, which is kept as project.damaged-N.json."""
    good = last_good(project_dir)
    if good is None:
        raise ProjectError(
            "No earlier version of the project was kept.", where=str(history.history_folder(project_dir))
        )
    data = good.read_bytes()
    project = from_bytes(data, str(good))
    damaged = project_dir / FILE_NAME
    if damaged.exists():
        number = 1
        while (kept := project_dir / f"project.damaged-{number}.json").exists():
            number += 1
        write_atomically(kept, damaged.read_bytes())
    write_atomically(damaged, data)
    return project


def _keep_older_version(folder: Path, data: bytes) -> None:
    """Keep a file of an older version beside the project before a save replaces it."""
    found = re.search(rb'"version"\s*:\s*(\d{1,6})', data)
    version = int(found[1]) if found else CURRENT_VERSION
    kept = folder / f"project.version-{version}.json"
    if version < CURRENT_VERSION and not kept.exists() and os.access(folder, os.W_OK):
        write_atomically(kept, data)
