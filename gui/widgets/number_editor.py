"""Editor for one number, whole or not, with steppers that take sensible steps at any size."""

import math
import re
from typing import Final

from PySide6.QtWidgets import QWidget

from gui.widgets.parsed_editor import ParsedEditor

_FRACTION: Final = re.compile(r"^\s*([^/]+)/([^/]+)$")
_LADDER: Final = (1.0, 2.0, 3.0, 5.0)


class NumberEditor(ParsedEditor):
    """Takes `0.003`, `3e-3`, `0,003` and `1/255`. With `optional`, an empty text or `none_text` means None.

    `minimum`, `maximum` are included, `above`, `below` are not. Steps: 1 for whole numbers (times two with `doubling`,
    as for a batch size); a twentieth of the range where a number has two near ends; else the ladder 1, 2, 3, 5, 10.
    """

    def __init__(
        self,
        value: float | None = None,
        *,
        whole: bool = False,
        minimum: float | None = None,
        maximum: float | None = None,
        above: float | None = None,
        below: float | None = None,
        doubling: bool = False,
        optional: bool = False,
        none_text: str = "auto",
        parent: QWidget | None = None,
    ) -> None:
        self._whole, self._doubling, self._optional, self._none_text = whole, doubling, optional, none_text
        self._minimum, self._maximum, self._above, self._below = minimum, maximum, above, below
        super().__init__(value, parent=parent)

    def number(self) -> float | None:
        """The value as a number."""
        value = self.value()
        return value if isinstance(value, int | float) else None

    def parse(self, text: str) -> float | None:
        if self._optional and text.lower() in ("", "none", self._none_text.lower()):
            return None
        number = _number(text)
        if self._whole:
            if number != int(number):
                raise ValueError(f"{text[:40]} is not a whole number.")
            number = int(number)
        if not self._inside(number):
            raise ValueError(f"Needs {self.range_text()}.")
        return number

    def range_text(self) -> str:
        """The range in words."""
        parts = ["a whole number" if self._whole else "a number"]
        if self._minimum is not None:
            parts.append(f"from {format_number(self._minimum)}")
        if self._above is not None:
            parts.append(f"above {format_number(self._above)}")
        if self._maximum is not None:
            parts.append(f"up to {format_number(self._maximum)}")
        if self._below is not None:
            parts.append(f"below {format_number(self._below)}")
        return " ".join(parts)

    def show_value(self, value: object) -> str:
        return format_number(value) if isinstance(value, int | float) else self._none_text

    def stepped(self, value: object, steps: int) -> object:
        if not isinstance(value, int | float):
            start = self._minimum if self._minimum is not None else 1.0
            return int(start) if self._whole else start
        number: float = value
        for _ in range(min(abs(steps), 1000)):
            following = self._next(number, 1 if steps > 0 else -1)
            following = self._clamped(following)
            if not self._inside(following):
                break
            number = following
        return int(number) if self._whole else number

    def _next(self, number: float, sign: int) -> float:
        if self._whole:
            if self._doubling and number > 0:
                exponent = math.log2(number)
                return float(2 ** (math.floor(exponent + 1e-9) + 1 if sign > 0 else math.ceil(exponent - 1e-9) - 1))
            return number + sign
        low = self._minimum if self._minimum is not None else self._above
        high = self._maximum if self._maximum is not None else self._below
        if low is not None and high is not None and high - low <= 10:
            size = (high - low) / 20
            return round((number + sign * size) / size) * size if size else number
        return _on_ladder(number, sign)

    def _clamped(self, number: float) -> float:
        if self._minimum is not None:
            number = max(number, self._minimum)
        if self._maximum is not None:
            number = min(number, self._maximum)
        return float(f"{number:.12g}")

    def _inside(self, number: float) -> bool:
        return (
            math.isfinite(number)
            and (self._minimum is None or number >= self._minimum)
            and (self._maximum is None or number <= self._maximum)
            and (self._above is None or number > self._above)
            and (self._below is None or number < self._below)
        )


def format_number(value: float) -> str:
    """The shortest text that reads well: 128, 0.003, 1e-05."""
    if isinstance(value, int):
        return str(value)
    if value == int(value) and abs(value) < 1e6:
        return str(int(value)) if value else "0"
    return f"{value:.6g}" if float(f"{value:.6g}") == value else repr(value)


def _number(text: str) -> float:
    match = _FRACTION.match(text)
    if match:
        below = _number(match.group(2))
        if below == 0:
            raise ValueError("A number cannot be divided by zero.")
        return _number(match.group(1)) / below
    plain = text.replace(" ", "").replace("\u00a0", "").replace("_", "")
    if "," in plain and "." not in plain and plain.count(",") == 1:
        plain = plain.replace(",", ".")
    try:
        number = int(plain) if re.fullmatch(r"[+-]?\d{1,18}", plain) else float(plain)
    except ValueError:
        raise ValueError(f"'{text[:40]}' is not a number." if text else "Type a number.") from None
    if not math.isfinite(number):
        raise ValueError("Needs a number that is not infinite.")
    return number


def _on_ladder(number: float, sign: int) -> float:
    """The neighbour of a number on ... 0.5, 1, 2, 3, 5, 10, ... and the same below zero."""
    if number == 0:
        return 0.001 * sign
    if number < 0:
        return -_on_ladder(-number, -sign)
    decade = math.floor(math.log10(number) + 1e-9)
    rungs = [step * 10.0**power for power in (decade - 1, decade, decade + 1) for step in _LADDER]
    if sign > 0:
        return next(rung for rung in rungs if rung > number * (1 + 1e-9))
    return next(rung for rung in reversed(rungs) if rung < number * (1 - 1e-9))
