"""Points of links go along while both ends of the link are dragged."""

from collections.abc import Collection

import msgspec

from engine.document.graph import InputKey, Point
from gui.design.canvas.arrays import Floats
from gui.design.canvas.geometry import Geometry
from gui.design.mark_edits import led_links


class LedLinks:
    """The links among these nodes that are led through points, as they were when the drag began."""

    def __init__(self, geometry: Geometry, ids: Collection[str]) -> None:
        self._geometry = geometry
        self._via: dict[InputKey, tuple[Point, ...]] = {
            (edge.target, edge.input): edge.via for edge in led_links(geometry, ids)
        }

    def shift(self, by: Floats) -> None:
        """Show the points this far from where they were."""
        dx, dy = by.tolist()
        for key, via in self._via.items():
            edge = self._geometry.edges[self._geometry.link_of[key]]
            self._geometry.link(msgspec.structs.replace(edge, via=tuple((x + dx, y + dy) for x, y in via)))
