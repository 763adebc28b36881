"""Dates as people write them, as seconds since 1970 in UTC: one way for tables, Try it and predict.

A form is who comes first: "year" (2021-03-04), "day" (04/03/2021) or "month" (03/04/2021). Names of months, times of
day, AM and PM and offsets from UTC are understood in each. A moment without an offset counts as UTC.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

FORMS = ("year", "day", "month")
"""Who comes first in a date of three numbers."""

_TIME = r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp][Mm])?\s*(Z|z|UTC|[+-]\d{2}:?\d{2})?)?$"
_NUMBERS = r"^(\d{1,4})[-/.](\d{1,2})(?:[-/.](\d{1,4}))?" + _TIME
_PACKED = r"^(\d{4})(\d{2})(\d{2})" + _TIME.replace(r"(\d{1,2}):(\d{2})(?::(\d{2})", r"(\d{2}):?(\d{2})(?::?(\d{2})")
_DAY_NAME = (
    r"^(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?[-\s/]+([A-Za-z]{3,9})\.?[-\s/,]+(\d{4}|\d{2})" + _TIME
)
_NAME_DAY = r"^(?:[A-Za-z]{3,9},?\s+)?([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})" + _TIME

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_QUICK = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y/%m/%d")

Floats = npt.NDArray[np.float64]


def seconds_of(texts: pl.Series, form: str = "year") -> pl.Series:
    """Float64 seconds since 1970 in UTC; null where a text is no date of that form."""
    texts = texts.str.strip_chars()
    result = pl.Series("seconds", np.full(len(texts), np.nan), dtype=pl.Float64)
    open_rows = np.arange(len(texts))
    if form == "year":  # the usual ones, twenty times as fast
        first = texts.filter(texts != "").head(1).to_list()
        for pattern in _QUICK if first else ():
            if _written_as(first[0], pattern):
                quick = texts.str.to_datetime(pattern, strict=False, time_unit="us")
                # A pattern takes "2021-3-4" for one with two figures too, and that is what is meant.
                result = quick.dt.epoch("us").cast(pl.Float64) / 1e6
                open_rows = np.flatnonzero((quick.is_null() & (texts != "")).to_numpy())
                break
    if len(open_rows) == 0:
        return result.fill_nan(None)
    rest = texts.gather(open_rows)
    distinct = rest.unique()
    seconds = pl.Series(_seconds(distinct, form)).fill_nan(None)
    found = rest.replace_strict(distinct, seconds, default=None, return_dtype=pl.Float64)
    array = np.array(result.fill_null(np.nan).to_numpy(), np.float64)
    array[open_rows] = found.fill_null(np.nan).to_numpy()
    return pl.Series("seconds", array).fill_nan(None)


def second_of(text: str, form: str = "year") -> float:
    """One date; nan when it is none."""
    found = seconds_of(pl.Series([text]), form)[0]
    return float("nan") if found is None else float(found)


def moment(seconds: float) -> str:
    """A moment as a person reads it: 2021-03-04, with the time when it is not midnight."""
    if not np.isfinite(seconds) or abs(seconds) > 1e14:
        return "missing"
    whole = np.datetime64(round(seconds), "s")
    text = str(whole).replace("T", " ")
    return text.removesuffix(" 00:00:00")


def guess_form(values: Sequence[str]) -> tuple[str, str]:
    """The form of nearly all of these texts and a sentence about it; "" when they are no dates of one form."""
    forms: set[str] = set()
    matched = 0
    day_first = month_first = named = False
    for value in values:
        value = value.strip()
        match = _IS_NUMBERS.match(value)
        if match and len(match[1]) == 4:
            forms.add("year")
        elif match and match[3] and len(match[3]) in (2, 4):
            forms.add("ends in the year")
            day_first |= int(match[1]) > 12
            month_first |= int(match[2]) > 12
        elif _has_month(value):
            named = True
        else:
            continue
        matched += 1
    if not matched:
        return "", ""
    if matched < len(values) or len(forms) > 1 or (day_first and month_first) or (named and forms):
        return "", "it holds dates in mixed forms" if matched >= 0.5 * len(values) else ""
    if named:
        return "year", "a date with the month's name"
    if forms == {"year"}:
        return "year", "a date, year first"
    if day_first or month_first:
        return ("day", "a date, day first") if day_first else ("month", "a date, month first")
    return "day", "a date, of which day and month cannot be told apart; it is read day first"


_IS_NUMBERS = re.compile(_NUMBERS)
_NAMED = (re.compile(_DAY_NAME), re.compile(_NAME_DAY))


def _has_month(value: str) -> bool:
    for pattern, group in zip(_NAMED, (2, 1), strict=True):
        match = pattern.match(value)
        if match and match[group][:3].lower() in _MONTHS:
            return True
    return False


def _written_as(text: str, pattern: str) -> bool:
    expression = re.escape(pattern).replace("%Y", r"\d{4}")
    expression = re.sub(r"%[mdHMS]", r"\\d{2}", expression)
    return re.fullmatch(expression, text) is not None


def _seconds(texts: pl.Series, form: str) -> Floats:
    """Every text by its parts."""
    result = np.full(len(texts), np.nan)
    for pattern, places in (
        (_NUMBERS, {"year": (1, 2, 3), "day": (3, 2, 1), "month": (3, 1, 2)}[form]),
        (_PACKED, (1, 2, 3)),
        (_DAY_NAME, (3, 2, 1)),
        (_NAME_DAY, (3, 1, 2)),
    ):
        groups = texts.str.extract_groups(pattern).struct.unnest()
        parts = [groups.to_series(place - 1) for place in range(1, 10)]
        year, month, day = (parts[place - 1] for place in places)
        if pattern == _NUMBERS and form != "year":
            # 2021-03-04 is year first whatever the others are, 03-04 without a year is no date.
            long = (parts[0].str.len_chars() == 4).fill_null(False)
            year, month, day = (
                _either(long, one, other)
                for one, other in zip((parts[0], parts[1], parts[2]), (year, month, day), strict=True)
            )
        if pattern in (_DAY_NAME, _NAME_DAY):
            names = month.str.slice(0, 3).str.to_lowercase()
            month = names.replace_strict(list(_MONTHS), [str(n) for n in range(1, 13)], default=None)
        if pattern == _NUMBERS:
            bare = parts[2].is_null() & (parts[0].str.len_chars() == 4).fill_null(False)  # 2021-03: the month's first
            day = _either(bare, pl.repeat("1", len(texts), eager=True), day)
        found = _moment(_number(year), year.str.len_chars(), _number(month), _number(day), *parts[3:9])
        result = np.where(np.isnan(result), found, result)
    return result


def _either(choice: pl.Series, one: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.when(choice).then(one).otherwise(other)).to_series()


def _number(part: pl.Series) -> Floats:
    return np.array(part.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy(), np.float64)


def _moment(
    year: Floats,
    figures: pl.Series,
    month: Floats,
    day: Floats,
    hour: pl.Series,
    minute: pl.Series,
    second: pl.Series,
    fraction: pl.Series,
    half: pl.Series,
    offset: pl.Series,
) -> Floats:
    """Seconds since 1970 of the parts; nan for a day or an hour that does not exist."""
    short = (figures == 2).fill_null(False).to_numpy()
    year = np.where(short, year + np.where(year < 69, 2000, 1900), year)  # as POSIX has it
    known = np.array(((figures == 2) | (figures == 4)).fill_null(False).to_numpy())
    leap = (np.mod(year, 4) == 0) & ((np.mod(year, 100) != 0) | (np.mod(year, 400) == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.float64)
    with np.errstate(invalid="ignore"):
        fits = (month >= 1) & (month <= 12)
        longest = lengths[np.where(fits, month, 0).astype(np.int64)] + ((month == 2) & leap)
        good = known & fits & (day >= 1) & (day <= longest) & (year >= 1)
    hours, minutes, seconds = (np.nan_to_num(_number(part)) for part in (hour, minute, second))
    marks = half.str.to_lowercase()
    twelve = (marks.is_not_null()).to_numpy()
    good &= ~twelve | ((hours >= 1) & (hours <= 12))
    hours = np.where(twelve, np.mod(hours, 12) + np.where((marks == "pm").fill_null(False).to_numpy(), 12, 0), hours)
    good &= (hours <= 24) & (minutes < 60) & (seconds <= 60)
    parts = np.nan_to_num(_number(pl.select("0." + fraction.fill_null("0")).to_series()))
    zone = offset.str.replace(":", "", literal=True)
    ahead = np.nan_to_num(_number(zone.str.slice(1, 2))) * 3600 + np.nan_to_num(_number(zone.str.slice(3, 2))) * 60
    ahead = np.where((zone.str.slice(0, 1) == "-").fill_null(False).to_numpy(), -ahead, ahead)
    total = days_since_1970(year, month, day) * 86400 + hours * 3600 + minutes * 60 + seconds + parts - ahead
    return np.where(good, total, np.nan)


def days_since_1970(year: Floats, month: Floats, day: Floats) -> Floats:
    """Days of the Gregorian calendar from 1970-01-01. Source: Howard Hinnant, days_from_civil."""
    year = year - (month <= 2)
    era = np.floor(year / 400)
    of_era = year - era * 400
    of_year = np.floor((153 * (month + np.where(month > 2, -3, 9)) + 2) / 5) + day - 1
    days: Floats = era * 146097 + of_era * 365 + np.floor(of_era / 4) - np.floor(of_era / 100) + of_year - 719468
    return days
