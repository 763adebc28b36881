"""Text with classes, in files, folders or lines that name them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from engine.data.guessing.fields import refuse_single_class
from engine.data.layouts.layout import Layout, Wishes
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.text_files import look, texts_alone
from engine.data.readers.text_lines import Form, form_of, read_text_lines
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Source, SourceKind

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

_LOOKED_AT = 12
_PARAGRAPHS = 0.03
"""A share of blank lines above this is text in paragraphs, not a sample a line."""


class TextLines(Layout):
    """The name of a line's file is its class; or the folder's, or what the line begins with."""

    kind: ClassVar[SourceKind] = SourceKind.TEXT_LINES
    caption: ClassVar[str] = "Lines of text, a file for each class"

    def match(self, tree: FileTree) -> float:
        form = form_of(tree)
        match form:
            case None:
                return 0.0
            case Form.MARKED:
                return 0.9
            case Form.BEFORE | Form.AFTER:
                return 0.75
            case Form.FOLDERS:
                return 0.65
        looks = [look(tree, entry) for entry in texts_alone(tree)[:_LOOKED_AT]]
        if any(item.blank > _PARAGRAPHS for item in looks):
            return 0.4  # paragraphs
        words = [item.words for item in looks]
        unlike = max(words) > 4 * max(1.0, min(words))
        return 0.4 if unlike else 0.6  # names here and sentences there are no classes of one thing

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
        form = form_of(tree) or Form.FILES
        source = msgspec.structs.replace(source, options={**source.options, "form": form.value})
        data, samples = super().inspect(tree, source, wishes, progress=progress, cancelled=cancelled)
        refuse_single_class(samples, tree)
        return data, samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        documents = data.sources[0].options.get("form") == Form.FOLDERS
        noun = "texts" if documents else "lines of text"
        return f"{dataset.samples:,} {noun} in {len(data.targets()[0].statistics.classes)} classes"
