"""Decoded pictures on disk, memory-mapped: decoding happens once, every later open reads at the speed of memory.

A folder of the cache holds pixels.npy (uint8 N, H, W, C), kept.npy, digests.npy, sizes.npy and cache.json.
"""

import hashlib
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt

from engine.data.cache_folder import COMPLETE, check_room, found_or_built
from engine.data.left_out import LeftOutList
from engine.data.memory import Mapped
from engine.data.preparation import Preparation
from engine.data.progress import IsCancelled, Pace, Progress
from engine.data.samples import Pictures
from engine.errors import DataError, NetwrightError
from engine.protocol.messages.data import LeftOut

FORMAT = 1
_SMALLER = "Make room, or choose a smaller size in Resize."

_AT_ONCE = 16
"""Pictures that a thread takes at a time."""

_Prepared = tuple[npt.NDArray[np.uint8], tuple[int, int, int], bytes]
"""The picture after the steps on grey levels, its size in the file, its digest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CachedPictures:
    """Pictures after the steps on grey levels. Row `rows[i]` of `pixels` is the i-th sample that could be decoded.

    `kept` are those samples' numbers in the source; `sizes` their (height, width, channels) on disk; `digests` 16
    bytes each.
    """

    pixels: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int32]
    digests: npt.NDArray[np.uint8]
    left_out: LeftOutList


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    samples: int
    left_out: list[LeftOut]
    left_out_count: int


def cache_key(listing: str, field: str, preparation: Preparation) -> str:
    """A name that changes with the files, the field and the steps on grey levels."""
    digest = hashlib.blake2b(digest_size=12)
    digest.update(f"{FORMAT}\0{listing}\0{field}".encode())
    for rule in preparation.byte_rules:
        digest.update(f"\0{rule.step.type_name()}{sorted(rule.step.values().items())}".encode())
    return digest.hexdigest()


def cached_pictures(
    pictures: Pictures,
    preparation: Preparation,
    key: str,
    project_dir: Path | None,
    *,
    progress: Progress,
    cancelled: IsCancelled,
) -> CachedPictures:
    """Find or build the cache. Pictures that cannot be decoded are left out by name.

    Raises DataError when there is no room on the disk, no usable picture, or sizes differ and no step makes them equal.
    """
    return found_or_built(
        key,
        project_dir,
        read=lambda folder: _open(folder, len(pictures)),
        build=lambda work: _build(pictures, preparation, work, progress, cancelled),
        what="decoded pictures",
    )


def _open(folder: Path, samples: int) -> CachedPictures | None:
    """The cache in a folder, or None when it is not there, damaged, or of something else."""
    try:
        manifest = msgspec.json.decode((folder / COMPLETE).read_bytes(), type=_Manifest)
        pixels = np.load(folder / "pixels.npy", mmap_mode="r", allow_pickle=False)
        rows, kept, sizes, digests = (
            np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("rows", "kept", "sizes", "digests")
        )
    except (OSError, ValueError, EOFError, msgspec.MsgspecError):
        return None
    count = len(kept)
    fits = (
        manifest.format == FORMAT
        and manifest.samples == samples
        and pixels.ndim == 4
        and pixels.dtype == np.uint8
        and len(rows) == len(sizes) == len(digests) == count > 0
        and int(rows.max()) < len(pixels)
    )
    if not fits:
        return None
    left_out = LeftOutList(manifest.left_out)
    left_out.count = manifest.left_out_count
    return CachedPictures(pixels=pixels, rows=rows, kept=kept, sizes=sizes, digests=digests, left_out=left_out)


def _build(
    pictures: Pictures, preparation: Preparation, work: Path, progress: Progress, cancelled: IsCancelled
) -> None:
    """Decode all in a few threads (decoder and resizing let go of Python's lock) and write the folder's files."""
    count = len(pictures)
    sizes = np.zeros((count, 3), np.int32)
    digests = np.zeros((count, 16), np.uint8)
    good = np.zeros(count, bool)
    left_out = LeftOutList()
    pace = Pace(count, "Reading pictures", progress, cancelled)

    def some(first: int) -> list[_Prepared | NetwrightError]:
        done: list[_Prepared | NetwrightError] = []
        for index in range(first, min(first + _AT_ONCE, count)):
            try:
                read = pictures.read_for_cache(index, preparation.enough)
                done.append((preparation.bytes_of(read.pixels), read.size, read.digest))
            except NetwrightError as error:
                done.append(error)
        return done

    pixels: Any = None
    mapped = Mapped()
    threads = min(8, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        starts = iter(range(0, count, _AT_ONCE))
        waiting = deque((first, pool.submit(some, first)) for first in islice(starts, threads * 3))
        try:
            while waiting:
                first, future = waiting.popleft()
                results = future.result()
                waiting.extend((later, pool.submit(some, later)) for later in islice(starts, 1))
                for index, result in enumerate(results, first):
                    pace.at(index)
                    if isinstance(result, NetwrightError):
                        left_out.add(result.where or f"picture {index}", result.message)
                        continue
                    picture, size, digest = result
                    if pixels is None:
                        check_room(
                            work,
                            count * picture.size,
                            "decoded pictures",
                            "Make room, or choose a smaller size in Resize.",
                        )
                        pixels = np.lib.format.open_memmap(
                            work / "pixels.npy", mode="w+", dtype=np.uint8, shape=(count, *picture.shape)
                        )
                    if picture.shape != pixels.shape[1:]:
                        raise DataError(
                            "The pictures have different sizes or colours: "
                            f"{_size(pixels.shape[1:])} and {_size(picture.shape)}.",
                            where=preparation.field.name,
                            hint="Add Resize and Colour or grey to the preparation.",
                        )
                    pixels[index] = picture
                    mapped.read(pixels, picture.nbytes)
                    sizes[index] = size
                    digests[index] = np.frombuffer(digest, np.uint8)
                    good[index] = True
        finally:
            for _, future in waiting:
                future.cancel()
    if pixels is None:
        problem = left_out.items[0] if left_out.items else LeftOut(where="", reason="There are no pictures.")
        raise DataError(
            "None of the pictures can be read.",
            where=problem.where,
            found=problem.reason,
            hint="Look at the files: are they complete, and are they pictures?",
        )
    pixels.flush()
    del pixels
    kept = np.flatnonzero(good).astype(np.int64)
    for name, array in (("rows", kept), ("kept", kept), ("sizes", sizes[kept]), ("digests", digests[kept])):
        np.save(work / f"{name}.npy", array, allow_pickle=False)
    manifest = _Manifest(format=FORMAT, samples=count, left_out=left_out.items, left_out_count=left_out.count)
    (work / COMPLETE).write_bytes(msgspec.json.encode(manifest))


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} × {shape[1]} × {shape[2]}"


def rows_of(pixels: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Rows as a fresh array; a view where they lie together."""
    if len(rows) and int(rows[-1]) - int(rows[0]) == len(rows) - 1 and bool((np.diff(rows) == 1).all()):
        return pixels[int(rows[0]) : int(rows[-1]) + 1]
    return cast("npt.NDArray[np.uint8]", np.take(pixels, rows, axis=0))
