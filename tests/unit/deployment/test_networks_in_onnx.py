"""Whole drawn networks in onnxruntime, from prepared inputs on: links to several ports, free ports, shared lengths."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto

from engine.compiler.generated import module_names
from engine.compiler.module import compile_project
from engine.compiler.plan import plan
from engine.deployment.build import store_as_half
from engine.deployment.network import write_network
from engine.deployment.session import open_session
from engine.document.project import Project
from engine.onnx_writer import OnnxWriter
from tests.drawn_networks import forward_inputs, masked_text_network, transformer_network, volume_network

torch.set_num_threads(1)
NETWORKS: list[Callable[[], Project]] = [masked_text_network, volume_network, transformer_network]


@pytest.mark.parametrize("opset", [17, 20])
@pytest.mark.parametrize("make", NETWORKS)
def test_it_answers_as_the_compiled_network(make: Callable[[], Project], opset: int) -> None:
    project = make()
    torch.manual_seed(0)
    network = compile_project(project).eval()
    steps = plan(project)
    writer = OnnxWriter(opset)
    examples = dict(zip(network.input_ids, forward_inputs(network, project), strict=True))
    inputs = {
        node_id: writer.input(
            node_id,
            TensorProto.FLOAT if tensor.is_floating_point() else TensorProto.INT64,
            ["N", *tensor.shape[1:]],
        )
        for node_id, tensor in examples.items()
    }
    names = module_names(call.node.id for call in (*steps.calls, *steps.losses))
    modules = {node_id: network.get_submodule(name) for node_id, name in names.items()}
    before = len(writer.initializers)
    values = write_network(writer, steps, modules, inputs)
    weights = {tensor.name for tensor in writer.initializers[before:]}
    (prediction,) = steps.predictions.values()
    writer.output(values[prediction], "answer", TensorProto.FLOAT, ["N", 3])
    model = writer.model()
    onnx.checker.check_model(model, full_check=True)
    for half, limit in ((False, 1e-5), (True, 1e-2)):
        if half:
            store_as_half(model, weights)
        session = open_session(model.SerializeToString())
        for count in (1, 3):
            given = forward_inputs(network, project, count)
            with torch.no_grad():
                (expected,) = network(*given)
            tensors = {node_id: tensor.numpy() for node_id, tensor in zip(network.input_ids, given, strict=True)}
            (found,) = session.run(None, tensors)
            assert np.abs(found - expected.numpy()).max() < limit
