"""A sample as a card for the grid: a small picture, with its mask, curves, or lines of text."""

from typing import TYPE_CHECKING, Any, Final

from engine.data.drawing import draw_raw, words
from engine.document.data_spec import Field, FieldKind, Role
from engine.errors import NetwrightError
from engine.protocol.messages.data import SampleCard, Shown

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

LINES: Final = 8
"""How many fields of a table row a card shows."""
CELLS: Final = 200
"""How many fields the table view shows."""
CELL_CHARACTERS: Final = 60
TEXT_CHARACTERS: Final = 400

_DRAWN: Final = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.SERIES)
_FILES: Final = (FieldKind.IMAGE, FieldKind.AUDIO, FieldKind.MASK)


def card_of(dataset: "Dataset", index: int, size: int) -> SampleCard:
    """The card of one sample; what cannot be read says so in `problem`."""
    if not 0 <= index < dataset.samples:
        return SampleCard(index=index, problem="There is no such sample.")
    size = max(8, min(size, 1024))
    fields = [field for field in dataset.data.fields if field.role is not Role.IGNORED]
    inputs = [field for field in fields if field.role is Role.INPUT]
    name = dataset.name(index)
    label = _label(dataset, index) if inputs else ""
    inputs = inputs or fields  # a text that is learned from its own beginning
    drawn = next((field for field in inputs if field.kind in _DRAWN), None)
    try:
        shown = Shown() if drawn is None else draw_raw(drawn, dataset.raw(index, drawn.name), size)
        mask = _mask(dataset, index, fields, shown, size)
    except NetwrightError as error:
        return SampleCard(index=index, label=label, name=name, problem=error.message)
    texts = [field for field in inputs if field is not drawn]
    only_text = drawn is None and len(texts) == 1 and texts[0].kind is FieldKind.TEXT
    return SampleCard(
        index=index,
        label=label,
        name=name,
        width=shown.width,
        height=shown.height,
        rgb=shown.rgb,
        mask=mask,
        curve=shown.curve,
        channels=shown.channels,
        note=shown.facts.split(",")[0],
        lines=[] if drawn is not None else [_line(dataset, index, field, alone=only_text) for field in texts[:LINES]],
        cells=[_cell(dataset, index, field) for field in fields[:CELLS]],
    )


def label_of(dataset: "Dataset", index: int, field: Field) -> str:
    """What is to be answered for a sample, in words; "" where a person has not said yet."""
    if field.kind in _FILES or field.kind is FieldKind.ARRAY:
        return ""
    raw = dataset.raw(index, field.name)
    if field.kind in (FieldKind.CATEGORY, FieldKind.LABELS):
        return words(field, raw, TEXT_CHARACTERS) if raw else ""
    return words(field, raw, TEXT_CHARACTERS)


def _label(dataset: "Dataset", index: int) -> str:
    target = next(iter(dataset.data.targets()), None)
    return label_of(dataset, index, target) if target is not None else ""


def _mask(dataset: "Dataset", index: int, fields: list[Field], picture: Shown, size: int) -> bytes:
    """The mask at the size of the small picture, so that one lies over the other."""
    mask = next((field for field in fields if field.kind is FieldKind.MASK), None)
    if mask is None or not picture.rgb:
        return b""
    import numpy as np
    from PIL import Image

    raw = dataset.raw(index, mask.name)
    classes: Any = np.ascontiguousarray(raw[..., 0] if raw.ndim == 3 else raw)
    resized = Image.fromarray(classes).resize((picture.width, picture.height), Image.Resampling.NEAREST)
    return resized.tobytes()


def _line(dataset: "Dataset", index: int, field: Field, *, alone: bool) -> str:
    value = words(field, dataset.raw(index, field.name), TEXT_CHARACTERS)
    return value if alone or field.kind is FieldKind.TEXT else f"{field.name}: {value}"


def _cell(dataset: "Dataset", index: int, field: Field) -> str:
    if field.kind in _FILES:
        return dataset.name(index)  # a table of pictures does not decode them all; the grid does
    return words(field, dataset.raw(index, field.name), CELL_CHARACTERS)
