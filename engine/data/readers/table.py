"""Tables in text form: every row is checked for its width, and cells become numbers where a whole column holds them.

A column is a polars series: String, Float64 (null where there is no number) or Datetime. A text with quotes where they
belong is measured by its bytes and read by polars; any other is read sign by sign with Python's csv.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as factory
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.columns import EXACT_DIGITS, is_plain_number, missing_marks, number_texts, numbers_of
from engine.data.readers.records import Records, find_records
from engine.data.readers.sniffing import MAX_FIELD, Dialect, is_missing_mark, sniff, utf8_table
from engine.document.graph import Value
from engine.errors import DataError

_CHUNK = 20_000
_HEAD = 4 << 20
_MOST_BAD = 200_000
_SAMPLE_ROWS = 400
_CELLS_AT_ONCE = 8_000_000

ReadText = Callable[[Sequence[str]], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table. `lines` is the line in the file of each row (its number where the file has no lines).

    `columns` are String, Float64 or Datetime. `others` are the cells of a Float64 column that are no numbers and not
    empty, as row (Int64) and text. `marks` are texts that stand for missing values.
    """

    where: str
    columns: dict[str, pl.Series]
    lines: npt.NDArray[np.int64]
    marks: tuple[str, ...]
    left_out: LeftOutList
    notes: LeftOutList
    dialect: Dialect = factory(default_factory=Dialect)
    others: dict[str, pl.DataFrame] = factory(default_factory=dict)
    unit: str = "line"
    found: Mapping[str, Value] = factory(default_factory=dict)
    read_text: ReadText | None = None

    def place(self, row: int) -> str:
        """Where a row stands, for people."""
        return f"{self.where}, {self.unit} {int(self.lines[row])}"

    def options(self) -> dict[str, Value]:
        """What was found out, as the options of a source."""
        if self.found:
            return {**self.found, "missing": list(self.marks)}
        return {**self.dialect.options(), "missing": list(self.marks)}

    def texts(self, name: str) -> pl.Series:
        """A column as it is written in the file, empty where nothing is."""
        column = self.columns[name]
        if column.dtype == pl.String:
            return column
        if self.read_text is not None:
            return self.read_text([name])[name]
        if column.dtype == pl.Datetime:
            whole = bool((column.dt.truncate("1d") == column).all())
            return column.dt.strftime("%Y-%m-%d" if whole else "%Y-%m-%d %H:%M:%S").fill_null("")
        return number_texts(column)


def parse_table(
    data: bytes,
    where: str,
    options: Mapping[str, Value] | None = None,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Table:
    """Read a table. Rows of another width are left out by line; raises DataError when there is no usable table."""
    options = dict(options or {})
    encoding = options.get("encoding")
    pace = Pace(len(data), f"Reading {where}", progress, cancelled)
    text, encoding, decode_notes = utf8_table(data, where, encoding if isinstance(encoding, str) else "")
    head = _head(text)
    dialect = replace(sniff(head, where, options), encoding=encoding)
    left_out, notes = LeftOutList(), LeftOutList()
    for place, sentence in (*decode_notes, *dialect.notes):
        notes.add(place, sentence)
    _, first = next(_rows(head, where, dialect, pace), (0, []))
    if not first:
        raise DataError(f"{where} holds no table.", where=where)
    width = _common_width(head, dialect, len(first))
    names = unique_names(first[:width] if dialect.header else [""] * width, where, notes, header=dialect.header)
    names += [f"column_{number + 1}" for number in range(len(names), width)]
    layout = Layout(text=text, where=where, dialect=dialect, names=tuple(names))
    records = find_records(text, dialect.delimiter, pace, dialect.skip) if dialect.delimiter != " " else None
    kept = None if records is None else _kept(layout, records, left_out)
    columns: dict[str, pl.Series] = {}
    others: dict[str, pl.DataFrame] = {}
    read_text: ReadText | None = None
    if kept is None:
        left_out = LeftOutList()
        frame, line_numbers = _quoted_frame(text.decode("utf-8", "replace"), where, dialect, names, left_out, pace)
        columns = {name: frame[name] for name in names}
        lines = np.asarray(line_numbers, np.int64)
    else:
        body, lines = kept
        if len(lines):
            columns, others = _typed(layout, body, records.zeros if records else frozenset(), head, pace)
        read_text = _reader(body, layout)
    if len(lines) == 0:
        first_bad = left_out.items[0] if left_out.items else None
        raise DataError(
            f"{where} has a header but no usable rows." if first_bad else f"{where} has a header but no rows.",
            where=first_bad.where if first_bad else where,
            found=first_bad.reason if first_bad else "",
            hint="Export it with its rows.",
        )
    given = options.get("missing")
    known = [str(mark) for mark in given] if isinstance(given, list) else None
    marks = missing_marks(columns, others, dialect.decimal) if known is None else known
    return Table(
        where=where,
        columns=columns,
        others=others,
        lines=lines,
        dialect=dialect,
        marks=tuple(marks),
        left_out=left_out,
        notes=notes,
        read_text=read_text,
    )


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A text and all that is known of how it is written."""

    text: bytes
    where: str
    dialect: Dialect
    names: tuple[str, ...]


def _head(text: bytes) -> str:
    """The first lines, enough to tell how the table is written."""
    if len(text) > _HEAD:
        text = text[: text.rfind(b"\n", 0, _HEAD) + 1] or text
    return text.decode("utf-8", "replace")


# Measured by its bytes, read by polars -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Body:
    """The rows as polars reads them: this text behind so many lines."""

    text: bytes
    skip_lines: int
    rows: int
    quoted: bool
    spaced: bool
    """Whether a cell may begin with blanks."""
    starts: npt.NDArray[np.int64] | None = None
    ends: npt.NDArray[np.int64] | None = None
    """Where each row lies in the text; None where rows were written anew."""

    def some(self, rows: npt.NDArray[np.int64]) -> "_Body | None":
        """These rows alone; None when that saves nothing."""
        if self.starts is None or self.ends is None or len(rows) > min(_MOST_BAD, self.rows // 10):
            return None
        begins, stops = self.starts[rows].tolist(), self.ends[rows].tolist()
        text = b"".join(self.text[begin:stop] + b"\n" for begin, stop in zip(begins, stops, strict=True))
        return _Body(text, 0, len(rows), self.quoted, self.spaced)

    @classmethod
    def of(cls, text: bytes, skip_lines: int, rows: int, delimiter: str, records: Records | None = None) -> "_Body":
        """Looks through the text once for what each reading of it needs to know."""
        spaced = delimiter.encode() + b" " in text or b"\n " in text or text.startswith(b" ")
        places = (None, None) if records is None else (records.starts[-rows:], records.ends[-rows:])
        return cls(text, skip_lines, rows, b'"' in text, spaced, *places)


def _kept(layout: Layout, records: Records, left_out: LeftOutList) -> tuple[_Body, npt.NDArray[np.int64]] | None:
    """The rows of full width, and the line of each; None when so many are odd that each had better be looked at."""
    width = len(layout.names)
    first = 0
    odd = np.flatnonzero(records.fields[first:] != width) + first
    blank = _blank_candidates(layout, records, first)
    if len(odd) + len(blank) > _MOST_BAD:
        return None
    blanks = {int(number) for number in blank if _is_blank(layout, records, int(number))}
    if layout.dialect.header:
        while first < len(records) and first in blanks:
            first += 1
        header, first = first, first + 1
        blanks.add(header)
    replaced: dict[int, bytes] = {}
    dropped = {number for number in blanks if number >= first}
    for number in odd.tolist():
        if number < first or number in dropped:
            continue
        row = _cells(layout, records, number)
        if len(row) == width + 1 and not row[-1].strip():
            replaced[number] = _written(row[:-1], layout.dialect.delimiter)
            continue
        left_out.add(f"{layout.where}, line {int(records.lines[number])}", _ragged(len(row), width))
        dropped.add(number)
    large = np.flatnonzero(records.ends - records.starts > MAX_FIELD)
    for number in large.tolist():
        if number >= first and max(map(len, _cells(layout, records, number))) > MAX_FIELD:
            line = int(records.lines[number])
            raise DataError(
                f"A field in line {line} of {layout.where} is larger than {MAX_FIELD >> 20} MB.",
                where=f"{layout.where}, line {line}",
            )
    numbers = np.arange(first, len(records))
    if dropped:
        numbers = np.setdiff1d(numbers, np.fromiter(dropped, np.int64), assume_unique=True)
    lines = records.lines[numbers]
    if not dropped and not replaced:
        skip = int(records.lines[first]) - 1 if first < len(records) else 0
        return _Body.of(
            layout.text, skip, len(numbers), layout.dialect.delimiter, records if len(lines) else None
        ), lines
    pieces: list[bytes] = []
    done = first
    for number in sorted(dropped | set(replaced)):
        if number > done:
            pieces.append(layout.text[int(records.starts[done]) : int(records.ends[number - 1]) + 1])
        if number in replaced:
            pieces.append(replaced[number])
        done = number + 1
    if done < len(records):
        pieces.append(layout.text[int(records.starts[done]) :])
    return _Body.of(b"".join(pieces), 0, len(numbers), layout.dialect.delimiter), lines


def _blank_candidates(layout: Layout, records: Records, first: int) -> npt.NDArray[np.int64]:
    """Records that may have nothing in them, by their first byte and length."""
    bytes_n = np.frombuffer(layout.text, np.uint8)
    starts, lengths = records.starts[first:], (records.ends - records.starts)[first:]
    begins = bytes_n[np.minimum(starts, len(bytes_n) - 1)]
    # Blanks of one byte, or the first of those with several (Unicode's).
    unlike = (begins > ord(" ")) & (begins < 0x80) & (begins != ord(layout.dialect.delimiter)) & (begins != ord('"'))
    candidates = np.flatnonzero((lengths == 0) | ~unlike)
    if len(candidates) > _MOST_BAD:  # a column that begins with nothing: rows of delimiters alone are found by length
        candidates = np.flatnonzero((lengths == 0) | (lengths == records.fields[first:] - 1))
    return (candidates + first).astype(np.int64)


def _record(layout: Layout, records: Records, number: int) -> str:
    return layout.text[int(records.starts[number]) : int(records.ends[number])].decode("utf-8", "replace")


def _cells(layout: Layout, records: Records, number: int) -> list[str]:
    csv.field_size_limit(1 << 30)
    source = io.StringIO(_record(layout, records, number), newline="")
    return next(csv.reader(source, delimiter=layout.dialect.delimiter, skipinitialspace=True), [])


def _is_blank(layout: Layout, records: Records, number: int) -> bool:
    record = _record(layout, records, number)
    bare = record.replace(layout.dialect.delimiter, "").replace('"', "")
    return not bare.strip()


def _written(row: Sequence[str], delimiter: str) -> bytes:
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerow(row)
    return target.getvalue().encode()


def _read(body: _Body, layout: Layout, types: Mapping[str, Any]) -> pl.DataFrame:
    """Columns of the rows, as text or numbers."""
    places = {name: number for number, name in enumerate(layout.names)}
    frame = pl.read_csv(
        body.text,
        has_header=False,
        separator=layout.dialect.delimiter,
        quote_char='"' if body.quoted else None,
        skip_lines=body.skip_lines,
        columns=[places[name] for name in types],
        schema={name: types.get(name, pl.String) for name in layout.names},
        decimal_comma=layout.dialect.decimal == "," and layout.dialect.delimiter != ",",
        ignore_errors=True,
        glob=False,
    )
    if frame.height != body.rows:
        raise DataError(
            f"{layout.where} could not be read row by row.",
            where=layout.where,
            expected=f"{body.rows:,} rows",
            found=f"{frame.height:,}",
        )
    text = pl.col(pl.String).fill_null("")
    return frame.with_columns(text.str.strip_chars_start(" ") if body.spaced else text)


def _reader(body: _Body, layout: Layout) -> ReadText:
    def read(names: Sequence[str]) -> pl.DataFrame:
        return _read(body, layout, dict.fromkeys(names, pl.String))

    return read


def _typed(
    layout: Layout, body: _Body, zeros: frozenset[int], head: str, pace: Pace
) -> tuple[dict[str, pl.Series], dict[str, pl.DataFrame]]:
    """Every column, as numbers where it holds them, else as text; and the cells of columns of numbers that are none."""
    numeric = _numeric_columns(layout, head) - {layout.names[place] for place in zeros if place < len(layout.names)}
    frame = _read(body, layout, {name: pl.Float64 if name in numeric else pl.String for name in layout.names})
    pace.at(len(layout.text) // 2)
    columns = {name: frame[name] for name in layout.names}
    as_text: set[str] = set()
    doubtful: list[str] = []
    for name in numeric:
        column = columns[name]
        largest = column.abs().max()
        if isinstance(largest, float) and 10.0**EXACT_DIGITS <= largest < float("inf"):
            as_text.add(name)  # may be names made of figures, which a float would round
        elif column.null_count() or not bool(column.is_finite().all()):
            doubtful.append(name)
    others: dict[str, pl.DataFrame] = {}
    at_once = max(1, _CELLS_AT_ONCE // max(1, body.rows))
    for start in range(0, len(doubtful), at_once):
        names = doubtful[start : start + at_once]
        is_finite = {name: columns[name].is_finite().fill_null(False) for name in names}
        every = pl.DataFrame([is_finite[name].alias(name) for name in names]).select(~pl.all_horizontal(pl.all()))
        rows = np.array(every.to_series().arg_true().to_numpy(), np.int64)
        few = body.some(rows)
        texts = _read(few or body, layout, dict.fromkeys(names, pl.String))
        for name in names:
            finite = is_finite[name]
            text = texts[name].str.strip_chars()
            if few is not None:
                odd = pl.DataFrame({"row": rows, "text": text}).filter(~finite.gather(rows))
            else:
                odd = pl.DataFrame({"row": (~finite).arg_true().cast(pl.Int64), "text": text.filter(~finite)})
            odd = odd.filter(pl.col("text") != "")
            if odd.height > body.rows // 2 or bool(numbers_of(odd["text"], layout.dialect.decimal).is_finite().any()):
                as_text.add(name)
                continue
            columns[name] = pl.select(pl.when(finite).then(columns[name]).otherwise(None).alias(name)).to_series()
            others[name] = odd
        pace.at(len(layout.text) * 3 // 4)
    if as_text:
        texts = _read(body, layout, dict.fromkeys(sorted(as_text), pl.String))
        columns |= {name: texts[name] for name in as_text}
    for name, column in columns.items():
        if column.dtype == pl.Float64 and name not in others:
            others[name] = pl.DataFrame(schema={"row": pl.Int64, "text": pl.String})
    return columns, others


def _numeric_columns(layout: Layout, head: str) -> set[str]:
    """Columns whose first cells are nearly all plain numbers."""
    rows = _rows(head, layout.where, layout.dialect, Pace(1, "", silent, never))
    seen: Counter[int] = Counter()
    good: Counter[int] = Counter()
    try:
        for number, (_, row) in enumerate(rows):
            if number == 0 and layout.dialect.header:
                continue
            for place, cell in enumerate(row[: len(layout.names)]):
                cell = cell.strip()
                if cell and not is_missing_mark(cell):
                    seen[place] += 1
                    good[place] += is_plain_number(cell, layout.dialect.decimal)
            if number > _SAMPLE_ROWS:
                break
    except DataError:
        pass  # the full pass tells it with its place
    return {layout.names[place] for place, count in seen.items() if good[place] >= 0.8 * count}


# Read sign by sign ---------------------------------------------------------------------------------------------------


def _quoted_frame(
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


def _ragged(found: int, expected: int) -> str:
    return f"It has {found} fields where {expected} were expected."


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


def unique_names(cells: Sequence[str], where: str, notes: LeftOutList, *, header: bool) -> list[str]:
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
