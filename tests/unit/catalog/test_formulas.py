"""Formulas that people type: read, refused in words, and the same in torch, in source and in ONNX."""

import math

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from engine.catalog import formulas
from engine.catalog.formulas import FormulaError
from engine.catalog.layers.formula import Formula
from engine.catalog.tensors import TensorSpec
from engine.compiler import modules
from engine.deployment.rules import write
from engine.deployment.rules.site import Site
from engine.errors import ShapeMismatch
from engine.onnx_writer import OnnxWriter

torch.set_num_threads(1)
SPEC = TensorSpec((None, 4))


def in_torch(text: str, tensors: list[torch.Tensor]) -> torch.Tensor:
    value = modules.BY_NAME["Formula"](text)(*tensors)
    assert isinstance(value, torch.Tensor)
    return value


def in_onnx(text: str, tensors: list[torch.Tensor]) -> np.ndarray:
    layer = Formula(expression=text)
    writer = OnnxWriter(20)
    ports = [port.name for port in layer.input_ports()]
    site = Site(
        writer=writer,
        node_id="f",
        layer=layer,
        module=modules.BY_NAME["Formula"](text),
        inputs=tuple(ports),
        specs=(SPEC,) * len(ports),
    )
    (value,) = write(site)
    graph = helper.make_graph(
        writer.nodes,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 4]) for name in ports],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, None)],
        writer.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {name: tensor.numpy() for name, tensor in zip(ports, tensors, strict=True)})[0]


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("a * sigmoid(b) + 1", lambda a, b: a * torch.sigmoid(b) + 1),
        ("exp(x) / sum(exp(x))", lambda x: torch.softmax(x, -1)),
        ("-x^2 + 2*pi", lambda x: -(x**2) + 2 * math.pi),
        ("where(a > b, a, b)", torch.maximum),
        ("maximum(x, 0.1)", lambda x: x.clamp(min=0.1)),
        ("minimum(x, a) < 0", lambda a, x: (torch.minimum(x, a) < 0).float()),
        ("(x - mean(x)) / sqrt(mean(square(x - mean(x))) + 1e-5)", lambda x: torch.nn.functional.layer_norm(x, (4,))),
        ("highest(x) - lowest(x)", lambda x: x.amax(-1, True) - x.amin(-1, True)),
    ],
)
def test_what_it_works_out(text: str, truth: object) -> None:
    layer = Formula(expression=text)
    torch.manual_seed(0)
    tensors = [torch.randn(5, 4) for _ in layer.input_ports()]
    found = in_torch(text, tensors)
    assert torch.allclose(found, truth(*tensors), atol=1e-5)  # type: ignore[operator]
    (spec,) = layer.output_specs(*([SPEC] * len(tensors)))
    assert spec.shape[1:] == found.shape[1:]
    assert np.allclose(in_onnx(text, tensors), found.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot be read"),
        ("a +", "cannot be read"),
        ("1 + 2", "uses no input"),
        ("open('x')", "no function 'open'"),
        ("a.__class__", "nothing else"),
        ("(lambda: 0)()", "nothing else"),
        ("a[0]", "nothing else"),
        ("exp(a, b)", "exp takes 1"),
        ("A + 1", "cannot be the name"),
        ("9**9**9 + a", "no value"),
        ("1e400 * a", "too large"),
        ("a if b else c", "nothing else"),
        ("(" * 100 + "a" + ")" * 100, ""),
        ("-" * 60 + "a", "brackets"),
        ("a" * 500, "longer than"),
        ("sqrt(0-1) * a", "no value"),
    ],
)
def test_what_is_no_formula_is_refused_in_words(text: str, told: str) -> None:
    if text.startswith("(" * 50):
        assert formulas.names(formulas.parse(text)) == ("a",)
        return
    with pytest.raises(FormulaError, match=told or None):
        formulas.parse(text)
    layer = Formula(expression=text)
    with pytest.raises(ShapeMismatch):
        layer.output_specs(*([SPEC] * len(layer.input_ports())))


PARTS = [*"ab12.+-*/^()<>,= _\n'[]{}:;e", "exp(", "sum(", "where(", "lambda", "import "]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join))
def test_no_text_breaks_it(text: str) -> None:
    try:
        term = formulas.parse(text)
    except FormulaError:
        return
    tensors = [torch.rand(2, 4) + 0.5 for _ in formulas.ordered(term)]
    assert in_torch(text, tensors).dtype == torch.float32


def test_a_function_of_torch_that_imports_when_first_called_works() -> None:
    """In a process of its own: what torch imports on the first call is imported by then in this one."""
    import subprocess
    import sys

    code = "import torch\nfrom engine.compiler import modules\n"
    code += "print(modules.BY_NAME['Formula']('maximum(x, 0.2) ^ 2 + floor(x)')(torch.zeros(1, 2)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
