"""Changes that hide, blur and disturb. Axes: N sample, C channel, H height, W width."""

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, interpolate, pad

from engine.data.augmentation.change import Change, signed, some


def erase(x: Tensor, change: Change) -> Tensor:
    """Blank a square of some of the pictures with their mean."""
    height, width = x.shape[2:]
    u, step = change.draw(3), change.settings
    chosen = (u[:, 0] < step.probability)[:, None, None]
    tall, wide = max(1, round(step.size * height)), max(1, round(step.size * width))
    top = (u[:, 1] * (height - tall + 1)).long()[:, None, None]
    left = (u[:, 2] * (width - wide + 1)).long()[:, None, None]
    rows = torch.arange(height, device=x.device)[None, :, None]
    columns = torch.arange(width, device=x.device)[None, None, :]
    inside = (rows >= top) & (rows < top + tall) & (columns >= left) & (columns < left + wide) & chosen
    return torch.where(inside[:, None], x.mean(dim=(2, 3), keepdim=True), x)


def hide_grid(x: Tensor, change: Change) -> Tensor:
    """Blank the squares of a grid that begins anywhere."""
    height, width = x.shape[2:]
    u, step = change.draw(3), change.settings
    tall, wide = max(2, round(step.period * height)), max(2, round(step.period * width))
    rows = (torch.arange(height, device=x.device)[None] + (u[:, 1:2] * tall).long()) % tall
    columns = (torch.arange(width, device=x.device)[None] + (u[:, 2:3] * wide).long()) % wide
    inside = (rows < max(1, round(step.size * tall)))[:, :, None] & (columns < max(1, round(step.size * wide)))[:, None]
    return some(change, torch.where(inside[:, None], x.mean(dim=(2, 3), keepdim=True), x), x, u[:, 0])


def blur(x: Tensor, change: Change) -> Tensor:
    """A Gaussian with a spread of its own for each picture, one axis after the other."""
    n, channels, height, width = x.shape
    sigma = change.draw(1) * change.settings.sigma + 1e-3
    reach = min(max(1, math.ceil(2.5 * change.settings.sigma)), height - 1, width - 1)
    if reach < 1:
        return x
    offsets = torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    flat = x.reshape(1, n * channels, height, width)
    across = conv2d(pad(flat, (reach, reach, 0, 0), "replicate"), kernel[:, None, None], groups=n * channels)
    both = conv2d(pad(across, (0, 0, reach, reach), "replicate"), kernel[:, None, :, None], groups=n * channels)
    return both.reshape(x.shape)


def sharpness(x: Tensor, change: Change) -> Tensor:
    """Strengthen or weaken the differences from the mean of the neighbours."""
    strength = signed(change.draw(1), change.settings.strength)[:, :, None, None]
    smooth = avg_pool2d(pad(x, (1, 1, 1, 1), "replicate"), 3, stride=1)
    return change.levels.clip(x + strength.clamp(min=-1) * (x - smooth))


def noise(x: Tensor, change: Change) -> Tensor:
    """Add normal numbers, from pairs of even ones. Source: Box and Muller 1958."""
    strength = change.draw(1)[:, 0] * change.settings.strength
    points = x[0].numel()
    u = change.draw(1 + 2 * ((points + 1) // 2))[:, 1:].clamp(min=1e-7)
    half = u.shape[1] // 2
    radius, angle = torch.sqrt(-2 * torch.log(u[:, :half])), 2 * math.pi * u[:, half:]
    normal = torch.cat((radius * angle.cos(), radius * angle.sin()), 1)[:, :points].reshape(x.shape)
    return change.levels.prepared(change.levels.shown(x) + normal * strength[:, None, None, None])


def salt_and_pepper(x: Tensor, change: Change) -> Tensor:
    """Black or white at some points, in all channels."""
    n, _, height, width = x.shape
    u = change.draw(1 + height * width)
    share = (u[:, :1] * change.settings.amount)[:, :, None]
    points = u[:, 1:].reshape(n, height, width)
    light = change.levels.shown(x)
    light = torch.where((points < share / 2)[:, None], torch.zeros_like(light), light)
    light = torch.where((points > 1 - share / 2)[:, None], torch.ones_like(light), light)
    return change.levels.prepared(light)


def pixelate(x: Tensor, change: Change) -> Tensor:
    """The mean of each square."""
    height, width = x.shape[2:]
    size = min(change.settings.size, height, width)
    squares = avg_pool2d(x, size, ceil_mode=True, count_include_pad=False)
    coarse = interpolate(squares, scale_factor=size, mode="nearest")[:, :, :height, :width]
    return some(change, coarse, x, change.draw(1)[:, 0])


def vignette(x: Tensor, change: Change) -> Tensor:
    """Darker towards one side, lighter towards the other."""
    height, width = x.shape[2:]
    u = change.draw(2)
    strength, angle = u[:, 0] * change.settings.strength, u[:, 1] * 2 * math.pi
    rows = torch.linspace(-1, 1, height, device=x.device)[None, :, None]
    columns = torch.linspace(-1, 1, width, device=x.device)[None, None, :]
    along = rows * angle.sin()[:, None, None] + columns * angle.cos()[:, None, None]
    return change.levels.prepared(change.levels.shown(x) * (1 + strength[:, None, None] * along / 2**0.5)[:, None])
