"""Text moved along, so that a network that is to write it sees only what comes before."""

import torch
from torch import Tensor


def shift_right(x: Tensor, steps: int, begin: int = 0) -> Tensor:
    """Whole numbers (N, length) moved right by some steps; `begin` comes to stand before the first that is not 0.

    What moves out on the right is lost. Source: teacher forcing, Williams and Zipser 1989.
    """
    moved = torch.cat([torch.zeros_like(x[:, :steps]), x[:, :-steps]], dim=1)
    if begin == 0:
        return moved
    first = (x != 0).int().argmax(dim=1, keepdim=True)
    place = torch.arange(x.shape[1], device=x.device)
    return torch.where((place >= first) & (place < first + steps), begin, moved)
