"""JSON as text that reads well in a diff and holds any string: how project.json is written."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from engine.errors import ProjectError

_ESCAPED = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Characters written as \\uXXXX: lone surrogates, which UTF-8 cannot hold, and those that hide or turn text round."""


def plain(value: Any, where: str) -> Any:
    """A typed value as dicts, lists and scalars; defaults left out, names of attributes sorted, whole floats as floats.

    Raises ProjectError when it holds what would not be read back (NaN, a value outside its declared range).
    """
    try:
        value = msgspec.convert(msgspec.to_builtins(value), type(value), strict=True)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$")
        raise ProjectError(
            f"{where}{place.rstrip('`')} cannot be saved: {text.replace('`', '')}.",
            where=f"{where}{place.rstrip('`')}",
            hint="Change it, or undo the last change.",
        ) from None
    return _plain(value, where)


def _plain(value: Any, where: str) -> Any:
    match value:
        case msgspec.Struct():
            result = {}
            for name, default in _defaults(type(value)):
                part = getattr(value, name)
                if type(part) is not type(default) or part != default:
                    result[name] = _plain(part, f"{where}.{name}")
            return result
        case dict():
            return {str(name): _plain(value[name], f"{where}.{name}") for name in sorted(value)}
        case list() | tuple():
            return [_plain(part, f"{where}[{number}]") for number, part in enumerate(value)]
        case str():
            return str(value)
        case float() if value - value != 0:
            raise ProjectError(
                f"{where} cannot be saved: {value} is not a number.",
                where=where,
                expected="a number",
                found=str(value),
                hint="Change it, or undo the last change.",
            )
        case _:
            return value


@cache
def _defaults(struct: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    """The fields of a struct with their defaults."""
    return tuple(
        (info.name, info.default if info.default_factory is msgspec.NODEFAULT else info.default_factory())
        for info in msgspec.structs.fields(struct)
    )


def one_line(value: object) -> str:
    """JSON on one line, with spaces after commas and colons."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


Opened = Callable[[str, Any], bool]
"""Whether the object or list at a path ("$.graph.nodes", "[]" for an item) is written over several lines."""


def readable(document: dict[str, Any], opened: Opened) -> str:
    """JSON in which some objects and lists span lines, and all others stand on one."""
    lines: list[str] = []
    _write(document, "$", "", "", opened, lines)
    return "\n".join(lines) + "\n"


def _write(value: Any, path: str, indent: str, label: str, opened: Opened, lines: list[str]) -> None:
    if not isinstance(value, dict | list) or not value or not opened(path, value):
        lines.append(f"{indent}{label}{one_line(value)}")
        return
    brackets = "{}" if isinstance(value, dict) else "[]"
    lines.append(f"{indent}{label}{brackets[0]}")
    parts = (
        [(f"{path}.{name}", f"{one_line(name)}: ", part) for name, part in value.items()]
        if isinstance(value, dict)
        else [(f"{path}[]", "", part) for part in value]
    )
    for number, (inner, name, part) in enumerate(parts):
        _write(part, inner, indent + "  ", name, opened, lines)
        if number < len(parts) - 1:
            lines[-1] += ","
    lines.append(f"{indent}{brackets[1]}")
