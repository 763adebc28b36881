"""Rows of a table that were copied from a spreadsheet or a file, as values by field."""

import csv
import io
from collections.abc import Sequence
from typing import Final

_MARKS: Final = ("\t", ";", ",")
_MOST: Final = 200


def pasted_rows(text: str, names: Sequence[str]) -> list[dict[str, object]]:
    """A dict a row. With a first line of names the columns are found by them, others are passed over; without one
    there must be as many cells as `names`. [] for what is no such row."""
    text = text.strip("\r\n")
    if not names or not text.strip():
        return []
    first = text.splitlines()[0]
    mark = max(_MARKS, key=lambda mark: (first.count(mark), mark == "\t"))
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if any(cell.strip() for cell in row)]
    if not rows:
        return []
    head = [cell.strip() for cell in rows[0]]
    if len(set(head) & set(names)) >= min(2, len(names)):
        places = {name: head.index(name) for name in names if name in head}
        rows = rows[1:]
    else:
        if len(head) != len(names):
            return []
        places = {name: place for place, name in enumerate(names)}
    return [{name: row[place].strip() for name, place in places.items() if place < len(row)} for row in rows[:_MOST]]
