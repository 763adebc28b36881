"""One sample as it is and as the network takes it, and what it is compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.preparation import Preparation
from engine.data.preparation.chain import join
from engine.data.samples import Sound
from engine.document.data_spec import Field, FieldKind
from engine.document.project import Project


@dataclass(frozen=True, slots=True)
class Sample:
    """`raw` by field as the data hold it; `inputs` by Input node, prepared, (1, ...)."""

    raw: Mapping[str, Any]
    inputs: Mapping[str, Tensor]
    slots: Mapping[str, tuple["Slot", ...]]


@dataclass(frozen=True, slots=True)
class Slot:
    """A field's part of an Input: all of it, or the columns from `start` to before `stop` of several side by side."""

    field: Field
    start: int
    stop: int
    alone: bool

    def of(self, tensor: Tensor) -> Tensor:
        """The field's part of a tensor shaped like the Input, with or without rows before."""
        return tensor if self.alone else tensor[..., self.start : self.stop]


def prepared(project: Project, input_fields: Mapping[str, tuple[str, ...]], raw: Mapping[str, Any]) -> Sample:
    """Raw values as the network takes them, exactly as in training. Raises DataError."""
    inputs: dict[str, Tensor] = {}
    slots: dict[str, tuple[Slot, ...]] = {}
    for input_id, names in input_fields.items():
        fields = [field for name in names if (field := project.data.field(name)) is not None]
        parts = [Preparation(field).apply([raw[field.name]]) for field in fields]
        inputs[input_id] = join(parts, names)
        slots[input_id] = _slots(fields, parts)
    return Sample(raw, inputs, slots)


def _slots(fields: Sequence[Field], parts: Sequence[Tensor]) -> tuple[Slot, ...]:
    if len(fields) == 1:
        return (Slot(fields[0], 0, parts[0].shape[-1] if parts[0].dim() > 1 else 1, True),)
    found, start = [], 0
    for field, part in zip(fields, parts, strict=True):
        found.append(Slot(field, start, start + part.shape[-1], False))
        start += part.shape[-1]
    return tuple(found)


def baseline_words(sample: Sample, kind: str) -> str:
    """What the baseline is, in words."""
    kinds = {slot.field.kind for slots in sample.slots.values() for slot in slots}
    if kinds == {FieldKind.TEXT}:
        return "the text without its words"
    if kind == "blurred":
        return "the sample itself, out of focus"
    if kinds == {FieldKind.AUDIO}:
        return "silence"
    if kinds == {FieldKind.IMAGE}:
        return "a black picture" if kind == "nothing" else "a picture of the average colour"
    return "zeros" if kind == "nothing" else "the average of the training data"


def baseline_of(sample: Sample, kind: str) -> dict[str, Tensor]:
    """What stands for "not there", by Input, (1, ...), as `kind` says: average, nothing or blurred."""
    found = {}
    for input_id, slots in sample.slots.items():
        parts = [_baseline(slot, sample, input_id, kind) for slot in slots]
        found[input_id] = join(parts, [slot.field.name for slot in slots])
    return found


def _baseline(slot: Slot, sample: Sample, input_id: str, kind: str) -> Tensor:
    field, own = slot.field, slot.of(sample.inputs[input_id])
    if field.kind is FieldKind.TEXT:
        return torch.zeros_like(own)  # number 0 fills texts up
    if field.kind is FieldKind.CATEGORY:
        return _usual_class(field, own)
    preparation = Preparation(field)
    raw = sample.raw[field.name]
    if field.kind in (FieldKind.NUMBER, FieldKind.DATE):
        usual = float(field.statistics.mean[0]) if field.statistics.mean else 0.0
        return preparation.apply([0.0 if kind == "nothing" else usual])
    if field.kind is FieldKind.LABELS:
        return torch.zeros_like(own)
    if field.kind is FieldKind.IMAGE:
        return preparation.apply([_plain_picture(field, np.asarray(raw), kind)])
    if field.kind is FieldKind.MASK:
        return preparation.apply([np.zeros_like(np.asarray(raw))])
    if field.kind is FieldKind.AUDIO:
        samples = raw.samples if isinstance(raw, Sound) else np.asarray(raw, np.float32)
        if kind == "blurred":
            return _smoothed(own)
        return preparation.apply([np.zeros_like(samples)])
    values = np.asarray(raw, np.float32)
    if kind == "blurred":
        return _smoothed(own)
    mean = np.asarray(field.statistics.mean or (0.0,), np.float32)
    level = np.zeros(1, np.float32) if kind == "nothing" else mean
    return preparation.apply([np.broadcast_to(level, values.shape).copy()])


def _usual_class(field: Field, own: Tensor) -> Tensor:
    """A one-hot row with the share of each class, or the number of the most frequent class."""
    classes, counts = field.statistics.classes, field.statistics.counts
    if not classes:
        return torch.zeros_like(own)
    each = Preparation(field).apply(list(classes))
    weights = torch.tensor(counts if len(counts) == len(classes) else [1] * len(classes), dtype=torch.float64)
    if each.is_floating_point():
        shares = weights / weights.sum().clamp(min=1)
        return (each.double() * shares.reshape(-1, *[1] * (each.dim() - 1))).sum(0, keepdim=True).to(each.dtype)
    return each[int(weights.argmax())][None]


def _plain_picture(field: Field, raw: npt.NDArray[np.uint8], kind: str) -> npt.NDArray[np.uint8]:
    if kind == "blurred":
        return _out_of_focus(raw)
    mean = field.statistics.mean
    levels = np.asarray(mean or (127.5,), np.float64)
    if len(levels) != raw.shape[2]:
        levels = np.full(raw.shape[2], levels.mean())
        if raw.shape[2] in (2, 4):
            levels[-1] = 255  # opaque
    if kind == "nothing":
        levels = np.zeros(raw.shape[2])
        if raw.shape[2] in (2, 4):
            levels[-1] = 255
    return np.broadcast_to(np.round(levels).astype(np.uint8), raw.shape).copy()


def _out_of_focus(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A picture in which only where it is light and dark can be told, as a mean over an eighth of its side, twice."""
    width = max(1, min(raw.shape[0], raw.shape[1]) // 8) * 2 + 1
    levels = torch.from_numpy(raw.astype(np.float32)).permute(2, 0, 1)[None]
    for _ in range(2):
        levels = torch.nn.functional.pad(levels, [width // 2] * 4, mode="replicate")
        levels = torch.nn.functional.avg_pool2d(levels, width, 1)
    return levels[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()


def _smoothed(own: Tensor) -> Tensor:
    """A series or spectrogram (1, ..., T) or (1, T, C) out of focus along its longest axis."""
    axis = max(range(1, own.dim()), key=lambda place: own.shape[place])
    moved = own.movedim(axis, -1)
    flat = moved.reshape(-1, 1, moved.shape[-1])
    width = max(1, flat.shape[-1] // 8) * 2 + 1
    padded = torch.nn.functional.pad(flat, [width // 2, width // 2], mode="replicate")
    return torch.nn.functional.avg_pool1d(padded, width, 1).reshape(moved.shape).movedim(-1, axis)
