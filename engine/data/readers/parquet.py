"""Parquet and Arrow files, by polars; their size is looked at before anything is unpacked."""

from collections.abc import Callable, Mapping

import polars as pl

from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.frames import check_room, table_of
from engine.data.readers.table import Table
from engine.document.graph import Value
from engine.errors import DataError

ARROW = b"ARROW1"

# A panic is how polars tells of some damage; it is no Exception.
_DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, OverflowError)


def parse_parquet(
    data: bytes,
    where: str,
    options: Mapping[str, Value],
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Table:
    """The table of a Parquet file. Raises DataError when it is damaged or larger than the memory."""
    return _parsed(lambda: pl.scan_parquet(data, glob=False), "Parquet", where, options, progress, cancelled)


def parse_arrow(
    data: bytes,
    where: str,
    options: Mapping[str, Value],
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Table:
    """The table of an Arrow (Feather) file or stream. Raises DataError when it is damaged or larger than the memory."""
    if data.startswith(ARROW):
        return _parsed(lambda: pl.scan_ipc(data), "Arrow", where, options, progress, cancelled)
    return _parsed(lambda: pl.read_ipc_stream(data).lazy(), "Arrow", where, options, progress, cancelled)


def _parsed(
    opened: Callable[[], pl.LazyFrame],
    kind: str,
    where: str,
    options: Mapping[str, Value],
    progress: Progress,
    cancelled: IsCancelled,
) -> Table:
    pace = Pace(1, f"Reading {where}", progress, cancelled)
    pace.at(0)
    try:
        lazy = opened()
        columns = len(lazy.collect_schema())
        rows = int(lazy.select(pl.len()).collect().item())
        check_room(rows, columns, where)
        frame = lazy.collect()
        pace.at(1)
        return table_of(frame, where, options=options, found={})
    except _DAMAGE as error:
        raise _broken(error, where, kind) from None


def _broken(error: BaseException, where: str, kind: str) -> DataError:
    """Damage in words; those that speak of polars' own insides are left away."""
    found = str(error).split("\n", 1)[0][:200]
    return DataError(
        f"{where} is not a whole {kind} file.",
        where=where,
        found="" if "source_location" in found or "unwrap()" in found else found,
        hint="Copy or download it again.",
    )
