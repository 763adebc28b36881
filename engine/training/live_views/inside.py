"""What comes into nodes from some samples, and whether that is a picture, for views that look into the network."""

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.catalog import registry
from engine.checks.field_specs import prepared_spec
from engine.compiler.generated import module_names
from engine.compiler.module import hookable_twin
from engine.document.data_spec import Field, FieldKind
from engine.document.graph import Node
from engine.training.metrics import by_sample
from engine.training.task import Task

_PASS_ON: Final = frozenset(("Flatten", "Identity", "Dropout", "GaussianNoise", "StopGradient"))
"""Layers behind which a picture still lies, point after point."""


class Inside:
    """Gives what comes into some nodes from samples of the train split, evenly chosen, at most `most`."""

    def __init__(self, task: Task, nodes: Sequence[Node], *, most: int) -> None:
        self._task = task
        names = module_names(task.project.graph.nodes)
        self._modules = {node.id: names[node.id] for node in nodes}
        count = min(most, task.train.samples)
        rows = torch.linspace(0, task.train.samples - 1, count).round().to(torch.int64)
        self.batch: tuple[Tensor, ...] = next(task.train.batches([0, count], rows))
        self._network = hookable_twin(task.network, task.project)

    def inputs(self) -> dict[str, Tensor]:
        """The first input of each node on the CPU, by node."""
        found: dict[str, Tensor] = {}
        hooks = []
        for node_id, name in self._modules.items():

            def keep(_: nn.Module, inputs: tuple[Any, ...], node_id: str = node_id) -> None:
                if inputs and isinstance(inputs[0], Tensor):
                    found[node_id] = inputs[0].detach().float().cpu()

            hooks.append(self._network.get_submodule(name).register_forward_pre_hook(keep))
        try:
            self._network.training_forward(*self.batch[: self._task.input_count])
        finally:
            for hook in hooks:
                hook.remove()
        return found

    def classes(self) -> Tensor | None:
        """The true class of each sample int64 (N,), of the first answer that is a class; None without one."""
        for (_, place), (name, _answer) in zip(self._task.scored, self._task.answers, strict=True):
            field = self._task.project.data.field(name)
            if field is not None and field.kind is FieldKind.CATEGORY:
                target = self.batch[place].cpu()
                return by_sample(target.float().reshape(len(target), -1), target)[1]
        return None


def module_of(task: Task, node: Node) -> nn.Module | None:
    """The module of a node; None where it has none of its own."""
    return dict(task.network.named_children()).get(module_names(task.project.graph.nodes)[node.id])


def nodes_with_points(task: Task) -> list[Node]:
    """The nodes that hold points among what comes in: centres, the units of a map, a codebook."""
    found = []
    for node in task.project.graph.nodes.values():
        kind = registry.layer_type(node.type)
        if kind is not None and kind.points and not node.bypassed and not node.shares and module_of(task, node):
            found.append(node)
    return found


def answered_classes(task: Task) -> tuple[str, ...]:
    """The names behind `Inside.classes`."""
    for name, _answer in task.answers:
        field = task.project.data.field(name)
        if field is not None and field.kind is FieldKind.CATEGORY:
            return field.statistics.classes
    return ()


def picture_into(task: Task, node: Node) -> tuple[Field, tuple[int, int, int]] | None:
    """The picture field that comes into a node point by point, and its prepared (channels, height, width)."""
    graph = task.project.graph
    for _ in range(len(graph.nodes)):
        edges = graph.inputs_of(node.id)
        edge = edges.get("input") or next(iter(edges.values()), None)
        if edge is None:
            return None
        node = graph.node(edge.source)
        if node.type == "Input":
            names: list[str] = list(registry.layer(node).values().get("fields") or ())
            field = task.project.data.field(names[0]) if len(names) == 1 else None
            if field is None or field.kind is not FieldKind.IMAGE:
                return None
            sizes = [int(size or 0) for size in prepared_spec(field).shape[1:]]
            if len(sizes) != 3 or sizes[0] not in (1, 3) or 0 in sizes:
                return None
            return field, (sizes[0], sizes[1], sizes[2])
        if node.type not in _PASS_ON and not node.bypassed:
            return None
    return None
