"""Fields of a table's columns, and which of them is learned."""

from collections.abc import Mapping, Sequence

import msgspec
import polars as pl

from engine.data.guessing.categories import category_field, category_target
from engine.data.guessing.dates import date_field
from engine.data.guessing.fields import TARGET_NAMES, no_target
from engine.data.guessing.labels import labels_field
from engine.data.guessing.numbers import number_field, number_target
from engine.data.guessing.text import text_field, translated_field
from engine.data.readers.columns import Content, Guess
from engine.data.readers.files import FileTree
from engine.data.readers.table import Table
from engine.data.readers.table_samples import seconds_in, strings_of
from engine.document.data_spec import Field, FieldKind, Role
from engine.document.graph import Value
from engine.errors import DataError

WHY = "why"
"""The option of a field that says why it is taken for its kind."""
MOST_CLASSES = 20
"""A number of whole values counts as a class up to half as many different ones."""


def choose_target(where: str, guesses: Mapping[str, Guess], wanted: str, tree: FileTree) -> str:
    """The column to learn: the one that was named, else one with a telling name, else the last that can be learned.

    Raises DataError when there is none, or none of that name.
    """
    if wanted:
        same = [name for name in guesses if name == wanted] or [n for n in guesses if n.casefold() == wanted.casefold()]
        if len(same) != 1:
            raise no_target(wanted, list(guesses), tree)
        if guesses[same[0]].content is Content.EMPTY:
            raise DataError(f"The column {same[0]} is empty.", where=f"{where}, column {same[0]}")
        return same[0]
    learnable = (Content.CATEGORY, Content.NUMBER, Content.LABELS)
    usable = [name for name, guess in guesses.items() if guess.content in learnable and guess.distinct > 1]
    if not usable:
        raise DataError(
            f"No column of {where} can be learned.",
            where=where,
            expected="a column of categories or numbers with more than one value",
            found=", ".join(f"{name} ({guess.content.value})" for name, guess in list(guesses.items())[:8]),
            hint="Name the column to learn.",
        )
    told: dict[str, str] = {}
    for name in usable:  # "y:label" speaks for itself twice
        for part in (name, *name.split(":", 1)):
            told.setdefault(part.casefold(), name)
    for telling in TARGET_NAMES:
        if telling in told:
            return told[telling]
    last = usable[-1]
    if guesses[last].content is not Content.NUMBER or guesses[last].distinct <= MOST_CLASSES:
        return last
    categories = [name for name in usable if guesses[name].content is not Content.NUMBER]
    return categories[-1] if categories and usable.index(last) != len(usable) - 1 else last


def indicators(table: Table, names: Sequence[str]) -> Field | None:
    """The labels, or the class, that columns of zeros and ones say: a column each; None when they are anything else."""
    columns = [table.columns[name] for name in names]
    if len(columns) < 2 or any(column.dtype != pl.Float64 or column.null_count() for column in columns):
        return None
    if not all(bool(((column == 0) | (column == 1)).all()) for column in columns):
        return None
    ones = pl.DataFrame(columns).sum_horizontal()
    mark = next((mark for mark in (";", "|", "/") if not any(mark in name for name in names)), "\x1f")
    options: dict[str, Value] = {"columns": list(names)}
    if bool((ones == 1).all()):
        return msgspec.structs.replace(category_target(_free("label", table)), options=options)
    return labels_field(_free("labels", table), {**options, "separator": mark}, Role.TARGET)


def _free(name: str, table: Table) -> str:
    """The name, with a stroke for each column that has it already."""
    while name in table.columns:
        name += "_"
    return name


def label_columns(table: Table, guesses: Mapping[str, Guess], wanted: str) -> Field | None:
    """The labels that columns of zeros and ones say together: those named with commas between, or with nothing said all
    but the texts and names of a table. None for a table that is not so."""
    if wanted:
        names = [name.strip() for name in wanted.split(",")]
        if wanted in table.columns or not all(name in table.columns for name in names):
            return None
        return indicators(table, names)
    told = (Content.TEXT, Content.ID)
    names = [name for name, guess in guesses.items() if guess.content not in told]
    if len(names) < 3 or not any(guess.content is Content.TEXT for guess in guesses.values()):
        return None
    return indicators(table, names)


def columns_of(field: Field) -> list[str]:
    """The columns that a field is read from, where these are several."""
    several = field.options.get("columns")
    return [str(name) for name in several] if isinstance(several, list) else []


def reasoned(field: Field, guess: Guess) -> Field:
    """The field with a word on why it is taken for what it is."""
    if not guess.why:
        return field
    return msgspec.structs.replace(field, options={**field.options, WHY: guess.why})


def table_target(name: str, table: Table, guess: Guess, task: str) -> Field:
    where = f"{table.where}, column {name}"
    if guess.content is Content.LABELS and not task:
        return labels_field(name, guess.options, Role.TARGET)
    if guess.content is Content.DATE:
        raise DataError(
            f"The column {name} holds dates, which cannot be learned.",
            where=where,
            expected="a column of numbers, categories or labels",
            found="dates",
            hint="Choose another column to learn.",
        )
    if guess.content is Content.TEXT and not task:
        return translated_field(name, strings_of(table.texts(name).str.strip_chars()), Role.TARGET)
    few = guess.content is Content.NUMBER and guess.whole and guess.distinct <= MOST_CLASSES // 2
    if task == "regression" or (not task and guess.content is Content.NUMBER and not few):
        if guess.content is not Content.NUMBER:
            raise DataError(
                f"The column {name} does not hold numbers, so it cannot be learned as one.",
                where=where,
                expected="numbers",
                found=guess.content.value,
                hint="Learn it as a class, or choose another column.",
            )
        return number_target(name)
    if guess.distinct < 2:
        raise DataError(
            f"The column {name} has only one value.",
            where=where,
            expected="two classes or more",
            hint="Choose another column.",
        )
    if guess.distinct > 1000 or (guess.distinct > 0.5 * len(table.lines) and guess.distinct > MOST_CLASSES):
        raise DataError(
            f"The column {name} has {guess.distinct:,} different values, too many for classes.",
            where=where,
            expected="up to 1,000 classes, several rows each",
            found=f"{guess.distinct:,}",
            hint="Choose another column to learn.",
        )
    return category_target(name)


def table_input(name: str, table: Table, guess: Guess) -> Field:
    if guess.content is Content.NUMBER:
        return number_field(name)
    if guess.content is Content.CATEGORY:
        return category_field(name)
    if guess.content is Content.DATE:
        return date_field(name, guess.options, seconds_in(table, name, guess.options))
    if guess.content is Content.LABELS:
        return labels_field(name, guess.options)
    if guess.content is Content.TEXT:
        return text_field(name, strings_of(table.texts(name).str.strip_chars()))
    return Field(name=name, kind=FieldKind.TEXT, role=Role.IGNORED)


def last_resort(field: Field, table: Table, guess: Guess) -> Field:
    """A column that would be left aside, when there is no other to learn from: a numbering as number, names as text."""
    if field.role is not Role.IGNORED or guess.content not in (Content.ID, Content.TEXT):
        return field
    if guess.whole:
        return number_field(field.name)
    return text_field(field.name, strings_of(table.texts(field.name).str.strip_chars()))
