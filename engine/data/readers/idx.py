"""IDX, the format of MNIST: big-endian arrays, one file of pictures and one of labels a split, often gzipped.

Format: http://yann.lecun.com/exdb/mnist/ (two zero bytes, number type, number of axes, sizes, numbers).
"""

import gzip
import io
import zlib

import numpy as np
import numpy.typing as npt

from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Progress, never, silent
from engine.data.readers.files import FileEntry, FileTree
from engine.data.samples import NOT_SAID, SPLITS, PictureArray, Samples, split_of_words
from engine.data.strings import Strings
from engine.document.data_spec import Source
from engine.errors import Cancelled, DataError

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_LIMIT = 4 << 30

PIXELS, LABEL = "pixels", "label"


def looks_like_idx(head: bytes) -> bool:
    """Whether a file's first bytes are an IDX header, also behind gzip."""
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(31).decompress(head, 64)
        except zlib.error:
            return False
    return len(head) >= 4 and head[:2] == b"\0\0" and head[2] in _TYPES and 1 <= head[3] <= 8


def parse_idx(data: bytes, where: str) -> npt.NDArray[np.generic]:
    """The array in an IDX file, gzipped or not. Raises DataError when the header or the length is wrong."""
    try:
        stream: io.BufferedIOBase = (
            gzip.GzipFile(fileobj=io.BytesIO(data)) if data[:2] == b"\x1f\x8b" else io.BytesIO(data)
        )
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= 8:
            raise DataError(
                f"{where} is not an IDX file.", where=where, expected="0 0, a number type, the number of axes"
            )
        header = stream.read(4 * magic[3])
        if len(header) < 4 * magic[3]:
            raise DataError(f"{where} ends within its header.", where=where)
        shape = tuple(int(size) for size in np.frombuffer(header, ">u4"))
        kind = np.dtype(_TYPES[magic[2]])
        size = kind.itemsize
        for length in shape:
            size *= length
        if size > _LIMIT:
            raise DataError(f"{where} says it holds {size >> 30} GB.", where=where, expected="up to 4 GB")
        content = stream.read(size + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
        raise DataError(f"{where} is cut off or damaged ({error}).", where=where, hint="Copy it again.") from None
    if len(content) != size:
        raise DataError(
            f"{where} is {'cut off' if len(content) < size else 'longer than it says'}.",
            where=where,
            expected=f"{size} bytes of numbers for {' × '.join(map(str, shape))}",
            found=f"{len(content)} bytes" if len(content) < size else "more",
            hint="Copy it again.",
        )
    return np.frombuffer(content, kind).reshape(shape)


def _stem(entry: FileEntry) -> str:
    """What a file of pictures and its file of labels have in common."""
    name = entry.parts[-1].lower().removesuffix(".gz")
    for word in ("images", "image", "labels", "label", "idx1", "idx3", "idx4", "ubyte"):
        name = name.replace(word, "")
    return "/".join((*entry.parts[:-1], name.strip(" -_.")))


def _as_pictures(array: npt.NDArray[np.generic], where: str) -> npt.NDArray[np.uint8]:
    """uint8 (N, H, W, C)."""
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[-1] not in (1, 2, 3, 4) or 0 in array.shape:
        raise DataError(
            f"{where} does not hold pictures.",
            where=where,
            expected="N × height × width, or × 1 to 4 channels",
            found=" × ".join(map(str, array.shape)),
        )
    if array.dtype != np.uint8:
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError(f"{where} holds numbers that are not finite.", where=where)
        if array.min() < 0 or array.max() > 255:
            raise DataError(f"{where} holds numbers outside 0 to 255.", where=where)
    return np.ascontiguousarray(array.astype(np.uint8, copy=False))


def _label_names(tree: FileTree, source: Source) -> tuple[str, ...]:
    """Names for label numbers: the source's option `classes`, or a file classes.txt or labels.txt beside the data."""
    given = source.options.get("classes")
    if isinstance(given, list):
        return tuple(str(name) for name in given)
    for entry in tree.entries:
        if entry.parts[-1].lower() in ("classes.txt", "labels.txt", "names.txt") and entry.size < 1 << 20:
            try:
                lines = tree.read(entry).decode("utf-8-sig").splitlines()
            except UnicodeDecodeError:
                continue
            return tuple(line.strip() for line in lines if line.strip())
    return ()


def read_idx(tree: FileTree, source: Source, *, progress: Progress = silent, cancelled: IsCancelled = never) -> Samples:
    """All pairs of pictures and labels of a folder or archive. A pair that cannot be used is left out by name.

    Raises DataError when no pair is left. Fields: `pixels` (picture), `label` (category).
    """
    left_out = LeftOutList()
    left_out.extend(tree.left_out)
    arrays: dict[str, list[tuple[FileEntry, npt.NDArray[np.generic]]]] = {}
    candidates = [entry for entry in tree.entries if looks_like_idx(tree.head(entry))]
    problems: list[DataError] = []
    for number, entry in enumerate(candidates):
        if cancelled():
            raise Cancelled
        progress(number / len(candidates), f"Reading {entry.name}")
        try:
            array = parse_idx(tree.read(entry, _LIMIT), entry.name)
        except DataError as error:
            problems.append(error)
            left_out.add(entry.name, error.message)
            continue
        arrays.setdefault(_stem(entry), []).append((entry, array))
    parts: list[tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], int, str]] = []
    for stem, found in sorted(arrays.items()):
        pictures = [item for item in found if item[1].ndim >= 3]
        labels = [item for item in found if item[1].ndim == 1 and item[1].dtype.kind in "ui"]
        first = found[0][0].name
        if len(pictures) != 1 or len(labels) != 1:
            left_out.add(first, f"It needs one file of pictures and one of labels with the same name, '{stem}'.")
            continue
        try:
            array = _as_pictures(pictures[0][1], pictures[0][0].name)
        except DataError as error:
            problems.append(error)
            left_out.add(pictures[0][0].name, error.message)
            continue
        numbers = labels[0][1].astype(np.int64)
        if len(array) != len(numbers):
            problem = DataError(
                f"{pictures[0][0].name} has {len(array):,} pictures, {labels[0][0].name} has {len(numbers):,} labels.",
                where=labels[0][0].name,
                expected=f"{len(array):,} labels",
                found=f"{len(numbers):,} labels",
                hint="Copy both files again.",
            )
            problems.append(problem)
            left_out.add(labels[0][0].name, problem.message)
            continue
        parts.append((array, numbers, split_of_words(pictures[0][0].parts[-1]), first))
    if parts:
        size = parts[0][0].shape[1:]
        for array, _, _, part_name in parts[1:]:
            if array.shape[1:] != size:
                left_out.add(part_name, f"Its pictures are {array.shape[1:]}, those before {size}.")
        parts = [part for part in parts if part[0].shape[1:] == size]
    if not parts:
        if problems:
            raise problems[0]
        raise DataError(
            "There is no pair of IDX files here.",
            where=str(tree.root),
            expected="a file of pictures and one of labels, as train-images-idx3-ubyte and train-labels-idx1-ubyte",
            found=", ".join(entry.name for entry in tree.entries[:5]) or "no files",
        )
    # Train first, then val, then test, so that the rows of a split lie together and need no copy.
    parts.sort(key=lambda part: part[2] if part[2] != NOT_SAID else -1)
    pixels = parts[0][0] if len(parts) == 1 else np.concatenate([part[0] for part in parts])
    labels_all = np.concatenate([part[1] for part in parts])
    given = np.concatenate([np.full(len(part[1]), part[2], np.int8) for part in parts])
    starts = np.cumsum([0, *(len(part[1]) for part in parts)])

    def name(index: int) -> str:
        part = int(np.searchsorted(starts, index, side="right")) - 1
        split = parts[part][2]
        return f"{SPLITS[split] if split >= 0 else 'sample'} {index - int(starts[part])}"

    distinct, codes = np.unique(labels_all, return_inverse=True)
    names = _label_names(tree, source)
    classes = tuple(names[number] if 0 <= number < len(names) else str(number) for number in distinct.tolist())
    order = names if names and len(names) > int(distinct.max()) >= 0 else classes
    return Samples(
        count=len(pixels),
        columns={PIXELS: PictureArray(pixels), LABEL: Strings(classes, codes.astype(np.int64))},
        name=name,
        given=None if (given == NOT_SAID).all() else given,
        class_order={LABEL: order},
        left_out=left_out,
        listing=tree.listing(),
    )
