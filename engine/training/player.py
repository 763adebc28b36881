"""A player at work: which losses it looks at, which parameters it moves, how, and with what learning rate."""

import math

import torch
from torch import Tensor, nn

from engine.catalog.registry import optimizer, schedule, wrapper
from engine.catalog.schedules import Constant, Plateau
from engine.compiler.module import CompiledNetwork
from engine.document import recipe
from engine.errors import AttributeOutOfRange, TrainingError
from engine.training.optimizers import mover


class Player:
    """One player of one phase, for a network whose parameters are on their device.

    Raises TrainingError when the recipe names a loss or a node that does not exist, or nothing is left to train.
    """

    def __init__(self, settings: recipe.Player, network: CompiledNetwork, total_steps: int) -> None:
        self.name = settings.name
        self.plateau = Plateau()
        self.every = settings.every
        try:
            chosen = optimizer(settings.optimizer)
            self._schedule = schedule(settings.schedule)
            around = wrapper(settings.wrapper) if settings.wrapper is not None else None
        except AttributeOutOfRange as error:
            raise TrainingError(
                error.message, where="recipe", expected=error.expected, found=error.found, hint=error.hint
            ) from None
        self.parameters = _parameters(settings, network)
        self.mover = mover(chosen, self.parameters, around)
        self.tensors: list[nn.Parameter] = [parameter for _, parameter in self.parameters]
        trainable = sum(parameter.requires_grad for parameter in network.parameters())
        self._moves_all = len(self.tensors) == trainable
        self._base = chosen.lr
        self._total_steps = total_steps
        self._constant = isinstance(self._schedule, Constant) and self._schedule.warm_up == 0
        self.weights = _weights(settings, network)
        """(place among the network's losses, weight) for each loss this player looks at."""
        self._only = self.weights[0][0] if len(self.weights) == 1 and self.weights[0][1] == 1.0 else None

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step of the phase, from 0."""
        if self._constant:
            return self._base
        return self._base * self.plateau.factor * self._schedule.factor(step, self._total_steps)

    def watch(self, loss: float) -> None:
        """Let the schedule look at the loss of a whole epoch."""
        if math.isfinite(loss):
            self.plateau = self._schedule.watched(self.plateau, loss)

    def loss(self, losses: tuple[Tensor, ...]) -> Tensor:
        """The weighted sum of its losses."""
        if self._only is not None:
            return losses[self._only]
        total = losses[self.weights[0][0]] * self.weights[0][1]
        for number, weight in self.weights[1:]:
            total = total + losses[number] * weight
        return total

    def backward(self, loss: Tensor) -> None:
        """Gradients for its parameters, and for no others: they would add up until somebody moves those."""
        if self._moves_all:
            loss.backward()  # type: ignore[no-untyped-call]
        else:
            loss.backward(inputs=self.tensors)  # type: ignore[no-untyped-call]

    def gradient_norms(self) -> dict[str, float]:
        """The size of the present gradient, by module name; all are read from the device at once."""
        named = [(name, parameter.grad) for name, parameter in self.parameters if parameter.grad is not None]
        if not named:
            return {}
        norms = torch.stack(torch._foreach_norm([gradient for _, gradient in named])).tolist()
        squares: dict[str, float] = {}
        for (name, _), norm in zip(named, norms, strict=True):
            node = name.partition(".")[0]
            squares[node] = squares.get(node, 0.0) + norm * norm
        return {node: square**0.5 for node, square in squares.items()}


def _parameters(settings: recipe.Player, network: CompiledNetwork) -> list[tuple[str, nn.Parameter]]:
    chosen = set(settings.nodes)
    known = {name for name, _ in network.named_children()}
    if unknown := sorted(chosen - known):
        raise TrainingError(
            f"The recipe trains '{unknown[0]}', which is not a part of the network.",
            where=unknown[0],
            hint="Choose other nodes for this player in the recipe.",
        )
    found = [
        (name, parameter)
        for name, parameter in network.named_parameters()
        if parameter.requires_grad and (not chosen or name.partition(".")[0] in chosen)
    ]
    if not found:
        raise TrainingError(
            "There is nothing to train.",
            where=settings.name,
            expected="at least one node with weights that is not frozen",
            hint="Thaw a node, or add a layer with weights.",
        )
    return found


def _weights(settings: recipe.Player, network: CompiledNetwork) -> list[tuple[int, float]]:
    if not network.loss_ids:
        raise TrainingError("The network has no loss, so nothing tells it what to learn.", hint="Add one, and link it.")
    if not settings.losses:
        return [(number, 1.0) for number in range(len(network.loss_ids))]
    for name in settings.losses:
        if name not in network.loss_ids:
            raise TrainingError(
                f"The recipe weighs a loss '{name[:60]}', which is not in the network.",
                where=name[:60],
                expected=", ".join(network.loss_ids),
                hint="Choose the losses of this player again.",
            )
    return [(network.loss_ids.index(name), float(weight)) for name, weight in settings.losses.items()]
