"""A table that names files: pictures or sound, and what the other columns say of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np

from engine.data.guessing.columns import choose_target, indicators, reasoned, table_input, table_target
from engine.data.guessing.fields import guess_split
from engine.data.guessing.pictures import picture_field
from engine.data.guessing.sounds import sound_field
from engine.data.layouts.layout import Layout, Wishes, goal
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.columns import Content, Guess, guess_column
from engine.data.readers.files import FileTree
from engine.data.readers.image_folder import PictureFiles
from engine.data.readers.manifest import (
    FILES,
    Manifest,
    files_of,
    load_manifest,
    manifest_entries,
    manifest_samples,
    media_kind,
)
from engine.data.samples import Samples
from engine.data.sounds import SoundFiles
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind
from engine.document.graph import Value
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class ManifestTable(Layout):
    """A table beside pictures or sound, with a column that names them; several such columns are several inputs."""

    kind: ClassVar[SourceKind] = SourceKind.MANIFEST
    caption: ClassVar[str] = "Table that names pictures or sound"

    def match(self, tree: FileTree) -> float:
        return 0.9 if manifest_entries(tree) else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        manifest = load_manifest(tree, source.options, progress=progress, cancelled=cancelled)
        return manifest_samples(tree, manifest, fields)

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        manifest = load_manifest(tree, source.options, progress=progress, cancelled=cancelled)
        table = manifest.table
        media = _media_fields(tree, manifest)
        others = [name for name in table.columns if name not in manifest.file_columns and name != manifest.split_column]
        guesses = {
            name: guess_column(name, table.columns[name], table.dialect.decimal, table.marks, table.others.get(name))
            for name in others
        }
        fields = [*media, *_learned(manifest, others, guesses, wishes, tree)]
        options: dict[str, Value] = {}
        if len(manifest.tables) == 1:
            options = table.options()
        if "file" in source.options:
            options["file"] = source.options["file"]
        source = msgspec.structs.replace(source, options=options)
        samples = manifest_samples(tree, manifest, fields)
        if not samples.count:
            raise DataError("None of the files that the table names is here.", where=table.where)
        for name, guess in guesses.items():
            if guess.note:
                samples.notes.add(f"{table.where}, column {name}", f"Column {name}: {guess.note}.")
        return DataSpec(sources=(source,), fields=tuple(fields), split=guess_split(samples, fields)), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        inputs = data.inputs()
        noun = "recordings" if inputs and inputs[0].kind is FieldKind.AUDIO else "pictures"
        return f"{dataset.samples:,} {noun} that a table names: {goal(data)}"


def _media_fields(tree: FileTree, manifest: Manifest) -> list[Field]:
    """A field for each column that names files; masks, and columns that name few, are left aside."""
    fields: list[Field] = []
    for name in manifest.file_columns:
        numbers = files_of(manifest, name)
        kind = media_kind(manifest, numbers)
        entries = [manifest.names.entries[number] for number in numbers[numbers >= 0].tolist()]
        if kind is FieldKind.AUDIO:
            field = sound_field(name, SoundFiles(tree, entries))
        else:
            empty = Samples(count=len(entries), columns={}, name=str)
            field = picture_field(name, PictureFiles(tree, entries), empty)
        few = np.mean(numbers >= 0) < 0.5
        role = Role.IGNORED if "mask" in name.casefold() or few else Role.INPUT
        fields.append(msgspec.structs.replace(field, role=role, options={**field.options, FILES: True}))
    if not any(field.role is Role.INPUT for field in fields):
        fields[0] = msgspec.structs.replace(fields[0], role=Role.INPUT)
    return fields


def _learned(
    manifest: Manifest, names: Sequence[str], guesses: dict[str, Guess], wishes: Wishes, tree: FileTree
) -> list[Field]:
    """The column to learn, and the others left aside: what a table says of a picture mostly gives its class away."""
    table = manifest.table
    together = None if wishes.target else indicators(table, names)
    if together is not None:
        return [together]
    chosen = choose_target(table.where, guesses, wishes.target, tree)
    fields = []
    for name, guess in guesses.items():
        if name == chosen:
            fields.append(reasoned(table_target(name, table, guess, wishes.task), guess))
            continue
        field = table_input(name, table, guess)
        if field.role is not Role.IGNORED or guess.content is Content.TEXT:
            field = msgspec.structs.replace(field, role=Role.IGNORED)
        fields.append(reasoned(field, guess))
    return fields
