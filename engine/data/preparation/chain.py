"""The preparation of a field, step after step: on raw values, backwards for answers, and in an ONNX graph."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.catalog.preparation import Channels, preparation_type
from engine.data.label_lists import separator_of
from engine.data.preparation import (
    category,
    dates,
    labels,
    mask,
    number,
    picture,
    series,
    sound,
    text,
    whole_numbers,
    word_pieces,
)
from engine.data.preparation.rule import Rule
from engine.data.samples import Sound
from engine.data.strings import Strings
from engine.document.data_spec import Field, FieldKind, Role
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.onnx_writer import OnnxWriter

_RULES: dict[str, type[Rule]] = {
    f"{module.__name__}.{rule.__name__}": rule
    for module, rules in (
        (dates, dates.DATE_RULES),
        (labels, labels.LABEL_RULES),
        (sound, sound.SOUND_RULES),
        (series, series.SERIES_RULES),
        (whole_numbers, whole_numbers.ARRAY_RULES),
        (picture, (picture.ChannelsRule, picture.ResizeRule, picture.ScaleRule, picture.NormalizeRule)),
        (mask, (mask.RegionRule,)),
        (number, (number.FillMissingRule, number.StandardizeRule, number.MinMaxScaleRule)),
        (category, (category.ClassIndexRule, category.OneHotRule)),
        (text, (text.CharactersRule, text.WordsRule, text.BytePairsRule)),
        (word_pieces, (word_pieces.WordPieceRule,)),
    )
    for rule in rules
}

_TEXTUAL = (FieldKind.CATEGORY, FieldKind.TEXT, FieldKind.LABELS)

RawPictures = Sequence[npt.NDArray[np.uint8]] | npt.NDArray[np.uint8] | Tensor


class Preparation:
    """What is done to the raw values of a field.

    Raises DataError for an unknown step, AttributeOutOfRange for a bad one.
    The result of `apply` is float32, or int64 where numbers stand for classes, characters or words.
    """

    def __init__(self, field: Field) -> None:
        self.field = field
        self.rules: list[Rule] = []
        shape = field.statistics.shape
        channels = shape[2] if field.kind is FieldKind.IMAGE and len(shape) == 3 else None
        for item in field.preparation:
            kind = preparation_type(item.type)
            if kind is None:
                raise DataError(f"There is no preparation step '{item.type[:80]}'.", where=field.name)
            step = kind.from_attributes(item.attributes)
            if isinstance(step, Channels):
                channels = 3 if step.mode == "rgb" else 1
            if field.kind not in kind.kinds:
                raise DataError(
                    f"{kind.label()} does not fit the field '{field.name}'.",
                    where=field.name,
                    expected=" or ".join(item.value for item in kind.kinds),
                    found=field.kind.value,
                    hint="Remove this step.",
                )
            if kind.inputs_only and field.role is Role.TARGET:
                raise DataError(
                    f"{kind.label()} cannot be turned back, so an answer would not be in its own unit.",
                    where=field.name,
                    hint="Remove this step from the field that is learned.",
                )
            rule = _RULES[kind.target]
            if field.kind is FieldKind.MASK and rule is picture.ResizeRule:
                rule = mask.MaskResizeRule
            made = rule(step, field.statistics, channels)
            if isinstance(made, labels.MultiHotRule):
                made.separator = separator_of(field)
            self.rules.append(made)
        count = 0
        while count < len(self.rules) and self.rules[count].on_bytes:
            count += 1
        self.byte_rules = self.rules[:count]
        """The steps at the beginning that work on whole grey levels; their result can be kept in a cache."""
        self.tensor_rules = self.rules[count:]
        if any(rule.on_bytes for rule in self.tensor_rules):
            raise DataError(
                f"The preparation of '{field.name}' is in an order that cannot work.",
                where=field.name,
                hint="Put Length first."
                if field.kind is FieldKind.AUDIO
                else "Put colours and size before the scaling.",
            )

    def bytes_of(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The steps on grey levels: uint8 (H, W, C) or (N, H, W, C) to the same axes."""
        for rule in self.byte_rules:
            pictures = rule.apply(pictures)
        return pictures

    @property
    def enough(self) -> tuple[int, int] | None:
        """Height and width that are enough to make the wanted size of: two points each way, where the result is
        within about one grey level of that from the whole picture; None where pictures keep their size.
        """
        sizes = [rule.step for rule in self.byte_rules if isinstance(rule, picture.ResizeRule)]
        return (2 * sizes[0].height, 2 * sizes[0].width) if sizes else None

    def finish(self, batch: Any) -> Tensor:
        """The steps after that: uint8 (N, H, W, C) pictures, float32 (N,) numbers, float32 arrays, Strings."""
        if self.field.kind is FieldKind.NUMBER and batch.ndim == 1:
            batch = batch[:, None]
        for rule in self.tensor_rules:
            batch = rule.apply(batch)
        if isinstance(batch, Strings):
            raise DataError(
                f"The field '{self.field.name}' is still text after its preparation.",
                where=self.field.name,
                hint="Add One-hot or Class number for a category, Characters or Words for text.",
            )
        tensor = cast(Tensor, batch)
        if self.field.kind is FieldKind.MASK and tensor.dtype is torch.uint8:
            return mask.class_numbers(tensor)
        return tensor if tensor.dtype in (torch.float32, torch.int64) else tensor.to(torch.float32)

    def apply(self, raw: Any) -> Tensor:
        """Raw values to what a network takes.

        Pictures: uint8 arrays (H, W, C) of any sizes, or one array (N, H, W, C). Numbers: floats with NaN for missing.
        Dates: seconds since 1970. Categories, labels and text: strings. Masks: uint8 (H, W) of class numbers.
        """
        if self.field.kind is FieldKind.IMAGE:
            return self.finish(torch.from_numpy(self._stacked(raw)))
        if self.field.kind is FieldKind.MASK:
            flat = [np.asarray(item, np.uint8) for item in raw]
            return self.finish(torch.from_numpy(self._stacked([x if x.ndim == 3 else x[..., None] for x in flat])))
        if self.field.kind in _TEXTUAL:
            return self.finish(raw if isinstance(raw, Strings) else Strings.of(raw))
        if self.field.kind is FieldKind.AUDIO:
            return self.finish(torch.from_numpy(self.waveforms(raw)))
        if self.field.kind is FieldKind.DATE:
            return self.finish(torch.as_tensor(raw, dtype=torch.float64))
        values = raw if isinstance(raw, Tensor) else torch.from_numpy(np.array(raw, np.float32))
        return self.finish(values.to(torch.float32))

    def waveforms(self, raw: Sequence[Sound | npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        """Recordings (T,) of any lengths after the steps that bring them to one: float32 (N, T)."""
        sounds = [
            cast("npt.NDArray[np.float32]", self.bytes_of(np.asarray(_samples(item), np.float32))) for item in raw
        ]
        if len({len(item) for item in sounds}) > 1:
            raise DataError(
                f"The recordings of '{self.field.name}' have different lengths.",
                where=self.field.name,
                hint="Add Length to the preparation.",
            )
        return np.stack(sounds) if sounds else np.zeros((0, 1), np.float32)

    def _stacked(self, raw: RawPictures) -> npt.NDArray[np.uint8]:
        if isinstance(raw, Tensor):
            raw = raw.numpy()
        if isinstance(raw, np.ndarray) and raw.ndim == 4:
            return np.ascontiguousarray(self.bytes_of(raw))
        pictures = [self.bytes_of(picture) for picture in raw]
        sizes = {picture.shape for picture in pictures}
        if len(sizes) != 1:
            raise DataError(
                f"The pictures of '{self.field.name}' have different sizes.",
                where=self.field.name,
                hint="Add Resize (and Colour or grey) to the preparation.",
            )
        return np.stack(pictures)

    def invert(self, answer: Tensor) -> Tensor:
        """Turn answers (N, 1) for a number back into its own unit."""
        for rule in reversed(self.tensor_rules):
            answer = rule.invert(answer)
        return answer

    def write_input(self, writer: "OnnxWriter", batch: str | int = "N") -> str:
        """Declare the raw graph input, named after the field, and write every step. Returns the prepared value.

        Picture: uint8 (N, height, width, channels), sizes free. Number: float (N,). Date: double (N,), seconds since
        1970. Category, labels and text: string (N,).
        """
        from onnx import TensorProto

        name = self.field.name
        kind = self.field.kind
        if kind is FieldKind.IMAGE:
            value = writer.input(name, TensorProto.UINT8, [batch, "height", "width", "channels"])
        elif kind is FieldKind.MASK:
            value = writer.input(name, TensorProto.UINT8, [batch, "height", "width"])
            value = writer.add("Unsqueeze", [value, writer.constant(np.array([3], np.int64))])
        elif kind is FieldKind.AUDIO:
            fixed = self.field.statistics.shape and not self.byte_rules  # without Length, as long as those learned from
            samples = self.field.statistics.shape[0] if fixed else None
            value = writer.input(name, TensorProto.FLOAT, [batch, samples or "samples"])
        elif kind in _TEXTUAL:
            value = writer.input(name, TensorProto.STRING, [batch])
        elif kind is FieldKind.DATE:
            value = writer.input(name, TensorProto.DOUBLE, [batch])
        elif kind is FieldKind.NUMBER:
            value = writer.input(name, TensorProto.FLOAT, [batch])
            value = writer.add("Unsqueeze", [value, writer.constant(np.array([1], np.int64))])
        else:
            value = writer.input(name, TensorProto.FLOAT, [batch, *self.field.statistics.shape])
        for rule in self.rules:
            value = rule.write(writer, value)
        if kind is FieldKind.IMAGE and not self.tensor_rules:
            value = writer.add("Cast", [value], to=TensorProto.FLOAT)
        if kind is FieldKind.MASK and not self.tensor_rules:
            value = mask.write_class_numbers(writer, value)
        return value

    def write_answer_inverse(self, writer: "OnnxWriter", value: str) -> str:
        """Write `invert` for an answer (N, 1)."""
        for rule in reversed(self.tensor_rules):
            value = rule.write_inverse(writer, value)
        return value


def _samples(sound: Sound | npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return sound.samples if isinstance(sound, Sound) else sound


def join(prepared: Sequence[Tensor], names: Sequence[str]) -> Tensor:
    """Several prepared fields side by side: (N, K). One field alone stays as it is."""
    if len(prepared) == 1:
        return prepared[0]
    for tensor, name in zip(prepared, names, strict=True):
        if tensor.ndim != 2 or tensor.dtype is not torch.float32:
            raise DataError(
                f"The field '{name}' cannot stand beside others in one input.",
                where=name,
                expected="numbers (N × K)",
                found=" × ".join(["N", *map(str, tensor.shape[1:])]) + (" whole numbers" if tensor.ndim == 1 else ""),
                hint="Give it an Input of its own, or prepare it with One-hot.",
            )
    return torch.cat(tuple(prepared), dim=-1)


def write_joined_input(writer: "OnnxWriter", fields: Sequence[Field], batch: str | int = "N") -> str:
    """Declare the raw inputs of these fields and write their preparation, joined as an Input node joins them."""
    values = [Preparation(field).write_input(writer, batch) for field in fields]
    return values[0] if len(values) == 1 else cast(str, writer.add("Concat", values, axis=-1))
