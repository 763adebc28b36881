"""What the first layer looks for: the weights of each unit or channel, as a picture of what it sees.

For each layer that sees a picture point by point: `pictures` uint8 (N, height, width, channels) at most 64 of them,
evenly chosen, 128 standing for 0 and the largest weight of all for black or white; of layers that hold points of what
they see, such as the units of a map, the points themselves from dark to bright. At the start facts: `title`, `across`,
`signed`.
"""

import math
from collections.abc import Iterable
from typing import ClassVar, Final

import torch
from torch import Tensor

from engine.catalog import registry
from engine.document.graph import Node
from engine.training.live_views.inside import module_of, picture_into
from engine.training.live_views.live_view import LiveView, Seen
from engine.training.task import Task

MOST: Final = 64
LONGEST_SIDE: Final = 64
_ROWS: Final = frozenset(("Linear", "RestrictedBoltzmann", "CosineLinear"))
_WINDOWS: Final = frozenset(("Conv2d",))


class Filters(LiveView):
    """For every layer that sees a picture directly."""

    key: ClassVar[str] = "filters"
    every_s: ClassVar[float] = 1.0
    share_of_time: ClassVar[float] = 0.002

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._nodes = seeing(task)

    @classmethod
    def applies(cls, task: Task) -> bool:
        return bool(seeing(task))

    def begin(self) -> Iterable[Seen]:
        for node in self._nodes:
            weights = pictured(self.task, node)
            if weights is None:
                continue
            across = _columns(node, len(weights))
            facts: dict[str, float | str] = {"title": node.title or node.id, "across": across}
            yield Seen(arrays={}, facts={**facts, "signed": float(not _points(node))}, node=node.id)

    def look(self) -> Iterable[Seen]:
        for node in self._nodes:
            weights = pictured(self.task, node)
            if weights is None:
                continue
            if _points(node):
                low, high = weights.amin(), weights.amax()
                shades = (weights - low) / (high - low).clamp(min=1e-9) * 255
            else:
                shades = 128 + 127 * weights / weights.abs().amax().clamp(min=1e-9)
            yield Seen(arrays={"pictures": shades.round().clamp(0, 255).to(torch.uint8)}, node=node.id)


def seeing(task: Task) -> list[Node]:
    """The layers whose weights can be drawn as pictures."""
    found = []
    for node in task.project.graph.nodes.values():
        if node.bypassed or node.shares or not (node.type in _ROWS | _WINDOWS or _points(node)):
            continue
        if picture_into(task, node) is not None and pictured(task, node) is not None:
            found.append(node)
    return found


def _points(node: Node) -> str:
    kind = registry.layer_type(node.type)
    return kind.points if kind is not None else ""


def pictured(task: Task, node: Node) -> Tensor | None:
    """(N, height, width, channels) of a layer's weights on the CPU; None where they do not lie over a picture."""
    module, seen = module_of(task, node), picture_into(task, node)
    weight = getattr(module, _points(node) or "weight", None)
    if not isinstance(weight, Tensor) or seen is None:
        return None
    channels, height, width = seen[1]
    weight = weight.detach().float()
    if node.type in _WINDOWS:
        if weight.dim() != 4 or weight.shape[1] not in (1, 3) or weight.shape[1] != channels or weight.shape[2] < 2:
            return None
        shape = tuple(weight.shape[1:])
    else:
        if weight.dim() != 2 or weight.shape[1] != channels * height * width or max(height, width) > LONGEST_SIDE:
            return None
        shape = (channels, height, width)
    if len(weight) > MOST and not _is_sheet(node):
        weight = weight[torch.linspace(0, len(weight) - 1, MOST).round().long().to(weight.device)]
    return weight.reshape(len(weight), *shape).permute(0, 2, 3, 1).cpu()


def _is_sheet(node: Node) -> bool:
    """Whether units lie side by side in lines, so that none can be left out."""
    return "columns" in {info.name for info in type(registry.layer(node)).attributes()}


def _columns(node: Node, count: int) -> int:
    """How many stand in a row: those of a map as they lie there."""
    if _is_sheet(node):
        columns: int = registry.layer(node).values()["columns"]
        return columns
    return max(1, round(math.sqrt(1.6 * count)))
