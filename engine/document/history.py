"""Earlier versions of project.json under .netwright/history, from which a damaged one is mended.

Entries are numbered, never ordered by the clock. Of many the newest ten stay, and older ones are thinned out evenly, so
that fifty reach back over the whole work.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from engine.document.atomic import write_atomically
from engine.errors import ProjectError

KEPT = 50
_NEWEST = 10


def history_folder(project_dir: Path) -> Path:
    """Where earlier versions lie."""
    return project_dir / ".netwright" / "history"


def versions(project_dir: Path) -> list[Path]:
    """The earlier versions, newest first."""
    return [path for _, path in sorted(_numbered(project_dir), reverse=True)]


def _numbered(project_dir: Path) -> Iterator[tuple[int, Path]]:
    folder = history_folder(project_dir)
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return
    for name in names:
        stem = name.removesuffix(".json")
        if stem != name and stem.isascii() and stem.isdecimal() and len(stem) <= 12:
            yield int(stem), folder / name


def record(project_dir: Path, data: bytes) -> Path | None:
    """Keep a version that was just saved; None when it could not be kept or is the same as the newest.

    Never raises: the save itself is whole, and losing a spare copy is no reason to tell the user otherwise.
    """
    try:
        entries = sorted(_numbered(project_dir))
        if entries and entries[-1][1].read_bytes() == data:
            return None
        number = entries[-1][0] + 1 if entries else 1
        folder = history_folder(project_dir)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{number:06}.json"
        write_atomically(path, data, durable=False)
        _thin_out([entry for _, entry in entries])
        return path
    except (OSError, ProjectError):
        return None


def _thin_out(entries: list[Path]) -> None:
    """Remove those that lie closest to their neighbours in time; `entries` are the old ones, oldest first."""
    while len(entries) >= KEPT:
        times = [path.stat().st_mtime for path in entries]
        candidates = range(1, len(entries) - _NEWEST)
        closest = min(candidates, key=lambda i: abs(times[i + 1] - times[i - 1]))
        entries.pop(closest).unlink()
