"""Editor for a size: one number for both sides, or height and width."""

import re
from typing import Final

from PySide6.QtWidgets import QWidget

from gui.widgets.parsed_editor import ParsedEditor

_SPLIT: Final = re.compile(r"\s*(?:[x×*,;]|\s)\s*")


class SizeEditor(ParsedEditor):
    """Takes `3`, `3 x 3`, `3, 5`; two equal sides become one number. Steppers move both sides."""

    def __init__(
        self, value: object, *, minimum: int = 1, maximum: int | None = None, parent: QWidget | None = None
    ) -> None:
        self._minimum, self._maximum = minimum, maximum
        super().__init__(value, parent=parent)

    def parse(self, text: str) -> object:
        parts = [part for part in _SPLIT.split(text.strip()) if part]
        if not 1 <= len(parts) <= 2 or not all(re.fullmatch(r"[+-]?\d{1,9}", part) for part in parts):
            raise ValueError("Type one whole number, or height × width.")
        sides = [int(part) for part in parts]
        for side in sides:
            if side < self._minimum or (self._maximum is not None and side > self._maximum):
                upper = "" if self._maximum is None else f" up to {self._maximum}"
                raise ValueError(f"Each side needs a whole number from {self._minimum}{upper}.")
        return sides[0] if len(set(sides)) == 1 else tuple(sides)

    def show_value(self, value: object) -> str:
        if isinstance(value, tuple | list):
            return " × ".join(str(side) for side in value)
        return f"{value} × {value}" if isinstance(value, int) else str(value)

    def stepped(self, value: object, steps: int) -> object:
        sides = tuple(value) if isinstance(value, tuple | list) else (value,)
        moved = []
        for side in sides:
            if not isinstance(side, int):
                return value
            side = max(self._minimum, side + steps)
            moved.append(side if self._maximum is None else min(side, self._maximum))
        return moved[0] if len(set(moved)) == 1 else tuple(moved)
