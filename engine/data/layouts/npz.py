"""Arrays of NumPy in one file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.data.guessing.fields import refuse_single_class
from engine.data.layouts.layout import Layout, Wishes, goal
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.npz import read_npz
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Source, SourceKind

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class Npz(Layout):
    """Arrays called x and y, or so, in one .npz file."""

    kind: ClassVar[SourceKind] = SourceKind.NPZ
    caption: ClassVar[str] = "NumPy arrays"

    def match(self, tree: FileTree) -> float:
        return 0.95 if any(entry.suffix == ".npz" for entry in tree.entries) else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_npz(tree, source, progress=progress, cancelled=cancelled)

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
        return f"{dataset.samples:,} samples: {goal(data)}"
