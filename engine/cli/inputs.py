"""`field=value,field=value` on the command line as one row; everything else a predictor reads itself."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from engine.errors import DataError

_CELL = re.compile(r'(?P<name>[^=,]+)(?P<equals>=?)(?P<value>\s*"(?:[^"]|"")*"\s*|[^,]*)(?:,|$)')

Question = str | dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Inputs beside each other that are asked together: rows by field, plain words, or one row that is no use.

    `names` says what each row was called; plain words are named by the predictor, which may find many inputs in one.
    """

    names: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    problem: str = ""


def rows_apart(given: Sequence[str], kinds: Mapping[str, str]) -> Iterator[Group]:
    """The inputs in their order. `kinds` are the model's fields with their kinds."""
    for kind, together in groupby((_read(text, kinds) for text in given), lambda item: item[0]):
        items = list(together)
        if kind == "problem":
            for _, text, problem in items:
                yield Group(names=(text,), problem=str(problem))
        elif kind == "row":
            yield Group(names=tuple(text for _, text, _ in items), questions=tuple(found for _, _, found in items))
        else:
            yield Group(questions=tuple(found for _, _, found in items))


def _read(text: str, kinds: Mapping[str, str]) -> tuple[str, str, Question]:
    """What it is (a row, plain words, a problem), what it is called, and what to ask or to tell."""
    try:
        found = row(text, kinds)
    except DataError as error:
        return "problem", text, f"{error.message} Expected {error.expected}."
    return ("plain", text, text) if found is None else ("row", text, found)


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
