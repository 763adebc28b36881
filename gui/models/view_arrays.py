"""Arrays of a live view as they come in the log, and what the surface of a plane makes of them."""

import math
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.protocol.run_events import ViewArray, ViewSeen

if TYPE_CHECKING:
    from gui.charts.surface_map import Plane, Surface

_MOST_BYTES: Final = 64 << 20
_UNIT: Final = 65_535.0


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


def plane_of(told: ViewSeen) -> "Plane":
    """The axes of a surface, from what was told before the first step."""
    from gui.charts.surface_map import Plane

    def number(name: str, otherwise: float) -> float:
        value = told.facts.get(name, otherwise)
        return float(value) if isinstance(value, int | float) else otherwise

    x = (number("x_low", -1.0), number("x_high", 1.0))
    y = (number("y_low", -1.0), number("y_high", 1.0))
    return Plane(
        x=x if x[1] > x[0] else (x[0], x[0] + 1),
        y=y if y[1] > y[0] else (y[0], y[0] + 1),
        x_label=str(told.facts.get("x", "")),
        y_label=str(told.facts.get("y", "")),
    )


def surface_of(seen: ViewSeen) -> "Surface":
    """What was answered over the plane, from one look."""
    from gui.charts.surface_map import Surface

    values, best, surety = (array_of(seen, name) for name in ("values", "best", "surety"))
    if values is not None and values.ndim == 2:
        return Surface(values=values.astype(np.float64))
    if best is None or best.ndim != 2:
        return Surface(values=np.zeros((1, 1)))
    border = array_of(seen, "border")
    pieces = np.zeros((0, 4)) if border is None or border.ndim != 2 or border.shape[1] != 4 else border / _UNIT
    shares = surety / 255.0 if surety is not None and surety.shape == best.shape else None
    return Surface(best=best, surety=shares, border=pieces)
