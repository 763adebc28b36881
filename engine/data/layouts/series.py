"""Values over time: a table whose rows follow each other, cut into windows, or with a series in each row."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec
import numpy as np

from engine.data.guessing.categories import category_target
from engine.data.guessing.fields import TARGET_NAMES, no_target
from engine.data.guessing.numbers import number_target
from engine.data.layouts.layout import Layout, Wishes
from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.columns import Content, Guess, guess_column
from engine.data.readers.files import FileTree
from engine.data.readers.series import (
    Clock,
    Lines,
    Wide,
    find_clock,
    find_wide,
    found_season,
    grid_of,
    measured,
    moment_text,
    moments_of,
    read_lines,
    usual_season,
    windows_of,
)
from engine.data.readers.table import Table, parse_table
from engine.data.readers.table_files import SUFFIXES, load_tables
from engine.data.samples import NOT_SAID, Samples, Windows
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind, Split, SplitMethod, Step
from engine.document.graph import Value
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

PAST, NEXT, SERIES = "past", "next", "series"
_HEAD_BYTES = 1 << 18
_TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
_FEW_ROWS = 30
_LEAST_ROWS = 10
_OWN = ("window", "horizon", "stride", "season", "time", "values", "targets", "series", "label", "wide", "longest_gap")


class SeriesTable(Layout):
    """Windows of a table over time, or a series in each of its rows."""

    kind: ClassVar[SourceKind] = SourceKind.SERIES
    caption: ClassVar[str] = "Series, values over time"
    tasks: ClassVar[tuple[str, ...]] = ("forecasting",)

    def match(self, tree: FileTree) -> float:
        entries = [entry for entry in tree.entries if entry.suffix in SUFFIXES]
        if not entries or len(entries) < len(tree.entries) * 0.5:
            return 0.0
        entry = entries[0]
        if entry.suffix not in _TEXT_SUFFIXES:
            return 0.1  # what is not text is not looked into before it is read
        head = tree.head(entry, _HEAD_BYTES)
        if entry.size > len(head):
            head = head[: head.rfind(b"\n") + 1]
        try:
            table = parse_table(head, entry.name)
            guesses = _guesses(table)
            clock = find_clock(table, guesses)
            wide = None if clock is not None else find_wide(table, guesses)
            return (wide.sure if wide is not None else 0.0) if clock is None else _sure(table, guesses, clock)
        except DataError:
            return 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        options = source.options
        tables, left_out = load_tables(tree, _table_options(options), progress=progress, cancelled=cancelled)
        if options.get("wide"):
            return _wide_samples(tables, left_out, options, tree.listing())
        return _long_samples(tables, left_out, options, tree.listing())

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        tables, left_out = load_tables(tree, _table_options(source.options), progress=progress, cancelled=cancelled)
        table = tables[0][0]
        guesses = _guesses(table)
        clock = find_clock(table, guesses)
        wide = None if clock is not None else find_wide(table, guesses)
        table_options = table.options()
        if len(tables) > 1:
            table_options = {k: v for k, v in table_options.items() if k in ("delimiter", "decimal", "header")}
        if clock is not None:
            chosen = _choose(table, guesses, clock, wishes, tree)
        elif wide is not None:
            chosen = _choose_wide(table, guesses, wide, wishes, tree)
        else:
            raise DataError(
                f"{table.where} does not say when its rows were measured.",
                where=table.where,
                expected="a column of dates or times, or columns t0, t1, t2 and so on",
                found=", ".join(list(table.columns)[:8]),
                hint="Read it as a table.",
            )
        source = msgspec.structs.replace(source, options={**source.options, **table_options, **chosen})
        if chosen.get("wide"):
            samples = _wide_samples(tables, left_out, source.options, tree.listing())
            fields = _wide_fields(table, guesses, source.options, wishes.task)
        else:
            samples = _long_samples(tables, left_out, source.options, tree.listing())
            fields = _forecast_fields(source.options)
        return DataSpec(sources=(source,), fields=fields, split=_split(samples, fields)), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        options = data.sources[0].options
        target = data.targets()[0]
        if target.kind is not FieldKind.SERIES:
            classes = len(target.statistics.classes)
            goal = f"{classes} classes of {target.name}" if classes else f"the number {target.name}"
            return f"{dataset.samples:,} series of {data.inputs()[0].statistics.longest:,} values: {goal}"
        values = data.inputs()[0].statistics.shape[1]
        names = ", ".join(_words(options, "targets")[:3])
        columns = "one value" if values == 1 else f"{values} values"
        return (
            f"{dataset.samples:,} windows over time: the next {options.get('horizon')} of {names} "
            f"from {options.get('window')} moments of {columns}"
        )


def _table_options(options: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in options.items() if name not in _OWN}


def _guesses(table: Table) -> dict[str, Guess]:
    return {
        name: guess_column(name, column, table.dialect.decimal, table.marks, table.others.get(name))
        for name, column in table.columns.items()
    }


def _words(options: Mapping[str, Value], name: str) -> list[str]:
    found = options.get(name)
    return [str(item) for item in found] if isinstance(found, list) else [str(found)] if found else []


def _whole(options: Mapping[str, Value], name: str, otherwise: int) -> int:
    found = options.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else otherwise


# Long tables ---------------------------------------------------------------------------------------------------------


def _sure(table: Table, guesses: Mapping[str, Guess], clock: Clock) -> float:
    """How sure it is that rows follow each other: evenly in time, numbers, and nothing that asks for classes."""
    values = _measured_columns(table, guesses, clock)
    rows = len(table.lines)
    if not values or rows < _LEAST_ROWS:
        return 0.0
    when = moments_of(table, clock)
    series = _series_column(table, guesses, clock)
    if not series and len(np.unique(when)) < 0.5 * rows:
        return 0.0  # rows do not follow each other: several have the same moment
    if not series and not grid_of(when, clock.dated).regular:
        return 0.2
    words = [
        name
        for name, guess in guesses.items()
        if name not in clock.columns and guess.content not in (Content.NUMBER, Content.EMPTY, Content.DATE, Content.ID)
    ]
    told = {name.casefold() for name in guesses} & set(TARGET_NAMES)
    return 0.75 if not words and not told and rows >= _FEW_ROWS else 0.4


def _measured_columns(table: Table, guesses: Mapping[str, Guess], clock: Clock) -> list[str]:
    """Columns of numbers that change; a numbering of the rows is none."""
    found = []
    for name, guess in guesses.items():
        if name in clock.columns or guess.content is not Content.NUMBER or guess.distinct < 2:
            continue
        numbers = measured(table, name)
        steps = np.diff(numbers)
        if guess.whole and len(steps) > 2 and bool((steps == steps[0]).all()):
            continue
        found.append(name)
    return found


def _series_column(table: Table, guesses: Mapping[str, Guess], clock: Clock) -> str:
    """The column that says which of several series a row belongs to; "" where rows are of one."""
    when = moments_of(table, clock)
    known = when[np.isfinite(when)]
    if len(np.unique(known)) > 0.9 * len(known):
        return ""
    for name, guess in guesses.items():
        if name in clock.columns or guess.content not in (Content.CATEGORY, Content.ID, Content.NUMBER):
            continue
        if guess.distinct > len(known) // 8:
            continue
        texts = np.array(table.texts(name).to_list(), dtype=object)
        pairs = set(zip(texts.tolist(), when.tolist(), strict=True))
        if len(pairs) >= 0.99 * len(when):
            return name
    return ""


def _choose(
    table: Table, guesses: Mapping[str, Guess], clock: Clock, wishes: Wishes, tree: FileTree
) -> dict[str, Value]:
    """Everything that is to be settled about a long table, as options of its source."""
    if wishes.task in ("classification", "regression"):
        raise DataError(
            f"Rows of {table.where} that follow each other are forecast, not told apart.",
            where="--task",
            expected="forecasting",
            found=wishes.task,
            hint="Read it as a table.",
        )
    values = _measured_columns(table, guesses, clock)
    series = _series_column(table, guesses, clock)
    values = [name for name in values if name != series]
    if asked := _words(wishes.options, "values"):
        values = [name for name in values if name in asked]
    if not values:
        raise DataError(
            f"No column of {table.where} holds numbers that change over time.",
            where=table.where,
            expected="a column of numbers besides the time",
            found=", ".join(f"{name} ({guess.content.value})" for name, guess in list(guesses.items())[:8]),
        )
    targets = [values[0]]
    if wishes.target:
        wanted = [name.strip() for name in wishes.target.split(",")]
        by_lower = {name.casefold(): name for name in values}
        for name in wanted:
            if name.casefold() not in by_lower:
                raise no_target(name, values, tree)
        targets = [by_lower[name.casefold()] for name in wanted]
    lines = read_lines([(table, NOT_SAID)], clock, series, targets, 0)
    unit, season = usual_season(lines.step, lines.dated, lines.calendar)
    if not lines.dated and clock.columns[0].strip().casefold() in ("year", "yr", "jahr"):
        unit = "year"
    longest = int(np.diff(lines.bounds).max())
    if not season or 2 * season > longest:
        season = found_season(lines.values[: int(lines.bounds[1]), 0], 400)
    window, horizon = _lengths(unit, season, longest, wishes.options)
    if longest < window + horizon + 8:
        raise DataError(
            f"{table.where} is too short to learn from: {longest:,} moments.",
            where=table.where,
            expected=f"{window + horizon + 8:,} or more",
            found=f"{longest:,}",
            hint="Read it as a table.",
        )
    stride = _whole(wishes.options, "stride", 1)
    return {
        "time": cast(Value, list(clock.columns)),
        "values": cast(Value, values),
        "targets": cast(Value, targets),
        **({"series": series} if series else {}),
        "window": window,
        "horizon": horizon,
        "stride": stride,
        "season": season,
        "longest_gap": max(2, min(12, season // 6 or 2)),
    }


def _lengths(unit: str, season: int, longest: int, asked: Mapping[str, Value]) -> tuple[int, int]:
    """How much of the past is looked at and how far ahead is answered: two cycles and up to one, in people's units."""
    horizon = {"hour": 24, "day": 7, "week": 12, "month": 12, "quarter": 4, "minute": 30, "year": 5}.get(unit, 0)
    horizon = horizon or (min(season, 24) if season else 6)
    window = {"day": 28, "week": 104, "minute": 120}.get(unit, 0) or (min(3 * season, 200) if season > 1 else 24)
    if unit == "hour":
        window = 48
    # At least two thirds of the line must be left to begin windows at.
    window, horizon = min(window, max(4, longest // 4)), min(horizon, max(1, longest // 12))
    return _whole(asked, "window", window), _whole(asked, "horizon", horizon)


def _forecast_fields(options: Mapping[str, Value]) -> tuple[Field, ...]:
    values, targets = options["values"], options["targets"]
    return (
        Field(
            name=PAST,
            kind=FieldKind.SERIES,
            options={"columns": values},
            preparation=(Step(type="Interpolate"), Step(type="Standardize")),
        ),
        Field(
            name=NEXT,
            kind=FieldKind.SERIES,
            role=Role.TARGET,
            options={"columns": targets, "season": options.get("season", 0)},
            preparation=(Step(type="Standardize"),),
        ),
    )


def _long_samples(
    tables: list[tuple[Table, int]], left_out: LeftOutList, options: Mapping[str, Value], listing: str
) -> Samples:
    table = tables[0][0]
    clock = find_clock_again(table, _words(options, "time"))
    values, targets = _words(options, "values"), _words(options, "targets")
    columns = list(dict.fromkeys([*values, *targets]))
    for name in columns:
        if name not in table.columns:
            raise DataError(
                f"{table.where} has no column '{name[:80]}'.",
                where=table.where,
                expected=", ".join(columns[:12]),
                found=", ".join(list(table.columns)[:12]),
                hint="Was the file changed? Import it again.",
            )
    series = str(options.get("series", "") or "")
    lines = read_lines(tables, clock, series, columns, _whole(options, "longest_gap", 2))
    window, horizon = _whole(options, "window", 24), _whole(options, "horizon", 1)
    places = [columns.index(name) for name in targets]
    starts, dropped = windows_of(lines, places, window, horizon, _whole(options, "stride", 1))
    if len(starts) == 0:
        raise DataError(
            f"{table.where} is too short for windows of {window} and {horizon} to answer.",
            where=table.where,
            expected=f"more than {window + horizon:,} moments one after the other",
            found=f"{int(np.diff(lines.bounds).max(initial=0)):,}",
            hint="Choose shorter windows.",
        )
    notes = LeftOutList()
    notes.extend(lines.notes)
    if dropped:
        notes.add(
            ", ".join(targets), f"{dropped:,} windows are left out, since what they are to answer is partly missing."
        )
    if not lines.regular:
        notes.add(table.where, "The rows are not evenly apart in time; they are taken one after the other.")
    part = np.searchsorted(lines.bounds, starts, side="right") - 1
    split_of = np.array(lines.splits, np.int8)[part]
    ahead = starts + window

    def title(index: int) -> str:
        return f"{lines.titles[int(part[index])]}, from {moment_text(float(lines.times[ahead[index]]), lines.dated)}"

    inputs = [columns.index(item) for item in values]
    past = lines.values if inputs == list(range(len(columns))) else np.ascontiguousarray(lines.values[:, inputs])
    return Samples(
        count=len(starts),
        columns={
            PAST: Windows(past, starts, window, lines.times, after=horizon),
            NEXT: Windows(np.ascontiguousarray(lines.values[:, places]), ahead, horizon, lines.times, before=window),
        },
        name=title,
        given=None if (split_of == NOT_SAID).all() else split_of,
        left_out=left_out,
        notes=notes,
        listing=listing,
    )


def find_clock_again(table: Table, columns: Sequence[str]) -> Clock:
    """The time of a source that was looked at before. Raises DataError when the columns are gone."""
    gone = [name for name in columns if name not in table.columns]
    if gone or not columns:
        raise DataError(
            f"{table.where} has no column '{(gone or ['time'])[0][:80]}', which said when.",
            where=table.where,
            found=", ".join(list(table.columns)[:12]),
            hint="Was the file changed? Import it again.",
        )
    if len(columns) > 1:
        return Clock(columns=tuple(columns), dated=True)
    column, others = table.columns[columns[0]], table.others.get(columns[0])
    guess = guess_column(columns[0], column, table.dialect.decimal, table.marks, others)
    numbers = measured(table, columns[0]) if guess.content is not Content.DATE else np.zeros(1, np.float32)
    dated = guess.content is Content.DATE or (bool(np.isfinite(numbers).any()) and float(np.nanmin(numbers)) > 3e8)
    return Clock(columns=tuple(columns), dated=dated)


def _split(samples: Samples, fields: Sequence[Field]) -> Split:
    """By time for forecasts; in proportion of the classes else."""
    if samples.given is not None:
        return Split(method=SplitMethod.GIVEN)
    if any(field.name == NEXT for field in fields):
        return Split(method=SplitMethod.TIME, field=PAST)
    classes = any(field.role is Role.TARGET and field.kind is FieldKind.CATEGORY for field in fields)
    return Split(method=SplitMethod.STRATIFIED if classes else SplitMethod.RANDOM)


# A series in each row ------------------------------------------------------------------------------------------------


def _choose_wide(
    table: Table, guesses: Mapping[str, Guess], wide: Wide, wishes: Wishes, tree: FileTree
) -> dict[str, Value]:
    """Which column is learned; without one the next values of each row are."""
    possible = [
        name
        for name in wide.others
        if guesses[name].content in (Content.CATEGORY, Content.NUMBER) and guesses[name].distinct > 1
    ]
    if wishes.target:
        wanted = [name for name in wide.others if name.casefold() == wishes.target.casefold()]
        if not wanted:
            raise no_target(wishes.target, wide.others, tree)
        label = wanted[0]
    else:
        telling = [name for name in possible if name.casefold() in TARGET_NAMES]
        label = (telling or possible or [""])[0] if wishes.task != "forecasting" else ""
    options: dict[str, Value] = {"values": cast(Value, list(wide.columns)), "wide": True}
    if label:
        return {**options, "label": label}
    length = len(wide.columns)
    season = found_season(measured_rows(table, wide.columns)[0], 400)
    window, horizon = _lengths("step", season, length, wishes.options)
    stride = _whole(wishes.options, "stride", max(1, horizon // 2))
    return {**options, "window": window, "horizon": horizon, "stride": stride, "season": season}


def measured_rows(table: Table, columns: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The series of all rows, float32 (rows, time)."""
    return np.stack([measured(table, name) for name in columns], axis=1)


def _wide_fields(
    table: Table, guesses: Mapping[str, Guess], options: Mapping[str, Value], task: str
) -> tuple[Field, ...]:
    label = str(options.get("label", "") or "")
    if not label:
        past, answer = _forecast_fields({**options, "values": ["value"], "targets": ["value"]})
        return past, answer
    steps = (Step(type="Interpolate"), Step(type="Standardize"))
    series = Field(name=SERIES, kind=FieldKind.SERIES, options={"columns": options["values"]}, preparation=steps)
    numeric = guesses[label].content is Content.NUMBER and (task == "regression" or guesses[label].distinct > 20)
    return series, number_target(label) if numeric else category_target(label)


def _wide_samples(
    tables: list[tuple[Table, int]], left_out: LeftOutList, options: Mapping[str, Value], listing: str
) -> Samples:
    columns = _words(options, "values")
    for table, _ in tables:
        gone = [name for name in columns if name not in table.columns]
        if gone:
            raise DataError(
                f"{table.where} has no column '{gone[0][:80]}'.",
                where=table.where,
                found=", ".join(list(table.columns)[:12]),
                hint="Was the file changed? Import it again.",
            )
    rows = np.concatenate([measured_rows(table, columns) for table, _ in tables])
    count, length = rows.shape
    flat = np.ascontiguousarray(rows).reshape(-1, 1)
    owner = np.concatenate([np.full(len(table.lines), number) for number, (table, _) in enumerate(tables)])
    offset = np.concatenate([np.arange(len(table.lines)) for table, _ in tables])
    said = np.array([split for _, split in tables], np.int8)
    label = str(options.get("label", "") or "")
    if label:
        texts = [text.strip() for table, _ in tables for text in table.texts(label).to_list()]
        marks = {mark for table, _ in tables for mark in table.marks}
        given = said[owner]
        return Samples(
            count=count,
            columns={
                SERIES: Windows(flat, np.arange(count, dtype=np.int64) * length, length),
                label: Strings.of(["" if text in marks else text for text in texts]),
            },
            name=lambda index: tables[int(owner[index])][0].place(int(offset[index])),
            given=None if (given == NOT_SAID).all() else given,
            left_out=left_out,
            listing=listing,
        )
    lines = Lines(
        values=flat,
        times=np.tile(np.arange(length, dtype=np.float64), count),
        bounds=np.arange(count + 1, dtype=np.int64) * length,
        splits=said[owner].tolist(),
        titles=[],
        dated=False,
        step=1.0,
        calendar="",
        regular=True,
    )
    window, horizon = _whole(options, "window", 24), _whole(options, "horizon", 1)
    starts, dropped = windows_of(lines, [0], window, horizon, _whole(options, "stride", 1))
    if len(starts) == 0:
        raise DataError(
            f"The series are too short for windows of {window} and {horizon} to answer.",
            expected=f"more than {window + horizon:,} values in a row",
            found=f"{length:,}",
            hint="Choose shorter windows.",
        )
    notes = LeftOutList()
    if dropped:
        notes.add("next", f"{dropped:,} windows are left out, since what they are to answer is partly missing.")
    row = starts // length
    given = said[owner[row]]
    return Samples(
        count=len(starts),
        columns={
            PAST: Windows(flat, starts, window, lines.times, after=horizon),
            NEXT: Windows(flat, starts + window, horizon, lines.times, before=window),
        },
        name=lambda index: (
            f"{tables[int(owner[row[index]])][0].place(int(offset[row[index]]))}, "
            f"from {columns[int(starts[index] + window - row[index] * length)]}"
        ),
        given=None if (given == NOT_SAID).all() else given,
        left_out=left_out,
        notes=notes,
        listing=listing,
    )
