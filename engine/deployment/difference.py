"""Finds the first node where a file and the network part, to name it when a proof fails."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from torch import Tensor

from engine.catalog.tensors import DType
from engine.compiler.module import CompiledNetwork
from engine.compiler.plan import Plan, Value
from engine.compiler.values import each_value
from engine.deployment.build import Built
from engine.deployment.proof import Raw, TorchPath
from engine.deployment.session import open_session

_AT_ONCE: Final = 16
"""Tensors that are asked of the file together."""
_KINDS: Final = {DType.FLOAT: TensorProto.FLOAT, DType.INT: TensorProto.INT64, DType.BOOL: TensorProto.BOOL}


def first_difference(built: Built, steps: Plan, network: CompiledNetwork, raw: Raw, tolerance: float) -> str:
    """The id of the first node whose tensor differs by more than `tolerance` (relative to its size), "" when none does.

    An Input node means that the preparation differs.
    """
    path = TorchPath(network, built)
    arrays = path.arrays(raw)
    there = {name for node in built.model.graph.node for name in node.output} | set(arrays)
    found: dict[str, Any] = {}
    waiting = [value for value in _order(steps) if built.values[value] in there]
    for value, tensor in _torch_values(steps, network, path, raw):
        name = built.values[value]
        if name not in there:
            continue  # drawn into the node behind it when the file was made simpler
        if name not in found:
            found = _next_values(built, steps, waiting[waiting.index(value) :][:_AT_ONCE], arrays)
        got = np.asarray(found[name], np.float64)
        expected = tensor.numpy().astype(np.float64)
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        if got.shape != expected.shape or not np.abs(got - expected).max(initial=0.0) <= tolerance * scale:
            return value[0]
    return ""


def _order(steps: Plan) -> list[Value]:
    """Every tensor of the drawing, sources first."""
    values = [(node_id, "output") for node_id in (*steps.input_ids, *steps.noise_ids)]
    return values + [value for call in steps.prediction_calls for value in call.outputs]


def _next_values(built: Built, steps: Plan, wanted: list[Value], arrays: dict[str, Any]) -> dict[str, Any]:
    """These tensors as the file has them, by ONNX value; a few at a time, as those of a large network fill memories."""
    model = onnx.ModelProto()
    model.CopyFrom(built.model)
    asked: list[str] = []
    for value in wanted:
        name, spec = built.values[value], steps.specs.get(value)
        kind = _KINDS[spec.dtype] if spec is not None else TensorProto.FLOAT
        if name not in asked:
            if name not in arrays and name not in {item.name for item in model.graph.output}:
                model.graph.output.append(helper.make_tensor_value_info(name, kind, None))
            asked.append(name)
    computed = [name for name in asked if name not in arrays]
    session = open_session(model.SerializeToString())
    values = dict(zip(computed, session.run(computed, arrays), strict=True)) if computed else {}
    return {name: values.get(name, arrays.get(name)) for name in asked}


def _torch_values(steps: Plan, network: CompiledNetwork, path: TorchPath, raw: Raw) -> Iterator[tuple[Value, Tensor]]:
    """Every tensor of the drawing as torch has it, in order."""
    with torch.inference_mode():
        yield from each_value(steps, network, path.inputs(raw))
