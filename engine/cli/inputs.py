"""`field=value,field=value` on the command line as one row; everything else a predictor reads itself."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from engine.errors import DataError

_CELL = re.compile(r'(?P<name>[^=,]+)(?P<equals>=?)(?P<value>\s*"(?:[^"]|"")*"\s*|[^,]*)(?:,|$)')

Question = str | dict[str, str]


def rows_apart(given: Sequence[str], kinds: Mapping[str, str]) -> Iterator[tuple[list[str], list[Question]]]:
    """The inputs in their order, in groups of rows by field (with what each was called) and of plain words.

    `kinds` are the model's fields with their kinds. Raises DataError for a row that names other fields.
    """
    read = [(text, row(text, kinds)) for text in given]
    for is_row, group in groupby(read, lambda item: item[1] is not None):
        items = list(group)
        yield [text for text, _ in items] if is_row else [], [text if found is None else found for text, found in items]


def row(text: str, kinds: Mapping[str, str]) -> dict[str, str] | None:
    """The fields of a row; None when it is no row. Values with commas stand in quotes; a number may be left out."""
    if "=" not in text or (len(kinds) == 1 and text.partition("=")[0].strip() not in kinds):
        return None
    found: dict[str, str] = {}
    for cell in _CELL.finditer(text):
        name, value = cell["name"].strip(), cell["value"].strip()
        if value.startswith('"') and value.endswith('"') and len(value) > 1:
            value = value[1:-1].replace('""', '"')
        if not cell["equals"] or name not in kinds:
            raise DataError(
                f"The model has no input '{name[:60]}'.",
                where=text[:200],
                expected=", ".join(f"{field} ({kind})" for field, kind in kinds.items()),
                found=name[:60],
            )
        found[name] = value
    for name, kind in kinds.items():
        if name not in found:
            if kind != "number":
                raise DataError(
                    f"'{name}' is missing.",
                    where=text[:200],
                    expected=", ".join(kinds),
                    found=", ".join(found) or "nothing",
                )
            found[name] = ""
    return found
