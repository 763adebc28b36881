"""Finding out what a path holds: the layout, the fields and their kinds, what to learn, and what cannot be used."""

import random
import statistics as numeric
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from engine.data import statistics
from engine.data.dataset import Dataset, PictureRows, build_dataset, open_dataset
from engine.data.left_out import printable
from engine.data.pictures import SUFFIXES, decode
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.columns import Content, Guess, guess_column
from engine.data.readers.files import FileTree, open_tree
from engine.data.readers.idx import LABEL, PIXELS, looks_like_idx
from engine.data.readers.image_folder import PictureFiles, class_depth, read_image_folder
from engine.data.readers.npz import VALUES
from engine.data.readers.table import SUFFIXES as TABLE_SUFFIXES
from engine.data.readers.table import Table, load_tables, samples_of
from engine.data.readers.text_lines import TEXT, text_entries
from engine.data.samples import PictureArray, Samples
from engine.data.sources import read_source
from engine.data.strings import Strings
from engine.document.data_spec import (
    DataSpec,
    Field,
    FieldKind,
    Role,
    Source,
    SourceKind,
    Split,
    SplitMethod,
    Statistics,
    Step,
)
from engine.document.graph import Value
from engine.errors import DataError, UsageError
from engine.protocol.messages import LeftOut

TASKS = ("classification", "regression")
_MOST_TARGET_CLASSES = 20
_TARGET_NAMES = (
    *("target", "label", "class", "y", "species", "outcome", "category", "diagnosis", "survived", "churn"),
    *("quality", "rating", "sentiment", "result", "type", "price"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a path holds: a data spec that can be trained on, how many samples, and a sentence about it."""

    data: DataSpec
    samples: int
    description: str
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0


def inspect(
    path: Path | str,
    target: str = "",
    task: str = "",
    *,
    project_dir: Path | None = None,
    progress: Progress = silent,
    cancelled: IsCancelled = never,
) -> Found:
    """Read a folder, file or archive, find out its layout and describe it.

    `target` names the field to learn, `task` is "classification" or "regression"; both are guessed when empty.
    Pictures are decoded once, into a cache that opening the project finds again. Raises DataError when there is
    nothing to learn from, UsageError for an unknown task.
    """
    if task and task not in TASKS:
        raise UsageError(
            f"There is no task '{task[:40]}'.", where="--task", expected=" or ".join(TASKS), found=task[:40]
        )
    path = Path(path).expanduser().absolute()
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise DataError(
            "The path holds characters that cannot be kept in a project.",
            where=printable(str(path)),
            hint="Rename the file or folder.",
        ) from None
    tree = open_tree(path, progress=progress, cancelled=cancelled)
    kind = find_layout(tree)
    source = Source(kind=kind, path=str(path))
    if kind is SourceKind.TABLE:
        data, samples = _inspect_table(tree, source, target, task, progress, cancelled)
    else:
        data, samples = _inspect_media(tree, source, target, task, progress, cancelled)
    dataset = build_dataset(project_dir, data, samples, progress=progress, cancelled=cancelled)
    data = measure(dataset)
    source = msgspec.structs.replace(data.sources[0], fingerprint=samples.listing)
    return Found(
        data=msgspec.structs.replace(data, sources=(source,)),
        samples=dataset.samples,
        description=_describe(kind, data, dataset),
        left_out=dataset.left_out,
        left_out_count=dataset.left_out_count,
    )


def refresh(
    project_dir: Path, data: DataSpec, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> DataSpec:
    """The data spec with its statistics measured anew: after its preparation, split or files were changed."""
    bare = msgspec.structs.replace(data, fields=tuple(_without_classes(field) for field in data.fields))
    return measure(open_dataset(project_dir, bare, progress=progress, cancelled=cancelled))


def _without_classes(field: Field) -> Field:
    """So that no sample is left out for a class that was not there before."""
    return msgspec.structs.replace(field, statistics=msgspec.structs.replace(field.statistics, classes=(), counts=()))


def measure(dataset: Dataset) -> DataSpec:
    """The data spec of an open data set with the statistics of its train split."""
    train = dataset.split_numbers("train")
    fields: list[Field] = []
    for field in dataset.data.fields:
        if field.role is Role.IGNORED:
            fields.append(field)
            continue
        values = dataset.values(field.name)
        found: Statistics
        if isinstance(values, PictureRows):
            sizes = values.sizes
            shape = tuple(
                int(sizes[0, axis]) if bool((sizes[:, axis] == sizes[0, axis]).all()) else None for axis in range(3)
            )
            found = statistics.measure_pictures(values.pixels, values.rows[train], shape)
        elif isinstance(values, Strings):
            if field.kind is FieldKind.CATEGORY:
                found = statistics.measure_category(values, train, dataset.class_order(field.name))
            else:
                found = statistics.measure_text(values, train, field)
        else:
            found = statistics.measure_numbers(values[train])
        fields.append(msgspec.structs.replace(field, statistics=found))
    return msgspec.structs.replace(dataset.data, fields=tuple(fields))


def find_layout(tree: FileTree) -> SourceKind:
    """Which layout the files have. Raises DataError when none of those that can be read, saying what is there."""
    if not tree.entries:
        first = tree.left_out.items[0] if tree.left_out.items else None
        raise DataError(
            f"{tree.root.name or tree.root} is empty."
            if first is None
            else f"Nothing in {tree.root.name} can be read.",
            where=first.where if first else str(tree.root),
            found=first.reason if first else "no files",
            hint="Choose a folder of pictures (a folder for each class) or a CSV file.",
        )
    suffixes = [entry.suffix for entry in tree.entries]
    if any(looks_like_idx(tree.head(entry)) for entry in tree.entries[:200] if entry.suffix not in SUFFIXES):
        return SourceKind.IDX
    if ".npz" in suffixes:
        return SourceKind.NPZ
    pictures = sum(suffix in SUFFIXES for suffix in suffixes)
    if pictures:
        if len(tree.entries) == 1:
            raise DataError(
                "One picture alone cannot be learned from.",
                where=str(tree.root),
                expected="a folder for each class with pictures in it",
                hint="Choose the folder that holds the class folders.",
            )
        if class_depth(tree) is not None:
            return SourceKind.IMAGE_FOLDER
    tables = sum(suffix in TABLE_SUFFIXES[:3] for suffix in suffixes)
    if tables and not pictures:
        return SourceKind.TABLE
    texts = [entry for entry in text_entries(tree) if not tree.head(entry).count(b"\0")]
    if len(texts) >= 2 and not pictures:
        return SourceKind.TEXT_LINES
    if len(tree.entries) == 1 or (len(texts) == 1 and not pictures):
        return SourceKind.TABLE
    if pictures:
        raise DataError(
            "The pictures lie side by side, so their classes are not known.",
            where=str(tree.root),
            expected="a folder for each class with pictures in it",
            found=", ".join(entry.name for entry in tree.entries[:4]),
            hint="Make a folder for each class and put its pictures into it.",
        )
    raise DataError(
        f"Nothing in {tree.root.name or tree.root} can be learned from.",
        where=str(tree.root),
        expected="class folders of pictures, a CSV or TSV table, IDX files, an .npz file, a text file for each class",
        found=", ".join(sorted({suffix or "files without an ending" for suffix in suffixes})[:8]),
    )


# Pictures, arrays, text ----------------------------------------------------------------------------------------------


def _inspect_media(
    tree: FileTree, source: Source, target: str, task: str, progress: Progress, cancelled: IsCancelled
) -> tuple[DataSpec, Samples]:
    if source.kind is SourceKind.IMAGE_FOLDER:
        samples = read_image_folder(tree, source, progress=progress, cancelled=cancelled)
    else:
        samples = read_source(None, DataSpec(sources=(source,)), progress=progress, cancelled=cancelled)
    fields = [_media_field(name, samples) for name in samples.columns if name != LABEL]
    if LABEL in samples.columns:
        fields.append(_target_field(LABEL, samples, task))
    names = [field.name for field in fields]
    if target and target not in names:
        raise _no_target(target, names, tree)
    if target and target != LABEL:
        fields = [_as_target(field) if field.name == target else _as_input(field) for field in fields]
    if not any(field.role is Role.TARGET for field in fields):
        raise DataError(
            "There is nothing to learn here: the data has no labels.",
            where=str(tree.root),
            expected="labels (an array y or labels)",
            found=", ".join(names),
        )
    labels = samples.columns.get(LABEL)
    if isinstance(labels, Strings) and len(labels.values) == 1:
        raise DataError(
            f"There is only one class, {labels.values[0]}.",
            where=str(tree.root),
            expected="two classes or more",
            found=labels.values[0],
            hint="Add a folder for each further class."
            if source.kind is SourceKind.IMAGE_FOLDER
            else "Add more classes.",
        )
    if source.kind is SourceKind.IMAGE_FOLDER and isinstance(labels, Strings):
        low = {name.lower() for name in labels.values}
        if low & {"masks", "mask", "annotations", "labels"} and low & {
            "images",
            "image",
            "img",
            "pictures",
            "jpegimages",
        }:
            raise DataError(
                "These look like pictures with masks or drawn labels, which cannot be learned yet.",
                where=str(tree.root),
                expected="a folder for each class with pictures in it",
                found=", ".join(sorted(labels.values)[:6]),
            )
    return DataSpec(sources=(source,), fields=tuple(fields), split=_split(samples, fields)), samples


def _split(samples: Samples, fields: Sequence[Field]) -> Split:
    if samples.given is not None:
        return Split(method=SplitMethod.GIVEN)
    categories = any(field.role is Role.TARGET and field.kind is FieldKind.CATEGORY for field in fields)
    return Split(method=SplitMethod.STRATIFIED if categories else SplitMethod.RANDOM)


def _no_target(target: str, names: Sequence[str], tree: FileTree) -> DataError:
    return DataError(
        f"There is no column '{target[:80]}' to learn.",
        where=tree.root.name,
        expected=", ".join(list(names)[:20]),
        found=target[:80],
        hint="Choose one of those named.",
    )


def _media_field(name: str, samples: Samples) -> Field:
    column = samples.columns[name]
    if name == PIXELS:
        return _picture_field(samples)
    if isinstance(column, Strings):
        return _text_field(TEXT, column)
    shape = column.shape[1:] if isinstance(column, np.ndarray) else ()
    steps = (Step(type="FillMissing"), Step(type="Standardize"))
    return Field(name=name, kind=FieldKind.ARRAY if name == VALUES or shape else FieldKind.NUMBER, preparation=steps)


def _target_field(name: str, samples: Samples, task: str) -> Field:
    column = samples.columns[name]
    if isinstance(column, np.ndarray):
        if task == "classification":
            raise DataError(f"{name} holds numbers, not classes.", where=name, expected="whole numbers or text")
        return _number_target(name)
    if task == "regression" and isinstance(column, Strings):
        try:
            numbers = np.array([float(text) for text in column.values], np.float32)
        except ValueError:
            raise DataError(
                f"{name} cannot be learned as a number.",
                where=name,
                expected="numbers",
                found=", ".join(column.values[:5]),
            ) from None
        samples.columns[name] = numbers[column.codes]
        return _number_target(name)
    return Field(name=name, kind=FieldKind.CATEGORY, role=Role.TARGET, preparation=(Step(type="ClassIndex"),))


def _number_target(name: str) -> Field:
    return Field(name=name, kind=FieldKind.NUMBER, role=Role.TARGET, preparation=(Step(type="Standardize"),))


def _as_target(field: Field) -> Field:
    if field.kind is FieldKind.NUMBER:
        return _number_target(field.name)
    if field.kind is FieldKind.CATEGORY:
        return Field(name=field.name, kind=field.kind, role=Role.TARGET, preparation=(Step(type="ClassIndex"),))
    raise DataError(
        f"The field '{field.name}' cannot be learned yet.",
        where=field.name,
        expected="a category or a number",
        found=field.kind.value,
    )


def _as_input(field: Field) -> Field:
    if field.role is not Role.TARGET:
        return field
    steps = (Step(type="OneHot"),) if field.kind is FieldKind.CATEGORY else _NUMBER_STEPS
    return Field(name=field.name, kind=field.kind, preparation=steps)


_NUMBER_STEPS = (Step(type="FillMissing"), Step(type="Standardize"))


def _picture_field(samples: Samples) -> Field:
    """Size and colours from a look at some of the pictures; augmentation that suits them."""
    column = samples.columns[PIXELS]
    if isinstance(column, PictureArray):
        height, width, channels = column.array.shape[1:]
        gray = channels <= 2
        fit: tuple[int, int] = (int(height), int(width))
    else:
        assert isinstance(column, PictureFiles)
        sizes, gray = _look(column)
        height = round(numeric.median(size[0] for size in sizes))
        width = round(numeric.median(size[1] for size in sizes))
        alike = len(set(sizes)) == 1
        fit = _fitting_size(height, width, len(column), alike)
    steps = (
        Step(type="Channels", attributes={"mode": "gray" if gray else "rgb"}),
        Step(type="Resize", attributes={"height": fit[0], "width": fit[1]}),
        Step(type="Scale"),
        Step(type="Normalize"),
    )
    labels = samples.columns.get(LABEL)
    words = isinstance(labels, Strings) and numeric.fmean(map(len, labels.values)) > 2
    # Digits and letters must not be mirrored. Stronger changes are left to the user, since the few epochs
    # of a first run are too short for them to pay.
    change = Step(type="RandomFlip") if words else Step(type="RandomShift", attributes={"fraction": 0.05})
    augmentation = (change,)
    return Field(name=PIXELS, kind=FieldKind.IMAGE, preparation=steps, augmentation=augmentation)


def _look(pictures: PictureFiles) -> tuple[list[tuple[int, int]], bool]:
    """Sizes (height, width) of up to 120 pictures, and whether all are grey. Those that cannot be read do not count."""
    chosen = random.Random(7).sample(range(len(pictures)), min(120, len(pictures)))
    sizes: list[tuple[int, int]] = []
    gray = True
    problem: DataError | None = None
    for index in chosen if len(pictures) > 120 else range(len(pictures)):
        try:
            picture = decode(pictures.tree.read(pictures.entries[index]), pictures.entries[index].name)
        except DataError as error:
            problem = error
            continue
        sizes.append((picture.shape[0], picture.shape[1]))
        if picture.shape[2] > 2 and gray:
            thin = picture[::4, ::4, :3].astype(np.int16)
            gray = (
                int(np.abs(thin[..., 0] - thin[..., 1]).max()) <= 2
                and int(np.abs(thin[..., 1] - thin[..., 2]).max()) <= 2
            )
    if not sizes:
        raise DataError(
            "None of the pictures can be read.",
            where=problem.where if problem else "",
            found=problem.message if problem else "",
            hint="Look at the files: are they complete, and are they pictures?",
        )
    return sizes, gray


def _fitting_size(height: int, width: int, count: int, alike: bool) -> tuple[int, int]:
    """Height and width for the network: near the usual picture, small enough that two cores train in minutes."""
    cap = 64 if count <= 15000 else 48 if count <= 40000 else 32
    longest = max(height, width)
    if alike and longest <= cap:
        return height, width
    scale = min(1.0, cap / longest)
    ratio = height / width
    if 0.8 <= ratio <= 1.25:
        side = max(8, round(longest * scale / 8) * 8)
        return side, side
    ratio = min(2.0, max(0.5, ratio))
    long, short = longest * scale, longest * scale * min(ratio, 1 / ratio)
    sides = max(8, round(long / 8) * 8), max(8, round(short / 8) * 8)
    return sides if ratio > 1 else (sides[1], sides[0])


def _text_field(name: str, column: Strings) -> Field:
    """Characters for names and codes, words for sentences; long enough for nearly all."""
    from engine.data.preparation.text import WORD_PATTERN

    texts = [text for text in column.values if text][:20_000]
    words = np.array([len(text.split()) for text in texts] or [1])
    if float(np.median(words)) <= 2.5:
        lengths = np.array([len(text) for text in texts] or [1])
        length = int(min(128, max(4, np.percentile(lengths, 99.5))))
        return Field(
            name=name, kind=FieldKind.TEXT, preparation=(Step(type="Characters", attributes={"length": length}),)
        )
    import re

    pattern = re.compile(WORD_PATTERN)
    counts = np.array([len(pattern.findall(text)) for text in texts])
    length = int(min(256, max(4, np.percentile(counts, 97))))
    return Field(name=name, kind=FieldKind.TEXT, preparation=(Step(type="Words", attributes={"length": length}),))


# Tables --------------------------------------------------------------------------------------------------------------


def _inspect_table(
    tree: FileTree, source: Source, target: str, task: str, progress: Progress, cancelled: IsCancelled
) -> tuple[DataSpec, Samples]:
    tables, left_out = load_tables(tree, source.options, progress=progress, cancelled=cancelled)
    table = tables[0][0]
    guesses = {
        name: guess_column(name, column, table.dialect.decimal, table.marks) for name, column in table.columns.items()
    }
    chosen = _choose_target(table, guesses, target, tree)
    fields = [
        _table_target(name, table, guess, task) if name == chosen else _table_input(name, table, guess)
        for name, guess in guesses.items()
    ]
    if not any(field.role is Role.INPUT for field in fields):
        fields = [_last_resort(field, table, guesses[field.name]) for field in fields]
    if not any(field.role is Role.INPUT for field in fields):
        raise DataError(
            f"There is no column to learn {chosen} from.",
            where=table.where,
            expected="at least one column of numbers, categories or text besides",
            found=", ".join(f"{name} ({guess.content.value})" for name, guess in list(guesses.items())[:8]),
        )
    options: dict[str, Value] = table.options()
    if len(tables) > 1:
        # What was found out about the first table need not hold for the others' title lines and marks.
        options = {name: value for name, value in options.items() if name in ("delimiter", "decimal", "header")}
    source = msgspec.structs.replace(source, options=options)
    samples = samples_of(tables, left_out, fields, tree.listing())
    for name, guess in guesses.items():
        if guess.note:
            use = " and is not used" if any(f.name == name and f.role is Role.IGNORED for f in fields) else ""
            samples.notes.add(f"{table.where}, column {name}", f"Column {name}: {guess.note}{use}.")
    return DataSpec(sources=(source,), fields=tuple(fields), split=_split(samples, fields)), samples


def _choose_target(table: Table, guesses: dict[str, Guess], wanted: str, tree: FileTree) -> str:
    """The column to learn: the one that was named, else one with a telling name, else the last that can be learned."""
    if wanted:
        same = [name for name in guesses if name == wanted] or [n for n in guesses if n.casefold() == wanted.casefold()]
        if len(same) != 1:
            raise _no_target(wanted, list(guesses), tree)
        if guesses[same[0]].content is Content.EMPTY:
            raise DataError(f"The column {same[0]} is empty.", where=f"{table.where}, column {same[0]}")
        return same[0]
    usable = [
        name
        for name, guess in guesses.items()
        if guess.content in (Content.CATEGORY, Content.NUMBER) and guess.distinct > 1
    ]
    if not usable:
        raise DataError(
            f"No column of {table.where} can be learned.",
            where=table.where,
            expected="a column of categories or numbers with more than one value",
            found=", ".join(f"{name} ({guess.content.value})" for name, guess in list(guesses.items())[:8]),
            hint="Name the column to learn.",
        )
    by_lower = {name.casefold(): name for name in usable}
    for telling in _TARGET_NAMES:
        if telling in by_lower:
            return by_lower[telling]
    last = usable[-1]
    if guesses[last].content is Content.CATEGORY or guesses[last].distinct <= _MOST_TARGET_CLASSES:
        return last
    categories = [name for name in usable if guesses[name].content is Content.CATEGORY]
    return categories[-1] if categories and usable.index(last) != len(usable) - 1 else last


def _table_target(name: str, table: Table, guess: Guess, task: str) -> Field:
    where = f"{table.where}, column {name}"
    few = guess.content is Content.NUMBER and guess.whole and guess.distinct <= _MOST_TARGET_CLASSES // 2
    if task == "regression" or (not task and guess.content is Content.NUMBER and not few):
        if guess.content is not Content.NUMBER:
            raise DataError(
                f"The column {name} does not hold numbers, so it cannot be learned as one.",
                where=where,
                expected="numbers",
                found=guess.content.value,
                hint="Learn it as a class, or choose another column.",
            )
        return _number_target(name)
    if guess.distinct < 2:
        raise DataError(
            f"The column {name} has only one value.",
            where=where,
            expected="two classes or more",
            hint="Choose another column.",
        )
    if guess.distinct > 1000 or (guess.distinct > 0.5 * len(table.lines) and guess.distinct > _MOST_TARGET_CLASSES):
        raise DataError(
            f"The column {name} has {guess.distinct:,} different values, too many for classes.",
            where=where,
            expected="up to 1,000 classes, several rows each",
            found=f"{guess.distinct:,}",
            hint="Choose another column to learn.",
        )
    return Field(name=name, kind=FieldKind.CATEGORY, role=Role.TARGET, preparation=(Step(type="ClassIndex"),))


def _table_input(name: str, table: Table, guess: Guess) -> Field:
    if guess.content is Content.NUMBER:
        return Field(name=name, kind=FieldKind.NUMBER, preparation=_NUMBER_STEPS)
    if guess.content is Content.CATEGORY:
        return Field(name=name, kind=FieldKind.CATEGORY, preparation=(Step(type="OneHot"),))
    if guess.content is Content.TEXT:
        return _text_field(name, Strings.of(table.columns[name].str.strip_chars().to_list()))
    return Field(name=name, kind=FieldKind.TEXT, role=Role.IGNORED)


def _last_resort(field: Field, table: Table, guess: Guess) -> Field:
    """A column that would be left aside, when there is no other to learn from: a numbering as number, names as text."""
    if field.role is not Role.IGNORED or guess.content not in (Content.ID, Content.TEXT):
        return field
    if guess.whole:
        return Field(name=field.name, kind=FieldKind.NUMBER, preparation=_NUMBER_STEPS)
    return _text_field(field.name, Strings.of(table.columns[field.name].str.strip_chars().to_list()))


# In words ------------------------------------------------------------------------------------------------------------


def _describe(kind: SourceKind, data: DataSpec, dataset: Dataset) -> str:
    """What was found, in a sentence or two."""
    counts = dataset.counts
    target = data.targets()[0]
    classes = target.statistics.classes
    goal = f"{len(classes)} classes of {target.name}" if classes else f"the number {target.name}"
    if kind in (SourceKind.IMAGE_FOLDER, SourceKind.IDX):
        what = f"{dataset.samples:,} pictures in {len(classes)} classes"
    elif kind is SourceKind.TEXT_LINES:
        what = f"{dataset.samples:,} lines of text in {len(classes)} classes"
    elif kind is SourceKind.TABLE:
        inputs = len(data.inputs())
        ignored = sum(field.role is Role.IGNORED for field in data.fields)
        what = f"A table of {dataset.samples:,} rows: {goal} from {inputs} column{'s' if inputs != 1 else ''}"
        if ignored:
            what += f", {ignored} left aside"
    else:
        what = f"{dataset.samples:,} samples: {goal}"
    split = f"{counts.train:,} to train, {counts.val:,} to check, {counts.test:,} to test"
    left = f" {dataset.left_out_count:,} could not be used." if dataset.left_out_count else ""
    return f"{what}. {split}.{left}"
