"""Files that share a name, each name a sample: 0001.jpg, 0001.cls and 0001.json, as in a WebDataset tar.

Source: webdataset's format page. The name up to the first dot is the sample, the rest says which part of it a file is.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np

from engine.data.left_out import LeftOutList, printable
from engine.data.pictures import SUFFIXES as PICTURES
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.idx import LABEL, PIXELS
from engine.data.readers.image_folder import PictureFiles
from engine.data.readers.sniffing import is_number
from engine.data.readers.sound_folder import SOUND
from engine.data.samples import NOT_SAID, Column, Samples, split_of_name, split_of_words
from engine.data.sounds import SUFFIXES as SOUNDS
from engine.data.sounds import SoundFiles
from engine.data.strings import Strings
from engine.errors import DataError

TEXT: Final = "text"
_WORDS: Final = (".cls", ".cls2", ".txt", ".json", ".index", ".label", ".caption")
_MAX_SIDE_BYTES: Final = 1 << 20
_MOST_COLUMNS: Final = 64


@dataclass(slots=True)
class SharedNames:
    """The samples found, by name: the media file, and what lies beside it by ending."""

    are_sounds: bool = False
    media: dict[tuple[str, ...], FileEntry] = field(default_factory=dict)
    beside: dict[tuple[str, ...], dict[str, FileEntry]] = field(default_factory=dict)
    others: list[FileEntry] = field(default_factory=list)


def find_shared_names(tree: FileTree) -> SharedNames | None:
    """The samples of the tree; None when its files do not lie so: most media files need a companion, and most of all
    files belong to such a sample.
    """
    if not any(entry.parts[-1].lower().endswith(_WORDS) for entry in tree.entries):
        return None
    groups: dict[tuple[str, ...], list[tuple[str, FileEntry]]] = defaultdict(list)
    for entry in tree.entries:
        stem, dot, rest = entry.parts[-1].partition(".")
        groups[(*entry.parts[:-1], stem)].append((f"{dot}{rest}".lower(), entry))
    found = SharedNames()
    kinds = Counter(entry.suffix in SOUNDS for entry in tree.entries if entry.suffix in SOUNDS | PICTURES)
    found.are_sounds = kinds[True] > kinds[False]
    wanted = SOUNDS if found.are_sounds else PICTURES
    for key, members in groups.items():
        media = [entry for _, entry in members if entry.suffix in wanted]
        beside = {ending: entry for ending, entry in members if ending in _WORDS}
        if len(media) == 1 and beside:
            found.media[key], found.beside[key] = media[0], beside
            taken = {media[0], *beside.values()}
            found.others += [entry for _, entry in members if entry not in taken]
        else:
            found.others += [entry for _, entry in members]
    return found if len(found.media) >= 4 and len(found.others) < 0.3 * len(tree.entries) else None


def read_shared_names(tree: FileTree, *, progress: Progress = silent, cancelled: IsCancelled = never) -> Samples:
    """Pictures (`pixels`) or sound (`sound`), `label` from .cls files, `text` from .txt, a column for each value of the
    .json files that all samples have.

    Raises DataError when the files do not lie so or nothing beside the media can be read.
    """
    found = find_shared_names(tree)
    if found is None:
        raise DataError(
            "The files do not share names.",
            where=str(tree.root),
            expected="0001.jpg beside 0001.cls or 0001.json",
            found=", ".join(entry.name for entry in tree.entries[:4]) or "no files",
        )
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    for entry in found.others:
        left_out.add(entry.name, "It belongs to no sample.")
    keys: list[tuple[str, ...]] = []
    rows: list[dict[str, str]] = []
    pace = Pace(len(found.media), "Reading what lies beside", progress, cancelled)
    for number, (key, media) in enumerate(found.media.items()):
        pace.at(number)
        if media.size == 0:
            left_out.add(media.name, "The file is empty.")
            continue
        try:
            rows.append(_row(tree, found.beside[key]))
        except DataError as error:
            left_out.add(error.where or media.name, error.message)
            continue
        keys.append(key)
    counts = Counter(name for row in rows for name in row)
    names = [name for name, count in counts.items() if count >= 0.5 * len(rows)][:_MOST_COLUMNS]
    if not names:
        raise DataError("Nothing beside the files says what they are.", where=str(tree.root))
    entries = [found.media[key] for key in keys]
    columns: dict[str, Column] = {}
    if found.are_sounds:
        columns[SOUND] = SoundFiles(tree, entries)
    else:
        columns[PIXELS] = PictureFiles(tree, entries)
    for name in names:
        columns[name] = _column([row.get(name, "") for row in rows], words=name in (LABEL, TEXT))
    given = np.array([_split(key) for key in keys], np.int8)
    return Samples(
        count=len(keys),
        columns=columns,
        name=lambda index: entries[index].name,
        given=None if (given == NOT_SAID).all() else given,
        left_out=left_out,
        listing=tree.listing(),
    )


def _row(tree: FileTree, beside: dict[str, FileEntry]) -> dict[str, str]:
    """What the files beside a sample say, by name. Raises DataError naming the file."""
    row: dict[str, str] = {}
    for ending, entry in sorted(beside.items()):
        data = tree.read(entry, _MAX_SIDE_BYTES)
        if ending == ".json":
            try:
                values = msgspec.json.decode(data)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                raise DataError(f"It is damaged ({str(error)[:80]}).", where=entry.name) from None
            for name, value in values.items() if isinstance(values, dict) else ():
                if isinstance(value, str | int | float | bool):
                    column = printable(str(name), 60)
                    row.setdefault(LABEL if column.lower() in ("label", "class", "category") else column, _text(value))
            continue
        text = " ".join(data.decode("utf-8", "replace").split())
        row[TEXT if ending in (".txt", ".caption") else LABEL] = text
    return row


def _text(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split())


def _column(texts: list[str], *, words: bool) -> Column:
    """Numbers where all that is there are numbers, but never a label: classes are often numbered."""
    if not words and all(is_number(text) for text in texts if text) and any(texts):
        return np.array([float(text.replace(",", "")) if text else np.nan for text in texts], np.float32)
    return Strings.of([printable(text, 100_000) for text in texts])


def _split(key: tuple[str, ...]) -> int:
    """What the folder or the part of the tar says: train, or train-0001."""
    for part in key[:-1]:
        split = split_of_name(part) if split_of_name(part) != NOT_SAID else split_of_words(part)
        if split != NOT_SAID:
            return split
    return NOT_SAID
