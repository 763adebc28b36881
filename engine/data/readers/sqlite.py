"""Tables of SQLite databases, opened for reading alone; nothing that a database brings along is run."""

import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.frames import check_room, column_of, table_of
from engine.data.readers.table import Table
from engine.document.graph import Value
from engine.errors import Cancelled, DataError

_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_PRAGMA}
_STEPS = 100_000


def parse_sqlite(
    data: bytes,
    where: str,
    options: Mapping[str, Value],
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Table:
    """The table that options name, else the one with the most rows. Raises DataError for a damaged database.

    Views, virtual tables and triggers are passed over: they are code of the database's own.
    """
    pace = Pace(0, f"Reading {where}", progress, cancelled)
    _check_complete(data, where)
    with tempfile.TemporaryDirectory(prefix="netwright-") as folder:
        path = Path(folder) / "copy.sqlite"  # from an archive it has no path, and a copy is never locked
        path.write_bytes(data)
        try:
            return _read(path, where, options, pace)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if cancelled():
                raise Cancelled from None
            raise DataError(
                f"{where} is not a whole SQLite database.",
                where=where,
                found=printable(str(error), 160),
                hint="Copy or download it again.",
            ) from None


def _check_complete(data: bytes, where: str) -> None:
    """SQLite itself reads what is there of a file that was cut off. Format: https://www.sqlite.org/fileformat2.html

    The header says how many pages there are, and whether that is to be believed.
    """
    if len(data) < 100:
        return
    page = int.from_bytes(data[16:18], "big")
    page = 65_536 if page == 1 else page
    pages = int.from_bytes(data[28:32], "big")
    if pages and data[24:28] == data[92:96] and len(data) < page * pages:
        raise DataError(
            f"{where} is cut off: {len(data) // max(1, page):,} of {pages:,} pages are there.",
            where=where,
            expected=f"{page * pages:,} bytes",
            found=f"{len(data):,} bytes",
            hint="Copy or download it again.",
        )


def _read(path: Path, where: str, options: Mapping[str, Value], pace: Pace) -> Table:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        connection.set_progress_handler(lambda: pace.at(0) or 0, _STEPS)  # type: ignore[func-returns-value]
        connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY)
        names = [
            str(name)
            for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            if not str(name).startswith("sqlite_") and "virtual" not in str(sql).lower().split("(")[0]
        ]
        counts = {name: _count(connection, name) for name in names}
        filled = [name for name in names if counts[name]]
        if not filled:
            raise DataError(f"{where} has no table with rows.", where=where, found=", ".join(names[:12]) or "no tables")
        wanted = options.get("table")
        if isinstance(wanted, str) and wanted not in filled:
            raise DataError(
                f"{where} has no table '{wanted[:60]}'.",
                where=where,
                expected=", ".join(filled[:12]),
                found=wanted[:60],
            )
        name = wanted if isinstance(wanted, str) else max(filled, key=lambda item: counts[item])
        cursor = connection.execute(f"SELECT * FROM {_quoted(name)}")
        titles = [str(item[0]) for item in cursor.description]
        check_room(counts[name], len(titles), where)
        rows = cursor.fetchall()
    finally:
        connection.close()
    notes = LeftOutList()
    if len(filled) > 1 and not isinstance(wanted, str):
        others = ", ".join(item for item in filled if item != name)
        notes.add(where, f"The table {name} was read, which has the most rows. The others are {printable(others)}.")
    columns = zip(*rows, strict=True)
    frame = pl.DataFrame([column_of(title, column) for title, column in zip(titles, columns, strict=True)])
    return table_of(frame, f"{where}, table {name}", options=options, found={"table": name}, notes=notes)


def _count(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"SELECT COUNT(*) FROM {_quoted(name)}").fetchone()[0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
