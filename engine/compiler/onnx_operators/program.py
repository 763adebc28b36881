"""Foreign operators as plain values: one operator with its attributes, and a program of them; both to JSON and back.

Nothing here can run code: an attribute is a number, a text, a tensor, a list of these, or a program.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.errors import GraphError

Attribute = Any
"""int, float, str, numpy array, Program, or a list of one of these."""

_MOST_DEPTH = 16
_PLAIN = {"f": float, "i": int, "u": int, "b": bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator. `inputs` and `outputs` are names of values, "" where one is left out."""

    type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    domain: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Operators in order. `captured` are the values of the program around it that it uses, in the order it is given
    them behind its own `inputs`."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operators: tuple[Operator, ...]
    constants: Mapping[str, np.ndarray] = field(default_factory=dict)
    captured: tuple[str, ...] = ()


def array_json(array: np.ndarray) -> dict[str, Any]:
    """A tensor as JSON: its type, shape and numbers, the latter as a list or, where there are many, in base64."""
    name = array.dtype.name if array.dtype.kind not in "OUS" else "string"
    found: dict[str, Any] = {"type": name, "shape": list(array.shape)}
    if name == "string":
        found["values"] = [str(item) for item in array.ravel()]
    elif array.size <= 64 and array.dtype.kind in "biu":
        found["values"] = [_PLAIN[array.dtype.kind](item) for item in array.ravel()]
    else:
        found["base64"] = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return found


def array_of(found: Mapping[str, Any]) -> np.ndarray:
    """The tensor that JSON holds. Raises GraphError when it holds none."""
    try:
        shape = tuple(int(size) for size in found["shape"])
        name = str(found["type"])
        if name == "string":
            return np.array([str(item) for item in found["values"]], dtype=object).reshape(shape)
        dtype = _dtype(name)
        if "values" in found:
            return np.array(found["values"], dtype=dtype).reshape(shape)
        return np.frombuffer(base64.b64decode(found["base64"], validate=True), dtype=dtype).reshape(shape).copy()
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise GraphError(f"A tensor among the settings cannot be read: {error}") from None


def _dtype(name: str) -> np.dtype[Any]:
    if name in ("bool", "float16", "float32", "float64", "complex64", "complex128") or (
        name.removeprefix("u").removeprefix("int") in ("8", "16", "32", "64")
    ):
        return np.dtype(name)
    import ml_dtypes

    if name in ("bfloat16", "int4", "uint4", "int2", "uint2") or name.startswith("float8_") or name == "float4_e2m1fn":
        found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
        return found
    raise ValueError(f"no type is called {name[:40]!r}")


def attribute_json(value: Attribute) -> Any:
    """An attribute as JSON."""
    if isinstance(value, np.ndarray):
        return {"tensor": array_json(value)}
    if isinstance(value, Program):
        return {"program": program_json(value)}
    if isinstance(value, list | tuple):
        return [attribute_json(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"float": str(value)}
    return value


def attribute_of(found: Any, depth: int = 0) -> Attribute:
    """The attribute that JSON holds. Raises GraphError when it holds none."""
    if isinstance(found, bool) or found is None or depth > _MOST_DEPTH:
        raise GraphError("An operator has a setting that cannot be read.")
    if isinstance(found, int | float | str):
        return found
    if isinstance(found, list):
        return [attribute_of(item, depth + 1) for item in found]
    if isinstance(found, dict):
        if isinstance(found.get("tensor"), dict):
            return array_of(found["tensor"])
        if isinstance(found.get("program"), dict):
            return program_of(found["program"], depth + 1)
        if found.get("float") in ("nan", "inf", "-inf"):
            return float(found["float"])
    raise GraphError("An operator has a setting that cannot be read.")


def program_json(program: Program) -> dict[str, Any]:
    """A program as JSON."""
    return {
        "inputs": list(program.inputs),
        "outputs": list(program.outputs),
        "captured": list(program.captured),
        "constants": {name: array_json(array) for name, array in program.constants.items()},
        "operators": [
            {
                "type": item.type,
                "domain": item.domain,
                "inputs": list(item.inputs),
                "outputs": list(item.outputs),
                "attributes": {name: attribute_json(value) for name, value in item.attributes.items()},
            }
            for item in program.operators
        ],
    }


def program_of(found: Mapping[str, Any], depth: int = 0) -> Program:
    """The program that JSON holds. Raises GraphError when it holds none."""
    try:
        return Program(
            inputs=_names(found["inputs"]),
            outputs=_names(found["outputs"]),
            captured=_names(found.get("captured", [])),
            constants={str(name): array_of(item) for name, item in found.get("constants", {}).items()},
            operators=tuple(
                Operator(
                    type=str(item["type"]),
                    domain=str(item.get("domain", "")),
                    inputs=_names(item["inputs"]),
                    outputs=_names(item["outputs"]),
                    attributes={
                        str(name): attribute_of(value, depth + 1) for name, value in item.get("attributes", {}).items()
                    },
                )
                for item in found["operators"]
            ),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise GraphError(f"A program among the settings cannot be read: {error}") from None


def _names(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise TypeError("names are to be a list of texts")
    return tuple(found)
