"""Pictures with a mask each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from engine.data.guessing.fields import guess_split, no_target
from engine.data.guessing.masks import mask_fields
from engine.data.layouts.layout import Layout, Wishes
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.idx import PIXELS
from engine.data.readers.masks import MASK, find_pairs, read_masks
from engine.data.samples import Pictures, Samples
from engine.document.data_spec import DataSpec, Field, Source, SourceKind

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class Masks(Layout):
    """Folders such as images and masks, or names that end in _mask; one mask a picture, or one for each object."""

    kind: ClassVar[SourceKind] = SourceKind.MASKS
    caption: ClassVar[str] = "Pictures with masks"
    tasks: ClassVar[tuple[str, ...]] = ("segmentation",)

    def match(self, tree: FileTree) -> float:
        pairs = find_pairs(tree)
        found, alone = len(pairs.pictures), len(pairs.alone) + len(pairs.left)
        if found < 2:
            return 0.0
        return 0.94 if found > alone else 0.6 if found > 0.1 * alone else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_masks(tree, fields, progress=progress, cancelled=cancelled)[0]

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        samples, values = read_masks(tree, (), progress=progress, cancelled=cancelled)
        if wishes.target not in ("", MASK):
            raise no_target(wishes.target, [MASK], tree)
        fields = mask_fields(PIXELS, MASK, cast(Pictures, samples.columns[PIXELS]), values)
        return DataSpec(sources=(source,), fields=fields, split=guess_split(samples, fields)), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        classes = ", ".join(data.targets()[0].statistics.classes[:4])
        more = "" if len(data.targets()[0].statistics.classes) <= 4 else ", ..."
        return f"{dataset.samples:,} pictures with masks of {classes}{more}"
