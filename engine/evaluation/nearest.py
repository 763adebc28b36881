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
_UNITS: Final = 41
"""Units of distance that are tried, from a thousandth of the median to ten times of it."""


def class_shares(places_nf: Tensor, classes_n: Tensor, classes: int) -> tuple[Tensor, float]:
    """float32 (N, C), rows that sum to 1: what the nearest other sample of each class says; and the unit of distance.

    The largest share is that of the nearest neighbour's class. A class without other samples has 0.
    """
    places = places_nf.float()
    known = torch.nonzero((classes_n >= 0) & torch.isfinite(places).all(1)).flatten()
    spread = torch.linspace(0, len(known) - 1, min(len(known), MOST_COMPARED)).round().long()
    chosen = known[torch.unique_consecutive(spread)]
    if not len(chosen):
        return torch.full((len(places), classes), 1 / max(1, classes)), 1.0
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
    unit = _unit(nearest, classes_n)
    return shares_of(nearest, unit), unit


def shares_of(nearest_nc: Tensor, unit: float) -> Tensor:
    """(N, C) with rows that sum to 1: the softmax of the distances to the nearest sample of each class."""
    shares = torch.softmax(-nearest_nc / unit, 1)
    return torch.nan_to_num(shares, nan=1 / max(1, nearest_nc.shape[1]))


def _unit(nearest_nc: Tensor, classes_n: Tensor) -> float:
    """The distance that counts as one: with it the true classes are likeliest, so shares can be taken at their word.

    It is one number for all samples, and no share gets ahead of another by it. Source: temperature scaling, Guo et al.
    2017.
    """
    finite = nearest_nc[torch.isfinite(nearest_nc)]
    median = float(finite.median()) if len(finite) else 0.0
    if median <= 0:
        return 1.0
    judged = torch.nonzero(classes_n >= 0).flatten()
    judged = judged[torch.isfinite(nearest_nc[judged, classes_n[judged]])]
    far, true = nearest_nc[judged], classes_n[judged].long()
    if not len(judged):
        return median
    units: list[float] = [median * 10**exponent for exponent in torch.linspace(-3, 1, _UNITS).tolist()]
    return min(units, key=lambda unit: float(torch.nn.functional.cross_entropy(-far / unit, true)))
