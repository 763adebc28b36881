"""What the columns of a table hold: numbers, categories, text, dates or numbering, with a reason and the odd cells."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

import polars as pl

from engine.data.dates import guess_form, seconds_of
from engine.data.label_lists import guess_labels
from engine.data.readers.sniffing import MISSING_MARKS
from engine.document.graph import Value

MOST_CLASSES = 200
NUMERIC_SHARE = 0.9
"""A column with at least this share of numbers is one of numbers; the other cells are told by row."""
MOST_MARKED = 100_000
EXACT_DIGITS = 15
"""More digits than a float keeps: such numbers are names."""


def _holds_numbers(column: pl.Series, decimal: str) -> bool:
    """Whether any of the cells is a number."""
    return numbers_of(column.unique(), decimal).null_count() < column.n_unique()


class Content(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    CATEGORY = "category"
    TEXT = "text"
    LABELS = "labels"
    DATE = "date"
    ID = "id"
    EMPTY = "empty"


@dataclass(frozen=True, kw_only=True)
class Guess:
    """What a column holds. `odd` are rows (from 0) whose cell does not fit; `missing` counts empty or marked ones.

    `note` is worth telling, `reason` merely why; `options` are those of the field that reads it.
    """

    content: Content
    missing: int = 0
    distinct: int = 0
    whole: bool = False
    odd: tuple[int, ...] = ()
    odd_count: int = 0
    note: str = ""
    reason: str = ""
    options: Mapping[str, Value] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """Why it is taken for what it is, in a few words."""
        return self.reason or self.note


def is_plain_number(cell: str, decimal: str) -> bool:
    """Whether a cell is a number as polars reads it, and none that a float would change: no marks for thousands."""
    match = _PLAIN_CELL[decimal].match(cell)
    return bool(match) and sum(map(str.isdigit, cell)) <= EXACT_DIGITS + 2


_PLAIN_CELL = {
    ".": re.compile(r"[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?\Z"),
    ",": re.compile(r"[+-]?(0|[1-9]\d*)?(,\d*)?([eE][+-]?\d+)?\Z"),
}


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
    if column.dtype == pl.Float64:
        return column
    text = numeric_text(column, decimal)
    numbers = text.cast(pl.Float64, strict=False)
    if bool(numbers.is_finite().all()):
        return numbers
    frame = pl.DataFrame({"text": text, "number": numbers})
    figures = pl.col("number").is_finite() | pl.col("text").str.contains(_PLAIN)
    return frame.select(pl.when(figures).then(pl.col("number")).otherwise(None).alias("number"))["number"]


def number_texts(column: pl.Series) -> pl.Series:
    """Numbers as a person writes them: 3, not 3.0; empty where there is none."""
    whole = (column == column.round()) & (column.abs() < 1e15)
    frame = pl.DataFrame({"number": column, "whole": whole})
    text = (
        pl.when(pl.col("whole"))
        .then(pl.col("number").cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(pl.col("number").cast(pl.String))
    )
    return frame.select(text.fill_null("").alias(column.name))[column.name]


def missing_marks(columns: Mapping[str, pl.Series], others: Mapping[str, pl.DataFrame], decimal: str) -> list[str]:
    """Marks for missing values: those in columns that otherwise hold numbers alone, and a lone question mark.

    `others` are the cells of columns of numbers that are none.
    """
    found: set[str] = set()
    for name, column in columns.items():
        if column.dtype == pl.Float64:
            rest = others[name]["text"].unique().to_list() if name in others else []
            if "?" in rest:
                found.add("?")
            if rest and all(other.lower() in MISSING_MARKS for other in rest):
                found.update(rest)
            continue
        if column.dtype != pl.String:
            continue
        if not bool((column == "?").any()) and not _holds_numbers(column.head(20_000), decimal):
            continue
        text = column.unique().str.strip_chars()
        if bool((text == "?").any()) and not bool((text == "?").all()):
            found.add("?")
        if len(text) > MOST_MARKED and len(text) > 0.5 * len(column):
            text = text.head(MOST_MARKED)  # nearly all different: names or text, of which a look at some tells enough
        numbers = numbers_of(text, decimal)
        rest = text.filter(numbers.is_null() & (text != "")).to_list()
        if not rest or numbers.null_count() == len(numbers):
            continue
        if all(other.lower() in MISSING_MARKS for other in rest):
            found.update(rest)
    return sorted(found)


def guess_column(
    name: str, column: pl.Series, decimal: str, marks: Sequence[str], others: pl.DataFrame | None = None
) -> Guess:
    """What one column holds: text, numbers (with the cells `others` that are none), or moments."""
    if column.dtype == pl.Datetime:
        missing = column.null_count()
        if missing == len(column):
            return Guess(content=Content.EMPTY, missing=missing, note="it is empty")
        return Guess(content=Content.DATE, missing=missing, distinct=column.n_unique(), reason="its cells are dates")
    if column.dtype == pl.Float64:
        return _of_numbers(name, column, marks, others)
    text = column.str.strip_chars()
    values, counts, missing, distinct = _counted(text, marks)
    total = len(column) - missing
    if total == 0:
        return Guess(content=Content.EMPTY, missing=missing, note="it is empty")
    looked_at = int(counts.sum())
    numbers = numbers_of(values, decimal)
    if int(counts.filter(numbers.is_not_null()).sum()) >= NUMERIC_SHARE * looked_at:
        values = text.unique(maintain_order=True)
        values = values.filter(~values.is_in(["", *marks]))
        return _of_figures(name, column, values, numbers_of(values, decimal), total, missing, decimal)
    common: dict[str, Any] = {"missing": missing, "distinct": distinct}
    form, note = guess_form(values.head(_LOOK).to_list())
    if form:
        return Guess(content=Content.DATE, note=note, reason=note, options={"form": form}, **common)
    lengths = values.str.len_chars()
    longest = int(cast(int, lengths.max()))
    spaces = values.str.count_matches(r"\S\s+\S").cast(pl.Float64)
    spaced = float((spaces * counts).sum()) / looked_at
    repeated = total / distinct
    labels = guess_labels(values, counts)
    if labels is not None:
        separator, count = labels
        reason = f"its cells hold up to several of {count} labels"
        return Guess(content=Content.LABELS, reason=reason, options={"separator": separator}, **common)
    most = min(MOST_CLASSES, max(20, total // 20))
    words = {value.casefold() for value in values.head(3).to_list()}
    reason = "it says yes or no" if distinct <= 2 and words <= _TRUTH else f"{distinct:,} different words, each often"
    if (distinct <= most and repeated >= 2 and longest <= 80) or (distinct <= 3 and longest <= 40 and repeated > 1):
        return Guess(content=Content.CATEGORY, note=note, reason=reason, **common)
    if spaced >= 1.0 or longest > 80:
        return Guess(content=Content.TEXT, note=note, reason="sentences of several words", **common)
    if distinct > 0.9 * total:
        return Guess(content=Content.ID, note=note or "nearly every value is different", **common)
    if distinct <= MOST_CLASSES and repeated >= 3:
        return Guess(content=Content.CATEGORY, note=note, reason=reason, **common)
    if spaced < 0.5:
        return Guess(content=Content.ID, note=note or "most values are different", **common)
    return Guess(content=Content.TEXT, note=note, reason="words that are mostly different", **common)


def _counted(text: pl.Series, marks: Sequence[str]) -> tuple[pl.Series, pl.Series, int, int]:
    """Different texts and how often each occurs, without those that are missing; how many are missing and different.

    Of a long column whose texts are mostly different, some of its rows are counted: names and sentences look alike.
    """
    nothing = ["", *marks]
    some = text.gather_every(max(1, len(text) // _SOME))
    if len(text) >= 4 * _SOME and some.n_unique() > 0.5 * len(some):
        is_empty = text.is_in(nothing)
        missing = int(is_empty.sum())
        distinct = max(1, cast(int, text.approx_n_unique()) - len(text.filter(is_empty).unique()))
        counted = _counts(some.filter(~some.is_in(nothing)))
        return counted["text"], counted["n"], missing, distinct
    counted = _counts(text)
    is_empty = counted["text"].is_in(nothing)
    missing = int(counted["n"].filter(is_empty).sum())
    counted = counted.filter(~is_empty)
    return counted["text"], counted["n"], missing, counted.height


def _counts(text: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"text": text}).group_by("text", maintain_order=True).agg(pl.len().alias("n"))


_SOME = 50_000
_TRUTH = {"yes", "no", "true", "false", "y", "n", "t", "f", "on", "off", "ja", "nej", "nein", "oui", "non"}
_ID_NAME = re.compile(r"(^|[_\s.])(id|index|idx|rowid|row|nr|no|number|key|uuid|guid|unnamed.*)$|^$", re.IGNORECASE)
_LOOK = 5000
_DAY_NAME = re.compile(r"(^|[_\s.])(date|day|datum|dato|time|timestamp)($|[_\s.])", re.IGNORECASE)


def _of_figures(
    name: str, column: pl.Series, values: pl.Series, numbers: pl.Series, total: int, missing: int, decimal: str
) -> Guess:
    """A column of text whose different `values` are figures: numbers, or names made of figures."""
    distinct = len(values)
    common: dict[str, Any] = {"missing": missing, "distinct": distinct}
    if bool(values.str.contains(r"^0\d").any()):
        content = Content.CATEGORY if total / max(1, distinct) >= 2 and distinct <= MOST_CLASSES else Content.ID
        return Guess(content=content, note="some begin with 0, so it is kept as text", **common)
    if bool(values.str.contains(rf"^[+-]?\d{{{EXACT_DIGITS + 1},}}$").any()):
        note = f"some have over {EXACT_DIGITS} digits, so it is kept as text"
        return Guess(content=Content.ID, note=note, **common)
    strange = values.filter(numbers.is_null() | numbers.is_infinite().fill_null(False))
    rows = (
        column.str.strip_chars().is_in(strange.to_list()).arg_true() if len(strange) else pl.Series([], dtype=pl.Int64)
    )
    full = numbers_of(column, decimal)
    return _number(name, full, rows, distinct, missing)


def _of_numbers(name: str, column: pl.Series, marks: Sequence[str], others: pl.DataFrame | None) -> Guess:
    """A column that was read as numbers."""
    if others is None:
        others = pl.DataFrame(schema={"row": pl.Int64, "text": pl.String})
    odd = others.filter(~pl.col("text").is_in(list(marks)))
    missing = column.null_count() - odd.height
    if missing == len(column):
        return Guess(content=Content.EMPTY, missing=missing, note="it is empty")
    distinct = _different(column.drop_nulls())
    if _DAY_NAME.search(name) and _are_days(column):
        reason = "dates written as eight figures"
        return Guess(content=Content.DATE, missing=missing, distinct=distinct, reason=reason, options={"form": "year"})
    return _number(name, column, odd["row"], distinct, missing)


def _different(numbers: pl.Series) -> int:
    """How many different numbers; of a long column with many parts of a whole about how many."""
    some = numbers.head(_SOME)
    if len(numbers) >= 4 * _SOME and some.n_unique() > 1000 and not bool((some == some.floor()).all()):
        return cast(int, numbers.approx_n_unique())
    return numbers.n_unique()


def _are_days(column: pl.Series) -> bool:
    """Whether all numbers are days such as 20210304."""
    low, high = column.min(), column.max()
    if not isinstance(low, float) or not isinstance(high, float) or low < 19000101 or high > 21001231:
        return False
    return bool(seconds_of(number_texts(column.drop_nulls().unique())).is_not_null().all())


def _number(name: str, numbers: pl.Series, odd: pl.Series, distinct: int, missing: int) -> Guess:
    good = numbers.filter(numbers.is_finite().fill_null(False))
    whole = bool((good == good.floor()).all())
    total = len(good)
    if whole and distinct == total > 2 and len(odd) == 0 and missing == 0:
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
        odd=tuple(odd.head(20).to_list()),
        odd_count=len(odd),
        reason="whole numbers" if whole else "numbers",
    )
