"""Changes of light and colour. Axes: N sample, C channel, H height, W width."""

import math

import torch
from torch import Tensor

from engine.data.augmentation.change import Change, signed, some

_LUMA = (0.299, 0.587, 0.114)
"""How light red, green and blue look (ITU-R BT.601)."""


def brightness(x: Tensor, change: Change) -> Tensor:
    """Multiply the grey levels of each picture by its own factor."""
    levels = change.levels
    factor = 1 + signed(change.draw(1), change.settings.strength)[:, :, None, None]
    return levels.clip(x * factor + (factor - 1) * (levels.mean / levels.std))


def contrast(x: Tensor, change: Change) -> Tensor:
    """Multiply each picture's differences from its own mean."""
    factor = 1 + signed(change.draw(1), change.settings.strength)[:, :, None, None]
    middle = x.mean(dim=(1, 2, 3), keepdim=True)
    return change.levels.clip((x - middle) * factor + middle)


def gamma(x: Tensor, change: Change) -> Tensor:
    """Raise light to a power of its own for each picture."""
    power = torch.exp(signed(change.draw(1), math.log1p(change.settings.strength)))[:, :, None, None]
    light = change.levels.shown(x).clamp(0, 1)
    return change.levels.prepared(light**power)


def saturation(x: Tensor, change: Change) -> Tensor:
    """Multiply each picture's differences from its own grey."""
    if x.shape[1] < 3:
        return x
    factor = 1 + signed(change.draw(1), change.settings.strength)[:, :, None, None]
    light = change.levels.shown(x)
    grey = _grey(light)
    return change.levels.prepared(_with_colours(light, grey + (light[:, :3] - grey) * factor))


def hue(x: Tensor, change: Change) -> Tensor:
    """Turn colours about the grey axis, which keeps how light they are."""
    if x.shape[1] < 3:
        return x
    angle = signed(change.draw(1)[:, 0], math.radians(change.settings.degrees))
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    # Rotation in the plane of I and Q of the YIQ colours, put together with the ways there and back.
    there = torch.tensor(
        [[0.299, 0.587, 0.114], [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]], device=x.device
    )
    turn = torch.zeros(len(x), 3, 3, device=x.device)
    turn[:, 0, 0] = 1
    turn[:, 1:2, 1:2], turn[:, 1:2, 2:3] = cos, -sin
    turn[:, 2:3, 1:2], turn[:, 2:3, 2:3] = sin, cos
    matrix = torch.linalg.inv(there) @ turn @ there
    light = change.levels.shown(x)
    return change.levels.prepared(_with_colours(light, torch.einsum("nij,njhw->nihw", matrix, light[:, :3])))


def channel_gain(x: Tensor, change: Change) -> Tensor:
    """Multiply each channel of each picture by its own factor."""
    factor = 1 + signed(change.draw(x.shape[1]), change.settings.strength)[:, :, None, None]
    return change.levels.prepared(change.levels.shown(x) * factor)


def greyscale(x: Tensor, change: Change) -> Tensor:
    """Take the colour from some of the pictures."""
    if x.shape[1] < 3:
        return x
    light = change.levels.shown(x)
    grey = change.levels.prepared(_with_colours(light, _grey(light).expand(-1, 3, -1, -1)))
    return some(change, grey, x, change.draw(1)[:, 0])


def invert(x: Tensor, change: Change) -> Tensor:
    """The negative of some of the pictures."""
    return some(change, change.levels.prepared(1 - change.levels.shown(x)), x, change.draw(1)[:, 0])


def posterize(x: Tensor, change: Change) -> Tensor:
    """A few levels for each channel of some of the pictures."""
    levels = change.settings.levels
    light = change.levels.shown(x).clamp(0, 1)
    coarse = (light * levels).floor().clamp(max=levels - 1) / (levels - 1)
    return some(change, change.levels.prepared(coarse), x, change.draw(1)[:, 0])


def solarize(x: Tensor, change: Change) -> Tensor:
    """Invert what is lighter than the threshold."""
    light = change.levels.shown(x)
    turned = torch.where(light > change.settings.threshold, 1 - light, light)
    return some(change, change.levels.prepared(turned), x, change.draw(1)[:, 0])


def auto_contrast(x: Tensor, change: Change) -> Tensor:
    """From the darkest to the lightest point of the picture becomes from black to white."""
    light = change.levels.shown(x)
    low, high = light.amin(dim=(1, 2, 3), keepdim=True), light.amax(dim=(1, 2, 3), keepdim=True)
    spread = (high - low).clamp(min=1e-6)
    return some(change, change.levels.prepared((light - low) / spread), x, change.draw(1)[:, 0])


def equalize(x: Tensor, change: Change) -> Tensor:
    """Each point becomes the share of the points of its channel that are darker."""
    light = change.levels.shown(x)
    flat = (light * 255).round().flatten(2)
    ordered = flat.sort(-1).values.contiguous()
    rank = torch.searchsorted(ordered, flat.contiguous(), right=True).float()
    lowest = torch.searchsorted(ordered, ordered[..., :1].contiguous(), right=True).float()
    even = (rank - lowest) / (flat.shape[-1] - lowest).clamp(min=1)
    return some(change, change.levels.prepared(even.reshape(x.shape)), x, change.draw(1)[:, 0])


def _grey(light: Tensor) -> Tensor:
    """(N, 1, H, W) how light each point looks."""
    weights = torch.tensor(_LUMA, device=light.device)[:, None, None]
    return (light[:, :3] * weights).sum(1, keepdim=True)


def _with_colours(light: Tensor, colours: Tensor) -> Tensor:
    """Other colours, and an alpha channel as it was."""
    return colours if light.shape[1] == 3 else torch.cat((colours, light[:, 3:]), 1)
