"""Which way a graph runs: the canvas puts ports at the sides of cards, or at top and bottom where links lead down.

This follows from where the cards lie, so that it is undone with them and needs no mark in the file.
"""

import numpy as np

from gui.design.canvas.face import CARD_WIDTH, HEIGHT_BARE
from gui.design.canvas.geometry import Geometry

_FEWEST = 3
"""Links that lead down before a graph is said to."""


def runs_down(geometry: Geometry) -> bool:
    """Whether far more links lead to a card straight below than to one at the right."""
    ends = geometry.ends
    if len(ends) < _FEWEST:
        return False
    # Where cards lie, not how large they are: that depends on the answer, and would turn it round again.
    across, down_by = (geometry.boxes[ends[:, 1], :2] - geometry.boxes[ends[:, 0], :2]).T
    right = across >= CARD_WIDTH
    down = (down_by >= HEIGHT_BARE) & (np.abs(across) < CARD_WIDTH)
    count = int(down.sum())
    return count >= _FEWEST and count > 2 * int(right.sum())
