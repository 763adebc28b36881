"""JSON from a file that anything may have happened to: strict, bounded, and every damage named with line and column.

The standard library's parser, since it takes lone surrogates (which saving must survive) and reports line and column.
What JSON allows and we do not: doubled keys, NaN, numbers beyond 64 bits, nesting without end.
"""

import json
import re
from typing import Any, NoReturn

from engine.document.atomic import megabytes
from engine.document.json_text import one_line
from engine.errors import ProjectError

MAX_BYTES = 64_000_000
RESTORE = "Restore an earlier version of the project."


def parse(data: bytes, where: str) -> tuple[object, str]:
    """The value and its text; `where` names the file in messages. Raises ProjectError, and nothing else."""
    if len(data) > MAX_BYTES:
        refuse_size(where, len(data))
    text = _decode(data, where)
    return _parse(text, where), text


def refuse_size(where: str, size: int) -> NoReturn:
    """Raise ProjectError for a file that is too large."""
    raise ProjectError(
        f"The project file is too large ({megabytes(size)}).",
        where=where,
        expected=f"{megabytes(MAX_BYTES)} at most",
        found=megabytes(size),
        hint=RESTORE,
    )


def _decode(data: bytes, where: str) -> str:
    stripped = data.strip(b"\0 \t\r\n")
    if not stripped:
        raise ProjectError(
            "The project file is empty." if not data.strip() else "The project file holds nothing but empty bytes.",
            where=where,
            hint=RESTORE,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise ProjectError(
            "The project file is damaged: it holds bytes that are no text.",
            where=f"{where}, line {line}, column {column}",
            expected="UTF-8 text",
            found=f"byte 0x{data[error.start]:02x}",
            hint=RESTORE,
        ) from None


class _RefusedError(ValueError):
    """Something JSON allows and a project does not; `token` is where to look for it."""

    def __init__(self, message: str, token: str) -> None:
        super().__init__(message)
        self.token = token


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _RefusedError(f'"{name[:60]}" stands twice in one object', one_line(name))
            seen.add(name)
    return result


def _whole_number(text: str) -> int:
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise _RefusedError(f"the number {text[:24]}{'…' if len(text) > 24 else ''} is too large", text)
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise _RefusedError(f"the number {text[:24]} is too large", text)
    return value


def _constant(text: str) -> NoReturn:
    raise _RefusedError(f"{text} is not a number", text)


def _parse(text: str, where: str) -> object:
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_int=_whole_number, parse_float=_number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        raise ProjectError(
            f"The project file is damaged: {_in_words(error.msg)}.",
            where=f"{where}, line {error.lineno}, column {error.colno}",
            expected="JSON",
            found=_excerpt(text, error.pos),
            hint=RESTORE,
        ) from None
    except _RefusedError as error:
        position = text.rfind(error.token)
        line = text.count("\n", 0, position) + 1
        raise ProjectError(
            f"The project file is damaged: {error}.", where=f"{where}, line {line}", hint=RESTORE
        ) from None
    except RecursionError:
        raise ProjectError(
            "The project file is nested far deeper than a project ever is.",
            where=where,
            expected="a few levels of brackets",
            hint=RESTORE,
        ) from None


_WORDS = {
    "Expecting value": "a value is missing",
    "Expecting ',' delimiter": "a comma is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting property name": "a name in double quotes is missing",
    "Unterminated string": "a text has no end",
    "Invalid control character": "a character stands in it that text cannot hold",
    "Extra data": "something follows after its end",
    "Invalid \\": "a backslash is followed by something that makes no sense",
    "Illegal trailing comma": "there is a comma too many",
}


def _in_words(message: str) -> str:
    """The parser's message in plain words."""
    words = next((words for beginning, words in _WORDS.items() if message.startswith(beginning)), "")
    return words or message[:1].lower() + message[1:]


def _excerpt(text: str, position: int) -> str:
    rest = text[position : position + 24].split("\n", 1)[0].strip()
    return rest or "the end of the line" if position < len(text) else "the end of the file"


_PATH_PART = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_SPACE = re.compile(r"[ \t\r\n]*")


def line_of(text: str, path: str) -> int:
    """The line where the value of a path begins, 0 when it is not found. `text` is JSON that was parsed before."""
    decoder = json.JSONDecoder()
    position = _skip(text, 1 if text.startswith("\ufeff") else 0)
    try:
        for key, index in _PATH_PART.findall(path):
            count = 0
            if text[position] not in "{[" or (text[position] == "{") != bool(key):
                return 0
            closing = "}" if key else "]"
            position = _skip(text, position + 1)
            while text[position] != closing:
                if key:
                    name, position = json.decoder.scanstring(text, position + 1)  # type: ignore[attr-defined]
                    position = _skip(text, _skip(text, position) + 1)
                    hit = name == key
                else:
                    hit = count == int(index)
                if hit:
                    break
                _, position = decoder.raw_decode(text, position)
                position = _skip(text, position)
                if text[position] == ",":
                    position = _skip(text, position + 1)
                count += 1
            else:
                break  # not there: the object that should hold it is the place
        return text.count("\n", 0, position) + 1
    except (ValueError, IndexError, RecursionError):
        return 0


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
