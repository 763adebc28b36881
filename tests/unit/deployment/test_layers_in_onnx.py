"""Every layer of the catalog: torch against onnxruntime, at several batch sizes and lengths, in every opset offered."""

from collections.abc import Iterator

import numpy as np
import onnx
import pytest
import torch
from layer_cases import CASES, Case
from onnx import TensorProto
from torch import nn

from engine.catalog import registry
from engine.catalog.layer import Layer
from engine.catalog.tensors import DType, TensorSpec
from engine.compiler.resolve import resolve
from engine.deployment.build import OPSETS
from engine.deployment.rules import write
from engine.deployment.rules.site import RULES, Site
from engine.deployment.session import open_session
from engine.document.graph import Node
from engine.errors import ExportError
from engine.onnx_writer import OnnxWriter

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

TYPES = sorted({case.type for case in CASES})
BATCHES_AND_LENGTHS = ((1, 7), (2, 10), (5, 13))


def layer_of(case: Case) -> Layer:
    attributes = {name: list(value) if isinstance(value, tuple) else value for name, value in case.attributes.items()}
    return registry.layer(Node(id="layer1", type=case.type, attributes=attributes))


def specs_of(case: Case) -> tuple[TensorSpec, ...]:
    dtype = DType.FLOAT if case.classes is None else DType.INT
    return tuple(TensorSpec((None, *shape), dtype, case.classes) for shape in case.shapes)


def trained_module(layer: Layer, specs: tuple[TensorSpec, ...]) -> nn.Module:
    """As after training: no parameter and no statistic is what it was at the start."""
    torch.manual_seed(0)
    module = resolve(layer.target)(**layer.arguments(*specs))
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)
    for name, buffer in module.named_buffers():
        if name.startswith("running"):
            buffer.uniform_(0.5, 2)
    return module.eval()


def written(case: Case, module: nn.Module, opset: int) -> onnx.ModelProto:
    layer, specs = layer_of(case), specs_of(case)
    writer = OnnxWriter(opset)
    kind = TensorProto.FLOAT if case.classes is None else TensorProto.INT64
    inputs = tuple(
        writer.input(
            f"x{place}", kind, ["N", *(f"d{place}{i}" if size is None else size for i, size in enumerate(shape))]
        )
        for place, shape in enumerate(case.shapes)
    )
    writer.scope = "layer1"
    (value,) = write(Site(writer=writer, node_id="layer1", layer=layer, module=module, inputs=inputs, specs=specs))
    sizes = [size if size is not None else f"s{axis}" for axis, size in enumerate(layer.output_specs(*specs)[0].shape)]
    writer.output(value, "y", TensorProto.FLOAT, sizes)
    return writer.model()


def check(case: Case, opset: int) -> float:
    module = trained_module(layer_of(case), specs_of(case))
    model = written(case, module, opset)
    onnx.checker.check_model(model, full_check=True)
    session = open_session(model.SerializeToString())
    worst = 0.0
    for batch, length in BATCHES_AND_LENGTHS:
        inputs = []
        for shape in case.shapes:
            sizes = (batch, *(length if size is None else size for size in shape))
            inputs.append(torch.randn(sizes) * 2 if case.classes is None else torch.randint(0, case.classes, sizes))
        with torch.no_grad():
            expected = module(*inputs).numpy()
        (found,) = session.run(None, {f"x{place}": tensor.numpy() for place, tensor in enumerate(inputs)})
        assert found.shape == expected.shape and found.dtype == expected.dtype
        worst = max(worst, float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max())))
    return worst


def cases(type_name: str) -> Iterator[Case]:
    return (
        case for case in CASES if case.type == type_name and case.attributes.get("track_running_stats") is not False
    )


@pytest.mark.parametrize("type_name", TYPES)
def test_the_layer_answers_as_torch_does(type_name: str) -> None:
    for case in cases(type_name):
        assert check(case, 20) < 1e-5, str(case)


@pytest.mark.parametrize("opset", [opset for opset in OPSETS if opset != 20])
def test_every_opset_holds_every_layer(opset: int) -> None:
    for type_name in TYPES:
        assert check(next(cases(type_name)), opset) < 1e-5, type_name


def test_no_layer_is_without_a_case() -> None:
    losses = {layer.type_name() for layer in registry.losses()}
    layers = {layer.type_name() for layer in registry.layers()} - losses - {"Input", "Output"}
    assert layers == set(TYPES)


def test_no_rule_is_without_a_layer() -> None:
    named = {layer.onnx.rule for layer in registry.layers()}
    assert set(RULES) - named == {"mish"}, "mish stands in for an operator that opset 17 lacks"
    assert named - set(RULES) == {"", "input", "output"}


def test_a_normalization_without_statistics_is_refused_with_what_to_do() -> None:
    case = Case("BatchNorm2d", ((3, 4, 4),), {"track_running_stats": False})
    with pytest.raises(ExportError, match="running statistics") as refused:
        written(case, trained_module(layer_of(case), specs_of(case)), 20)
    assert refused.value.where == "layer1" and refused.value.hint


def test_a_number_keeps_having_no_dimensions() -> None:
    writer = OnnxWriter()
    writer.constant(np.int64(3))
    assert list(writer.initializers[0].dims) == []


def test_names_never_clash() -> None:
    writer = OnnxWriter()
    names = [writer.name("x"), writer.name("x"), writer.name("x_2"), writer.constant([1.0], stem="x")]
    assert len(set(names)) == 4
