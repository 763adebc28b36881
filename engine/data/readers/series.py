"""Tables over time: which columns say when, what is measured, how far apart, and windows of it to learn from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from engine.data.dates import moment, seconds_of
from engine.data.left_out import LeftOutList
from engine.data.readers.columns import Content, Guess, numbers_of
from engine.data.readers.table import Table

Floats = npt.NDArray[np.float32]
Moments = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]

DAY = 86_400.0
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_PART_NAMES = {
    **{name: name for name in _PARTS},
    **{"yr": "year", "mon": "month", "mo": "month", "dd": "day", "hr": "hour", "min": "minute", "sec": "second"},
}
_CLOCK = re.compile(
    r"(year|yr|time|t|timestamp|ts|datetime|date|period|step|epoch|unix|unixtime|week|month|day|hour|seconds?|minutes?|"
    r"ms|jahr|zeit|datum|tid)\Z",
    re.IGNORECASE,
)
_MOST_STRETCHED = 4
"""A time line with more gaps than this many times its rows is no line; the rows are then taken one after the other."""
_LEAST_REGULAR = 0.8


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The columns that say when: one of dates or numbers, or parts of a date (year, month, day, hour)."""

    columns: tuple[str, ...]
    dated: bool


def find_clock(table: Table, guesses: Mapping[str, Guess]) -> Clock | None:
    """The columns that say when a row was measured; None when none does."""
    parts = {_PART_NAMES[name.casefold()]: name for name in table.columns if name.casefold() in _PART_NAMES}
    if "year" in parts and ("month" in parts or "day" in parts):
        ordered = tuple(parts[part] for part in _PARTS if part in parts)
        if all(guesses[name].content in (Content.NUMBER, Content.CATEGORY) for name in ordered):
            return Clock(columns=ordered, dated=True)
    dates = [name for name, guess in guesses.items() if guess.content is Content.DATE]
    if dates:
        return Clock(columns=(max(dates, key=lambda name: guesses[name].distinct),), dated=True)
    for name, guess in guesses.items():
        if _CLOCK.match(name.strip()) and guess.content in (Content.NUMBER, Content.ID):
            numbers = numbers_of(table.columns[name], table.dialect.decimal).to_numpy()
            if np.isfinite(numbers).mean() > 0.9:
                return Clock(columns=(name,), dated=bool(np.nanmin(numbers) > 3e8))
    return None


def moments_of(table: Table, clock: Clock) -> Moments:
    """When each row was measured: seconds since 1970, or the number itself; nan where that cannot be read."""
    decimal = table.dialect.decimal
    if len(clock.columns) > 1:
        values = {
            _PART_NAMES[name.casefold()]: numbers_of(table.columns[name], decimal).to_numpy() for name in clock.columns
        }
        rows = len(table.lines)
        year = values["year"]
        month, day = (values.get(part, np.ones(rows)) for part in ("month", "day"))
        known = np.isfinite(year) & np.isfinite(month) & np.isfinite(day) & (month >= 1) & (month <= 12) & (day >= 1)
        months = np.where(known, (year - 1970) * 12 + month - 1, 0).astype(np.int64)
        days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + np.where(known, day - 1, 0)
        seconds = days * DAY
        for part, size in (("hour", 3600.0), ("minute", 60.0), ("second", 1.0)):
            if part in values:
                seconds = seconds + values[part] * size
        return np.where(known, seconds, np.nan)
    column = table.columns[clock.columns[0]]
    if column.dtype == pl.Datetime:
        return cast(Moments, (column.dt.epoch("us").cast(pl.Float64) / 1e6).fill_null(np.nan).to_numpy())
    if clock.dated and column.dtype == pl.String:
        for form in ("year", "day", "month"):
            found = seconds_of(column, form).fill_null(np.nan).to_numpy()
            if np.isfinite(found).mean() > 0.5:
                return cast(Moments, found)
    numbers = np.array(numbers_of(column, decimal).fill_null(np.nan).to_numpy(), np.float64)
    known = numbers[np.isfinite(numbers)]
    in_milliseconds = clock.dated and known.size > 0 and float(np.median(known)) > 3e11
    return numbers / 1000 if in_milliseconds else numbers


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The places of moments on an even line: `places` from 0 (-1 where there is none), `step` in the clock's unit.

    `calendar` is "month" where steps are months, which are not equally long.
    """

    places: Int64s
    step: float
    regular: bool
    calendar: str = ""


def grid_of(times: Moments, dated: bool) -> Grid:
    """Lay moments on a line. `regular` is false when they do not lie evenly enough for that."""
    known = np.isfinite(times)
    if known.sum() < 3:
        return Grid(places=np.full(len(times), -1, np.int64), step=1.0, regular=False)
    distinct = np.unique(times[known])
    gaps = np.diff(distinct)
    if len(gaps) == 0:
        return Grid(places=np.full(len(times), -1, np.int64), step=1.0, regular=False)
    step = float(np.median(gaps))
    even = float((np.abs(gaps / step - np.rint(gaps / step)) < 0.2).mean()) if step > 0 else 0.0
    near = float((np.abs(gaps - step) <= 0.2 * step).mean())
    places = np.full(len(times), -1, np.int64)
    if dated and 27 * DAY < step < 367 * DAY:
        months = times[known].astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        size = max(1, round(step / (30.44 * DAY)))
        places[known] = (months - months.min()) // size
        return Grid(places=places, step=step, regular=near >= _LEAST_REGULAR, calendar="month")
    places[known] = np.rint((times[known] - distinct[0]) / step).astype(np.int64)
    return Grid(places=places, step=step, regular=min(near, even) >= _LEAST_REGULAR)


def usual_season(step: float, dated: bool, calendar: str) -> tuple[str, int]:
    """What a step is called, and how many make the cycle that people, days and years have; 0 where it is not known."""
    if not dated:
        return "step", 0
    if calendar == "month":
        months = step / (30.44 * DAY)
        return ("month", 12) if months < 2 else ("quarter", 4) if months < 5 else ("year", 0)
    for name, seconds, season in (("day", DAY, 7), ("week", 7 * DAY, 52), ("hour", 3600.0, 24), ("minute", 60.0, 60)):
        if abs(step - seconds) < 0.2 * seconds:
            return name, season
    return ("step", round(DAY / step)) if 1.5 <= DAY / step <= 400 else ("step", 0)


def found_season(values: Floats, most: int) -> int:
    """The length of the strongest cycle of a series (M,), from its correlation with itself; 0 without a clear one."""
    line = filled(values[:, None].astype(np.float32), len(values))[0][:, 0].astype(np.float64)
    line = line[np.isfinite(line)]
    count = len(line)
    most = min(most, count // 3)
    if most < 4:
        return 0
    slope = np.polynomial.polynomial.polyfit(np.arange(count), line, 1)
    line = line - np.polynomial.polynomial.polyval(np.arange(count), slope)
    size = 1 << (2 * count - 1).bit_length()
    power = np.abs(np.fft.rfft(line, size)) ** 2
    found = np.fft.irfft(power)[: most + 1]
    if found[0] <= 0:
        return 0
    found = found / found[0] * (count / (count - np.arange(most + 1)))
    peaks = [
        k
        for k in range(2, most)
        if found[k] > found[k - 1] and found[k] >= found[k + 1] and found[k] > max(0.3, 4.5 / count**0.5)
    ]
    below = next((k for k in range(1, most) if found[k] < 0), most)
    peaks = [k for k in peaks if k > below / 2]
    return max(peaks, key=lambda k: found[k]) if peaks else 0


def filled(values: Floats, longest: int) -> tuple[Floats, int, int]:
    """Gaps of up to `longest` rows filled on the line between their neighbours, each column by itself.

    Returns the values (M, K), how many were filled and how many are still missing. Ends are not filled.
    """
    out = values.copy()
    count = 0
    for column in range(values.shape[1]):
        line = out[:, column]
        missing = np.isnan(line)
        if not missing.any() or missing.all():
            continue
        edges = np.flatnonzero(np.diff(np.concatenate([[0], missing.view(np.int8), [0]])))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if start == 0 or end == len(line) or end - start > longest:
                continue
            way = np.arange(1, end - start + 1, dtype=np.float32) / (end - start + 1)
            line[start:end] = line[start - 1] + (line[end] - line[start - 1]) * way
            count += end - start
    return out, count, int(np.isnan(out).sum())


@dataclass(kw_only=True)
class Lines:
    """One or several series on one line of time: row i holds what was measured at `times[i]`.

    `bounds` are where each series begins, and the end; `splits` the split that each one's file speaks of.
    """

    values: Floats
    times: Moments
    bounds: Int64s
    splits: list[int]
    titles: list[str]
    dated: bool
    step: float
    calendar: str
    regular: bool
    notes: LeftOutList = field(default_factory=LeftOutList)


def read_lines(
    tables: Sequence[tuple[Table, int]], clock: Clock, series: str, columns: Sequence[str], longest_gap: int
) -> Lines:
    """The measured columns of long tables, sorted by time, laid on an even line, short gaps filled, and told."""
    notes = LeftOutList()
    values: list[Floats] = []
    times: list[Moments] = []
    titles: list[str] = []
    splits: list[int] = []
    step, calendar, regular = 1.0, "", True
    for table, split in tables:
        numbers = np.stack([measured(table, name) for name in columns], axis=1)
        when = moments_of(table, clock)
        names = table.texts(series).to_list() if series else [""] * len(when)
        order_of: dict[str, list[int]] = {}
        for row, name in enumerate(names):
            order_of.setdefault(str(name), []).append(row)
        unknown = int((~np.isfinite(when)).sum())
        if unknown:
            notes.add(table.where, f"{unknown:,} rows say not when they were measured, and are not used.")
        for name, rows in order_of.items():
            chosen = np.array(rows, np.int64)
            grid = grid_of(when[chosen], clock.dated)
            regular &= grid.regular
            step, calendar = grid.step, grid.calendar
            part, moments_here, doubled = _laid(numbers[chosen], when[chosen], grid)
            if doubled:
                notes.add(
                    table.where, f"{doubled:,} rows speak of a moment that another row spoke of; the first counts."
                )
            part, count, left = filled(part, longest_gap)
            if count:
                notes.add(
                    f"{table.where} {name}".strip(),
                    f"{count:,} missing values were filled on the line between their neighbours.",
                )
            if left:
                notes.add(f"{table.where} {name}".strip(), f"{left:,} values are missing.")
            values.append(part)
            times.append(moments_here)
            titles.append(name or table.where)
            splits.append(split)
    return Lines(
        values=np.concatenate(values),
        times=np.concatenate(times),
        bounds=np.concatenate([[0], np.cumsum([len(part) for part in values])]).astype(np.int64),
        splits=splits,
        titles=titles,
        dated=clock.dated,
        step=step,
        calendar=calendar,
        regular=regular,
        notes=notes,
    )


def measured(table: Table, name: str) -> Floats:
    """A column as numbers, NaN where there is none."""
    numbers = numbers_of(table.columns[name], table.dialect.decimal).fill_null(np.nan).to_numpy()
    with np.errstate(over="ignore"):
        small = np.array(numbers, np.float64).astype(np.float32)
    return np.where(np.isfinite(small), small, np.float32(np.nan)).astype(np.float32)


def _laid(numbers: Floats, when: Moments, grid: Grid) -> tuple[Floats, Moments, int]:
    """Values in the order of time, missing rows of the line as NaN; and how many rows were doubled."""
    known = np.flatnonzero(grid.places >= 0)
    known = known[np.argsort(when[known], kind="stable")]
    places = grid.places[known]
    first = np.concatenate([[True], np.diff(places) > 0]) if len(places) else np.zeros(0, bool)
    doubled = int((~first).sum())
    known, places = known[first], places[first]
    length = int(places[-1]) + 1 if len(places) else 0
    if not grid.regular or length > _MOST_STRETCHED * max(1, len(places)):
        return numbers[known], when[known], doubled
    out = np.full((length, numbers.shape[1]), np.nan, np.float32)
    out[places] = numbers[known]
    times = np.interp(np.arange(length), places, when[known])
    return out, times, doubled


def windows_of(lines: Lines, targets: Sequence[int], window: int, horizon: int, stride: int) -> tuple[Int64s, int]:
    """Where windows begin that have all they are to learn from and to answer: rows, and how many had to be left out.

    A window is left out when a value it is to answer is missing, or when it has no value at all to learn from.
    """
    starts: list[Int64s] = []
    dropped = 0
    missing_target = np.isnan(lines.values[:, list(targets)]).any(axis=1)
    there = np.isfinite(lines.values).any(axis=1)
    bad_before = np.concatenate([[0], np.cumsum(missing_target)])
    there_before = np.concatenate([[0], np.cumsum(there)])
    for begin, end in zip(lines.bounds[:-1].tolist(), lines.bounds[1:].tolist(), strict=True):
        first = np.arange(begin, end - window - horizon + 1, stride, dtype=np.int64)
        if len(first) == 0:
            continue
        answers = bad_before[first + window + horizon] - bad_before[first + window] == 0
        seen = there_before[first + window] - there_before[first] > 0
        good = answers & seen
        dropped += int((~good).sum())
        starts.append(first[good])
    return (np.concatenate(starts) if starts else np.zeros(0, np.int64)), dropped


# Series side by side --------------------------------------------------------------------------------------------------

_NUMBERED = re.compile(r"(.*?)(\d+)\Z")
_LEAST_WIDE = 16
_TIME_WORDS = {"t", "time", "step", "day", "week", "month", "hour", "w", "ts", "value", "v", "minute", "second", "s"}


@dataclass(frozen=True, kw_only=True)
class Wide:
    """A table with a series in each row: its columns in the order of time, and how sure that is."""

    columns: tuple[str, ...]
    others: tuple[str, ...]
    sure: float


def find_wide(table: Table, guesses: Mapping[str, Guess]) -> Wide | None:
    """Columns that are one measurement at many moments: numbered (t0, t1, ...) or called by dates."""
    numbers = [name for name, guess in guesses.items() if guess.content is Content.NUMBER]
    dates = seconds_of(pl.Series(numbers, dtype=pl.String)).to_list() if numbers else []
    dated = [(when, name) for when, name in zip(dates, numbers, strict=True) if when is not None]
    if len(dated) >= 8 and len(dated) >= 0.8 * len(numbers):
        columns = tuple(name for _, name in sorted(dated))
        return Wide(columns=columns, others=tuple(name for name in table.columns if name not in columns), sure=0.75)
    families: dict[str, dict[int, str]] = {}
    for name in guesses:
        match = _NUMBERED.match(name.strip())
        if match and guesses[name].content in (Content.NUMBER, Content.CATEGORY, Content.EMPTY):
            families.setdefault(match[1], {})[int(match[2])] = name
    if not families:
        return None
    prefix, members = max(families.items(), key=lambda item: len(item[1]))
    first, last = min(members), max(members)
    if prefix.startswith("column_") or len(members) < _LEAST_WIDE or last - first + 1 != len(members):
        return None
    columns = tuple(members[number] for number in sorted(members))
    word = prefix.strip(" _-.:[").casefold()
    sure = 0.75 if word in _TIME_WORDS else 0.4 if not word else 0.3
    return Wide(columns=columns, others=tuple(name for name in table.columns if name not in columns), sure=sure)


def moment_text(value: float, dated: bool) -> str:
    """A moment of a series as a person reads it."""
    return moment(value) if dated else f"{value:g}"
