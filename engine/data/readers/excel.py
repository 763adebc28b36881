"""Excel workbooks, by calamine. What a workbook would unpack to is counted before it is opened."""

import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.frames import check_room, column_of, table_of
from engine.data.readers.sniffing import MAX_TABLE_BYTES, has_header, is_number
from engine.data.readers.table import Table, unique_names
from engine.document.graph import Value
from engine.errors import DataError

MAX_CELLS = 40_000_000
_MAX_RATIO = 400
"""Real sheets shrink to a tenth or a fiftieth; what shrinks more than this is blanks."""
_SMALL = 32 << 20
_PIECE = 1 << 20
_LOOK = 400


def parse_excel(
    data: bytes,
    where: str,
    options: Mapping[str, Value],
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Table:
    """The table of a workbook (.xlsx, .xlsm, .xls): the sheet that options name, else the one with the most rows.

    Title lines above it are passed over. Raises DataError for a damaged, locked or overlarge workbook.
    """
    import python_calamine as calamine

    pace = Pace(len(data), f"Reading {where}", progress, cancelled)
    pace.at(0)
    if data.startswith(b"PK"):
        _check_size(data, where, pace)
    try:
        book = calamine.load_workbook(io.BytesIO(data))
        names = [item.name for item in book.sheets_metadata if item.typ == calamine.SheetTypeEnum.WorkSheet]
        wanted = options.get("sheet")
        if isinstance(wanted, str) and wanted not in names:
            raise DataError(
                f"{where} has no sheet '{wanted[:60]}'.", where=where, expected=", ".join(names[:12]), found=wanted[:60]
            )
        sheets = {}
        for name in [wanted] if isinstance(wanted, str) else names:
            pace.at(len(data) // 2)
            sheets[name] = _trimmed(book.get_sheet_by_name(name).to_python(skip_empty_area=True))
    except calamine.PasswordError:
        raise DataError(
            f"{where} is locked with a password.", where=where, hint="Save it without a password, or as CSV."
        ) from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise DataError(
            f"{where} is not a whole Excel workbook.",
            where=where,
            found=printable(str(error), 200),
            hint="Open it in Excel and save it again, or save it as CSV.",
        ) from None
    filled = {name: rows for name, (rows, _) in sheets.items() if rows}
    if not filled:
        raise DataError(f"{where} is empty.", where=where, hint="Is the table in another workbook?")
    sheet = max(filled, key=lambda name: len(filled[name]))
    notes = LeftOutList()
    if len(filled) > 1:
        others = ", ".join(name for name in filled if name != sheet)
        notes.add(where, f"The sheet {sheet} was read, which has the most rows. The others are {printable(others)}.")
    return _table(filled[sheet], sheets[sheet][1], f"{where}, sheet {sheet}", sheet, options, notes)


def _check_size(data: bytes, where: str, pace: Pace) -> None:
    """Raise DataError for a workbook that unpacks to too much, or whose cells lie so far apart that they would.

    Sizes in the archive are not believed: every part is unpacked piece by piece and counted.
    """
    total = 0
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        for info in archive.infolist():
            pace.at(0)
            size = 0
            rest = b""
            far = (0, 0)
            sheet = info.filename.startswith("xl/worksheets/")
            for piece in _pieces(data, info):
                size += len(piece)
                total += len(piece)
                if total > MAX_TABLE_BYTES or size > max(_SMALL, _MAX_RATIO * info.compress_size):
                    raise DataError(
                        f"{where} would unpack to more than {total >> 20} MB.",
                        where=where,
                        expected=f"up to {MAX_TABLE_BYTES >> 20} MB",
                        hint="Save it as CSV or Parquet.",
                    )
                if sheet:
                    text = rest + piece
                    far = _furthest(text, far)
                    rest = piece[-40:]
            if far[0] * far[1] > MAX_CELLS:
                raise DataError(
                    f"{where} has cells as far out as row {far[0]:,} and column {far[1]:,}.",
                    where=where,
                    expected=f"up to {MAX_CELLS:,} cells",
                    hint="Delete the stray cells, or save the table as CSV.",
                )
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise DataError(
            f"{where} is not a whole Excel workbook.",
            where=where,
            found=printable(str(error), 200),
            hint="Copy or download it again.",
        ) from None


def _pieces(data: bytes, info: zipfile.ZipInfo) -> Any:
    """What a part of an archive unpacks to, a piece at a time, whatever the archive says its size is."""
    start = info.header_offset
    name_size, extra_size = struct.unpack_from("<HH", data, start + 26)
    start += 30 + name_size + extra_size
    packed = data[start : start + info.compress_size]
    if info.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise ValueError("it is packed in a way that Excel does not use")
    unpacker = zlib.decompressobj(-15)
    while True:
        piece = unpacker.decompress(packed, _PIECE)
        if piece:
            yield piece
        packed = unpacker.unconsumed_tail
        if unpacker.eof or (not packed and not piece):
            return


_CELL = re.compile(rb'[rf]="(?:[A-Z]+\d+:)?([A-Z]{1,3})(\d{1,7})"')


def _furthest(text: bytes, far: tuple[int, int]) -> tuple[int, int]:
    """The furthest row and column that a piece of a sheet names."""
    row, column = far
    found = _CELL.findall(text)
    if found:
        row = max(row, max(int(number) for _, number in found))
        for letters in {letters for letters, _ in found}:
            number = 0
            for letter in letters:
                number = number * 26 + letter - 64
            column = max(column, number)
    return row, column


def _trimmed(rows: list[list[Any]]) -> tuple[list[list[Any]], list[int]]:
    """Rows with something in them, and their numbers."""
    kept = [(row, number) for number, row in enumerate(rows, 1) if any(cell is not None and cell != "" for cell in row)]
    return [row for row, _ in kept], [number for _, number in kept]


def _table(
    rows: list[list[Any]],
    numbers: list[int],
    where: str,
    sheet: str,
    options: Mapping[str, Value],
    notes: LeftOutList,
) -> Table:
    used = [place for place in range(max(map(len, rows))) if any(place < len(row) and row[place] != "" for row in rows)]
    check_room(len(rows), len(used), where)
    rows = [[row[place] if place < len(row) else "" for place in used] for row in rows]
    titles = _titles(rows)
    skip = options.get("skip")
    titles = skip if isinstance(skip, int) and 0 <= skip < len(rows) else titles
    if titles:
        place = f"{where}, row {numbers[titles - 1]}"
        notes.add(place, f"The first {titles} rows stand above the table and were skipped.")
    rows, numbers = rows[titles:], numbers[titles:]
    header = options.get("header")
    if not isinstance(header, bool):
        header = _has_header(rows)
    cells = [str(cell) for cell in rows[0]] if header else [""] * len(used)
    names = unique_names(cells, where, notes, header=header)
    body = rows[1:] if header else rows
    if not body:
        raise DataError(f"{where} has a header but no rows.", where=where, hint="Export it with its rows.")
    columns = zip(*body, strict=True)
    frame = pl.DataFrame([column_of(name, column) for name, column in zip(names, columns, strict=True)])
    found: dict[str, Value] = {"sheet": sheet, "skip": titles, "header": header}
    return table_of(frame, where, options=options, found=found, lines=numbers[1:] if header else numbers, notes=notes)


def _titles(rows: Sequence[Sequence[Any]]) -> int:
    """How many rows stand above the table: those with a single cell, where most have more."""
    widths = Counter(sum(cell != "" for cell in row) for row in rows[:_LOOK])
    if max(widths, key=lambda width: (widths[width], width)) <= 1:
        return 0
    count = 0
    while count < min(20, len(rows) - 1) and sum(cell != "" for cell in rows[count]) <= 1:
        count += 1
    return count


def _has_header(rows: Sequence[Sequence[Any]]) -> bool:
    """As in a text, where cells of figures are numbers whatever their type."""
    looked = [[str(cell) for cell in row] for row in rows[:_LOOK]]
    if any(isinstance(cell, int | float) for cell in rows[0]) and any(is_number(cell) for cell in looked[0]):
        return False
    first_words = all(isinstance(cell, str) and cell for cell in rows[0])
    typed_below = any(not isinstance(cell, str) for row in rows[1:_LOOK] for cell in row)
    return (first_words and typed_below) or has_header(looked, ".")
