"""Arrays of a live view as they came in the log."""

import math
import zlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.protocol.run_events import ViewArray, ViewSeen

_MOST_BYTES: Final = 64 << 20


def array_of(seen: ViewSeen, name: str) -> NDArray[Any] | None:
    """One array of an event; None where it is not told or damaged."""
    told = seen.arrays.get(name)
    return unpacked(told) if told is not None else None


def unpacked(told: ViewArray) -> NDArray[Any] | None:
    """The numbers; None where they are damaged, or larger than any view tells."""
    dtype = np.dtype(told.dtype).newbyteorder("<")
    if any(size < 0 for size in told.shape):
        return None
    size = math.prod(told.shape) * dtype.itemsize
    if size > _MOST_BYTES:
        return None
    try:
        data = zlib.decompressobj().decompress(told.data, size + 1)
    except zlib.error:
        return None
    return np.frombuffer(data, dtype).reshape(told.shape) if len(data) == size else None
