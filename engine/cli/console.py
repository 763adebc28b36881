"""What the command line says and where: the answer on stdout, everything else on stderr, progress as one line."""

import contextlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from typing import Any, TextIO

_WIDTH = 20
_STAGE = re.compile(r"[^:\d]*")
"""What a message says of the kind of work: what stands before the first number or colon."""

_EVERY_S = 0.1
_SPARSE_S = 10.0
_QUIET_S = 2.0


class Console:
    """One command's voice. With `as_json` exactly one JSON object reaches stdout."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._out: TextIO = sys.stdout
        self._err: TextIO = sys.stderr
        self._live = self._err.isatty() and os.environ.get("TERM") != "dumb"
        self._shown = False
        self._last = 0.0
        self._started = time.monotonic()
        self._stage = ""

    @contextlib.contextmanager
    def kept_clean(self) -> Iterator[None]:
        """While this lasts, whatever else prints to stdout, from Python or C, reaches stderr."""
        with contextlib.ExitStack() as stack:
            if self._out is sys.__stdout__:
                self._out.flush()
                own = os.dup(1)
                os.dup2(2, 1)
                stack.callback(os.close, own)
                stack.callback(os.dup2, own, 1)
                self._out = stack.enter_context(
                    os.fdopen(os.dup(own), "w", encoding="utf-8", errors="backslashreplace")
                )
            stack.enter_context(contextlib.redirect_stdout(self._err))
            yield

    def answer(self, result: dict[str, Any], text: str) -> None:
        """The command's one answer: the object, or the text for a person."""
        self.clear()
        self._write(json.dumps(_plain(result), ensure_ascii=True, allow_nan=False) if self.as_json else text)

    def failure(self, error: dict[str, Any], **more: Any) -> None:
        """The command's one answer when it could not be done."""
        self.clear()
        if self.as_json:
            self._write(json.dumps(_plain({"error": error, **more}), ensure_ascii=True, allow_nan=False))
            return
        parts = [str(error["message"])]
        where = str(error["where"])
        if where and where not in parts[0]:
            parts.append(f"  where:    {where}")
        parts += [f"  {name + ':':<9} {error[name]}" for name in ("expected", "found") if error[name]]
        if error["hint"]:
            parts.append(str(error["hint"]))
        self.note("\n".join(parts))

    def note(self, text: str) -> None:
        """A line for a person, on stderr."""
        self.clear()
        self._err.write(_shown(text) + "\n")
        self._err.flush()

    def progress(self, fraction: float, message: str = "") -> None:
        """How far it is: a bar in a terminal, a line now and then otherwise. A fraction below 0 is not known."""
        now = time.monotonic()
        stage = _STAGE.match(message)[0]  # type: ignore[index]
        if self._live:
            if now - self._last < _EVERY_S and stage == self._stage:
                return
            self._bar(fraction, message)
        else:
            if now - self._started < _QUIET_S or now - self._last < (_SPARSE_S if stage == self._stage else _QUIET_S):
                return  # what is done in a moment is not worth a line
            percent = f" {fraction:.0%}" if 0 < fraction < 1 else ""
            self._err.write(f"{_shown(message)}{percent}\n")
            self._err.flush()
        self._last, self._stage = now, stage

    def _bar(self, fraction: float, message: str) -> None:
        columns = shutil.get_terminal_size().columns
        if fraction >= 0:
            filled = round(_WIDTH * min(1.0, fraction))
            line = f"{'━' * filled}{'─' * (_WIDTH - filled)} {fraction:4.0%}  {_shown(message)}"
        else:
            line = _shown(message)
        self._err.write("\r\x1b[2K" + line[: columns - 1])
        self._err.flush()
        self._shown = True

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown:
            self._err.write("\r\x1b[2K")
            self._shown = False

    def _write(self, text: str) -> None:
        self._out.write((text if self.as_json else _shown(text)) + "\n")
        self._out.flush()


def _shown(text: str) -> str:
    """Text as a terminal can take it: nothing from a file name or label moves the cursor or changes colours."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in text
    )


def _plain(value: Any) -> Any:
    """For JSON: numbers that are none become null."""
    match value:
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
        case dict():
            return {str(name): _plain(part) for name, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            return value
