"""Text as lines: one file a class, one sample a line."""

from pathlib import PurePosixPath

import numpy as np

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.idx import LABEL
from engine.data.readers.sniffing import decode_table
from engine.data.samples import NOT_SAID, Samples, split_of_name
from engine.data.strings import Strings
from engine.document.data_spec import Source
from engine.errors import Cancelled, DataError

TEXT = "text"
MAX_BYTES = 256 << 20
_ABOUT = ("readme", "license", "licence", "copying", "changelog", "about", "_about", "notice", "classes", "labels")
_OTHERS = frozenset(
    {
        *(".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".md", ".rst", ".html", ".htm", ".py", ".js", ".pdf"),
        *(".png", ".jpg", ".jpeg", ".gif", ".npz", ".npy", ".wav", ".ini", ".cfg", ".log", ".gz", ".zip"),
    }
)


def text_entries(tree: FileTree) -> list[FileEntry]:
    """Files that may hold samples: of a text-like ending, and not about the data."""
    return [
        entry
        for entry in tree.entries
        if entry.suffix not in _OTHERS and PurePosixPath(entry.parts[-1]).stem.lower() not in _ABOUT
    ]


def _class_names(entries: list[FileEntry]) -> list[str]:
    """The part of each name that tells the files apart: the stem, or the ending of rt-polarity.neg and rt-polarity.pos.

    Below a split folder the file counts, in a folder of its own the folder.
    """
    stems = [PurePosixPath(entry.parts[-1]).stem for entry in entries]
    flat = [entry for entry in entries if all(split_of_name(part) != NOT_SAID for part in entry.parts[:-1])]
    if len(flat) == len(entries) and len(set(stems)) == 1 and len({entry.suffix for entry in entries}) > 1:
        return [entry.suffix.lstrip(".") or stem for entry, stem in zip(entries, stems, strict=True)]
    names = []
    for entry, stem in zip(entries, stems, strict=True):
        folders = [part for part in entry.parts[:-1] if split_of_name(part) == NOT_SAID]
        names.append(printable(folders[0] if folders else stem, 120))
    return names


def read_text_lines(
    tree: FileTree, source: Source, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> Samples:
    """Lines with the class from the name of their file. Fields: `text`, `label` (category). Blank lines do not count.

    A file that is no text is left out by name. Raises DataError when there are fewer than two files of text.
    """
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    entries = text_entries(tree)
    lines: list[str] = []
    labels: list[str] = []
    given: list[int] = []
    notes = LeftOutList()
    starts: list[int] = []
    numbers: list[int] = []
    used: list[FileEntry] = []
    encoding = source.options.get("encoding")
    for number, (entry, label) in enumerate(zip(entries, _class_names(entries), strict=True)):
        if cancelled():
            raise Cancelled
        progress(number / len(entries), f"Reading {entry.name}")
        try:
            text, _, remarks = decode_table(
                tree.read(entry, MAX_BYTES), entry.name, encoding if isinstance(encoding, str) else ""
            )
        except DataError as error:
            left_out.add(entry.name, error.message)
            continue
        for place, sentence in remarks:
            notes.add(place, sentence)
        split = next((split_of_name(part) for part in entry.parts[:-1] if split_of_name(part) != NOT_SAID), NOT_SAID)
        starts.append(len(lines))
        used.append(entry)
        for position, line in enumerate(text.split("\n"), 1):
            line = line.strip()
            if line:
                lines.append(line)
                labels.append(label)
                given.append(split)
                numbers.append(position)
    if not lines:
        raise DataError(
            "There is no text here.",
            where=str(tree.root),
            expected="one text file for each class, one sample a line",
            found=left_out.items[0].reason if left_out.items else "no files of text",
        )

    def name(index: int) -> str:
        part = int(np.searchsorted(starts, index, side="right")) - 1
        return f"{used[part].name}, line {numbers[index]}"

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
