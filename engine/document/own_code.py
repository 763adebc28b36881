"""Files of a project that hold layers of the user's own, and which of them the user has said may run.

What is trusted is the content, on this machine, for this person: a file that changes is asked about again. The list
lies in the user's folder, never in a project, so that no project can say of itself that it is to be trusted.
"""

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from engine.document.atomic import write_atomically
from engine.document.graph import Node
from engine.document.project import Project
from engine.document.user_folder import config_dir
from engine.errors import ProjectError

OWN_CODE: Final = "PyTorch"
"""Type of a node whose layer is a class in a file of the project."""
FOLDER: Final = "layers"
_PATH: Final = re.compile(FOLDER + r"(/[A-Za-z_][A-Za-z0-9_]{0,60}){1,4}\.py\Z")
_LARGEST: Final = 1_000_000
_MOST: Final = 10_000
_lock = threading.Lock()
_home: ContextVar[Path | None] = ContextVar("home of own layers", default=None)


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A file of a project and what it holds. `path` is relative to the project."""

    path: str
    content: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of the content, by which it is trusted."""
        return hashlib.sha256(self.content).hexdigest()


@contextlib.contextmanager
def code_of(folder: Path) -> Iterator[None]:
    """Within it, networks with layers of the user's own find their files in this folder (of a project or a run)."""
    token = _home.set(folder)
    try:
        yield
    finally:
        _home.reset(token)


def code_folder() -> Path | None:
    """The folder that `code_of` names."""
    return _home.get()


def code_nodes(project: Project) -> list[Node]:
    """The nodes with code of their own, those in blocks included."""
    graphs = [project.graph, *(block.graph for block in project.blocks.values())]
    return [node for graph in graphs for node in graph.nodes.values() if node.type == OWN_CODE]


def code_paths(project: Project) -> list[str]:
    """The files they name, each once."""
    named = (node.attributes.get("file") for node in code_nodes(project))
    return sorted({name for name in named if isinstance(name, str) and name})


def read_code(folder: Path, name: str) -> CodeFile:
    """A code file of a project. Raises ProjectError when it is none: outside the project, too large, not there."""
    if not _PATH.match(name):
        raise ProjectError(
            f"'{name[:80]}' cannot hold the code of a layer.",
            where=name[:80],
            expected=f"a Python file in the folder {FOLDER} of the project, like {FOLDER}/gate.py",
            found=name[:80],
        )
    path = folder.joinpath(*PurePosixPath(name).parts)
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ProjectError(f"'{name[:80]}' leads out of the project.", where=str(path))
        if path.stat().st_size > _LARGEST:
            raise ProjectError(f"'{name[:80]}' is larger than {_LARGEST:,} bytes.", where=str(path))
        return CodeFile(name, path.read_bytes())
    except OSError as error:
        raise ProjectError(
            f"The code of a layer cannot be read: {error.strerror or error}.",
            where=str(path),
            hint="Put the file back, or choose another one.",
        ) from error


def trusted() -> frozenset[str]:
    """Digests of the contents that the user trusts; none when the list is missing or broken."""
    try:
        found = msgspec.json.decode(_list().read_bytes(), type=list[str])
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return frozenset()
    return frozenset(found)


def trust(files: Iterable[CodeFile]) -> None:
    """Remember that the user has said that these may run. Raises ProjectError when that cannot be written."""
    with _lock:
        kept = [*trusted(), *(file.digest for file in files)]
        path = _list()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, msgspec.json.encode(sorted(set(kept))[-_MOST:]))
        except OSError as error:
            raise ProjectError(
                f"It could not be noted that the code is trusted: {error.strerror or error}.", where=str(path)
            ) from error


def untrusted(project: Project, folder: Path) -> list[CodeFile]:
    """The code files of a project that may not run yet. Raises ProjectError when one cannot be read."""
    paths = code_paths(project)
    if not paths:
        return []
    known = trusted()
    return [file for name in paths if (file := read_code(folder, name)).digest not in known]


def copy_code(project: Project, source: Path, target: Path) -> None:
    """Keep the code files of a project in another folder, that of a run. Raises ProjectError or OSError."""
    for name in code_paths(project):
        file = read_code(source, name)
        path = target.joinpath(*PurePosixPath(name).parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, file.content)


def require_trusted(project: Project, folder: Path) -> None:
    """Raise ProjectError when a code file of the project may not run yet."""
    for file in untrusted(project, folder):
        raise ProjectError(
            f"The code in {file.path} has not been trusted on this machine.",
            where=file.path,
            expected="code that you trust",
            found="code that is new or has changed",
            hint="Read it, then press Trust and check at its node, or run: netwright trust PROJECT",
        )


def _list() -> Path:
    return config_dir() / "trusted_code.json"
