"""Tables that name files: which columns do, which file each cell means, and pictures and sound with their columns.

Paths are meant from the table's folder, then from the top; a lone name is looked for everywhere, also without its
ending. Source of the forms: Hugging Face's folders (`metadata.csv`, `file_name`), Roboflow's `_classes.csv`, Neural
Network Console (`x:image`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.data.left_out import LeftOutList, printable
from engine.data.pictures import SUFFIXES as PICTURES
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.image_folder import PictureFiles
from engine.data.readers.sniffing import MAX_TABLE_BYTES
from engine.data.readers.table import Table
from engine.data.readers.table_files import JSON_SUFFIXES, TEXT_SUFFIXES, parse_any
from engine.data.readers.table_samples import samples_of
from engine.data.samples import NOT_SAID, Column, Samples, split_of_name
from engine.data.sounds import SUFFIXES as SOUNDS
from engine.data.sounds import SoundFiles
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Role
from engine.document.graph import Value
from engine.errors import DataError

FILES = "files"
"""The option of a field whose cells name files."""
SPLIT_NAMES = ("split", "subset", "set", "fold", "partition", "phase", "usage")
_TABLES = (*TEXT_SUFFIXES, *JSON_SUFFIXES, ".parquet", ".xlsx")
_MOST_TABLES = 50
_HEAD = 1 << 16
_LOOK = 200
_SHARE = 0.5

Int64s = npt.NDArray[np.int64]


class FileNames:
    """The media files of a tree by every way in which a table may name them."""

    def __init__(self, tree: FileTree) -> None:
        self.by_path: dict[str, int] = {}
        self.by_name: dict[str, int] = {}
        self.by_stem: dict[str, int] = {}
        self.entries = [entry for entry in tree.entries if entry.suffix in PICTURES or entry.suffix in SOUNDS]
        for number, entry in enumerate(self.entries):
            path = entry.name.casefold()
            name = entry.parts[-1].casefold()
            stem = name.removesuffix(entry.suffix)
            self.by_path.setdefault(path, number)
            # A name that several files have says nothing.
            self.by_name[name] = -1 if name in self.by_name else number
            self.by_stem[stem] = -1 if stem in self.by_stem else number

    def find(self, cell: str, folder: str) -> int:
        """The number of the file that a cell of a table in a folder means; -1 for none."""
        text = cell.strip().replace("\\", "/").casefold()
        if not text or len(text) > 1000:
            return -1
        if text.startswith(("/", "file:")) or text[1:3] == ":/":  # of another computer: the name may still be here
            return self.by_name.get(text.rpartition("/")[2], -1)
        path = str(PurePosixPath(text))
        for start in dict.fromkeys((folder, "")):
            found = self.by_path.get(f"{start}/{path}" if start else path, -1)
            if found >= 0:
                return found
        for start in (folder, f"{folder}/images" if folder else "images"):  # beside the table, or in the usual place
            for ending in ("", ".jpg", ".png", ".jpeg", ".wav", ".mp3"):
                found = self.by_path.get(f"{start}/{path}{ending}" if start else f"{path}{ending}", -1)
                if found >= 0:
                    return found
        name = path.rpartition("/")[2]
        found = self.by_name.get(name, -1)
        return found if found >= 0 else self.by_stem.get(name, -1)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Tables with the same columns, the split that the folder of each speaks of, and the columns that name files."""

    names: FileNames
    tables: list[tuple[Table, int]]
    folders: list[str]
    file_columns: tuple[str, ...]
    split_column: str = ""
    left_out: LeftOutList = field(default_factory=LeftOutList)

    @property
    def table(self) -> Table:
        """The first of the tables."""
        return self.tables[0][0]


def manifest_entries(tree: FileTree) -> list[FileEntry]:
    """The tables of a tree that name its files, told by their first lines."""
    if not any(entry.suffix in PICTURES or entry.suffix in SOUNDS for entry in tree.entries):
        return []
    tables = [entry for entry in tree.entries if entry.suffix in _TABLES and entry.size]
    tables.sort(key=lambda entry: (len(entry.parts), entry.parts))
    names = FileNames(tree)
    return [entry for entry in tables[:_MOST_TABLES] if _looks_like_one(tree, entry, names)]


def _looks_like_one(tree: FileTree, entry: FileEntry, names: FileNames) -> bool:
    whole = entry.suffix not in (*TEXT_SUFFIXES, ".jsonl", ".ndjson")
    if whole and entry.size > 64 << 20:
        return False
    try:
        data = tree.read(entry, MAX_TABLE_BYTES) if whole else tree.head(entry, _HEAD)
        if not whole and entry.size > len(data):
            data = data[: data.rfind(b"\n") + 1]
        table = parse_any(data, entry.name)
    except DataError:
        return False
    return bool(_file_columns(table, _folder(entry), names))


def _folder(entry: FileEntry) -> str:
    return "/".join(entry.parts[:-1]).casefold()


def _file_columns(table: Table, folder: str, names: FileNames) -> tuple[str, ...]:
    """Columns whose values are mostly files that are there; not numbers, whose every name would fit something."""
    found = []
    for name, column in table.columns.items():
        if column.dtype != pl.String:
            continue
        cells = [cell for cell in column.head(4 * _LOOK).to_list() if cell.strip()][:_LOOK]
        distinct = set(cells)
        if len(distinct) < 2 and len(cells) > 1:
            continue
        hits = [names.find(cell, folder) for cell in distinct]
        files = {number for number in hits if number >= 0}
        if len(files) >= max(1, _SHARE * len(distinct)):
            found.append(name)
    return tuple(found)


def load_manifest(
    tree: FileTree,
    options: dict[str, Value],
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Manifest:
    """Read the tables that name files. Raises DataError when there is none, or several that do not belong together."""
    entries = manifest_entries(tree)
    wanted = options.get("file")
    if isinstance(wanted, str):
        entries = [entry for entry in tree.entries if entry.name == wanted]
    if not entries:
        raise DataError(
            "No table here names the files beside it.",
            where=str(tree.root),
            expected="a table with a column of file names",
            found=", ".join(entry.name for entry in tree.entries if entry.suffix in _TABLES)[:200] or "no table",
        )
    names = FileNames(tree)
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    tables: list[tuple[Table, int]] = []
    folders: list[str] = []
    read_options = {name: value for name, value in options.items() if name != "file"}
    for entry in entries:
        data = tree.read(entry, MAX_TABLE_BYTES)
        table = parse_any(data, entry.name, read_options, progress=progress, cancelled=cancelled)
        if tables and list(table.columns) != list(tables[0][0].columns):
            left_out.add(entry.name, f"It has other columns than {tables[0][0].where}, which was read.")
            continue
        words = [split_of_name(part) for part in (*entry.parts[:-1], PurePosixPath(entry.parts[-1]).stem)]
        tables.append((table, next((word for word in reversed(words) if word != NOT_SAID), NOT_SAID)))
        folders.append(_folder(entry))
    columns = _file_columns(tables[0][0], folders[0], names)
    if not columns:
        raise DataError(
            f"No column of {tables[0][0].where} names files that are here.",
            where=tables[0][0].where,
            expected="a column of file names",
            found=", ".join(list(tables[0][0].columns)[:12]),
        )
    return Manifest(
        names=names,
        tables=tables,
        folders=folders,
        file_columns=columns,
        split_column=_split_column(tables[0][0]),
        left_out=left_out,
    )


def _split_column(table: Table) -> str:
    """The column that says train, val or test; "" for none."""
    for name, column in table.columns.items():
        if name.casefold() in SPLIT_NAMES and column.dtype == pl.String:
            words = column.unique().to_list()
            if all(split_of_name(word) != NOT_SAID for word in words):
                return name
    return ""


def files_of(manifest: Manifest, column: str) -> Int64s:
    """For each row the number of the file in `manifest.names.entries`, -1 for none."""
    parts = []
    for (table, _), folder in zip(manifest.tables, manifest.folders, strict=True):
        texts = table.texts(column)
        distinct = texts.unique()
        found = pl.Series([manifest.names.find(cell, folder) for cell in distinct.to_list()], dtype=pl.Int64)
        parts.append(np.array(texts.replace_strict(distinct, found, return_dtype=pl.Int64).to_numpy(), np.int64))
    whole: Int64s = np.concatenate(parts)
    return whole


def media_kind(manifest: Manifest, numbers: Int64s) -> FieldKind:
    """Whether the files are sound or pictures, by their endings."""
    some = [manifest.names.entries[number].suffix for number in numbers[numbers >= 0][:_LOOK].tolist()]
    return FieldKind.AUDIO if sum(suffix in SOUNDS for suffix in some) > len(some) / 2 else FieldKind.IMAGE


def manifest_samples(tree: FileTree, manifest: Manifest, fields: Sequence[Field]) -> Samples:
    """The rows whose files are there, with a column for each field that is used; the others are left out by row."""
    used = [item for item in fields if item.role is not Role.IGNORED]
    plain = [item for item in used if not _names_files(item)]
    tables = [(replace(table, left_out=LeftOutList()), split) for table, split in manifest.tables]
    samples = samples_of(tables, LeftOutList(), plain, tree.listing())
    left_out = LeftOutList()
    left_out.extend(manifest.left_out)
    for table, _ in manifest.tables:
        left_out.extend(table.left_out)
    media = [item for item in used if _names_files(item)]
    numbers = {item.name: files_of(manifest, item.name) for item in media}
    good = np.ones(samples.count, bool)
    for item in media:
        suffixes = SOUNDS if item.kind is FieldKind.AUDIO else PICTURES
        fits = np.array([entry.suffix in suffixes for entry in manifest.names.entries], bool)
        good &= (numbers[item.name] >= 0) & fits[numbers[item.name]]
    cells = {item.name: [table.texts(item.name) for table, _ in manifest.tables] for item in media}
    starts = np.cumsum([0, *(len(table.lines) for table, _ in manifest.tables)])
    for row in np.flatnonzero(~good).tolist():
        part = int(np.searchsorted(starts, row, side="right")) - 1
        told = [str(cells[item.name][part][row - int(starts[part])]) for item in media if numbers[item.name][row] < 0]
        reason = f"The file '{printable(told[0], 120)}' is not here." if told else "Its file is of another kind."
        left_out.add(samples.name(row), reason if not told or told[0] else "It names no file.")
    kept = np.flatnonzero(good)
    columns: dict[str, Column] = {name: _taken(column, kept) for name, column in samples.columns.items()}
    for item in media:
        entries = [manifest.names.entries[number] for number in numbers[item.name][kept].tolist()]
        columns[item.name] = SoundFiles(tree, entries) if item.kind is FieldKind.AUDIO else PictureFiles(tree, entries)
    named = numbers[media[0].name] if media else None
    row_name = samples.name

    def name(index: int) -> str:
        row = int(kept[index])
        return manifest.names.entries[int(named[row])].name if named is not None else row_name(row)

    return Samples(
        count=len(kept),
        columns=columns,
        class_order=samples.class_order,
        name=name,
        given=_given(manifest, numbers, samples.given, kept),
        left_out=left_out,
        notes=samples.notes,
        listing=samples.listing,
    )


def _names_files(item: Field) -> bool:
    return bool(item.options.get(FILES)) and item.kind in (FieldKind.IMAGE, FieldKind.AUDIO)


def _taken(column: Column, kept: Int64s) -> Column:
    if isinstance(column, Strings):
        return column.take(kept)
    assert isinstance(column, np.ndarray)
    return column[kept]


def _given(
    manifest: Manifest, numbers: dict[str, Int64s], by_table: npt.NDArray[np.int8] | None, kept: Int64s
) -> npt.NDArray[np.int8] | None:
    """Splits that the column, the folders of the tables or the folders of the files speak of."""
    if manifest.split_column:
        words = pl.concat([table.texts(manifest.split_column) for table, _ in manifest.tables]).to_list()
        return np.array([split_of_name(word) for word in words], np.int8)[kept]
    if by_table is not None:
        return by_table[kept]
    if not numbers:
        return None
    by_file = np.array(
        [
            next((s for s in map(split_of_name, entry.parts[:-1]) if s != NOT_SAID), NOT_SAID)
            for entry in manifest.names.entries
        ],
        np.int8,
    )
    found = by_file[next(iter(numbers.values()))[kept]]
    return None if bool((found == NOT_SAID).all()) else found
