"""Folders of pictures: the name of a picture's folder is its class, also below folders called train, val, test."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.data.left_out import LeftOutList, printable
from engine.data.pictures import FORMATS, MAX_PICTURE_BYTES, SUFFIXES, decode, decode_at_least, moves
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.idx import LABEL, PIXELS
from engine.data.samples import NOT_SAID, PictureRead, Samples, split_of_name
from engine.data.strings import Strings
from engine.document.data_spec import Source
from engine.errors import DataError

_BESIDE = frozenset(
    (
        ".txt",
        ".md",
        ".rst",
        ".csv",
        ".tsv",
        ".json",
        ".xml",
        ".yaml",
        ".yml",
        ".html",
        ".pdf",
        ".doc",
        ".docx",
        ".py",
        "",
    )
)
"""Endings of files that lie beside pictures on purpose; at the top they are not worth a line."""

_MARKS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_LARGE = 32 << 20
"""Bytes from which on a file is looked at before it is read."""


_LOOKED_AT = 2000
"""Files whose first bytes are looked at for animations."""


@dataclass(frozen=True, slots=True)
class PictureFiles:
    """Pictures in a folder or archive, decoded one at a time; may be read from several threads."""

    tree: FileTree
    entries: list[FileEntry]

    def __len__(self) -> int:
        return len(self.entries)

    def read(self, index: int) -> npt.NDArray[np.uint8]:
        """uint8 (H, W, 1 to 4). Raises DataError naming the file."""
        entry = self.entries[index]
        return decode(self._read(entry), entry.name)

    def _read(self, entry: FileEntry) -> bytes:
        """The file; of a large one the beginning is looked at first, which may be a bomb or no picture at all."""
        if entry.size > _LARGE and not _may_be_picture(self.tree.head(entry, 16)):
            raise DataError(f"{entry.name} is not a picture.", where=entry.name)
        return self.tree.read(entry, MAX_PICTURE_BYTES)

    def read_for_cache(self, index: int, enough: tuple[int, int] | None) -> PictureRead:
        """With one reading of the file; a photo much larger than `enough` is decoded at a part of its size."""
        entry = self.entries[index]
        data = self._read(entry)
        pixels, (height, width) = decode_at_least(data, entry.name, enough)
        size = (height, width, pixels.shape[2])
        return PictureRead(pixels, size, hashlib.blake2b(data, digest_size=16).digest())


def looks_like_picture(entry: FileEntry, tree: FileTree) -> bool:
    """Whether a file means to be a picture, by its ending, or by its first bytes where it has none that is known."""
    if entry.suffix in SUFFIXES:
        return True
    if entry.suffix in _BESIDE - {""}:
        return False
    head = tree.head(entry, 16)
    return head.startswith(_MARKS) or head[8:12] == b"WEBP"


def _may_be_picture(head: bytes) -> bool:
    """Whether a file with these first bytes is worth reading; nothing but zeros is no picture of any format."""
    return any(head)


def note_moving(tree: FileTree, entries: Sequence[FileEntry], notes: LeftOutList) -> None:
    """Say once that of animations only the first frame is used."""
    may = [entry for entry in entries[:_LOOKED_AT] if entry.suffix in (".gif", ".png", ".apng", ".webp")]
    moving = [entry for entry in may if moves(tree.head(entry, 4096))]
    if moving:
        count = len(moving)
        what = "picture is an animation" if count == 1 else "pictures are animations"
        notes.add(moving[0].name, f"{count:,} {what} (for example {moving[0].name}); the first frame is used.")


def class_depth(tree: FileTree) -> int | None:
    """At which depth the folder stands that names the class; None when pictures do not lie in such folders.

    The first folder that is no split: train/dog/1.jpg and dog/train/1.jpg and dog/1.jpg all speak of dogs.
    """
    depths: Counter[int] = Counter()
    for entry in tree.entries:
        if entry.suffix in SUFFIXES:
            folders = [number for number, part in enumerate(entry.parts[:-1]) if split_of_name(part) == NOT_SAID]
            depths[folders[0] if folders else -1] += 1
    if not depths:
        return None
    depth, _ = depths.most_common(1)[0]
    return depth if depth >= 0 else None


def _depth(folders: list[list[str]]) -> int:
    """Which of a picture's folders names its class: the first in which pictures differ, below a common "images"."""
    depth = 0
    while True:
        here = [names[depth] for names in folders if len(names) > depth]
        deeper = sum(len(names) > depth + 1 for names in folders)
        if len(set(here)) != 1 or deeper < 0.5 * len(folders):
            return depth
        depth += 1


def read_image_folder(
    tree: FileTree, source: Source, *, progress: Progress = silent, cancelled: IsCancelled = never
) -> Samples:
    """Pictures with the class from their folder. Fields: `pixels` (picture), `label` (category).

    What is no picture among them is left out by name; reading the pictures themselves is left to the cache.
    Raises DataError when there is no picture in a class folder.
    """
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    found: list[tuple[FileEntry, list[str], int]] = []
    for entry in tree.entries:
        folders = entry.parts[:-1]
        if not looks_like_picture(entry, tree):
            if entry.suffix not in _BESIDE or len([part for part in folders if split_of_name(part) == NOT_SAID]) > 0:
                left_out.add(entry.name, "It is not a picture.")
            continue
        if entry.size == 0:
            left_out.add(entry.name, "The file is empty.")
            continue
        names = [part for part in folders if split_of_name(part) == NOT_SAID]
        if not names:
            left_out.add(entry.name, "It lies in no class folder, so its class is not known.")
            continue
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
            "There are no pictures in class folders here.",
            where=str(tree.root),
            expected=f"one folder for each class with pictures in it ({', '.join(FORMATS[:6])}, ...)",
            found=", ".join(entry.name for entry in tree.entries[:5]) or "no files",
            hint="Make a folder for each class and put its pictures into it.",
        )
    notes = LeftOutList()
    by_lower: dict[str, str] = {}
    for label in sorted(set(labels)):
        twin = by_lower.setdefault(label.casefold(), label)
        if twin != label:
            notes.add(label, f"The classes {twin} and {label} differ only in upper and lower case.")
    note_moving(tree, entries, notes)
    splits = np.array(given, np.int8)
    return Samples(
        count=len(entries),
        columns={PIXELS: PictureFiles(tree, entries), LABEL: Strings.of(labels)},
        name=lambda index: entries[index].name,
        given=None if (splits == NOT_SAID).all() else splits,
        left_out=left_out,
        notes=notes,
        listing=tree.listing(),
    )
