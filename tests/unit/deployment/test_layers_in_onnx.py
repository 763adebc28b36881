"""Every layer of the catalog: torch against onnxruntime, at several batch sizes and lengths, in every opset offered."""

import math
from collections.abc import Iterator

import numpy as np
import onnx
import pytest
import torch
from every_case import CASES, PLACES, TYPES
from layer_cases import Case
from onnx import TensorProto
from torch import nn

from engine.catalog import registry
from engine.catalog.layer import Layer
from engine.catalog.tensors import ABSENT, DType, TensorSpec
from engine.compiler.build import built
from engine.deployment.build import OPSETS
from engine.deployment.opsets import needed_opset
from engine.deployment.rules import write
from engine.deployment.rules.site import RULES, Site
from engine.deployment.session import open_session
from engine.document.graph import Node
from engine.errors import ExportError
from engine.onnx_writer import OnnxWriter

torch.set_num_threads(1)
pytestmark = [
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
    pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN"),
]

BATCHES_AND_LENGTHS = ((1, 7), (2, 10), (5, 13))


def layer_of(case: Case) -> Layer:
    attributes = {name: list(value) if isinstance(value, tuple) else value for name, value in case.attributes.items()}
    return registry.layer(Node(id="layer1", type=case.type, attributes=attributes))


DTYPES = {"f": DType.FLOAT, "i": DType.INT, "b": DType.BOOL}
ONNX_TYPES = {DType.FLOAT: TensorProto.FLOAT, DType.INT: TensorProto.INT64, DType.BOOL: TensorProto.BOOL}


def specs_of(case: Case) -> tuple[TensorSpec, ...]:
    kinds = case.kinds or ("f" if case.classes is None else "i") * len(case.shapes)
    return tuple(
        ABSENT if kind == "-" else TensorSpec((None, *shape), DTYPES[kind], case.classes if kind == "i" else None)
        for kind, shape in zip(kinds, case.shapes, strict=True)
    )


def random_input(layer: Layer, place: int, spec: TensorSpec, sizes: tuple[int, ...]) -> torch.Tensor:
    """Values that the layer is made for."""
    port = layer.input_ports()[place].name
    if port == "indices":  # where values go that come from a pooling: no place twice
        return torch.arange(math.prod(sizes[2:])).reshape(sizes[2:]).expand(sizes).contiguous()
    if "mask" in port and spec.dtype is DType.BOOL:  # a step that may look at nothing has no answer
        return (torch.rand(sizes) > 0.6) | (torch.arange(sizes[-1]) == 0)
    if spec.dtype is DType.INT:
        return torch.randint(0, spec.classes or 9, sizes)
    if spec.dtype is DType.BOOL:
        return torch.rand(sizes) > 0.4
    low, high = layer.domain
    if math.isinf(low):
        return torch.randn(sizes) * 2
    return low + 0.05 + torch.rand(sizes) * ((high - low if math.isfinite(high) else 3.0) - 0.1)


def exported(type_name: str) -> bool:
    """Whether the catalog states an ONNX form."""
    layer = registry.layer_type(type_name)
    return layer is not None and bool(layer.onnx.op or layer.onnx.rule)


IN_ONNX = [name for name in TYPES if exported(name)]


def trained_module(layer: Layer, specs: tuple[TensorSpec, ...]) -> nn.Module:
    """As after training: no parameter and no statistic is what it was at the start."""
    torch.manual_seed(0)
    module = built(layer, *specs)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)
    for name, buffer in module.named_buffers():
        if name.startswith("running"):
            buffer.uniform_(0.5, 2)
    return module.eval()


def written(case: Case, module: nn.Module, opset: int) -> onnx.ModelProto:
    layer, specs = layer_of(case), specs_of(case)
    writer = OnnxWriter(opset)
    inputs = tuple(
        writer.input(
            f"x{place}",
            ONNX_TYPES[spec.dtype],
            ["N", *(f"d{place}{i}" if size is None else size for i, size in enumerate(spec.shape[1:]))],
        )
        if spec.linked
        else ""
        for place, spec in enumerate(specs)
    )
    writer.scope = "layer1"
    values = write(Site(writer=writer, node_id="layer1", layer=layer, module=module, inputs=inputs, specs=specs))
    for place, (value, spec) in enumerate(zip(values, layer.output_specs(*specs), strict=True)):
        sizes = [size if size is not None else f"s{place}{axis}" for axis, size in enumerate(spec.shape)]
        writer.output(value, f"y{place}", ONNX_TYPES[spec.dtype], sizes)
    return writer.model()


def check(case: Case, opset: int) -> float:
    layer, specs = layer_of(case), specs_of(case)
    module = trained_module(layer, specs)
    model = written(case, module, opset)
    onnx.checker.check_model(model, full_check=True)
    session = open_session(model.SerializeToString())
    worst = 0.0
    for batch, length in BATCHES_AND_LENGTHS:
        inputs = [
            random_input(layer, place, spec, (batch, *(length if size is None else size for size in spec.shape[1:])))
            if spec.linked
            else None
            for place, spec in enumerate(specs)
        ]
        with torch.no_grad():
            answer = module(*inputs)
        given = {f"x{place}": tensor.numpy() for place, tensor in enumerate(inputs) if tensor is not None}
        answers = session.run(None, given)
        for found, tensor in zip(answers, answer if isinstance(answer, tuple) else (answer,), strict=True):
            expected = tensor.detach().numpy()
            assert found.shape == expected.shape and found.dtype == expected.dtype
            if found.dtype != np.float32:
                assert np.array_equal(found, expected)
                continue
            worst = max(worst, float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max())))
    return worst


def refused(case: Case) -> str:
    return layer_of(case).export_refusal(*specs_of(case))


def cases(type_name: str) -> Iterator[Case]:
    return (case for case in CASES if case.type == type_name and not refused(case))


@pytest.mark.parametrize("type_name", IN_ONNX)
def test_the_layer_answers_as_torch_does(type_name: str) -> None:
    for case in cases(type_name):
        assert check(case, 20) < 1e-5, str(case)


NEEDS = {"Fold": 16, "GridSample": 16, "RFFT": 17, "RFFT2": 17}
"""Layers whose operator came after the oldest opset and has no form of older ones here."""


@pytest.mark.parametrize("type_name", IN_ONNX)
def test_every_opset_holds_the_layer_or_is_known_to_be_too_old(type_name: str) -> None:
    case = next(cases(type_name))
    for opset in OPSETS:
        if opset == 20:
            continue
        needed = needed_opset(written(case, trained_module(layer_of(case), specs_of(case)), opset).graph.node)
        assert needed <= opset or needed == NEEDS[type_name], opset
        if needed <= opset:
            assert check(case, opset) < 1e-5, opset


def test_no_layer_is_without_a_case() -> None:
    losses = {layer.type_name() for layer in registry.losses()}
    layers = {layer.type_name() for layer in registry.layers()} - losses - PLACES
    assert layers == set(TYPES)


def test_no_rule_is_without_a_layer() -> None:
    named = {layer.onnx.rule for layer in registry.layers()}
    assert set(RULES) - named == {"mish", "hardswish"}, "they stand in for operators that an old opset lacks"
    assert named - set(RULES) == {"", "input", "output", "block"}


@pytest.mark.parametrize("case", [case for case in CASES if refused(case)], ids=str)
def test_what_the_catalog_refuses_to_export_is_refused(case: Case) -> None:
    with pytest.raises(ExportError) as caught:
        written(case, trained_module(layer_of(case), specs_of(case)), 20)
    assert refused(case) in caught.value.message and caught.value.where == "layer1"


def test_a_normalization_without_statistics_is_refused_with_what_to_do() -> None:
    case = Case("BatchNorm2d", ((3, 4, 4),), {"track_running_stats": False})
    with pytest.raises(ExportError, match="running statistics") as caught:
        written(case, trained_module(layer_of(case), specs_of(case)), 20)
    assert caught.value.where == "layer1" and caught.value.hint


def test_a_number_keeps_having_no_dimensions() -> None:
    writer = OnnxWriter()
    writer.constant(np.int64(3))
    assert list(writer.initializers[0].dims) == []


def test_names_never_clash() -> None:
    writer = OnnxWriter()
    names = [writer.name("x"), writer.name("x"), writer.name("x_2"), writer.constant([1.0], stem="x")]
    assert len(set(names)) == 4
