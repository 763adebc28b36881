"""What every layout of files can do: say whether it is the one, find out fields, read samples, and describe them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from engine.data.guessing.fields import fields_of, guess_split
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Source, SourceKind
from engine.document.graph import Value

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a person has said about the data: the field to learn, the task, options of the layout; all may be empty."""

    target: str = ""
    task: str = ""
    options: dict[str, Value] = field(default_factory=dict)


class Layout(ABC):
    """A way in which samples lie in files. `caption` is shown where a person chooses how files are read.

    `address`: what it reads is named by a path of its own that is no file, beginning with these letters.
    """

    kind: ClassVar[SourceKind]
    caption: ClassVar[str]
    address: ClassVar[str] = ""
    tasks: ClassVar[tuple[str, ...]] = ()
    """Tasks that speak for this layout, besides classification and regression."""
    alike: ClassVar[Mapping[str, str]] = {}
    """Fields that are prepared with what was measured of another, as one part of a network looks at both."""

    @abstractmethod
    def match(self, tree: FileTree) -> float:
        """How sure it is that the files lie so: 0 not at all, 0.5 they can be read so, 1 nothing else is possible.

        Looks at names, sizes and first bytes alone.
        """

    @abstractmethod
    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        """The samples, with a column for each field that is used. `fields` is empty when they are not known yet.

        Raises DataError when nothing can be read so, saying what is there.
        """

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        """Find out the fields, their kinds and what to learn. Raises DataError when there is nothing to learn."""
        samples = self.read(tree, source, (), progress=progress, cancelled=cancelled)
        fields = fields_of(samples, wishes.target, wishes.task, tree)
        return DataSpec(sources=(source,), fields=fields, split=guess_split(samples, fields)), samples

    @abstractmethod
    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        """What was found, as the beginning of a sentence: "60 pictures in 3 classes"."""


def goal(data: DataSpec) -> str:
    """What is learned, in words."""
    target = data.targets()[0]
    classes = target.statistics.classes
    return f"{len(classes)} classes of {target.name}" if classes else f"the {target.kind.value} {target.name}"
