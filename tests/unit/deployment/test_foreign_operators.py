"""Operators, family by family: in an imported graph they give what onnxruntime gives, and go back as they came."""

from typing import Any

import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from foreign_models import asked, imported, model_of, one
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from engine.catalog.registry import layer_type
from engine.compiler.generated import module_names
from engine.compiler.onnx_operators.dtypes import as_array, as_tensor
from engine.compiler.onnx_operators.program import array_json, array_of, attribute_json, attribute_of
from engine.compiler.onnx_operators.table import TABLE, call, known
from engine.compiler.plan import plan
from engine.deployment.foreign.importing import Network
from engine.deployment.network import write_network
from engine.errors import ExportError, GraphError
from engine.onnx_writer import OnnxWriter

R = np.random.default_rng(5)
X = R.standard_normal((2, 3, 8, 8)).astype(np.float32)
V = R.standard_normal((2, 3, 6)).astype(np.float32)

NONE = np.array([], np.float32)


def f(*shape: int) -> np.ndarray:
    return R.standard_normal(shape).astype(np.float32)


def i(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


CASES: dict[str, tuple[str, list[Any], dict[str, Any], int]] = {
    # name: operator, inputs (the first is fed, the others are held), settings, opset
    "Conv with uneven borders": ("Conv", [X, f(4, 3, 3, 3), f(4)], {"pads": [0, 1, 2, 1], "strides": [2, 1]}, 20),
    "Conv SAME_UPPER": ("Conv", [X, f(4, 3, 3, 3)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, 20),
    "Conv in groups": ("Conv", [X, f(6, 1, 3, 3)], {"group": 3, "dilations": [2, 2]}, 20),
    "ConvTranspose": ("ConvTranspose", [X, f(3, 4, 3, 3)], {"strides": [2, 2], "output_padding": [1, 1]}, 20),
    "ConvTranspose output_shape": (
        "ConvTranspose",
        [X, f(3, 4, 3, 3)],
        {"strides": [2, 2], "output_shape": [16, 16]},
        20,
    ),
    "MaxPool ceil": ("MaxPool", [X], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}, 20),
    "AveragePool border": ("AveragePool", [X], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, 20),
    "AveragePool uneven": ("AveragePool", [X], {"kernel_shape": [3, 3], "pads": [0, 0, 1, 1]}, 20),
    "LpPool": ("LpPool", [X], {"kernel_shape": [2, 2], "p": 3}, 20),
    "GlobalAveragePool": ("GlobalAveragePool", [X], {}, 20),
    "Resize nearest": ("Resize", [X, NONE, np.array([1, 1, 2, 2], np.float32)], {}, 20),
    "Resize linear": (
        "Resize",
        [X, NONE, np.array([1, 1, 1.5, 2], np.float32)],
        {"mode": "linear"},
        20,
    ),
    "Resize cubic smooth": (
        "Resize",
        [X, NONE, np.array([1, 1, 0.5, 0.5], np.float32)],
        {"mode": "cubic", "antialias": 1, "cubic_coeff_a": -0.5},
        20,
    ),
    "Upsample of opset 9": ("Upsample", [X, np.array([1, 1, 2, 2], np.float32)], {"mode": "linear"}, 9),
    "GridSample": ("GridSample", [X, np.clip(f(2, 4, 4, 2), -1, 1)], {"align_corners": 1}, 16),
    "DepthToSpace": ("DepthToSpace", [f(2, 8, 3, 3)], {"blocksize": 2}, 20),
    "LRN": ("LRN", [X], {"size": 3}, 20),
    "BatchNormalization": (
        "BatchNormalization",
        [X, f(3), f(3), f(3), np.abs(f(3)) + 0.5],
        {"epsilon": 1e-3},
        20,
    ),
    "InstanceNormalization": ("InstanceNormalization", [X, f(3), f(3)], {}, 20),
    "GroupNormalization": ("GroupNormalization", [f(2, 4, 5), f(4), f(4)], {"num_groups": 2}, 21),
    "LayerNormalization": ("LayerNormalization", [V, f(6), f(6)], {}, 20),
    "LpNormalization": ("LpNormalization", [V], {"axis": 1, "p": 1}, 20),
    "Gemm": ("Gemm", [f(2, 4), f(4, 5), f(1, 5)], {"alpha": 0.5, "beta": 2.0}, 20),
    "Gemm transB": ("Gemm", [f(2, 4), f(5, 4), f(5)], {"transB": 1}, 20),
    "MatMul": ("MatMul", [V, f(6, 4)], {}, 20),
    "Einsum": ("Einsum", [V, f(6, 4)], {"equation": "nci,io->nco"}, 20),
    "Softmax of opset 11": ("Softmax", [V], {"axis": 1}, 11),
    "Softmax": ("Softmax", [V], {"axis": 1}, 20),
    "LogSoftmax": ("LogSoftmax", [V], {}, 20),
    "Clip": ("Clip", [V, np.array(-0.5, np.float32), np.array(0.5, np.float32)], {}, 20),
    "Clip of opset 6": ("Clip", [V], {"min": 0.0, "max": 6.0}, 6),
    "PRelu": ("PRelu", [X, f(3, 1, 1)], {}, 20),
    "HardSigmoid": ("HardSigmoid", [V], {"alpha": 0.25}, 20),
    "Gelu": ("Gelu", [V], {"approximate": "tanh"}, 20),
    "Elu": ("Elu", [V], {"alpha": 0.5}, 20),
    "Selu": ("Selu", [V], {}, 20),
    "ThresholdedRelu": ("ThresholdedRelu", [V], {"alpha": 0.3}, 20),
    "Shrink": ("Shrink", [V], {"bias": 0.1, "lambd": 0.3}, 20),
    "Add a vector": ("Add", [V, f(6)], {}, 20),
    "Mul channels": ("Mul", [X, f(3, 1, 1)], {}, 20),
    "Div by a number": ("Div", [V, np.array(3.0, np.float32)], {}, 20),
    "Pow": ("Pow", [np.abs(V), np.array(1.5, np.float32)], {}, 20),
    "Mod": ("Mod", [V, f(6)], {"fmod": 1}, 20),
    "ReduceMean of opset 13": ("ReduceMean", [X], {"axes": [2, 3], "keepdims": 0}, 13),
    "ReduceL2": ("ReduceL2", [V, i(2)], {}, 20),
    "ReduceSum everything": ("ReduceSum", [V], {}, 20),
    "ArgMax": ("ArgMax", [V], {"axis": 2, "keepdims": 0}, 20),
    "CumSum": ("CumSum", [V, np.array(1)], {"reverse": 1}, 20),
    "TopK": ("TopK", [V, i(2)], {}, 20),
    "Transpose": ("Transpose", [V], {"perm": [0, 2, 1]}, 20),
    "Transpose of samples": ("Transpose", [V], {"perm": [1, 0, 2]}, 20),
    "Reshape": ("Reshape", [V, i(0, -1)], {}, 20),
    "Squeeze of opset 11": ("Squeeze", [f(2, 1, 3)], {"axes": [1]}, 11),
    "Slice backwards": ("Slice", [V, i(-1), i(-7), i(2), i(-1)], {}, 20),
    "Slice of opset 9": ("Slice", [V], {"starts": [1], "ends": [3], "axes": [1]}, 9),
    "Gather": ("Gather", [V, i(2, 0)], {"axis": 1}, 20),
    "GatherElements": ("GatherElements", [V, R.integers(0, 6, (2, 3, 4))], {"axis": 2}, 20),
    "GatherND": ("GatherND", [V, np.array([[0, 1], [1, 2]])], {}, 20),
    "Split uneven": ("Split", [V, i(1, 2)], {"axis": 1}, 13),
    "Concat": ("Concat", [V, f(2, 2, 6)], {"axis": 1}, 20),
    "Expand": ("Expand", [f(2, 1, 3), i(2, 4, 3)], {}, 20),
    "Tile": ("Tile", [V, i(1, 2, 1)], {}, 20),
    "Pad reflect": ("Pad", [V, i(0, 0, 1, 0, 0, 2)], {"mode": "reflect"}, 20),
    "Pad of opset 2": ("Pad", [V], {"pads": [0, 0, 1, 0, 0, 1], "value": 0.5}, 9),
    "Where": ("Where", [V > 0, V, f(2, 3, 6)], {}, 20),
    "Trilu": ("Trilu", [f(2, 4, 4)], {"upper": 0}, 20),
    "ScatterElements": ("ScatterElements", [V, R.integers(0, 3, (2, 1, 6)), f(2, 1, 6)], {"axis": 1}, 20),
    "OneHot": ("OneHot", [R.integers(0, 4, (2, 3)), np.array(4), np.array([0, 1], np.float32)], {}, 20),
    "Erf": ("Erf", [V], {}, 20),
    "Cast": ("Cast", [V * 5], {"to": TensorProto.INT32}, 20),
    "IsInf": ("IsInf", [V], {}, 20),
    "Det": ("Det", [f(2, 3, 3)], {}, 20),
    "QuantizeLinear": ("QuantizeLinear", [V, np.array(0.1, np.float32), np.array(3, np.uint8)], {}, 20),
    "DequantizeLinear": (
        "DequantizeLinear",
        [R.integers(0, 255, (2, 4)).astype(np.uint8), np.array(0.1, np.float32)],
        {},
        20,
    ),
    "LSTM": ("LSTM", [f(5, 2, 3), f(1, 16, 3), f(1, 16, 4), f(1, 32)], {"hidden_size": 4}, 20),
    "GRU both ways": (
        "GRU",
        [f(5, 2, 3), f(2, 12, 3), f(2, 12, 4), f(2, 24)],
        {"hidden_size": 4, "direction": "bidirectional"},
        20,
    ),
    "RNN backwards": ("RNN", [f(5, 2, 3), f(1, 4, 3), f(1, 4, 4)], {"hidden_size": 4, "direction": "reverse"}, 20),
    "NonMaxSuppression": (
        "NonMaxSuppression",
        [
            np.sort(R.random((1, 6, 4), np.float32), -1),
            R.random((1, 2, 6), np.float32),
            np.array(3),
            np.array(0.5, np.float32),
        ],
        {},
        20,
    ),
    "DFT": ("DFT", [f(2, 8, 1)], {"axis": 1, "onesided": 1}, 17),
    "HannWindow": ("HannWindow", [np.array(9)], {}, 20),
}
OUTPUTS = {"TopK": 2, "Split": 2, "LSTM": 3, "GRU": 2, "RNN": 2}


def built(name: str) -> tuple[onnx.ModelProto, np.ndarray]:
    kind, given, settings, opset = CASES[name]
    outputs = [f"y{place}" for place in range(OUTPUTS.get(kind, 1))]
    weights = {f"w{place}": value for place, value in enumerate(given[1:])}
    names = [key if value.size or kind != "Resize" else "" for key, value in weights.items()]
    held = {key: value for key, value in weights.items() if value.size or kind != "Resize"}
    element = helper.np_dtype_to_tensor_dtype(given[0].dtype)
    node = one(kind, "x", *names, outputs=outputs, **settings)
    return model_of([node], {"x": list(given[0].shape)}, outputs, held, opset=opset, kind=element), given[0]


def runtime(model: onnx.ModelProto, given: np.ndarray, *, strict: bool = False) -> list[Any]:
    for value in model.graph.output:
        value.type.Clear()
    shaped = onnx.shape_inference.infer_shapes(model)
    try:
        session = onnxruntime.InferenceSession(shaped.SerializeToString(), providers=["CPUExecutionProvider"])
        return list(session.run(None, {"x": given}))
    except Exception:  # what onnxruntime has no kernel for, ONNX's own evaluator works out
        if strict:
            raise
        return list(ReferenceEvaluator(shaped).run(None, {"x": given}))


@pytest.mark.parametrize("name", CASES)
def test_an_operator_gives_what_onnxruntime_gives(name: str) -> None:
    model, given = built(name)
    wanted = runtime(model, given)
    read, network = imported(built(name)[0], borders=False)
    for ours, theirs in zip(asked(read, network, as_tensor(given)), wanted, strict=True):
        array = as_array(ours)
        assert array.dtype == theirs.dtype
        assert np.allclose(array, theirs, rtol=1e-3, atol=1e-4, equal_nan=True)


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][3] <= 20])
def test_an_operator_is_written_back_as_it_came(name: str) -> None:
    model, given = built(name)
    read, network = imported(model, borders=False)
    again = written_back(network, 20, given)
    mine = [as_array(value) for value in asked(read, network, as_tensor(given))]
    for ours, theirs in zip(mine, again, strict=True):
        assert np.allclose(ours, theirs, rtol=1e-3, atol=1e-4, equal_nan=True)


def written_back(network: Network, opset: int, given: np.ndarray, *, strict: bool = False) -> list[Any]:
    """What the exported network answers in onnxruntime."""
    project = network.imported.project
    steps = plan(project, training=False)
    writer = OnnxWriter(opset)
    element = helper.np_dtype_to_tensor_dtype(given.dtype)
    (input_id,) = steps.input_ids or ("",)
    value = writer.input("x", element, list(given.shape))
    names = module_names(dict.fromkeys(call.owner for call in steps.calls))
    modules = {call.node.id: network.network.get_submodule(names[call.owner]) for call in steps.calls}
    values = write_network(writer, steps, modules, {input_id: value})
    for place, node_id in enumerate(sorted(steps.predictions, key=list(network.imported.outputs.values()).index)):
        writer.output(values[steps.predictions[node_id]], f"y{place}", TensorProto.UNDEFINED, ())
    model = writer.model()
    return runtime(model, given, strict=strict)


def test_nearly_all_operators_of_the_standard_are_known() -> None:
    wanted = {item.name for item in onnx.defs.get_all_schemas() if not item.domain and not item.deprecated}
    lacking = sorted(name for name in wanted if not known("", name))
    assert lacking == ["LinearAttention"]
    assert len(TABLE) >= 220


def test_a_branch_and_a_loop_run_and_go_back() -> None:
    def branch(name: str, kind: str) -> onnx.GraphProto:
        output = helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, None)
        return helper.make_graph([one(kind, "x", outputs=[f"{name}_out"])], name, [], [output])

    nodes = [
        one("ReduceSum", "x", outputs=["s"], keepdims=0),
        one("Greater", "s", "zero", outputs=["c"]),
        helper.make_node("If", ["c"], ["y0"], then_branch=branch("then", "Neg"), else_branch=branch("other", "Exp")),
    ]
    model = model_of(nodes, {"x": [2, 3]}, ["y0"], {"zero": np.array(0, np.float32)})
    for given in (np.ones((2, 3), np.float32), -np.ones((2, 3), np.float32)):
        read, network = imported(model, borders=False)
        (answer,) = asked(read, network, torch.from_numpy(given))
        wanted = -given if given.sum() > 0 else np.exp(given)
        assert np.allclose(answer.numpy(), wanted)
        assert np.allclose(written_back(network, 20, given, strict=True)[0], wanted)


def test_what_an_older_opset_lacks_is_said() -> None:
    model = model_of(
        [one("Gelu", "x", outputs=["a"]), one("Erf", "a", outputs=["b"]), one("Mish", "b")], {"x": [2, 3]}, ["y"]
    )
    _, network = imported(model, borders=False)
    kinds = {node.attributes.get("operator") for node in network.imported.project.graph.nodes.values()}
    assert "Gelu" in kinds
    with pytest.raises(ExportError, match="Gelu"):
        written_back(network, 17, np.ones((2, 3), np.float32))


def test_settings_survive_json() -> None:
    tensor = np.array([[1, 2], [3, 4]], np.int8)
    for value in (1, 2.5, "word", [1, 2], [0.5, float("inf")], tensor):
        again = attribute_of(msgspec.json.decode(msgspec.json.encode(attribute_json(value))))
        assert np.array_equal(again, value) if isinstance(value, np.ndarray) else again == value
    wide = np.arange(1000, dtype=np.float32)
    assert np.array_equal(array_of(array_json(wide)), wide)


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"type": "float32"},
        {"type": "object", "shape": [1], "values": [1]},
        {"type": "float32", "shape": [9], "base64": "AA=="},
    ],
)
def test_settings_that_are_no_tensor_are_refused(found: dict[str, Any]) -> None:
    with pytest.raises(GraphError):
        array_of(found)


def test_the_node_takes_an_operator_by_name_and_refuses_what_is_none() -> None:
    kind = layer_type("OnnxOperator")
    assert kind is not None
    from engine.compiler.build import built as module_of

    layer = kind.from_attributes({"operator": "Erf"})
    assert torch.allclose(module_of(layer, *layer.example())(torch.ones(2)), torch.erf(torch.ones(2)))
    with pytest.raises(GraphError, match="Nonsense"):
        module_of(kind.from_attributes({"operator": "Nonsense"}), *layer.example())
    with pytest.raises(GraphError):
        call("", "Relu", [torch.ones(1)], {"no": 1})
