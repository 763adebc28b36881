"""Pictures with masks: finds which mask belongs to which picture, by folders and names, and reads both."""

import functools
import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.data.left_out import LeftOutList
from engine.data.mask_values import Census, MaskValues, values_of
from engine.data.pictures import MAX_PICTURE_BYTES, SUFFIXES, size_of
from engine.data.progress import IsCancelled, Pace, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.readers.idx import PIXELS
from engine.data.readers.image_folder import PictureFiles
from engine.data.samples import NOT_SAID, PictureRead, Samples, split_of_name, split_of_words
from engine.document.data_spec import Field, FieldKind
from engine.errors import DataError

MASK: Final = "mask"
"""The field of the masks."""

_PICTURES: Final = frozenset(
    (
        *("image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "jpegimages", "leftimg8bit"),
        *("rgb", "input", "inputs", "x", "original", "originals", "frames"),
    )
)
_MASKS: Final = frozenset(
    (
        *("mask", "masks", "label", "labels", "gt", "gts", "groundtruth", "truth", "annotation", "annotations"),
        *("annot", "seg", "segs", "segmentation", "segmentations", "segmentationclass", "target", "targets", "y"),
        *("trimap", "trimaps", "matte", "gtfine", "labelids"),
    )
)
_LOOKED_AT: Final = 400
"""Masks whose values are counted; spread evenly over all."""

_WORDS = re.compile(r"[\s_.\-]+")
_SAYS = re.compile(rf"(?i)(?:^|[\s_.\-])(?:{'|'.join(sorted(_MASKS))})(?:[\s_.\-]|$)")
"""Found in a name that may say of itself that it is a mask."""


@dataclass(slots=True)
class Pairs:
    """Pictures with the masks of each, in the order of the names; `by_name` says how they were found."""

    pictures: list[FileEntry] = field(default_factory=list)
    masks: list[tuple[FileEntry, ...]] = field(default_factory=list)
    alone: list[FileEntry] = field(default_factory=list)
    """Pictures that have no mask."""
    left: list[FileEntry] = field(default_factory=list)
    """Masks that have no picture."""


@functools.lru_cache(maxsize=4096)
def _side(parts: tuple[str, ...]) -> tuple[str, tuple[str, ...], int]:
    """ "picture", "mask" or "" by the folders of a file, the folders that are left, and where the telling one was."""
    for place in range(len(parts) - 1, -1, -1):
        words = [word for word in _WORDS.split(parts[place].lower()) if word]
        for side, telling in (("mask", _MASKS), ("picture", _PICTURES)):
            if any(word in telling for word in words) and (len(words) == 1 or not {"x", "y"} & set(words)):
                rest = tuple(word for word in words if word not in _MASKS and word not in _PICTURES)
                return side, (*parts[:place], *rest, *parts[place + 1 :]), place
    return "", tuple(parts), -1


def _stem(name: str) -> tuple[str, bool]:
    """A file name without its ending and the words that say what it is, and whether it says that it is a mask."""
    stem = name.rpartition(".")[0].lower() or name.lower()
    words = [word for word in _WORDS.split(stem) if word]
    says = len(words) > 1 and (words[-1] in _MASKS - {"y"} or words[0] in _MASKS - {"y"})
    kept = [word for word in words if word not in _MASKS and word not in _PICTURES] or words
    return "_".join(kept), says


def find_pairs(tree: FileTree) -> Pairs:
    """Which mask belongs to which picture: equal names in folders such as images and masks, names that end in _mask,
    or a folder for each picture with a mask file for each object.
    """
    shown = [entry for entry in tree.entries if entry.suffix in SUFFIXES and entry.size]
    if not any(_side(entry.parts[:-1])[0] == "mask" or _SAYS.search(entry.parts[-1]) for entry in shown):
        return Pairs(alone=shown)
    pictures: dict[tuple[tuple[str, ...], str], FileEntry] = {}
    masks: dict[tuple[tuple[str, ...], str], list[FileEntry]] = defaultdict(list)
    homes: dict[tuple[str, ...], list[FileEntry]] = defaultdict(list)  # pictures by the folder above their own
    home_masks: dict[tuple[str, ...], list[tuple[tuple[tuple[str, ...], str], FileEntry]]] = defaultdict(list)
    for entry in shown:
        side, rest, place = _side(entry.parts[:-1])
        stem, says = _stem(entry.parts[-1])
        key = (tuple(part.lower() for part in rest), stem)
        if side == "mask" or (says and side != "picture"):
            masks[key].append(entry)
            home_masks[entry.parts[: max(place, 0)]].append((key, entry))
        else:
            pictures.setdefault(key, entry)
            homes[entry.parts[: max(place, 0)]].append(entry)
    found: dict[FileEntry, list[FileEntry]] = {
        picture: masks.pop(key) for key, picture in pictures.items() if key in masks
    }
    by_stem = {key: picture for key, picture in pictures.items() if picture not in found}
    for key in list(masks):  # masks/0001/3.png belongs to images/0001.png
        folders = key[0]
        owner = by_stem.get((folders[:-1], _stem(folders[-1] + ".x")[0])) if folders else None
        if owner is not None:
            found.setdefault(owner, []).extend(masks.pop(key))
    for home, owners in homes.items():
        if home and len(owners) == 1 and (owners[0] not in found or len(home_masks[home]) > 1):
            mine = [(key, entry) for key, entry in home_masks[home] if key in masks]
            if mine:
                found.setdefault(owners[0], []).extend(entry for _, entry in mine)
                for key, _ in mine:
                    masks.pop(key, None)
    pairs = Pairs()
    for picture in sorted(pictures.values(), key=lambda entry: entry.parts):
        if picture in found:
            pairs.pictures.append(picture)
            pairs.masks.append(tuple(sorted(found[picture], key=lambda entry: entry.parts)))
        else:
            pairs.alone.append(picture)
    pairs.left = [entry for entries in masks.values() for entry in entries]
    return pairs


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """Masks in a folder or archive, decoded one at a time to class numbers; may be read from several threads."""

    tree: FileTree
    pictures: list[FileEntry]
    masks: list[tuple[FileEntry, ...]]
    values: MaskValues

    def __len__(self) -> int:
        return len(self.masks)

    def read(self, index: int) -> npt.NDArray[np.uint8]:
        """uint8 (H, W, 1) of class numbers. Raises DataError naming the file, also when the picture's size differs."""
        entries = self.masks[index]
        found = self.values.read([(entry.name, self.tree.read(entry, MAX_PICTURE_BYTES)) for entry in entries])
        picture = self.pictures[index]
        try:
            height, width = size_of(self.tree.read(picture, MAX_PICTURE_BYTES), picture.name)
        except DataError:
            return found[..., None]  # the picture is left out for its own reason
        if found.shape != (height, width):
            raise DataError(
                f"The mask of {picture.name} has another size: {found.shape[1]} × {found.shape[0]}, "
                f"the picture {width} × {height}.",
                where=picture.name,
            )
        return found[..., None]

    def read_for_cache(self, index: int, enough: tuple[int, int] | None) -> PictureRead:
        """The mask, whole: class numbers cannot be averaged."""
        found = self.read(index)
        height, width, _ = found.shape
        digest = hashlib.blake2b(found.tobytes() + str(found.shape).encode(), digest_size=16).digest()
        return PictureRead(found, (height, width, 1), digest)


def read_masks(
    tree: FileTree, fields: Sequence[Field], *, progress: Progress = silent, cancelled: IsCancelled = never
) -> tuple[Samples, MaskValues]:
    """Pictures (`pixels`) with their masks (`mask`), and how the masks are read.

    Pictures without a mask and masks without a picture are left out by name. Raises DataError when there are no pairs
    or the masks hold no classes.
    """
    pairs = find_pairs(tree)
    if not pairs.pictures:
        raise DataError(
            "There are no pictures with masks here.",
            where=str(tree.root),
            expected="folders called images and masks with files of equal names",
            found=", ".join(entry.name for entry in tree.entries[:4]) or "no files",
        )
    known = next((item for item in fields if item.kind is FieldKind.MASK and item.options), None)
    values = values_of(known) if known is not None else _looked_at(tree, pairs, progress, cancelled)
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    for entry in pairs.alone:
        left_out.add(entry.name, "It has no mask.")
    for entry in pairs.left:
        left_out.add(entry.name, "No picture belongs to this mask.")
    given = np.array([_split(entry) for entry in pairs.pictures], np.int8)
    options = repr(sorted((name, str(value)) for name, value in values.options().items()))
    listing = hashlib.blake2b(f"{tree.listing()}{options}".encode(), digest_size=16).hexdigest()
    samples = Samples(
        count=len(pairs.pictures),
        columns={
            PIXELS: PictureFiles(tree, pairs.pictures),
            MASK: MaskFiles(tree, pairs.pictures, pairs.masks, values),
        },
        name=lambda index: pairs.pictures[index].name,
        given=None if (given == NOT_SAID).all() else given,
        class_order={MASK: values.classes},
        left_out=left_out,
        listing=listing,
    )
    return samples, values


def _split(entry: FileEntry) -> int:
    """What the folders say of train, val and test; also as one word of several: train_images."""
    for part in entry.parts[:-1]:
        split = split_of_name(part) if split_of_name(part) != NOT_SAID else split_of_words(part)
        if split != NOT_SAID:
            return split
    return NOT_SAID


def _looked_at(tree: FileTree, pairs: Pairs, progress: Progress, cancelled: IsCancelled) -> MaskValues:
    """What the values of the masks mean, from some of them."""
    several = any(len(entries) > 1 for entries in pairs.masks)
    step = max(1, len(pairs.masks) // _LOOKED_AT)
    chosen = [entries[0] for entries in pairs.masks[::step]]
    census = Census()
    pace = Pace(len(chosen), "Looking at masks", progress, cancelled)
    problem: DataError | None = None
    for number, entry in enumerate(chosen):
        pace.at(number)
        try:
            census.add(tree.read(entry, MAX_PICTURE_BYTES), entry.name)
        except DataError as error:
            problem = problem or error
    if not census.files:
        assert problem is not None
        raise problem
    names, colours = _names(tree)
    found = census.meaning(names, colours, several=several)
    if found is None:
        raise DataError(
            "The masks hold too many different values to be classes.",
            where=chosen[0].name,
            expected="a number or colour for each class, as a PNG file keeps it",
            hint="Masks saved as JPEG lose their numbers. Save them as PNG.",
        )
    return found


def _names(tree: FileTree) -> tuple[dict[int, str], dict[int, str]]:
    """Names of classes by number and by colour, from a classes.txt or CVAT's labelmap.txt, if there is one."""
    by_number: dict[int, str] = {}
    by_colour: dict[int, str] = {}
    for entry in tree.entries:
        low = entry.parts[-1].lower()
        if low not in ("classes.txt", "labels.txt", "class_names.txt", "codes.txt", "labelmap.txt"):
            continue
        lines = tree.head(entry, 1 << 16).decode("utf-8", "replace").splitlines()
        names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        for number, name in enumerate(names[:256]):
            colour = re.match(r"(.+?):(\d+),(\d+),(\d+)(?::|$)", name)
            if colour is not None and all(int(part) < 256 for part in colour.groups()[1:]):
                red, green, blue = (int(part) for part in colour.groups()[1:])
                by_colour[red << 16 | green << 8 | blue] = colour[1][:80]
            else:
                by_number[number] = name[:80]
    return by_number, by_colour
