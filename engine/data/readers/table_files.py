"""Finding the tables among files, reading each by the reader of its format, and putting those that belong together."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.sniffing import MAX_TABLE_BYTES
from engine.data.readers.table import Table, parse_table
from engine.data.samples import NOT_SAID, split_of_name, split_of_words
from engine.document.graph import Value
from engine.errors import DataError

TEXT_SUFFIXES = (".csv", ".tsv", ".tab")
MAYBE_TEXT_SUFFIXES = (".txt", ".data", ".dat")
EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xls")
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
OTHER_SUFFIXES = (".parquet", ".pq", ".arrow", ".feather", ".ipc", ".sqlite", ".sqlite3", ".db")
SUFFIXES = (*TEXT_SUFFIXES, *EXCEL_SUFFIXES, *JSON_SUFFIXES, *OTHER_SUFFIXES)
"""Endings that say that a file is a table."""

_PICKLE = "a Python pickle, which is never opened because it could run a program"
_UNREAD = {
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".dill"), _PICKLE),
    **dict.fromkeys((".pt", ".pth", ".ckpt"), "a network's weights as " + _PICKLE),
    ".ods": "a LibreOffice table",
    ".xlsb": "a binary Excel file",
    ".numbers": "a Numbers table",
    ".hdf5": "an HDF5 file",
    ".h5": "an HDF5 file",
    ".rds": "a file of R",
    ".rdata": "a file of R",
    ".mat": "a file of MATLAB",
    ".sav": "a file of SPSS",
    ".dta": "a file of Stata",
}
_MOST_FILES = 1000

Parse = Callable[..., Table]


def table_entries(tree: FileTree) -> list[FileEntry]:
    """The files of a tree that mean to be tables: CSV before all others, since the rest may explain it."""
    for endings in (
        TEXT_SUFFIXES,
        (".parquet", ".pq"),
        EXCEL_SUFFIXES,
        (".jsonl", ".ndjson"),
        OTHER_SUFFIXES,
        (".json",),
        MAYBE_TEXT_SUFFIXES,
    ):
        found = [entry for entry in tree.entries if entry.suffix in endings and not _is_lock(entry)]
        if found:
            return found
    return tree.entries if len(tree.entries) == 1 else []


def _is_lock(entry: FileEntry) -> bool:
    """The file that Excel lays beside an open workbook."""
    return entry.parts[-1].startswith("~$")


def parse_any(
    data: bytes,
    where: str,
    options: Mapping[str, Value] | None = None,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Table:
    """The table of a file, by its first bytes and its ending. Raises DataError saying what it is instead."""
    parse = _reader_of(data, where)
    return parse(data, where, dict(options or {}), progress=progress, cancelled=cancelled)


def _reader_of(data: bytes, where: str) -> Parse:
    suffix = PurePosixPath(where).suffix.lower()
    if suffix in _UNREAD:
        raise DataError(
            f"{where} is {_UNREAD[suffix]}.",
            where=where,
            expected="CSV, TSV, Excel (.xlsx), Parquet, JSON lines or SQLite",
            found=_UNREAD[suffix],
            hint="Save the table as CSV or Parquet.",
        )
    if data.startswith(b"PAR1"):
        from engine.data.readers.parquet import parse_parquet

        return parse_parquet
    arrow = suffix in (".arrow", ".ipc", ".feather")
    if data.startswith(b"ARROW1") or (arrow and data.startswith(b"\xff\xff\xff\xff")):
        from engine.data.readers.parquet import parse_arrow

        return parse_arrow
    if data.startswith(b"SQLite format 3"):
        from engine.data.readers.sqlite import parse_sqlite

        return parse_sqlite
    if (data.startswith(b"PK\x03\x04") and suffix in (".xlsx", ".xlsm")) or data.startswith(b"\xd0\xcf\x11\xe0"):
        from engine.data.readers.excel import parse_excel

        return parse_excel
    binary = {".parquet": "Parquet", ".pq": "Parquet", ".xlsx": "Excel", ".xlsm": "Excel", ".xls": "Excel"}
    binary |= dict.fromkeys((".arrow", ".ipc", ".feather"), "Arrow") | dict.fromkeys(OTHER_SUFFIXES[5:], "SQLite")
    if suffix in binary and not data[:512].isascii():
        raise DataError(
            f"{where} is not a whole {binary[suffix]} file.",
            where=where,
            found="other bytes at its beginning" if data else "an empty file",
            hint="Copy or download it again.",
        )
    if suffix in JSON_SUFFIXES:
        from engine.data.readers.json_records import parse_json

        return parse_json
    return parse_table


def load_tables(
    tree: FileTree,
    options: dict[str, Value],
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> tuple[list[tuple[Table, int]], LeftOutList]:
    """The table of a file, folder or archive; several when they have the same columns, each with its split.

    The split is what a name speaks of (train.csv, val/part1.csv). Raises DataError when there is no table, or several
    that do not belong together.
    """
    entries = table_entries(tree)
    wanted = options.get("file")
    if isinstance(wanted, str):
        entries = [entry for entry in tree.entries if entry.name == wanted]
    if not entries:
        raise DataError(
            "There is no table here.", where=str(tree.root), expected="a CSV or TSV file", found=_some(tree.entries)
        )
    splits = [_split_of(entry) for entry in entries]
    if len(entries) == 1:
        splits = [NOT_SAID]
    elif NOT_SAID in splits and len(set(splits)) > 1:
        raise DataError(
            f"There are {len(entries)} tables here.",
            where=str(tree.root),
            expected="one table, or tables called train, val and test",
            found=_some(entries),
            hint="Choose one of the files.",
            choices=_paths(tree, entries),
        )
    if len(entries) > _MOST_FILES:
        raise DataError(f"There are over {_MOST_FILES:,} tables here.", where=str(tree.root), found=_some(entries))
    tables: list[tuple[Table, int]] = []
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    for entry, split in sorted(zip(entries, splits, strict=True), key=lambda item: item[1]):
        try:
            data = tree.read(entry, MAX_TABLE_BYTES)
            table = parse_any(data, entry.name, options, progress=progress, cancelled=cancelled)
        except DataError as error:
            if len(entries) == 1:
                raise
            left_out.add(entry.name, error.message)
            continue
        if tables and list(table.columns) != list(tables[0][0].columns):
            raise DataError(
                f"There are {len(entries)} tables here with different columns.",
                where=entry.name,
                expected=f"{', '.join(list(tables[0][0].columns)[:8])} as in {tables[0][0].where}",
                found=", ".join(list(table.columns)[:8]),
                hint=f"Choose one of the files: {_some(entries)}.",
                choices=_paths(tree, entries),
            )
        tables.append((table, split))
    if not tables:
        first = left_out.items[0]
        raise DataError(f"None of the {len(entries)} tables can be read.", where=first.where, found=first.reason)
    return tables, left_out


def _split_of(entry: FileEntry) -> int:
    """What the name of a file or of the folder that it lies in says."""
    by_name = split_of_words(entry.parts[-1])
    if by_name == NOT_SAID and len(entry.parts) > 1:
        return split_of_name(entry.parts[-2])
    return by_name


def _paths(tree: FileTree, entries: Sequence[FileEntry]) -> tuple[str, ...]:
    """The files as paths that can be imported by themselves, also those inside an archive."""
    paths = [str(tree.root.joinpath(*tree.inside, *entry.parts)) for entry in entries[:_MOST_FILES]]
    return tuple(path for path in paths if path.isprintable())


def _some(entries: Sequence[FileEntry]) -> str:
    names = [printable(entry.name, 60) for entry in entries[:6]]
    return (", ".join(names) + (" and others" if len(entries) > 6 else "")) or "no files"
