"""What the values of a mask file mean: which class each number or colour stands for. No torch.

How a field's masks are read is kept in its options, so that training, Try it and predict read them alike:
`values` (numbers) or `colours` ("#rrggbb") in the order of the classes, or `threshold` (object from there on), or
`objects` (all that is not 0 is object); and `classes`, the names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.data.pictures import indices
from engine.document.data_spec import Field
from engine.document.graph import Value
from engine.errors import DataError

Bytes = npt.NDArray[np.uint8]

MOST_CLASSES: Final = 64
"""Above so many values a mask is no map of classes."""
_VOID: Final = 255
"""In a palette picture the border that belongs to nobody, as Pascal VOC draws it."""
TWO: Final = ("background", "object")


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskValues:
    """How the masks of a field are read."""

    classes: tuple[str, ...]
    values: tuple[int, ...] = ()
    colours: tuple[str, ...] = ()
    threshold: int = 0
    objects: bool = False

    def options(self) -> dict[str, Value]:
        """As a field keeps it."""
        found: dict[str, Value] = {"classes": list(self.classes)}
        if self.objects:
            return found | {"objects": True}
        if self.threshold:
            return found | {"threshold": self.threshold}
        if self.colours:
            return found | {"colours": list(self.colours)}
        return found | {"values": list(self.values)}

    def read(self, files: Sequence[tuple[str, bytes]]) -> Bytes:
        """Class numbers (H, W) from the mask of a sample, or from several, one for each object.

        `files` are names and contents. Raises DataError naming the file.
        """
        whole: Bytes | None = None
        for name, data in files:
            found = self._one(data, name)
            if whole is not None and whole.shape != found.shape:
                raise DataError(f"{name} has another size than the masks it belongs to.", where=name)
            whole = found if whole is None else np.maximum(whole, found)
        assert whole is not None
        return whole

    def _one(self, data: bytes, where: str) -> Bytes:
        numbers, palette = indices(data, where)
        if self.colours and not palette:
            return self._by_colour(numbers, where)
        if numbers.ndim == 3:
            raise DataError(f"{where} is coloured, and other masks are not.", where=where, hint="Save all masks alike.")
        if self.objects or (len(self.classes) == 2 and self.values[:1] == (0,)):
            # One object of two is whatever is not 0: 1 in one file and 255 in another mean the same.
            return np.not_equal(numbers, 0).astype(np.uint8)
        if self.threshold:
            return (numbers >= self.threshold).astype(np.uint8)
        table = np.full(256, 255, np.uint8)
        table[list(self.values)] = np.arange(len(self.values), dtype=np.uint8)
        if palette and _VOID not in self.values:
            table[_VOID] = 0
        found = table[numbers]
        if int(found.max(initial=0)) == 255:
            odd = int(numbers[found == 255].flat[0])
            raise DataError(
                f"{where} holds the value {odd}, which no class has.",
                where=where,
                expected=", ".join(map(str, self.values)),
                found=str(odd),
                hint="Import the data again, if this is a new class.",
            )
        return found

    def _by_colour(self, colours: Bytes, where: str) -> Bytes:
        spread = colours if colours.ndim == 3 else np.repeat(colours[..., None], 3, axis=2)
        packed = packed_colours(spread)
        known = np.array([int(colour[1:], 16) for colour in self.colours], np.int32)
        order = np.argsort(known)
        places = np.clip(np.searchsorted(known[order], packed), 0, len(known) - 1)
        found = order[places]
        wrong = known[found] != packed
        if bool(wrong.any()):
            raise DataError(
                f"{where} holds the colour #{int(packed[wrong].flat[0]):06x}, which no class has.",
                where=where,
                expected=", ".join(self.colours[:12]),
                hint="Masks must be saved without loss, as PNG is.",
            )
        return found.astype(np.uint8)


def packed_colours(colours: Bytes) -> npt.NDArray[np.int32]:
    """(H, W, 3) as numbers 0xRRGGBB (H, W)."""
    wide = colours.astype(np.int32)
    packed: npt.NDArray[np.int32] = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return packed


def values_of(field: Field) -> MaskValues:
    """How a field's masks are read, from its options; without any, all that is not 0 is object."""
    options = field.options

    def texts(name: str) -> tuple[str, ...]:
        found = options.get(name)
        return tuple(str(item) for item in found) if isinstance(found, list) else ()

    values = options.get("values")
    numbers = tuple(item for item in values if isinstance(item, int)) if isinstance(values, list) else ()
    if any(not 0 <= number <= 255 for number in numbers):
        raise DataError(f"The options of '{field.name}' make no sense.", where=field.name, hint="Import it again.")
    threshold = options.get("threshold")
    classes = texts("classes") or TWO
    return MaskValues(
        classes=classes,
        values=numbers,
        colours=tuple(colour for colour in texts("colours") if _is_colour(colour)),
        threshold=threshold if isinstance(threshold, int) else 0,
        objects=bool(options.get("objects")) or not (numbers or threshold or "colours" in options),
    )


def _is_colour(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(letter in "0123456789abcdefABCDEF" for letter in text[1:])


@dataclass(slots=True)
class Census:
    """Counts the values of some masks, and says what they mean."""

    counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    colours: set[int] = field(default_factory=set)
    palettes: int = 0
    coloured: int = 0
    files: int = 0

    def add(self, data: bytes, where: str) -> None:
        """One more file. Raises DataError when it cannot be read."""
        numbers, palette = indices(data, where)
        self.files += 1
        self.palettes += palette
        if numbers.ndim == 3:
            self.coloured += 1
            if len(self.colours) <= MOST_CLASSES:
                self.colours.update(np.unique(packed_colours(numbers)).tolist())
        else:
            self.counts += np.bincount(numbers.ravel(), minlength=256)

    def meaning(self, names: Mapping[int, str], colour_names: Mapping[int, str], *, several: bool) -> MaskValues | None:
        """What the values stand for; None when these are no masks. `several`: a sample has a file for each object."""
        if self.coloured:
            greys = {value * 0x010101 for value in np.flatnonzero(self.counts).tolist()}
            colours = sorted(self.colours | greys)
            if len(colours) > MOST_CLASSES:
                return None
            hexes = tuple(f"#{colour:06x}" for colour in colours)
            called = tuple(
                colour_names.get(colour, "background" if colour == 0 else text)
                for colour, text in zip(colours, hexes, strict=True)
            )
            return MaskValues(classes=called, colours=hexes)
        values = np.flatnonzero(self.counts).tolist()
        total = max(1, int(self.counts.sum()))
        if self.palettes == self.files and len(values) > 1 and values[-1] == _VOID and len(values) > 2:
            values = values[:-1]
        if several or not values:
            return MaskValues(classes=TWO, objects=True)
        if len(values) <= 2:
            pair = (0, next((value for value in values if value), 255)) if 0 in values or len(values) == 1 else values
            called = tuple(names.get(value, TWO[place]) for place, value in enumerate(pair))
            return MaskValues(classes=called, values=tuple(pair))
        ends = int(self.counts[:16].sum() + self.counts[240:].sum()) / total
        soft = ends > 0.9 and self.counts[240:].sum() > 0 and bool(self.counts[1:240].any()) and not self.palettes
        if soft and (self.counts[240:255].any() or len(values) > MOST_CLASSES):
            return MaskValues(classes=TWO, threshold=128)  # black and white with a soft edge, or saved as JPEG
        if len(values) > MOST_CLASSES // 2 and values[0] == 0 and values[-1] <= len(values) + 1 and not self.palettes:
            return MaskValues(classes=TWO, objects=True)  # 1, 2, 3, ...: a number for each object
        if len(values) > MOST_CLASSES:
            return None
        called = tuple(names.get(value, "background" if value == 0 else str(value)) for value in values)
        return MaskValues(classes=called, values=tuple(values))
