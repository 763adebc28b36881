"""Finding out what a path holds: the layout, the fields and their kinds, what to learn, and what cannot be used."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from engine.data.dataset import Dataset, build_dataset, open_dataset, reopened
from engine.data.labelling import WITH_CLASSES, known_classes
from engine.data.layouts import LAYOUTS, Layout, Wishes, candidates, layout_of, layout_of_address
from engine.data.left_out import LeftOutList, printable
from engine.data.pictures import SUFFIXES
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.chosen import FILES, chosen, names_in
from engine.data.readers.files import FileTree, open_tree
from engine.data.samples import Samples
from engine.data.sources import read_source
from engine.data.strings import Strings
from engine.document.data_edits import SetMeasured
from engine.document.data_spec import DataSpec, Field, Labelling, Role, Source, SourceKind, Statistics
from engine.document.graph import Value
from engine.errors import DataError, UsageError
from engine.protocol.messages.data import LeftOut

TASKS = (
    "classification",
    "regression",
    *dict.fromkeys(task for layout in LAYOUTS for task in layout.tasks),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A layout that the files may have, for choosing another."""

    kind: SourceKind
    caption: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a path holds: a data spec that can be trained on, how many samples, and a sentence about it.

    `layouts` are all ways in which the files can be read, the one that was taken first. `dataset` is the data, open.
    """

    data: DataSpec
    samples: int
    description: str
    layouts: tuple[Reading, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0
    dataset: Dataset | None = dataclasses.field(default=None, repr=False, compare=False)


def inspect(
    path: Path | str,
    target: str = "",
    task: str = "",
    *,
    layout: str = "",
    options: Mapping[str, Value] | None = None,
    project_dir: Path | None = None,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Found:
    """Read a folder, file or archive, find out its layout and describe it.

    `target` names the field to learn, `task` what kind of answer is wanted, `layout` how the files are to be read; all
    are guessed when empty; `options` are the layout's (window and horizon of a series, the separator of a table), and
    `files` among them narrows a folder to some of what lies in it. Pictures and sounds are decoded once, into a cache
    that opening the project finds again.
    Raises DataError when there is nothing to learn from, UsageError for an unknown task or layout.
    """
    if task and task not in TASKS:
        raise UsageError(
            f"There is no task '{task[:40]}'.", where="--task", expected=" or ".join(TASKS), found=task[:40]
        )
    address, tree = _tree(path, progress, cancelled)
    names = names_in(options or {})
    tree = chosen(tree, names)
    possible = _possible(tree, address, layout, task)
    wishes = Wishes(target=target, task=task, options=dict(options or {}))
    taken, data, samples = None, DataSpec(), None
    problem: DataError | None = None
    for taken in possible:
        source = Source(kind=taken.kind, path=address, options=dict(options or {}))
        try:
            data, samples = taken.inspect(tree, source, wishes, progress=progress, cancelled=cancelled)
        except DataError as error:
            problem = problem or error
            continue
        break
    if samples is None or taken is None:
        raise problem or _nothing(tree)
    dataset = build_dataset(project_dir, data, samples, progress=progress, cancelled=cancelled)
    data = measure(dataset)
    source = msgspec.structs.replace(data.sources[0], fingerprint=samples.listing)
    if names:  # whatever else the layout made of the options
        source = msgspec.structs.replace(source, options={**source.options, FILES: list(names)})
    dataset.data = data = msgspec.structs.replace(data, sources=(source,))
    readings = [taken, *(other for other in possible if other is not taken)]
    return Found(
        data=data,
        samples=dataset.samples,
        dataset=dataset,
        description=_describe(taken, data, dataset),
        layouts=tuple(Reading(kind=item.kind, caption=item.caption) for item in readings),
        left_out=dataset.left_out,
        left_out_count=dataset.left_out_count,
    )


def _tree(path: Path | str, progress: Progress, cancelled: IsCancelled) -> tuple[str, FileTree]:
    """The path as a source keeps it, and the files there."""
    if layout_of_address(str(path)) is not None:
        return str(path), FileTree(root=Path(path), entries=[], left_out=LeftOutList())
    path = Path(path).expanduser().absolute()
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise DataError(
            "The path holds characters that cannot be kept in a project.",
            where=printable(str(path)),
            hint="Rename the file or folder.",
        ) from None
    return str(path), open_tree(path, progress=progress, cancelled=cancelled)


def _possible(tree: FileTree, address: str, layout: str, task: str) -> Sequence[Layout]:
    """The layouts to try, surest first: the one that was asked for, or all that match."""
    if layout:
        if layout not in [item.value for item in SourceKind]:
            raise UsageError(
                f"There is no way to read data called '{layout[:40]}'.",
                where="--layout",
                expected=", ".join(item.kind.value for item in LAYOUTS),
                found=layout[:40],
            )
        return [layout_of(SourceKind(layout))]
    named = layout_of_address(address)
    if named is not None:
        return [named]
    found = candidates(tree, task)
    if not found:
        raise _nothing(tree)
    return found


def refresh(
    project_dir: Path, data: DataSpec, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> DataSpec:
    """The data spec with its statistics measured anew: after its preparation, labels, split or files were changed.

    Classes that are known keep their order; those the files have since follow.
    """
    source = read_source(project_dir, data, progress=progress, cancelled=cancelled)
    return refreshed(project_dir, data, source, progress=progress, cancelled=cancelled)


def open_measured(
    project_dir: Path, data: DataSpec, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> Dataset:
    """The data set with its statistics as `refresh` measures them; its `data` says them.

    Where they are still those of the data spec, which is nearly always, the files are listed and read once.
    """
    try:
        dataset = open_dataset(project_dir, data, progress=progress, cancelled=cancelled)
        if remeasured(project_dir, dataset, progress=progress, cancelled=cancelled) is None:
            return dataset
    except DataError:
        pass  # what is known may not fit the files any more; if nothing does, it is said below
    data = refresh(project_dir, data, progress=progress, cancelled=cancelled)
    return open_dataset(project_dir, data, progress=progress, cancelled=cancelled)


def refreshed(
    project_dir: Path | None,
    data: DataSpec,
    source: Samples,
    *,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> DataSpec:
    """`refresh` for a source that has been read already."""
    fields = tuple(_with_all_classes(field, source, data.labelling_of(field.name)) for field in data.fields)
    data = msgspec.structs.replace(data, fields=fields)
    return measure(build_dataset(project_dir, data, source, progress=progress, cancelled=cancelled))


def remeasured(
    project_dir: Path | None, dataset: Dataset, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> SetMeasured | None:
    """The edit that takes in the statistics of an open data set as they are now; None when nothing has changed."""
    before = dataset.data
    fields = tuple(_with_all_classes(field, dataset.source, before.labelling_of(field.name)) for field in before.fields)
    if [field.statistics.classes for field in fields] != [field.statistics.classes for field in before.fields]:
        data = msgspec.structs.replace(before, fields=fields)
        again = reopened(dataset, project_dir, data, progress=progress, cancelled=cancelled)
        dataset = again or open_dataset(project_dir, data, progress=progress, cancelled=cancelled)
    changed = {
        new.name: new.statistics
        for old, new in zip(before.fields, measure(dataset).fields, strict=True)
        if new.role is not Role.IGNORED and new.statistics != old.statistics
    }
    return SetMeasured(statistics=changed) if changed else None


def _with_all_classes(field: Field, source: Samples, labelling: Labelling) -> Field:
    """So that no sample is left out for a class that was not there before."""
    column = source.columns.get(field.name)
    if field.kind not in WITH_CLASSES or field.role is Role.IGNORED:
        return field
    first = source.class_order.get(field.name, ())
    classes = field.statistics.classes or first
    if isinstance(column, Strings):
        known = msgspec.structs.replace(field, statistics=Statistics(classes=classes))
        classes = known_classes(column, known, labelling, first)
    return msgspec.structs.replace(field, statistics=Statistics(classes=classes))


def measure(dataset: Dataset) -> DataSpec:
    """The data spec of an open data set with the statistics of its train split."""
    train = dataset.split_numbers("train")
    fields: dict[str, Field] = {}
    for field in dataset.data.fields:
        if field.role is not Role.IGNORED:
            found = dataset.rows(field.name).measure(train, field, dataset.class_order(field.name))
            field = msgspec.structs.replace(field, statistics=found)
        fields[field.name] = field
    for name, other in layout_of(dataset.data.sources[0].kind).alike.items() if dataset.data.sources else ():
        one, model = fields.get(name), fields.get(other)
        if one is None or model is None or Role.IGNORED in (one.role, model.role) or one.kind is not model.kind:
            continue
        fields[name] = msgspec.structs.replace(one, statistics=model.statistics)
    return msgspec.structs.replace(dataset.data, fields=tuple(fields.values()))


def find_layout(tree: FileTree) -> SourceKind:
    """Which layout the files have. Raises DataError when none of those that can be read, saying what is there."""
    return _possible(tree, "", "", "")[0].kind


def _nothing(tree: FileTree) -> DataError:
    """Why none of the layouts fits, and what would."""
    name = tree.root.name or str(tree.root)
    if not tree.entries:
        first = tree.left_out.items[0] if tree.left_out.items else None
        return DataError(
            f"{name} is empty." if first is None else f"Nothing in {tree.root.name} can be read.",
            where=first.where if first else str(tree.root),
            found=first.reason if first else "no files",
            hint="Choose a folder of pictures (a folder for each class) or a CSV file.",
        )
    suffixes = [entry.suffix for entry in tree.entries]
    if any(suffix in SUFFIXES for suffix in suffixes):
        if len(tree.entries) == 1:
            return DataError(
                "One picture alone cannot be learned from.",
                where=str(tree.root),
                expected="a folder for each class with pictures in it",
                hint="Choose the folder that holds the class folders.",
            )
        return DataError(
            "The pictures lie side by side, so their classes are not known.",
            where=str(tree.root),
            expected="a folder for each class with pictures in it",
            found=", ".join(entry.name for entry in tree.entries[:4]),
            hint="Make a folder for each class and put its pictures into it.",
        )
    return DataError(
        f"Nothing in {name} can be learned from.",
        where=str(tree.root),
        expected="class folders of pictures, a CSV or TSV table, IDX files, an .npz file, a text file for each class",
        found=", ".join(sorted({suffix or "files without an ending" for suffix in suffixes})[:8]),
    )


def _describe(layout: Layout, data: DataSpec, dataset: Dataset) -> str:
    """What was found, in a sentence or two."""
    counts = dataset.counts
    split = f"{counts.train:,} to train, {counts.val:,} to check, {counts.test:,} to test"
    waiting = len(dataset.split_numbers("pool"))
    pool = f", {waiting:,} not labelled yet" if waiting else ""
    left = f" {dataset.left_out_count:,} could not be used." if dataset.left_out_count else ""
    return f"{layout.describe(data, dataset)}. {split}{pool}.{left}"
