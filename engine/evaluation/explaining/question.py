"""What a method is asked, and what it answers: the network, the sample, the number to explain, and relevance for it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from engine.catalog.explanations import Explainer
from engine.compiler.plan import Value
from engine.evaluation.explaining.sample import Sample
from engine.evaluation.explaining.taps import Taps
from engine.evaluation.explaining.target import Target

_NUMBERS_A_BATCH: Final = 2 << 20
_MOST_TOGETHER: Final = 512
_MULTIPLY_ADDS: Final = 2.5e10
"""Of one explanation: a few seconds of one processor core, for convolutions over large pictures."""
_BACKWARDS: Final = 3
"""What an answer with its gradients costs, in answers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """`baselines` maps a kind of baseline to what stands for "not there"; `background` gives training samples.

    `report` takes the share that is done, 0 to 1, and raises Cancelled when nobody wants the answer any more.
    """

    taps: Taps
    sample: Sample
    target: Target
    step: Explainer
    baseline: Callable[[str], Mapping[str, Tensor]]
    background: Callable[[int], Sequence[Sample]]
    report: Callable[[float], None]
    seed: int = 0

    @property
    def settings(self) -> Any:
        """The method's settings, whose names only the method knows."""
        return self.step

    @property
    def together(self) -> int:
        """How many variants go through the network at once."""
        numbers = sum(tensor.numel() for tensor in self.sample.inputs.values())
        return max(1, min(_MOST_TOGETHER, _NUMBERS_A_BATCH // max(1, numbers)))

    def affordable(self, wanted: int, least: int, *, gradients: bool = False) -> int:
        """How many variants of `wanted` a network of this size lets one ask for in a few seconds, `least` at any rate.

        It goes by the multiply-adds of the network, not by the clock, so that the same question is answered alike.
        """
        each = self.taps.multiply_adds * (_BACKWARDS if gradients else 1)
        return max(min(least, wanted), min(wanted, int(_MULTIPLY_ADDS // max(1, each))))

    def generator(self) -> torch.Generator:
        """Random numbers that are the same each time the question is asked."""
        return torch.Generator().manual_seed(self.seed)

    @torch.no_grad()
    def scores(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """(N,) float64 on the CPU: the number explained, for N variants of the inputs."""
        count = len(next(iter(inputs.values())))
        found = []
        for start in range(0, count, self.together):
            self.report(-1.0)
            part = {name: tensor[start : start + self.together] for name, tensor in inputs.items()}
            found.append(self._score(self.taps.run(part, output=self.target.output_id)).cpu().double())
        return torch.cat(found)

    def score_of(self, inputs: Mapping[str, Tensor], given: Mapping[Value, Tensor]) -> Tensor:
        """(N,) with gradients towards the tensors put in."""
        return self._score(self.taps.run(inputs, given=given, output=self.target.output_id))

    def _score(self, found: Mapping[Value, Tensor]) -> Tensor:
        return self.target.score(found[self.taps.steps.predictions[self.target.output_id]])


@dataclass(frozen=True, kw_only=True, slots=True)
class Relevance:
    """What a method found. `by_input` has the shape of each prepared Input without the rows.

    `explained` as in the protocol. `smooth` says that it is a coarse map, to be drawn without corners.
    """

    by_input: Mapping[str, Tensor]
    score: float
    baseline_score: float = 0.0
    baseline: str = ""
    explained: float | None = None
    smooth: bool = False
    layer: str = ""
    layers: tuple[str, ...] = ()


def share_explained(total: float, score: float, baseline_score: float) -> float | None:
    """How much of the difference of two scores the parts add up to; None where there is no difference to speak of."""
    difference = score - baseline_score
    if not math.isfinite(difference) or abs(difference) < 1e-4 * max(1.0, abs(score)):
        return None
    return total / difference
