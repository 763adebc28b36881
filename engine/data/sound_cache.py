"""Decoded sound on disk, memory-mapped: decoding and resampling happen once, later opens read at memory's speed.

A folder of the cache holds samples.bin (one recording after the other, int16 where that is exact, else float32),
starts.npy, kept.npy, rates.npy, digests.npy and cache.json.
"""

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec
import numpy as np
import numpy.typing as npt

from engine.data.cache_folder import COMPLETE, check_room, found_or_built
from engine.data.left_out import LeftOutList
from engine.data.progress import IsCancelled, Pace, Progress
from engine.data.samples import Sound, Sounds
from engine.data.sounds import resampled
from engine.errors import DataError, NetwrightError
from engine.protocol.messages.data import LeftOut

FORMAT: Final = 1
_WAITING_BYTES: Final = 256 << 20
"""Decoded sound that may wait to be written."""
_CHUNK: Final = 1 << 22


@dataclass(frozen=True, kw_only=True, slots=True)
class CachedSounds:
    """Recording i of `kept` is `samples[starts[i]:starts[i + 1]]`, int16 or float32, all at one rate.

    `kept` are the numbers in the source of those that could be decoded, `rates` their own rates, `digests` 16 bytes
    each.
    """

    samples: npt.NDArray[np.int16] | npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]
    rates: npt.NDArray[np.int32]
    digests: npt.NDArray[np.uint8]
    left_out: LeftOutList


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    sounds: int
    samples: int
    whole: bool
    left_out: list[LeftOut]
    left_out_count: int


def sound_cache_key(listing: str, field: str, rate: int) -> str:
    """A name that changes with the files, the field and the rate."""
    return hashlib.blake2b(f"sound{FORMAT}\0{listing}\0{field}\0{rate}".encode(), digest_size=12).hexdigest()


def cached_sounds(
    sounds: Sounds, rate: int, key: str, project_dir: Path | None, *, progress: Progress, cancelled: IsCancelled
) -> CachedSounds:
    """Find or build the cache. Recordings that cannot be decoded are left out by name.

    Raises DataError when there is no room on the disk or no recording that can be used, and Cancelled.
    """
    return found_or_built(
        key,
        project_dir,
        read=lambda folder: _open(folder, len(sounds)),
        build=lambda work: _build(sounds, rate, work, progress, cancelled),
        what="decoded sound",
    )


def _open(folder: Path, count: int) -> CachedSounds | None:
    """The cache in a folder, or None when it is not there, damaged, or of something else."""
    try:
        manifest = msgspec.json.decode((folder / COMPLETE).read_bytes(), type=_Manifest)
        starts, kept, rates, digests = (
            np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("starts", "kept", "rates", "digests")
        )
        dtype = np.dtype(np.int16 if manifest.whole else np.float32)
        path = folder / "samples.bin"
        if manifest.samples < 1 or path.stat().st_size != manifest.samples * dtype.itemsize:
            return None
        samples = np.memmap(path, dtype, mode="r", shape=(manifest.samples,))
    except (OSError, ValueError, EOFError, msgspec.MsgspecError):
        return None
    fits = (
        manifest.format == FORMAT
        and manifest.sounds == count
        and starts.ndim == 1
        and len(starts) == len(kept) + 1 == len(rates) + 1 == len(digests) + 1 > 1
        and int(starts[0]) == 0
        and int(starts[-1]) == manifest.samples
        and bool((np.diff(starts) > 0).all())
    )
    if not fits:
        return None
    left_out = LeftOutList(manifest.left_out)
    left_out.count = manifest.left_out_count
    return CachedSounds(samples=samples, starts=starts, kept=kept, rates=rates, digests=digests, left_out=left_out)


class _Writer:
    """Writes recordings one after the other, as int16 until one comes that this would not keep exactly."""

    def __init__(self, work: Path) -> None:
        self.path = work / "samples.bin"
        self.whole = True
        self.samples = 0
        self._file: BinaryIO = self.path.open("wb")

    def add(self, sound: Sound) -> None:
        if self.whole and not sound.whole:
            self._widen()
        check_room(self.path.parent, sound.samples.nbytes, "decoded sound", "Make room, or choose a lower rate.")
        levels = np.rint(sound.samples * np.float32(32768)).astype(np.int16) if self.whole else sound.samples
        self._file.write(np.ascontiguousarray(levels).data)
        self.samples += len(sound.samples)

    def _widen(self) -> None:
        """Go on in float32, and write again what is there."""
        self._file.close()
        wide = self.path.with_suffix(".wide")
        with wide.open("wb") as file, self.path.open("rb") as narrow:
            while chunk := narrow.read(_CHUNK):
                file.write((np.frombuffer(chunk, np.int16).astype(np.float32) / np.float32(32768)).data)
        wide.replace(self.path)
        self._file = self.path.open("ab")
        self.whole = False

    def close(self) -> None:
        self._file.close()


def _build(sounds: Sounds, rate: int, work: Path, progress: Progress, cancelled: IsCancelled) -> None:
    """Decode all in a few threads (libsndfile and soxr let go of Python's lock) and write the folder's files."""
    count = len(sounds)
    starts, kept, rates, digests = [0], [], [], []
    left_out = LeftOutList()
    pace = Pace(count, "Reading sound", progress, cancelled)
    size_of: Any = getattr(sounds, "size_of", lambda index: 0)

    def one(index: int) -> tuple[Sound, int, bytes]:
        sound, digest = sounds.read_with_digest(index)
        return resampled(sound, rate), sound.rate, digest

    threads = min(4, os.cpu_count() or 1)
    writer = _Writer(work)
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[tuple[int, int, Future[tuple[Sound, int, bytes]]]] = []
        position, waiting_bytes = 0, 0
        try:
            while position < count or waiting:
                while position < count and len(waiting) < threads * 8:
                    size = int(size_of(position))
                    if waiting and waiting_bytes + size > _WAITING_BYTES:
                        break
                    waiting.append((position, size, pool.submit(one, position)))
                    waiting_bytes += size
                    position += 1
                index, size, future = waiting.pop(0)
                waiting_bytes -= size
                pace.at(index)
                try:
                    sound, own_rate, digest = future.result()
                except NetwrightError as error:
                    left_out.add(error.where or f"recording {index}", error.message)
                    continue
                writer.add(sound)
                starts.append(writer.samples)
                kept.append(index)
                rates.append(own_rate)
                digests.append(np.frombuffer(digest, np.uint8))
        finally:
            writer.close()
            for _, _, future in waiting:
                future.cancel()
    if not kept:
        first = left_out.items[0] if left_out.items else LeftOut(where="", reason="There are no recordings.")
        raise DataError(
            "None of the recordings can be read.",
            where=first.where,
            found=first.reason,
            hint="Look at the files: are they complete, and are they sound?",
        )
    arrays = {
        "starts": np.array(starts, np.int64),
        "kept": np.array(kept, np.int64),
        "rates": np.array(rates, np.int32),
        "digests": np.stack(digests),
    }
    for name, array in arrays.items():
        np.save(work / f"{name}.npy", cast("npt.NDArray[Any]", array), allow_pickle=False)
    manifest = _Manifest(
        format=FORMAT,
        sounds=count,
        samples=writer.samples,
        whole=writer.whole,
        left_out=left_out.items,
        left_out_count=left_out.count,
    )
    (work / COMPLETE).write_bytes(msgspec.json.encode(manifest))
