"""Pictures or sound whose names hold the class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec

from engine.data.guessing.categories import category_field
from engine.data.guessing.fields import fields_of, guess_split, refuse_single_class
from engine.data.layouts.layout import Layout, Wishes
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileTree
from engine.data.readers.image_folder import class_depth
from engine.data.readers.named_files import PATTERN, media_files, pattern_of, read_named_files
from engine.data.readers.sound_folder import class_folders
from engine.data.samples import Samples
from engine.document.data_spec import DataSpec, Field, Role, Source, SourceKind
from engine.document.name_patterns import LABEL, read_pattern, stem_of
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


class NamedFiles(Layout):
    """Files side by side with names such as 7_jackson_3.wav or cat.123.jpg. Option `pattern`: see name_patterns."""

    kind: ClassVar[SourceKind] = SourceKind.NAMED_FILES
    caption: ClassVar[str] = "Pictures or sound, the class in each name"

    def match(self, tree: FileTree) -> float:
        media = media_files(tree)
        if len(media.entries) < 4 or pattern_of(tree) is None:
            return 0.0
        in_folders = class_folders(tree) > 1 if media.are_sounds else class_depth(tree) is not None
        return 0.3 if in_folders else 0.7

    def read(
        self,
        tree: FileTree,
        source: Source,
        fields: Sequence[Field],
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> Samples:
        return read_named_files(tree, str(source.options.get(PATTERN, "")))

    def inspect(
        self,
        tree: FileTree,
        source: Source,
        wishes: Wishes,
        *,
        progress: Progress = silent,
        cancelled: IsCancelled = never,
    ) -> tuple[DataSpec, Samples]:
        pattern = str(wishes.options.get(PATTERN, "")) or getattr(pattern_of(tree), "text", "")
        named = f"{{{wishes.target}}}"
        if wishes.target not in ("", LABEL) and named in pattern:
            # Another part is learned: it takes the name, and what had it becomes a part like the others.
            pattern = pattern.replace(f"{{{LABEL}}}", "\0").replace(named, f"{{{LABEL}}}").replace("\0", named)
        elif wishes.target not in ("", LABEL):
            raise DataError(
                f"The names have no part '{wishes.target[:60]}'.",
                where=tree.root.name,
                expected=pattern or "no pattern",
            )
        samples = read_named_files(tree, pattern)
        parts = [name for name in read_pattern(pattern).names if name and name != LABEL]
        rest = {name: column for name, column in samples.columns.items() if name not in parts}
        shown = Samples(count=samples.count, columns=rest, name=samples.name, given=samples.given)
        fields = list(fields_of(shown, "", wishes.task, tree))
        refuse_single_class(samples, tree, hint="Name the files so that they hold their class.")
        for name in parts:
            fields.append(msgspec.structs.replace(category_field(name), role=Role.IGNORED))
        source = msgspec.structs.replace(source, options={**source.options, PATTERN: pattern})
        return DataSpec(sources=(source,), fields=tuple(fields), split=guess_split(samples, fields)), samples

    def describe(self, data: DataSpec, dataset: "Dataset") -> str:
        pattern = str(data.sources[0].options.get(PATTERN, ""))
        noun = "recordings" if any(field.name == "sound" for field in data.fields) else "pictures"
        example = stem_of(dataset.name(0))
        classes = len(data.targets()[0].statistics.classes)
        return f"{dataset.samples:,} {noun} in {classes} classes, from names such as {example} ({pattern})"
