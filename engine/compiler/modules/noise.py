"""Random numbers for a network, as many rows as a batch has."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def draw_noise(
    rows: int,
    size: Sequence[int],
    distribution: str,
    std: float,
    *,
    device: torch.device | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Noise (rows, *size), "normal" or "uniform" around 0 with a standard deviation.

    From torch's own generator of the device, whose state is part of a checkpoint, so that a run that goes on draws what
    it would have drawn; or from a generator of the caller's.
    """
    where = torch.device("cpu") if device is None else device
    if distribution == "uniform":
        spread = math.sqrt(3.0) * std
        return torch.rand((rows, *size), device=where, generator=generator) * (2 * spread) - spread
    noise = torch.randn((rows, *size), device=where, generator=generator)
    return noise if std == 1.0 else noise * std
