"""Records in JSON: a list of objects, an object of columns, or an object a line."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import polars as pl

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.frames import check_room, column_of, table_of
from engine.data.readers.sniffing import MAX_COLUMNS, utf8_table
from engine.data.readers.table import Table
from engine.document.graph import Value
from engine.errors import DataError

_DEEPEST = 4


def parse_json(
    data: bytes,
    where: str,
    options: Mapping[str, Value],
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Table:
    """The records of a .json or .jsonl file; lines that are no record are left out by number.

    Raises DataError when there are none.
    """
    text, _, remarks = utf8_table(data, where)
    text = text.removeprefix(b"\xef\xbb\xbf")
    notes, left_out = LeftOutList(), LeftOutList()
    for place, sentence in remarks:
        notes.add(place, sentence)
    pace = Pace(len(text), f"Reading {where}", progress, cancelled)
    lines: list[int] | None = None
    records: list[Mapping[str, Any]]
    if text.lstrip()[:1] == b"[" or not _is_lines(text):
        records, lines = _whole(text, where, left_out, pace), None
    else:
        lines = []
        records = []
        for number, record in _by_line(text, where, left_out, pace):
            lines.append(number)
            records.append(record)
    if not records:
        first = left_out.items[0] if left_out.items else None
        raise DataError(
            f"{where} holds no records.",
            where=first.where if first else where,
            expected="a list of objects, or an object a line",
            found=first.reason if first else "",
        )
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
        if len(names) > MAX_COLUMNS:
            raise DataError(f"{where} has over {MAX_COLUMNS:,} columns.", where=where)
    check_room(len(records), len(names), where)
    columns = [column_of(name, [record.get(name) for record in records]) for name in names]
    unit = "record" if lines is None else "line"
    return table_of(
        pl.DataFrame(columns), where, options=options, found={}, lines=lines, unit=unit, notes=notes, left_out=left_out
    )


def _is_lines(text: bytes) -> bool:
    """Whether the first line is an object by itself."""
    first = text.lstrip().split(b"\n", 1)[0]
    try:
        return isinstance(msgspec.json.decode(first), dict) and len(first) < len(text.strip())
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False


def _by_line(text: bytes, where: str, left_out: LeftOutList, pace: Pace) -> Iterator[tuple[int, Mapping[str, Any]]]:
    decoder = msgspec.json.Decoder()
    at = 0
    for number, line in enumerate(text.split(b"\n"), 1):
        at += len(line) + 1
        if not line.strip():
            continue
        if not number & 1023:
            pace.at(at)
        try:
            record = decoder.decode(line)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            left_out.add(f"{where}, line {number}", f"It is no JSON: {printable(str(error), 120)}.")
            continue
        if isinstance(record, dict):
            yield number, _flat(record)
        else:
            left_out.add(f"{where}, line {number}", "It is no object.")


def _whole(text: bytes, where: str, left_out: LeftOutList, pace: Pace) -> list[Mapping[str, Any]]:
    """Records of a list, of the longest list in an object, or of an object of columns."""
    pace.at(0)
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise DataError(
            f"{where} is not JSON that can be read.",
            where=where,
            found=printable(str(error), 160),
            hint="Was it cut off? Export it again.",
        ) from None
    if isinstance(value, dict):
        lists = {name: item for name, item in value.items() if isinstance(item, list)}
        lengths = {len(item) for item in lists.values()}
        of_objects = any(isinstance(item, dict) for items in lists.values() for item in items[:1])
        if len(lists) > 1 and len(lengths) == 1 and not of_objects:
            return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        value = max(lists.values(), key=len, default=[value])
    records: list[Mapping[str, Any]] = []
    for number, item in enumerate(value if isinstance(value, list) else [], 1):
        if isinstance(item, dict):
            records.append(_flat(item))
        else:
            left_out.add(f"{where}, record {number}", "It is no object.")
    return records


def _flat(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Objects inside become columns of their own: "place.city"."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            found.update(_flat(value, f"{prefix}{name}.", depth + 1))
        else:
            found[f"{prefix}{name}"] = value
    return found
