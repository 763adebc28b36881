"""Text in a file for each class, a sample a line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.data.guessing.fields import refuse_single_class
from engine.data.layouts.layout import Layout, Wishes
from engine.data.pictures import SUFFIXES
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.text_lines import read_text_lines, text_entries
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Source, SourceKind

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class TextLines(Layout):
    """The name of a line's file is its class."""

    kind: ClassVar[SourceKind] = SourceKind.TEXT_LINES
    caption: ClassVar[str] = "Lines of text, a file for each class"

    def match(self, tree: FileTree) -> float:
        if any(entry.suffix in SUFFIXES for entry in tree.entries):
            return 0.0
        texts = [entry for entry in text_entries(tree) if not tree.head(entry).count(b"\0")]
        return 0.6 if len(texts) >= 2 else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_text_lines(tree, source, progress=progress, cancelled=cancelled)

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        data, samples = super().inspect(tree, source, wishes, progress=progress, cancelled=cancelled)
        refuse_single_class(samples, tree)
        return data, samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        return f"{dataset.samples:,} lines of text in {len(data.targets()[0].statistics.classes)} classes"
