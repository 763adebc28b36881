"""Texts with their translation."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from engine.data.guessing.fields import no_target
from engine.data.guessing.text import set_aside, translated_field
from engine.data.layouts.layout import Layout, Wishes
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.parallel_text import columns_of, parallel_files, read_parallel_text
from engine.data.samples import Samples
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, Role, Source, SourceKind, Split, SplitMethod

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class ParallelText(Layout):
    """Two columns of text, or two files line by line."""

    kind: ClassVar[SourceKind] = SourceKind.PARALLEL_TEXT
    caption: ClassVar[str] = "Texts with their translation"
    tasks: ClassVar[tuple[str, ...]] = ("translation",)

    def match(self, tree: FileTree) -> float:
        files, pairing = parallel_files(tree)
        if pairing is not None:
            return 0.85
        return 0.8 if files and len(files) <= 3 and all(columns_of(tree, entry) for entry in files) else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        wanted = [field.name for field in fields if field.role is not Role.IGNORED]
        return read_parallel_text(tree, source, wanted, progress=progress, cancelled=cancelled)

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
        names = list(samples.columns)
        target = wishes.target or names[1]
        if target not in names:
            raise no_target(target, names, tree)
        origin = names[1] if target == names[0] else names[0]
        fields = []
        for name in names:
            column = cast(Strings, samples.columns[name])
            if name in (origin, target):
                fields.append(translated_field(name, column, Role.TARGET if name == target else Role.INPUT))
            else:
                fields.append(set_aside(name))
        split = Split(method=SplitMethod.RANDOM if samples.given is None else SplitMethod.GIVEN)
        return DataSpec(sources=(source,), fields=tuple(fields), split=split), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        return f"{dataset.samples:,} texts with their translation"
