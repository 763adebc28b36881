"""Editor for a size: one number for all sides, one each, or a word that stands for a size."""

import re
from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QWidget

from gui.widgets.parsed_editor import ParsedEditor

_SPLIT: Final = re.compile(r"\s*(?:[x×*,;]|\s)\s*")
_NONE: Final = "auto"


class SizeEditor(ParsedEditor):
    """Takes `3`, `3 x 3`, `3, 5`, for three `sides` `3 x 5 x 5`; equal sides become one number. Steppers move all.

    `words` ("same") may stand instead; with `optional`, an empty text or "auto" means None.
    """

    def __init__(
        self,
        value: object,
        *,
        sides: int = 2,
        minimum: int = 1,
        maximum: int | None = None,
        words: Sequence[str] = (),
        optional: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self._sides, self._minimum, self._maximum = sides, minimum, maximum
        self._words, self._optional = tuple(words), optional
        super().__init__(value, parent=parent)

    def parse(self, text: str) -> object:
        word = text.strip().lower()
        if word in self._words:
            return word
        if self._optional and word in ("", _NONE):
            return None
        parts = [part for part in _SPLIT.split(text.strip()) if part]
        if len(parts) not in (1, self._sides) or not all(re.fullmatch(r"[+-]?\d{1,9}", part) for part in parts):
            raise ValueError(f"Type {self._wanted()}.")
        sides = [int(part) for part in parts]
        for side in sides:
            if side < self._minimum or (self._maximum is not None and side > self._maximum):
                upper = "" if self._maximum is None else f" up to {self._maximum}"
                raise ValueError(f"Each side needs a whole number from {self._minimum}{upper}.")
        return sides[0] if len(set(sides)) == 1 else tuple(sides)

    def _wanted(self) -> str:
        """What may be typed, in words."""
        names = {2: "height × width", 3: "depth × height × width"}
        wanted = ["one whole number", *([names[self._sides]] if self._sides in names else []), *self._words]
        return ", ".join(wanted[:-1]) + f", or {wanted[-1]}" if len(wanted) > 1 else wanted[0]

    def show_value(self, value: object) -> str:
        if value is None:
            return _NONE
        if isinstance(value, tuple | list):
            return " × ".join(str(side) for side in value)
        return " × ".join([str(value)] * self._sides) if isinstance(value, int) else str(value)

    def stepped(self, value: object, steps: int) -> object:
        sides = tuple(value) if isinstance(value, tuple | list) else (value,)
        moved = []
        for side in sides:
            if not isinstance(side, int):  # a word or nothing
                return max(1, self._minimum)
            side = max(self._minimum, side + steps)
            moved.append(side if self._maximum is None else min(side, self._maximum))
        return moved[0] if len(set(moved)) == 1 else tuple(moved)
