"""What makes an answer doubtful before it is given: values unlike anything that the network has learned from."""

import math
from typing import Any, Final

import numpy as np

from engine.data.left_out import printable
from engine.data.tokens import tokens_of
from engine.document.data_spec import Field, FieldKind

_FAR: Final = 0.25
"""How far outside is worth a note, as a share of the width of what was learned from."""
_SILENT: Final = 1e-4
_DAY_S: Final = 86_400.0


def notes_of(field: Field, raw: Any, *, written: bool = False) -> list[str]:
    """Sentences about a raw value (as `engine.data.reading.read_input` gives it); none when it is a usual one.

    `written` says that the value is the beginning of a text that goes on.
    """
    match field.kind:
        case FieldKind.NUMBER:
            return _number(field, float(raw))
        case FieldKind.CATEGORY:
            return _categories(field, [str(raw)])
        case FieldKind.LABELS:
            mark = str(field.options.get("separator", ";"))
            return _categories(field, [part.strip() for part in str(raw).split(mark)])
        case FieldKind.DATE:
            return _date(field, float(raw))
        case FieldKind.TEXT:
            return _text(field, str(raw), written=written)
        case FieldKind.SERIES:
            return _series(field, np.asarray(raw))
        case FieldKind.AUDIO:
            return _sound(field, np.asarray(getattr(raw, "samples", raw)))
        case _:
            return []


def _far(value: float, low: float, high: float) -> bool:
    room = _FAR * (high - low) if high > low else 1e-6 * max(1.0, abs(high))
    return not low - room <= value <= high + room


def _number(field: Field, value: float) -> list[str]:
    statistics = field.statistics
    if math.isnan(value) or not statistics.minimum or not statistics.maximum:
        return []
    low, high = statistics.minimum[0], statistics.maximum[0]
    if not _far(value, low, high):
        return []
    return [f"{field.name} {value:.6g} is far outside of what was learned from: {low:.6g} to {high:.6g}."]


def _date(field: Field, value: float) -> list[str]:
    statistics = field.statistics
    if math.isnan(value) or not statistics.minimum or not statistics.maximum:
        return []
    low, high = statistics.minimum[0], statistics.maximum[0]
    if not _far(value, low, high) or abs(value - min(max(value, low), high)) < _DAY_S:
        return []
    from engine.data.drawing import date_text

    return [
        f"{field.name} {date_text(value)} is far outside of what was learned from: "
        f"{date_text(low)} to {date_text(high)}."
    ]


def _categories(field: Field, values: list[str]) -> list[str]:
    known = set(field.statistics.classes)
    unseen = [value for value in values if value and value not in known]
    if not known or not unseen:
        return []
    named = ", ".join(f"'{printable(value, 40)}'" for value in unseen[:3])
    return [f"{field.name} {named} was never seen in learning, so it tells the network nothing."]


def _text(field: Field, text: str, *, written: bool) -> list[str]:
    tokens = tokens_of(field)
    if tokens is None or not text.strip():
        return []
    numbers = tokens.numbers(text)
    notes = []
    unknown = sum(number < tokens.first for number in numbers)
    if numbers and unknown * 2 > len(numbers):
        notes.append(f"Most of the text is unknown to the network: {unknown} of {len(numbers)} parts.")
    room = tokens.step.token_length - int(tokens.step.ends)
    if not written and len(numbers) > room:
        notes.append(f"The text is longer than the network reads: the first {room} of {len(numbers)} parts count.")
    return notes


def _series(field: Field, values: Any) -> list[str]:
    statistics = field.statistics
    if values.ndim != 2 or len(statistics.minimum) != values.shape[1] or len(statistics.maximum) != values.shape[1]:
        return []
    columns = field.options.get("columns")
    names = [str(name) for name in columns] if isinstance(columns, list) else []
    notes = []
    for channel, (low, high) in enumerate(zip(statistics.minimum, statistics.maximum, strict=True)):
        there = values[:, channel][np.isfinite(values[:, channel])]
        far = [float(value) for value in there if _far(float(value), low, high)]
        if far:
            name = names[channel] if channel < len(names) else field.name
            worst = max(far, key=lambda value: abs(value - (low + high) / 2))
            notes.append(f"{name} {worst:.6g} is far outside of what was learned from: {low:.6g} to {high:.6g}.")
        if len(there) * 2 < len(values):
            notes.append(f"{len(values) - len(there)} of {len(values)} moments are missing.")
    return notes[:3]


def _sound(field: Field, samples: Any) -> list[str]:
    if samples.size and float(np.abs(samples).max()) < _SILENT:
        return ["The recording is silent."]
    first = field.preparation[0] if field.preparation else None
    rate = field.statistics.rate
    if first is None or first.type != "Length" or not rate:
        return []
    wanted, there = float(first.attributes.get("seconds", 1.0)), samples.size / rate  # type: ignore[arg-type]
    if there <= wanted * 1.05:
        return []
    part = {"start": "first", "middle": "middle", "end": "last"}.get(
        str(first.attributes.get("keep", "start")), "first"
    )
    return [f"The network listens to the {part} {wanted:g} s of {there:.1f} s."]
