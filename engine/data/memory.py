"""How much memory prepared data may take, and letting go of what is not needed.

What does not fit streams from the cache on disk. The limit is for the whole process; it is set with
NETWRIGHT_MEMORY_LIMIT (bytes, or 2GB, 500MB), otherwise data take a part of what is free.
"""

import contextlib
import mmap
import os
import re
import threading
import weakref
from typing import Any, Final

import psutil

from engine.errors import UsageError

VARIABLE: Final = "NETWRIGHT_MEMORY_LIMIT"
RESIDENT_BYTES: Final = 3 << 29
"""1.5 GiB: prepared values of one Input up to this size stay in memory, where a batch is one index_select."""

_FREE_SHARE: Final = 0.4
"""Of the memory that is free, what one Input may take."""

_WORK_SHARE: Final = 0.4
"""Of a limit, what is left for batches, gradients and the reading of files."""

_MAPPED_BYTES: Final = 16 << 20
"""So much of a memory map may have been touched before its pages are given back."""

_UNITS: Final = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def parsed_bytes(text: str) -> int:
    """The bytes that "2GB", "500 MB" or "1073741824" mean. Raises UsageError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmg]?i?b?)\s*", text, re.IGNORECASE)
    unit = match[2].upper() if match else "?"
    unit = {"K": "KB", "M": "MB", "G": "GB"}.get(unit, unit)
    if match is None or unit not in _UNITS or float(match[1]) <= 0:
        raise UsageError(
            f"'{text[:40]}' is not an amount of memory.", where="memory", expected="2GB or 500MB", found=text[:40]
        )
    return int(float(match[1]) * _UNITS[unit])


def limit_bytes() -> int | None:
    """The limit for this process, None when none is set."""
    text = os.environ.get(VARIABLE, "")
    return parsed_bytes(text) if text else None


class _Budget:
    """Counts what prepared values take together, so that several Inputs do not each take all that is free."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = 0

    def take(self, holder: object, size: int) -> bool:
        """Whether `size` bytes may be held as long as `holder` lives."""
        with self._lock:
            if size > min(RESIDENT_BYTES, _FREE_SHARE * psutil.virtual_memory().available):
                return False
            limit = limit_bytes()
            if limit is not None and psutil.Process().memory_info().rss + size > (1 - _WORK_SHARE) * limit:
                return False
            self._held += size
        weakref.finalize(holder, self._give_back, size)
        return True

    def _give_back(self, size: int) -> None:
        with self._lock:
            self._held -= size

    @property
    def held(self) -> int:
        """Bytes that are held at the moment."""
        return self._held


budget: Final = _Budget()
"""The one of this process."""


class Mapped:
    """Counts what was read through a memory map and gives its pages back now and then.

    They stay in the system's file cache as long as there is room, so reading them again costs little; without this they
    would count as the process's own until the whole file was in it.
    """

    def __init__(self) -> None:
        self._touched = 0

    def read(self, array: Any, size: int) -> None:
        """`size` bytes of a map have been copied."""
        self._touched += size
        if self._touched >= _MAPPED_BYTES:
            self._touched = 0
            forget(array)


def forget(array: Any) -> None:
    """Give the pages of a memory-mapped array back to the system; arrays in memory are left alone."""
    while array is not None:
        mapping = getattr(array, "_mmap", None)
        if isinstance(mapping, mmap.mmap):
            if hasattr(mmap, "MADV_DONTNEED"):
                with contextlib.suppress(OSError, ValueError):
                    mapping.madvise(mmap.MADV_DONTNEED)
            return
        array = getattr(array, "base", None)
