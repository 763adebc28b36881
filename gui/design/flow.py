"""Which way a graph runs, to the right or down, and what lies ahead of a card there.

This follows from where the cards lie, so that it is undone with them and needs no mark in the file.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.document.graph import Graph, Point

COLUMN: Final = 240.0
ROW: Final = 136.0
_CARD: Final = (168.0, 52.0)  # the smallest card
_FEWEST: Final = 3
"""Links that lead down before a graph is said to."""


@dataclass(frozen=True, slots=True)
class Flow:
    """To the right, or downwards."""

    downwards: bool = False

    @property
    def step(self) -> float:
        """From a card to the next one."""
        return ROW if self.downwards else COLUMN

    def along(self, x: float, y: float) -> float:
        """How far along the flow a place lies."""
        return y if self.downwards else x

    def ahead(self, x: float, y: float, by: float) -> Point:
        """The place so much further along."""
        return (x, y + by) if self.downwards else (x + by, y)


def runs_down(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> bool:
    """Whether far more links, from (link, 2) to (link, 2), lead to a card straight below than to one at the right.

    Where cards lie counts, not how large they are: that may depend on the answer, and would turn it round again.
    """
    if len(starts) < _FEWEST:
        return False
    across, down_by = (ends - starts).T
    down = (down_by >= _CARD[1]) & (np.abs(across) < _CARD[0])
    count = int(down.sum())
    return count >= _FEWEST and count > 2 * int((across >= _CARD[0]).sum())


def flow_of(graph: Graph) -> Flow:
    """Which way a graph runs."""
    nodes = graph.nodes
    places = [(nodes[edge.source], nodes[edge.target]) for edge in graph.edges]
    if len(places) < _FEWEST:
        return Flow()
    starts = np.array([(source.x, source.y) for source, _target in places])
    return Flow(runs_down(starts, np.array([(target.x, target.y) for _source, target in places])))
