"""Text with a class: a file for each class with a sample a line, lines that name their class, or a file a sample."""

import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import PurePosixPath

import numpy as np

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.idx import LABEL
from engine.data.readers.text_files import (
    Look,
    look,
    nothing_here,
    read_text,
    split_of_entry,
    text_entries,
    texts_alone,
    without_tags,
)
from engine.data.samples import NOT_SAID, Samples, split_of_name
from engine.data.strings import Strings
from engine.document.data_spec import Source
from engine.errors import Cancelled, DataError

__all__ = ["TEXT", "Form", "form_of", "read_text_lines", "text_entries"]

TEXT = "text"
_FASTTEXT = re.compile(r"\s*__label__(\S+)\s+(.*)\Z", re.DOTALL)
_MOST_CLASSES = 100


class Form(StrEnum):
    """Where the class of a text stands."""

    FILES = "files"  # in the name of its file, a sample a line
    FOLDERS = "folders"  # in the name of its folder, a sample a file
    MARKED = "marked"  # in the line: __label__good It works.
    BEFORE = "before"  # in the line, before a tab
    AFTER = "after"  # in the line, behind a tab


def form_of(tree: FileTree) -> Form | None:
    """Where the classes stand; None where nothing speaks for any."""
    entries = texts_alone(tree)
    if not entries:
        return None
    if len({split_of_entry(entry) for entry in entries}) == len(entries):  # one file, or one for each split
        looks = [look(tree, entry) for entry in entries]
        return next((form for form in (_labelled(item) for item in looks) if form is not None), None)
    if len(entries) < 2:
        return None
    folders = Counter(name for entry, name in zip(entries, _class_names(entries), strict=True) if _folders(entry))
    if len(folders) > 1 and sum(folders.values()) == len(entries) and min(folders.values()) > 1:
        return Form.FOLDERS
    return Form.FILES


def _labelled(item: Look) -> Form | None:
    """The form of lines that name their class."""
    lines = item.filled
    if len(lines) < 2:
        return None
    if sum(_FASTTEXT.match(line) is not None for line in lines) >= 0.95 * len(lines):
        return Form.MARKED
    rows = item.columns("\t")
    if rows and len(rows[0]) == 2:
        for form, column, other in ((Form.BEFORE, 0, 1), (Form.AFTER, 1, 0)):
            labels = Counter(row[column].strip() for row in rows)
            texts = {row[other] for row in rows}
            # A class has a name of a word or two; sentences that come again and again have not.
            short = all(len(label) <= 40 and len(label.split()) <= 3 for label in labels)
            if short and 2 <= len(labels) <= min(_MOST_CLASSES, 0.2 * len(rows) + 2) and len(texts) > 3 * len(labels):
                return form
    return None


def _folders(entry: FileEntry) -> list[str]:
    return [part for part in entry.parts[:-1] if split_of_name(part) == NOT_SAID]


def _class_names(entries: list[FileEntry]) -> list[str]:
    """The part of each name that tells the files apart: the stem, or the ending of rt-polarity.neg and rt-polarity.pos.

    Below a split folder the file counts, in a folder of its own the folder.
    """
    stems = [PurePosixPath(entry.parts[-1]).stem for entry in entries]
    flat = [entry for entry in entries if not _folders(entry)]
    if len(flat) == len(entries) and len(set(stems)) == 1 and len({entry.suffix for entry in entries}) > 1:
        return [entry.suffix.lstrip(".") or stem for entry, stem in zip(entries, stems, strict=True)]
    return [printable((_folders(entry) or [stem])[0], 120) for entry, stem in zip(entries, stems, strict=True)]


def read_text_lines(
    tree: FileTree, source: Source, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> Samples:
    """Texts with their class. Fields: `text`, `label` (category). Blank lines do not count; a tag around each is gone.

    The source's option `form` says where classes stand; without it, that is found out. A file that is no text is left
    out by name. Raises DataError when there is none.
    """
    left_out, notes = LeftOutList(), LeftOutList()
    left_out.extend(tree.left_out)
    wanted = source.options.get("form")
    form = Form(wanted) if isinstance(wanted, str) and wanted in list(Form) else form_of(tree) or Form.FILES
    entries = text_entries(tree)
    lines: list[str] = []
    labels: list[str] = []
    given: list[int] = []
    starts: list[int] = []
    numbers: list[int] = []
    used: list[FileEntry] = []
    for number, (entry, label) in enumerate(zip(entries, _class_names(entries), strict=True)):
        if cancelled():
            raise Cancelled
        progress(number / len(entries), f"Reading {entry.name}")
        try:
            text = read_text(tree, entry, source, notes)
        except DataError as error:
            left_out.add(entry.name, error.message)
            continue
        split = split_of_entry(entry) if form in _IN_LINES else _split_above(entry)
        starts.append(len(lines))
        used.append(entry)
        found = _samples(text, form, label, entry, left_out)
        for position, line, said in found:
            lines.append(line)
            labels.append(said)
            given.append(split)
            numbers.append(position)
    if not lines:
        raise nothing_here(tree, left_out, "one text file for each class, one sample a line")
    whole = form is Form.FOLDERS

    def name(index: int) -> str:
        part = int(np.searchsorted(starts, index, side="right")) - 1
        return used[part].name if whole else f"{used[part].name}, line {numbers[index]}"

    splits = np.array(given, np.int8)
    return Samples(
        count=len(lines),
        columns={TEXT: Strings.of(lines), LABEL: Strings.of(labels)},
        name=name,
        given=None if (splits == NOT_SAID).all() else splits,
        left_out=left_out,
        notes=notes,
        listing=tree.listing(),
    )


_IN_LINES = (Form.MARKED, Form.BEFORE, Form.AFTER)


def _split_above(entry: FileEntry) -> int:
    return next((split_of_name(part) for part in entry.parts[:-1] if split_of_name(part) != NOT_SAID), NOT_SAID)


def _samples(
    text: str, form: Form, label: str, entry: FileEntry, left_out: LeftOutList
) -> Iterable[tuple[int, str, str]]:
    """The samples of a file: number of the line, text, class."""
    if form is Form.FOLDERS:
        return [(1, text.strip(), label)] if text.strip() else []
    places = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if form is Form.FILES:
        plain = without_tags([line for _, line in places])
        return [(number, line, label) for (number, _), line in zip(places, plain, strict=True) if line]
    found: list[tuple[int, str, str]] = []
    for number, line in places:
        said = _said(line, form)
        if said is None:
            left_out.add(f"{entry.name}, line {number}", "The line names no class.")
        else:
            found.append((number, *said))
    return found


def _said(line: str, form: Form) -> tuple[str, str] | None:
    """Text and class of a line that names its class."""
    if form is Form.MARKED:
        match = _FASTTEXT.match(line)
        return (match.group(2).strip(), match.group(1)) if match is not None and match.group(2).strip() else None
    first, tab, second = line.partition("\t") if form is Form.BEFORE else line.rpartition("\t")
    label, text = (first, second) if form is Form.BEFORE else (second, first)
    return (text.strip(), label.strip()) if tab and label.strip() and text.strip() else None
