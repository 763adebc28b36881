"""A training step walked node by node: the tensor at every port, the losses, and the gradients that flow back.

The generated forward of the network lets go of what it computed; here everything is kept, as a person wants to see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from engine.compiler.generated import module_names
from engine.compiler.module import CompiledNetwork
from engine.compiler.modules.noise import draw_noise
from engine.compiler.modules.shifting import shift_right
from engine.compiler.plan import Call, Plan, Value
from engine.training.player import Player


@dataclass(slots=True)
class Walk:
    """`values` in the order in which they were computed, those that gradients flow to with `.grad`; `losses` by id.

    `total` is what the player makes smaller. `gradients` are those of its parameters, by name.
    """

    values: dict[Value, Tensor]
    losses: dict[str, Tensor]
    total: Tensor
    gradients: dict[str, Tensor] = field(default_factory=dict)
    chance: dict[str, Tensor] = field(default_factory=dict)
    """How torch's generator stood before each call, so that one computed again draws the same."""


def modules_of(steps: Plan, network: CompiledNetwork) -> dict[str, nn.Module]:
    """What computes each call, by the id of the node whose module it is."""
    names = module_names(dict.fromkeys(call.owner for call in (*steps.calls, *steps.losses)))
    return {owner: network.get_submodule(name) for owner, name in names.items()}


def taken(call: Call, values: dict[Value, Tensor]) -> list[Tensor | None]:
    """What a call is given."""
    return [values[value] if value is not None else None for value in call.inputs]


def walk(
    steps: Plan, network: CompiledNetwork, inputs: Sequence[Tensor], player: Player, *, seed: int, back: bool = True
) -> Walk:
    """Compute all that training computes for a batch, and with `back` the gradients for one player.

    What is random is drawn from `seed`. Running statistics are moved, as in training: keep them elsewhere before.
    """
    modules = modules_of(steps, network)
    values: dict[Value, Tensor] = {}
    with torch.random.fork_rng(devices=[]), torch.set_grad_enabled(back):
        torch.manual_seed(seed)
        for node_id, noise in steps.noises.items():
            values[(node_id, "output")] = draw_noise(len(inputs[0]), noise.size, noise.distribution, noise.std)
        for node_id, tensor in zip(steps.training_input_ids, inputs, strict=True):
            count, begin = steps.input_shifts.get(node_id, (0, 0))
            values[(node_id, "output")] = shift_right(tensor, count, begin) if count else tensor
        chance: dict[str, Tensor] = {}
        for call in steps.calls:
            chance[call.node.id] = torch.get_rng_state()
            result = modules[call.owner](*taken(call, values))
            values.update(zip(call.outputs, result if isinstance(result, tuple) else (result,), strict=True))
        losses: dict[str, Tensor] = {}
        for call in steps.losses:
            chance[call.node.id] = torch.get_rng_state()
            losses[call.node.id] = modules[call.owner](*taken(call, values))
        total = player.loss(tuple(losses[name] for name in network.loss_ids))
        found = Walk(values, losses, total, chance=chance)
        if back:
            _flow_back(found, player)
    return found


def _flow_back(found: Walk, player: Player) -> None:
    player.drop_gradients()
    on_the_way = [value for value in (*found.values.values(), *found.losses.values()) if value.requires_grad]
    leaves = {id(value): value for value in (*player.tensors, *on_the_way)}
    found.total.backward(inputs=list(leaves.values()), retain_graph=True)  # type: ignore[no-untyped-call]
    for name, parameter in player.parameters:
        if parameter.grad is not None:
            found.gradients[name] = parameter.grad.clone()
    player.drop_gradients()


Way = tuple[Tensor, Tensor, Tensor]
"""A gradient as a function of a dummy that flows in at an output, that dummy, and what really flows in."""


@dataclass(slots=True)
class Local:
    """One call computed once more by itself, from tensors that gradients can be asked of."""

    call: Call
    inputs: list[Tensor | None]
    outputs: tuple[Tensor, ...]
    gradients: tuple[Tensor | None, ...]
    """Of the outputs, from the walk."""
    ways: dict[int, list[Way] | None] = field(default_factory=dict)
    """What `column` has worked out already, by the id of the tensor asked about."""


def local(call: Call, module: nn.Module, found: Walk) -> Local | None:
    """None where no gradient can be asked of any of its inputs and parameters."""
    inputs = [
        value.detach().clone().requires_grad_(True) if value is not None and value.is_floating_point() else value
        for value in taken(call, found.values)
    ]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.set_rng_state(found.chance[call.node.id])
        result = module(*inputs)
    outputs = result if isinstance(result, tuple) else (result,)
    kept = [found.losses[call.node.id]] if not call.outputs else [found.values[value] for value in call.outputs]
    if not any(output.requires_grad for output in outputs):
        return None
    return Local(call, inputs, outputs, tuple(value.grad for value in kept))


def column(about: Local, subject: Tensor, place: int) -> list[tuple[float, float]] | None:
    """How gradients of the outputs make that of number `place` of a tensor the outputs were computed from.

    Pairs (gradient of an output, how much that output moves with the number), without those that are 0; None where
    torch has no second derivative. By the double-backward trick: two ways back make one way forward.
    """
    if id(subject) not in about.ways:
        about.ways[id(subject)] = _ways(about, subject)
    ways = about.ways[id(subject)]
    if ways is None:
        return None
    terms: list[tuple[float, float]] = []
    for back, dummy, gradient in ways:
        try:
            found: Sequence[Tensor | None] = torch.autograd.grad(
                back.reshape(-1)[place], dummy, retain_graph=True, allow_unused=True
            )
        except (RuntimeError, NotImplementedError):
            return None  # a kernel without a second derivative: the numbers stand there without their sum
        if found[0] is None:
            continue
        moves, flow = found[0].reshape(-1), gradient.reshape(-1)
        there = ((moves != 0) & (flow != 0)).nonzero().flatten()
        terms += zip(flow[there].tolist(), moves[there].tolist(), strict=True)
    return terms


def _ways(about: Local, subject: Tensor) -> list[Way] | None:
    """The way back from each output that has a gradient, as a function of what flows in there."""
    ways: list[Way] = []
    for output, gradient in zip(about.outputs, about.gradients, strict=True):
        if gradient is None or not output.requires_grad:
            continue
        dummy = torch.zeros_like(output, requires_grad=True)
        try:
            found: Sequence[Tensor | None] = torch.autograd.grad(
                output, subject, dummy, create_graph=True, retain_graph=True, allow_unused=True
            )
        except (RuntimeError, NotImplementedError):
            return None  # as above
        if found[0] is not None and found[0].requires_grad:
            ways.append((found[0], dummy, gradient))
    return ways
