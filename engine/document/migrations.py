"""Steps from one version of project.json to the next, each one function on the plain JSON; none is ever removed.

To change the format: raise CURRENT_VERSION, write the function `_from_1(document) -> document`, enter it in STEPS, and
put a file of the old version into tests/unit/document/versions.
"""

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import ProjectError

CURRENT_VERSION = 1

Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: Mapping[int, Step] = {}
"""The step that leads from the version named by its key to the one after it."""


def migrate(
    document: dict[str, Any],
    where: str,
    *,
    steps: Mapping[int, Step] | None = None,
    current: int | None = None,
) -> dict[str, Any]:
    """The document in the current version. Raises ProjectError for a newer version, and one that never was."""
    steps = STEPS if steps is None else steps
    current = CURRENT_VERSION if current is None else current
    version = document.get("version")
    if type(version) is not int or version < 1:
        raise ProjectError(
            "The project file does not say which version it is of.",
            where=f"{where}: version",
            expected=f"a whole number from 1 to {current}",
            found=repr(version)[:40],
            hint="Restore an earlier version of the project.",
        )
    if version > current:
        raise ProjectError(
            f"The project was saved by a newer Netwright (file version {version}; this one reads up to {current}).",
            where=f"{where}: version",
            expected=f"version {current} or older",
            found=f"version {version}",
            hint="Update Netwright to open it. The file is left as it is.",
        )
    while version < current:
        try:
            document = steps[version](document)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            # An old file that does not hold what its version says; the person who opens it is told.
            raise ProjectError(
                f"The project file is of version {version} and could not be brought to version {version + 1}.",
                where=where,
                found=f"{type(error).__name__}: {error}"[:120],
                hint="Restore an earlier version of the project.",
            ) from error
        version += 1
        document = {**document, "version": version}
    return document
