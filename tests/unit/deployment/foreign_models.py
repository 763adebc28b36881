"""Small ONNX models for the tests of import, and torch networks written by torch's own exporter."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from engine.deployment.foreign.importing import Network, answers, network_of
from engine.deployment.foreign.reading import ForeignModel, read_model, read_proto


def model_of(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[int | str]],
    outputs: Sequence[str],
    weights: Mapping[str, Any] | None = None,
    *,
    opset: int = 20,
    kind: int = TensorProto.FLOAT,
    domains: Mapping[str, int] | None = None,
) -> onnx.ModelProto:
    """A model; inputs by name with their sizes, text for a free one."""
    graph = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info(name, kind, list(shape)) for name, shape in inputs.items()],
        [helper.make_value_info(name, onnx.TypeProto(tensor_type=onnx.TypeProto.Tensor())) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in (weights or {}).items()],
    )
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(*item) for item in (domains or {}).items())]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def one(kind: str, *inputs: str, outputs: Sequence[str] = ("y",), **attributes: Any) -> onnx.NodeProto:
    """One operator."""
    return helper.make_node(kind, list(inputs), list(outputs), **attributes)


def imported(model: onnx.ModelProto, folder: Path = Path(), *, borders: bool = True) -> tuple[ForeignModel, Network]:
    """A model, read and drawn."""
    read = read_proto(model, folder)
    return read, network_of(read, "small", borders=borders)


def exported(network: nn.Module, given: torch.Tensor, path: Path, *, fixed: bool = False, opset: int = 17) -> Path:
    """A torch network as torch's exporter writes it; any batch, or one sample alone."""
    torch.backends.mha.set_fastpath_enabled(False)
    free = {} if fixed else {"dynamic_axes": {"x": {0: "n"}, "y": {0: "n"}}}
    try:
        torch.onnx.export(
            network.eval(),
            (given[:1] if fixed else given,),
            str(path),
            dynamo=False,
            opset_version=opset,
            input_names=["x"],
            output_names=["y"],
            **free,
        )
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    return path


def from_file(path: Path) -> tuple[ForeignModel, Network]:
    """A file, read and drawn."""
    read = read_model(path)
    return read, network_of(read, path.stem)


def asked(read: ForeignModel, network: Network, *given: torch.Tensor) -> list[Any]:
    """What the imported network answers."""
    return answers(network.network, network.imported, read, list(given))
