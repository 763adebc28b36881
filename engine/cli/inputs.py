"""From the words after `predict` to the inputs of a model: pictures, tables, text, or the fields of one row."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import DataError

_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
_TABLES = (".csv", ".tsv", ".tab")

_CELL = re.compile(r'(?P<name>[^=,]+)(?P<equals>=?)(?P<value>\s*"(?:[^"]|"")*"\s*|[^,]*)(?:,|$)')

Input = dict[str, object]


def read_inputs(given: Sequence[str], kinds: Mapping[str, str]) -> tuple[list[str], list[Input]]:
    """Names for people, and for each an input {field: value}. `kinds` are the model's fields with their kinds.

    Raises DataError for what can be no input of this model.
    """
    names: list[str] = []
    inputs: list[Input] = []
    for text in given:
        for name, value in _read(text, kinds):
            names.append(name)
            inputs.append(value)
    return names, inputs


def _read(text: str, kinds: Mapping[str, str]) -> list[tuple[str, Input]]:
    pictures = [name for name, kind in kinds.items() if kind == "image"]
    texts = [name for name, kind in kinds.items() if kind == "text"]
    path = _existing(text)
    if path is not None and path.is_dir():
        if len(kinds) == 1 and pictures:
            found = sorted(item for item in path.iterdir() if item.suffix.lower() in _PICTURES and item.is_file())
            if found:
                return [(str(item), {pictures[0]: str(item)}) for item in found]
        raise DataError(f"'{text}' is a folder without pictures.", where=text, hint="Name the files themselves.")
    if path is not None:
        if path.suffix.lower() in _TABLES and not (len(kinds) == 1 and pictures):
            return _table(path, kinds)
        if len(kinds) == 1 and pictures:
            return [(text, {pictures[0]: str(path)})]
        if len(kinds) == 1 and texts:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            return [(line, {texts[0]: line}) for line in lines if line.strip()]
        return _table(path, kinds)
    row = _row(text, kinds)
    if row is not None:
        return [(text, row)]
    if len(kinds) == 1 and texts:
        return [(text, {texts[0]: text})]
    raise _no_input(text, kinds)


def _existing(text: str) -> Path | None:
    try:
        path = Path(text).expanduser()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None  # too long or odd for a file name: it is meant as text


def _row(text: str, kinds: Mapping[str, str]) -> Input | None:
    """`field=value,field=value`; None when it does not name fields of the model. Values with commas stand in quotes."""
    if "=" not in text:
        return None
    row: Input = {}
    for found in _CELL.finditer(text):
        name, value = found["name"].strip(), found["value"].strip()
        if value.startswith('"') and value.endswith('"') and len(value) > 1:
            value = value[1:-1].replace('""', '"')
        if not found["equals"] or name not in kinds:
            if len(kinds) == 1 and "text" in kinds.values():
                return None
            raise DataError(
                f"The model has no input '{name[:60]}'.",
                where=text[:200],
                expected=", ".join(f"{field} ({kind})" for field, kind in kinds.items()),
                found=name[:60],
            )
        row[name] = _cell(name, value, kinds[name], text)
    return _whole(row, kinds, text)


def _table(path: Path, kinds: Mapping[str, str]) -> list[tuple[str, Input]]:
    """A row of a table each, by the names of its columns."""
    from engine.data.readers.table import parse_table  # polars: only for tables

    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror}.", where=str(path)) from None
    table = parse_table(data, path.name, {"header": True})
    missing = [name for name, kind in kinds.items() if name not in table.columns and kind != "number"]
    if missing and not any(name in table.columns for name in kinds):
        raise DataError(
            f"{path.name} has none of the model's columns.",
            where=str(path),
            expected=", ".join(kinds),
            found=", ".join(list(table.columns)[:20]),
            hint="Its first line must hold the names of the columns.",
        )
    marks = set(table.marks)
    rows = []
    for number in range(len(table.lines)):
        place = table.place(number)
        row: Input = {}
        for name, kind in kinds.items():
            if name in table.columns:
                text = str(table.columns[name][number])
                if kind == "number" and table.dialect.decimal == ",":
                    text = text.replace(".", "").replace(",", ".")
                row[name] = _cell(name, "" if text in marks else text, kind, place)
        rows.append((place, _whole(row, kinds, place)))
    return rows


def _cell(name: str, text: str, kind: str, where: str) -> object:
    """A value as the model wants it: a number missing where the text is empty, anything else as text."""
    if kind != "number":
        return text
    if not text.strip():
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise DataError(
            f"{name} should be a number.",
            where=where,
            expected="a number",
            found=text[:60],
            hint="Mend it, or leave it empty.",
        ) from None


def _whole(row: Input, kinds: Mapping[str, str], where: str) -> Input:
    """The row with missing numbers filled in as missing. Raises DataError when another field is not there."""
    for name, kind in kinds.items():
        if name not in row:
            if kind != "number":
                raise DataError(
                    f"'{name}' is missing.",
                    where=where[:200],
                    expected=", ".join(kinds),
                    found=", ".join(row) or "nothing",
                )
            row[name] = math.nan
    return row


def _no_input(text: str, kinds: Mapping[str, str]) -> DataError:
    fields: Any = list(kinds.items())
    if all(kind == "image" for _, kind in fields):
        return DataError(
            f"There is no file '{text[:200]}'.", where=text[:200], expected="a picture", hint="Check the spelling."
        )
    example = ",".join(f"{name}=…" for name, _ in fields[:3]) + (",…" if len(fields) > 3 else "")
    return DataError(
        f"There is no file '{text[:200]}'.",
        where=text[:200],
        expected=f"a CSV file with the columns {', '.join(kinds)}, or one row as {example}",
    )
