"""Fields of a table's columns."""

from engine.data.guessing.categories import category_field, category_target
from engine.data.guessing.dates import date_field
from engine.data.guessing.labels import labels_field
from engine.data.guessing.numbers import number_field, number_target
from engine.data.guessing.text import text_field
from engine.data.readers.columns import Content, Guess
from engine.data.readers.table import Table
from engine.data.readers.table_samples import seconds_in, strings_of
from engine.document.data_spec import Field, FieldKind, Role
from engine.errors import DataError

MOST_CLASSES = 20
"""A number of whole values counts as a class up to half as many different ones."""


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
