"""One editor per kind of attribute: a form follows from declarations and never knows a layer or an optimizer."""

from collections.abc import Sequence
from typing import Any, Protocol

from gui.widgets.choice_editor import Choice, ChoiceEditor
from gui.widgets.list_editor import NumbersEditor, TextEditor
from gui.widgets.names_editor import NamesEditor
from gui.widgets.number_editor import NumberEditor
from gui.widgets.size_editor import SizeEditor
from gui.widgets.switch import Switch


class DeclaredAttribute(Protocol):
    """What an editor needs of a declaration; `engine.catalog.entry.Attribute` is one."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def default(self) -> Any: ...
    @property
    def help(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def above(self) -> float | None: ...
    @property
    def below(self) -> float | None: ...
    @property
    def choices(self) -> tuple[str, ...]: ...
    @property
    def optional(self) -> bool: ...
    @property
    def sides(self) -> int: ...


AttributeEditor = NumberEditor | SizeEditor | Switch | ChoiceEditor | TextEditor | NumbersEditor | NamesEditor
"""Each has `value()`, `set_value(value)`, `set_mixed()` and the signal `committed(value)`."""


def attribute_editor(attribute: DeclaredAttribute, value: Any, *, options: Sequence[str] = ()) -> AttributeEditor:
    """The editor for an attribute, showing `value`; `options` are the names a list of fields is picked from."""
    match str(attribute.kind):
        case "switch":
            return Switch(bool(value))
        case "integer" if attribute.choices:  # a number or a word, such as "same"
            minimum = int(attribute.minimum) if attribute.minimum is not None else 0
            maximum = int(attribute.maximum) if attribute.maximum is not None else None
            return SizeEditor(value, sides=1, minimum=minimum, maximum=maximum, words=attribute.choices)
        case "integer" | "number" as kind:
            whole = kind == "integer"
            return NumberEditor(
                value,
                whole=whole,
                minimum=attribute.minimum,
                maximum=attribute.maximum,
                above=attribute.above,
                below=attribute.below,
                optional=attribute.optional,
                none_text="none" if attribute.default is None else "auto",
            )
        case "size":
            minimum = int(attribute.minimum) if attribute.minimum is not None else 0
            maximum = int(attribute.maximum) if attribute.maximum is not None else None
            words, optional = attribute.choices, attribute.optional
            return SizeEditor(
                value, sides=attribute.sides or 2, minimum=minimum, maximum=maximum, words=words, optional=optional
            )
        case "choice":
            none = [Choice(value=None, label="none")] if attribute.optional else []
            return ChoiceEditor([*none, *attribute.choices], value)
        case "field":
            return ChoiceEditor([Choice(value="", label="none"), *options], value or "")
        case "fields":
            return NamesEditor(value or (), options)
        case "integers" | "numbers" as kind:
            return NumbersEditor(tuple(value or ()), whole=kind == "integers", minimum=attribute.minimum)
        case _:
            return TextEditor("" if value is None else str(value))
