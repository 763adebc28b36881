"""Sound in a folder for each class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.data.guessing.fields import refuse_single_class
from engine.data.layouts.layout import Layout, Wishes
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.sound_folder import class_folders, read_sound_folder
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Source, SourceKind

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class SoundFolder(Layout):
    """The name of a recording's folder is its class."""

    kind: ClassVar[SourceKind] = SourceKind.SOUND_FOLDER
    caption: ClassVar[str] = "Sound, a folder for each class"

    def match(self, tree: FileTree) -> float:
        found = class_folders(tree)
        # One folder alone holds no classes; their names may.
        return 0.8 if found > 1 else 0.2 if found else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_sound_folder(tree, progress=progress, cancelled=cancelled)

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
        return f"{dataset.samples:,} recordings in {len(data.targets()[0].statistics.classes)} classes"
