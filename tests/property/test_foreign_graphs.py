"""Random small graphs of ONNX: imported, exported and imported again they answer as onnxruntime does each time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from engine.deployment.export import export_onnx
from engine.deployment.foreign.writing import import_model
from engine.evaluation.network import load_network
from engine.training.runs import find_run

FEW = settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
FEATURES = 4


class Growing:
    """A graph of tensors (N, 3, 4) that grows operator by operator."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.values = ["x"]

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        array = self.chance.standard_normal(shape).astype(np.float32) / 2
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def ints(self, *values: int) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name


Step = Callable[[Growing, str, str], str]
STEPS: dict[str, Step] = {
    "linear": lambda g, a, b: g.add("Add", g.add("MatMul", a, g.weight(FEATURES, FEATURES)), g.weight(FEATURES)),
    "relu": lambda g, a, b: g.add("Relu", a),
    "silu": lambda g, a, b: g.add("Mul", a, g.add("Sigmoid", a)),
    "tanh": lambda g, a, b: g.add("Tanh", a),
    "erf": lambda g, a, b: g.add("Erf", a),
    "skip": lambda g, a, b: g.add("Add", a, b),
    "gate": lambda g, a, b: g.add("Mul", a, g.add("Sigmoid", b)),
    "less": lambda g, a, b: g.add("Sub", a, b),
    "softmax": lambda g, a, b: g.add("Softmax", a, axis=-1),
    "norm": lambda g, a, b: g.add("LayerNormalization", a, g.weight(FEATURES), g.weight(FEATURES)),
    "turned": lambda g, a, b: g.add("Transpose", g.add("Neg", g.add("Transpose", a, perm=[0, 2, 1])), perm=[0, 2, 1]),
    "laid": lambda g, a, b: g.add("Reshape", g.add("Abs", g.add("Reshape", a, g.ints(0, -1))), g.ints(0, 3, FEATURES)),
    "beside": lambda g, a, b: g.add("MatMul", g.add("Concat", a, b, axis=-1), g.weight(2 * FEATURES, FEATURES)),
    "cut": lambda g, a, b: g.add(
        "Concat",
        g.add("Slice", a, g.ints(1), g.ints(3), g.ints(1)),
        g.add("Slice", a, g.ints(0), g.ints(1), g.ints(1)),
        axis=1,
    ),
    "centred": lambda g, a, b: g.add("Sub", a, g.add("ReduceMean", a, g.ints(1), keepdims=1)),
    "scaled": lambda g, a, b: g.add("Mul", a, g.weight(3, 1)),
    "bounded": lambda g, a, b: g.add("Clip", a, g.weight(), ""),
    "celu": lambda g, a, b: g.add("Celu", a, alpha=0.7),
    "hard": lambda g, a, b: g.add("Hardmax", a, axis=-1),
}  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> onnx.ModelProto:
    growing = Growing(draw(st.integers(0, 99)))
    for kind in draw(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=8)):
        a, b = (draw(st.sampled_from(growing.values[-3:])) for _ in range(2))
        growing.values.append(STEPS[kind](growing, a, b))
    last = growing.add("Identity", growing.values[-1])
    graph = helper.make_graph(
        growing.nodes,
        "grown",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, FEATURES])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["n", 3, FEATURES])],
        growing.weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


@pytest.mark.slow
@FEW
@given(graphs())
def test_import_export_import(tmp_path_factory: Any, model: onnx.ModelProto) -> None:
    folder: Path = tmp_path_factory.mktemp("grown")
    onnx.save(model, folder / "grown.onnx")
    first = import_model(folder / "grown.onnx", folder / "first")
    assert first.checked.samples == 5 and not first.checked.problem
    run = find_run(folder / "first")
    export_onnx(folder / "first", run, folder / "ours.onnx", contents="network")

    given_ = np.random.default_rng(1).standard_normal((4, 3, FEATURES)).astype(np.float32)
    wanted = asked(folder / "grown.onnx", given_)
    assert np.allclose(asked(folder / "ours.onnx", given_), wanted, atol=1e-4)

    again = import_model(folder / "ours.onnx", folder / "second")
    assert again.exact
    before, after = (load_network(find_run(folder / name)).state_dict() for name in ("first", "second"))
    assert before.keys() == after.keys() and all(bool((before[name] == after[name]).all()) for name in before)


def asked(path: Path, given_: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found: np.ndarray = session.run(None, {session.get_inputs()[0].name: given_})[0]
    return found
