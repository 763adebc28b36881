"""The example projects that ship with Netwright."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from engine.document.copying import copy_project
from engine.document.files import FILE_NAME, require_own_place
from engine.errors import ProjectError, UsageError

FOLDER = Path(__file__).resolve().parents[2] / "projects"


@dataclass(frozen=True, slots=True)
class Example:
    """An example: its name, the title line of its README, where it lies."""

    name: str
    title: str
    folder: Path


def examples() -> list[Example]:
    """All of them, by name."""
    try:
        folders = sorted(path for path in FOLDER.iterdir() if (path / FILE_NAME).is_file())
    except OSError:
        return []
    return [Example(folder.name, _title(folder), folder) for folder in folders]


def _title(folder: Path) -> str:
    try:
        lines = (folder / "README.md").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    title = next((line.lstrip("# ").strip() for line in lines if line.strip()), "")
    name, separator, rest = title.partition(":")
    rest = rest.strip()
    return rest[:1].upper() + rest[1:] if separator and name.strip().lower() == folder.name else title


def copy_example(name: str, to: Path) -> None:
    """Copy an example, without its runs, to a folder that is not there yet. Raises UsageError, ProjectError."""
    found = next((example for example in examples() if example.name == name), None)
    if found is None:
        raise UsageError(
            f"There is no example '{name[:60]}'.",
            where="--from",
            expected=", ".join(example.name for example in examples()) or "an example",
            found=name[:60],
        )
    require_own_place(to)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ProjectError(
            f"'{to}' is there already.", where=str(to), expected="a new or empty folder", hint="Choose another folder."
        )
    try:
        copy_project(found.folder, to)
    except (OSError, shutil.Error) as error:
        raise ProjectError(
            f"The example could not be copied to '{to}': {getattr(error, 'strerror', None) or 'some files failed'}.",
            where=str(to),
            hint="Choose another folder.",
        ) from error
