"""Changes to series as they are prepared. Axes: N sample, T time, C channel."""

import math

import torch
from torch import Tensor

from engine.data.augmentation.change import Change, signed


def _mean(x: Tensor) -> Tensor:
    return x.mean(dim=1, keepdim=True)


def jitter(x: Tensor, change: Change) -> Tensor:
    """Noise on every value."""
    u = change.draw(x.shape[1] * x.shape[2]).reshape(x.shape)
    noise = torch.erfinv((u * 2 - 1).clamp(-1 + 1e-7, 1 - 1e-7)) * math.sqrt(2)
    return x + noise * float(change.settings.strength)


def scale(x: Tensor, change: Change) -> Tensor:
    """A factor of its own for each channel, around its mean."""
    factor = 1 + signed(change.draw(x.shape[2]), change.settings.strength)[:, None]
    middle = _mean(x)
    return middle + (x - middle) * factor


def _curve(knots: Tensor, length: int) -> Tensor:
    """A smooth curve through knots (N, k) at even distances, (N, length): half a wave of the cosine between each."""
    place = torch.linspace(0, knots.shape[1] - 1, length, device=knots.device)
    low = place.floor().long().clamp_max(knots.shape[1] - 2)
    way = (1 - torch.cos(math.pi * (place - low))) / 2
    return knots[:, low] * (1 - way) + knots[:, low + 1] * way


def magnitude_warp(x: Tensor, change: Change) -> Tensor:
    """A factor that changes along the time, the same for all channels."""
    knots = 1 + signed(change.draw(change.settings.knots), change.settings.strength)
    return x * _curve(knots, x.shape[1])[:, :, None]


def _read_at(x: Tensor, places: Tensor) -> Tensor:
    """Values at places (N, T) between moments, on the line between neighbours."""
    last = x.shape[1] - 1
    low = places.floor().clamp(0, max(0, last - 1))
    way = (places - low).clamp(0, 1)[:, :, None]
    left = low.long()[:, :, None].expand(-1, -1, x.shape[2])
    right = (left + 1).clamp_max(last)
    return x.gather(1, left) * (1 - way) + x.gather(1, right) * way


def time_warp(x: Tensor, change: Change) -> Tensor:
    """Speeds that change smoothly; the whole takes as long as before."""
    length = x.shape[1]
    if length < 2:
        return x
    speeds = _curve(1 + signed(change.draw(change.settings.knots), change.settings.strength), length - 1)
    way = torch.cat([torch.zeros_like(speeds[:, :1]), speeds.cumsum(1)], dim=1)
    return _read_at(x, way / way[:, -1:] * (length - 1))


def window_slice(x: Tensor, change: Change) -> Tensor:
    """A part of each, stretched."""
    length, u = x.shape[1], change.draw(2)
    part = (change.settings.smallest + (1 - change.settings.smallest) * u[:, :1]) * (length - 1)
    start = u[:, 1:] * (length - 1 - part)
    return _read_at(x, start + part * torch.linspace(0, 1, length, device=x.device)[None])


def blank_span(x: Tensor, change: Change) -> Tensor:
    """A stretch of some at the mean."""
    length, u = x.shape[1], change.draw(3)
    width = (u[:, 1:2] * change.settings.width * length).ceil()
    start = (u[:, 2:3] * (length - width + 1)).floor()
    place = torch.arange(length, device=x.device)[None]
    hidden = (place >= start) & (place < start + width) & (u[:, :1] < change.settings.probability)
    return torch.where(hidden[:, :, None], _mean(x), x)


def channel_dropout(x: Tensor, change: Change) -> Tensor:
    """Some channels at their mean; the one with the highest draw always stays."""
    u = change.draw(x.shape[2])
    hidden = (u < change.settings.probability) & (u < u.amax(dim=1, keepdim=True))
    return torch.where(hidden[:, None], _mean(x), x)
