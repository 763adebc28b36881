"""The plane of two numbers that a network answers: a grid over the training points, prepared as a sample is."""

from typing import Final

import torch
from torch import Tensor

from engine.catalog.points import REACH, X, Y
from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind, SourceKind
from engine.training.task import Task

MARGIN: Final = 0.08
"""How far the plane reaches beyond the points, as a share of their range."""


def axes_of(task: Task) -> tuple[Field, Field] | None:
    """The two numbers that the network's answer depends on; None where it depends on anything else."""
    network = task.network
    if network.noise_ids:
        return None
    found: list[Field] = []
    for input_id in network.input_ids:
        for name in network.input_fields[input_id]:
            field = task.project.data.field(name)
            if field is None or field.kind is not FieldKind.NUMBER:
                return None
            found.append(field)
    return (found[0], found[1]) if len(found) == 2 and found[0].name != found[1].name else None


def is_point_plane(task: Task) -> bool:
    """Whether the two numbers are those of points on a plane."""
    sources, axes = task.project.data.sources, axes_of(task)
    return (
        len(sources) == 1
        and sources[0].kind is SourceKind.POINTS
        and axes is not None
        and {field.name for field in axes} == {X, Y}
    )


class Plane:
    """`inputs_at` gives what the network takes for points of the plane; `points` are samples, in the fields' units."""

    def __init__(self, task: Task) -> None:
        fields = axes_of(task)
        assert fields is not None, "the view asks axes_of before it makes a plane"
        self._task = task
        self._preparations = {field.name: Preparation(field) for field in fields}
        self.names = (fields[0].name, fields[1].name)
        network = task.network
        self._groups = [network.input_fields[input_id] for input_id in network.input_ids]
        self._places = [network.training_input_ids.index(input_id) for input_id in network.input_ids]
        rows = torch.arange(min(task.train.samples, 20_000))
        batch = next(task.train.batches([0, len(rows)], rows))
        every = self.points(batch)
        if is_point_plane(task):  # what a person draws on keeps its size
            self.low, self.high = [-REACH, -REACH], [REACH, REACH]
            return
        low, high = every.amin(0), every.amax(0)
        span = (high - low).clamp(min=1e-6)
        self.low = (low - MARGIN * span).tolist()
        self.high = (high + MARGIN * span).tolist()

    def points(self, batch: tuple[Tensor, ...]) -> Tensor:
        """(N, 2) in the unit of the fields, from a batch as it is trained on."""
        columns: dict[str, Tensor] = {}
        for group, place in zip(self._groups, self._places, strict=True):
            values = batch[place].cpu().float().reshape(len(batch[place]), len(group))
            for number, name in enumerate(group):
                columns[name] = self._preparations[name].invert(values[:, number : number + 1])
        return torch.cat([columns[name] for name in self.names], 1)

    def grid(self, cells: int) -> Tensor:
        """(cells², 2): the middles of the cells, row after row from the lowest second number upwards."""
        x, y = (self.low[i] + (torch.arange(cells) + 0.5) / cells * (self.high[i] - self.low[i]) for i in range(2))
        return torch.stack([x.repeat(cells), y.repeat_interleave(cells)], 1)

    def inputs_at(self, points: Tensor) -> list[Tensor]:
        """What the network takes for (N, 2) in the unit of the fields, on its device."""
        columns = {
            name: self._preparations[name].apply(points[:, number].float()).reshape(len(points), -1)
            for number, name in enumerate(self.names)
        }
        return [torch.cat([columns[name] for name in group], 1).to(self._task.device) for group in self._groups]
