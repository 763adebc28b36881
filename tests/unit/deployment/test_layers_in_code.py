"""Every layer as a compiled network and as a readable file: they answer as the module does; gradients are finite."""

import ast
from collections.abc import Callable
from typing import Any

import pytest
import torch
from every_case import CASES, TYPES
from layer_cases import Case
from test_layers_in_onnx import layer_of, random_input, specs_of
from torch import nn

from engine.catalog import registry
from engine.catalog.layer import Layer
from engine.catalog.tensors import TensorSpec
from engine.compiler.functional import NAMESPACE
from engine.compiler.generated import functions
from engine.compiler.module import build_modules, forward_source
from engine.compiler.plan import Call, Plan
from engine.compiler.source import _File
from engine.document.graph import Node
from engine.document.project import Project
from engine.document.project_json import from_bytes, to_bytes

torch.set_num_threads(1)
LENGTH = 13
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")


def plan_of(case: Case, layer: Layer, specs: tuple[TensorSpec, ...]) -> Plan:
    """A network of nothing but the layer: an Input for each port that is linked, an Output for each it gives."""
    node = Node(id="layer1", type=case.type, attributes={})
    ids = tuple(f"x{place}" for place, spec in enumerate(specs) if spec.linked)
    inputs = tuple((f"x{place}", "output") if spec.linked else None for place, spec in enumerate(specs))
    outputs = tuple(("layer1", port) for port in layer.output_ports())
    call = Call(node=node, layer=layer, inputs=inputs, specs=specs, outputs=outputs, owner="layer1")
    return Plan(
        calls=(call,),
        prediction_calls=(call,),
        losses=(),
        predictions={f"out{place}": value for place, value in enumerate(outputs)},
        input_ids=ids,
        training_input_ids=ids,
        input_fields={node_id: (node_id,) for node_id in ids},
        output_fields={f"out{place}": "answer" for place in range(len(outputs))},
        specs={},
    )


def inputs_of(layer: Layer, specs: tuple[TensorSpec, ...]) -> list[torch.Tensor | None]:
    torch.manual_seed(1)
    return [
        random_input(layer, place, spec, (3, *(LENGTH if size is None else size for size in spec.shape[1:])))
        if spec.linked
        else None
        for place, spec in enumerate(specs)
    ]


def seeded(answer: Callable[..., Any], *inputs: Any) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(2)
    found = answer(*inputs)
    return tuple(found) if isinstance(found, tuple | list) else (found,)


def read(source: str) -> nn.Module:
    """The network of a readable file; it sees torch alone."""
    ast.parse(source)
    namespace: dict[str, Any] = {"__name__": "network"}
    exec(compile(source, "network.py", "exec"), namespace)  # noqa: S102 - our own source is what is tested
    made = [item for item in namespace.values() if isinstance(item, type) and item.__module__ == "network"]
    network: nn.Module = made[-1]()
    return network


NO_SOURCE = {"OnnxOperator"}
"""Runs in torch, but is no layer a person would write; `netwright code` says so."""


@pytest.mark.parametrize("type_name", TYPES)
def test_the_layer_runs_learns_and_reads_back(type_name: str) -> None:
    for case in (case for case in CASES if case.type == type_name):
        layer, specs = layer_of(case), specs_of(case)
        steps = plan_of(case, layer, specs)
        modules = build_modules(steps)
        inputs = inputs_of(layer, specs)
        for module in modules.values():
            module.eval()
        expected = seeded(modules["layer1"], *inputs)
        linked = [x for x in inputs if x is not None]

        flat = functions(forward_source(steps, modules, hookable=False), NAMESPACE)["forward"]
        network = nn.Module()
        network.add_module("layer1", modules["layer1"])
        for found, wanted in zip(seeded(flat, network, *linked), expected, strict=True):
            assert torch.equal(found, wanted), f"{case} compiled"

        if type_name in NO_SOURCE:
            continue
        written = read(_File(Project(name="One layer"), steps).text())
        written.load_state_dict(network.state_dict())
        for found, wanted in zip(seeded(written.eval(), *linked), expected, strict=True):
            assert torch.allclose(found.double(), wanted.double(), atol=1e-6, rtol=1e-5), f"{case} written"

        learn(case, modules["layer1"], inputs)


def learn(case: Case, module: nn.Module, inputs: list[torch.Tensor | None]) -> None:
    """One step forward and backward in training: all that a loss could be made of has finite gradients."""
    module.train()
    given = [x.requires_grad_() if x is not None and x.is_floating_point() else x for x in inputs]
    answers = [tensor for tensor in seeded(module, *given) if tensor.requires_grad]
    if not answers:
        return
    sum(tensor.square().sum() for tensor in answers).backward()  # type: ignore[union-attr]
    for tensor in [*(x for x in given if x is not None), *module.parameters()]:
        assert tensor.grad is None or tensor.grad.isfinite().all(), f"{case} backward"


@pytest.mark.parametrize("type_name", TYPES)
def test_nothing_but_zeros_leaves_gradients_finite(type_name: str) -> None:
    """A dead ReLU gives nothing but zeros: where the answer to them is a number, so is the gradient."""
    case = next(case for case in CASES if case.type == type_name)
    layer, specs = layer_of(case), specs_of(case)
    if not layer.domain[0] < 0 < layer.domain[1]:
        return
    module = build_modules(plan_of(case, layer, specs))["layer1"]
    inputs = inputs_of(layer, specs)
    zeros = [torch.zeros_like(x) if x is not None and x.is_floating_point() else x for x in inputs]
    answers = [tensor for tensor in seeded(module, *zeros) if tensor.is_floating_point()]
    if all(tensor.isfinite().all() for tensor in answers):
        learn(case, module, zeros)


@pytest.mark.parametrize("type_name", TYPES)
def test_the_layer_learns_in_bfloat16(type_name: str) -> None:
    """As the training loop does it: weights in float32, whatever came before in bfloat16."""
    case = max((case for case in CASES if case.type == type_name), key=lambda case: len(case.shapes))
    layer, specs = layer_of(case), specs_of(case)
    steps = plan_of(case, layer, specs)
    modules = build_modules(steps)
    network = nn.Module()
    network.add_module("layer1", modules["layer1"])
    flat = functions(forward_source(steps, modules, hookable=False), NAMESPACE)["forward"]
    given = [x for x in inputs_of(layer, specs) if x is not None]
    halved = [x.bfloat16().requires_grad_() if x.is_floating_point() else x for x in given]
    with torch.autocast("cpu", torch.bfloat16):
        answers = [tensor for tensor in seeded(flat, network.train(), *halved) if tensor.requires_grad]
    if answers:
        sum(tensor.float().square().mean() for tensor in answers).backward()  # type: ignore[union-attr]
        assert all(weight.grad is None or weight.grad.dtype == torch.float32 for weight in network.parameters())


@pytest.mark.parametrize("type_name", TYPES)
def test_the_layer_is_saved_and_loaded(type_name: str) -> None:
    for case in (case for case in CASES if case.type == type_name):
        values = {
            name: list(value) if isinstance(value, tuple) else value for name, value in layer_of(case).values().items()
        }
        project = Project(name="One layer")
        project.graph.add(Node(id="layer1", type=case.type, attributes=values))
        loaded = from_bytes(to_bytes(project), "project.json").graph.node("layer1")
        assert registry.layer(loaded) == layer_of(case), str(case)
