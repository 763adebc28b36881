"""An array that grows at its end without ever keeping anybody waiting: it moves into its larger room bit by bit.

Doubling at once would copy 80 MB when a curve passes ten million points, some 50 ms on the thread of the window.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_FIRST_ROOM: Final = 1024
_LARGE: Final = 1 << 16
_AT_ONCE: Final = 1 << 11
"""Numbers moved with each extension, or three times what came: the move ends before the old room is full."""


class Growing:
    """Of float64. Views given out keep their values and are for reading only. One thread writes; others may read."""

    def __init__(self, values: ArrayLike = ()) -> None:
        self._room: Floats = np.empty(_FIRST_ROOM)
        self._size = 0
        self._next: Floats | None = None  # the larger room while we move; set by _move, cleared when we have moved
        self._moved = 0
        self.generation = 0
        """Rises when numbers were taken back: what was worked out from them holds no more."""
        self.extend(values)

    def __len__(self) -> int:
        return self._size

    def extend(self, values: ArrayLike) -> None:
        """Add numbers at the end."""
        added: NDArray[Any] = np.asarray(values, dtype=np.float64)
        if not added.size:
            return
        size = self._size + len(added)
        if size > len(self._room):
            self._change_rooms(size)
        self._room[self._size : size] = added
        self._size = size
        self._move(len(added))

    def cut(self, size: int) -> None:
        """Take back all from the `size`-th on."""
        if size < self._size:
            self._room = self._room[: max(size, _FIRST_ROOM)].copy()  # what was given out keeps its values
            self._next, self._size = None, size
            self.generation += 1

    def view(self) -> Floats:
        """All numbers."""
        seen = self._room[: self._size]
        seen.flags.writeable = False
        return seen

    def _move(self, added: int) -> None:
        if len(self._room) < _LARGE or self._size * 2 < len(self._room):
            return
        if self._next is None:
            self._next, self._moved = np.empty(2 * len(self._room)), 0
        end = min(self._size, self._moved + max(_AT_ONCE, 3 * added))
        self._next[self._moved : end] = self._room[self._moved : end]
        self._moved = end

    def _change_rooms(self, size: int) -> None:
        if self._next is not None and len(self._next) >= size:
            room, moved = self._next, self._moved
        else:
            room, moved = np.empty(max(2 * len(self._room), size)), 0
        room[moved : self._size] = self._room[moved : self._size]
        self._room, self._next = room, None
