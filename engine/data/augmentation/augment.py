"""Carrying out the augmentation of a field, step by step."""

from types import ModuleType
from typing import cast

import torch
from torch import Tensor

from engine.catalog.augmentation import AugmentationStep, augmentation_type
from engine.data.augmentation import colours, damage, geometry, series, sound, text
from engine.data.augmentation.change import Change, Function, Levels
from engine.data.chance import uniforms
from engine.data.preparation import Preparation
from engine.data.preparation.picture import ScaleRule
from engine.document.data_spec import Field, FieldKind
from engine.errors import DataError

_MODULES: dict[str, ModuleType] = {
    module.__name__: module for module in (geometry, colours, damage, sound, series, text)
}


def augment(field: Field, batch: Tensor, *, seed: int, epoch: int, indices: Tensor) -> Tensor:
    """The batch of prepared samples with the field's augmentation; `indices` int64 (N,) name the samples.

    Raises DataError for an unknown step or one that does not fit the field.
    """
    if not field.augmentation:
        return batch
    plan = _plan(field)
    x = batch.permute(0, 3, 1, 2) if plan.channels_last else batch
    x = plan.carried_out(x, seed, epoch, indices.to(batch.device))
    return x.permute(0, 2, 3, 1) if plan.channels_last else x


def acts_on_raw(field: Field) -> bool:
    """Whether some of the field's augmentation acts before the preparation is finished, so that it has to be carried
    out batch by batch."""
    kinds = [augmentation_type(step.type) for step in field.augmentation]
    return any(kind is not None and kind.on_raw and field.kind in kind.kinds for kind in kinds)


def augment_raw(field: Field, sounds: Tensor, *, seed: int, epoch: int, indices: Tensor) -> Tensor:
    """Recordings (N, samples) varied, and prepared; what acts on prepared samples is left to `augment`."""
    plan = _plan(field)
    return plan.preparation.finish(plan.carried_out(sounds, seed, epoch, indices.to(sounds.device), raw=True))


def augment_mask(picture: Field, masks: Tensor, *, seed: int, epoch: int, indices: Tensor) -> Tensor:
    """Masks, int64 (N, H, W) of class numbers or float32 (N, 1, H, W) of a region, moved as `augment` moves the
    pictures that they belong to."""
    plan = _plan(picture)
    if not any(step.moves for _, step in plan.steps):
        return masks
    if masks.ndim == 4:
        return plan.carried_out(masks, seed, epoch, indices.to(masks.device), mask=True)
    x = masks[:, None].to(torch.float32)  # class numbers are small, so float32 holds them exactly
    x = plan.carried_out(x, seed, epoch, indices.to(masks.device), mask=True)
    return x[:, 0].round().to(masks.dtype)


class _Plan:
    """What a field's augmentation comes to, worked out once."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.preparation = preparation = Preparation(field)
        scaled = any(isinstance(rule, ScaleRule) for rule in preparation.rules)
        self.channels_last = field.kind is FieldKind.IMAGE and not scaled
        self.levels = Levels(preparation)
        self.steps: list[tuple[Function, AugmentationStep]] = []
        for step in field.augmentation:
            kind = augmentation_type(step.type)
            if kind is None:
                raise DataError(f"There is no augmentation '{step.type[:80]}'.", where=field.name)
            if field.kind not in kind.kinds:
                raise DataError(
                    f"{kind.label()} does not fit the field '{field.name}', which cannot be varied so.",
                    where=field.name,
                    expected=" or ".join(kind.kinds),
                    found=field.kind.value,
                )
            self.steps.append((_function(kind.target), kind.from_attributes(step.attributes)))

    def carried_out(
        self, x: Tensor, seed: int, epoch: int, indices: Tensor, *, mask: bool = False, raw: bool = False
    ) -> Tensor:
        """The steps on prepared samples, or on raw ones. Of a mask those that move things, with the numbers that the
        picture's steps draw."""
        levels = self.levels.to(x.device)
        for number, (function, settings) in enumerate(self.steps):
            if (mask and not settings.moves) or settings.on_raw is not raw:
                continue

            def draw(count: int, number: int = number) -> Tensor:
                return uniforms(indices, count, seed, epoch, number)

            x = function(x, Change(self.field, settings, draw, levels, nearest=mask))
        return x


def _function(target: str) -> Function:
    """The function that an entry of the catalog names; the modules are a closed list."""
    module, _, name = target.rpartition(".")
    return cast(Function, getattr(_MODULES[module], name))


_PLANS: dict[int, _Plan] = {}


def _plan(field: Field) -> _Plan:
    """The plan of this very field object; a plan keeps its field alive, so an id is never another's."""
    plan = _PLANS.get(id(field))
    if plan is None:
        if len(_PLANS) >= 16:
            _PLANS.clear()
        plan = _PLANS[id(field)] = _Plan(field)
    return plan
