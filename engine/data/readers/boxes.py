"""Pictures with marked objects: each object is a sample, cut from its picture with a margin."""

import hashlib
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.data.boxes import Box, Marks, read_marks
from engine.data.left_out import LeftOutList, printable
from engine.data.pictures import MAX_PICTURE_BYTES, SUFFIXES, decode
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.idx import LABEL, PIXELS
from engine.data.samples import NOT_SAID, PictureRead, Samples, split_of_name
from engine.data.strings import Strings
from engine.errors import DataError

PICTURE: Final = "picture"
"""The field that says from which picture an object is, so that a split can keep a picture's objects together."""
MARGIN: Final = 0.1
"""Of width and height, added on each side: an object is known by its edge too."""
_KEPT: Final = 16
"""Decoded pictures that wait for their next object."""


@dataclass(frozen=True, slots=True)
class _Object:
    """An object: its picture, its box, and its place among the objects of the picture."""

    entry: FileEntry
    box: Box
    place: int

    @property
    def name(self) -> str:
        return f"{self.entry.name} #{self.place + 1}"


@dataclass(slots=True)
class BoxPictures:
    """Objects cut from their pictures; may be read from several threads.

    Neighbours are from the same picture, so a few decoded ones are kept.
    """

    tree: FileTree
    objects: list[_Object]
    margin: float = MARGIN
    _pictures: "OrderedDict[FileEntry, npt.NDArray[np.uint8]]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return len(self.objects)

    def read(self, index: int) -> npt.NDArray[np.uint8]:
        """uint8 (H, W, 1 to 4). Raises DataError naming the picture, also where the box lies outside of it."""
        item = self.objects[index]
        picture = self._picture(item.entry)
        height, width = picture.shape[:2]
        box = item.box
        across, down = (width, height) if box.shares else (1, 1)
        left, right, top, bottom = box.left * across, box.right * across, box.top * down, box.bottom * down
        if right <= 0 or bottom <= 0 or left >= width or top >= height:
            raise DataError(f"{item.name} lies outside of its picture.", where=item.name)
        more_x, more_y = self.margin * (right - left), self.margin * (bottom - top)
        rows = max(0, int(np.floor(top - more_y))), min(height, int(np.ceil(bottom + more_y)))
        columns = max(0, int(np.floor(left - more_x))), min(width, int(np.ceil(right + more_x)))
        return np.ascontiguousarray(picture[rows[0] : rows[1], columns[0] : columns[1]])

    def read_for_cache(self, index: int, enough: tuple[int, int] | None) -> PictureRead:
        """The object, whole."""
        cut = self.read(index)
        height, width, channels = cut.shape
        digest = hashlib.blake2b(cut.tobytes() + str(cut.shape).encode(), digest_size=16).digest()
        return PictureRead(cut, (height, width, channels), digest)

    def _picture(self, entry: FileEntry) -> npt.NDArray[np.uint8]:
        with self._lock:
            found = self._pictures.get(entry)
            if found is not None:
                self._pictures.move_to_end(entry)
                return found
        picture = decode(self.tree.read(entry, MAX_PICTURE_BYTES), entry.name)
        with self._lock:
            self._pictures[entry] = picture
            while len(self._pictures) > _KEPT:
                self._pictures.popitem(last=False)
        return picture


def read_boxes(tree: FileTree, *, progress: Progress = silent, cancelled: IsCancelled = never) -> Samples:
    """Objects (`pixels`) with their `label` and the name of their `picture`.

    Boxes without area and objects without a name are left out by name, as are files whose picture is missing. Raises
    DataError when no object is left.
    """
    marks = read_marks(tree)
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    left_out.extend(marks.left_out)
    owners = _Owners(tree)
    pace = Pace(len(marks.boxes), "Reading marked objects", progress, cancelled)
    objects: list[_Object] = []
    empty = 0
    seen: dict[FileEntry, int] = defaultdict(int)
    for number, (name, beside, boxes) in enumerate(marks.boxes):
        pace.at(number)
        picture = owners.of(name, beside)
        if picture is None:
            left_out.add(beside.name if len(boxes) and marks.form == "voc" else name, "Its picture is not here.")
            continue
        empty += not boxes
        for box in boxes:
            item = _Object(picture, box, seen[picture])
            seen[picture] += 1
            if box.is_empty:
                left_out.add(item.name, "The box of this object has no area.")
            elif not box.label:
                left_out.add(item.name, "This object has no name.")
            else:
                objects.append(item)
    if not objects:
        raise DataError("None of the pictures has a marked object.", where=str(tree.root))
    objects.sort(key=lambda item: (item.entry.parts, item.place))
    notes = LeftOutList()
    if empty:
        notes.add("", f"{empty:,} pictures have no marked object, so nothing is learned from them.")
    given = _given(tree, [item.entry for item in objects])
    return Samples(
        count=len(objects),
        columns={
            PIXELS: BoxPictures(tree, objects),
            LABEL: Strings.of([item.box.label for item in objects]),
            PICTURE: Strings.of([printable(item.entry.name, 200) for item in objects]),
        },
        name=lambda index: objects[index].name,
        given=None if (given == NOT_SAID).all() else given,
        class_order={LABEL: _order(marks, objects)} if marks.order else {},
        left_out=left_out,
        notes=notes,
        listing=tree.listing(),
    )


def _order(marks: Marks, objects: Sequence[_Object]) -> tuple[str, ...]:
    """The format's own order, of the classes that are there."""
    there = {item.box.label for item in objects}
    named = [name for name in dict.fromkeys(marks.order) if name in there]
    return (*named, *sorted(there - set(named)))


class _Owners:
    """Finds the file of a picture from what the other tool calls it."""

    def __init__(self, tree: FileTree) -> None:
        self._by_name: dict[str, list[FileEntry]] = defaultdict(list)
        self._by_stem: dict[str, list[FileEntry]] = defaultdict(list)
        for entry in tree.entries:
            if entry.suffix in SUFFIXES and entry.size:
                low = entry.parts[-1].lower()
                self._by_name[low].append(entry)
                self._by_stem[PurePosixPath(low).stem].append(entry)

    def of(self, name: str, beside: FileEntry) -> FileEntry | None:
        """The picture; of several with that name the one that lies nearest to the file that speaks of it."""
        last = PurePosixPath(name.replace("\\", "/").split("?")[0]).name.lower()
        # Label Studio puts eight signs and a hyphen before the names of files that were uploaded.
        unprefixed = last.partition("-")[2] if last[8:9] == "-" else ""
        own = PurePosixPath(beside.parts[-1].lower()).stem
        found = (
            self._by_name.get(last)
            or self._by_stem.get(PurePosixPath(last).stem if PurePosixPath(last).suffix in SUFFIXES else last)
            or self._by_name.get(unprefixed)
            or (self._by_stem.get(own) if beside.suffix in (".xml", ".txt") else None)
            or []
        )
        wanted = tuple(name.replace("\\", "/").split("/"))
        return max(found, key=lambda entry: (_shared(entry, beside), _tail(entry.parts, wanted)), default=None)


def _shared(entry: FileEntry, beside: FileEntry) -> int:
    """How many folders two files have in common; the split counts wherever it stands."""
    same = set(entry.parts[:-1]) & set(beside.parts[:-1])
    return len(same)


def _tail(parts: Sequence[str], wanted: Sequence[str]) -> int:
    count = 0
    while count < min(len(parts), len(wanted)) and parts[-1 - count] == wanted[-1 - count]:
        count += 1
    return count


def _given(tree: FileTree, entries: Sequence[FileEntry]) -> npt.NDArray[np.int8]:
    """What ImageSets/Main (Pascal VOC) or the folders say of train, val and test."""
    by_stem: dict[str, int] = {}
    for entry in tree.entries:
        if entry.suffix == ".txt" and "imagesets" in [part.lower() for part in entry.parts[:-1]]:
            split = split_of_name(PurePosixPath(entry.parts[-1]).stem)
            if split != NOT_SAID:
                for line in tree.head(entry, 64 << 20).decode("utf-8", "replace").splitlines():
                    if line.strip():
                        by_stem[line.split()[0]] = split
    found = []
    for entry in entries:
        split = by_stem.get(PurePosixPath(entry.parts[-1]).stem, NOT_SAID)
        folders = (split_of_name(part) for part in entry.parts[:-1])
        found.append(split if split != NOT_SAID else next((item for item in folders if item != NOT_SAID), NOT_SAID))
    return np.array(found, np.int8)
