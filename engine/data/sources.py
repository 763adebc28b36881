"""Finding and reading the source that a data spec names."""

from pathlib import Path

import engine
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import open_tree
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Source, SourceKind
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
    path = source_path(project_dir, source)
    tree = open_tree(path, progress=progress, cancelled=cancelled)
    if source.kind is SourceKind.IDX:
        from engine.data.readers.idx import read_idx

        return read_idx(tree, source, progress=progress, cancelled=cancelled)
    if source.kind is SourceKind.NPZ:
        from engine.data.readers.npz import read_npz

        return read_npz(tree, source, progress=progress, cancelled=cancelled)
    if source.kind is SourceKind.IMAGE_FOLDER:
        from engine.data.readers.image_folder import read_image_folder

        return read_image_folder(tree, source, progress=progress, cancelled=cancelled)
    if source.kind is SourceKind.TEXT_LINES:
        from engine.data.readers.text_lines import read_text_lines

        return read_text_lines(tree, source, progress=progress, cancelled=cancelled)
    from engine.data.readers.table import read_table

    return read_table(tree, source, data.fields, progress=progress, cancelled=cancelled)
