"""The base of everything in the catalog: an entry is a frozen dataclass whose fields are its attributes."""

import dataclasses
import inspect
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Literal, Self

import msgspec

from engine.errors import AttributeOutOfRange

Size1 = int
Size2 = int | tuple[int, int]
"""One number for both sides, or (height, width)."""

_META = "netwright"
_ON_CARD = 3
"""How many attributes can be changed on a node where an entry says nothing else."""


class AttributeKind(StrEnum):
    """What editor an attribute needs; one editor per kind, never per layer."""

    INTEGER = "integer"  # `choices` are words that may stand instead ("same")
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    SIZE = "size"  # int or one number a side, see `sides`; `choices` are words that may stand instead ("same")
    TEXT = "text"
    FIELD = "field"  # the name of a field of the data
    FIELDS = "fields"  # names of fields of the data
    INTEGERS = "integers"  # a list of integers
    NUMBERS = "numbers"


_NOUNS = {
    AttributeKind.INTEGER: "a whole number",
    AttributeKind.NUMBER: "a number",
    AttributeKind.SIZE: "a whole number or two of them",
    AttributeKind.SWITCH: "on or off",
    AttributeKind.TEXT: "a text",
    AttributeKind.FIELD: "the name of a field",
    AttributeKind.FIELDS: "names of fields",
    AttributeKind.INTEGERS: "whole numbers",
    AttributeKind.NUMBERS: "numbers",
}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """All a form, a check or a help page needs to know of one attribute."""

    name: str
    kind: AttributeKind
    default: Any
    help: str
    label: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    advanced: bool = False
    on_card: bool = False
    """Whether it can be changed on the node itself: one of the few that are changed most."""
    torch_name: str = ""
    sides: int = 0
    """Numbers of a size: 2 for (height, width), 3 for (depth, height, width); 0 where it is none."""

    def range_text(self) -> str:
        """The range in words, for messages: "a whole number from 1", "one of zeros, reflect"."""
        noun = "" if self.kind is AttributeKind.CHOICE else _NOUNS.get(self.kind, "")
        if self.sides == 3:
            noun = "a whole number or three of them"
        if self.choices and not noun:
            return "one of " + ", ".join(self.choices)
        bounds = []
        if self.minimum is not None:
            bounds.append(f"from {self.minimum:g}")
        if self.above is not None:
            bounds.append(f"above {self.above:g}")
        if self.maximum is not None:
            bounds.append(f"to {self.maximum:g}")
        if self.below is not None:
            bounds.append(f"below {self.below:g}")
        words = [f"or {choice}" for choice in self.choices] + (["or nothing"] if self.optional else [])
        return " ".join([noun or _NOUNS.get(self.kind, "a text"), *bounds, *words])


def attribute(
    default: Any,
    *,
    help: str,
    label: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    advanced: bool = False,
    on_card: bool | None = None,
    last: bool = False,
    kind: AttributeKind | None = None,
    torch_name: str = "",
) -> Any:
    """Declare an attribute of a catalog entry.

    `minimum`, `maximum` are included in the range, `above`, `below` are not; on a size they hold for each side.
    `label` is the caption in the form (the name in words where empty); `torch_name` the argument's name in torch where
    it differs; `advanced` attributes stand under "More settings". `on_card` says whether it can be changed on the node
    itself; left open, the first three that are not advanced can. `last` puts what a base declares behind what a layer
    declares itself.
    """
    meta = {
        "help": help,
        "label": label,
        "minimum": minimum,
        "maximum": maximum,
        "above": above,
        "below": below,
        "advanced": advanced,
        "on_card": on_card,
        "last": last,
        "kind": kind,
        "torch_name": torch_name,
    }
    if isinstance(default, list):
        default = tuple(default)
    return dataclasses.field(default=default, metadata={_META: meta})


def _sides_of(annotation: Any) -> int:
    """How many numbers the tuple of a size holds; 0 where the annotation has no such tuple."""
    for item in (annotation, *typing.get_args(annotation)):
        if typing.get_origin(item) is tuple and typing.get_args(item)[-1] is not Ellipsis:
            return len(typing.get_args(item))
    return 0


def _kind_of(annotation: Any) -> tuple[AttributeKind, tuple[str, ...], bool]:
    """Editor kind, choices and whether None is allowed, from a type annotation."""
    optional = False
    arguments: tuple[Any, ...] = (annotation,)
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        arguments = typing.get_args(annotation)
        optional = type(None) in arguments
        arguments = tuple(item for item in arguments if item is not type(None))
    first = arguments[0]
    words = tuple(
        str(word) for item in arguments if typing.get_origin(item) is Literal for word in typing.get_args(item)
    )
    if any(typing.get_origin(item) is tuple and typing.get_args(item)[-1] is not Ellipsis for item in arguments):
        return AttributeKind.SIZE, words, optional
    if typing.get_origin(first) is Literal:
        return AttributeKind.CHOICE, tuple(str(item) for item in typing.get_args(first)), optional
    if typing.get_origin(first) is tuple:
        inner = typing.get_args(first)[0]
        kinds = {int: AttributeKind.INTEGERS, float: AttributeKind.NUMBERS, str: AttributeKind.FIELDS}
        return kinds[inner], (), optional
    kinds = {
        bool: AttributeKind.SWITCH,
        int: AttributeKind.INTEGER,
        float: AttributeKind.NUMBER,
        str: AttributeKind.TEXT,
    }
    return kinds[first], words, optional


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Base of layers, losses, optimizers, schedules, metrics, preparation and augmentation steps.

    The class name is the `type` in project files. The docstring's first line is the help in one sentence; the rest is
    the detail shown on F1. `target` names what the entry becomes in torch. `formula` is what it computes in one line of
    plain text ("y = x · Wᵀ + b"), or `no_formula` the reason why there is none; `when` is one plain sentence on when to
    use it.
    """

    target: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    no_formula: ClassVar[str] = ""
    when: ClassVar[str] = ""
    synonyms: ClassVar[tuple[str, ...]] = ()
    caption: ClassVar[str] = ""

    @classmethod
    def type_name(cls) -> str:
        """The name in project files."""
        return cls.__name__

    @classmethod
    def label(cls) -> str:
        """The name in the window."""
        return cls.caption or cls.__name__

    @classmethod
    def help(cls) -> str:
        """What it does, in one plain sentence."""
        return (inspect.getdoc(cls) or "").split("\n", 1)[0]

    @classmethod
    def details(cls) -> str:
        """Shapes, formula, sources."""
        return (inspect.getdoc(cls) or "").partition("\n")[2].strip()

    @classmethod
    def about(cls) -> str:
        """Help, formula and when to use it, a line each."""
        return "\n".join(part for part in (cls.help(), cls.formula, cls.when) if part)

    @classmethod
    def attributes(cls) -> tuple[Attribute, ...]:
        """The declared attributes, in order."""
        return _attributes(cls)

    @classmethod
    def from_attributes(cls, values: Mapping[str, Any]) -> Self:
        """Build from what a project file holds. Raises AttributeOutOfRange naming the attribute."""
        if not values:
            return cls()
        known = {item.name: item for item in cls.attributes()}
        for name in values:
            if name not in known:
                raise AttributeOutOfRange(
                    f"{cls.label()} has no setting '{name[:80]}'.",
                    where=name[:80],
                    expected=", ".join(known) or "no settings",
                    found=name[:80],
                    hint="Remove it, or pick one of those named.",
                )
        hints = _hints(cls)
        converted = {}
        for name, value in values.items():
            info = known[name]
            try:
                converted[name] = msgspec.convert(value, hints[name], strict=True)
            except msgspec.ValidationError:
                raise _out_of_range(cls, info, value) from None
            _check_range(cls, info, converted[name])
        return cls(**converted)

    def values(self) -> dict[str, Any]:
        """Every attribute with its value."""
        return {info.name: getattr(self, info.name) for info in self.attributes()}


_CACHE: dict[type, tuple[Attribute, ...]] = {}


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(cls: type[Entry]) -> dict[str, Any]:
    """Resolved annotations; reading them takes longer than checking a node."""
    if cls not in _HINTS:
        _HINTS[cls] = typing.get_type_hints(cls)
    return _HINTS[cls]


def _attributes(cls: type[Entry]) -> tuple[Attribute, ...]:
    if cls not in _CACHE:
        hints = _hints(cls)
        found = []
        plain = 0  # attributes so far that are not advanced
        declared = [(item, item.metadata[_META]) for item in dataclasses.fields(cls) if _META in item.metadata]
        for item, meta in sorted(declared, key=lambda pair: bool(pair[1]["last"])):
            kind, choices, optional = _kind_of(hints[item.name])
            plain += not meta["advanced"]
            usual = not meta["advanced"] and plain <= _ON_CARD
            found.append(
                Attribute(
                    name=item.name,
                    kind=meta["kind"] or kind,
                    default=item.default,
                    help=meta["help"],
                    label=meta["label"] or item.name.replace("_", " ").capitalize(),
                    minimum=meta["minimum"],
                    maximum=meta["maximum"],
                    above=meta["above"],
                    below=meta["below"],
                    choices=choices,
                    optional=optional,
                    advanced=meta["advanced"],
                    on_card=usual if meta["on_card"] is None else meta["on_card"],
                    torch_name=meta["torch_name"],
                    sides=_sides_of(hints[item.name]),
                )
            )
        _CACHE[cls] = tuple(found)
    return _CACHE[cls]


def _out_of_range(cls: type[Entry], info: Attribute, value: Any) -> AttributeOutOfRange:
    return AttributeOutOfRange(
        f"{info.label} of {cls.label()} cannot be {str(value)[:60]}.",
        where=info.name,
        expected=info.range_text(),
        found=str(value)[:60],
        hint=info.help,
    )


def _check_range(cls: type[Entry], info: Attribute, value: Any) -> None:
    if value is None or isinstance(value, bool | str):
        return
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, str):
            continue
        if (
            number != number
            or (info.minimum is not None and number < info.minimum)
            or (info.maximum is not None and number > info.maximum)
            or (info.above is not None and number <= info.above)
            or (info.below is not None and number >= info.below)
        ):
            raise _out_of_range(cls, info, value)
