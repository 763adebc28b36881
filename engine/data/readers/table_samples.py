"""The columns of tables as samples: numbers, moments and strings, as the fields say."""

import functools
from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.data.dates import seconds_of
from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.columns import number_texts, numbers_of
from engine.data.readers.files import FileTree
from engine.data.readers.table import Table
from engine.data.readers.table_files import load_tables
from engine.data.samples import NOT_SAID, Column, Samples
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Role, Source
from engine.document.graph import Value

_LARGEST_FLOAT32 = 3.4e38


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
        needed = _columns_of(field)
        if field.role is Role.IGNORED or any(name not in table.columns for table, _ in tables for name in needed):
            continue  # a field that is not there is told by the data set, with the columns that are
        if field.kind is FieldKind.NUMBER:
            columns[field.name] = np.concatenate([_numbers(table, field, notes) for table, _ in tables])
        elif field.kind is FieldKind.DATE:
            columns[field.name] = np.concatenate([_seconds(table, field, notes) for table, _ in tables])
        else:
            columns[field.name] = _strings([(table, field) for table, _ in tables])

    # Not the tables themselves, which hold the whole file.
    places = [(f"{table.where}, {table.unit} ", table.lines) for table, _ in tables]
    firsts = starts.tolist()  # a name is asked for a million times when many samples are labelled

    def name(index: int) -> str:
        part = bisect_right(firsts, index) - 1
        words, lines = places[part]
        return f"{words}{lines.item(index - firsts[part])}"

    given = None
    if any(split != NOT_SAID for _, split in tables):
        given = np.concatenate([np.full(len(table.lines), split, np.int8) for table, split in tables])
    named = {field.name: tuple(_columns_of(field)) for field in fields if field.options.get("columns")}
    return Samples(
        count=int(starts[-1]),
        columns=columns,
        class_order={name: order for name, order in named.items() if name in columns},
        name=functools.cache(name) if starts[-1] < 100 else name,
        given=given,
        left_out=left_out,
        notes=notes,
        listing=listing,
    )


def _numbers(table: Table, field: Field, notes: LeftOutList) -> npt.NDArray[np.float32]:
    """A column as float32 with NaN for what is missing; cells that are no numbers are told by line."""
    column = table.columns[field.name]
    if column.dtype == pl.Float64:
        others = table.others.get(field.name, pl.DataFrame(schema={"row": pl.Int64, "text": pl.String}))
        others = others.filter(~pl.col("text").is_in(list(table.marks)))
        array = np.array(column.fill_null(float("nan")).to_numpy(), np.float64)
    else:
        text = table.texts(field.name).str.strip_chars()
        values = numbers_of(text, table.dialect.decimal)
        array = np.array(values.fill_null(float("nan")).to_numpy(), np.float64)
        empty = text.is_in(["", *table.marks])
        array[empty.to_numpy()] = np.nan
        odd = (values.is_null() | (values.abs() > _LARGEST_FLOAT32).fill_null(False)) & ~empty
        others = pl.DataFrame({"row": odd.arg_true().cast(pl.Int64), "text": text.filter(odd)})
    with np.errstate(invalid="ignore"):
        large = np.abs(array) > _LARGEST_FLOAT32
    if column.dtype == pl.Float64 and bool(large.any()):
        rows = np.flatnonzero(large)
        texts = number_texts(column.gather(pl.Series(rows, dtype=pl.Int64)))
        others = pl.concat([others, pl.DataFrame({"row": pl.Series(rows, dtype=pl.Int64), "text": texts})]).sort("row")
    array[large] = np.nan
    _tell(table, field, others, "numbers", "a number", notes)
    return array.astype(np.float32)


def _tell(table: Table, field: Field, odd: pl.DataFrame, several: str, one: str, notes: LeftOutList) -> None:
    """Name the first cells that do not fit, and count the others."""
    for row, cell in odd.head(5).iter_rows():
        cell = printable(str(cell), 40)
        notes.add(
            f"{table.place(row)}, column {field.name}",
            f"'{cell}' in {table.unit} {int(table.lines[row])} of column {field.name} is not {one}; "
            "it counts as missing.",
        )
    if odd.height > 5:
        notes.add(
            f"{table.where}, column {field.name}", f"{odd.height - 5:,} more cells of {field.name} are not {several}."
        )


def _seconds(table: Table, field: Field, notes: LeftOutList) -> npt.NDArray[np.float64]:
    """A column as seconds since 1970 with NaN for what is missing; cells that are no dates are told by line."""
    column = table.columns[field.name]
    if column.dtype == pl.Datetime:
        return np.array((column.dt.epoch("us").cast(pl.Float64) / 1e6).fill_null(np.nan).to_numpy(), np.float64)
    text = table.texts(field.name).str.strip_chars()
    seconds = seconds_of(text, str(field.options.get("form", "year")))
    odd = seconds.is_null() & ~text.is_in(["", *table.marks])
    _tell(
        table,
        field,
        pl.DataFrame({"row": odd.arg_true().cast(pl.Int64), "text": text.filter(odd)}),
        "dates",
        "a date",
        notes,
    )
    return np.array(seconds.fill_null(np.nan).to_numpy(), np.float64)


def seconds_in(table: Table, name: str, options: Mapping[str, Value]) -> npt.NDArray[np.float64]:
    """Up to twenty thousand dates of a column, evenly from all of it, for looking at them."""
    column = table.columns[name]
    texts = column if column.dtype == pl.Datetime else table.texts(name)
    some = texts.gather_every(max(1, len(texts) // 20_000))
    if some.dtype == pl.Datetime:
        return np.array((some.dt.epoch("us").cast(pl.Float64) / 1e6).fill_null(np.nan).to_numpy(), np.float64)
    return np.array(seconds_of(some, str(options.get("form", "year"))).fill_null(np.nan).to_numpy(), np.float64)


def _strings(parts: Sequence[tuple[Table, Field]]) -> Strings:
    """A column as text, blanks around it removed, the empty string for what is missing."""
    pieces = []
    for table, field in parts:
        if field.options.get("columns"):
            pieces.append(_named_by_ones(table, field))
            continue
        text = table.texts(field.name).str.strip_chars()
        marks = ["", *table.marks]
        frame = pl.DataFrame({"text": text})
        pieces.append(
            frame.select(pl.when(pl.col("text").is_in(marks)).then(pl.lit("")).otherwise(pl.col("text")))["literal"]
        )
    return strings_of(pl.concat(pieces))


def _columns_of(field: Field) -> list[str]:
    """The columns that a field is read from."""
    several = field.options.get("columns")
    return [str(name) for name in several] if isinstance(several, list) and several else [field.name]


def _named_by_ones(table: Table, field: Field) -> pl.Series:
    """The names of the columns that hold a one in each row; the separator alone for none."""
    separator = str(field.options.get("separator", ";"))
    frame = pl.DataFrame(
        {str(n): table.columns[n].cast(pl.Float64, strict=False).fill_null(0) for n in _columns_of(field)}
    )
    names = [pl.when(pl.col(name) > 0).then(pl.lit(name)) for name in frame.columns]
    joined = pl.concat_str(names, separator=separator, ignore_nulls=True).alias("labels")
    text = frame.select(joined)["labels"]
    empty = "" if field.kind is FieldKind.CATEGORY else separator
    return text.replace("", empty)


def strings_of(column: pl.Series) -> Strings:
    """A column of texts as numbered distinct ones, in the order in which they first appear."""
    distinct = column.unique(maintain_order=True)
    if len(distinct) == len(column):
        return Strings(tuple(distinct.to_list()), np.arange(len(column), dtype=np.int64))
    codes = column.cast(pl.Enum(distinct)).to_physical()
    return Strings(tuple(distinct.to_list()), np.array(codes.to_numpy(), np.int64))
