"""Which function of torch does an ONNX operator: declared once each, found by domain and type."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from torch import Tensor

from engine.compiler.onnx_operators.dtypes import WIDE
from engine.errors import GraphError

Function = Callable[..., Any]
AnyFunction = TypeVar("AnyFunction", bound=Function)


@dataclass(frozen=True, slots=True)
class Entry:
    """A function: positional are the operator's inputs (None where left out), keywords its attributes.

    `host` are the inputs that say how and not what (a shape, axes): the function takes them as a list as well.
    `asks_outputs` and `asks_run` want the number of outputs and a way to run programs as keywords.
    """

    function: Function
    host: frozenset[int]
    settings: frozenset[str]
    asks_outputs: bool
    asks_run: bool


TABLE: dict[tuple[str, str], Entry] = {}
"""Every operator that can be run, by domain and type."""


def operator(*types: str, domain: str = "", host: Iterable[int] = ()) -> Callable[[AnyFunction], AnyFunction]:
    """Declare the function of one operator, or of several that are the same."""

    def declare(function: AnyFunction) -> AnyFunction:
        keywords = {
            item.name for item in inspect.signature(function).parameters.values() if item.kind is item.KEYWORD_ONLY
        }
        entry = Entry(
            function,
            frozenset(host),
            frozenset(keywords - {"outputs", "run"}),
            "outputs" in keywords,
            "run" in keywords,
        )
        for name in types:
            assert (domain, name) not in TABLE, name
            TABLE[(domain, name)] = entry
        return function

    return declare


def known(domain: str, type: str) -> bool:
    """Whether an operator can be run."""
    return (domain, type) in TABLE


def call(
    domain: str,
    type: str,
    inputs: Iterable[Any],
    attributes: Mapping[str, Any],
    *,
    outputs: int = 1,
    run: Function | None = None,
) -> tuple[Any, ...]:
    """Run one operator; as many values as it gives. Raises GraphError when there is no such operator or setting."""
    entry = TABLE.get((domain, type))
    if entry is None:
        raise GraphError(f"The operator {type} of {domain or 'ONNX'} is not known.", found=type)
    for name in attributes:
        if name not in entry.settings:
            raise GraphError(f"The operator {type} has a setting '{name[:60]}' that is not known.", found=name[:60])
    more: dict[str, Any] = {}
    if entry.asks_outputs:
        more["outputs"] = outputs
    if entry.asks_run:
        more["run"] = run
    found = entry.function(*inputs, **attributes, **more)
    return found if isinstance(found, tuple) else (found,)


def ints(value: Any) -> list[int]:
    """Whole numbers of a tensor, an array or a list."""
    if isinstance(value, Tensor):
        return [int(item) for item in value.reshape(-1).tolist()]
    if isinstance(value, int):
        return [value]
    return [int(item) for item in value]


def number(value: Any) -> Any:
    """The one number of a tensor, an array or a list."""
    if isinstance(value, list | tuple):
        return value[0]
    return value.item() if hasattr(value, "item") else value


def widened(function: AnyFunction) -> AnyFunction:
    """A function that is given int64 in the place of unsigned types that torch can hardly compute with."""

    def wide(*inputs: Any, **attributes: Any) -> Any:
        kinds = [item.dtype for item in inputs if isinstance(item, Tensor)]
        if not any(kind in WIDE for kind in kinds):
            return function(*inputs, **attributes)
        kind = next(kind for kind in kinds if kind in WIDE)
        found = function(
            *(item.long() if isinstance(item, Tensor) and item.dtype in WIDE else item for item in inputs), **attributes
        )
        if isinstance(found, tuple):
            return tuple(item.to(kind) if _is_long(item) and i == 0 else item for i, item in enumerate(found))
        return found.to(kind) if _is_long(found) else found

    wide.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    wide.__name__ = function.__name__
    return cast(AnyFunction, wide)


def _is_long(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype is not None and str(value.dtype) == "torch.int64"
