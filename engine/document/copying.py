"""Copying a project folder: what belongs to it goes along, runs, exports and caches do not."""

import shutil
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

from engine.document.files import FILE_NAME
from engine.document.history import record

_STAYS = ("runs", "exports", ".netwright")  # in the project folder itself; a class of pictures may be called runs
_LEFTOVERS = ".save-*.tmp"


def copy_project(source: Path, to: Path) -> None:
    """Copy a project into `to`, a new or empty folder, with a first version in its history.

    Raises OSError, or shutil.Error with what went wrong file by file.
    """
    shutil.copytree(source, to, ignore=_all_but(source, _STAYS), dirs_exist_ok=True)
    record(to, (to / FILE_NAME).read_bytes())


def copy_files(source: Path, to: Path) -> None:
    """Copy all that belongs to a project but project.json, which somebody else writes. Raises as `copy_project`."""
    shutil.copytree(source, to, ignore=_all_but(source, (*_STAYS, FILE_NAME)), dirs_exist_ok=True)


def _all_but(source: Path, at_the_top: tuple[str, ...]) -> Callable[[str, list[str]], set[str]]:
    def ignored(folder: str, names: list[str]) -> set[str]:
        top = at_the_top if Path(folder) == source else ()
        return {name for name in names if name in top or fnmatch(name, _LEFTOVERS)}

    return ignored
