"""Pictures or sound side by side: the class from a pattern of the names, or none yet."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.data.left_out import LeftOutList, printable
from engine.data.pictures import SUFFIXES as PICTURES
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.idx import PIXELS
from engine.data.readers.image_folder import PictureFiles, note_moving
from engine.data.readers.sound_folder import SOUND
from engine.data.samples import NOT_SAID, Samples, split_of_name
from engine.data.sounds import SUFFIXES as SOUNDS
from engine.data.sounds import SoundFiles
from engine.data.strings import Strings
from engine.document.name_patterns import LABEL, Pattern, guess_pattern, read_pattern, stem_of
from engine.errors import DataError

PATTERN: Final = "pattern"
"""The option of a source that holds the pattern."""
_LOOKED_AT: Final = 5000
"""Names that a pattern is guessed from, spread evenly over all."""
_BESIDE = frozenset(
    {".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html", ".pdf", ".py", ""}
)


@dataclass(frozen=True, slots=True)
class MediaFiles:
    """The files of a tree that are samples, all of one kind, and what else lies there."""

    entries: list[FileEntry]
    are_sounds: bool
    others: list[FileEntry]


def media_files(tree: FileTree) -> MediaFiles:
    """The pictures of a tree, or its sounds where those are more."""
    pictures = [entry for entry in tree.entries if entry.suffix in PICTURES]
    sounds = [entry for entry in tree.entries if entry.suffix in SOUNDS]
    chosen = sounds if len(sounds) > len(pictures) else pictures
    taken = set(chosen)
    others = [entry for entry in tree.entries if entry not in taken and entry.suffix not in _BESIDE]
    return MediaFiles(chosen, chosen is sounds and bool(sounds), others)


def pattern_of(tree: FileTree) -> Pattern | None:
    """The pattern that the names seem to follow."""
    entries = media_files(tree).entries
    return guess_pattern([stem_of(entry.parts[-1]) for entry in entries[:: max(1, len(entries) // _LOOKED_AT)]])


def read_named_files(tree: FileTree, pattern_text: str) -> Samples:
    """Pictures (`pixels`) or sound (`sound`) with `label` and a column for each further part of the pattern.

    A file whose name does not follow the pattern has no label yet. Raises DataError when none follows it.
    """
    pattern = read_pattern(pattern_text) if pattern_text else pattern_of(tree)
    if pattern is None:
        raise DataError(
            "The names of these files follow no pattern.",
            where=str(tree.root),
            expected="names that hold the class, as cat_001.jpg",
            found=", ".join(entry.name for entry in tree.entries[:4]) or "no files",
        )
    return _samples(tree, pattern)


def read_loose_files(tree: FileTree) -> Samples:
    """Pictures or sound with an empty `label`: all of them wait for a person to say what they are."""
    return _samples(tree, None)


def _samples(tree: FileTree, pattern: Pattern | None) -> Samples:
    media = media_files(tree)
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    for entry in media.others:
        left_out.add(entry.name, "It is not sound." if media.are_sounds else "It is not a picture.")
    entries = []
    for entry in media.entries:
        if entry.size:
            entries.append(entry)
        else:
            left_out.add(entry.name, "The file is empty.")
    if not entries:
        raise DataError(
            "There are no pictures and no sound here.",
            where=str(tree.root),
            found=", ".join(entry.name for entry in tree.entries[:4]) or "no files",
        )
    notes = LeftOutList()
    rows = [pattern.parts(stem_of(entry.name)) if pattern is not None else None for entry in entries]
    odd = [entry for entry, row in zip(entries, rows, strict=True) if row is None]
    if pattern is not None and len(odd) == len(entries):
        raise DataError(
            f"No file name follows the pattern {pattern.text}.", where=str(tree.root), found=entries[0].name
        )
    if pattern is not None and odd:
        notes.add(odd[0].name, f"{len(odd):,} names do not follow the pattern {pattern.text}; they have no label yet.")
    if not media.are_sounds:
        note_moving(tree, entries, notes)
    names = [name for name in (pattern.names if pattern is not None else ()) if name and name != LABEL]
    files = SoundFiles(tree, entries) if media.are_sounds else PictureFiles(tree, entries)
    columns = {SOUND if media.are_sounds else PIXELS: files, **{name: _texts(rows, name) for name in names}}
    given = np.array([_split(entry) for entry in entries], np.int8)
    return Samples(
        count=len(entries),
        columns={**columns, LABEL: _texts(rows, LABEL)},
        name=lambda index: entries[index].name,
        given=None if (given == NOT_SAID).all() else given,
        left_out=left_out,
        notes=notes,
        listing=tree.listing(),
    )


def _texts(rows: list[dict[str, str] | None], name: str) -> Strings:
    return Strings.of([printable(row[name], 120) if row is not None else "" for row in rows])


def _split(entry: FileEntry) -> int:
    return next((found for part in entry.parts[:-1] if (found := split_of_name(part)) != NOT_SAID), NOT_SAID)
