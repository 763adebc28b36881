"""What a Boltzmann machine dreams: chains of samples that it draws by itself, from random points on, never seeing data.

`pictures` uint8 (N, height, width, channels), as probabilities, of each machine that sees a picture, be it through
machines below it: then its dream is led down through them. The chains go on where they were at the look before. At
the start facts: `title` and `across`.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

import torch
from torch import Tensor

from engine.catalog.layers.special import RestrictedBoltzmann
from engine.compiler import modules
from engine.document.graph import Node
from engine.training.live_views.inside import module_of, picture_into
from engine.training.live_views.live_view import LiveView, Seen, as_bytes
from engine.training.task import Task

CHAINS: Final = 32
ACROSS: Final = 8
STEPS: Final = 30
_LARGEST: Final = 4_096

Machine = modules.special.RestrictedBoltzmann


class Dreams(LiveView):
    """For every restricted Boltzmann machine over pictures, alone or upon others."""

    key: ClassVar[str] = "dreams"
    every_s: ClassVar[float] = 1.0
    share_of_time: ClassVar[float] = 0.01

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._stacks = stacks_of(task)
        self._states: dict[str, Tensor] = {}

    @classmethod
    def applies(cls, task: Task) -> bool:
        return bool(stacks_of(task))

    def begin(self) -> Iterable[Seen]:
        for stack in self._stacks:
            title = stack[-1].title or stack[-1].id
            yield Seen(arrays={}, facts={"title": title, "across": ACROSS}, node=stack[-1].id)

    def look(self) -> Iterable[Seen]:
        for stack in self._stacks:
            machines = [module for node in stack if isinstance(module := module_of(self.task, node), Machine)]
            picture = picture_into(self.task, stack[0])
            if len(machines) != len(stack) or picture is None:
                continue
            top = machines[-1]
            state = self._states.get(stack[-1].id)
            if state is None:
                torch.manual_seed(self.task.project.recipe.seed)
                state = torch.bernoulli(torch.full((CHAINS, top.weight.shape[1]), 0.5)).to(self.task.device)
            chance = state
            for _ in range(STEPS):
                hidden = torch.bernoulli(torch.sigmoid(top.hidden(state)))
                chance = downwards(top, hidden)
                state = torch.bernoulli(chance)
            self._states[stack[-1].id] = state
            for machine in reversed(machines[:-1]):
                chance = downwards(machine, chance)
            channels, height, width = picture[1]
            shown = as_bytes(chance).reshape(CHAINS, channels, height, width).permute(0, 2, 3, 1)
            yield Seen(arrays={"pictures": shown}, node=stack[-1].id)


def downwards(machine: Machine, hidden: Tensor) -> Tensor:
    """The chances of the visible units, from hidden ones."""
    return torch.sigmoid(torch.nn.functional.linear(hidden, machine.weight.T, machine.visible_bias))


def stacks_of(task: Task) -> list[list[Node]]:
    """For each machine the machines it stands on, lowest first, itself last; only those that stand on a picture."""
    graph = task.project.graph
    kind = RestrictedBoltzmann.type_name()
    found = []
    for node in graph.nodes.values():
        if node.type != kind or node.bypassed:
            continue
        stack = [node]
        while (edge := graph.inputs_of(stack[0].id).get("input")) is not None:
            below = graph.node(edge.source)
            if below.type != kind or edge.output != "hidden" or below in stack:
                break
            stack.insert(0, below)
        picture = picture_into(task, stack[0])
        if picture is not None and picture[1][0] * picture[1][1] * picture[1][2] <= _LARGEST:
            found.append(stack)
    return found
