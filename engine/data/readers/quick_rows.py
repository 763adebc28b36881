"""A table in text form measured by its bytes and read by polars: numbers where a column holds them, else text.

polars says nothing of short rows and of cells that are no numbers. So rows are told apart by `records`, and cells of
columns of numbers that came out empty are looked at again.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.data.left_out import LeftOutList
from engine.data.progress import Pace, never, silent
from engine.data.readers.columns import EXACT_DIGITS, is_plain_number, numbers_of
from engine.data.readers.csv_rows import csv_rows, ragged
from engine.data.readers.records import Records
from engine.data.readers.sniffing import MAX_FIELD, Dialect, is_missing_mark
from engine.errors import DataError

_MOST_BAD = 200_000
_SAMPLE_ROWS = 400
_CELLS_AT_ONCE = 8_000_000

ReadText = Callable[[Sequence[str]], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A text and all that is known of how it is written."""

    text: bytes
    where: str
    dialect: Dialect
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Body:
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

    def some(self, rows: npt.NDArray[np.int64]) -> "Body | None":
        """These rows alone; None when that saves nothing."""
        if self.starts is None or self.ends is None or len(rows) > min(_MOST_BAD, self.rows // 10):
            return None
        begins, stops = self.starts[rows].tolist(), self.ends[rows].tolist()
        text = b"".join(self.text[begin:stop] + b"\n" for begin, stop in zip(begins, stops, strict=True))
        return Body(text, 0, len(rows), self.quoted, self.spaced)

    @classmethod
    def of(cls, text: bytes, skip_lines: int, rows: int, delimiter: str, records: Records | None = None) -> "Body":
        """Looks through the text once for what each reading of it needs to know."""
        spaced = delimiter.encode() + b" " in text or b"\n " in text or text.startswith(b" ")
        places = (None, None) if records is None else (records.starts[-rows:], records.ends[-rows:])
        return cls(text, skip_lines, rows, b'"' in text, spaced, *places)


def kept_rows(layout: Layout, records: Records, left_out: LeftOutList) -> tuple[Body, npt.NDArray[np.int64]] | None:
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
        left_out.add(f"{layout.where}, line {int(records.lines[number])}", ragged(len(row), width))
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
        return Body.of(
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
    return Body.of(b"".join(pieces), 0, len(numbers), layout.dialect.delimiter), lines


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
    if '"' in record:  # a delimiter inside quotes is something a cell holds
        return not any(cell.strip() for cell in _cells(layout, records, number))
    return not record.replace(layout.dialect.delimiter, "").strip()


def _written(row: Sequence[str], delimiter: str) -> bytes:
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerow(row)
    return target.getvalue().encode()


def read_columns(body: Body, layout: Layout, types: Mapping[str, Any]) -> pl.DataFrame:
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


def text_reader(body: Body, layout: Layout) -> ReadText:
    def read(names: Sequence[str]) -> pl.DataFrame:
        return read_columns(body, layout, dict.fromkeys(names, pl.String))

    return read


def typed_columns(
    layout: Layout, body: Body, zeros: frozenset[int], head: str, pace: Pace
) -> tuple[dict[str, pl.Series], dict[str, pl.DataFrame]]:
    """Every column, as numbers where it holds them, else as text; and the cells of columns of numbers that are none."""
    numeric = _numeric_columns(layout, head) - {layout.names[place] for place in zeros if place < len(layout.names)}
    frame = read_columns(body, layout, {name: pl.Float64 if name in numeric else pl.String for name in layout.names})
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
        texts = read_columns(few or body, layout, dict.fromkeys(names, pl.String))
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
        texts = read_columns(body, layout, dict.fromkeys(sorted(as_text), pl.String))
        columns |= {name: texts[name] for name in as_text}
    for name, column in columns.items():
        if column.dtype == pl.Float64 and name not in others:
            others[name] = pl.DataFrame(schema={"row": pl.Int64, "text": pl.String})
    return columns, others


def _numeric_columns(layout: Layout, head: str) -> set[str]:
    """Columns whose first cells are nearly all plain numbers."""
    rows = csv_rows(head, layout.where, layout.dialect, Pace(1, "", silent, never))
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
