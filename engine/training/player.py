"""The players of a phase at work: which losses they look at, which parameters they move, how, and how fast."""

import math
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn

from engine.catalog.registry import optimizer, schedule, wrapper
from engine.catalog.schedules import Constant, Plateau
from engine.compiler.module import CompiledNetwork
from engine.document import recipe
from engine.errors import AttributeOutOfRange, TrainingError
from engine.training.optimizers import mover


def players_of(
    phase: recipe.Phase, network: CompiledNetwork, total_steps: int, trainable: Collection[str]
) -> "list[Player]":
    """The players of a phase, for a network whose parameters are on their device.

    `trainable` names the parameters that may be trained at all. Those that nobody trains in this phase ask for no
    gradient, which saves the way back through them, and are in it as if they were frozen: a backbone keeps what it has
    measured while a head learns. Raises TrainingError when the recipe names a loss or a node that does not exist, or
    nothing is left to train.
    """
    copies = {target.node for settings in phase.players for target in settings.targets}
    chosen = [_parameters(settings, network, trainable, copies) for settings in phase.players]
    network.resting = _resting(phase, network, copies)
    if network.training:
        network.train()
    moved = {id(parameter) for parameters in chosen for _, parameter in parameters}
    for parameter in network.parameters():
        parameter.requires_grad_(id(parameter) in moved)
    return [
        Player(settings, network, total_steps, parameters, alone=len(parameters) == len(moved))
        for settings, parameters in zip(phase.players, chosen, strict=True)
    ]


class Player:
    """One player of one phase. `alone`: nothing else asks for gradients, so the way back needs not be told where to."""

    def __init__(
        self,
        settings: recipe.Player,
        network: CompiledNetwork,
        total_steps: int,
        parameters: Sequence[tuple[str, nn.Parameter]],
        *,
        alone: bool,
    ) -> None:
        self.name = settings.name
        self.plateau = Plateau()
        self.every, self.steps = settings.every, settings.steps
        try:
            chosen = optimizer(settings.optimizer)
            self._schedule = schedule(settings.schedule)
            around = wrapper(settings.wrapper) if settings.wrapper is not None else None
        except AttributeOutOfRange as error:
            raise TrainingError(
                error.message, where="recipe", expected=error.expected, found=error.found, hint=error.hint
            ) from None
        self.parameters = list(parameters)
        self.mover = mover(chosen, self.parameters, around)
        self.tensors: list[nn.Parameter] = [parameter for _, parameter in self.parameters]
        self._alone = alone
        self.base = chosen.lr
        """The learning rate the schedule is multiplied to; the user may change it while training goes on."""
        self._total_steps = total_steps
        self._constant = isinstance(self._schedule, Constant) and self._schedule.warm_up == 0
        self.weights = _weights(settings, network)
        """(place among the network's losses, weight) for each loss this player looks at."""
        self._only = self.weights[0][0] if len(self.weights) == 1 and self.weights[0][1] == 1.0 else None
        self.copies = [SlowCopy(target, network) for target in settings.targets]
        self.moves = frozenset(name.partition(".")[0] for name, _ in self.parameters) | {
            target.node for target in settings.targets
        }
        """The modules whose weights change while it trains."""

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step of the phase, from 0."""
        if self._constant:
            return self.base
        return self.base * self.plateau.factor * self._schedule.factor(step, self._total_steps)

    def watch(self, loss: float) -> None:
        """Let the schedule look at the loss of a whole epoch."""
        if math.isfinite(loss):
            self.plateau = self._schedule.watched(self.plateau, loss)

    def loss(self, losses: Sequence[Tensor] | Mapping[int, Tensor]) -> Tensor:
        """The weighted sum of its losses, taken from those of the network by their place."""
        if self._only is not None:
            return losses[self._only]
        total = losses[self.weights[0][0]] * self.weights[0][1]
        for number, weight in self.weights[1:]:
            total = total + losses[number] * weight
        return total

    def backward(self, loss: Tensor) -> None:
        """Gradients for its parameters, and for no others: they would add up until somebody moves those."""
        if self._alone:
            loss.backward()  # type: ignore[no-untyped-call]
        else:
            loss.backward(inputs=self.tensors)  # type: ignore[no-untyped-call]

    def follow(self, phase_step: int) -> None:
        """Let copies follow, after a turn at this step of the phase."""
        for copy in self.copies:
            copy.follow(phase_step // self.every)

    def drop_gradients(self) -> None:
        """Forget what was found so far."""
        for parameter in self.tensors:
            parameter.grad = None

    def gradient_norms(self) -> dict[str, float]:
        """The size of the present gradient, by module name; all are read from the device at once."""
        return norms_by_node([(n, parameter.grad) for n, parameter in self.parameters if parameter.grad is not None])


def competing(players: Sequence[Player]) -> bool:
    """Whether what is good for one is bad for another, as in a GAN: the sum of their losses then tells nothing.

    So it is taken of players that look at different losses and move different parameters.
    """
    for place, player in enumerate(players):
        for other in players[:place]:
            same = {id(tensor) for tensor in player.tensors} & {id(tensor) for tensor in other.tensors}
            if not same and player.weights != other.weights:
                return True
    return False


def silent(players: Sequence[Player], network: CompiledNetwork) -> bool:
    """Whether a player looks at a loss whose value does not tell how good the network is."""
    return any(network.loss_ids[number] in network.silent_ids for player in players for number, _ in player.weights)


def norms_by_node(named: Sequence[tuple[str, Tensor]]) -> dict[str, float]:
    """The size of all tensors of a module together, by its name; all are read from the device at once."""
    if not named:
        return {}
    norms = torch.stack(torch._foreach_norm([tensor for _, tensor in named])).tolist()
    squares: dict[str, float] = {}
    for (name, _), norm in zip(named, norms, strict=True):
        node = name.partition(".")[0]
        squares[node] = squares.get(node, 0.0) + norm * norm
    return {node: square**0.5 for node, square in squares.items()}


class SlowCopy:
    """A node that follows another; see `Target` in the recipe. All it needs to go on from a checkpoint are weights.

    Nodes without weights, as there are inside of blocks, have nothing to follow with. Raises TrainingError when the
    two do not have the same weights.
    """

    def __init__(self, settings: recipe.Target, network: CompiledNetwork) -> None:
        held = network.state_dict(keep_vars=True)
        self._copy = {name.partition(".")[2]: value for name, value in held.items() if _of(name, settings.node)}
        self._original = {name.partition(".")[2]: value for name, value in held.items() if _of(name, settings.of)}
        self._every, self._tau = settings.every, settings.tau
        shapes, others = ({k: v.shape for k, v in side.items()} for side in (self._copy, self._original))
        if shapes != others:
            raise TrainingError(
                f"'{settings.node}' cannot be a slow copy of '{settings.of}'.",
                where=settings.node,
                expected="two nodes with the same weights",
                found=f"{len(self._copy)} and {len(self._original)} tensors",
                hint="Choose other nodes for the copy in the recipe.",
            )
        numbers = [name for name, value in self._copy.items() if isinstance(value, nn.Parameter)]
        self._slow = [self._copy[name].detach() for name in numbers]
        self._quick = [self._original[name].detach() for name in numbers]

    @torch.no_grad()
    def begin(self) -> None:
        """Become an exact copy."""
        for name, value in self._copy.items():
            value.copy_(self._original[name])

    @torch.no_grad()
    def follow(self, turn: int) -> None:
        """Take a step towards the original, after a turn of the player, from 0."""
        if (turn + 1) % self._every:
            return
        if self._tau == 1.0:
            self.begin()
        elif self._slow:
            torch._foreach_lerp_(self._slow, self._quick, self._tau)


def _of(name: str, node: str) -> bool:
    return name.startswith(node + ".")


def _parameters(
    settings: recipe.Player, network: CompiledNetwork, trainable: Collection[str], copies: set[str]
) -> list[tuple[str, nn.Parameter]]:
    chosen = set(settings.nodes)
    # Not all that is named is a module: the ports of a block are none, nor is what a Switch does not choose. Names of
    # nodes that do not exist are refused by the checks.
    found = [
        (name, parameter)
        for name, parameter in network.named_parameters()
        if name in trainable and (name.partition(".")[0] in chosen if chosen else name.partition(".")[0] not in copies)
    ]
    if not found:
        raise TrainingError(
            "There is nothing to train.",
            where=settings.name,
            expected="at least one node with weights that is not frozen",
            hint="Thaw a node, or add a layer with weights.",
        )
    return found


def _resting(phase: recipe.Phase, network: CompiledNetwork, copies: set[str]) -> frozenset[str]:
    """The modules that no player of a phase trains though they have what to train; none where one trains all."""
    if not all(settings.nodes for settings in phase.players):
        return frozenset()
    at_work = {name for settings in phase.players for name in settings.nodes} | copies
    idle = ((name, module) for name, module in network.named_children() if name not in at_work)
    return frozenset(name for name, module in idle if any(True for _ in module.parameters()))


def _weights(settings: recipe.Player, network: CompiledNetwork) -> list[tuple[int, float]]:
    learned = [loss_id for loss_id in network.loss_ids if loss_id not in network.measure_ids]
    if not learned:
        raise TrainingError("The network has no loss, so nothing tells it what to learn.", hint="Add one, and link it.")
    if not settings.losses:
        return [(network.loss_ids.index(loss_id), 1.0) for loss_id in learned]
    for name in settings.losses:
        if name not in network.loss_ids:
            raise TrainingError(
                f"The recipe weighs a loss '{name[:60]}', which is not in the network.",
                where=name[:60],
                expected=", ".join(network.loss_ids),
                hint="Choose the losses of this player again.",
            )
    return [(network.loss_ids.index(name), float(weight)) for name, weight in settings.losses.items()]
