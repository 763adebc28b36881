"""Tables in text form: every row is checked for its width, every cell is text until a field says otherwise."""

import csv
import functools
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.columns import missing_marks, numbers_of
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.sniffing import MAX_FIELD, MAX_TABLE_BYTES, Dialect, decode_table, sniff
from engine.data.samples import NOT_SAID, Column, Samples, split_of_words
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Role, Source
from engine.document.graph import Value
from engine.errors import DataError

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat")
_CHUNK = 20_000
_SMALLEST_FLOAT32 = 3.4e38


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table as text cells. `lines` is the line in the file of each row; `marks` stand for missing values."""

    where: str
    columns: dict[str, pl.Series]
    lines: npt.NDArray[np.int64]
    dialect: Dialect
    marks: tuple[str, ...]
    left_out: LeftOutList
    notes: LeftOutList

    def place(self, row: int) -> str:
        """Where a row stands, for people."""
        return f"{self.where}, line {int(self.lines[row])}"

    def options(self) -> dict[str, Value]:
        """What was found out, as the options of a source."""
        return {**self.dialect.options(), "missing": list(self.marks)}


def parse_table(
    data: bytes,
    where: str,
    options: dict[str, Value] | None = None,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Table:
    """Read a table. Rows of another width are left out by line; raises DataError when there is no usable table."""
    options = options or {}
    encoding = options.get("encoding")
    text, encoding, decode_notes = decode_table(data, where, encoding if isinstance(encoding, str) else "")
    dialect = sniff(text, where, options)
    left_out, notes = LeftOutList(), LeftOutList()
    for place, sentence in (*decode_notes, *dialect.notes):
        notes.add(place, sentence)
    pace = Pace(text.count("\n") + 1, f"Reading {where}", progress, cancelled)
    head = _head(text)
    _, first = next(_rows(head, where, dialect, pace), (0, []))
    if not first:
        raise DataError(f"{where} holds no table.", where=where)
    width = _common_width(head, dialect, len(first))
    names = _names(first[:width] if dialect.header else [""] * width, where, notes, header=dialect.header)
    names += [f"column_{number + 1}" for number in range(len(names), width)]
    if '"' in text or dialect.delimiter == " ":
        frame, lines = _quoted_frame(text, where, dialect, names, left_out, pace)
    else:
        frame, lines = _plain_frame(text, where, dialect, names, left_out, pace)
    if frame.height == 0:
        first_bad = left_out.items[0] if left_out.items else None
        raise DataError(
            f"{where} has a header but no usable rows." if first_bad else f"{where} has a header but no rows.",
            where=first_bad.where if first_bad else where,
            found=first_bad.reason if first_bad else "",
            hint="Export it with its rows.",
        )
    columns = {name: frame[name] for name in names}
    given = options.get("missing")
    marks = (
        [str(mark) for mark in given]
        if isinstance(given, list)
        else missing_marks(list(columns.values()), dialect.decimal)
    )
    found = Dialect(
        encoding=encoding,
        delimiter=dialect.delimiter,
        decimal=dialect.decimal,
        skip=dialect.skip,
        header=dialect.header,
        notes=dialect.notes,
    )
    return Table(
        where=where,
        columns=columns,
        lines=np.asarray(lines, np.int64),
        dialect=found,
        marks=tuple(marks),
        left_out=left_out,
        notes=notes,
    )


def _head(text: str, size: int = 4 << 20) -> str:
    """The first lines, enough to tell the width of the table."""
    return text if len(text) <= size else text[: text.rfind("\n", 0, size) + 1] or text


def _quoted_frame(
    text: str, where: str, dialect: Dialect, names: list[str], left_out: LeftOutList, pace: Pace
) -> tuple[pl.DataFrame, list[int]]:
    """The table of a text with quotes, by Python's csv; rows of another width are left out by line."""
    schema = dict.fromkeys(names, pl.String)
    width = len(names)
    chunks = [pl.DataFrame(schema=schema)]
    lines: list[int] = []
    buffer: list[list[str]] = []

    def flush() -> None:
        cells = zip(*buffer, strict=True)
        chunks.append(pl.DataFrame({name: list(cell) for name, cell in zip(names, cells, strict=True)}, schema=schema))
        buffer.clear()

    rows = _rows(text, where, dialect, pace)
    if dialect.header:
        next(rows, None)
    for line, row in rows:
        if len(row) == width + 1 and not row[-1].strip():
            row = row[:-1]
        if len(row) != width:
            left_out.add(f"{where}, line {line}", _ragged(len(row), width))
            continue
        buffer.append(row)
        lines.append(line)
        if len(buffer) >= _CHUNK:
            flush()
    if buffer:
        flush()
    return pl.concat(chunks, rechunk=True), lines


def _plain_frame(
    text: str, where: str, dialect: Dialect, names: list[str], left_out: LeftOutList, pace: Pace
) -> tuple[pl.DataFrame, list[int]]:
    """The same for a text without quotes, where a line is a row: its delimiters are counted, then polars reads it."""
    delimiter, width = dialect.delimiter, len(names)
    skip = dialect.skip
    good: list[str] = []
    lines: list[int] = []
    header = dialect.header
    for number, line in enumerate(text.split("\n"), 1):
        if number <= skip or not line:
            continue
        if (line[0] == delimiter or line[0].isspace()) and not line.replace(delimiter, "").strip():
            continue  # nothing in it
        if header:
            header = False
            continue
        count = line.count(delimiter) + 1
        if count == width + 1 and not line[line.rindex(delimiter) + 1 :].strip():
            line, count = line[: line.rindex(delimiter)], width
        if count != width:
            left_out.add(f"{where}, line {number}", _ragged(count, width))
            continue
        if len(line) > MAX_FIELD:
            _check_fields(line, number, where, delimiter)
        good.append(line)
        lines.append(number)
        if not number & 4095:
            pace.at(number)
    if not good:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String)), lines
    frame = pl.read_csv(
        "\n".join(good).encode(),
        has_header=False,
        separator=delimiter,
        quote_char=None,
        infer_schema=False,
        new_columns=names,
    )
    if frame.shape != (len(good), width):
        raise DataError(
            f"{where} could not be read row by row.",
            where=where,
            expected=f"{len(good):,} rows",
            found=f"{frame.height:,}",
        )
    frame = frame.fill_null("")
    if f"{delimiter} " in text or "\n " in text or text.startswith(" "):
        frame = frame.select(pl.all().str.strip_chars_start(" "))
    return frame, lines


def _ragged(found: int, expected: int) -> str:
    return f"It has {found} fields where {expected} were expected."


def _check_fields(line: str, number: int, where: str, delimiter: str) -> None:
    if max(map(len, line.split(delimiter))) > MAX_FIELD:
        raise DataError(
            f"A field in line {number} of {where} is larger than {MAX_FIELD >> 20} MB.", where=f"{where}, line {number}"
        )


def _rows(text: str, where: str, dialect: Dialect, pace: Pace) -> Iterator[tuple[int, list[str]]]:
    """Records with the line they begin at, blank ones left out. Raises DataError where a quote is never closed."""
    source = io.StringIO(text, newline="")
    for _ in range(dialect.skip):
        source.readline()
    # csv.reader cannot say that a quote is still open at the end; the lines of the record being read are kept for that.
    pending: list[str] = []

    def lines() -> Iterator[str]:
        for line in source:
            pending.append(line)
            yield line

    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(lines(), delimiter=dialect.delimiter, skipinitialspace=True)
    line = dialect.skip
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise _broken(where, dialect, line + 1, pending, str(error)) from None
        if row is None:
            return
        start, line = line + 1, line + len(pending)
        if len(pending) > 1 and _is_open("".join(pending), dialect):
            raise _broken(where, dialect, start, pending, "unexpected end of data")
        if len(pending) == 1 and not pending[0].endswith("\n") and _is_open(pending[0], dialect):
            raise _broken(where, dialect, start, pending, "unexpected end of data")
        pending.clear()
        pace.at(line)
        if any(cell.strip() for cell in row):
            yield start, row


def _is_open(record: str, dialect: Dialect) -> bool:
    """Whether a quote in the record is never closed."""
    try:
        for _ in csv.reader(
            io.StringIO(record, newline=""), delimiter=dialect.delimiter, skipinitialspace=True, strict=True
        ):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _broken(where: str, dialect: Dialect, line: int, pending: Sequence[str], error: str) -> DataError:
    if "field larger" in error and not any('"' in text for text in pending[:1]):
        return DataError(
            f"A field in line {line} of {where} is larger than {MAX_FIELD >> 20} MB.", where=f"{where}, line {line}"
        )
    return DataError(
        f"The quote that opens in line {line} of {where} is never closed.",
        where=f"{where}, line {line}",
        expected='a second "',
        found=printable("".join(pending[:1]).rstrip("\n"), 80),
        hint="Close the quote or remove it in the file.",
    )


def _common_width(text: str, dialect: Dialect, first: int) -> int:
    """The width of most of the first thousand records; the header's where they are even."""
    widths: Counter[int] = Counter({first: 1})
    rows = _rows(text, "", dialect, Pace(1, "", silent, never))
    try:
        for number, (_, row) in enumerate(rows):
            widths[len(row) - (len(row) == first + 1 and not row[-1].strip())] += 1
            if number >= 1000:
                break
    except DataError:
        pass  # the full pass tells it with its place
    best = max(widths.values())
    return first if widths[first] == best else max(width for width, count in widths.items() if count == best)


def _names(cells: Sequence[str], where: str, notes: LeftOutList, *, header: bool) -> list[str]:
    """Column names, made unique; blank ones are numbered."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells):
        stem = " ".join(cell.split())[:120] or f"column_{number + 1}"
        if header and not cell.strip():
            notes.add(where, f"Column {number + 1} has no name and is called {stem}.")
        name, copy = stem, 2
        while name in taken:
            name, copy = f"{stem}_{copy}", copy + 1
        if name != stem:
            notes.add(where, f"The column name {stem} occurs twice; the second is called {name}.")
        taken.add(name)
        names.append(name)
    return names


def table_entries(tree: FileTree) -> list[FileEntry]:
    """The files of a tree that mean to be tables."""
    return (
        [entry for entry in tree.entries if entry.suffix in SUFFIXES[:3]]
        or [entry for entry in tree.entries if entry.suffix in SUFFIXES]
        or (tree.entries if len(tree.entries) == 1 else [])
    )


def load_tables(
    tree: FileTree,
    options: dict[str, Value],
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> tuple[list[tuple[Table, int]], LeftOutList]:
    """The table of a file, folder or archive, or its tables when their names speak of train, val and test.

    Each with its split. Raises DataError when there is none, or several that do not belong together.
    """
    entries = table_entries(tree)
    wanted = options.get("file")
    if isinstance(wanted, str):
        entries = [entry for entry in tree.entries if entry.name == wanted]
    if not entries:
        raise DataError(
            "There is no table here.", where=str(tree.root), expected="a CSV or TSV file", found=_some(tree.entries)
        )
    splits = [split_of_words(entry.parts[-1]) for entry in entries]
    if len(entries) > 1 and (NOT_SAID in splits or len(set(splits)) < len(splits)):
        raise DataError(
            f"There are {len(entries)} tables here.",
            where=str(tree.root),
            expected="one table, or tables called train, val and test",
            found=_some(entries),
            hint="Choose one of the files.",
        )
    tables: list[tuple[Table, int]] = []
    for entry, split in sorted(zip(entries, splits, strict=True), key=lambda item: item[1]):
        data = tree.read(entry, MAX_TABLE_BYTES)
        table = parse_table(data, entry.name, options, progress=progress, cancelled=cancelled)
        if tables and list(table.columns) != list(tables[0][0].columns):
            raise DataError(
                f"{entry.name} has other columns than {tables[0][0].where}.",
                where=entry.name,
                expected=", ".join(list(tables[0][0].columns)[:12]),
                found=", ".join(list(table.columns)[:12]),
            )
        tables.append((table, split if len(entries) > 1 else NOT_SAID))
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    return tables, left_out


def _some(entries: Sequence[FileEntry]) -> str:
    names = [printable(entry.name, 60) for entry in entries[:6]]
    return (", ".join(names) + (" and others" if len(entries) > 6 else "")) or "no files"


def read_table(
    tree: FileTree,
    source: Source,
    fields: Sequence[Field],
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Samples:
    """The columns of a table as the fields say. Cells that are no numbers count as missing and are told by line."""
    tables, left_out = load_tables(tree, source.options, progress=progress, cancelled=cancelled)
    return samples_of(tables, left_out, fields, tree.listing())


def samples_of(
    tables: Sequence[tuple[Table, int]], left_out: LeftOutList, fields: Sequence[Field], listing: str
) -> Samples:
    """The columns of read tables as samples."""
    notes = LeftOutList()
    for table, _ in tables:
        left_out.extend(table.left_out)
        notes.extend(table.notes)
    starts = np.cumsum([0, *(len(table.lines) for table, _ in tables)])
    columns: dict[str, Column] = {}
    for field in fields:
        if field.role is Role.IGNORED or any(field.name not in table.columns for table, _ in tables):
            continue  # a field that is not there is told by the data set, with the columns that are
        if field.kind is FieldKind.NUMBER:
            columns[field.name] = np.concatenate([_numbers(table, field, notes, left_out) for table, _ in tables])
        else:
            columns[field.name] = _strings([(table, field) for table, _ in tables])

    def name(index: int) -> str:
        part = int(np.searchsorted(starts, index, side="right")) - 1
        return tables[part][0].place(index - int(starts[part]))

    given = None
    if any(split != NOT_SAID for _, split in tables):
        given = np.concatenate([np.full(len(table.lines), split, np.int8) for table, split in tables])
    return Samples(
        count=int(starts[-1]),
        columns=columns,
        name=functools.cache(name) if starts[-1] < 100 else name,
        given=given,
        left_out=left_out,
        notes=notes,
        listing=listing,
    )


def _numbers(table: Table, field: Field, notes: LeftOutList, left_out: LeftOutList) -> npt.NDArray[np.float32]:
    """A column as float32 with NaN for what is missing; cells that are no numbers are told by line."""
    column = table.columns[field.name]
    text = column.str.strip_chars()
    empty = text.is_in(["", *table.marks])
    values = numbers_of(column, table.dialect.decimal)
    array = np.array(values.fill_null(float("nan")).to_numpy(), np.float64)
    array[empty.to_numpy()] = np.nan
    large = np.abs(array) > _SMALLEST_FLOAT32
    odd = np.flatnonzero((np.isnan(array) & ~empty.to_numpy()) | large)
    array[large] = np.nan
    for row in odd[:5].tolist():
        cell = printable(str(text[row]), 40)
        notes.add(
            f"{table.place(row)}, column {field.name}",
            f"'{cell}' in line {int(table.lines[row])} of column {field.name} is not a number; it counts as missing.",
        )
    if len(odd) > 5:
        notes.add(
            f"{table.where}, column {field.name}", f"{len(odd) - 5:,} more cells of {field.name} are not numbers."
        )
    return array.astype(np.float32)


def _strings(parts: Sequence[tuple[Table, Any]]) -> Strings:
    """A column as text, blanks around it removed, the empty string for what is missing."""
    pieces = []
    for table, field in parts:
        text = table.columns[field.name].str.strip_chars()
        marks = ["", *table.marks]
        frame = pl.DataFrame({"text": text})
        pieces.append(
            frame.select(pl.when(pl.col("text").is_in(marks)).then(pl.lit("")).otherwise(pl.col("text")))["literal"]
        )
    column = pl.concat(pieces)
    distinct = column.unique(maintain_order=True)
    codes = column.replace_strict(distinct, pl.Series(range(len(distinct)), dtype=pl.Int64), return_dtype=pl.Int64)
    return Strings(tuple(distinct.to_list()), np.array(codes.to_numpy(), np.int64))
