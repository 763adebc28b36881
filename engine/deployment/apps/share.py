"""The project as one zip to share: drawing, recipe, one run with its best weights, and the data if wanted.

Caches, the edit journal, other runs and the state an interrupted training goes on from stay at home.
"""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.data.layouts import layout_of
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.sources import source_path
from engine.deployment.description import without_paths
from engine.document import files
from engine.document.data_spec import DataSpec, Source
from engine.document.project import Project
from engine.errors import Cancelled, ExportError
from engine.evaluation.network import project_of
from engine.protocol.run_folder import RunFolder

_KEPT = ("README.md", "layers", "weights")
_NOT_OF_A_RUN = frozenset((".lock", "process.json", "process.log", "project.json", "requests.jsonl", "checkpoints"))
_STORED = frozenset((".zip", ".gz", ".png", ".jpg", ".jpeg", ".webp", ".mp3", ".flac", ".ogg", ".xz", ".bz2", ".7z"))
"""Files that packing would not make smaller."""


@dataclass(frozen=True, slots=True)
class _Carried:
    """Data that goes with the project: what lies here, and its name in the zip."""

    path: Path
    name: str


def sizes(project_dir: Path, run: RunFolder) -> tuple[int, int]:
    """Bytes of the project without its data, and of the data, before they are packed."""
    own = sum(path.stat().st_size for path, _ in _own_files(project_dir, run))
    carried, _ = _carried(project_dir, project_of(run).data)
    return own, sum(path.stat().st_size for item in carried for path, _ in _below(item))


def share_project(
    project_dir: Path,
    run: RunFolder,
    to: Path,
    *,
    with_data: bool,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> None:
    """Write the zip. Raises ExportError where data that is wanted is not there, Cancelled."""
    project = files.load(project_dir)
    carried, renamed = _carried(project_dir, project.data) if with_data else ([], {})
    if with_data:
        for source in project.data.sources:
            if not source.path.startswith("resource:") and source.path not in renamed and _is_file_source(source):
                raise ExportError(
                    f"The data '{Path(source.path).name}' is not there, so it cannot go along.",
                    where=source.path,
                    hint="Bring it back to where it was, or share the project without its data.",
                )
    listed = list(_own_files(project_dir, run))
    listed += [(path, name) for item in carried for path, name in _below(item)]
    whole = max(1, sum(path.stat().st_size for path, _ in listed))
    done = 0
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(files.FILE_NAME, files.to_bytes(_as_shared(project, renamed)))
        own = _as_shared(project_of(run), renamed)
        archive.writestr(f"runs/{run.path.name}/{files.FILE_NAME}", files.to_bytes(own))
        for path, name in listed:
            if cancelled():
                raise Cancelled
            stored = path.suffix.lower() in _STORED
            archive.write(path, name, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
            done += path.stat().st_size
            progress(done / whole, f"Packing {Path(name).name}")
    progress(1.0, "Packed")


def _as_shared(project: Project, renamed: dict[str, str]) -> Project:
    """The project whose sources lie inside the zip where they were carried, and else say a name alone."""
    shared = without_paths(project)
    sources = tuple(
        msgspec.structs.replace(bare, path=renamed.get(source.path, bare.path))
        for source, bare in zip(project.data.sources, shared.data.sources, strict=True)
    )
    shared.data = msgspec.structs.replace(shared.data, sources=sources)
    return shared


def _own_files(project_dir: Path, run: RunFolder) -> Iterator[tuple[Path, str]]:
    """What is the project's own, with names in the zip; project.json is written anew."""
    for name in _KEPT:
        yield from _below(_Carried(project_dir / name, name))
    for path in sorted(run.path.iterdir()):
        if path.name not in _NOT_OF_A_RUN:
            yield from _below(_Carried(path, f"runs/{run.path.name}/{path.name}"))
    best = sorted(run.checkpoints.glob("best-*")) or sorted(run.checkpoints.glob("last-*"))
    for folder in best[-1:]:
        yield from _below(_Carried(folder, f"runs/{run.path.name}/checkpoints/{folder.name}"))


def _below(item: _Carried) -> Iterator[tuple[Path, str]]:
    """The files of a file or folder. Links are not followed out of it."""
    if item.path.is_file():
        yield item.path, item.name
        return
    for place, folders, names in os.walk(item.path):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            if path.is_file() and not path.is_symlink():
                yield path, f"{item.name}/{path.relative_to(item.path).as_posix()}"


def _is_file_source(source: Source) -> bool:
    return not layout_of(source.kind).address


def _carried(project_dir: Path, data: DataSpec) -> tuple[list[_Carried], dict[str, str]]:
    """The data on this disk that the project reads, and what each source's path becomes in the zip."""
    carried: list[_Carried] = []
    renamed: dict[str, str] = {}
    for source in data.sources:
        if source.path.startswith("resource:") or not _is_file_source(source):
            continue
        whole = source_path(project_dir, source)
        there = next((path for path in (whole, *whole.parents) if path.exists()), None)
        if there is None or (there != whole and not there.is_file()):
            continue  # gone, or a path into an archive that is gone
        inside = whole.relative_to(there).as_posix()
        name = f"data/{there.name or 'data'}"
        taken = {item.name: item.path for item in carried}
        number = 2
        while name in taken and taken[name] != there:
            name, number = f"data/{number}-{there.name}", number + 1
        if name not in taken:
            carried.append(_Carried(there, name))
        renamed[source.path] = name if inside == "." else f"{name}/{inside}"
    return carried, renamed
