"""Which way a graph runs: the canvas puts ports at the sides of cards, or at top and bottom where links lead down.

This follows from where the cards lie, so that it is undone with them and needs no mark in the file.
"""

import numpy as np

from gui.design.canvas.geometry import Geometry

_FEWEST = 3
"""Links that lead down before a graph is said to."""


def runs_down(geometry: Geometry) -> bool:
    """Whether far more links lead to a card straight below than to one at the right."""
    ends = geometry.ends
    if len(ends) < _FEWEST:
        return False
    source, target = geometry.boxes[ends[:, 0]], geometry.boxes[ends[:, 1]]
    right = target[:, 0] >= source[:, 0] + source[:, 2]
    over = np.minimum(source[:, 0] + source[:, 2], target[:, 0] + target[:, 2]) - np.maximum(source[:, 0], target[:, 0])
    down = (target[:, 1] >= source[:, 1] + source[:, 3]) & (over > 0)
    count = int(down.sum())
    return count >= _FEWEST and count > 2 * int(right.sum())
