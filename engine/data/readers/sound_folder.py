"""Folders of sound: the name of a recording's folder is its class, also below folders called train, val, test."""

import numpy as np

from engine.data.left_out import LeftOutList, printable
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.idx import LABEL
from engine.data.samples import NOT_SAID, Samples, split_of_name
from engine.data.sounds import FORMATS, SUFFIXES, SoundFiles, sounds_like
from engine.data.strings import Strings
from engine.errors import DataError

SOUND = "sound"

_BESIDE = frozenset(
    {".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html", ".pdf", ".doc", ".docx", ".py"}
)
"""Endings of files that lie beside recordings on purpose."""


def is_sound(entry: FileEntry, tree: FileTree) -> bool:
    """Whether a file means to be sound, by its ending, or by its first bytes where it has none that is known."""
    if entry.suffix in SUFFIXES:
        return True
    return not entry.suffix and sounds_like(tree.head(entry, 16))


def class_folders(tree: FileTree) -> int:
    """In how many class folders the recordings lie; 0 when most of them lie in none."""
    folders = [
        [part for part in entry.parts[:-1] if split_of_name(part) == NOT_SAID]
        for entry in tree.entries
        if entry.suffix in SUFFIXES
    ]
    inside = [names for names in folders if names]
    if len(inside) <= 0.5 * len(folders):
        return 0
    depth = _depth(inside)
    return len({names[depth] for names in inside if len(names) > depth})


def _depth(folders: list[list[str]]) -> int:
    """Which of a recording's folders names its class: the first in which recordings differ, below a common one."""
    depth = 0
    while True:
        here = [names[depth] for names in folders if len(names) > depth]
        deeper = sum(len(names) > depth + 1 for names in folders)
        if len(set(here)) != 1 or deeper < 0.5 * len(folders):
            return depth
        depth += 1


def read_sound_folder(tree: FileTree, *, progress: Progress = silent, cancelled: IsCancelled = never) -> Samples:
    """Recordings with the class from their folder. Fields: `sound`, `label` (category).

    What is no sound among them is left out by name; decoding is left to the cache. Raises DataError when there is no
    recording in a class folder.
    """
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    pace = Pace(len(tree.entries), "Looking at files", progress, cancelled)
    found: list[tuple[FileEntry, list[str], int]] = []
    for number, entry in enumerate(tree.entries):
        pace.at(number)
        folders = entry.parts[:-1]
        names = [part for part in folders if split_of_name(part) == NOT_SAID]
        if not is_sound(entry, tree):
            if names and entry.suffix not in _BESIDE:
                left_out.add(entry.name, "It is not sound.")
        elif entry.size == 0:
            left_out.add(entry.name, "The file is empty.")
        elif not names:
            left_out.add(entry.name, "It lies in no class folder, so its class is not known.")
        else:
            split = next((split_of_name(part) for part in folders if split_of_name(part) != NOT_SAID), NOT_SAID)
            found.append((entry, names, split))
    depth = _depth([names for _, names, _ in found])
    entries: list[FileEntry] = []
    labels: list[str] = []
    given: list[int] = []
    for entry, names, split in found:
        if len(names) <= depth:
            left_out.add(entry.name, "It lies in no class folder, so its class is not known.")
            continue
        entries.append(entry)
        labels.append(printable(names[depth], 120))
        given.append(split)
    if not entries:
        raise DataError(
            "There are no recordings in class folders here.",
            where=str(tree.root),
            expected=f"one folder for each class with recordings in it ({', '.join(FORMATS)})",
            found=", ".join(entry.name for entry in tree.entries[:5]) or "no files",
            hint="Make a folder for each class and put its recordings into it.",
        )
    splits = np.array(given, np.int8)
    return Samples(
        count=len(entries),
        columns={SOUND: SoundFiles(tree, entries), LABEL: Strings.of(labels)},
        name=lambda index: entries[index].name,
        given=None if (splits == NOT_SAID).all() else splits,
        left_out=left_out,
        listing=tree.listing(),
    )
