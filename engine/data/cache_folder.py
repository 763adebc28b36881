"""Folders of decoded data that may be deleted at any time: found by their key, built once, the oldest removed.

A folder that is not complete does not exist: it is written under another name and renamed. It lies in the project, or
in the user's cache while there is no project yet or where the project cannot be written.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from engine.data.readers.files import reason
from engine.errors import DataError

T = TypeVar("T")

KEPT_FOLDERS: Final = 8
"""Caches of earlier settings and of other fields that stay, so that going back to a size costs nothing."""

COMPLETE: Final = "cache.json"
"""The file that a folder has when it is complete."""


def user_cache_dir() -> Path:
    """Where this user's programs keep what may be deleted."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "netwright"


def cache_places(project_dir: Path | None) -> tuple[Path, ...]:
    """Where a cache may lie, best first: in the project, or in the user's cache when the project cannot be written."""
    user = user_cache_dir() / "data"
    if project_dir is None or not project_dir.is_dir() or not os.access(project_dir, os.W_OK):
        return (user,)
    return (project_dir / ".netwright" / "cache", user)


def found_or_built(
    key: str,
    project_dir: Path | None,
    *,
    read: Callable[[Path], T | None],
    build: Callable[[Path], None],
    what: str,
) -> T:
    """What the folder called `key` holds; it is built where there is none.

    `read` gives None for a folder that is not there, damaged or of something else; `build` writes the files of one,
    `cache.json` last. `what` is in messages: "decoded pictures". Raises DataError when it cannot be kept anywhere, and
    what `build` raises.
    """
    places = cache_places(project_dir)
    for place in places:
        found = read(place / key)
        if found is not None:
            return found if place == places[0] else _moved(place / key, places[0] / key, read) or found
    last: OSError | None = None
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=".new-", dir=place))
        except OSError as error:
            last = error
            continue
        try:
            build(work)
            _put(work, place / key)
        except OSError as error:
            raise DataError(
                f"The {what} cannot be kept in {place}: {reason(error)}.", where=str(place), hint="Make room."
            ) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
        _prune(place, key)
        found = read(place / key)
        if found is not None:
            return found
    raise DataError(
        f"There is no place to keep the {what}.",
        where=str(places[-1]),
        found=reason(last) if last else "the cache could not be read back",
    )


def check_room(folder: Path, needed: int, what: str, hint: str) -> None:
    """Raises DataError when `needed` bytes would fill the disk."""
    free = shutil.disk_usage(folder).free
    if needed + (64 << 20) > free:
        raise DataError(
            f"There is not enough room on the disk for the {what}.",
            where=str(folder.parent),
            expected=f"{needed / 1e9:.1f} GB",
            found=f"{free / 1e9:.1f} GB free",
            hint=hint,
        )


def _moved(old: Path, new: Path, read: Callable[[Path], T | None]) -> T | None:
    """Bring a cache that was built before the project existed into the project; None where that fails."""
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        old.replace(new)
    except OSError:
        return None
    return read(new)


def _put(work: Path, folder: Path) -> None:
    """Rename the finished folder into its place; another process may have been faster, then its folder is as good."""
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    try:
        work.replace(folder)
    except OSError:
        if not (folder / COMPLETE).exists():
            raise


def _prune(place: Path, key: str) -> None:
    """Remove the oldest caches beyond the number kept. One that is still mapped by a process stays readable to it."""
    try:
        others = [item for item in place.iterdir() if item.is_dir() and item.name != key]
        folders = [item for item in others if not item.name.startswith(".new-")]
        folders.sort(key=lambda item: item.stat().st_mtime, reverse=True)
    except OSError:
        return
    for folder in folders[KEPT_FOLDERS - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
