"""Pictures in a folder for each class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.data.guessing.fields import refuse_single_class
from engine.data.layouts.layout import Layout, Wishes
from engine.data.pictures import SUFFIXES
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.image_folder import class_depth, read_image_folder
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Source, SourceKind

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class ImageFolder(Layout):
    """The name of a picture's folder is its class."""

    kind: ClassVar[SourceKind] = SourceKind.IMAGE_FOLDER
    caption: ClassVar[str] = "Pictures, a folder for each class"

    def match(self, tree: FileTree) -> float:
        pictures = sum(entry.suffix in SUFFIXES for entry in tree.entries)
        return 0.8 if pictures > 1 and class_depth(tree) is not None else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_image_folder(tree, source, progress=progress, cancelled=cancelled)

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
        refuse_single_class(samples, tree, hint="Add a folder for each further class.")
        return data, samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        return f"{dataset.samples:,} pictures in {len(data.targets()[0].statistics.classes)} classes"
