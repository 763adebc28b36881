"""Tables in text form: every row is checked for its width, and cells become numbers where a whole column holds them.

A column is a polars series: String, Float64 (null where there is no number) or Datetime. A text with quotes where they
belong is measured by its bytes and read by polars; any other is read sign by sign with Python's csv.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as factory

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.columns import missing_marks, number_texts
from engine.data.readers.csv_rows import csv_rows, frame_by_csv
from engine.data.readers.quick_rows import Layout, ReadText, kept_rows, text_reader, typed_columns
from engine.data.readers.records import find_records
from engine.data.readers.sniffing import Dialect, sniff, utf8_table
from engine.document.graph import Value
from engine.errors import DataError

_HEAD = 4 << 20


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
    _, first = next(csv_rows(head, where, dialect, pace), (0, []))
    if not first:
        raise DataError(f"{where} holds no table.", where=where)
    width = _common_width(head, dialect, len(first))
    cells = [*first[:width], *[""] * (width - len(first))] if dialect.header else [""] * width
    names = unique_names(cells, where, notes, header=dialect.header)
    layout = Layout(text=text, where=where, dialect=dialect, names=tuple(names))
    records = find_records(text, dialect.delimiter, pace, dialect.skip) if dialect.delimiter != " " else None
    kept = None if records is None else kept_rows(layout, records, left_out)
    columns: dict[str, pl.Series] = {}
    others: dict[str, pl.DataFrame] = {}
    read_text: ReadText | None = None
    if kept is None:
        left_out = LeftOutList()
        frame, line_numbers = frame_by_csv(text.decode("utf-8", "replace"), where, dialect, names, left_out, pace)
        columns = {name: frame[name] for name in names}
        lines = np.asarray(line_numbers, np.int64)
    else:
        body, lines = kept
        if len(lines):
            columns, others = typed_columns(layout, body, records.zeros if records else frozenset(), head, pace)
        read_text = text_reader(body, layout)
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


def _head(text: bytes) -> str:
    """The first lines, enough to tell how the table is written."""
    if len(text) > _HEAD:
        text = text[: text.rfind(b"\n", 0, _HEAD) + 1] or text
    return text.decode("utf-8", "replace")


def _common_width(text: str, dialect: Dialect, first: int) -> int:
    """The width of most of the first thousand records; the header's where they are even."""
    widths: Counter[int] = Counter({first: 1})
    rows = csv_rows(text, "", dialect, Pace(1, "", silent, never))
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
