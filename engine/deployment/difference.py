"""Finds the first node where a file and the network part, to name it when a proof fails."""

from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper

from engine.catalog.tensors import DType
from engine.compiler.generated import module_names
from engine.compiler.module import CompiledNetwork
from engine.compiler.modules.shifting import shift_right
from engine.compiler.plan import Plan, Value
from engine.deployment.build import Built
from engine.deployment.proof import Raw, TorchPath
from engine.deployment.session import as_input, open_session


def first_difference(built: Built, steps: Plan, network: CompiledNetwork, raw: Raw, tolerance: float) -> str:
    """The id of the first node whose tensor differs by more than `tolerance` (relative to its size), "" when none does.

    An Input node means that the preparation differs.
    """
    wanted = [(node_id, "output") for node_id in (*steps.input_ids, *steps.noise_ids)]
    wanted += [value for call in steps.prediction_calls for value in call.outputs]
    model = onnx.ModelProto()
    model.CopyFrom(built.model)
    names: dict[Value, str] = {}
    for value in wanted:
        name, spec = built.values[value], steps.specs.get(value)
        kind = TensorProto.INT64 if spec is not None and spec.dtype is DType.INT else TensorProto.FLOAT
        if name not in names.values():
            model.graph.output.append(helper.make_tensor_value_info(name, kind, None))
        names[value] = name
    session = open_session(model.SerializeToString())
    arrays = {item.name: as_input(raw[item.field], item.kind) for item in built.description.inputs}
    asked = list(dict.fromkeys(names.values()))
    found = dict(zip(asked, session.run(asked, arrays), strict=True))
    for value, tensor in _torch_values(steps, network, built, raw).items():
        got = np.asarray(found[names[value]], np.float64)
        expected = tensor.numpy().astype(np.float64)
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        if got.shape != expected.shape or not np.abs(got - expected).max(initial=0.0) <= tolerance * scale:
            return value[0]
    return ""


def _torch_values(steps: Plan, network: CompiledNetwork, built: Built, raw: Raw) -> dict[Value, Any]:
    """Every tensor of the drawing as torch has it, in order."""
    module_of = module_names(dict.fromkeys(call.owner for call in (*steps.calls, *steps.losses)))
    with torch.inference_mode():
        inputs = TorchPath(network, built).inputs(raw)
        values: dict[Value, Any] = {
            (node_id, "output"): tensor
            for node_id, tensor in zip((*steps.input_ids, *steps.noise_ids), inputs, strict=True)
        }
        for node_id, (count, begin) in steps.input_shifts.items():
            if (node_id, "output") in values:
                values[(node_id, "output")] = shift_right(values[(node_id, "output")], count, begin)
        for call in steps.prediction_calls:
            module = network.get_submodule(module_of[call.owner])
            result = module(*(values[value] if value is not None else None for value in call.inputs))
            values.update(zip(call.outputs, result if isinstance(result, tuple) else (result,), strict=True))
    return values
