"""Text that a network learns to go on with."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec

from engine.data.guessing.text import continued_field
from engine.data.layouts.layout import Layout, Wishes
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.plain_text import WINDOW, TextForm, read_plain_text, text_form
from engine.data.readers.sniffing import DELIMITERS
from engine.data.readers.text_files import look, texts_alone
from engine.data.readers.text_lines import TEXT, Form, form_of
from engine.data.samples import Samples
from engine.data.strings import Strings
from engine.document.data_spec import DataSpec, Field, Source, SourceKind, Split, SplitMethod
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

_LOOKED_AT = 12


class PlainText(Layout):
    """Files of nothing but text: what comes next is learned."""

    kind: ClassVar[SourceKind] = SourceKind.PLAIN_TEXT
    caption: ClassVar[str] = "Text to be continued"
    tasks: ClassVar[tuple[str, ...]] = ("continuation",)

    def match(self, tree: FileTree) -> float:
        entries = texts_alone(tree)
        if not entries:
            return 0.0
        form = form_of(tree)
        if form is Form.FOLDERS:
            return 0.2
        if form not in (None, Form.FILES):
            return 0.3
        for entry in entries[:_LOOKED_AT]:
            item = look(tree, entry)
            if any(item.columns(delimiter) for delimiter in DELIMITERS):
                return 0.3  # a table
        return 0.5 if form is Form.FILES else 0.65

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_plain_text(tree, source, progress=progress, cancelled=cancelled)

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        if wishes.target not in ("", TEXT):
            raise DataError(
                f"There is no column '{wishes.target[:80]}' to learn.",
                where=tree.root.name,
                expected=TEXT,
                found=wishes.target[:80],
            )
        form = text_form([look(tree, entry) for entry in texts_alone(tree)])
        options = {"form": form.value, **({"window": WINDOW} if form is TextForm.WINDOWS else {})}
        source = msgspec.structs.replace(source, options={**options, **source.options})
        samples = self.read(tree, source, (), progress=progress, cancelled=cancelled)
        lines = source.options["form"] == TextForm.LINES
        field = continued_field(TEXT, cast(Strings, samples.columns[TEXT]), lines=lines)
        split = Split(method=SplitMethod.RANDOM if samples.given is None else SplitMethod.GIVEN)
        return DataSpec(sources=(source,), fields=(field,), split=split), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        if data.sources[0].options.get("form") == TextForm.LINES:
            return f"{dataset.samples:,} lines of text to be continued"
        window = data.sources[0].options.get("window", WINDOW)
        return f"Text to be continued, in {dataset.samples:,} pieces of {window} characters"
