"""What an embedding says of classes: that of the nearest other sample, and how much nearer it is than other classes.

Axes: N samples, F features, C classes.
"""

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

MOST_COMPARED: Final = 5_000
"""Samples that each one is compared with; of more, some are chosen evenly."""
_ROWS: Final = 512


def class_shares(places_nf: Tensor, classes_n: Tensor, classes: int) -> Tensor:
    """float32 (N, C), rows that sum to 1: the softmax of the distances to the nearest other sample of each class.

    The largest share is that of the nearest neighbour's class. Distances count in units of their median, so that shares
    of networks that spread their places differently can be compared. A class without other samples has 0.
    """
    places = places_nf.float()
    known = torch.nonzero((classes_n >= 0) & torch.isfinite(places).all(1)).flatten()
    spread = torch.linspace(0, len(known) - 1, min(len(known), MOST_COMPARED)).round().long()
    chosen = known[torch.unique_consecutive(spread)]
    if not len(chosen):
        return torch.full((len(places), classes), 1 / max(1, classes))
    order = chosen[classes_n[chosen].argsort(stable=True)]
    ends = torch.bincount(classes_n[order], minlength=classes).cumsum(0).tolist()
    nearest = torch.full((len(places), classes), float("inf"))
    for start in range(0, len(places), _ROWS):
        rows = torch.arange(start, min(start + _ROWS, len(places)))
        far = torch.cdist(places[rows], places[order])
        far[rows[:, None] == order[None, :]] = float("inf")
        for number, (begin, end) in enumerate(pairwise([0, *ends])):
            if end > begin:
                nearest[rows, number] = far[:, begin:end].amin(1)
    finite = nearest[torch.isfinite(nearest)]
    unit = float(finite.median()) if len(finite) else 1.0
    shares = torch.softmax(-nearest / max(unit, 1e-12), 1)
    return torch.nan_to_num(shares, nan=1 / max(1, classes))
