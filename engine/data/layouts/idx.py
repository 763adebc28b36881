"""MNIST's format: IDX files in pairs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.data.guessing.fields import refuse_single_class
from engine.data.layouts.layout import Layout, Wishes
from engine.data.pictures import SUFFIXES
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.idx import looks_like_idx, read_idx
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Source, SourceKind

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class Idx(Layout):
    """Pairs of IDX files: pictures and labels."""

    kind: ClassVar[SourceKind] = SourceKind.IDX
    caption: ClassVar[str] = "IDX files (MNIST's format)"

    def match(self, tree: FileTree) -> float:
        entries = [entry for entry in tree.entries[:200] if entry.suffix not in SUFFIXES]
        return 1.0 if any(looks_like_idx(tree.head(entry)) for entry in entries) else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_idx(tree, source, progress=progress, cancelled=cancelled)

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
        return f"{dataset.samples:,} pictures in {len(data.targets()[0].statistics.classes)} classes"
