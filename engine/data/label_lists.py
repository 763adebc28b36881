"""Several labels in one cell: how they are told apart, and the one form in which the program keeps them.

Labels stand beside each other with a separator that none of them holds ("action;drama"). The separator alone says that
there are none; nothing at all says that nobody knows.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec
import polars as pl

from engine.document.data_spec import Field

_LABEL_MARKS = (";", "|", ",")
_MOST_LABELS = 300
_LOOK = 5000


def guess_labels(values: pl.Series, counts: pl.Series) -> tuple[str, int] | None:
    """The separator of cells that hold several labels each, and how many labels there are; None for anything else.

    Labels repeat from cell to cell, and cells hold different numbers of them: "action;drama", "drama", or JSON lists.
    """
    texts, weights = values.head(_LOOK).to_list(), counts.head(_LOOK).to_list()
    if sum(is_list(text) for text in texts) >= 0.95 * len(texts):
        return _told(texts, weights, _entries, _free_mark(texts))
    if len(texts) < 3:
        return None
    for mark in _LABEL_MARKS:
        several = sum(mark in text for text in texts)
        if several < 0.3 * len(texts) or (several == len(texts) and len({text.count(mark) for text in texts}) == 1):
            continue
        strict = mark == ","
        found = _told(texts, weights, partial(_between, mark=mark), mark, strict)
        if found is not None:
            return found
    return None


def _entries(text: str) -> list[str]:
    return list(labels_in(text, ";"))


def _free_mark(texts: Sequence[str]) -> str:
    """A separator that stands in none of the labels."""
    return next((mark for mark in (";", "|", "/") if not any(mark in text for text in texts)), "\x1f")


def _told(
    texts: Sequence[str], weights: Sequence[int], parts_of: Callable[[str], list[str]], mark: str, strict: bool = False
) -> tuple[str, int] | None:
    labels: Counter[str] = Counter()
    for text, weight in zip(texts, weights, strict=True):
        for part in parts_of(text):
            labels[part] += weight
    labels.pop("", None)
    if not 2 <= len(labels) <= _MOST_LABELS or labels.total() < 3 * len(labels):
        return None
    words = 2 if strict else 4
    if any(len(label) > 40 or len(label.split()) > words for label in labels):
        return None
    if (strict and len(labels) > 60) or all(_IS_FIGURES.match(label) for label in labels):
        return None
    return mark, len(labels)


_IS_FIGURES = re.compile(r"[\d\s.:-]+\Z")


def is_list(text: str) -> bool:
    """Whether a cell looks like a JSON list."""
    return text.startswith("[") and text.endswith("]")


def labels_in(text: str, separator: str) -> tuple[str, ...]:
    """The labels of a cell, each once, in their order: parts between separators, or the entries of a JSON list."""
    text = text.strip()
    if is_list(text):
        try:
            entries = msgspec.json.decode(text.replace("'", '"') if '"' not in text else text, type=list[str | int])
        except msgspec.MsgspecError:
            entries = [part.strip().strip("'\"") for part in text[1:-1].split(",")]
        parts = [str(entry).strip() for entry in entries]
    else:
        parts = [part.strip() for part in text.split(separator)]
    return tuple(dict.fromkeys(part for part in parts if part))


def _between(text: str, mark: str) -> list[str]:
    return [part.strip() for part in text.split(mark)]


def joined(labels: Iterable[str], separator: str) -> str:
    """The labels as the program keeps them; the separator alone for none."""
    return separator.join(labels) or separator


def written(text: str, separator: str) -> str:
    """A cell as the program keeps it: lists and stray blanks are gone; empty where nothing is said."""
    return joined(labels_in(text, separator), separator) if text.strip() else ""


def separator_of(field: Field) -> str:
    """What stands between the labels of a field."""
    return str(field.options.get("separator", ";")) or ";"
