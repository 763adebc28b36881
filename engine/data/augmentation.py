"""Random changes to batches of prepared pictures. Axes: N sample, C channel, H height, W width.

Every number drawn is a hash of (seed, epoch, sample, step): a resumed run, another batch size or another order give
each sample the very same change. Runs on the device of the batch.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from engine.catalog.augmentation import augmentation_type
from engine.data.chance import uniforms
from engine.data.preparation import Preparation
from engine.data.preparation.picture import NormalizeRule, ScaleRule
from engine.document.data_spec import Field, FieldKind
from engine.errors import DataError


class _Levels:
    """Black and white in prepared numbers, as (C, 1, 1): prepared = (level - mean) / std, level 0 to `top`."""

    def __init__(self, preparation: Preparation) -> None:
        rules = preparation.rules
        norm = next((rule for rule in rules if isinstance(rule, NormalizeRule)), None)
        one = torch.ones(1, 1, 1)
        self.top = 1.0 if any(isinstance(rule, ScaleRule) for rule in rules) else 255.0
        self.mean = torch.from_numpy(norm.mean) if norm else one * 0
        self.std = torch.from_numpy(norm.std) if norm else one

    def to(self, device: torch.device) -> "_Levels":
        """The same on a device."""
        if self.mean.device != device:
            self.mean, self.std = self.mean.to(device), self.std.to(device)
        return self

    def clip(self, x: Tensor) -> Tensor:
        """Nothing darker than black or lighter than white."""
        return torch.minimum(torch.maximum(x, -self.mean / self.std), (self.top - self.mean) / self.std)


_Draw = Callable[[int], Tensor]
"""draw(k): float32 (N, k) in [0, 1), the same for the same sample."""

_Function = Callable[[Tensor, Any, _Draw, _Levels], Tensor]


def augment(field: Field, batch: Tensor, *, seed: int, epoch: int, indices: Tensor) -> Tensor:
    """The batch (N, C, H, W) with the field's augmentation; `indices` int64 (N,) name the samples.

    Raises DataError for an unknown step or one that does not fit the field.
    """
    if not field.augmentation:
        return batch
    if field.kind is not FieldKind.IMAGE or batch.ndim != 4:
        raise DataError(
            f"The field '{field.name}' cannot be varied.", where=field.name, expected="pictures", found=field.kind.value
        )
    plan = _plan(field)
    x = batch.permute(0, 3, 1, 2) if plan.channels_last else batch
    levels = plan.levels.to(batch.device)
    indices = indices.to(batch.device)
    for number, (function, entry) in enumerate(plan.steps):

        def draw(count: int, number: int = number) -> Tensor:
            return uniforms(indices, count, seed, epoch, number)

        x = function(x, entry, draw, levels)
    return x.permute(0, 2, 3, 1) if plan.channels_last else x


class _Plan:
    """What a field's augmentation comes to, worked out once."""

    def __init__(self, field: Field) -> None:
        self.field = field
        preparation = Preparation(field)
        self.channels_last = not any(isinstance(rule, ScaleRule) for rule in preparation.rules)
        self.levels = _Levels(preparation)
        self.steps: list[tuple[_Function, Any]] = []
        for step in field.augmentation:
            kind = augmentation_type(step.type)
            if kind is None:
                raise DataError(f"There is no augmentation '{step.type[:80]}'.", where=field.name)
            self.steps.append((_STEPS[kind.target], kind.from_attributes(step.attributes)))


_PLANS: dict[int, _Plan] = {}


def _plan(field: Field) -> _Plan:
    """The plan of this very field object; a plan keeps its field alive, so an id is never another's."""
    plan = _PLANS.get(id(field))
    if plan is None:
        if len(_PLANS) >= 16:
            _PLANS.clear()
        plan = _PLANS[id(field)] = _Plan(field)
    return plan


def _signed(u: Tensor, size: float) -> Tensor:
    return (u * 2 - 1) * size


def flip(x: Tensor, step: Any, draw: _Draw, levels: _Levels) -> Tensor:
    """Mirror some of the pictures."""
    chosen = draw(1)[:, 0] < step.probability
    mirrored = x.flip(3 if step.direction == "horizontal" else 2)
    return torch.where(chosen[:, None, None, None], mirrored, x)


def shift(x: Tensor, step: Any, draw: _Draw, levels: _Levels) -> Tensor:
    """Move each picture by whole pixels, repeating its border."""
    n, _, height, width = x.shape
    moves = _signed(draw(2), step.fraction)
    down = torch.round(moves[:, 0] * height).long()
    right = torch.round(moves[:, 1] * width).long()
    rows = (torch.arange(height, device=x.device) - down[:, None]).clamp_(0, height - 1)
    columns = (torch.arange(width, device=x.device) - right[:, None]).clamp_(0, width - 1)
    which = torch.arange(n, device=x.device)[:, None, None]
    # Channels behind, so that one index reaches all of them: (N, H, W, C) and back.
    return x.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


def rotate(x: Tensor, step: Any, draw: _Draw, levels: _Levels) -> Tensor:
    """Turn each picture about its middle; the border is repeated."""
    angles = _signed(draw(1)[:, 0], math.radians(step.degrees))
    height, width = x.shape[2:]
    cos, sin, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
    # affine_grid counts from -1 to 1 on both axes, so turning a picture that is not square needs its proportions.
    theta = torch.stack(
        (torch.stack((cos, -sin * height / width, zero), 1), torch.stack((sin * width / height, cos, zero), 1)), 1
    )
    return _sampled(x, theta)


def crop(x: Tensor, step: Any, draw: _Draw, levels: _Levels) -> Tensor:
    """A part of each picture, enlarged to the full size."""
    u = draw(3)
    side = step.smallest + (1 - step.smallest) * u[:, 0]
    across, down = (u[:, 1] * 2 - 1) * (1 - side), (u[:, 2] * 2 - 1) * (1 - side)
    zero = torch.zeros_like(side)
    theta = torch.stack((torch.stack((side, zero, across), 1), torch.stack((zero, side, down), 1)), 1)
    return _sampled(x, theta)


def _sampled(x: Tensor, theta: Tensor) -> Tensor:
    grid = affine_grid(theta, list(x.shape), align_corners=False)
    return grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def brightness(x: Tensor, step: Any, draw: _Draw, levels: _Levels) -> Tensor:
    """Multiply the grey levels of each picture by its own factor."""
    factor = 1 + _signed(draw(1), step.strength)[:, :, None, None]
    return levels.clip(x * factor + (factor - 1) * (levels.mean / levels.std))


def contrast(x: Tensor, step: Any, draw: _Draw, levels: _Levels) -> Tensor:
    """Multiply each picture's differences from its own mean."""
    factor = 1 + _signed(draw(1), step.strength)[:, :, None, None]
    middle = x.mean(dim=(1, 2, 3), keepdim=True)
    return levels.clip((x - middle) * factor + middle)


def erase(x: Tensor, step: Any, draw: _Draw, levels: _Levels) -> Tensor:
    """Blank a square of some of the pictures with their mean."""
    height, width = x.shape[2:]
    u = draw(3)
    chosen = (u[:, 0] < step.probability)[:, None, None]
    tall, wide = max(1, round(step.size * height)), max(1, round(step.size * width))
    top = (u[:, 1] * (height - tall + 1)).long()[:, None, None]
    left = (u[:, 2] * (width - wide + 1)).long()[:, None, None]
    rows = torch.arange(height, device=x.device)[None, :, None]
    columns = torch.arange(width, device=x.device)[None, None, :]
    inside = (rows >= top) & (rows < top + tall) & (columns >= left) & (columns < left + wide) & chosen
    return torch.where(inside[:, None], x.mean(dim=(2, 3), keepdim=True), x)


_STEPS: dict[str, _Function] = {
    f"{__name__}.{step.__name__}": step for step in (flip, shift, rotate, crop, brightness, contrast, erase)
}
