"""Short digests of rows, by which equal samples are found."""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt


def digests(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """16 bytes for each row that are equal for equal content."""
    joined = b"".join(
        hashlib.blake2b(np.ascontiguousarray(row).view(np.uint8).data, digest_size=16).digest() for row in array
    )
    return np.frombuffer(joined, np.uint8).reshape(len(array), 16)


def mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread every bit over all others (the finalizer of MurmurHash3), so that keys of columns can be combined."""
    x = (x + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xFF51AFD7ED558CCD)
    x = (x ^ (x >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))
