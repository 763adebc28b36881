"""What each unit of a small network says all over the plane of its two numbers, and the weights between them.

For each layer one event, its `node` the last node of the layer: `plane` uint8 (units, H, W), row after row from the
lowest second number upwards, 128 for 0 and 1 or 255 for the largest size in that unit; `size` float32 (units,), that
size; `weights` float32 (units, units before) and `biases` float32 (units,) where the layer has them. Facts: `layer`
counts from 0, the two numbers themselves; `title`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import torch
from torch import Tensor, nn

from engine.catalog import registry
from engine.catalog.layer import Family
from engine.checks.walking import real_source
from engine.compiler.generated import module_names
from engine.compiler.module import hookable_twin
from engine.document.graph import Graph, Node
from engine.training.live_views.live_view import LiveView, Seen
from engine.training.live_views.plane import Plane, axes_of
from engine.training.task import Task

CELLS: Final = 18
MOST_UNITS: Final = 16
"""Of one layer; more of them would be too small to see."""
MOST_LAYERS: Final = 7
_ASIDE: Final = (Family.ACTIVATION, Family.NORMALIZATION)
"""What belongs to the layer before it: unit by unit, with no weights between units."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A Linear with what follows it unit by unit; `last` is where its units are read."""

    linear: Node
    last: Node


class Units(LiveView):
    """For a plain chain of small Linear layers from two numbers to an answer."""

    key: ClassVar[str] = "units"
    every_s: ClassVar[float] = 0.2
    share_of_time: ClassVar[float] = 0.05

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._plane = Plane(task)
        self._inputs = self._plane.inputs_at(self._plane.grid(CELLS))
        self._layers = layers_of(task) or []
        self._names = module_names(
            dict.fromkeys(node.id for layer in self._layers for node in (layer.linear, layer.last))
        )
        self._twin = hookable_twin(task.network, task.project)

    @classmethod
    def applies(cls, task: Task) -> bool:
        return axes_of(task) is not None and layers_of(task) is not None

    def begin(self) -> Iterable[Seen]:
        points = self._plane.grid(CELLS)
        middle = torch.tensor([(low + high) / 2 for low, high in zip(self._plane.low, self._plane.high, strict=True)])
        yield _seen(0, " and ".join(self._plane.names), (points - middle).T)

    def look(self) -> Iterable[Seen]:
        told: dict[str, Tensor] = {}
        handles = []
        for layer in self._layers:
            module = self.task.network.get_submodule(self._names[layer.last.id])
            handles.append(module.register_forward_hook(_keeper(told, layer.last.id)))
        try:
            self._twin(*self._inputs)
        finally:
            for handle in handles:
                handle.remove()
        for number, layer in enumerate(self._layers, start=1):
            linear = self.task.network.get_submodule(self._names[layer.linear.id])
            assert isinstance(linear, nn.Linear)
            title = layer.linear.title or layer.linear.id
            more = {"weights": linear.weight.detach().float().cpu()}
            if linear.bias is not None:
                more["biases"] = linear.bias.detach().float().cpu()
            yield _seen(number, title, told[layer.last.id].float().cpu().T, node=layer.last.id, **more)


def _seen(number: int, title: str, units: Tensor, *, node: str = "", **more: Tensor) -> Seen:
    """`units` (units, cells²)."""
    units = torch.nan_to_num(units, nan=0.0, posinf=0.0, neginf=0.0)
    size = units.abs().amax(1).clamp(min=1e-12)
    plane = (units / size[:, None] * 127 + 128).round().clamp(1, 255).to(torch.uint8)
    arrays = {"plane": plane.reshape(len(units), CELLS, CELLS), "size": size, **more}
    return Seen(arrays=arrays, facts={"layer": float(number), "title": title}, node=node)


def _keeper(told: dict[str, Tensor], name: str) -> Any:
    def keep(_module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor):
            told[name] = output.detach().clone()

    return keep


def layers_of(task: Task) -> list[Layer] | None:
    """The layers of a chain from the one Input to the first Output, first one first; None where it is no such chain."""
    graph = task.project.graph
    if len(task.network.input_ids) != 1 or not task.network.output_ids:
        return None
    chain: list[Node] = []
    node: Node | None = _before(graph, task.network.output_ids[0])
    while node is not None and node.type != "Input":
        chain.append(node)
        if len(chain) > 4 * MOST_LAYERS:
            return None
        node = _before(graph, node.id)
    if node is None or node.id != task.network.input_ids[0]:
        return None
    found: list[Layer] = []
    for item in reversed(chain):
        kind = registry.layer_type(item.type)
        if item.type == "Linear":
            found.append(Layer(linear=item, last=item))
        elif found and kind is not None and kind.family in _ASIDE:
            found[-1] = Layer(linear=found[-1].linear, last=item)
        elif item.type != "Dropout":
            return None
    units = [task.network.get_submodule(module_names([layer.linear.id])[layer.linear.id]) for layer in found]
    small = all(type(module) is nn.Linear and module.out_features <= MOST_UNITS for module in units)
    return found if found and len(found) <= MOST_LAYERS and small else None


def _before(graph: Graph, node_id: str) -> Node | None:
    """The node that alone leads to this one."""
    edges = list(graph.inputs_of(node_id).values())
    if len(edges) != 1:
        return None
    source, port = real_source(graph, edges[0])
    return graph.nodes.get(source) if port == "output" else None
