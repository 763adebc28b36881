"""Points on a plane, computed by a rule or drawn by a person, named by an address such as points:Spirals."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np

from engine.catalog.points import ADDRESS, CLASS, X, Y, rule_of
from engine.data.guessing.categories import category_target
from engine.data.layouts.layout import Layout, Wishes
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.samples import Samples
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, FieldKind, Source, SourceKind, Split, SplitMethod
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

SPLIT = Split(method=SplitMethod.STRATIFIED, train=0.7, val=0.15, test=0.15)
"""Few points are quickly learned by heart: enough of them are kept to see it."""


class Points(Layout):
    """Two numbers and a class. The numbers are from about -1 to 1 already, so nothing is done to them.

    Options: those of the rule that the address names.
    """

    kind: ClassVar[SourceKind] = SourceKind.POINTS
    caption: ClassVar[str] = "Points on a plane"
    address: ClassVar[str] = ADDRESS

    def match(self, tree: FileTree) -> float:
        return 0.0  # no file says so: it is asked for by its address

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        rule = rule_of(source.path, source.options)
        points, names = rule.points(), rule.classes()
        if not points:
            raise DataError(
                "There is no point yet.", where=source.path, hint="Draw some of each class in the tab Data."
            )
        told = msgspec.json.encode((source.path, points, names))
        return Samples(
            count=len(points),
            columns={
                X: np.array([point.x for point in points], np.float32),
                Y: np.array([point.y for point in points], np.float32),
                CLASS: Strings.of([names[point.group] for point in points]),
            },
            name=lambda index: f"point {index + 1}",
            class_order={CLASS: names},
            listing=hashlib.blake2b(told, digest_size=16).hexdigest(),
        )

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        source = msgspec.structs.replace(source, options={**source.options, **wishes.options})
        if wishes.target not in ("", CLASS):
            raise DataError(
                "Of points the class is learned.", where=source.path, expected=CLASS, found=wishes.target[:60]
            )
        samples = self.read(tree, source, (), progress=progress, cancelled=cancelled)
        fields = (
            *(Field(name=name, kind=FieldKind.NUMBER) for name in (X, Y)),
            category_target(CLASS),
        )
        return DataSpec(sources=(source,), fields=fields, split=SPLIT), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        rule = rule_of(data.sources[0].path, data.sources[0].options)
        return f"{dataset.samples:,} points in {len(rule.classes())} classes, {rule.label().lower()}"
