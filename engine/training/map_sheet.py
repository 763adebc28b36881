"""What the sheet of a self-organising map shows: distances between neighbours (U-matrix), and whom each unit holds.

Source: Ultsch and Siemon 1990.
"""

import torch
from torch import Tensor

NOBODY = 255
"""The class of a unit that holds no sample."""


def neighbour_heights(units: Tensor, rows: int, columns: int) -> Tensor:
    """(2 rows - 1, 2 columns - 1) from units (rows · columns, F): between two neighbours their distance, in the middle
    of four the mean of both diagonals, and at a unit the mean of the distances beside it."""
    grid = units.detach().double().reshape(rows, columns, -1)
    heights = torch.zeros(2 * rows - 1, 2 * columns - 1, dtype=torch.float64)
    heights[0::2, 1::2] = (grid[:, 1:] - grid[:, :-1]).norm(dim=2)
    heights[1::2, 0::2] = (grid[1:] - grid[:-1]).norm(dim=2)
    down, up = (grid[1:, 1:] - grid[:-1, :-1]).norm(dim=2), (grid[1:, :-1] - grid[:-1, 1:]).norm(dim=2)
    heights[1::2, 1::2] = (down + up) / (2 * 2**0.5)
    padded = torch.nn.functional.pad(heights, (1, 1, 1, 1))
    there = torch.zeros_like(padded)
    there[1:-1, 1:-1] = 1
    total, count = torch.zeros(rows, columns, dtype=torch.float64), torch.zeros(rows, columns, dtype=torch.float64)
    for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)):
        total += padded[y:, x:][: 2 * rows - 1 : 2, : 2 * columns - 1 : 2]
        count += there[y:, x:][: 2 * rows - 1 : 2, : 2 * columns - 1 : 2]
    heights[0::2, 0::2] = total / count.clamp(min=1)
    return heights.float()


def class_votes(nearest: Tensor, truth: Tensor, units: int, classes: int) -> Tensor:
    """uint8 (units,): the class of most samples of each unit, NOBODY for one that holds none.

    `nearest` and `truth` int64 (N,) are each sample's unit and class; samples without a class (below 0) do not count.
    """
    known = truth >= 0
    counts = torch.zeros(units * classes, dtype=torch.int64)
    counts += torch.bincount(nearest[known] * classes + truth[known], minlength=units * classes)
    table = counts.reshape(units, classes)
    return torch.where(table.sum(1) > 0, table.argmax(1), NOBODY).to(torch.uint8)
