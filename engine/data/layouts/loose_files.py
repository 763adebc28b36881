"""Pictures or sound side by side that nobody has labelled yet."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.data.layouts.layout import Layout
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.image_folder import class_depth
from engine.data.readers.named_files import media_files, read_loose_files
from engine.data.readers.sound_folder import class_folders
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Source, SourceKind

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class LooseFiles(Layout):
    """All samples wait in the pool, and the list of classes is empty: a person labels them in the tab Data."""

    kind: ClassVar[SourceKind] = SourceKind.LOOSE_FILES
    caption: ClassVar[str] = "Pictures or sound, to be labelled here"

    def match(self, tree: FileTree) -> float:
        media = media_files(tree)
        if len(media.entries) < 2:
            return 0.0
        in_folders = class_folders(tree) > 1 if media.are_sounds else class_depth(tree) is not None
        return 0.1 if in_folders else 0.4

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_loose_files(tree)

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        noun = "recordings" if any(field.name == "sound" for field in data.fields) else "pictures"
        return f"{dataset.samples:,} {noun} without labels: give them classes here"
