"""The one place where generated source becomes functions, and the only ways a name or a number gets into it."""

import builtins
import hashlib
import keyword
import linecache
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import nn

_WITHHELD = {
    "__import__",
    "open",
    "exec",
    "eval",
    "compile",
    "input",
    "breakpoint",
    "exit",
    "quit",
    "globals",
    "locals",
}


def _import(name: str, *details: Any) -> Any:
    """Import for torch itself, whose functions look for it where they are called from; for nothing but torch."""
    if name.partition(".")[0] != "torch":
        raise ImportError(f"generated code does not import {name}")
    return __import__(name, *details)


_BUILTINS = {name: item for name, item in vars(builtins).items() if name not in _WITHHELD} | {"__import__": _import}
"""torch.compile looks builtins up where the forward it traces was defined, so most have to be there."""
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,999}\Z")
RESERVED = (
    frozenset(dir(nn.Module()))
    | frozenset(keyword.kwlist)
    | {
        *("input_ids", "training_input_ids", "input_fields", "output_ids", "output_fields", "loss_ids", "frozen_names"),
        *("source", "training_forward", "input_shifts", "noise_ids", "noises", "noise"),
        *("measure_ids", "silent_ids", "resting"),
    }
)
"""What a module in a network cannot be called: attributes of the network itself and Python's keywords."""
_WORD = re.compile(r"[a-z0-9_-]{0,40}\Z")
_EINSTEIN = re.compile(r"[a-z]{1,8}(,[a-z]{1,8}){0,3}->[a-z]{0,8}\Z")


def identifier(node_id: str) -> str:
    """A node id that may stand in source; anything but an id as the graph allows raises ValueError."""
    if not isinstance(node_id, str) or not _IDENTIFIER.match(node_id):
        raise ValueError(f"not an id: {node_id!r}")
    return node_id


def literal(value: object) -> str:
    """A number, a truth value, None, a plain word ("same"), einsum's letters ("nij,njk->nik") or a tuple of these.

    Anything else raises ValueError: text that a person typed never becomes source.
    """
    if value is None or value is True or value is False:
        return repr(value)
    if type(value) is int:
        return repr(value)
    if type(value) is float:
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if type(value) is str and (_WORD.match(value) or _EINSTEIN.match(value)):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        items = [literal(item) for item in value]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    raise ValueError(f"not a literal: {value!r}")


def module_names(node_ids: Iterable[str]) -> dict[str, str]:
    """The name of each node's module in the network: its id, but `half_` for an id that torch or Python has taken.

    Such ids only come from project files written by hand; the window always adds a number ("half1").
    """
    ids = [identifier(node_id) for node_id in node_ids]
    taken = set(ids)
    names = {}
    for node_id in ids:
        name = node_id
        while name in RESERVED or (name != node_id and name in taken):
            name += "_"
        taken.add(name)
        names[node_id] = name
    return names


def functions(source: str, namespace: Mapping[str, object]) -> dict[str, Callable[..., Any]]:
    """The functions that `source` defines, which see `namespace` and no builtin that reads or runs anything.

    The source is kept for tracebacks under a name made from its content, so equal graphs share one entry.
    """
    name = f"<netwright {hashlib.sha256(source.encode()).hexdigest()[:12]}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    scope: dict[str, Any] = {**namespace, "__builtins__": _BUILTINS}
    before = set(scope)
    # Safe: `source` is put together by this package from `identifier` and `literal` alone.
    exec(compile(source, name, "exec"), scope)  # noqa: S102
    return {key: value for key, value in scope.items() if key not in before}
