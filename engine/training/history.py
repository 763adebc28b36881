"""What the steps since the last report left behind: their losses and predictions, read from the device all at once."""

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

from engine.training.metrics import Scores

FLUSH_BATCHES: Final = 64
FLUSH_BYTES: Final = 4 << 20
_FLUSH_BYTES_OF: Final = {"cuda": 128 << 20}
"""A card has the room, and some scores make it be waited for."""
HELD_BYTES: Final = 256 << 20
"""What is kept of a batch is small, but it lies among the large blocks of memory of that batch, which then cannot be
used again as they were: with all of 64 batches of large pictures kept, a run came to hold ten times what it needs."""


class LossHistory:
    """Losses of single steps: numbers on the CPU, tensors of one number on a device."""

    def __init__(self) -> None:
        self._steps: list[Sequence[float | Tensor]] = []

    def keep(self, losses: Sequence[float | Tensor]) -> None:
        """Keep the losses of one step, the same number of them each time."""
        self._steps.append(losses)

    def take(self) -> list[list[float]]:
        """The losses of each step kept since the last call."""
        steps, self._steps = self._steps, []
        if not steps or not isinstance(steps[0][0], Tensor):
            return [[float(loss) for loss in losses] for losses in steps]
        stacked = torch.stack([torch.as_tensor(loss) for losses in steps for loss in losses])
        read: list[list[float]] = stacked.reshape(len(steps), -1).tolist()
        return read


class RunningScores:
    """Scores of an epoch while it is trained: predictions are kept for some batches, then scored together.

    Scoring 64 small batches at once costs what scoring one costs.
    """

    def __init__(self, scores: Sequence[Scores], places: Sequence[tuple[int, int]]) -> None:
        self.scores = list(scores)
        self._kept = [(prediction, target, list[Tensor](), list[Tensor]()) for prediction, target in places]
        self._left = 1

    def keep(self, predictions: Mapping[int, Tensor], batch: tuple[Tensor, ...]) -> None:
        """Keep what the network said of a batch, by the place of the output, without its history, and what is true.

        Outputs that were not computed are not scored, and have no metrics where none of the epoch was.
        """
        for prediction, target, said, true in self._kept:
            if prediction in predictions:
                said.append(predictions[prediction].detach())
                true.append(batch[target])
        self._left -= 1
        if self._left <= 0:
            self.flush()
            size = max(1, sum(tensor.numel() * tensor.element_size() for tensor in batch))
            self._left = max(1, min(self._left, HELD_BYTES // size))

    def flush(self) -> None:
        """Score what is kept."""
        largest, room = 1, FLUSH_BYTES
        for scores, (_, _, said, true) in zip(self.scores, self._kept, strict=True):
            if said:
                largest = max(largest, said[0].numel() * said[0].element_size())
                room = _FLUSH_BYTES_OF.get(said[0].device.type, FLUSH_BYTES)
                scores.add(torch.cat(said).float(), torch.cat(true))
                said.clear()
                true.clear()
        self._left = max(1, min(FLUSH_BATCHES, room // largest))

    def values(self) -> dict[str, float]:
        """The metrics of all that was kept since `clear`, by name."""
        self.flush()
        return {name: value for scores in self.scores for name, value in scores.values().items()}

    def clear(self) -> None:
        """Begin anew."""
        self.flush()
        for scores in self.scores:
            scores.clear()

    def state(self) -> dict[str, Tensor]:
        """The sums themselves, by name."""
        self.flush()
        return {
            f"{i}/{name}": tensor for i, scores in enumerate(self.scores) for name, tensor in scores.state().items()
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from sums that `state` gave."""
        for number, scores in enumerate(self.scores):
            scores.load({name.partition("/")[2]: state[name] for name in state if name.startswith(f"{number}/")})
