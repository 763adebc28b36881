"""The line between classes: found on the sides of a grid's cells by halving, so that it is sharp for any network.

Where two neighbouring points are of different classes the border crosses the way between them; eight halvings find it
to a 256th of that way. Within each square of four points the crossings are joined, two by a straight piece, more of
them each with their middle.
"""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

HALVINGS: Final = 8
UNIT: Final = 65_535


def border_pieces(best: Tensor, classes_at: Callable[[Tensor], Tensor], most: int) -> Tensor:
    """Pieces of the border as int32 (S, 4): x, y, x, y in 65,535ths of the unit square, S at most `most`.

    `best` (H, W) is the class in the middle of each cell; `classes_at` tells that of (N, 2) places in the unit square,
    x first. Where there would be more pieces than `most` the border is no line any more, and none is told.
    """
    height, width = best.shape
    across = (best[:, 1:] != best[:, :-1]).nonzero()
    along = (best[1:, :] != best[:-1, :]).nonzero()
    if len(across) + len(along) == 0 or len(across) + len(along) > most:
        return torch.zeros((0, 4), dtype=torch.int32)
    starts = torch.cat([across, along])
    steps = torch.cat([torch.tensor([[0, 1]]).expand(len(across), 2), torch.tensor([[1, 0]]).expand(len(along), 2)])
    size = torch.tensor([width, height], dtype=torch.float32)
    near = (starts.flip(1).float() + 0.5) / size
    far = ((starts + steps).flip(1).float() + 0.5) / size
    first = best[starts[:, 0], starts[:, 1]].to(torch.int64)
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        same = (classes_at(middle) == first)[:, None]
        near, far = torch.where(same, middle, near), torch.where(same, far, middle)
    crossings = (near + far) / 2
    by_square: dict[tuple[int, int], list[Tensor]] = {}
    for number, (row, column) in enumerate(starts.tolist()):
        beside = ((row - 1, column), (row, column)) if number < len(across) else ((row, column - 1), (row, column))
        for square in beside:
            if 0 <= square[0] < height - 1 and 0 <= square[1] < width - 1:
                by_square.setdefault(square, []).append(crossings[number])
    pieces: list[Tensor] = []
    for found in by_square.values():
        if len(found) == 2:
            pieces.append(torch.cat(found))
        elif len(found) > 2:
            centre = torch.stack(found).mean(0)
            pieces += [torch.cat([one, centre]) for one in found]
    if not pieces:
        return torch.zeros((0, 4), dtype=torch.int32)
    return torch.stack(pieces).clamp(0, 1).mul(UNIT).round().to(torch.int32)
