"""A sample large: every field as it is, after each step of its preparation, and varied by its augmentation, live."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import torch
from torch import Tensor

from engine.catalog import registry
from engine.data.augmentation import acts_on_raw, augment, augment_mask, augment_raw
from engine.data.cards import label_of
from engine.data.drawing import (
    bounds,
    class_name,
    draw_array,
    draw_curves,
    draw_raw,
    extent,
    heat_of,
    number,
    picture_of,
    small_mask,
)
from engine.data.preparation import Preparation
from engine.document.data_spec import Field, FieldKind, Role, Step
from engine.errors import NetwrightError
from engine.protocol.messages.data import FieldDetail, SampleDetail, Shown

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

FIELDS: Final = 60
"""How many fields of a wide table are shown."""
TOKENS: Final = 120
"""How many characters or words of a prepared text are written out."""
SPLITS: Final = ("train", "val", "test", "pool")


def detail_of(
    dataset: "Dataset", index: int, fields: Sequence[Field] = (), *, variants: int = 4, seed: int = 0, size: int = 320
) -> SampleDetail:
    """What becomes of a sample on its way to the network.

    `fields` stand in for those that the data set was opened with, so that steps can be tried; one that the open data
    does not hold is left out. What cannot be read or prepared says so in its place.
    """
    if not 0 <= index < dataset.samples:
        return SampleDetail(index=index)
    target = next(iter(dataset.data.targets()), None)
    shown: list[FieldDetail] = []
    for field in (fields or dataset.data.fields)[:FIELDS]:
        opened = dataset.data.field(field.name)
        if field.role is not Role.IGNORED and opened is not None and opened.role is not Role.IGNORED:
            shown.append(_field(dataset, index, field, variants, seed, size))
    return SampleDetail(
        index=index,
        name=dataset.name(index),
        split=SPLITS[int(dataset.splits[index])],
        label=label_of(dataset, index, target) if target is not None else "",
        fields=shown,
    )


def _field(dataset: "Dataset", index: int, field: Field, variants: int, seed: int, size: int) -> FieldDetail:
    try:
        raw = dataset.raw(index, field.name)
        drawn = draw_raw(field, raw, size)
    except NetwrightError as error:
        return FieldDetail(name=field.name, kind=field.kind, role=field.role, raw=Shown(problem=_sentence(error)))
    steps = [_after(field, raw, count, size) for count in range(1, len(field.preparation) + 1)]
    varied = []
    if field.role is Role.INPUT and field.augmentation and variants > 0:
        varied = _variants(dataset, field, raw, index, variants, seed, size, _mask_of(dataset, field))
    return FieldDetail(name=field.name, kind=field.kind, role=field.role, raw=drawn, steps=steps, variants=varied)


def _mask_of(dataset: "Dataset", field: Field) -> Field | None:
    """The mask that moves along when a picture is varied."""
    if field.kind is not FieldKind.IMAGE:
        return None
    return next((target for target in dataset.data.targets() if target.kind is FieldKind.MASK), None)


def _after(field: Field, raw: Any, count: int, size: int) -> Shown:
    """The value after the first `count` steps."""
    caption = _caption("preparation", field.preparation[count - 1])
    partly = msgspec.structs.replace(field, preparation=field.preparation[:count])
    try:
        prepared = Preparation(partly).apply([raw])
    except NetwrightError as error:
        if count < len(field.preparation) and _still_words(partly):
            return Shown(caption=caption, text=str(raw), facts="still text")
        return Shown(caption=caption, problem=_sentence(error))
    return msgspec.structs.replace(_draw(partly, prepared[0], size), caption=caption)


def _still_words(field: Field) -> bool:
    """Whether its steps so far leave text as text, as changing its case does."""
    return field.kind in (FieldKind.TEXT, FieldKind.CATEGORY, FieldKind.LABELS)


def _variants(
    dataset: "Dataset", field: Field, raw: Any, index: int, count: int, seed: int, size: int, mask: Field | None
) -> list[Shown]:
    """The value varied `count` times, as training would in different epochs, with the mask that moves along."""
    try:
        prepared = Preparation(field).apply([raw])
        plain = prepared[0].numpy()
        which = torch.tensor([index], dtype=torch.int64)
        waveforms = torch.from_numpy(Preparation(field).waveforms([raw])) if acts_on_raw(field) else None
        marked = None if mask is None else Preparation(mask).apply([dataset.raw(index, mask.name)])
        found = []
        for variant in range(count):
            batch = prepared.clone()
            if waveforms is not None:
                batch = augment_raw(field, waveforms.clone(), seed=seed, epoch=variant, indices=which)
            changed = augment(field, batch, seed=seed, epoch=variant, indices=which)[0]
            shown = msgspec.structs.replace(_draw(field, changed, size, like=plain), caption=f"Variant {variant + 1}")
            if marked is not None:
                moved = augment_mask(field, marked.clone(), seed=seed, epoch=variant, indices=which)
                shown = _with_mask(shown, moved[0])
            found.append(shown)
        return found
    except NetwrightError as error:
        return [Shown(caption="Augmentation", problem=_sentence(error))]


def _with_mask(shown: Shown, mask: Tensor) -> Shown:
    """A picture with its mask (H, W) or (1, H, W) over it, where one lies on the other."""
    classes = mask.reshape(mask.shape[-2:]).round().numpy().astype(np.uint8)
    width, height, pixels = small_mask(classes, max(shown.width, shown.height))
    fits = (width, height) == (shown.width, shown.height)
    return msgspec.structs.replace(shown, mask=pixels) if fits else shown


def _draw(field: Field, value: Tensor, size: int, like: "np.typing.NDArray[Any] | None" = None) -> Shown:
    """A prepared value; a picture in the black and white of `like`, so that brighter looks brighter."""
    array = value.detach().cpu().numpy()
    shape = " × ".join(map(str, array.shape)) or "1"
    if field.kind is FieldKind.CATEGORY:
        return Shown(text=_classes(field, array), facts=f"{shape} numbers" if array.ndim else "a class number")
    if field.kind is FieldKind.TEXT and array.dtype == np.int64:
        return Shown(text=_tokens(field, array), facts=f"{array.size} tokens, {extent(array)}")
    if field.kind is FieldKind.IMAGE and array.ndim == 3:
        # Until a step has scaled them, pictures are grey levels with the channels behind.
        planes = array if array.shape[0] in (1, 3) else array.transpose(2, 0, 1)
        if planes.shape[0] in (1, 3):
            low, high = bounds(np.nan_to_num(planes if like is None else like))
            return picture_of(planes, facts=f"{shape}, {extent(array)}", size=size, low=low, high=high)
    if field.kind is FieldKind.AUDIO and array.ndim == 3:
        return heat_of(array[0], facts=f"{shape}, {extent(array)}", size=size)
    if field.kind in (FieldKind.SERIES, FieldKind.AUDIO) and array.ndim == 2 and array.shape[1] <= 64:
        return draw_curves(array, size)
    if field.kind is FieldKind.AUDIO and array.ndim == 2 and array.shape[0] == 1:
        return draw_curves(array.T, size)
    return draw_array(array, size)


def _classes(field: Field, array: "np.typing.NDArray[Any]") -> str:
    if array.ndim == 0:
        place = int(array)
        return f"{place} ({class_name(field, place)})" if place >= 0 else "none"
    if array.size <= 40:
        return ", ".join(number(float(item)) for item in array.reshape(-1))
    return f"1 at {int(array.argmax())} of {array.size}"


def _tokens(field: Field, array: "np.typing.NDArray[Any]") -> str:
    numbers = [int(item) for item in array.reshape(-1)[:TOKENS]]
    more = " …" if array.size > TOKENS else ""
    return " ".join(map(str, numbers)) + more


def _caption(which: str, step: Step) -> str:
    entry = registry.entry_type(which, step.type)
    return entry.label() if entry is not None else step.type


def _sentence(error: NetwrightError) -> str:
    return f"{error.message} {error.hint}".strip()
