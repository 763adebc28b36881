"""Which classes are taken for which: counted while an epoch is scored, told once an epoch."""

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor

from engine.document.data_spec import Field, FieldKind
from engine.protocol.run_events import ConfusionSeen
from engine.training.metrics import by_sample, classes_of
from engine.training.seldom import MOST_BYTES, RARER_EVERY_BYTES

MOST_CLASSES: Final = 1000
MOST_CELLS: Final = 4000
"""Of a matrix with more cells that are not 0, the largest counts are told."""


class Confusion:
    """Counts for one output with classes. `threshold` is where a single score says yes."""

    def __init__(self, field: Field, device: torch.device, threshold: float) -> None:
        self.field = field.name
        self.classes = max(1, len(field.statistics.classes))
        self._threshold = threshold
        self._counts = torch.zeros(self.classes * self.classes, dtype=torch.int64, device=device)

    def add(self, prediction: Tensor, target: Tensor) -> None:
        """Take in a batch of predictions and prepared targets."""
        scores_nc, true_n = by_sample(prediction, target)
        answer_n = classes_of(scores_nc, self._threshold)
        inside = (answer_n < self.classes) & (true_n >= 0) & (true_n < self.classes)
        cells = (true_n * self.classes + answer_n)[inside]
        self._counts += torch.bincount(cells, minlength=self.classes * self.classes)

    def clear(self) -> None:
        """Forget what was counted."""
        self._counts.zero_()

    def take(self, epoch: int, step: int) -> ConfusionSeen:
        """What was counted since the last call."""
        counts = self._counts.to("cpu", copy=True)
        self._counts.zero_()
        places = counts.nonzero().flatten()
        if len(places) > MOST_CELLS:
            places = counts.topk(MOST_CELLS).indices.sort().values
        cells: list[int] = []
        for place, count in zip(places.tolist(), counts[places].tolist(), strict=True):
            cells += (place // self.classes, place % self.classes, count)
        return ConfusionSeen(epoch=epoch, step=step, field=self.field, classes=self.classes, cells=cells)


def confusion_for(field: Field | None, answer: str, device: torch.device) -> Confusion | None:
    """The counts for an output of this field; None where it has no classes, or too many to look at."""
    if (
        answer == "embedding"
        or field is None
        or field.kind is not FieldKind.CATEGORY
        or len(field.statistics.classes) > MOST_CLASSES
    ):
        return None
    return Confusion(field, device, 0.0 if answer in ("softmax", "sigmoid") else 0.5)


class Confusions:
    """The counts of all outputs of a network, with their places among the predictions and in a batch.

    `wanted` is false for most epochs once 128 kB were told: then each second one is told, each fourth after as much
    again, and so on; after 2 MB none.
    """

    def __init__(self, counted: Sequence[tuple[Confusion, int, int]], say: Callable[[ConfusionSeen], None]) -> None:
        self._counted = list(counted)
        self._say = say
        self._bytes = 0

    def wanted(self, epoch: int) -> bool:
        """Whether this epoch is to be counted and told."""
        every = 2 ** (self._bytes // RARER_EVERY_BYTES)
        return bool(self._counted) and self._bytes < MOST_BYTES and epoch % every == 0

    def add(self, predictions: Sequence[Tensor], batch: Sequence[Tensor]) -> None:
        """Take in a batch of the validation split."""
        for counts, prediction, target in self._counted:
            counts.add(predictions[prediction].detach(), batch[target])

    def clear(self) -> None:
        """Forget what was counted of an epoch that is scored anew."""
        for counts, _, _ in self._counted:
            counts.clear()

    def tell(self, epoch: int, step: int) -> None:
        """Tell what was counted."""
        for counts, _, _ in self._counted:
            event = counts.take(epoch, step)
            self._say(event)
            self._bytes += 12 * len(event.cells) // 3 + 100
