"""The sheet of a self-organising map: how far neighbouring units lie apart (U-matrix), and which samples each holds.

Of each map: `heights` float16 (2 rows - 1, 2 columns - 1), between two units their distance and at a unit the mean of
those around it; `hits` int32 (rows, columns), samples whose nearest unit it is; where classes are answered `classes`
uint8 (rows, columns), the class of most of them, 255 where there are none. At the start facts: `rows`, `columns`,
`title` and the `field` of the classes.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

import torch
from torch import Tensor

from engine.catalog.layers.special import SelfOrganizingMap
from engine.document.graph import Node
from engine.training.live_views.inside import Inside, answered_classes, module_of
from engine.training.live_views.live_view import LiveView, Seen
from engine.training.map_sheet import class_votes, neighbour_heights
from engine.training.task import Task

MOST_SAMPLES: Final = 600
MOST_UNITS: Final = 4_096


class MapUnits(LiveView):
    """For every self-organising map of the network."""

    key: ClassVar[str] = "map_units"
    every_s: ClassVar[float] = 0.25
    share_of_time: ClassVar[float] = 0.03

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._maps = maps_of(task)
        self._inside = Inside(task, self._maps, most=MOST_SAMPLES)
        self._names = answered_classes(task)

    @classmethod
    def applies(cls, task: Task) -> bool:
        return bool(maps_of(task))

    def begin(self) -> Iterable[Seen]:
        field = self.task.answers[0][0] if self._names else ""
        for node in self._maps:
            rows, columns = sheet_of(node)
            facts: dict[str, float | str] = {"rows": rows, "columns": columns, "title": node.title or node.id}
            yield Seen(arrays={}, facts={**facts, "field": field, "classes": len(self._names)}, node=node.id)

    def look(self) -> Iterable[Seen]:
        given = self._inside.inputs()
        truth = self._inside.classes() if self._names else None
        for node in self._maps:
            module = module_of(self.task, node)
            units = getattr(module, "units", None)
            if not isinstance(units, Tensor):
                continue
            rows, columns = sheet_of(node)
            units = units.detach().float().cpu()
            arrays = {"heights": neighbour_heights(units, rows, columns).to(torch.float16)}
            if node.id in given:
                nearest = torch.cdist(given[node.id], units).argmin(1)
                arrays["hits"] = torch.bincount(nearest, minlength=len(units)).reshape(rows, columns).to(torch.int32)
                if truth is not None:
                    votes = class_votes(nearest, truth, len(units), len(self._names))
                    arrays["classes"] = votes.reshape(rows, columns)
            yield Seen(arrays=arrays, node=node.id)


def maps_of(task: Task) -> list[Node]:
    """The maps of a network, of a size that can be drawn."""
    found = []
    for node in task.project.graph.nodes.values():
        if node.type == SelfOrganizingMap.type_name() and not node.bypassed and module_of(task, node) is not None:
            rows, columns = sheet_of(node)
            if min(rows, columns) >= 1 and 4 <= rows * columns <= MOST_UNITS:
                found.append(node)
    return found


def sheet_of(node: Node) -> tuple[int, int]:
    """Rows and columns of a map's node."""
    layer = SelfOrganizingMap.from_attributes(node.attributes)
    return layer.rows, layer.columns
