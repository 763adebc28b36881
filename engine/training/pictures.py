"""Tells the log every few seconds how the weights of each node are spread, at a price training does not feel.

A picture is made of at most 4,096 values a node, taken at even distances from all its weights, in one copy from the
device. The next one waits until this one's cost is at most a 500th of the time between; and the longer a run lasts the
rarer they come, so that a run's log grows by 2 MB at most.
"""

import time
from collections.abc import Callable
from typing import Final

import msgspec
import torch
from torch import Tensor, nn

from engine.protocol.run_events import WeightHistogram, WeightsSeen

EVERY_S: Final = 2.0
BINS: Final = 24
SHARE_OF_TIME: Final = 0.002
RARER_EVERY_BYTES: Final = 128 << 10
MOST_BYTES: Final = 2 << 20
_MOST_VALUES: Final = 4096
_MOST_NODES: Final = 400
_TALLEST: Final = 99


class WeightPictures:
    """Looks at one network, whose modules are named as its nodes; `say` takes the events."""

    def __init__(
        self,
        network: nn.Module,
        say: Callable[[WeightsSeen], None],
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._say = say
        self._clock = clock
        self._tensors = weights_by_node(network)
        self._due = 0.0
        self._bytes = 0
        self._told_at = -1  # the step of the last picture
        self.enabled = bool(self._tensors)

    def look(self, step: int, epoch: int, *, last: bool = False) -> None:
        """Tell how the weights are spread, if it is time to. `last`: the run ends here, so this picture stays."""
        if not self.enabled or self._told_at == step:
            return
        began = self._clock()
        if not last and (began < self._due or self._bytes >= MOST_BYTES):
            return
        event = WeightsSeen(step=step, epoch=epoch, nodes=histograms(self._tensors))
        self._say(event)
        self._told_at = step
        self._bytes += len(msgspec.json.encode(event))
        ended = self._clock()
        every = EVERY_S * 2 ** (self._bytes // RARER_EVERY_BYTES)
        self._due = ended + max(every, (ended - began) / SHARE_OF_TIME)


def weights_by_node(network: nn.Module) -> dict[str, list[Tensor]]:
    """The weights of each node that has some, without biases; of the first nodes of very large networks."""
    found: dict[str, list[Tensor]] = {}
    for node_id, module in network.named_children():
        if len(found) == _MOST_NODES:
            break
        tensors = [
            parameter.detach()
            for path, parameter in module.named_parameters()
            if "weight" in path.rpartition(".")[2] and parameter.is_floating_point() and parameter.numel()
        ]
        if tensors:
            found[node_id] = tensors
    return found


@torch.no_grad()
def histograms(tensors: dict[str, list[Tensor]]) -> dict[str, WeightHistogram]:
    """How the values of each node are spread; nodes with values that are not finite are left out."""
    samples = {node: torch.cat([sample(part, len(parts)) for part in parts]) for node, parts in tensors.items()}
    if not samples:
        return {}
    # One copy for all: each would make a graphics card wait.
    together = torch.cat(list(samples.values())).float().cpu()
    found: dict[str, WeightHistogram] = {}
    sizes = [len(sample) for sample in samples.values()]
    for node, values in zip(samples, torch.split(together, sizes), strict=True):
        low, high = (float(bound) for bound in values.aminmax())
        if not (low - low == 0.0 and high - high == 0.0):
            continue
        counts = torch.histc(values, bins=BINS, min=low, max=high) if high > low else None
        deviation, mean = torch.std_mean(values, correction=0)
        found[node] = WeightHistogram(
            low=_short(low),
            high=_short(high),
            mean=_short(float(mean)),
            deviation=_short(float(deviation)),
            count=sum(part.numel() for part in tensors[node]),
            bars=_scaled(counts) if counts is not None else [_TALLEST],
        )
    return found


def sample(tensor: Tensor, shares: int) -> Tensor:
    """Values at even distances, without a copy of the whole where it lies dense in memory, in whatever order."""
    dense = tensor.is_contiguous() or (tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last))
    flat = tensor.as_strided((tensor.numel(),), (1,)) if dense else tensor.reshape(-1)
    step = -(-flat.numel() // max(1, _MOST_VALUES // shares))
    return flat[::step]


def _scaled(counts: Tensor) -> list[int]:
    """Heights from 0 to 99; what is there at all is at least 1 high."""
    tallest = float(counts.max())
    return [0 if count == 0 else max(1, round(count / tallest * _TALLEST)) for count in counts.tolist()]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
