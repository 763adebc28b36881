"""A sample as a card for the grid: a small picture, or lines of text."""

from typing import TYPE_CHECKING

import numpy as np

from engine.data.left_out import printable
from engine.data.pictures import thumbnail
from engine.document.data_spec import FieldKind, Role
from engine.errors import NetwrightError
from engine.protocol.messages import SampleCard

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

LINES = 8
"""How many fields of a table row a card shows."""


def card_of(dataset: "Dataset", index: int, size: int) -> SampleCard:
    """The card of one sample; what cannot be read says so in `problem`."""
    if not 0 <= index < dataset.samples:
        return SampleCard(index=index, problem="There is no such sample.")
    name = dataset.name(index)
    label = ""
    for field in dataset.data.targets():
        label = _text(dataset.raw(index, field.name)) if field.kind is not FieldKind.IMAGE else ""
        break
    lines: list[str] = []
    for field in dataset.data.fields:
        if field.role is not Role.INPUT:
            continue
        if field.kind is FieldKind.IMAGE:
            try:
                width, height, rgb = thumbnail(dataset.raw(index, field.name), max(8, min(size, 1024)))
            except NetwrightError as error:
                return SampleCard(index=index, label=label, name=name, problem=error.message)
            return SampleCard(index=index, label=label, name=name, width=width, height=height, rgb=rgb)
        if len(lines) < LINES:
            value = _text(dataset.raw(index, field.name))
            lines.append(value if field.kind is FieldKind.TEXT else f"{field.name}: {value}")
    return SampleCard(index=index, label=label, name=name, lines=lines)


def _text(value: object) -> str:
    """A raw value in a few characters."""
    if isinstance(value, float):
        return "missing" if value != value else f"{value:.6g}"
    if isinstance(value, np.ndarray):
        return " × ".join(map(str, value.shape)) + " numbers"
    text = str(value)
    return printable(text, 200) if text else "missing"
