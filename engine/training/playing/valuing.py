"""What each action is worth in the eyes of a network: asked at every step of every game, so it costs little."""

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from engine.compiler.module import CompiledNetwork
from engine.data.environments.encoding import Encoding
from engine.document.environment_fields import OBSERVATION
from engine.errors import TrainingError

_ALWAYS_ALIKE: Final = frozenset(
    (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ReLU, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Flatten)
)
"""Layers that answer the same in training and evaluation mode: setting the mode of all at each step costs as much as
answering."""


class Valuing:
    """A network asked for the values at one of its Outputs. `encoding` prepares what is seen.

    Raises TrainingError when the network wants to see more than the observation before it acts.
    """

    def __init__(self, network: CompiledNetwork, output_id: str, encoding: Encoding, device: torch.device) -> None:
        self._network = network
        self._place = network.output_ids.index(output_id)
        self._encoding = encoding
        self._minding = [module for module in network.modules() if type(module) not in _ALWAYS_ALIKE]
        self.device = device
        for node_id in network.input_ids:
            if network.input_fields[node_id] != (OBSERVATION,):
                raise TrainingError(
                    f"The network looks at '{', '.join(network.input_fields[node_id])}' before it acts, which is not "
                    "known then.",
                    where=node_id,
                    expected=OBSERVATION,
                    hint="Let only losses look at it.",
                )

    @torch.no_grad()
    def values(self, observations: Sequence[Any]) -> Tensor:
        """(N, actions) on the CPU, in evaluation mode. The network is left in the mode it was in."""
        rows = self._encoding.rows((OBSERVATION,), {OBSERVATION: observations}).to(self.device)
        network = self._network
        given = network.noise(len(rows)) if network.noise_ids else ()
        learning = [module for module in self._minding if module.training]
        for module in learning:
            module.training = False
        found: Tensor = network(*(rows for _ in network.input_ids), *given)[self._place]
        for module in learning:
            module.training = True
        return found.reshape(len(rows), -1).cpu()

    def best(self, observations: Sequence[Any]) -> list[int]:
        """The action with the largest value for each observation; of equal ones the first."""
        chosen: list[int] = self.values(observations).argmax(1).tolist()
        return chosen
