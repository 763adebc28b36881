"""Changes that move things in a picture. Axes: N sample, C channel, H height, W width.

A mask goes the same way with the same numbers: every function works on class numbers too, taking the nearest.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from engine.data.augmentation.change import Change, signed, some


def flip(x: Tensor, change: Change) -> Tensor:
    """Mirror some of the pictures."""
    mirrored = x.flip(3 if change.settings.direction == "horizontal" else 2)
    return some(change, mirrored, x, change.draw(1)[:, 0])


def quarter_turn(x: Tensor, change: Change) -> Tensor:
    """Turn each picture by a number of quarters; by halves where it is not square."""
    turns = (change.draw(1)[:, 0] * 4).long()[:, None, None, None]
    half = x.flip((2, 3))
    if x.shape[2] != x.shape[3]:
        return torch.where(turns >= 2, half, x)
    quarter = x.transpose(2, 3).flip(3)
    return torch.where(
        turns == 0, x, torch.where(turns == 1, quarter, torch.where(turns == 2, half, quarter.flip((2, 3))))
    )


def shift(x: Tensor, change: Change) -> Tensor:
    """Move each picture by whole pixels, repeating its border."""
    n, _, height, width = x.shape
    moves = signed(change.draw(2), change.settings.fraction)
    down = torch.round(moves[:, 0] * height).long()
    right = torch.round(moves[:, 1] * width).long()
    rows = (torch.arange(height, device=x.device) - down[:, None]).clamp_(0, height - 1)
    columns = (torch.arange(width, device=x.device) - right[:, None]).clamp_(0, width - 1)
    which = torch.arange(n, device=x.device)[:, None, None]
    # Channels behind, so that one index reaches all of them: (N, H, W, C) and back.
    return x.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


def rotate(x: Tensor, change: Change) -> Tensor:
    """Turn each picture about its middle; the border is repeated."""
    angles = signed(change.draw(1)[:, 0], math.radians(change.settings.degrees))
    height, width = x.shape[2:]
    cos, sin = angles.cos(), angles.sin()
    # affine_grid counts from -1 to 1 on both axes, so turning a picture that is not square needs its proportions.
    return _affine(x, change, cos, -sin * height / width, sin * width / height, cos)


def shear(x: Tensor, change: Change) -> Tensor:
    """Slant each picture; its middle stays."""
    angles = signed(change.draw(1)[:, 0], math.radians(change.settings.degrees))
    one, zero = torch.ones_like(angles), torch.zeros_like(angles)
    return _affine(x, change, one, angles.tan() * x.shape[2] / x.shape[3], zero, one)


def zoom(x: Tensor, change: Change) -> Tensor:
    """Change the size of what is seen about the middle."""
    factor = _factor(change.draw(1)[:, 0], change.settings.strength)
    zero = torch.zeros_like(factor)
    return _affine(x, change, factor, zero, zero, factor)


def stretch(x: Tensor, change: Change) -> Tensor:
    """Change the width of what is seen."""
    factor = _factor(change.draw(1)[:, 0], change.settings.strength)
    zero = torch.zeros_like(factor)
    return _affine(x, change, factor, zero, zero, torch.ones_like(factor))


def crop(x: Tensor, change: Change) -> Tensor:
    """A part of each picture, enlarged to the full size."""
    u = change.draw(3)
    side = change.settings.smallest + (1 - change.settings.smallest) * u[:, 0]
    across, down = (u[:, 1] * 2 - 1) * (1 - side), (u[:, 2] * 2 - 1) * (1 - side)
    zero = torch.zeros_like(side)
    return _affine(x, change, side, zero, zero, side, across, down)


def perspective(x: Tensor, change: Change) -> Tensor:
    """Move each corner by its own amount and look through the projection that does so."""
    moves = signed(change.draw(8), change.settings.strength).reshape(-1, 4, 2)
    corners = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]], device=x.device)
    projection = _projection(corners, corners + moves)
    plain = torch.eye(3, device=x.device)[:2].expand(len(x), 2, 3)
    grid = affine_grid(plain, list(x.shape), align_corners=False)
    places = torch.cat((grid, torch.ones_like(grid[..., :1])), -1)
    seen = torch.einsum("nij,nhwj->nhwi", projection, places)
    return _sampled(x, change, seen[..., :2] / seen[..., 2:])


def _projection(source: Tensor, target: Tensor) -> Tensor:
    """(N, 3, 3) that brings four points (4, 2) to four others (N, 4, 2), by the eight linear equations of it."""
    n = len(target)
    x, y = source[:, 0].expand(n, 4), source[:, 1].expand(n, 4)
    u, v = target[..., 0], target[..., 1]
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    first = torch.stack((x, y, one, zero, zero, zero, -u * x, -u * y), -1)
    second = torch.stack((zero, zero, zero, x, y, one, -v * x, -v * y), -1)
    solved = torch.linalg.solve(torch.cat((first, second), 1), torch.cat((u, v), 1)[..., None])[..., 0]
    return torch.cat((solved, torch.ones(n, 1, device=target.device)), 1).reshape(n, 3, 3)


def elastic(x: Tensor, change: Change) -> Tensor:
    """Move the points of a coarse net and all between them smoothly."""
    points = change.settings.points
    net = signed(change.draw(2 * points * points), 2 * change.settings.strength).reshape(-1, 2, points, points)
    moves = interpolate(net, size=x.shape[2:], mode="bicubic", align_corners=True)
    plain = torch.eye(3, device=x.device)[:2].expand(len(x), 2, 3)
    grid = affine_grid(plain, list(x.shape), align_corners=False)
    return _sampled(x, change, grid + moves.permute(0, 2, 3, 1))


def _factor(u: Tensor, strength: float) -> Tensor:
    """What the size of the window is multiplied with: as often larger as smaller."""
    return torch.exp(signed(u, math.log1p(strength)))


def _affine(
    x: Tensor,
    change: Change,
    a: Tensor,
    b: Tensor,
    c: Tensor,
    d: Tensor,
    across: Tensor | None = None,
    down: Tensor | None = None,
) -> Tensor:
    """Sample at (a j + b i + across, c j + d i + down), places from -1 to 1."""
    zero = torch.zeros_like(a)
    rows = (
        torch.stack((a, b, zero if across is None else across), 1),
        torch.stack((c, d, zero if down is None else down), 1),
    )
    return _sampled(x, change, affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False))


def _sampled(x: Tensor, change: Change, grid: Tensor) -> Tensor:
    mode = "nearest" if change.nearest else "bilinear"
    return grid_sample(x, grid, mode=mode, padding_mode="border", align_corners=False)
