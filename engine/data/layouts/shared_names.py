"""Files that share a name, each name a sample; also WebDataset's tar archives."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from engine.data.guessing.categories import category_target
from engine.data.guessing.fields import fields_of, guess_split, no_target
from engine.data.layouts.layout import Layout, Wishes, goal
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.idx import LABEL
from engine.data.readers.shared_names import TEXT, find_shared_names, read_shared_names
from engine.data.samples import Samples
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, FieldKind, Role, Source, SourceKind
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

_MOST_CLASSES = 100


class SharedNamesFiles(Layout):
    """0001.jpg beside 0001.cls, 0001.txt or 0001.json."""

    kind: ClassVar[SourceKind] = SourceKind.SHARED_NAMES
    caption: ClassVar[str] = "Files that share a name, a sample each (WebDataset)"

    def match(self, tree: FileTree) -> float:
        return 0.92 if find_shared_names(tree) is not None else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_shared_names(tree, progress=progress, cancelled=cancelled)

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        samples = self.read(tree, source, (), progress=progress, cancelled=cancelled)
        media, *beside = samples.columns
        target = wishes.target or _likeliest(samples, beside)
        if target not in beside:
            raise no_target(target, beside, tree)
        shown = Samples(
            count=samples.count,
            columns={media: samples.columns[media], LABEL: samples.columns[target]},
            name=samples.name,
            given=samples.given,
        )
        fields = []
        for field in fields_of(shown, "", wishes.task, tree):
            fields.append(msgspec.structs.replace(field, name=target) if field.name == LABEL else field)
        for name in beside:
            if name != target:
                kind = FieldKind.CATEGORY if isinstance(samples.columns[name], Strings) else FieldKind.NUMBER
                kind = FieldKind.TEXT if name == TEXT else kind
                # What was noted beside the answer may give it away, so it is for a person to take it in.
                fields.append(
                    msgspec.structs.replace(category_target(name), kind=kind, role=Role.IGNORED, preparation=())
                )
        return DataSpec(sources=(source,), fields=tuple(fields), split=guess_split(samples, fields)), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        return f"{dataset.samples:,} samples of files that share a name: {goal(data)}"


def _likeliest(samples: Samples, names: Sequence[str]) -> str:
    """The label; else words that are repeated, else a number. Raises DataError."""
    if LABEL in names:
        return LABEL
    for name in names:
        column = samples.columns[name]
        if isinstance(column, Strings) and 2 <= len(column.values) <= min(_MOST_CLASSES, samples.count / 2):
            return name
    for name in names:
        if not isinstance(samples.columns[name], Strings):
            return name
    raise DataError(
        "Nothing beside the files can be learned.",
        where=samples.name(0),
        expected="a .cls file, or a class or number in a .json file",
        found=", ".join(names),
    )
