"""Samples blended with each other and labels made less sure, while training only.

Mixup (Zhang et al. 2018) blends each sample of a batch with another, cutmix (Yun et al. 2019) swaps a patch of their
pictures; targets are blended in the same proportion. What happens to a batch follows from the seed, the epoch and the
batch's number alone, so a resumed run does the same. Axes: N sample, C channel, H height, W width.
"""

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from engine.data.preparation import Preparation
from engine.data.preparation.picture import ScaleRule
from engine.document.data_spec import Field, FieldKind
from engine.training.feed import keyed_seed
from engine.training.task import Task


class Mixing:
    """What the recipe of a task says of blending; `wanted` is false where it says nothing.

    Label smoothing is set on the cross-entropies of the network here, but for those that have their own.
    """

    def __init__(self, task: Task) -> None:
        recipe = task.project.recipe
        self._seed = recipe.seed
        self._mixup, self._cutmix = recipe.mixup, recipe.cutmix
        self.wanted = self._mixup > 0 or self._cutmix > 0
        self._classes: list[int] = []
        self._cut: list[bool] = []
        self._channels_last: list[bool] = []
        for group in task.groups[: task.input_count]:
            field = task.project.data.field(group[0]) if len(group) == 1 else None
            self._classes.append(len(field.statistics.classes) if field is not None else 0)
            self._cut.append(field is not None and field.kind in (FieldKind.IMAGE, FieldKind.MASK))
            self._channels_last.append(field is not None and field.kind is FieldKind.IMAGE and not _is_scaled(field))
        self._smoothed: list[nn.CrossEntropyLoss] = []
        for loss_id in task.network.loss_ids:
            module = task.network.get_submodule(loss_id)
            if recipe.label_smoothing and isinstance(module, nn.CrossEntropyLoss) and not module.label_smoothing:
                self._smoothed.append(module)
        self._smoothing = recipe.label_smoothing
        self._smooth(self._smoothing)

    def _smooth(self, share: float) -> None:
        for module in self._smoothed:
            module.label_smoothing = share

    @contextmanager
    def truth(self) -> Iterator[None]:
        """Within, losses are as the network has them: for validation."""
        self._smooth(0.0)
        try:
            yield
        finally:
            self._smooth(self._smoothing)

    def blended(self, batch: Sequence[Tensor], epoch: int, position: int) -> tuple[Tensor, ...]:
        """The batch number `position` of an epoch, blended; classes come as the share of each (N, C, ...).

        Each sample is blended with the one that lies opposite: batches are in random order already.
        """
        chance = random.Random(keyed_seed(self._seed, "blend", epoch, position))
        cut = self._cutmix > 0 and (self._mixup <= 0 or chance.random() < 0.5)
        alpha = self._cutmix if cut else self._mixup
        own = chance.betavariate(alpha, alpha)
        box = _Box(own, chance.random(), chance.random()) if cut else None
        kinds = list(zip(batch, self._classes, self._cut, self._channels_last, strict=False))
        if box is not None:
            sizes = [_sides(tensor, last) for tensor, _, cuts, last in kinds if cuts]
            own = box.own(*sizes[0]) if sizes else own
        found = []
        for tensor, classes, cuts, last in kinds:
            if box is not None and cuts:
                swapped = box.swapped(tensor.movedim(-1, 1)).movedim(1, -1) if last else box.swapped(tensor)
                found.append(swapped if swapped.is_floating_point() else _shares(swapped, classes))
                continue
            shares = tensor if tensor.is_floating_point() else _shares(tensor, classes)
            found.append(torch.lerp(shares.flip(0), shares, own))
        return (*found, *batch[len(kinds) :])


def _is_scaled(field: Field) -> bool:
    """Whether its pictures are scaled to 0 to 1, which is also when their channels come to the front."""
    return any(isinstance(rule, ScaleRule) for rule in Preparation(field).rules)


def _sides(tensor: Tensor, channels_last: bool) -> tuple[int, int]:
    height, width = tensor.shape[1:3] if channels_last else tensor.shape[-2:]
    return height, width


class _Box:
    """A patch that takes the share 1 - `own` of a picture, around a place given in shares of its sides."""

    def __init__(self, own: float, y: float, x: float) -> None:
        self._half = math.sqrt(1.0 - own) / 2
        self._y, self._x = y, x

    def place(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, bottom, left, right; what lies beyond the edges is cut off."""
        found = []
        for size, at in ((height, self._y), (width, self._x)):
            found.append(max(0, round((at - self._half) * size)))
            found.append(min(size, round((at + self._half) * size)))
        return found[0], found[1], found[2], found[3]

    def own(self, height: int, width: int) -> float:
        """What is left of a picture of this size."""
        top, bottom, left, right = self.place(height, width)
        return 1.0 - (bottom - top) * (right - left) / (height * width)

    def swapped(self, tensor: Tensor) -> Tensor:
        """Pictures (N, C, H, W) or masks (N, H, W) with the patch of the opposite sample."""
        top, bottom, left, right = self.place(*tensor.shape[-2:])
        found = tensor.clone()
        found[..., top:bottom, left:right] = tensor.flip(0)[..., top:bottom, left:right]
        return found


def _shares(numbers: Tensor, classes: int) -> Tensor:
    """Class numbers (N, ...) as shares of each class (N, C, ...)."""
    return nn.functional.one_hot(numbers, classes).movedim(-1, 1).float()
