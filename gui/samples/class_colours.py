"""Colours of classes: each far from its neighbour's, unless the user gave it one. The name always stands beside it."""

import re
from collections.abc import Sequence

from PySide6.QtGui import QColor

from engine.document.data_spec import Field
from engine.document.graph import Value
from gui.models.data import COLOURS
from gui.widgets.class_color import class_color

__all__ = ["class_color", "own_colours", "palette", "with_colour"]

_OWN = re.compile(r"(#[0-9a-fA-F]{6}) (.*)", re.DOTALL)


def own_colours(field: Field | None) -> dict[str, QColor]:
    """The colours that the user gave to classes of a field, by the name of the class."""
    given = field.options.get(COLOURS) if field is not None else None
    found: dict[str, QColor] = {}
    for text in given if isinstance(given, list) else []:
        match = _OWN.fullmatch(str(text))
        if match:
            found[match[2]] = QColor(match[1])
    return found


def with_colour(field: Field, name: str, colour: str) -> dict[str, Value]:
    """The options of a field with a colour for a class; an empty one takes it back."""
    colours = {other: color.name() for other, color in own_colours(field).items()}
    colours.pop(name, None)
    if colour:
        colours[name] = colour
    options = dict(field.options)
    options.pop(COLOURS, None)
    if colours:
        options[COLOURS] = [f"{color} {other}" for other, color in sorted(colours.items())]
    return options


def palette(field: Field | None, classes: Sequence[str]) -> list[QColor]:
    """A colour for each class."""
    own = own_colours(field)
    return [own.get(name) or class_color(index) for index, name in enumerate(classes)]
