"""Where samples lie in the space that a network makes of them: the hidden values of an autoencoder, an embedding.

At the start `groups` int32 (N,), the class of each point (-1 for none), with facts `field` and `classes` where the data
have classes, and `features`, the width of the space. Then `places` float16 (N, 2): the two numbers themselves where
there are two, else their two main directions, turned as little as possible from one look to the next.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import ClassVar, Final

import torch
from torch import Tensor

from engine.checks.walking import sources_of
from engine.compiler.module import hookable_twin
from engine.compiler.modules.special import Reparameterize
from engine.document.data_spec import Field, FieldKind
from engine.training.live_views.live_view import LiveView, Seen
from engine.training.task import Task

MOST_POINTS: Final = 800
WIDEST: Final = 512
MOST_CLASSES: Final = 1000
_LARGEST: Final = 6e4


class LatentMap(LiveView):
    """For embeddings, for the hidden values of a variational autoencoder, and for the narrowest place of any other."""

    key: ClassVar[str] = "latent_map"
    every_s: ClassVar[float] = 1.0
    share_of_time: ClassVar[float] = 0.01

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        split = "val" if task.val.samples else "train"
        feed = task.val if task.val.samples else task.train
        rows = torch.linspace(0, feed.samples - 1, min(MOST_POINTS, feed.samples)).round().to(torch.int64)
        network = task.network
        self._twin = hookable_twin(network, task.project)
        self._inputs = [
            task.column(network.input_fields[node_id][0], split).gather(rows)
            if len(network.input_fields[node_id]) == 1
            else _joined(task, network.input_fields[node_id], split, rows)
            for node_id in network.input_ids
        ]
        self._inputs += network.noise(len(rows), torch.Generator().manual_seed(task.project.recipe.seed))
        self._node = ""  # found at the first look
        self._axes: Tensor | None = None  # of the last look, (F, 2)
        self._nowhere = (
            False  # there is no place where a sample is one row of numbers, as in a network that goes on text
        )
        self._classes = _class_field(task)
        self._groups = torch.full((len(rows),), -1)
        if self._classes is not None:
            column = task.column(self._classes.name, split).gather(rows)
            whole = column.argmax(1) if column.dim() == 2 and column.shape[1] > 1 else column.reshape(-1)
            self._groups = whole.to(torch.int64)

    @classmethod
    def applies(cls, task: Task) -> bool:
        return bool(task.network.input_ids) and bool(_embeddings(task) or _drawn(task) or _rebuilt(task))

    def begin(self) -> Iterable[Seen]:
        self._nowhere = self._values() is None
        if self._nowhere:
            return
        facts: dict[str, float | str] = {"points": len(self._groups)}
        if self._classes is not None:
            facts |= {"field": self._classes.name, "classes": len(self._classes.statistics.classes)}
        yield Seen(arrays={"groups": self._groups}, facts=facts)

    def look(self) -> Iterable[Seen]:
        found = None if self._nowhere else self._values()
        if found is None or found.shape[1] < 2 or not bool(torch.isfinite(found).all()):
            return
        places = found if found.shape[1] == 2 else self._main_directions(found)
        facts: dict[str, float | str] = {"features": found.shape[1]}
        arrays = {"places": places.clamp(-_LARGEST, _LARGEST).to(torch.float16)}
        yield Seen(arrays=arrays, facts=facts, node=self._node)

    def _values(self) -> Tensor | None:
        """(N, F) of what stands at the place that is drawn."""
        task, seen = self.task, dict[str, Tensor]()
        given = [tensor.to(task.device) for tensor in self._inputs]
        embeddings = _embeddings(task)
        if embeddings:
            self._node = task.network.output_ids[embeddings[0]]
            place: Tensor = task.network(*given)[embeddings[0]]
            return place.float().cpu()
        wanted = [self._node] if self._node else _drawn(task) or _between(task)
        with ExitStack() as meanwhile:
            for node_id in wanted:
                module = task.network.get_submodule(node_id)

                def keep(_module: object, _given: object, value: object, node_id: str = node_id) -> None:
                    flat = isinstance(value, Tensor) and value.is_floating_point() and value.dim() == 2
                    if flat and isinstance(value, Tensor) and 2 <= value.shape[1] <= WIDEST:
                        seen.setdefault(node_id, value.detach())

                meanwhile.callback(module.register_forward_hook(keep).remove)
            self._twin(*given)
        if not seen:
            return None
        self._node = min(seen, key=lambda node_id: seen[node_id].shape[1])
        value = seen[self._node].float().cpu()
        return value if len(value) == len(self._groups) else None

    def _main_directions(self, values: Tensor) -> Tensor:
        """PCA to two numbers."""
        centred = values - values.mean(0)
        _, _, rows = torch.linalg.svd(centred, full_matrices=False)
        axes: Tensor = rows[:2].T
        if self._axes is not None and self._axes.shape == axes.shape:
            # Of all turns and mirrors of the plane the one that is nearest to the last look (Schönemann 1966).
            left, _, right = torch.linalg.svd(axes.T @ self._axes)
            axes = axes @ left @ right
        self._axes = axes
        places: Tensor = centred @ axes
        return places


def _embeddings(task: Task) -> list[int]:
    """Places of the outputs that answer with an embedding."""
    found = zip(task.scored, task.answers, strict=True)
    return [number for (number, _), (_, answer) in found if answer == "embedding"]


def _drawn(task: Task) -> list[str]:
    """Where a variational autoencoder draws its hidden values on the way to an answer; they are the means while it is
    looked at. Not those that help it to learn alone: they are not computed when it answers."""
    before = sources_of(task.project.graph, task.network.output_ids)
    drawn = [name for name, module in task.network.named_children() if isinstance(module, Reparameterize)]
    return [name for name in drawn if name in before]


def _rebuilt(task: Task) -> list[str]:
    """Outputs that answer a field which leads to them."""
    network, graph = task.network, task.project.graph
    found = []
    for output_id in network.output_ids:
        before = sources_of(graph, [output_id])
        name = network.output_fields[output_id]
        if any(network.input_fields[node_id] == (name,) and node_id in before for node_id in network.input_ids):
            found.append(output_id)
    return found


def _between(task: Task) -> list[str]:
    """Nodes on the way to what is made again: the narrowest of them is drawn."""
    before = sources_of(task.project.graph, _rebuilt(task))
    skipped = {*task.network.loss_ids}
    return [name for name, _ in task.network.named_children() if name in before and name not in skipped]


def _class_field(task: Task) -> Field | None:
    """The classes that colour the points: those that are learned, else any that the data have."""
    fields = [*task.project.data.targets(), *task.project.data.inputs()]
    return next(
        (
            field
            for field in fields
            if field.kind is FieldKind.CATEGORY and 2 <= len(field.statistics.classes) <= MOST_CLASSES
        ),
        None,
    )


def _joined(task: Task, fields: tuple[str, ...], split: str, rows: Tensor) -> Tensor:
    return torch.cat([task.column(name, split).gather(rows) for name in fields], 1)
