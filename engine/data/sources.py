"""Finding and reading the source that a data spec names."""

from pathlib import Path

import msgspec

import engine
from engine.data.layouts import layout_of
from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.chosen import chosen, names_in
from engine.data.readers.files import FileTree, open_tree
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Role, Source
from engine.errors import DataError

RESOURCE_PREFIX = "resource:"


def resources_dir() -> Path:
    """The folder of what ships with the program."""
    return Path(engine.__file__).resolve().parent.parent / "resources"


def source_path(project_dir: Path | None, source: Source) -> Path:
    """Where a source lies: `resource:` below the installed resources, relative paths below the project folder."""
    if source.path.startswith(RESOURCE_PREFIX):
        relative = Path(source.path.removeprefix(RESOURCE_PREFIX))
        if relative.is_absolute() or ".." in relative.parts:
            raise DataError("This path leads out of the resources.", where=source.path)
        return resources_dir() / relative
    path = Path(source.path).expanduser()
    return path if path.is_absolute() or project_dir is None else project_dir / path


def is_as_read(
    project_dir: Path | None,
    data: DataSpec,
    listing: str,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> bool:
    """Whether the files are those that were listed when they were read: same names, sizes and times."""
    if len(data.sources) != 1 or layout_of(data.sources[0].kind).address:
        return False
    tree = open_tree(source_path(project_dir, data.sources[0]), progress=progress, cancelled=cancelled)
    return tree.listing() == listing


def read_source(
    project_dir: Path | None, data: DataSpec, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> Samples:
    """Read what the data spec's source holds. Raises DataError naming the file when nothing of it can be used."""
    if not data.sources:
        raise DataError(
            "The project has no data yet.", hint="Drop a folder of pictures or a table on the window, or use --data."
        )
    if len(data.sources) > 1:
        raise DataError(
            "The project names several sources of data.",
            where=data.sources[1].path,
            expected="one source",
            found=str(len(data.sources)),
            hint="Put all samples in one folder or table.",
        )
    source = data.sources[0]
    layout = layout_of(source.kind)
    if layout.address:
        tree = FileTree(root=Path(source.path), entries=[], left_out=LeftOutList())
    else:
        tree = open_tree(source_path(project_dir, source), progress=progress, cancelled=cancelled)
        tree = chosen(tree, names_in(source.options))
    # The split's fields are read though nothing is learned from them.
    fields = tuple(
        msgspec.structs.replace(field, role=Role.INPUT)
        if field.role is Role.IGNORED and field.name in (data.split.field, data.split.unseen.field)
        else field
        for field in data.fields
    )
    return layout.read(tree, source, fields, progress=progress, cancelled=cancelled)
