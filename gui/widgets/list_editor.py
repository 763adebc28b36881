"""Editors for a line of text and for a list of numbers separated by commas."""

import re

from PySide6.QtWidgets import QWidget

from gui.widgets.number_editor import format_number
from gui.widgets.parsed_editor import ParsedEditor


class TextEditor(ParsedEditor):
    """A line of text, committed when the user is done."""

    steppers = False

    def __init__(self, value: str = "", *, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(value, parent=parent)
        self.lineEdit().setPlaceholderText(placeholder)

    def parse(self, text: str) -> str:
        return text

    def show_value(self, value: object) -> str:
        return str(value or "")


class NumbersEditor(ParsedEditor):
    """`16, 32, 64` as a tuple of numbers."""

    steppers = False

    def __init__(
        self,
        value: tuple[float, ...] = (),
        *,
        whole: bool = False,
        minimum: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        self._whole, self._minimum = whole, minimum
        super().__init__(tuple(value), parent=parent)

    def parse(self, text: str) -> tuple[float, ...]:
        numbers: list[float] = []
        for part in (piece for piece in re.split(r"[\s,;]+", text) if piece):
            try:
                number = int(part) if self._whole else float(part)
            except ValueError:
                kind = "a whole number" if self._whole else "a number"
                raise ValueError(f"'{part[:40]}' is not {kind}. Separate them with commas.") from None
            if self._minimum is not None and number < self._minimum:
                raise ValueError(f"{part[:40]} is too small: from {format_number(self._minimum)}.")
            numbers.append(number)
        return tuple(numbers)

    def show_value(self, value: object) -> str:
        return ", ".join(format_number(number) for number in value) if isinstance(value, tuple | list) else ""
