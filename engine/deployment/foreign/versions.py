"""Brings operators of older ONNX versions to their newest form, so that only that one has to be known."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from engine.compiler.onnx_operators.program import Operator

Name = Callable[[str], str]
"""A value name that is free, from a stem."""


class Upgrade:
    """What an upgrade is given: the version that is read, and ways to make names and constants."""

    def __init__(self, version: int, name: Name, constants: dict[str, np.ndarray]) -> None:
        self.version = version
        self.name = name
        self.constants = constants

    def constant(self, value: Any, dtype: Any = np.int64) -> str:
        """A new constant."""
        name = self.name("setting")
        self.constants[name] = np.asarray(value, dtype=dtype)
        return name


Rule = Callable[[Upgrade, Operator], list[Operator]]

_RULES: dict[str, list[tuple[int, Rule]]] = {}
_GONE = {"consumed_inputs", "is_test"}


def _below(version: int, *types: str) -> Callable[[Rule], Rule]:
    """A rule for operators read from a version below this one."""

    def declare(rule: Rule) -> Rule:
        for name in types:
            _RULES.setdefault(name, []).append((version, rule))
        return rule

    return declare


def upgraded(item: Operator, at: Upgrade) -> list[Operator]:
    """The operator in its newest form; several where it takes several."""
    if item.domain:
        return [item]
    if any(name in _GONE for name in item.attributes):
        item = replace(item, attributes={k: v for k, v in item.attributes.items() if k not in _GONE})
    items = [item]
    for version, rule in _RULES.get(item.type, []):
        if at.version < version:
            items = [new for old in items for new in (rule(at, old) if old.type == item.type else [old])]
    return items


def _without(item: Operator, *names: str, **more: Any) -> dict[str, Any]:
    return {k: v for k, v in item.attributes.items() if k not in names} | more


def _as_inputs(item: Operator, at: Upgrade, *settings: tuple[str, Any], keep: int = 1) -> Operator:
    """Attributes as constant inputs behind the first `keep`, "" where the file has none."""
    found = [at.constant(item.attributes[name], dtype) if name in item.attributes else "" for name, dtype in settings]
    inputs = [*item.inputs[:keep], *found]
    while inputs and not inputs[-1]:
        inputs.pop()
    return replace(item, inputs=tuple(inputs), attributes=_without(item, *(name for name, _ in settings)))


@_below(
    18, "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
    "ReduceLogSum", "ReduceLogSumExp",
)  # fmt: skip
@_below(13, "ReduceSum", "Squeeze", "Unsqueeze")
def _axes(at: Upgrade, item: Operator) -> list[Operator]:
    return [_as_inputs(item, at, ("axes", np.int64))] if len(item.inputs) < 2 else [item]


@_below(13, "Split")
def _split_sizes(at: Upgrade, item: Operator) -> list[Operator]:
    return [_as_inputs(item, at, ("split", np.int64))] if len(item.inputs) < 2 else [item]


@_below(10, "Slice")
def _slice(at: Upgrade, item: Operator) -> list[Operator]:
    return [_as_inputs(item, at, ("starts", np.int64), ("ends", np.int64), ("axes", np.int64))]


@_below(11, "Pad")
def _pad(at: Upgrade, item: Operator) -> list[Operator]:
    if "paddings" in item.attributes:
        item = replace(item, attributes=_without(item, "paddings", pads=item.attributes["paddings"]))
    return [_as_inputs(item, at, ("pads", np.int64), ("value", np.float32))]


@_below(11, "Clip")
def _clip(at: Upgrade, item: Operator) -> list[Operator]:
    return [_as_inputs(item, at, ("min", np.float32), ("max", np.float32))]


@_below(10, "TopK")
def _top_k(at: Upgrade, item: Operator) -> list[Operator]:
    kept = replace(item, attributes=_without(item, "k", k=[item.attributes["k"]]))
    return [_as_inputs(kept, at, ("k", np.int64))]


@_below(12, "Dropout")
def _dropout(at: Upgrade, item: Operator) -> list[Operator]:
    return [_as_inputs(item, at, ("ratio", np.float32))]


@_below(5, "Reshape")
def _reshape(at: Upgrade, item: Operator) -> list[Operator]:
    return [_as_inputs(item, at, ("shape", np.int64))]


@_below(6, "Cast")
def _cast(at: Upgrade, item: Operator) -> list[Operator]:
    kinds = ["FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE"]
    to = item.attributes.get("to")
    return [replace(item, attributes={"to": kinds.index(to) + 1})] if isinstance(to, str) and to in kinds else [item]


@_below(4, "Concat")
def _concat(at: Upgrade, item: Operator) -> list[Operator]:
    return [replace(item, attributes={"axis": item.attributes.get("axis", 1)})]


@_below(13, "Softmax", "LogSoftmax", "Hardmax")
def _softmax(at: Upgrade, item: Operator) -> list[Operator]:
    """Once, all axes from one on were taken together."""
    axis = int(item.attributes.get("axis", 1))
    if axis == -1:
        return [replace(item, attributes={"axis": -1})]
    x, shape, flat, done = item.inputs[0], at.name("shape"), at.name("flat"), at.name("shares")
    return [
        Operator(type="Shape", inputs=(x,), outputs=(shape,)),
        Operator(type="Flatten", inputs=(x,), outputs=(flat,), attributes={"axis": axis}),
        replace(item, inputs=(flat,), outputs=(done,), attributes={"axis": -1}),
        Operator(type="Reshape", inputs=(done, shape), outputs=item.outputs),
    ]


@_below(14, "BatchNormalization")
def _batch_normalization(at: Upgrade, item: Operator) -> list[Operator]:
    return [replace(item, outputs=item.outputs[:1])]


@_below(7, "LSTM", "GRU", "RNN")
def _same(at: Upgrade, item: Operator) -> list[Operator]:
    return [replace(item, attributes=_without(item, "output_sequence"))]


@_below(7, "Gemm", "Sum", "Max", "Min")
def _no_broadcast(at: Upgrade, item: Operator) -> list[Operator]:
    return [replace(item, attributes=_without(item, "broadcast"))]


@_below(10, "Upsample")
def _upsample(at: Upgrade, item: Operator) -> list[Operator]:
    attributes = dict(item.attributes)
    if len(item.inputs) > 1:
        scales = item.inputs[1]
    elif "scales" in attributes:
        scales = at.constant(attributes["scales"], np.float32)
    else:
        scales = at.constant(
            [1.0, 1.0, attributes.get("height_scale", 1.0), attributes.get("width_scale", 1.0)], np.float32
        )
    return [_resize(item, scales)]


@_below(1000, "Upsample")
def _upsample_late(at: Upgrade, item: Operator) -> list[Operator]:
    return [_resize(item, item.inputs[1])] if item.type == "Upsample" else [item]


@_below(11, "Resize")
def _resize_10(at: Upgrade, item: Operator) -> list[Operator]:
    return [_resize(item, item.inputs[1])]


def _resize(item: Operator, scales: str) -> Operator:
    mode = str(item.attributes.get("mode", "nearest"))
    return replace(
        item,
        type="Resize",
        inputs=(item.inputs[0], "", scales),
        attributes={
            "mode": "linear" if mode in ("linear", "bilinear") else "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        },
    )


@_below(1000, "Scatter")
def _scatter(at: Upgrade, item: Operator) -> list[Operator]:
    return [replace(item, type="ScatterElements")]


@_below(16, "RoiAlign")
def _roi_align(at: Upgrade, item: Operator) -> list[Operator]:
    if "coordinate_transformation_mode" in item.attributes:
        return [item]
    return [replace(item, attributes=_without(item, coordinate_transformation_mode="output_half_pixel"))]


@_below(20, "DFT")
def _dft(at: Upgrade, item: Operator) -> list[Operator]:
    axis = at.constant(int(item.attributes.get("axis", 1)))
    inputs = (item.inputs[0], item.inputs[1] if len(item.inputs) > 1 else "", axis)
    return [replace(item, inputs=inputs, attributes=_without(item, "axis"))]


@_below(9, "Scan")
def _scan(at: Upgrade, item: Operator) -> list[Operator]:
    return [replace(item, domain="netwright", type="BatchedScan")]


@_below(22, "GridSample")
def _grid_sample(at: Upgrade, item: Operator) -> list[Operator]:
    mode = str(item.attributes.get("mode", "linear"))
    new = {"bilinear": "linear", "bicubic": "cubic"}.get(mode, mode)
    return [replace(item, attributes=_without(item, "mode", mode=new))]
