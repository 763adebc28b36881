"""An operator of ONNX as it came from elsewhere: what an imported network holds beside the layers of this catalog."""

import functools
import json
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.catalog.entry import attribute
from engine.catalog.layer import Family, InputPort, Layer, OnnxForm
from engine.catalog.rules import mismatch, volume
from engine.catalog.tensors import DType, TensorSpec, shape_text

_MOST_PORTS = 512


@dataclass(frozen=True, slots=True)
class _Taken:
    """What an operator takes at one place: a link (with the sizes it had), numbers of its own, or nothing."""

    linked: bool = False
    shape: tuple[int | None, ...] | None = None
    weight: tuple[int, ...] | None = None


@functools.lru_cache(maxsize=4096)
def _taken(text: str) -> tuple[_Taken, ...] | None:
    """The places of an operator; None when the text says nothing sensible."""
    found = []
    try:
        items = json.loads(text)
        if not isinstance(items, list) or len(items) > _MOST_PORTS:
            return None
        for item in items:
            if item == "":
                found.append(_Taken())
            elif item == "x":
                found.append(_Taken(linked=True))
            elif "x" in item:
                found.append(_Taken(linked=True, shape=_shape(item["x"])))
            elif "weight" in item:
                found.append(_Taken(weight=tuple(size or 0 for size in _shape(item["weight"][1]))))
            elif "kept" in item or "tensor" in item:
                found.append(_Taken())
            else:
                return None
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None
    return tuple(found)


def _shape(sizes: Any) -> tuple[int | None, ...]:
    if not isinstance(sizes, list) or not all(size is None or (type(size) is int and size >= 0) for size in sizes):
        raise ValueError
    return tuple(sizes)


@functools.lru_cache(maxsize=4096)
def _given(text: str) -> tuple[TensorSpec | None, ...] | None:
    """What comes out at each place, None where nothing is wanted; None when the text says nothing sensible."""
    try:
        items = json.loads(text) if text else []
        if not isinstance(items, list) or len(items) > _MOST_PORTS:
            return None
        return tuple(
            None if item is None else TensorSpec(_shape(item["shape"]) or (None,), DType(item.get("type", "float")))
            for item in items
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class OnnxOperator(Layer):
    """Runs one operator of ONNX, as an imported file holds it.

    It is what Import puts where no layer of this catalog does the same. Its settings are those of the file; sizes are
    those it was imported with. It trains, can be frozen, and is exported as it came. Source: onnx.ai/onnx/operators.
    """

    target: ClassVar[str] = "engine.compiler.onnx_operators.OnnxOperator"
    caption: ClassVar[str] = "ONNX operator"
    no_formula: ClassVar[str] = "It is what ONNX says of the operator."
    when: ClassVar[str] = "Import puts it where no layer does the same; by hand, for an operator such as Mish or Erf."
    synonyms: ClassVar[tuple[str, ...]] = ("import", "onnx", "foreign", "opaque", "unknown", "custom")
    family: ClassVar[Family] = Family.SPECIAL
    inputs: ClassVar[tuple[InputPort, ...]] = (InputPort(dtype=None),)
    onnx: ClassVar[OnnxForm] = OnnxForm(rule="onnx_operator")
    stricter: ClassVar[str] = "sizes are those the operator was imported with"
    operator: str = attribute("Identity", help="The operator's name in ONNX, like Erf or GridSample.")
    op_domain: str = attribute("", advanced=True, label="Domain", help="Whose operator it is; empty for ONNX itself.")
    settings: str = attribute("{}", advanced=True, help='Its settings in ONNX, as JSON: {"axis": 1}.')
    takes: str = attribute(
        '["x"]', advanced=True, help='What it takes, as JSON: "x" for a link, "" for nothing, or numbers of its own.'
    )
    gives: str = attribute(
        "", advanced=True, help="The sizes of what it gives, as JSON; empty for those of its first input."
    )

    def input_ports(self) -> tuple[InputPort, ...]:
        count = sum(item.linked for item in _taken(self.takes) or ())
        if count == 1:
            return self.inputs
        return tuple(InputPort(name=f"input{number}", dtype=None) for number in range(1, count + 1))

    def output_ports(self) -> tuple[str, ...]:
        wanted = [place for place, spec in enumerate(_given(self.gives) or (), 1) if spec is not None]
        return ("output",) if len(wanted) < 2 else tuple(f"output{place}" for place in wanted)

    def output_specs(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        taken, given = _taken(self.takes), _given(self.gives)
        if taken is None or given is None:
            mismatch("settings that import wrote", "others", "Import the file again, or undo the change.")
        try:
            sensible = isinstance(json.loads(self.settings), dict)
        except (ValueError, RecursionError):
            sensible = False
        if not sensible:
            mismatch('settings like {"axis": 1}', self.settings[:60], "Write them as JSON.")
        for spec, item in zip(inputs, (item for item in taken if item.linked), strict=False):
            if item.shape is not None and not _fits(spec.shape, item.shape):
                mismatch(
                    f"{shape_text(item.shape)}, the size it was imported with",
                    shape_text(spec.shape),
                    "An imported operator keeps its sizes. Undo the change before it, or replace the operator.",
                )
        if not given:
            if not inputs:
                mismatch("an input, or the sizes of what it gives", "neither", "Link something to it.")
            return (inputs[0],)
        return tuple(spec for spec in given if spec is not None) or (TensorSpec((None,)),)

    def parameter_count(self, *inputs: TensorSpec) -> int:
        return sum(volume(item.weight) for item in _taken(self.takes) or () if item.weight is not None)

    def multiply_adds(self, *inputs: TensorSpec) -> int:
        return self.parameter_count() or (volume(inputs[0].shape[1:]) if inputs else 0)


def _fits(shape: tuple[int | None, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        a is None or b is None or a == b for a, b in zip(shape, wanted, strict=True)
    )
