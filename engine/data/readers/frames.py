"""Tables whose cells have types of their own (Parquet, Excel, JSON, SQLite), in the form that every table has."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
import numpy as np
import polars as pl
import psutil

from engine.data.left_out import LeftOutList
from engine.data.readers.columns import missing_marks
from engine.data.readers.sniffing import MAX_COLUMNS, MAX_FIELD
from engine.data.readers.table import Table
from engine.document.graph import Value
from engine.errors import DataError

_EXACT = 2**53
_SHARE_OF_MEMORY = 0.5
_CELL_BYTES = 16


def check_room(rows: int, columns: int, where: str) -> None:
    """Raise DataError when a table of this size would not fit into half of the memory that is free."""
    if columns > MAX_COLUMNS:
        raise DataError(f"{where} has {columns:,} columns.", where=where, expected=f"up to {MAX_COLUMNS:,} columns")
    free = psutil.virtual_memory().available
    if rows * columns * _CELL_BYTES > _SHARE_OF_MEMORY * free:
        raise DataError(
            f"{where} is too large for this computer: {rows:,} rows of {columns:,} columns.",
            where=where,
            expected=f"up to {int(_SHARE_OF_MEMORY * free / _CELL_BYTES / max(1, columns)):,} such rows",
            found=f"{rows:,} rows",
            hint="Make a smaller table, with fewer rows or columns.",
        )


def table_of(
    frame: pl.DataFrame,
    where: str,
    *,
    options: Mapping[str, Value],
    found: Mapping[str, Value],
    lines: Sequence[int] | None = None,
    unit: str = "row",
    notes: LeftOutList | None = None,
    left_out: LeftOutList | None = None,
) -> Table:
    """A frame as a table: every column text, numbers or moments. Raises DataError when it has no rows.

    Columns that hold none of these are told and left out. `lines` number the rows for people, from 1 when not given.
    """
    if frame.height == 0 or frame.width == 0:
        raise DataError(f"{where} has no rows.", where=where, hint="Export it with its rows.")
    told = notes or LeftOutList()
    columns: dict[str, pl.Series] = {}
    for name, column in _unnested(frame):
        plain = _plain(column)
        if plain is None:
            told.add(f"{where}, column {name}", f"Column {name} holds {_word(column.dtype)}, which a table cannot use.")
        else:
            columns[_free(name, columns)] = plain
    if not columns:
        raise DataError(f"{where} holds no column that can be read.", where=where, expected="numbers, text or dates")
    others = {
        name: pl.DataFrame(schema={"row": pl.Int64, "text": pl.String})
        for name, column in columns.items()
        if column.dtype == pl.Float64
    }
    given = options.get("missing")
    marks = [str(mark) for mark in given] if isinstance(given, list) else missing_marks(columns, others, ".")
    return Table(
        where=where,
        columns=columns,
        others=others,
        lines=np.arange(1, frame.height + 1, dtype=np.int64) if lines is None else np.asarray(lines, np.int64),
        marks=tuple(marks),
        left_out=left_out or LeftOutList(),
        notes=told,
        unit=unit,
        found=dict(found) or {"header": True},
    )


def _free(name: str, taken: Mapping[str, object]) -> str:
    stem = " ".join(name.split())[:120] or f"column_{len(taken) + 1}"
    free, copy = stem, 2
    while free in taken:
        free, copy = f"{stem}_{copy}", copy + 1
    return free


def _unnested(frame: pl.DataFrame) -> list[tuple[str, pl.Series]]:
    """Columns, those with parts (a record in a cell) as one for each part: "place.city"."""
    found: list[tuple[str, pl.Series]] = []
    for column in frame.get_columns():
        if column.dtype == pl.Struct:
            parts = column.struct.unnest()
            found += [(f"{column.name}.{name}", part) for name, part in _unnested(parts)]
        else:
            found.append((column.name, column))
    return found


def _plain(column: pl.Series) -> pl.Series | None:
    """The column as String, Float64 or Datetime; None for what is none of these."""
    kind = column.dtype
    if kind == pl.Boolean:
        return column.cast(pl.String).fill_null("")
    if kind.is_integer():
        largest = max((abs(end) for end in (column.min(), column.max()) if isinstance(end, int)), default=0)
        return column.cast(pl.Float64) if largest <= _EXACT else column.cast(pl.String).fill_null("")
    if kind.is_numeric():
        numbers = column.cast(pl.Float64)
        finite = pl.select(pl.when(numbers.is_finite()).then(numbers).otherwise(None).alias(column.name)).to_series()
        return finite
    if kind in (pl.String, pl.Categorical, pl.Enum):
        text = column.cast(pl.String).fill_null("")
        return text.str.slice(0, MAX_FIELD) if bool((text.str.len_bytes() > MAX_FIELD).any()) else text
    if kind == pl.Date:
        return column.cast(pl.Datetime("us"))
    if kind == pl.Datetime:
        if getattr(kind, "time_zone", None):
            column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return column.cast(pl.Datetime("us"))
    if kind == pl.Duration:
        return column.dt.total_microseconds().cast(pl.Float64) / 1e6
    if kind == pl.Time:
        return column.cast(pl.String).fill_null("")
    if kind == pl.Null:
        return pl.Series(column.name, [""] * len(column), dtype=pl.String)
    if kind in (pl.List, pl.Array):
        return _lists(column)
    return None


def _lists(column: pl.Series) -> pl.Series | None:
    """Lists of words or numbers as JSON."""
    inner = column.dtype.inner  # type: ignore[attr-defined]
    if inner.is_nested() or inner == pl.Binary:
        return None
    texts = [
        "" if cell is None else msgspec.json.encode([str(item) for item in cell if item is not None]).decode()
        for cell in column.to_list()
    ]
    return pl.Series(column.name, texts, dtype=pl.String)


def _word(kind: Any) -> str:
    return "raw bytes" if kind == pl.Binary else str(kind).split("(")[0].lower()


def column_of(name: str, values: Sequence[Any]) -> pl.Series:
    """Cells of any Python types as one column: numbers or moments where all are, else text."""
    kinds = {type(value) for value in values if value is not None and value != ""}
    if kinds and kinds <= {int, float}:
        numbers = [float(v) if v is not None and v != "" and abs(v) < 1e308 else None for v in values]
        if int not in kinds or all(value is None or abs(value) <= _EXACT for value in numbers):
            return pl.Series(name, numbers, dtype=pl.Float64)
    if kinds and kinds <= {date, datetime}:
        moments = [None if value is None or value == "" else _moment(value) for value in values]
        return pl.Series(name, moments, dtype=pl.Datetime("us"))
    return pl.Series(name, [_text(value) for value in values], dtype=pl.String)


def _moment(value: date | datetime) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value.replace(tzinfo=None) - (value.utcoffset() or timedelta())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:MAX_FIELD].encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, datetime):
        return str(value).removesuffix(" 00:00:00")
    if isinstance(value, int | date | time):
        return str(value)
    if isinstance(value, timedelta):
        return _text(value.total_seconds())
    if isinstance(value, bytes):
        return ""
    return msgspec.json.encode(value).decode("utf-8", "replace")[:MAX_FIELD]
