"""Points that a layer holds among the data: centres, the units of a map, a codebook, on the two axes on which what
comes in spreads furthest.

Of each layer, at the start: `title`, and of a map `rows` and `columns`; `x_share` and `y_share` say how much of the
spread the axes show. At each look `points` float16 (N, 2), some samples, `truth` uint8 (N,) their classes where classes
are answered, `centres` float16 (K, 2), and where a centre has a reach `reach` float16 (K,), the distance at which its
answer has fallen to e^(-1/2).
"""

from collections.abc import Iterable
from typing import ClassVar, Final

import torch
from torch import Tensor

from engine.catalog import registry
from engine.document.graph import Node
from engine.training.live_views.inside import Inside, answered_classes, module_of, nodes_with_points
from engine.training.live_views.live_view import LiveView, Seen
from engine.training.task import Task

MOST_SAMPLES: Final = 300
MOST_CENTRES: Final = 1_000
MOST_CLASSES: Final = 24


class Centres(LiveView):
    """For every layer that holds points of what comes in, of vectors."""

    key: ClassVar[str] = "centres"
    every_s: ClassVar[float] = 0.25
    share_of_time: ClassVar[float] = 0.02

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._nodes = _drawable(task)
        self._inside = Inside(task, self._nodes, most=MOST_SAMPLES)
        self._names = answered_classes(task)
        self._axes: dict[str, tuple[Tensor, Tensor]] = {}

    @classmethod
    def applies(cls, task: Task) -> bool:
        return bool(_drawable(task))

    def begin(self) -> Iterable[Seen]:
        given = self._inside.inputs()
        for node in self._nodes:
            rows = given.get(node.id)
            if rows is None or rows.dim() != 2 or rows.shape[1] < 2 or len(rows) < 3:
                continue
            middle, axes, shares = principal_axes(rows)
            self._axes[node.id] = (middle, axes)
            field = self.task.answers[0][0] if self._names else ""
            facts: dict[str, float | str] = {"title": node.title or node.id, "field": field}
            facts |= {"classes": len(self._names), "x_share": shares[0], "y_share": shares[1]}
            values = registry.layer(node).values()
            if "rows" in values and "columns" in values:
                facts |= {"rows": int(values["rows"]), "columns": int(values["columns"])}
            yield Seen(arrays={}, facts=facts, node=node.id)

    def look(self) -> Iterable[Seen]:
        given = self._inside.inputs()
        truth = self._inside.classes() if 2 <= len(self._names) <= MOST_CLASSES else None
        for node in self._nodes:
            if node.id not in self._axes or node.id not in given:
                continue
            middle, axes = self._axes[node.id]
            module = module_of(self.task, node)
            held = getattr(module, registry.layer(node).points).detach().float().cpu()
            arrays = {
                "points": ((given[node.id] - middle) @ axes).to(torch.float16),
                "centres": ((held - middle) @ axes).to(torch.float16),
            }
            if truth is not None:
                arrays["truth"] = truth.clamp(0, 255).to(torch.uint8)
            precision = getattr(module, "log_precision", None)
            if isinstance(precision, Tensor) and precision.shape == held.shape[:1]:
                arrays["reach"] = (2 * precision.detach().float().cpu().exp()).rsqrt().to(torch.float16)
            yield Seen(arrays=arrays, node=node.id)


def principal_axes(rows: Tensor) -> tuple[Tensor, Tensor, tuple[float, float]]:
    """The middle (F,), the two directions (F, 2) in which rows (N, F) spread most, and what share of it each shows."""
    middle = rows.mean(0)
    _, sizes, directions = torch.linalg.svd(rows - middle, full_matrices=False)
    axes = directions[:2].T.clone()
    signs = axes[axes.abs().argmax(0), torch.arange(axes.shape[1])].sign()  # either sign would do: always the same
    spread = sizes.square()
    shares = (spread / spread.sum().clamp(min=1e-12))[:2].tolist()
    return middle, axes * signs, (round(shares[0], 4), round(shares[1], 4))


def _drawable(task: Task) -> list[Node]:
    found = []
    for node in nodes_with_points(task):
        held = getattr(module_of(task, node), registry.layer(node).points, None)
        if isinstance(held, Tensor) and held.dim() == 2 and held.shape[1] >= 2 and len(held) <= MOST_CENTRES:
            found.append(node)
    return found
