"""What a network of two numbers answers all over their plane, with the training points on it.

At the start: `points` float32 (N, 2) with `truth` float32 (N,), and the range of the plane. Then, row after row from
the lowest second number upwards: for classes `best` uint8 (H, W), the likeliest class, `surety` uint8 (H, W), its share
from 0 to 255, and `border` uint16 values as int32 (S, 4), straight pieces x, y, x, y of the line between classes in
65,535ths of the plane; for a number `values` float16 (H, W) in its own unit.
"""

from collections.abc import Callable, Iterable
from typing import ClassVar, Final

import torch
from torch import Tensor

from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind
from engine.training.live_views.borders import border_pieces
from engine.training.live_views.live_view import LiveView, Seen, as_bytes
from engine.training.live_views.plane import Plane, axes_of
from engine.training.metrics import by_sample, probabilities
from engine.training.task import Task

CELLS: Final = 56
MOST_POINTS: Final = 600
MOST_PIECES: Final = 500
MOST_CLASSES: Final = 24


class DecisionSurface(LiveView):
    """For one answer, a class or a number, that depends on two numbers alone."""

    key: ClassVar[str] = "decision_surface"
    every_s: ClassVar[float] = 0.05
    share_of_time: ClassVar[float] = 0.08  # a small network learns in a second: to see how, it must be looked at often

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._plane = Plane(task)
        self._grid = self._plane.grid(CELLS)

    @classmethod
    def applies(cls, task: Task) -> bool:
        if axes_of(task) is None or not task.scored:
            return False
        field = task.project.data.field(task.answers[0][0])
        if field is None:
            return False
        classes = len(field.statistics.classes)
        return field.kind is FieldKind.NUMBER or (field.kind is FieldKind.CATEGORY and 2 <= classes <= MOST_CLASSES)

    def begin(self) -> Iterable[Seen]:
        task, plane = self.task, self._plane
        count = min(MOST_POINTS, task.train.samples)
        rows = torch.linspace(0, task.train.samples - 1, count).round().to(torch.int64)
        batch = next(task.train.batches([0, count], rows))
        target = batch[task.scored[0][1]].cpu()
        facts: dict[str, float | str] = {
            "x": plane.names[0],
            "y": plane.names[1],
            "answer": self._field.name,
            "kind": self._field.kind.value,
            "classes": len(self._field.statistics.classes),
        }
        for number, axis in enumerate("xy"):
            facts[f"{axis}_low"], facts[f"{axis}_high"] = plane.low[number], plane.high[number]
        if self._field.kind is FieldKind.CATEGORY:
            _, truth = by_sample(target.float().reshape(count, -1), target)
        else:
            truth = Preparation(self._field).invert(target.reshape(count, -1))[:, 0]
        yield Seen(arrays={"points": plane.points(batch), "truth": truth.float()}, facts=facts)

    def look(self) -> Iterable[Seen]:
        if self._field.kind is not FieldKind.CATEGORY:
            answers = self._answers(self._grid)
            values = torch.nan_to_num(answers.clamp(-6e4, 6e4)).to(torch.float16)
            yield Seen(arrays={"values": values.reshape(CELLS, CELLS)})
            return
        scores = self._scores(self._grid)
        share, best = scores.max(1)
        best = best.reshape(CELLS, CELLS)
        arrays = {
            "best": best.to(torch.uint8),
            "surety": as_bytes(share).reshape(CELLS, CELLS),
            "border": border_pieces(best, self._classes_at, MOST_PIECES),
        }
        yield Seen(arrays=arrays)

    @property
    def _field(self) -> Field:
        field = self.task.project.data.field(self.task.answers[0][0])
        assert field is not None
        return field

    def _answers(self, points: Tensor) -> Tensor:
        """(N,) in the unit of the field."""
        prediction = self._predicted(points)
        answer = prediction.exp() if self.task.answers[0][1] == "exp" else prediction
        return Preparation(self._field).invert(answer)[:, 0]

    def _scores(self, points: Tensor) -> Tensor:
        """(N, C), a share for each class."""
        return probabilities(self._predicted(points), self.task.answers[0][1])

    def _predicted(self, points: Tensor) -> Tensor:
        predictions = self.task.network(*self._plane.inputs_at(points))
        found: Tensor = predictions[self.task.scored[0][0]].float().cpu()
        return found.reshape(len(points), -1)

    @property
    def _classes_at(self) -> Callable[[Tensor], Tensor]:
        """The likeliest class at points of the unit square."""
        low, high = torch.tensor(self._plane.low), torch.tensor(self._plane.high)
        return lambda places: self._scores(low + places * (high - low)).argmax(1)
