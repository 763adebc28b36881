"""Pictures with marked objects, as Pascal VOC, COCO, YOLO, Create ML and Label Studio keep them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from engine.data.boxes import find_form
from engine.data.guessing.categories import category_field
from engine.data.guessing.fields import fields_of, refuse_single_class
from engine.data.layouts.layout import Layout, Wishes
from engine.data.pictures import SUFFIXES
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.boxes import PICTURE, read_boxes
from engine.data.readers.files import FileTree
from engine.data.samples import TEST, TRAIN, VAL, Samples
from engine.document.data_spec import DataSpec, Field, Role, Source, SourceKind, Split, SplitMethod

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class Boxes(Layout):
    """Each marked object is a sample, cut from its picture; objects of one picture stay in one split."""

    kind: ClassVar[SourceKind] = SourceKind.BOXES
    caption: ClassVar[str] = "Marked objects in pictures, one sample each"

    def match(self, tree: FileTree) -> float:
        pictures = sum(entry.suffix in SUFFIXES for entry in tree.entries)
        return 0.95 if pictures and find_form(tree) else 0.0

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_boxes(tree, progress=progress, cancelled=cancelled)

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        samples = read_boxes(tree, progress=progress, cancelled=cancelled)
        columns = {name: column for name, column in samples.columns.items() if name != PICTURE}
        shown = Samples(count=samples.count, columns=columns, name=samples.name, given=samples.given)
        fields = fields_of(shown, wishes.target, wishes.task, tree)
        refuse_single_class(samples, tree, hint="Mark objects of another class too.")
        fields = (*fields, msgspec.structs.replace(category_field(PICTURE), role=Role.IGNORED))
        said = set() if samples.given is None else set(samples.given.tolist())
        if {TRAIN, VAL, TEST} <= said:
            split = Split(method=SplitMethod.GIVEN)
        else:
            # What a split that is lacking is cut from would give it objects of pictures that are learned from.
            split = Split(method=SplitMethod.GROUPED, field=PICTURE)
        return DataSpec(sources=(source,), fields=fields, split=split), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        classes = len(data.targets()[0].statistics.classes)
        pictures = len({dataset.name(index).rpartition(" #")[0] for index in range(dataset.samples)})
        return f"{dataset.samples:,} marked objects of {classes} classes in {pictures:,} pictures"
