"""A table: a sample a row, a field a column."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from engine.data.guessing.columns import (
    choose_target,
    columns_of,
    label_columns,
    last_resort,
    reasoned,
    table_input,
    table_target,
)
from engine.data.guessing.fields import guess_split
from engine.data.layouts.layout import Layout, Wishes, goal
from engine.data.pictures import SUFFIXES as PICTURES
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.columns import Content, Guess, guess_column
from engine.data.readers.files import FileTree
from engine.data.readers.table_files import SUFFIXES, load_tables
from engine.data.readers.table_samples import read_table, samples_of
from engine.data.readers.text_lines import text_entries
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Role, Source, SourceKind
from engine.document.graph import Value
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class TableFile(Layout):
    """One table, or tables called train, val and test."""

    kind: ClassVar[SourceKind] = SourceKind.TABLE
    caption: ClassVar[str] = "Table, a row for each sample"

    def match(self, tree: FileTree) -> float:
        suffixes = [entry.suffix for entry in tree.entries]
        if any(suffix in PICTURES for suffix in suffixes):
            return 0.0
        if any(suffix in SUFFIXES for suffix in suffixes):
            return 0.7
        texts = [entry for entry in text_entries(tree) if not tree.head(entry).count(b"\0")]
        return 0.5 if len(tree.entries) == 1 or len(texts) == 1 else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_table(tree, source, fields, progress=progress, cancelled=cancelled)

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        tables, left_out = load_tables(tree, source.options, progress=progress, cancelled=cancelled)
        table = tables[0][0]
        guesses = {
            name: guess_column(name, column, table.dialect.decimal, table.marks, table.others.get(name))
            for name, column in table.columns.items()
        }
        together = label_columns(table, guesses, wishes.target)
        chosen = "" if together else choose_target(table.where, guesses, wishes.target, tree)
        fields = [
            table_target(name, table, guess, wishes.task) if name == chosen else table_input(name, table, guess)
            for name, guess in guesses.items()
            if together is None or name not in columns_of(together)
        ]
        if together is not None:
            chosen = together.name
            guesses[together.name] = Guess(content=Content.LABELS)
            fields.append(together)
        if not any(field.role is Role.INPUT for field in fields):
            fields = [last_resort(field, table, guesses[field.name]) for field in fields]
        fields = [reasoned(field, guesses[field.name]) for field in fields]
        if not any(field.role is Role.INPUT for field in fields):
            raise DataError(
                f"There is no column to learn {chosen} from.",
                where=table.where,
                expected="at least one column of numbers, categories or text besides",
                found=", ".join(f"{name} ({guess.content.value})" for name, guess in list(guesses.items())[:8]),
            )
        options: dict[str, Value] = table.options()
        if len(tables) > 1:
            # What was found out about the first table need not hold for the others' title lines and marks.
            options = {name: value for name, value in options.items() if name in ("delimiter", "decimal", "header")}
        source = msgspec.structs.replace(source, options={**source.options, **options})
        samples = samples_of(tables, left_out, fields, tree.listing())
        for name, guess in guesses.items():
            if guess.note:
                use = " and is not used" if any(f.name == name and f.role is Role.IGNORED for f in fields) else ""
                samples.notes.add(f"{table.where}, column {name}", f"Column {name}: {guess.note}{use}.")
        return DataSpec(sources=(source,), fields=tuple(fields), split=guess_split(samples, fields)), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        inputs = len(data.inputs())
        ignored = sum(field.role is Role.IGNORED for field in data.fields)
        columns = f"{inputs} column{'s' if inputs != 1 else ''}"
        aside = f", {ignored} left aside" if ignored else ""
        return f"A table of {dataset.samples:,} rows: {goal(data)} from {columns}{aside}"
