"""What the steps of a phase have to compute of a network, so that nothing is computed that nobody looks at.

Training goes on in phases, and a phase often trains a part of the network by one of its losses. The other losses, what
stands before them alone, and answers that cannot change are left to validation, which looks at everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from engine.compiler.module import TrainingPass, changing_places, training_part
from engine.training.player import Player
from engine.training.task import Task


@dataclass(frozen=True, slots=True)
class Needed:
    """A forward pass with the places of what it gives, among the outputs and the losses of the network."""

    forward: TrainingPass
    outputs: tuple[int, ...]
    losses: tuple[int, ...]

    def by_place(self, losses: Sequence[Tensor]) -> dict[int, Tensor]:
        """The losses of a pass by their place among those of the network."""
        return dict(zip(self.losses, losses, strict=True))

    def answers(self, predictions: Sequence[Tensor]) -> dict[int, Tensor]:
        """The predictions of a pass by their place among the outputs of the network."""
        return dict(zip(self.outputs, predictions, strict=True))


def needed(task: Task, players: Sequence[Player]) -> Needed:
    """What the steps of these players compute: the losses they look at, and what is told of what they change.

    That is the answers that are scored, and the losses that only tell, where something they stand on is trained. Where
    there is no validation split it is everything, as nothing else would tell it.
    """
    network = task.network
    whole = Needed(network.training_forward, tuple(range(len(network.output_ids))), tuple(range(len(network.loss_ids))))
    if task.val.samples == 0:
        return whole
    moved = frozenset[str]().union(*(player.moves for player in players))
    changing_outputs, changing_losses = changing_places(network, moved)
    measures = {network.loss_ids.index(loss_id) for loss_id in network.measure_ids}
    losses = {place for player in players for place, _ in player.weights} | (measures & changing_losses)
    outputs = {place for place, _ in task.scored} & changing_outputs
    forward = training_part(network, outputs, losses)
    return whole if forward is None else Needed(forward, tuple(sorted(outputs)), tuple(sorted(losses)))
