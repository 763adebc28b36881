"""The base of our losses: they count in float32 at least, whatever the forward pass computes in.

Sums over a whole mask, and differences of what is nearly equal, are worth nothing in bfloat16.
"""

from typing import Any

import torch
from torch import Tensor, nn

_COARSE = (torch.bfloat16, torch.float16)


class Precise(nn.Module):
    """A module whose forward never sees numbers of 16 bits, and runs outside mixed precision."""

    def __call__(self, *inputs: Tensor | None) -> Any:
        assert inputs[0] is not None  # an input that may be missing is never the first
        device = inputs[0].device.type
        if device == "meta" or not torch.is_autocast_enabled(device):
            return super().__call__(*(_widened(tensor) for tensor in inputs))
        with torch.autocast(device, enabled=False):
            return super().__call__(*(_widened(tensor) for tensor in inputs))


def _widened(tensor: Tensor | None) -> Tensor | None:
    return tensor.float() if tensor is not None and tensor.dtype in _COARSE else tensor
