"""Copying an example project."""

import shutil
from pathlib import Path

from engine.document.copying import copy_project
from engine.document.examples import examples
from engine.document.files import require_own_place
from engine.errors import ProjectError, UsageError


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
