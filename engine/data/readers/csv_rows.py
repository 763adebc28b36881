"""A table in text form read sign by sign, by Python's csv: what is left when its quotes are not where they belong."""

import csv
import io
from collections.abc import Iterator, Sequence

import polars as pl

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import Pace
from engine.data.readers.sniffing import MAX_FIELD, Dialect
from engine.errors import DataError

_CHUNK = 20_000


def frame_by_csv(
    text: str, where: str, dialect: Dialect, names: Sequence[str], left_out: LeftOutList, pace: Pace
) -> tuple[pl.DataFrame, list[int]]:
    """The table of any text, by Python's csv; rows of another width are left out by line."""
    schema = dict.fromkeys(names, pl.String)
    width = len(names)
    chunks = [pl.DataFrame(schema=schema)]
    lines: list[int] = []
    buffer: list[list[str]] = []

    def flush() -> None:
        cells = zip(*buffer, strict=True)
        chunks.append(pl.DataFrame({name: list(cell) for name, cell in zip(names, cells, strict=True)}, schema=schema))
        buffer.clear()

    rows = csv_rows(text, where, dialect, pace)
    if dialect.header:
        next(rows, None)
    for line, row in rows:
        if len(row) == width + 1 and not row[-1].strip():
            row = row[:-1]
        if len(row) != width:
            left_out.add(f"{where}, line {line}", ragged(len(row), width))
            continue
        buffer.append(row)
        lines.append(line)
        if len(buffer) >= _CHUNK:
            flush()
    if buffer:
        flush()
    return pl.concat(chunks, rechunk=True), lines


def ragged(found: int, expected: int) -> str:
    return f"It has {found} fields where {expected} were expected."


def csv_rows(text: str, where: str, dialect: Dialect, pace: Pace) -> Iterator[tuple[int, list[str]]]:
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
