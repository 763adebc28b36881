"""What the columns of a table hold: numbers, categories, text, dates or numbering, with a reason and the odd cells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from engine.data.readers.sniffing import MISSING_MARKS, is_number

MOST_CLASSES = 200
NUMERIC_SHARE = 0.9
"""A column with at least this share of numbers is one of numbers; the other cells are told by row."""
EXACT_DIGITS = 15
"""More digits than a float keeps: such numbers are names."""


class Content(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    CATEGORY = "category"
    TEXT = "text"
    DATE = "date"
    ID = "id"
    EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a column holds. `odd` are rows (from 0) whose cell does not fit; `missing` counts empty or marked ones."""

    content: Content
    missing: int = 0
    distinct: int = 0
    whole: bool = False
    odd: tuple[int, ...] = ()
    odd_count: int = 0
    note: str = ""


def numeric_text(column: pl.Series, decimal: str) -> pl.Series:
    """Cells as they must look for a cast: without blanks and marks for thousands, with a decimal point."""
    text = column.str.strip_chars()
    mark = "," if decimal == "." else "."
    frame = pl.DataFrame({"text": text})
    if bool(text.str.contains(mark, literal=True).any()):
        thousands = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$" if decimal == "." else r"^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$"
        frame = frame.with_columns(
            pl.when(pl.col("text").str.contains(thousands))
            .then(pl.col("text").str.replace_all(mark, "", literal=True))
            .otherwise(pl.col("text"))
            .alias("text")
        )
    if decimal == ",":
        frame = frame.with_columns(pl.col("text").str.replace(",", ".", literal=True))
    return frame["text"]


_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def numbers_of(column: pl.Series, decimal: str) -> pl.Series:
    """Float64, null where a cell is no number in figures; "inf" and "nan" are words, 1e999 is infinite."""
    text = numeric_text(column, decimal)
    numbers = text.cast(pl.Float64, strict=False)
    if bool(numbers.is_finite().all()):
        return numbers
    frame = pl.DataFrame({"text": text, "number": numbers})
    figures = pl.col("number").is_finite() | pl.col("text").str.contains(_PLAIN)
    return frame.select(pl.when(figures).then(pl.col("number")).otherwise(None).alias("number"))["number"]


def missing_marks(columns: Sequence[pl.Series], decimal: str) -> list[str]:
    """Marks for missing values: those in columns that otherwise hold numbers alone, and a lone question mark."""
    found: set[str] = set()
    for column in columns:
        text = column.str.strip_chars()
        if bool((text == "?").any()) and not bool((text == "?").all()):
            found.add("?")
        numbers = numbers_of(column, decimal)
        others = text.filter(numbers.is_null() & (text != "")).unique().to_list()
        if not others or numbers.null_count() == len(numbers):
            continue
        if all(other.lower() in MISSING_MARKS for other in others):
            found.update(others)
    return sorted(found)


_DATES = {
    "year first": re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ]\d.*)?\Z"),
    "ambiguous": re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})([T ]\d.*)?\Z"),
}


def _date_note(values: Sequence[str]) -> tuple[bool, str]:
    """Whether the values are dates, and in which order; or a warning when they are mixed."""
    kinds: set[str] = set()
    matched = 0
    day_first = month_first = False
    for value in values:
        if _DATES["year first"].match(value):
            kinds.add("year first")
        elif match := _DATES["ambiguous"].match(value):
            kinds.add("day or month first")
            day_first |= int(match[1]) > 12
            month_first |= int(match[2]) > 12
        else:
            continue
        matched += 1
    if not matched:
        return False, ""
    if matched < len(values) or len(kinds) > 1 or (day_first and month_first):
        return False, "it holds dates in mixed forms" if matched >= 0.5 * len(values) else ""
    if kinds == {"year first"}:
        return True, "a date, year first"
    if day_first or month_first:
        return True, "a date, day first" if day_first else "a date, month first"
    return True, "a date, of which day and month cannot be told apart"


def guess_column(name: str, column: pl.Series, decimal: str, marks: Sequence[str]) -> Guess:
    """What one column of text cells holds."""
    text = column.str.strip_chars()
    empty = text.is_in(["", *marks])
    missing = int(empty.sum())
    present = text.filter(~empty)
    total = len(present)
    if total == 0:
        return Guess(content=Content.EMPTY, missing=missing)
    distinct = present.n_unique()
    numbers = numbers_of(column, decimal)
    share = (numbers.is_not_null() & ~empty).sum() / total
    if share >= NUMERIC_SHARE:
        return _numeric(name, column, text, empty, numbers, missing, distinct)
    values = present.unique(maintain_order=True).head(5000).to_list()
    is_date, note = _date_note(values)
    if is_date:
        return Guess(content=Content.DATE, missing=missing, distinct=distinct, note=note)
    lengths = present.str.len_chars()
    longest = int(lengths.max() or 0)  # type: ignore[arg-type]
    spaced = float((present.str.count_matches(r"\S\s+\S").cast(pl.Float64)).mean() or 0.0)  # type: ignore[arg-type]
    repeated = total / distinct
    most = min(MOST_CLASSES, max(20, total // 20))
    if (distinct <= most and repeated >= 2 and longest <= 80) or (distinct <= 3 and longest <= 40 and repeated > 1):
        return Guess(content=Content.CATEGORY, missing=missing, distinct=distinct, note=note)
    if spaced >= 1.0 or longest > 80:
        return Guess(content=Content.TEXT, missing=missing, distinct=distinct, note=note)
    if distinct > 0.9 * total:
        return Guess(
            content=Content.ID, missing=missing, distinct=distinct, note=note or "nearly every value is different"
        )
    if distinct <= MOST_CLASSES and repeated >= 3:
        return Guess(content=Content.CATEGORY, missing=missing, distinct=distinct, note=note)
    if spaced < 0.5:
        return Guess(content=Content.ID, missing=missing, distinct=distinct, note=note or "most values are different")
    return Guess(content=Content.TEXT, missing=missing, distinct=distinct, note=note)


_ID_NAME = re.compile(r"(^|[_\s.])(id|index|idx|rowid|row|nr|no|number|key|uuid|guid|unnamed.*)$|^$", re.IGNORECASE)


def _numeric(
    name: str, column: pl.Series, text: pl.Series, empty: pl.Series, numbers: pl.Series, missing: int, distinct: int
) -> Guess:
    """A column of figures: numbers, or names made of figures."""
    figures = text.filter(~empty)
    if bool(figures.str.contains(r"^0\d").any()):
        repeated = len(figures) / max(1, distinct)
        content = Content.CATEGORY if repeated >= 2 and distinct <= MOST_CLASSES else Content.ID
        return Guess(
            content=content, missing=missing, distinct=distinct, note="some begin with 0, so it is kept as text"
        )
    if bool(figures.str.contains(rf"^[+-]?\d{{{EXACT_DIGITS + 1},}}$").any()):
        return Guess(
            content=Content.ID,
            missing=missing,
            distinct=distinct,
            note=f"some have over {EXACT_DIGITS} digits, so it is kept as text",
        )
    bad = (numbers.is_null() | numbers.is_infinite().fill_null(False)) & ~empty
    odd = bad.arg_true().to_list()
    good = numbers.filter(~bad & ~empty)
    whole = bool((good == good.floor()).all())
    total = len(good)
    if whole and distinct == total > 2 and not odd and missing == 0:
        steps = good.diff().drop_nulls()
        counting = bool((steps == 1).all()) and float(good[0]) in (0.0, 1.0)
        if counting and (total > 20 or _ID_NAME.search(name.strip())):
            return Guess(content=Content.ID, distinct=distinct, whole=True, note="it counts the rows")
        if total > 20 and _ID_NAME.search(name.strip()):
            return Guess(content=Content.ID, distinct=distinct, whole=True, note="every value is different")
    return Guess(
        content=Content.NUMBER,
        missing=missing,
        distinct=distinct,
        whole=whole,
        odd=tuple(odd[:20]),
        odd_count=len(odd),
    )


__all__ = [
    "Content",
    "Guess",
    "guess_column",
    "is_number",
    "missing_marks",
    "numbers_of",
]
