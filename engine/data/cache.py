"""Decoded pictures on disk, memory-mapped: decoding happens once, every later open reads at the speed of memory.

<project>/.netwright/cache/<fingerprint>/ holds pixels.npy (uint8 N, H, W, C), kept.npy, digests.npy, sizes.npy and
cache.json. A folder that is not complete does not exist: it is written under another name and renamed. It may be
deleted at any time.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt

from engine.data.left_out import LeftOutList
from engine.data.preparation import Preparation
from engine.data.progress import IsCancelled, Pace, Progress
from engine.data.readers.files import reason
from engine.data.samples import Pictures
from engine.errors import DataError, NetwrightError
from engine.protocol.messages import LeftOut

FORMAT = 1
_AT_ONCE = 16
"""Pictures that a thread takes at a time."""

_Prepared = tuple[npt.NDArray[np.uint8], tuple[int, int, int], bytes]
"""The picture after the steps on grey levels, its size in the file, its digest."""

KEPT_FOLDERS = 4
"""Caches of earlier settings that stay, so that going back to a size costs nothing."""


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


def user_cache_dir() -> Path:
    """Where this user's programs keep what may be deleted."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "netwright"


def cache_places(project_dir: Path | None) -> tuple[Path, ...]:
    """Where a cache may lie, best first: in the project, or in the user's cache when the project cannot be written."""
    user = user_cache_dir() / "data"
    if project_dir is None or not project_dir.is_dir() or not os.access(project_dir, os.W_OK):
        return (user,)
    return (project_dir / ".netwright" / "cache", user)


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
    places = cache_places(project_dir)
    for place in places:
        found = _open(place / key, len(pictures))
        if found is not None:
            return found if place == places[0] else _moved(place / key, places[0] / key, len(pictures)) or found
    last: OSError | None = None
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=".new-", dir=place))
        except OSError as error:
            last = error
            continue
        try:
            _build(pictures, preparation, work, progress, cancelled)
            _put(work, place / key)
        except OSError as error:
            raise DataError(
                f"The decoded pictures cannot be kept in {place}: {reason(error)}.", where=str(place), hint="Make room."
            ) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
        _prune(place, key)
        found = _open(place / key, len(pictures))
        if found is not None:
            return found
    raise DataError(
        "There is no place to keep the decoded pictures.",
        where=str(places[-1]),
        found=reason(last) if last else "the cache could not be read back",
    )


def _open(folder: Path, samples: int) -> CachedPictures | None:
    """The cache in a folder, or None when it is not there, damaged, or of something else."""
    try:
        manifest = msgspec.json.decode((folder / "cache.json").read_bytes(), type=_Manifest)
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


def _moved(old: Path, new: Path, samples: int) -> CachedPictures | None:
    """Bring a cache that was built before the project existed into the project; None where that fails."""
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        old.replace(new)
    except OSError:
        return None
    return _open(new, samples)


def _put(work: Path, folder: Path) -> None:
    """Rename the finished folder into its place; another process may have been faster, then its folder is as good."""
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    try:
        work.replace(folder)
    except OSError:
        if not (folder / "cache.json").exists():
            raise


def _prune(place: Path, key: str) -> None:
    """Remove the oldest caches beyond the number kept. One that is still mapped by a process stays readable to it."""
    try:
        folders = sorted(
            (
                item
                for item in place.iterdir()
                if item.is_dir() and item.name != key and not item.name.startswith(".new-")
            ),
            key=lambda item: item.stat().st_mtime,
            reverse=True,
        )
    except OSError:
        return
    for folder in folders[KEPT_FOLDERS - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


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
                        _check_room(work, count * picture.size)
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
    (work / "cache.json").write_bytes(msgspec.json.encode(manifest))


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} × {shape[1]} × {shape[2]}"


def _check_room(work: Path, needed: int) -> None:
    free = shutil.disk_usage(work).free
    if needed + (64 << 20) > free:
        raise DataError(
            "There is not enough room on the disk for the decoded pictures.",
            where=str(work.parent),
            expected=f"{needed / 1e9:.1f} GB",
            found=f"{free / 1e9:.1f} GB free",
            hint="Make room, or choose a smaller size in Resize.",
        )


def rows_of(pixels: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Rows as a fresh array; a view where they lie together."""
    if len(rows) and int(rows[-1]) - int(rows[0]) == len(rows) - 1 and bool((np.diff(rows) == 1).all()):
        return pixels[int(rows[0]) : int(rows[-1]) + 1]
    return cast("npt.NDArray[np.uint8]", np.take(pixels, rows, axis=0))
